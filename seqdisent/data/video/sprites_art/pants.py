"""What is worn below the waist: trousers, shorts, a skirt and a gown."""

from __future__ import annotations

import numpy as np

from seqdisent.data.video.sprites_art.brush import Canvas, cut_arms
from seqdisent.data.video.sprites_art.palette import CREAM, INK, Tone
from seqdisent.data.video.sprites_art.poses import FAR, NEAR, Skeleton
from seqdisent.data.video.sprites_art.shapes import Y, above, chain, taper


def draw_pants(s: Skeleton, value: int, tone: Tone) -> Canvas:
    """Trousers, shorts and skirts; hands in front are cut out."""
    c = Canvas.blank(s)
    hip_y = s.hip[:, 1]
    girth = (4.8, 4.9) if s.side else (6.0, 6.2)
    seat = taper(s.hip + [0, -2], s.hip + [0, 0.6], *girth)
    waist = -above(hip_y - 3.4)
    seat = np.maximum(seat, waist)
    reach = {0: 1.78, 1: 0.82, 3: 1.45, 4: 1.85}.get(value)
    width = {0: (3.6, 3.1), 1: (3.9, 4.1), 3: (4.2, 4.2), 4: (3.1, 2.5)}.get(value)
    if reach and width:
        legs = [chain(s.along(s.legs[i], reach), *width) for i in (FAR, NEAR)]
        whole = np.minimum(legs[NEAR], seat)
        # From the side the far leg is a shape of its own; from the front both make one garment.
        parts = (
            [(legs[FAR], tone.far), (whole, tone)]
            if s.side
            else [(np.minimum(whole, legs[FAR]), tone)]
        )
        for cloth, dye in parts:
            c.shape(cloth, dye)
            if value == 4:
                stripes = np.abs((Y - hip_y[:, None, None]) % 5 - 2.5) - 0.9
                c.flat(np.maximum(cloth + 0.8, stripes), INK.base)
        if value == 0:  # turned-up cuffs
            for i in (FAR, NEAR):
                end = s.along(s.legs[i], reach)[2]
                c.shape(
                    taper(end + [-1, 0], end + [1, 0], 2.2, 2.2),
                    CREAM.far if s.side and i == FAR else CREAM,
                )
    else:  # a skirt swings with the knees, a gown hangs to the ankles
        long = value == 5
        drop = 13.0 if long else 8.0
        middle = s.legs[:, 1 + long].mean(0)
        hem = np.stack([middle[:, 0] * 0.5 + s.hip[:, 0] * 0.5, hip_y + drop], -1)
        flare = (7.4 if s.side else 8.6) if long else (8.6 if s.side else 10.0)
        folds = [taper(s.hip, s.legs[i, 1 + long], 4.4, 4.6) for i in (FAR, NEAR)]
        cone = taper(s.hip + [0, -3], hem, 4.6 if s.side else 5.8, flare)
        cloth = np.maximum(np.minimum.reduce([cone, *folds]), above(hip_y + drop))
        cloth = np.maximum(cloth, waist)
        c.shape(cloth, tone)
        for k in (-0.55, 0.0, 0.55):  # pleats
            c.flat(np.maximum(taper(s.hip, hem + [k * flare, 0], 0.1, 0.7), cloth + 1), tone.shade)
        if long:
            c.flat(np.maximum(cloth + 0.9, -above(hip_y + drop - 3.4)), CREAM.light)
        else:
            c.flat(np.maximum(cloth + 0.9, np.abs(above(hip_y + drop - 2.6)) - 0.6), CREAM.light)
    cut_arms(c, s)
    return c
