"""The bare body with its face."""

from __future__ import annotations

import numpy as np

from seqdisent.data.video.sprites_art.brush import Canvas
from seqdisent.data.video.sprites_art.palette import INK, WHITE, Tone
from seqdisent.data.video.sprites_art.poses import FAR, GROUND, NEAR, Skeleton
from seqdisent.data.video.sprites_art.shapes import ellipse, taper


def draw_skin(s: Skeleton, value: int, tone: Tone) -> Canvas:
    """The bare body with its face, on a dim disc of floor."""
    c = Canvas.blank(s)
    c.flat(ellipse([32, GROUND + 1], 17, 3.4) + 0 * s.body, np.array([34, 30, 52], np.float32))
    if s.side:
        c.shape(s.arm(FAR), tone.far)
        c.shape(s.hand(FAR), tone.far)
        c.shape(s.leg(FAR), tone.far)
    else:
        c.shape(s.leg(FAR), tone)
    c.shape(s.leg(NEAR), tone)
    c.shape(s.body, tone)
    _face(c, s, value, tone)
    for i in s.in_front():
        c.shape(s.arm(i), tone)
        c.shape(s.hand(i), tone)
    return c


def _face(c: Canvas, s: Skeleton, value: int, tone: Tone) -> None:
    pointed = value >= 4  # the two fantasy peoples have pointed ears
    ear = lambda x, way: (
        taper(s.head + [x, 2], s.head + [x + 6 * way, -2.5], 2.4, 0.5)
        if pointed
        else ellipse(s.head + [x + 0.6 * way, 2.5], 2.4, 2.8)
    )
    if s.side:
        nose = taper(s.head + [-8, 3.4], s.head + [-10.0, 4.0], 2.6, 1.5)
        c.shape(np.minimum(s.skull, nose), tone)
        c.shape(ear(2.6, 1), tone)
        eyes, cheeks, mouth = [[-5.6, 1.8]], [[-4.0, 5.8]], [-6.2, 6.6]
    else:
        c.shape(np.minimum(ear(-10.2, -1), ear(10.2, 1)), tone)
        c.shape(s.skull, tone)
        eyes, cheeks, mouth = [[-4.6, 2.2], [4.6, 2.2]], [[-6.8, 5.6], [6.8, 5.6]], [0, 6.6]
    blush = tone.base * 0.72 + np.array([70, 14, 30], np.float32)
    for at in cheeks:
        c.flat(ellipse(s.head + at, 1.7, 1.0), blush)
    for at in eyes:
        c.flat(ellipse(s.head + at, 2.3, 2.8), WHITE.base)
        c.flat(
            ellipse(s.head + at + [0.2 * np.sign(-at[0]) if not s.side else -0.4, 0.1], 1.8, 2.6),
            INK.line,
        )
        c.flat(ellipse(s.head + at + [-0.5, -1.1], 0.9, 0.9), WHITE.light)
    smile = ellipse(s.head + mouth, 2.2, 1.5)
    lip = -ellipse(s.head + mouth + [0, -1.0], 2.6, 1.4)
    c.flat(np.maximum.reduce([smile - 0.1, lip, s.skull + 1]), tone.line)
