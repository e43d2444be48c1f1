"""A split in memory: frames, labels, and batches made on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch.utils.data import Dataset

from seqdisent.spec import DatasetSpec
from seqdisent.types import Sequences


class Frames(Protocol):
    """Frames that can be indexed by an integer array: a NumPy array, or layers composed lazily."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class SequenceDataset(Dataset):
    """One split of a data set.

    Args:
        spec: the declaration of the data set.
        frames: uint8 ``[N, T, H, W, C]`` for pictures (channels last, so that batches are ``channels_last``),
            else floats ``[N, T, *event]`` as models see them; NaN is a missing value of a series.
        static: for each static factor, int64 ``[N]``; -1 is a missing label. Those of a continuous
            factor are floats, NaN where missing.
        dynamic: for each dynamic factor, the same with one label a frame, ``[N, T]``.
        source: what a sequence was taken from, int64 ``[N]``: sequences of one character, speaker or
            recording are not independent, so intervals resample sources. By default each its own.
        lengths: steps that exist of each sequence, int64 ``[N]``, each at least 1; by default all T.
        recordings: of audio, the waveform behind each sequence, int16 ``[n]`` at 16 kHz.
        utterance: of segments, the recording that each was cut from, int64 ``[N]``; by default each is one.
        titles: a title of each sequence, ``[N]`` strings: "Wanliu, May 2016".
        starts: of series with dates, when each begins, datetime64 ``[N]``.
    """

    spec: DatasetSpec
    frames: Frames
    static: dict[str, np.ndarray]
    dynamic: dict[str, np.ndarray]
    source: np.ndarray | None = None
    lengths: np.ndarray | None = None
    recordings: tuple[np.ndarray, ...] | None = None
    utterance: np.ndarray | None = None
    titles: np.ndarray | None = None
    starts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int | slice | Sequence[int] | np.ndarray) -> Sequences:
        """A batch. An integer gives a batch of one; a slice or index array gives that many."""
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f"sequence {index} of {len(self)}")
            rows = np.array([int(index) % len(self)])
        else:
            rows = np.arange(len(self))[index]
        x = values(self.frames[rows])
        return Sequences(
            x,
            torch.from_numpy(np.arange(x.shape[1]) < self.steps[rows][:, None]),
            {k: torch.from_numpy(v[rows]) for k, v in self.static.items()},
            {k: torch.from_numpy(v[rows]) for k, v in self.dynamic.items()},
        )

    def labels(self) -> dict[str, np.ndarray]:
        """Labels of every factor: ``[N]`` of a static one, ``[N, T]`` of a dynamic one."""
        return {**self.static, **self.dynamic}

    def sequence_labels(self) -> dict[str, np.ndarray]:
        """One label a sequence for every factor, int64 ``[N]``; a dynamic factor's is its first frame's."""
        return {**self.static, **{name: value[:, 0] for name, value in self.dynamic.items()}}

    @property
    def steps(self) -> np.ndarray:
        """Steps that exist of every sequence ``[N]``."""
        return np.full(len(self), self.spec.frames) if self.lengths is None else self.lengths

    def select(self, rows: np.ndarray) -> SequenceDataset:
        """The subset with these rows, in this order, its frames in memory."""
        rows = np.asarray(rows)

        def pick(value: np.ndarray | None) -> np.ndarray | None:
            return None if value is None else value[rows]

        recordings = self.recordings
        if recordings is not None:
            recordings = tuple(recordings[row] for row in rows)
        return replace(
            self,
            frames=self.frames[rows],
            static={k: v[rows] for k, v in self.static.items()},
            dynamic={k: v[rows] for k, v in self.dynamic.items()},
            source=pick(self.source),
            lengths=pick(self.lengths),
            recordings=recordings,
            utterance=pick(self.utterance),
            titles=pick(self.titles),
            starts=pick(self.starts),
        )

    @property
    def sources(self) -> np.ndarray:
        """The source of every sequence ``[N]``, by default every sequence is one."""
        return np.arange(len(self)) if self.source is None else self.source

    def in_memory(self) -> SequenceDataset:
        """The same split with every frame composed once (for training)."""
        if isinstance(self.frames, np.ndarray):
            return self
        return self.select(np.arange(len(self)))


def values(frames: np.ndarray) -> torch.Tensor:
    """What models see, ``[B, T, *event]`` float32, of frames as a split holds them."""
    if frames.dtype != np.uint8:
        return torch.from_numpy(np.ascontiguousarray(frames, dtype=np.float32))
    # The permuted view of [B, T, H, W, C] is already channels_last: nothing is copied.
    return torch.from_numpy(np.ascontiguousarray(frames)).float().div_(255).permute(0, 1, 4, 2, 3)
