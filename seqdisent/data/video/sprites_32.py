"""The drawn sprites at half size: the cheap data set for comparisons over seeds and for sweeps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seqdisent.data.dataset import Frames, SequenceDataset
from seqdisent.data.source import GeneratedSource
from seqdisent.data.video import sprites

SPEC = replace(
    sprites.SPEC, name="sprites-32", title="Drawn sprites, 32x32", event_shape=(3, 32, 32)
)


@dataclass(frozen=True)
class HalvedFrames:
    """Frames ``[N, T, H, W, 3]`` at half height and width: each pixel is the mean of four, rounded."""

    frames: Frames

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        out = np.empty((len(rows), SPEC.frames, 32, 32, 3), np.uint8)
        for start in range(
            0, len(rows), 256
        ):  # the large frames of a whole split are never held at once
            large = self.frames[rows[start : start + 256]].astype(np.uint16)
            quads = (
                large[:, :, ::2, ::2]
                + large[:, :, 1::2, ::2]
                + large[:, :, ::2, 1::2]
                + large[:, :, 1::2, 1::2]
            )
            out[start : start + 256] = (quads + 2) // 4
        return out


def load(split: str) -> SequenceDataset:
    """A split, ``x`` is ``[B, 8, 3, 32, 32]`` in [0, 1]."""
    large = sprites.load(split)
    return replace(large, spec=SPEC, frames=HalvedFrames(large.frames))


SPRITES_32 = GeneratedSource(SPEC, load)
