"""Characters composed from layers: shared by our sprites and the LPC sprites.

Both data sets have six values for each of four static layers, so 1,296 characters, and nine
actions (three motions in three directions). They are split by *character*: no test character is
ever seen in training.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.spec import DatasetSpec, Factor

VALUES = 6
LAYERS = ("skin", "pants", "top", "hair")
MOTIONS = ("walk", "spellcast", "slash")
DIRECTIONS = ("front", "left", "right")
ACTIONS = tuple(f"{motion} {direction}" for motion in MOTIONS for direction in DIRECTIONS)
# 1,000 / 296 characters by numpy's legacy seed 423 (Li & Mandt, 2018); validation from the 1,000.
SPLIT_SEED, TRAIN_CHARACTERS, VALIDATION_CHARACTERS = 423, 1000, 100
SPLITS = (
    ("train", (TRAIN_CHARACTERS - VALIDATION_CHARACTERS) * len(ACTIONS)),
    ("validation", VALIDATION_CHARACTERS * len(ACTIONS)),
    ("test", (VALUES ** len(LAYERS) - TRAIN_CHARACTERS) * len(ACTIONS)),
)


def dynamic_factors() -> tuple[Factor, ...]:
    """The papers' nine-way action, and its two parts apart: direction never changes in a sequence."""
    return (
        Factor("action", "dynamic", ACTIONS),
        Factor("motion", "dynamic", MOTIONS),
        Factor("direction", "dynamic", DIRECTIONS),
    )


def over(bottom: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Alpha-composite RGBA ``layer`` on opaque RGB ``bottom`` (uint8, rounded to nearest)."""
    alpha = layer[..., 3:].astype(np.uint16)
    mixed = layer[..., :3] * alpha + bottom * (255 - alpha) + 127
    return (mixed // 255).astype(np.uint8)


@dataclass(frozen=True)
class LayeredFrames:
    """Frames ``[N, T, H, W, 3]`` composed when they are asked for.

    Args:
        layers: RGBA sheets from the bottom up, each uint8 ``[values, actions, T, H, W, 4]``; a
            sheet with a single value is worn by everyone.
        choice: int ``[N, len(layers)]``, the value that each sequence wears of each layer.
        action: int ``[N]``.
    """

    layers: tuple[np.ndarray, ...]
    choice: np.ndarray
    action: np.ndarray

    def __len__(self) -> int:
        return len(self.action)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        _, _, frames, height, width, _ = self.layers[0].shape
        out = np.zeros((len(rows), frames, height, width, 3), np.uint8)
        for start in range(0, len(rows), 64):  # small pieces stay in the processor's cache
            part = rows[start : start + 64]
            canvas = out[start : start + 64]
            for column, (layer, box) in enumerate(zip(self.layers, self._boxes, strict=True)):
                worn = layer[(..., *box, slice(None))][self.choice[part, column], self.action[part]]
                canvas[(..., *box, slice(None))] = over(canvas[(..., *box, slice(None))], worn)
        return out

    @cached_property
    def _boxes(self) -> list[tuple[slice, slice]]:
        """The rows and columns that each layer ever covers: most of a layer is empty."""
        return [_box(np.any(layer[..., 3], axis=(0, 1, 2))) for layer in self.layers]


def _box(covered: np.ndarray) -> tuple[slice, slice]:
    """The smallest box around the true pixels of ``[H, W]``."""
    rows, columns = np.nonzero(covered)
    return _span(rows), _span(columns)


def _span(positions: np.ndarray) -> slice:
    """From the smallest to the largest position; empty if there is none."""
    if not len(positions):
        return slice(0, 0)
    return slice(int(positions.min()), int(positions.max()) + 1)


def split_characters(split: str) -> np.ndarray:
    """Character numbers ``[n]`` of a split; ``ValueError`` names the splits there are."""
    order = np.random.RandomState(SPLIT_SEED).permutation(VALUES ** len(LAYERS))
    first_test = TRAIN_CHARACTERS
    first_validation = TRAIN_CHARACTERS - VALIDATION_CHARACTERS
    parts = {
        "train": order[:first_validation],
        "validation": order[first_validation:first_test],
        "test": order[first_test:],
    }
    if split not in parts:
        raise ValueError(f"no split {split!r}; choose from {sorted(parts)}")
    return parts[split]


def character_values(characters: np.ndarray) -> np.ndarray:
    """The layer values of character numbers: int64 ``[n, 4]`` in the order of :data:`LAYERS`."""
    table = np.array(list(itertools.product(range(VALUES), repeat=len(LAYERS))))
    return table[characters]


def layered_dataset(
    spec: DatasetSpec, layers: tuple[np.ndarray, ...], split: str
) -> SequenceDataset:
    """Every character of the split in every action, composed lazily.

    ``layers`` are the four of :data:`LAYERS` in drawing order, then any that everyone wears.
    """
    characters = split_characters(split)
    values = np.repeat(character_values(characters), len(ACTIONS), axis=0)
    action = np.tile(np.arange(len(ACTIONS)), len(characters))
    common = np.zeros((len(values), len(layers) - len(LAYERS)), np.int64)
    per_frame = lambda label: np.repeat(label[:, None], spec.frames, axis=1)
    return SequenceDataset(
        spec,
        LayeredFrames(layers, np.concatenate([values, common], axis=1), action),
        {f.name: values[:, i].copy() for i, f in enumerate(spec.static_factors)},
        {
            "action": per_frame(action),
            "motion": per_frame(action // len(DIRECTIONS)),
            "direction": per_frame(action % len(DIRECTIONS)),
        },
        source=np.repeat(characters, len(ACTIONS)),
    )
