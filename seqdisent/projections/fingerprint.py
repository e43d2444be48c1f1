"""A fingerprint of a split: what is derived from the data is used again only where it is the same."""

from __future__ import annotations

import hashlib

import numpy as np

from seqdisent.data import SequenceDataset

SAMPLED_SEQUENCES = 16


def data_hash(dataset: SequenceDataset) -> str:
    """12 hexadecimal digits of a split's name, labels, lengths, and the frames of sixteen sequences.

    Of floats, the mean and standard deviation of each sequence to two decimals: last digits differ between machines.
    """
    digest = hashlib.sha256(f"{dataset.spec.name} {len(dataset)}".encode())
    for name in sorted(dataset.static):
        labels = dataset.static[name]
        is_classes = labels.dtype.kind in "iu"
        digest.update(_bytes(labels, np.int64 if is_classes else np.float32))
    if dataset.lengths is not None:
        digest.update(_bytes(dataset.lengths, np.int64))
    rows = np.linspace(0, len(dataset) - 1, SAMPLED_SEQUENCES).astype(np.int64)
    frames = dataset.frames[rows]
    if frames.dtype.kind == "f":
        values = np.nan_to_num(frames.reshape(len(frames), -1).astype(np.float64))
        statistics = np.stack([values.mean(1), values.std(1)])
        frames = np.round(100 * statistics).astype(np.int64)
    digest.update(_bytes(frames, frames.dtype))
    return digest.hexdigest()[:12]


def _bytes(values: np.ndarray, dtype: np.typing.DTypeLike) -> bytes:
    return np.ascontiguousarray(values, dtype).tobytes()
