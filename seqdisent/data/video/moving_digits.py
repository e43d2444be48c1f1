"""Moving digits: scikit-learn's handwritten digits, one or two, that move; they need no download.

Static are the digits and, within each, the writer's shape: no image is in two splits. Dynamic is the motion: along a
*line*, *bouncing* off the walls, or in a *circle*. The first digit is white, the second orange and in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import GeneratedSource
from seqdisent.spec import DatasetSpec, Factor, Source

SIZE, FRAMES = 32, 16
SPAN = 0.48  # width of a digit, in widths of the picture
IMAGES = {"train": slice(0, 1197), "validation": slice(1197, 1397), "test": slice(1397, 1797)}
COUNTS = {"train": 6000, "validation": 500, "test": 1000}
MOTIONS = ("linear", "bouncing", "circular")
COLOURS = np.array([[1.0, 1.0, 1.0], [1.0, 0.55, 0.1]], np.float32)
DIGITS = tuple(map(str, range(10)))

SPEC = DatasetSpec(
    name="moving-digits",
    title="Moving digits",
    modality="video",
    event_shape=(3, SIZE, SIZE),
    frames=FRAMES,
    rate_hz=12.0,
    value_range=(0.0, 1.0),
    factors=(
        Factor("digit", "static", DIGITS),
        Factor("second", "static", ("none", *DIGITS)),
        Factor("motion", "dynamic", MOTIONS),
        *(Factor(name, "dynamic", unit="picture widths") for name in ("x1", "y1", "x2", "y2")),
    ),
    source=Source(
        url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        licence="CC BY 4.0",
        credit="E. Alpaydin and C. Kaynak, as in scikit-learn; set in motion by seqdisent, from a seed",
    ),
    splits=tuple(COUNTS.items()),
)


@dataclass(frozen=True)
class DigitFrames:
    """Frames uint8 ``[N, T, SIZE, SIZE, 3]``, drawn when they are asked for.

    Args:
        image: which of the digits ``[N, 2]``; -1 where there is no second one.
        path: of the centres ``[N, T, 2, 2]`` (x to the right, y upwards), in widths of the picture.
    """

    image: np.ndarray
    path: np.ndarray

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        image, path = self.image[rows], torch.from_numpy(self.path[rows].astype(np.float32))
        pictures, _ = handwritten()
        canvas = torch.zeros(len(rows), path.shape[1], SIZE, SIZE, 3)
        for one, colour in enumerate(COLOURS):
            there = np.flatnonzero(image[:, one] >= 0)
            if not len(there):
                continue
            drawn = torch.from_numpy(pictures[image[there, one]])[:, None].expand(
                -1, path.shape[1], -1, -1
            )
            ink = _placed(drawn.flatten(0, 1), path[there, :, one].flatten(0, 1))
            ink = ink.unflatten(0, (len(there), -1))[..., None]
            canvas[there] = canvas[there] * (1 - ink) + ink * torch.from_numpy(colour)
        return canvas.mul_(255).add_(0.5).clamp_(0, 255).byte().numpy()


def _placed(pictures: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
    """Pictures ``[M, 8, 8]`` at ``SPAN`` of the width, their centres at ``[M, 2]``: ``[M, SIZE, SIZE]``."""
    shift = (centre * 2 - 1) * torch.tensor([1.0, -1.0])  # grid_sample counts y downwards
    turn = torch.zeros(len(pictures), 2, 3)
    turn[:, 0, 0] = turn[:, 1, 1] = 1 / SPAN
    turn[:, :, 2] = -shift / SPAN
    grid = affine_grid(turn, [len(pictures), 1, SIZE, SIZE], align_corners=False)
    return grid_sample(pictures[:, None], grid, mode="bicubic", align_corners=False)[:, 0].clamp(
        0, 1
    )


@lru_cache(maxsize=1)
def handwritten() -> tuple[np.ndarray, np.ndarray]:
    """All images, in an order of our own that mixes writers: float32 ``[1797, 8, 8]`` in 0..1, and their digits."""
    from sklearn.datasets import load_digits

    all_of_them = load_digits()
    order = np.random.default_rng(0).permutation(len(all_of_them.target))
    return all_of_them.images[order].astype(np.float32) / 16, all_of_them.target[order].astype(
        np.int64
    )


@lru_cache(maxsize=3)
def load(split: str) -> SequenceDataset:
    """A split: ``x`` is ``[B, 16, 3, 32, 32]`` in [0, 1]."""
    n, images = COUNTS[split], np.arange(1797)[IMAGES[split]]
    rng = np.random.default_rng(list(COUNTS).index(split))
    image = rng.choice(images, (n, 2))
    image[:, 1] = np.where(rng.random(n) < 0.5, image[:, 1], -1)
    motion = rng.integers(len(MOTIONS), size=n)
    path = np.stack([paths(motion, FRAMES, rng) for _ in range(2)], axis=2)
    _, digit = handwritten()
    per_frame = lambda value: np.repeat(value[:, None], FRAMES, axis=1)
    dynamic = {"motion": per_frame(motion)}
    for one in (0, 1):
        for axis, letter in enumerate("xy"):
            there = np.where(image[:, one, None] >= 0, path[:, :, one, axis], np.nan)
            dynamic[f"{letter}{one + 1}"] = there.astype(np.float32)
    static = {
        "digit": digit[image[:, 0]],
        "second": np.where(image[:, 1] >= 0, digit[image[:, 1]] + 1, 0),
    }
    return SequenceDataset(
        SPEC, DigitFrames(image, path), static, dynamic, source=image[:, 0].copy()
    )


def paths(motion: np.ndarray, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Where the centre of a digit is ``[N, frames, 2]``; it never leaves the picture by more than its margin."""
    n, edge = len(motion), SPAN / 2 - 0.04  # images have an empty margin
    low, high = edge, 1 - edge
    time = np.arange(frames)[None, :, None]
    start, end = rng.uniform(low, high, (2, n, 1, 2))
    line = start + (end - start) * time / max(1, frames - 1)
    angle = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    speed = rng.uniform(0.05, 0.1, (n, 1, 1)) * np.concatenate([np.cos(angle), np.sin(angle)], 2)
    free = (start - low + speed * time) / (high - low)
    bounce = low + (high - low) * (1 - np.abs(free % 2 - 1))  # folded at both walls
    reach = rng.uniform(0.1, (high - low) / 2, (n, 1, 1))
    centre = low + reach + rng.random((n, 1, 2)) * (high - low - 2 * reach)
    turning = rng.choice([-1, 1], (n, 1, 1)) * rng.uniform(0.2, 0.5, (n, 1, 1)) * time + angle
    circle = centre + reach * np.concatenate([np.cos(turning), np.sin(turning)], 2)
    return np.choose(motion[:, None, None], [line, bounce, circle])


MOVING_DIGITS = GeneratedSource(SPEC, load)
