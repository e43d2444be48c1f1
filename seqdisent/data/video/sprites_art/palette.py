"""Colours: the styles of every layer, and tones with a highlight, a shadow and an outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SKINS = (
    ("ivory", (255, 222, 196)),
    ("honey", (232, 168, 84)),
    ("umber", (176, 98, 58)),
    ("ebony", (90, 56, 54)),
    ("moss", (132, 196, 84)),
    ("azure", (104, 160, 240)),
)
PANTS = (
    ("blue jeans", (62, 98, 190)),
    ("khaki shorts", (200, 172, 112)),
    ("crimson skirt", (206, 40, 74)),
    ("white breeches", (236, 234, 226)),
    ("lime striped leggings", (168, 226, 62)),
    ("orange gown", (240, 132, 40)),
)
TOPS = (
    ("red tunic", (212, 52, 52)),
    ("green vest", (44, 148, 78)),
    ("blue gold-trimmed jacket", (48, 74, 184)),
    ("striped sailor shirt", (240, 240, 244)),
    ("steel breastplate", (150, 166, 186)),
    ("lemon hoodie", (250, 208, 60)),
)
HAIRS = (
    ("ginger spikes", (238, 112, 36)),
    ("violet bob", (134, 74, 206)),
    ("golden plaits", (248, 206, 84)),
    ("teal mohawk", (36, 204, 184)),
    ("pink buns", (248, 124, 176)),
    ("silver mane", (222, 228, 240)),
)


@dataclass(frozen=True)
class Tone:
    """A colour with its highlight, its shadow and its outline, each float32 ``[3]``."""

    light: np.ndarray
    base: np.ndarray
    shade: np.ndarray
    line: np.ndarray

    @classmethod
    def of(cls, colour: tuple[int, int, int] | np.ndarray) -> Tone:
        base = np.asarray(colour, np.float32)
        # Shadows and outlines lean towards violet, highlights towards warm white.
        shade = base * [0.72, 0.62, 0.72] + np.array([8, 2, 14])
        line = base * 0.26 + np.array([14, 8, 22])
        light = base + (np.array([255, 250, 235]) - base) * 0.34
        return cls(*(np.clip(c, 0, 255).astype(np.float32) for c in (light, base, shade, line)))

    @property
    def far(self) -> Tone:
        """The same cloth on the far side of the body."""
        return Tone(self.base, self.shade, self.shade * 0.8, self.line)


GOLD, STEEL, LEATHER, INK = (
    Tone.of(c) for c in ((246, 196, 70), (206, 220, 236), (124, 76, 46), (40, 26, 52))
)
NAVY, CREAM, WHITE = (Tone.of(c) for c in ((44, 58, 120), (252, 240, 214), (250, 250, 255)))
