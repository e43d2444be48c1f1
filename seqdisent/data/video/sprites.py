"""Animated characters drawn by our own code: the data set that needs no download."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import GeneratedSource
from seqdisent.data.video import sprites_art as art
from seqdisent.data.video.layers import (
    ACTIONS,
    DIRECTIONS,
    LAYERS,
    MOTIONS,
    SPLITS,
    VALUES,
    LayeredFrames,
    dynamic_factors,
    layered_dataset,
)
from seqdisent.spec import DatasetSpec, Factor, Source

_WARDROBE = (
    (art.SKINS, art.draw_skin),
    (art.PANTS, art.draw_pants),
    (art.TOPS, art.draw_top),
    (art.HAIRS, art.draw_hair),
)
_JITTER = 14  # how far a seed other than 0 moves each channel of each colour

SPEC = DatasetSpec(
    name="sprites",
    title="Drawn sprites",
    modality="video",
    event_shape=(3, art.SIZE, art.SIZE),
    frames=art.FRAMES,
    rate_hz=8.0,
    value_range=(0.0, 1.0),
    factors=(
        *(
            Factor(layer, "static", tuple(name for name, _ in styles))
            for layer, (styles, _) in zip(LAYERS, _WARDROBE, strict=True)
        ),
        *dynamic_factors(),
    ),
    source=Source(url="", licence="MIT", credit="drawn by seqdisent, from a seed"),
    splits=SPLITS,
)


@lru_cache(maxsize=2)
def draw_layers(seed: int = 0) -> tuple[np.ndarray, ...]:
    """The sheets of every layer, from the bottom up.

    Args:
        seed: 0 is the shipped look; another seed dyes the same clothes a little differently.

    Returns:
        Read-only RGBA uint8 ``[6, 9, 8, 64, 64, 4]`` (value, action, frame, H, W, RGBA) for each
        of :data:`~seqdisent.data.video.layers.LAYERS`, then ``[1, 9, 8, 64, 64, 4]`` for the shoes, the
        sword and the spell that everybody shares.
    """
    rng = np.random.default_rng(seed)
    views = (art.skeleton(side=False), art.skeleton(side=True))
    sheets = []
    for styles, draw in _WARDROBE:
        dyes = rng.uniform(-_JITTER, _JITTER, (VALUES, 3)) * (seed != 0)
        tones = [
            art.Tone.of(np.clip(np.add(colour, dye), 0, 255))
            for (_, colour), dye in zip(styles, dyes, strict=True)
        ]
        sheets.append(
            np.stack(
                [
                    _actions(*(draw(view, value, tone) for view in views))
                    for value, tone in enumerate(tones)
                ]
            )
        )
    sheets.append(_actions(*(art.draw_extras(view) for view in views))[None])
    for sheet in sheets:
        sheet.setflags(write=False)
    return tuple(sheets)


def _actions(front: art.Canvas, left: art.Canvas) -> np.ndarray:
    """Both views as ``[9, 8, H, W, 4]`` in the order of ``ACTIONS``; right mirrors left."""
    side = left.sheet()
    sheet = np.stack([front.sheet(), side, side[:, :, :, ::-1]], axis=1)
    return sheet.reshape(len(MOTIONS) * len(DIRECTIONS), *sheet.shape[2:])


def load(split: str) -> SequenceDataset:
    """A split, with frames composed when asked for: ``x`` is ``[B, 8, 3, 64, 64]`` in [0, 1]."""
    return layered_dataset(SPEC, draw_layers(), split)


def sequence(skin: int, pants: int, top: int, hair: int, action: int, seed: int = 0) -> np.ndarray:
    """The frames of one character in one action: uint8 ``[8, 64, 64, 3]``.

    Args:
        skin, pants, top, hair: 0 to 5, in the order of the classes in :data:`SPEC`.
        action: 0 to 8, an index into :data:`~seqdisent.data.video.layers.ACTIONS`.
        seed: as for :func:`draw_layers`.
    """
    chosen = dict(zip((*LAYERS, "action"), (skin, pants, top, hair, action), strict=True))
    for name, value in chosen.items():
        count = len(ACTIONS) if name == "action" else VALUES
        if not (isinstance(value, (int, np.integer)) and 0 <= value < count):
            raise ValueError(f"{name} must be an integer from 0 to {count - 1}, not {value!r}")
    layers = draw_layers(seed)
    values = [skin, pants, top, hair] + [0] * (len(layers) - len(LAYERS))
    return LayeredFrames(layers, np.array([values]), np.array([action]))[np.array([0])][0]


SPRITES = GeneratedSource(SPEC, load)
