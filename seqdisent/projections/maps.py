"""Maps: the static and the dynamic codes of the same sequences on two planes.

A map is a picture, not evidence: neighbours on the plane need not be neighbours among the codes. So every map carries
its trustworthiness (Venna & Kaski 2001): how far they are.

``python -m seqdisent.projections.ship CHECKPOINT`` computes the maps of a checkpoint and puts them in its folder, so
that the app can show them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from seqdisent.checkpoint import checkpoint_hash, load_checkpoint, read_config
from seqdisent.data import SequenceDataset, load_dataset
from seqdisent.evaluation.codes import PARTS
from seqdisent.io import Arrays, cache_root, cached_arrays, read_npz
from seqdisent.models import SequentialVAE
from seqdisent.projections.fingerprint import data_hash
from seqdisent.projections.methods import METHODS, project, trustworthiness

SIZES = (296, 888, 2664)
CODES = ("static", "dynamic")
SHIPPED = "maps.npz"  # in the folder of a checkpoint
CACHE = "maps"
# Raise it when the same codes would give another map.
VERSION = 1

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class MapPair:
    """Both maps of the same sequences.

    Args:
        rows: int64 ``[N]``, positions in the split.
        static: float32 ``[N, 2]``.
        dynamic: float32 ``[N, 2]``, from the dynamic codes of all steps laid end to end, or of eight equal parts
            where sequences differ in length.
        trust: trustworthiness of (static, dynamic), between 0 and 1.
    """

    rows: np.ndarray
    static: np.ndarray
    dynamic: np.ndarray
    trust: tuple[float, float]


def choose_rows(total: int, n: int, seed: int = 0) -> np.ndarray:
    """``n`` of ``total`` sequences at random, in order; a smaller choice is part of a larger one."""
    return np.sort(np.random.default_rng(seed).permutation(total)[:n])


def sizes(total: int) -> tuple[int, ...]:
    """How many of ``total`` sequences a map can show, ascending: :data:`SIZES`, or all where there are fewer."""
    smaller = tuple(n for n in SIZES if n < 0.9 * total)
    return smaller if total > SIZES[-1] else (*smaller, total)


@torch.inference_mode()
def encode_rows(
    model: SequentialVAE,
    dataset: SequenceDataset,
    rows: np.ndarray,
    progress: Progress | None = None,
    batch: int = 64,
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of sequences, float32: static ``[N, S]`` and dynamic ``[N, K*D]``.

    Where sequences differ in length, K is :data:`PARTS`: means of equal parts.

    Args:
        rows: positions in the split, ``[N]``.
        batch: sequences that are encoded at once.
    """
    static, dynamic = [], []
    for start in range(0, len(rows), batch):
        some = dataset[rows[start : start + batch]]
        mask = None if dataset.lengths is None else some.mask
        latents = model.encode(some.x, mask, sample=False).latents
        static.append(latents.static.numpy())
        dynamic.append(latents.timeline(PARTS).flatten(1).numpy())
        if progress:
            progress(min(1.0, (start + batch) / len(rows)), f"Encoding {len(rows)} sequences")
    return np.concatenate(static), np.concatenate(dynamic)


def load_or_compute(
    checkpoint: str | Path,
    model: SequentialVAE,
    dataset: SequenceDataset,
    *,
    n: int,
    method: str,
    progress: Progress | None = None,
) -> MapPair:
    """Both maps of ``n`` test sequences: shipped with the checkpoint, cached, or computed now.

    Args:
        checkpoint: the name or folder that ``model`` was loaded from.
        dataset: the test split.
        method: a key of :data:`~seqdisent.projections.methods.METHODS`.
        progress: called with the share that is done and what is being done.
    """
    rows = choose_rows(len(dataset), n)
    found = _stored(checkpoint, dataset, n, method)
    if found is None:

        def compute_codes() -> Arrays:
            return _encode(model, dataset, rows, progress)

        def compute_maps() -> Arrays:
            codes_key = map_key(checkpoint, dataset, n, "codes")
            codes = cached_arrays(CACHE, codes_key, compute_codes, compressed=True)
            return compute(codes, method, progress)

        key = map_key(checkpoint, dataset, n, method)
        found = cached_arrays(CACHE, key, compute_maps, compressed=True)
    static_trust, dynamic_trust = found["trust"].tolist()
    return MapPair(rows, found["static"], found["dynamic"], (static_trust, dynamic_trust))


def is_stored(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> bool:
    """Whether :func:`load_or_compute` would have nothing to compute."""
    return _stored(checkpoint, dataset, n, method) is not None


def compute(codes: Arrays, method: str, progress: Progress | None = None) -> Arrays:
    """Maps of codes.

    Args:
        codes: ``static`` ``[N, S]`` and ``dynamic`` ``[N, K*D]``.

    Returns:
        ``static`` and ``dynamic``, float32 ``[N, 2]``, and their trustworthiness ``trust`` ``[2]``.
    """
    planes, trust = {}, []
    for i, code in enumerate(CODES):
        if progress:
            progress(0.5 * i, f"{METHODS[method]} of the {code} codes")
        planes[code] = project(codes[code], method)
        trust.append(trustworthiness(codes[code], planes[code]))
    return {**planes, "trust": np.array(trust)}


def compute_all(
    checkpoint: str | Path, counts: Sequence[int] = (), methods: Sequence[str] = tuple(METHODS)
) -> Iterator[tuple[str, Arrays]]:
    """Every map of the test split of a checkpoint, with its key.

    Args:
        counts: sequences on a map; by default :func:`sizes`.
    """
    model, spec = load_checkpoint(checkpoint)
    dataset = load_dataset(spec.name, "test")
    for n in counts or sizes(len(dataset)):
        codes = _encode(model, dataset, choose_rows(len(dataset), n))
        for method in methods:
            yield map_key(checkpoint, dataset, n, method), compute(codes, method)


def _encode(
    model: SequentialVAE,
    dataset: SequenceDataset,
    rows: np.ndarray,
    progress: Progress | None = None,
) -> Arrays:
    static, dynamic = encode_rows(model, dataset, rows, progress)
    return {"static": static, "dynamic": dynamic}


def _stored(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> Arrays | None:
    key = map_key(checkpoint, dataset, n, method)
    folder, _ = read_config(checkpoint)
    shipped = read_npz(folder / SHIPPED) or {}
    prefix = f"{key}-"
    found = {
        name.removeprefix(prefix): array
        for name, array in shipped.items()
        if name.startswith(prefix)
    }
    return found or read_npz(cache_root(CACHE) / f"{key}.npz")


def map_key(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> str:
    """Name of a map: the same only for the same weights, pixels, choice of rows and method."""
    weights = checkpoint_hash(checkpoint)
    return f"{weights}-{data_hash(dataset)}-{n}-{method}-v{VERSION}"
