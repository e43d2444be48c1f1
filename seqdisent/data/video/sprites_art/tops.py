"""What is worn above the waist: tunics to armour."""

from __future__ import annotations

import numpy as np

from seqdisent.data.video.sprites_art.brush import Canvas, cut_arms
from seqdisent.data.video.sprites_art.palette import CREAM, GOLD, LEATHER, NAVY, Tone
from seqdisent.data.video.sprites_art.poses import FAR, Skeleton
from seqdisent.data.video.sprites_art.shapes import X, Y, above, chain, ellipse, taper


def draw_top(s: Skeleton, value: int, tone: Tone) -> Canvas:
    """Tunics to armour: the far sleeve, the trunk behind the chin, and the sleeves in front."""
    c = Canvas.blank(s)
    chest_y, hip_y = s.chest[:, 1], s.hip[:, 1]
    # How far the sleeve reaches (0 is bare), its radii, and how far the hem hangs below the hip.
    reach, width, drop = (
        (0.85, (3.3, 3.6), 4.2),
        (0.0, (0, 0), 1.2),
        (1.72, (2.9, 4.2), 3.6),
        (1.6, (2.9, 2.7), 1.6),
        (0.0, (0, 0), 1.8),
        (1.66, (3.5, 3.5), 2.4),
    )[value]
    trim = {0: GOLD, 2: GOLD, 3: NAVY, 5: Tone.of((232, 120, 40))}.get(value)

    def sleeve(i: int) -> None:
        if reach:
            arm = s.along(s.arms[i], reach)
            cloth = chain(arm, *width)
            dim = s.side and i == FAR
            c.shape(cloth, tone.far if dim else tone)
            if value == 3:
                c.flat(np.maximum(cloth + 0.8, stripes), NAVY.shade if dim else NAVY.base)
            elif value != 0:  # a cuff
                cuff = np.maximum(ellipse(arm[2], width[1], width[1]), cloth)
                inner = s.along(s.arms[i], reach - 0.3)[2]
                c.flat(
                    np.maximum(cuff + 0.4, -ellipse(inner, 3.4, 3.4)),
                    (trim.far if dim else trim).base,
                )
        if value == 4:  # pauldrons
            c.shape(ellipse(s.arms[i, 0] + [0, 0.2], 3.9, 3.5), tone)

    stripes = np.abs((Y - chest_y[:, None, None]) % 4.4 - 2.2) - 1.0
    if s.side:
        sleeve(FAR)
        c.erase(s.hand(FAR))
    bottom = s.hip + [0, drop]
    radii = (5.4, 5.4) if s.side else (7.0, 6.7)
    if value in (0, 2):
        radii = (radii[0], radii[1] + 1.3)
    trunk = np.maximum(taper(s.chest + [0, 0.4], bottom, *radii), above(hip_y + drop))
    if value == 1 and not s.side:  # an open V down the chest
        trunk = np.maximum(trunk, -taper(s.chest + [0, -6], s.chest + [0, 5], 5.0, 0.2))
    c.shape(trunk, tone)
    middle = s.chest[:, 0] - (3.4 if s.side else 0)  # where the front of the body is
    seam = np.abs(X - (middle + (s.hip[:, 0] - s.chest[:, 0]) * 0.5)[:, None, None])
    inside = trunk + 0.9
    band = lambda y, half: np.maximum(inside, np.abs(above(y)) - half)
    if value == 0:
        c.flat(band(hip_y - 0.4, 1.3), LEATHER.shade)
        c.flat(np.maximum(band(hip_y - 0.4, 1.3), seam - 1.4), GOLD.base)
        c.flat(band(hip_y + drop - 1.2, 0.6), GOLD.base)
    elif value == 1:
        c.flat(band(hip_y - 0.6, 0.9), CREAM.base)
        for k in (0.5, 3.0):
            c.flat(np.maximum(band(chest_y + k + 3, 0.6), seam - 2.4), CREAM.base)
    elif value == 2:
        c.flat(np.maximum(inside, seam - 1.0), GOLD.base)
        c.flat(band(hip_y + drop - 1.2, 1.0), GOLD.base)
    elif value == 3:
        c.flat(np.maximum(inside, stripes), NAVY.base)
        c.shape(taper(s.chest + [-3, -3.6], s.chest + [3, -3.6], 2.6, 2.6), Tone.of((220, 50, 60)))
    elif value == 4:
        c.flat(np.maximum(inside, seam - 0.5), tone.line)
        c.flat(band(hip_y - 1.2, 0.6), tone.line)
        c.flat(
            ellipse(np.stack([middle, chest_y + 3.4], -1), 1.8, 1.8), Tone.of((226, 48, 66)).base
        )
    elif value == 5:
        c.flat(np.maximum(ellipse(s.hip + [-3 if s.side else 0, -2], 3.6, 2.4), inside), tone.shade)
        collar = ellipse(s.chest + [1.5 if s.side else 0, -3.4], 7.0 if s.side else 8.4, 3.4)
        c.shape(collar, trim)
    c.erase(s.skull)
    cut_arms(c, s)
    for i in s.in_front():
        sleeve(i)
        c.erase(s.hand(i))
    return c
