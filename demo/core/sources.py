"""Sequences of the test split as sides of a pair."""

from __future__ import annotations

import numpy as np

from demo.core import pairs
from demo.core.catalog import load, title
from demo.errors import RequestError
from demo.modalities.base import SourceClip
from demo.modalities.speech import INT16, at_common_level
from seqdisent.data import SequenceDataset


def from_split(dataset: SequenceDataset, index: object) -> SourceClip:
    """A sequence of the test split; RequestError if there is none at this position."""
    row = pairs.check_index(dataset, index)
    wave = None
    if dataset.recordings is not None:
        wave = dataset.recordings[row].astype(np.float32) / INT16
    return SourceClip(
        name=f"test sequence {row}",
        caption=pairs.caption(dataset, row),
        factors=pairs.describe(dataset, row),
        batch=dataset[row],
        wave=wave,
        index=row,
        title="" if dataset.titles is None else str(dataset.titles[row]),
        start=None if dataset.starts is None else dataset.starts[row],
    )


def recording(name: str, index: object) -> np.ndarray:
    """The recording of a test sequence at the common loudness, float32 ``[n]`` at 16 kHz."""
    dataset = load(name).dataset
    if dataset.recordings is None:
        raise RequestError(f"{title(name)} has no recordings.")
    return at_common_level(dataset.recordings[pairs.check_index(dataset, index)])
