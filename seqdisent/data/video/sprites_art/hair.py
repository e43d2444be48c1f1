"""The haircuts, with the locks that fall over the brow."""

from __future__ import annotations

import numpy as np

from seqdisent.data.video.sprites_art.brush import Canvas, cut_arms
from seqdisent.data.video.sprites_art.palette import Tone
from seqdisent.data.video.sprites_art.poses import FAR, NEAR, Skeleton
from seqdisent.data.video.sprites_art.shapes import X, above, ellipse, taper

_SPIKE = [
    ((-6, -6), (-7.4, -0.6)),
    ((-1.5, -6), (-3.2, 0.2)),
    ((3, -6), (1.6, -0.6)),
    ((6.5, -6), (6.4, 0.2)),
]
_BLUNT = [((x, -6.5), (x, -1.0)) for x in (-5, -1.6, 1.8, 5)]
_CURTAIN = [((-1, -7), (-8.4, 1.6)), ((1, -7), (8.4, 1.6))]
_POINTS = [((-5, -6), (-7.6, 0.6)), ((0, -6), (0, -0.2)), ((5, -6), (7.6, 0.6))]
_SWEPT = [((3, -7), (-7.8, 1.4)), ((5, -7), (8.8, 1.4))]
# For each view and value: locks that fall over the brow, and darker strands between them.
_LOCKS = (
    (
        (_SPIKE, []),
        ([], _BLUNT),
        (_CURTAIN, [((0, -11), (0, -4)), ((-2, -10), (-8, -4)), ((2, -10), (8, -4))]),
        ([], []),
        (_POINTS, [((-4, -11), (-6, -5)), ((4, -11), (6, -5)), ((0, -11), (0, -5))]),
        (_SWEPT, [((4, -11), (3, -5)), ((2, -10), (-6, -4)), ((6, -10), (9, -2))]),
    ),
    (
        ([((-6, -6), (-9.2, -0.4)), ((-2, -6), (-4.6, 0.2)), ((2, -5), (0.6, 1.6))], []),
        ([], [((-6, -7), (-7, -2)), ((-2, -7), (-2, -1)), ((5, -4), (5, 8)), ((8, -2), (8, 7))]),
        (
            [((-4, -7), (-9.4, 0.6)), ((0, -6), (-1.6, 2.4))],
            [((-2, -9), (-7, -4)), ((3, -9), (8, 3))],
        ),
        ([], []),
        (
            [((-6, -6), (-9.2, 0.2)), ((-1, -6), (-3.4, 0.8))],
            [((4, -7), (-4, -5)), ((4, -7), (5, 3))],
        ),
        (
            [((-3, -7), (-9.4, 1.4)), ((2, -6), (-1.0, 4.6))],
            [((0, -9), (-6, -4)), ((4, -8), (5, 4))],
        ),
    ),
)


def _rays(
    centre: np.ndarray,
    degrees: tuple[float, ...],
    reach: tuple[float, float],
    radii: tuple[float, float],
) -> list[np.ndarray]:
    """Spikes that stand off a centre ``[P, 2]``, from one distance to another."""
    ways = [np.array([np.cos(a), -np.sin(a)]) for a in np.radians(degrees)]
    return [taper(centre + way * reach[0], centre + way * reach[1], *radii) for way in ways]


def draw_hair(s: Skeleton, value: int, tone: Tone) -> Canvas:
    """Six cuts; what hangs behind is cut by the body, and all of it by raised arms."""
    c = Canvas.blank(s)
    h = s.head
    at = lambda x, y: h + [x, y]
    face = (
        np.maximum(ellipse(at(-7.5, 5.5), 9.4, 8.6), X - (h[:, 0] + 1.0)[:, None, None])
        if s.side
        else ellipse(at(0, 5.6), 8.6, 7.6)
    )
    cap = np.maximum(ellipse(at(0.4 if s.side else 0, -0.6), 11.4, 11.0), above(h[:, 1] + 6))
    join = lambda *shapes: np.minimum.reduce(shapes)
    behind = None
    if value == 0:
        fan = (-20, 15, 45, 75, 105, 135, 160) if s.side else (5, 35, 63, 90, 117, 145, 175)
        shape = join(cap, *_rays(at(0.5 * s.side, -1.4), fan, (5.0, 14.6), (4.6, 0.4)))
    elif value == 1:
        lobes = [taper(at(9.4 * w, 0), at(9.6 * w, 9.4), 3.6, 3.2) for w in (-1, 1)]
        nape = taper(at(4, -1), at(4.5, 8), 8.4, 7.4)
        shape = join(cap, nape) if s.side else join(cap, *lobes)
    elif value == 2:
        shape = cap
    elif value == 3:  # shaved sides under a crest
        c.flat(np.maximum(cap + 1.0, -face), tone.line * 1.3)
        comb = _rays(at(0, -1), (-30, 0, 30, 58, 84, 108, 130), (7.0, 15.0), (3.8, 1.5))
        tuft = [taper(at(0, -5), at(0, -15.6), 3.2, 2.2), taper(at(0, -9), at(0, -13), 3.6, 3.2)]
        shape = join(*(comb if s.side else tuft))
        face = face + 3
    elif value == 4:
        buns = [at(4, -11)] if s.side else [at(-8.6, -9.6), at(8.6, -9.6)]
        for bun in buns:
            c.shape(ellipse(bun, 4.9, 4.7), tone)
            c.flat(ellipse(bun, 1.7, 1.6), tone.shade)
        shape = cap
    else:
        drag = (s.hip[:, 0] - h[:, 0]) * 0.5
        tail = h + np.stack(
            [drag + (8 if s.side else 0), np.full(len(h), 23.0 if s.side else 13.5)], -1
        )
        behind = taper(
            at(4 if s.side else 0, 2), tail, 9.0 if s.side else 11.4, 4.4 if s.side else 10.0
        )
        shape = cap
    if behind is not None:
        c.shape(behind, tone)
        for k in (-0.5, 0.3) if s.side else ():
            c.flat(taper(at(5 + 4 * k, 6), tail + [5 * k, 2], 0.5, 0.3), tone.shade)
        c.erase(s.skull)
        if not s.side:
            for part in (s.body - 0.9, s.leg(FAR) - 0.9, s.leg(NEAR) - 0.9):
                c.erase(part)
    ear = ellipse(at(3.4, 2.6), 2.9, 3.1)
    if s.side and value not in (1, 5):  # tucked behind the ear
        face = np.minimum(face, ear)
    shape = np.maximum(shape, -face)
    # Locks over the brow: (root, tip) in pixels from the middle of the head.
    locks, strands = _LOCKS[s.side][value]
    shape = join(shape, *(taper(at(*root), at(*tip), 2.9, 0.5) for root, tip in locks))
    c.shape(shape, tone)
    for root, tip in strands:
        c.flat(np.maximum(taper(at(*root), at(*tip), 0.5, 0.2), shape + 0.8), tone.shade)
    if value == 2:
        sway = (s.hip[:, 0] - h[:, 0]) * 0.6
        for w in (0.66,) if s.side else (-1, 1):
            for k in range(4):
                knot = at(10.6 * w, 7.4 + 4.3 * k) + np.stack([sway * k / 3, 0 * sway], -1)
                c.shape(ellipse(knot, 3.0 - 0.25 * k, 2.7), tone)
            c.shape(ellipse(knot + [0, 2.6], 1.6, 1.4), Tone.of((226, 48, 66)))
    if value != 3:  # a sheen on the crown
        sheen = np.maximum(ellipse(at(-2, -3.6), 7.6, 4.6), -ellipse(at(-1.4, -2.2), 8.2, 4.6))
        c.flat(np.maximum(sheen, shape + 1.6), tone.light)
    cut_arms(c, s)
    return c
