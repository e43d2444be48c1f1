"""The brush: paints and cuts shapes on a canvas, outlined and shaded by their distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqdisent.data.video.sprites_art.palette import Tone
from seqdisent.data.video.sprites_art.poses import FRAMES, Skeleton
from seqdisent.data.video.sprites_art.shapes import SIZE

LIGHT = (1, 1)  # pixels from a lit edge to its shadow side: light falls from the upper left


@dataclass(frozen=True)
class Canvas:
    """Premultiplied RGBA, float32 ``[P, H, W, 4]``, for the poses of one view."""

    pixels: np.ndarray

    @classmethod
    def blank(cls, s: Skeleton) -> Canvas:
        return cls(np.zeros((len(s.head), SIZE, SIZE, 4), np.float32))

    def blend(self, alpha: np.ndarray, colour: np.ndarray) -> None:
        """Cover with ``colour`` (``[3]`` or ``[P, H, W, 3]``) by ``alpha`` ``[P, H, W]``."""
        self.pixels[...] *= 1 - alpha[..., None]
        self.pixels[..., :3] += alpha[..., None] * colour
        self.pixels[..., 3] += alpha * 255

    def shape(self, distance: np.ndarray, tone: Tone, outline: float = 1.0) -> None:
        """Paint a shape: an outline just inside its edge, a lit side and a shadow side."""
        box = (slice(None), *_box(distance))
        d = distance[box]
        colour = np.broadcast_to(tone.base, (*d.shape, 3)).copy()
        for sign, edge in ((-1, tone.light), (1, tone.shade)):
            depth = np.roll(d, (-sign * LIGHT[0], -sign * LIGHT[1]), (1, 2)) + 0.4 + outline
            colour += np.clip(depth + 0.2, 0, 1)[..., None] * (edge - colour)
        if outline:
            colour += np.clip(d + outline, 0, 1)[..., None] * (tone.line - colour)
        Canvas(self.pixels[box]).blend(np.clip(0.5 - d, 0, 1), colour)

    def flat(self, distance: np.ndarray, colour: np.ndarray) -> None:
        """Paint a detail in one colour: an eye, a stripe, a seam."""
        box = (slice(None), *_box(distance))
        Canvas(self.pixels[box]).blend(np.clip(0.5 - distance[box], 0, 1), colour)

    def erase(self, distance: np.ndarray) -> None:
        """Cut a hole, for what lies on a lower sheet but in front: a hand before a shirt."""
        self.pixels[...] *= np.clip(0.5 + distance, 0, 1)[..., None]

    def sheet(self) -> np.ndarray:
        """Straight RGBA, uint8 ``[3, 8, H, W, 4]``."""
        alpha = self.pixels[..., 3:]
        rgb = self.pixels[..., :3] * (255 / np.maximum(alpha, 1))
        out = np.concatenate([rgb, alpha], -1)
        return np.clip(out + 0.5, 0, 255).astype(np.uint8).reshape(3, FRAMES, SIZE, SIZE, 4)


def _box(distance: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold the shape in any pose, with a margin for its shading."""
    near = (distance < 1).any(0)
    rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    grow = lambda found: slice(max(found[0] - 2, 0), found[-1] + 3)
    return grow(rows), grow(columns)


def cut_arms(c: Canvas, s: Skeleton) -> None:
    """Cut out the arms in front of the body."""
    for i in s.in_front():
        c.erase(np.minimum(s.arm(i), s.hand(i)))
