"""Maps: the static and the dynamic codes of the same sequences on two planes.

A map is a picture, not evidence: neighbours on the plane need not be neighbours among the codes. So
every map carries its trustworthiness, the share of that promise it keeps (Venna & Kaski, 2001).

``python -m seqdisent.projections.maps CHECKPOINT`` makes the maps of a checkpoint and puts them in
its folder, so that the app can show them at once.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from seqdisent.checkpoint import checkpoint_hash, load_checkpoint, read_config
from seqdisent.data import SequenceDataset, load_dataset
from seqdisent.evaluation.codes import PARTS
from seqdisent.io import cache_root, cached_arrays, read_npz, write_npz
from seqdisent.models import SequentialVAE
from seqdisent.projections.methods import METHODS, project, trustworthiness

SIZES = (296, 888, 2664)

SHIPPED = "maps.npz"
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
        codes = cached_arrays(
            "maps",
            map_key(checkpoint, dataset, n, "codes"),
            lambda: dict(
                zip(("static", "dynamic"), encode_rows(model, dataset, rows, progress), strict=True)
            ),
            compressed=True,
        )
        found = cached_arrays("maps", key, lambda: _make(codes, method, progress), compressed=True)
    return MapPair(rows, found["static"], found["dynamic"], tuple(map(float, found["trust"])))


def made(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> bool:
    """Whether :func:`maps` would find the maps made."""
    return _find(checkpoint, dataset, n, method) is not None


def _find(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> dict | None:
    key = map_key(checkpoint, dataset, n, method)
    folder, _ = read_config(checkpoint)
    return _read(folder / SHIPPED, f"{key}-") or _read(cache_root("maps") / f"{key}.npz")


def _make(codes: dict[str, np.ndarray], method: str, progress: Progress | None = None) -> dict:
    out, trust = {}, []
    for i, part in enumerate(("static", "dynamic")):
        if progress:
            progress(0.5 * i, f"{METHODS[method]} of the {part} codes")
        out[part] = project(codes[part], method)
        trust.append(trustworthiness(codes[part], out[part]))
    return {**out, "trust": np.array(trust)}


def map_key(checkpoint: str | Path, dataset: SequenceDataset, n: int, method: str) -> str:
    """Name of a map: the same only for the same weights, pixels, choice of rows and method."""
    weights = checkpoint_hash(checkpoint)
    return f"{weights}-{data_hash(dataset)}-{n}-{method}-v{VERSION}"


def data_hash(dataset: SequenceDataset) -> str:
    """Fingerprint of a split: its name, its labels and lengths, and the frames of sixteen sequences.

    Of floats, the mean and spread of each sequence to two decimals: last digits differ between machines.
    """
    digest = hashlib.sha256(f"{dataset.spec.name} {len(dataset)}".encode())
    for name in sorted(dataset.static):
        values = dataset.static[name]
        digest.update(
            np.ascontiguousarray(values, np.int64 if values.dtype.kind in "iu" else np.float32)
        )
    if dataset.lengths is not None:
        digest.update(np.ascontiguousarray(dataset.lengths, np.int64))
    frames = dataset.frames[np.linspace(0, len(dataset) - 1, 16).astype(np.int64)]
    if frames.dtype.kind == "f":
        flat = np.nan_to_num(frames.reshape(len(frames), -1).astype(np.float64))
        frames = np.round(100 * np.stack([flat.mean(1), flat.std(1)])).astype(np.int64)
    digest.update(np.ascontiguousarray(frames))
    return digest.hexdigest()[:12]


def _read(path: Path, prefix: str = "") -> dict[str, np.ndarray] | None:
    """The arrays whose names begin with ``prefix``; None if there are none or the file is damaged."""
    stored = read_npz(path) or {}
    chosen = {n.removeprefix(prefix): array for n, array in stored.items() if n.startswith(prefix)}
    return chosen or None


def ship(checkpoint: str | Path, numbers: tuple[int, ...] = (), methods=tuple(METHODS)) -> Path:
    """Make maps of a checkpoint and put them in its folder; the path of the file.

    Args:
        numbers: sequences on a map; by default :func:`sizes`.
    """
    model, spec = load_checkpoint(checkpoint)
    dataset = load_dataset(spec.name, "test")
    folder, _ = read_config(checkpoint)
    arrays = {}
    for n in numbers or sizes(len(dataset)):
        codes = dict(
            zip(
                ("static", "dynamic"),
                encode_rows(model, dataset, choose_rows(len(dataset), n)),
                strict=True,
            )
        )
        for method in methods:
            made = _make(codes, method)
            key = map_key(checkpoint, dataset, n, method)
            arrays |= {f"{key}-{name}": value for name, value in made.items()}
            print(
                f"{folder.name}: {METHODS[method]} of {n} sequences, trust {made['trust'].round(3)}"
            )
    write_npz(folder / SHIPPED, arrays)
    return folder / SHIPPED


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Make the maps of checkpoints and ship them inside."
    )
    parser.add_argument("checkpoint", nargs="+", help="name in the checkpoints folder, or a folder")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=(), help="sequences on a map (default: as the app)"
    )
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    arguments = parser.parse_args()
    for checkpoint in arguments.checkpoint:
        print(ship(checkpoint, tuple(arguments.sizes), tuple(arguments.methods)))


if __name__ == "__main__":
    main()
