"""Maps: the static and the dynamic codes of the same sequences on two planes.

A map is a picture, not evidence: neighbours on the plane need not be neighbours among the codes. So
every map carries its trustworthiness, the share of that promise it keeps (Venna & Kaski, 2001).

``python -m seqdisent.views.projections CHECKPOINT`` makes the maps of a checkpoint and puts them in
its folder, so that the app can show them at once.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pooch
import torch

from seqdisent.checkpoint import checkpoint_hash, load_checkpoint, read_config
from seqdisent.data import SequenceDataset, load_dataset
from seqdisent.models import SequentialVAE

METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
SIZES = (296, 888, 2664)
SHIPPED = "maps.npz"
NEIGHBOURS = 10
# Raise it when the same codes would give another map.
VERSION = 1

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class MapPair:
    """Both maps of the same sequences.

    Args:
        rows: int64 ``[N]``, positions in the split.
        static: float32 ``[N, 2]``.
        dynamic: float32 ``[N, 2]``, from the dynamic codes of all steps laid end to end.
        trust: trustworthiness of (static, dynamic), between 0 and 1.
    """

    rows: np.ndarray
    static: np.ndarray
    dynamic: np.ndarray
    trust: tuple[float, float]


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
    """How far the neighbours on the plane are neighbours among the codes; 1 is perfectly."""
    from sklearn.manifold import trustworthiness as measure  # imported when first needed

    # The measure is defined for fewer neighbours than half of the points.
    neighbours = max(1, min(NEIGHBOURS, (len(codes) - 1) // 2))
    return float(measure(codes, plane, n_neighbors=neighbours))


def _pca(codes: np.ndarray, seed: int) -> np.ndarray:
    centred = codes - codes.mean(0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    if s.size < 2:  # one feature: the second axis is empty
        u, s, vt = np.pad(u, ((0, 0), (0, 1))), np.pad(s, (0, 1)), np.pad(vt, ((0, 1), (0, 0)))
    # The sign of an axis is arbitrary: let its largest weight be positive.
    sign = np.sign(np.take_along_axis(vt[:2], np.abs(vt[:2]).argmax(1)[:, None], 1)[:, 0])
    return u[:, :2] * s[:2] * np.where(sign == 0, 1, sign)


def _tsne(codes: np.ndarray, seed: int) -> np.ndarray:
    # Imported when first needed: it takes seconds.
    from openTSNE import TSNE

    tsne = TSNE(
        perplexity=min(30, (len(codes) - 1) / 3), initialization="pca", neighbors="exact",
        negative_gradient_method="fft" if len(codes) > 2000 else "bh", n_jobs=1, random_state=seed,
    )  # fmt: skip
    return np.asarray(tsne.fit(codes))


def _umap(codes: np.ndarray, seed: int) -> np.ndarray:
    # Imported when first needed: it compiles for most of a minute the first time.
    import warnings

    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reducer = UMAP(n_neighbors=min(15, len(codes) - 1), init="pca", random_state=seed, n_jobs=1)
        return reducer.fit_transform(codes.astype(np.float32))


_PROJECT = {"pca": _pca, "tsne": _tsne, "umap": _umap}


def choose_rows(total: int, n: int, seed: int = 0) -> np.ndarray:
    """``n`` of ``total`` sequences at random, in order; a smaller choice is part of a larger one."""
    return np.sort(np.random.default_rng(seed).permutation(total)[:n])


@torch.inference_mode()
def encode_rows(
    model: SequentialVAE,
    dataset: SequenceDataset,
    rows: np.ndarray,
    progress: Progress | None = None,
    batch: int = 64,
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of sequences: static ``[N, S]`` and dynamic ``[N, K*D]``, float32."""
    static, dynamic = [], []
    for start in range(0, len(rows), batch):
        latents = model.encode(dataset[rows[start : start + batch]].x, sample=False).latents
        static.append(latents.static.numpy())
        dynamic.append(latents.dynamic.flatten(1).numpy())
        if progress:
            progress(min(1.0, (start + batch) / len(rows)), f"Encoding {len(rows)} sequences")
    return np.concatenate(static), np.concatenate(dynamic)


def maps(
    checkpoint: str | Path,
    model: SequentialVAE,
    dataset: SequenceDataset,
    *,
    n: int,
    method: str,
    progress: Progress | None = None,
) -> MapPair:
    """Both maps of ``n`` test sequences: shipped with the checkpoint, cached, or made now."""
    rows = choose_rows(len(dataset), n)
    found = _find(checkpoint, dataset, n, method)
    if found is None:
        key = map_key(checkpoint, dataset, n, method)
        codes_path = cache_folder() / f"{map_key(checkpoint, dataset, n, 'codes')}.npz"
        codes = _read(codes_path)
        if codes is None:
            static, dynamic = encode_rows(model, dataset, rows, progress)
            codes = {"static": static, "dynamic": dynamic}
            write_npz(codes_path, codes)
        found = _make(codes, method, progress)
        write_npz(cache_folder() / f"{key}.npz", found)
    return MapPair(rows, found["static"], found["dynamic"], tuple(map(float, found["trust"])))


def made(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> bool:
    """Whether :func:`maps` would find the maps made."""
    return _find(checkpoint, dataset, n, method) is not None


def _find(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> dict | None:
    key = map_key(checkpoint, dataset, n, method)
    folder, _ = read_config(checkpoint)
    return _read(folder / SHIPPED, f"{key}-") or _read(cache_folder() / f"{key}.npz")


def _make(codes: dict[str, np.ndarray], method: str, progress: Progress | None = None) -> dict:
    out, trust = {}, []
    for i, part in enumerate(("static", "dynamic")):
        if progress:
            progress(0.5 * i, f"{METHODS[method]} of the {part} codes")
        out[part] = project(codes[part], method)
        trust.append(trustworthiness(codes[part], out[part]))
    return {**out, "trust": np.array(trust)}


def cache_folder() -> Path:
    """``maps`` in ``SEQDISENT_CACHE``, else in the user's cache folder."""
    root = os.environ.get("SEQDISENT_CACHE") or pooch.os_cache("seqdisent")
    return Path(root).expanduser() / "maps"


def map_key(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> str:
    """Name of a map: the same only for the same weights, pixels, choice of rows and method."""
    weights = checkpoint_hash(checkpoint)
    return f"{weights}-{data_hash(dataset)}-{n}-{method}-v{VERSION}"


def data_hash(dataset: SequenceDataset) -> str:
    """Fingerprint of a split: its name, its labels, and the pixels of sixteen sequences."""
    digest = hashlib.sha256(f"{dataset.spec.name} {len(dataset)}".encode())
    for name in sorted(dataset.static):
        digest.update(np.ascontiguousarray(dataset.static[name], np.int64))
    sample = np.linspace(0, len(dataset) - 1, 16).astype(np.int64)
    digest.update(np.ascontiguousarray(dataset.frames[sample]))
    return digest.hexdigest()[:12]


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    scratch.write_bytes(buffer.getvalue())
    scratch.replace(path)


def _read(path: Path, prefix: str = "") -> dict[str, np.ndarray] | None:
    """The arrays whose names begin with ``prefix``; None if there are none or the file is damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = [name for name in stored.files if name.startswith(prefix)]
            return {name.removeprefix(prefix): stored[name] for name in names} or None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None  # missing or damaged: it is made anew


def ship(checkpoint: str | Path, sizes: tuple[int, ...] = SIZES, methods=tuple(METHODS)) -> Path:
    """Make maps of a checkpoint and put them in its folder; the path of the file."""
    model, spec = load_checkpoint(checkpoint)
    dataset = load_dataset(spec.name, "test")
    folder, _ = read_config(checkpoint)
    arrays = {}
    for n in sizes:
        codes = dict(zip(("static", "dynamic"), encode_rows(model, dataset, choose_rows(len(dataset), n)), strict=True))
        for method in methods:
            made = _make(codes, method)
            key = map_key(checkpoint, dataset, n, method)
            arrays |= {f"{key}-{name}": value for name, value in made.items()}
            print(f"{folder.name}: {METHODS[method]} of {n} sequences, trust {made['trust'].round(3)}")
    write_npz(folder / SHIPPED, arrays)
    return folder / SHIPPED


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the maps of checkpoints and ship them inside.")
    parser.add_argument("checkpoint", nargs="+", help="name in the checkpoints folder, or a folder")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="sequences on a map")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    arguments = parser.parse_args()
    for checkpoint in arguments.checkpoint:
        print(ship(checkpoint, tuple(arguments.sizes), tuple(arguments.methods)))


if __name__ == "__main__":
    main()
