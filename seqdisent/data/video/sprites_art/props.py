"""What everybody wears or wields: shoes, the sword and the spell."""

from __future__ import annotations

import numpy as np

from seqdisent.data.video.sprites_art.brush import Canvas
from seqdisent.data.video.sprites_art.palette import GOLD, LEATHER, STEEL
from seqdisent.data.video.sprites_art.poses import FAR, FRAMES, NEAR, Skeleton
from seqdisent.data.video.sprites_art.shapes import X, Y, above, ellipse, taper, xy


def draw_extras(s: Skeleton) -> Canvas:
    """What everybody wears or wields: shoes, the sword with its trail, the light of the spell."""
    c = Canvas.blank(s)
    for i in (FAR, NEAR):
        foot = s.legs[i, 2]
        if s.side:
            c.erase(s.leg(i))
            shoe = taper(foot + [0.6, 0.6], foot + [-2.8, 1.2], 2.7, 2.0)
        else:
            shoe = ellipse(foot + [0, 0.9], 3.3, 2.6)
        c.shape(
            np.maximum(shoe, above(foot[:, 1] + 2.9)),
            LEATHER.far if s.side and i == FAR else LEATHER,
        )
    _sword(c, s)
    _spell(c, s)
    return c


def _sword(c: Canvas, s: Skeleton) -> None:
    armed = ~np.isnan(s.blade)
    hide = np.where(armed, 0, 99).astype(np.float32)[:, None, None]
    angle = np.where(armed, s.blade, 0)
    point = np.stack([np.cos(angle), -np.sin(angle)], -1)
    across = point[:, ::-1] * [1, -1]
    hand = s.arms[NEAR, 2]
    # The trail: a crescent behind the blade, fading and thinning with the angle already swept.
    pivot = (s.arms[NEAR, 0] if s.side else s.chest + [0, 4]) * 0.35 + hand * 0.65
    x, y = xy(pivot)
    lag = (angle[:, None, None] - np.arctan2(y - Y, X - x)) % (2 * np.pi)
    fade = np.clip(1 - lag / np.maximum(s.swing, 1e-3)[:, None, None], 0, 1)
    radius = np.hypot(X - x, Y - y)
    edge = np.abs(radius - 16.5) - 5.5 * np.sqrt(fade)
    trail = np.clip(0.5 - edge / 2, 0, 1) * fade * (hide == 0)
    c.blend(np.clip(trail * 1.1, 0, 0.85).astype(np.float32), np.array([196, 226, 255], np.float32))
    c.shape(taper(hand + 2 * point, hand + 18 * point, 2.5, 1.2) + hide, STEEL, 0.8)
    c.shape(taper(hand - 3 * point, hand + 2 * point, 1.3, 1.2) + hide, LEATHER, 0.6)
    c.shape(
        taper(hand + 2.6 * point - 3 * across, hand + 2.6 * point + 3 * across, 1.3, 1.3) + hide,
        GOLD,
        0.6,
    )
    c.erase(s.hand(NEAR) + 0.4 + hide)


def _spell(c: Canvas, s: Skeleton) -> None:
    power = s.power.astype(np.float32)[:, None, None]
    frame = np.tile(np.arange(FRAMES), 3)
    halo_colour, core = np.array([88, 196, 255], np.float32), np.array([240, 255, 255], np.float32)
    for which in (NEAR,) if s.side else (FAR, NEAR):
        x, y = xy(s.orbs[which])
        radius = np.hypot(X - x, Y - y)
        c.blend(
            0.75 * np.exp(-((radius / np.maximum(power, 1e-3)) ** 2)) * (power > 0), halo_colour
        )
        c.blend(np.clip(0.5 + 0.55 * power - radius, 0, 1) * (power > 0), core)
        for k in range(5):  # sparks circle the orb, and fly off as it bursts
            turn = 2 * np.pi * k / 5 + 0.7 * frame * (1 if which else -1)
            away = s.power * 1.35 + 1.5 + 2.5 * (frame == 6) + 5 * (frame == 7)
            spark = s.orbs[which] + np.stack([np.cos(turn), -np.sin(turn)], -1) * away[:, None]
            sx, sy = xy(spark)
            star = np.abs(X - sx) + np.abs(Y - sy) - 1.3 + 99 * (power == 0)
            c.flat(star, np.array([255, 236, 150], np.float32))
