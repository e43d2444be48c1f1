"""Codes on a plane: PCA, t-SNE, UMAP, and how far the plane can be trusted."""

from __future__ import annotations

import warnings

import numpy as np

METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
NEIGHBOURS = 10


def project(codes: np.ndarray, method: str = "pca", seed: int = 0) -> np.ndarray:
    """Codes ``[N, F]`` on a plane ``[N, 2]`` (float32), the same for the same input and seed.

    Raises:
        ValueError: for an unknown method or fewer than 3 codes.
    """
    if method not in METHODS:
        raise ValueError(f"no projection {method!r}; choose from {sorted(METHODS)}")
    codes = np.asarray(codes, np.float64)
    if codes.ndim != 2 or len(codes) < 3:
        raise ValueError(f"a map needs codes [N, F] with N of at least 3, got {list(codes.shape)}")
    return np.ascontiguousarray(_PROJECT[method](codes, seed), np.float32)


def trustworthiness(codes: np.ndarray, plane: np.ndarray) -> float:
    """How far neighbours on the plane ``[N, 2]`` are neighbours among the codes: 0 to 1 (Venna & Kaski 2001)."""
    # Imported here, when it is first needed: it takes seconds, which the app would wait for at its start.
    from sklearn.manifold import trustworthiness as measure

    # The measure is defined for fewer neighbours than half of the points.
    neighbours = max(1, min(NEIGHBOURS, (len(codes) - 1) // 2))
    return float(measure(codes, plane, n_neighbors=neighbours))


def _pca(codes: np.ndarray, seed: int) -> np.ndarray:
    centred = codes - codes.mean(0)
    scores, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    if sizes.size < 2:  # one feature: the second axis is empty
        scores = np.pad(scores, ((0, 0), (0, 1)))
        sizes = np.pad(sizes, (0, 1))
        axes = np.pad(axes, ((0, 1), (0, 0)))
    # The sign of an axis is arbitrary: let its largest weight be positive.
    axes = axes[:2]
    largest = axes[np.arange(2), np.abs(axes).argmax(1)]
    sign = np.where(largest < 0, -1, 1)
    return scores[:, :2] * sizes[:2] * sign


def _tsne(codes: np.ndarray, seed: int) -> np.ndarray:
    # Imported here, when it is first needed: it takes seconds, which the app would wait for at its start.
    from openTSNE import TSNE

    tsne = TSNE(
        perplexity=min(30, (len(codes) - 1) / 3),
        initialization="pca",
        neighbors="exact",
        negative_gradient_method="fft" if len(codes) > 2000 else "bh",
        n_jobs=1,
        random_state=seed,
    )
    return np.asarray(tsne.fit(codes))


def _umap(codes: np.ndarray, seed: int) -> np.ndarray:
    # Imported here, when it is first needed: it compiles for most of a minute the first time.
    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reducer = UMAP(n_neighbors=min(15, len(codes) - 1), init="pca", random_state=seed, n_jobs=1)
        return reducer.fit_transform(codes.astype(np.float32))


_PROJECT = {"pca": _pca, "tsne": _tsne, "umap": _umap}
