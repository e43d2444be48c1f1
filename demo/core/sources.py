"""What is swapped: a sequence of the test split, what a visitor brings, or what a model made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from demo.core import pairs as sequences
from seqdisent.audio import vocoder
from seqdisent.audio.prepare import RATE_HZ
from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.types import Sequences

if TYPE_CHECKING:
    from demo.core.requests import Made


@dataclass(frozen=True)
class Original:
    """One side of a pair.

    Args:
        name: what it is, for example "test sequence 12" or "your recording".
        caption: what is seen or heard in it.
        factors: its factors in words; "unknown", or not there, if nobody knows.
        batch: the one sequence, as models see it.
        wave: of speech, the recording itself, float ``[n]`` at 16 kHz.
        index: position in the test split, if it is from there.
        title: what people call it, if that is not a description.
        start: of a series, when it begins, if anybody knows.
        made: how it was made, if a model made it.
    """

    name: str
    caption: str
    factors: Mapping[str, str]
    batch: Sequences
    wave: np.ndarray | None = None
    index: int | None = None
    title: str = ""
    start: np.datetime64 | None = None
    made: Made | None = None

    @property
    def ref(self) -> int | Made | None:
        """What it can be found again by; None of what a visitor brought."""
        return self.index if self.made is None else self.made


def from_split(dataset: SequenceDataset, index: object) -> Original:
    """A sequence of the test split; ServiceError if there is none at this position."""
    index = sequences.check_index(dataset, index)
    factors = sequences.describe(dataset, index)
    wave = (
        None if dataset.recordings is None else dataset.recordings[index].astype(np.float32) / 32767
    )
    title = "" if dataset.titles is None else str(dataset.titles[index])
    start = None if dataset.starts is None else dataset.starts[index]
    caption = sequences.caption(dataset, index)
    return Original(
        f"test sequence {index}", caption, factors, dataset[index], wave, index, title, start
    )


def from_wave(spec: DatasetSpec, wave: np.ndarray, name: str, caption: str) -> Original:
    """A recording from outside, prepared by :func:`seqdisent.audio.prepare.prepare`: float ``[n]`` at 16 kHz.

    What is longer than the model's sequences is cut.
    """
    steps, length = vocoder.to_steps(vocoder.analyse(wave), spec.frames)
    heard = wave[: round(length * vocoder.STEP_SECONDS * RATE_HZ)]
    mask = torch.arange(spec.frames)[None] < length
    return Original(
        name, caption, {}, Sequences(torch.from_numpy(steps[None]), mask), np.float32(heard)
    )
