"""How the drawn sprites are drawn: a skeleton, a brush for signed distances, and a wardrobe.

Every shape is a signed distance field (negative inside) over all the poses of one view at once, so
a garment is a few lines on the joints of the skeleton, and outline, shading and smooth edges follow
from the distance. Screen x points right and y down; the side view faces left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SIZE, FRAMES, GROUND = 64, 8, 58.0
X, Y = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
X, Y = X[None].astype(np.float32), Y[None].astype(np.float32)
LIGHT = (1, 1)  # pixels from a lit edge to its shadow side: light falls from the upper left
FAR, NEAR = 0, 1  # limbs: in the front view, screen right and screen left

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


# --- the skeleton ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Skeleton:
    """Joint positions of one view, in pixels; P poses = 3 motions x 8 frames.

    ``head``, ``chest``, ``hip``: ``[P, 2]``; ``arms``, ``legs``: ``[2, 3, P, 2]`` (far or near;
    shoulder, elbow, hand or hip, knee, foot; pose). ``blade`` is the sword's direction in radians
    (anticlockwise from screen right; NaN without a sword), ``swing`` how far it has just turned,
    ``orbs`` ``[2, P, 2]`` and ``power`` ``[P]`` the spell's centres and radius (0 without one).
    """

    side: bool
    head: np.ndarray
    chest: np.ndarray
    hip: np.ndarray
    arms: np.ndarray
    legs: np.ndarray
    blade: np.ndarray
    swing: np.ndarray
    orbs: np.ndarray
    power: np.ndarray

    # Distances that many layers need: to wear, and to stay behind.
    @cached_property
    def skull(self) -> np.ndarray:
        return ellipse(self.head, 10.2 if self.side else 10.8, 10.2)

    @cached_property
    def body(self) -> np.ndarray:
        wide = (4.6, 4.4) if self.side else (6.2, 5.6)
        return taper(self.chest, self.hip, *wide)

    def arm(self, which: int) -> np.ndarray:
        return self._limbs[which]

    def leg(self, which: int) -> np.ndarray:
        return self._limbs[2 + which]

    def hand(self, which: int) -> np.ndarray:
        return self._limbs[4 + which]

    @cached_property
    def _limbs(self) -> tuple[np.ndarray, ...]:
        arms = [chain(self.arms[i], 2.4, 2.2) for i in (FAR, NEAR)]
        legs = [chain(self.legs[i], 3.0, 2.3) for i in (FAR, NEAR)]
        hands = [ellipse(self.arms[i, 2], 2.9, 2.9) for i in (FAR, NEAR)]
        return (*arms, *legs, *hands)

    def in_front(self) -> tuple[int, ...]:
        """The arms in front of the body: both, seen from the front; the near one from the side."""
        return (NEAR,) if self.side else (FAR, NEAR)

    def along(self, limb: np.ndarray, reach: float) -> np.ndarray:
        """The first ``reach`` (0 to 2 bones) of a limb ``[3, P, 2]``, as another such chain."""
        first, second = min(reach, 1.0), max(reach - 1.0, 0.0)
        middle = limb[0] + (limb[1] - limb[0]) * first
        return np.stack([limb[0], middle, middle + (limb[2] - limb[1]) * second])


def _bend(start: np.ndarray, end: np.ndarray, length: float, way: float) -> np.ndarray:
    """The knee or elbow between two ends, bulging by ``way`` to the right of the limb."""
    reach = end - start
    distance = np.linalg.norm(reach, axis=-1, keepdims=True) + 1e-6
    bulge = np.sqrt(np.maximum(length**2 - distance**2, 0)) / 2
    return (start + end) / 2 + way * bulge * np.stack(
        [-reach[..., 1], reach[..., 0]], -1
    ) / distance


# Keyframes, one column a frame. Hands are relative to their shoulder: (outward or forward, down).
_CAST_FRONT = ((2, -3, -3, 7, 9, 9, 9, 6), (10, 6, 5, -1, -7, -10, -9, 3))
_CAST_SIDE = ((1, -4, 2, 8, 11, 11, 12, 7), (11, 7, 4, -1, -3, -4, -2, 5))
_CAST_POWER = (0, 2.2, 3.4, 4.2, 5.2, 6.2, 4.6, 2.2)
# The sword turns anticlockwise on the screen: around the front, or from behind over the head.
_SLASH_FRONT = (140, 105, 95, 150, 225, 290, 335, 350)
_SLASH_SIDE = (135, 55, 40, 75, 140, 195, 225, 235)
_SLASH_SWING = (0, 0, 0, 60, 100, 95, 70, 30)
_SLASH_HAND = (
    ((3, 7, 8, 9, 2, -9, -15, -16), (8, -2, -8, 2, 7, 4, 3, 2)),
    ((5, -5, -6, -4, 9, 11, 8, 6), (7, -6, -8, -11, -7, 1, 7, 9)),
)


def skeleton(side: bool) -> Skeleton:
    """The joints of the front or the left view in every motion and frame."""
    phase = 2 * np.pi * np.arange(FRAMES) / FRAMES
    zero, one = np.zeros(FRAMES), np.ones(FRAMES)
    ease = np.array([0, 0.3, 0.6, 0.8, 1, 1, 0.9, 0.5])  # how far into a pose of spell or slash
    lunge = np.array([0, -0.4, -0.6, 0.4, 1, 1, 0.9, 0.7])
    swings = [np.sin(phase + np.pi), np.sin(phase)]  # legs, far and near; arms swing against them
    lifts = [np.maximum(np.cos(phase + np.pi), 0), np.maximum(np.cos(phase), 0)]
    outward = (1, -1)  # screen direction away from the body of the far and near limbs

    lean = np.concatenate([zero, 1.2 * ease if side else zero, 2.5 * lunge])
    crouch = np.concatenate([-0.9 * np.cos(2 * phase), 1.0 - 1.6 * ease, 0.6 + np.abs(lunge)])
    sway = np.concatenate([0.8 * np.sin(phase), zero, -1.2 * lunge]) * (not side)
    hip = np.stack([32 + sway - 0.3 * lean * side, 43.0 + crouch], -1)
    chest = hip + np.stack([sway * -0.3 - lean * side, np.full(3 * FRAMES, -8.6)], -1)
    head = chest + np.stack([-0.5 * lean * side, -13.6 - 0.1 * crouch], -1)

    arms, legs = [], []
    for i in (FAR, NEAR):
        swing = -swings[i]
        if side:
            cast = np.array(_CAST_SIDE) + [[0.0], [-1.0 if i == FAR else 0.6]]
            guard = np.array([-2 + 4 * lunge * -1, 9 - ease])
            slash = np.array(_SLASH_HAND[1]) if i == NEAR else guard
            walk = np.array([7.5 * swing, 10 - 1.5 * np.abs(swing)])
            hands = np.concatenate([walk, cast, slash], 1).T * [-1, 1]
            shoulder = chest + [-1.0 if i == FAR else 0.6, 0.2]
            stance = 2.2 * (1 if i == FAR else -1)
            wide = np.concatenate(
                [8 * swings[i], stance * (1 + 0.5 * ease), stance * (1 + 2.2 * np.abs(lunge))]
            )
            foot = np.stack([32 - wide, np.full(3 * FRAMES, GROUND - 1)], -1)
            pelvis = hip + [0, 0.5]
            elbow_way, knee_way = -1.0, 1.0
        else:
            cast = np.array(_CAST_FRONT)
            guard = np.array([3 + 2 * ease, 9 - 2 * ease])
            slash = np.array(_SLASH_HAND[0]) if i == NEAR else guard
            walk = np.array(
                [2.2 - 2.2 * swing, 10.4 - 3.2 * np.maximum(swing, 0) - 0.8 * np.abs(swing)]
            )
            hands = np.concatenate([walk, cast, slash], 1).T * [outward[i], 1]
            shoulder = chest + [6.4 * outward[i], 0.6]
            wide = np.concatenate([3.9 * one, 4.4 + 0.6 * ease, 4.4 + 2.4 * np.abs(lunge)])
            depth = np.concatenate([1.4 * swings[i], zero, zero])  # nearer feet stand lower
            foot = np.stack([32 + wide * outward[i], GROUND - 1 + depth], -1)
            pelvis = hip + [3.1 * outward[i], 0.5]
            elbow_way, knee_way = -0.6 * outward[i], -0.35 * outward[i]
        foot[:FRAMES, 1] -= (4.0 if side else 4.4) * lifts[i]
        hand = shoulder + hands
        arms.append([shoulder, _bend(shoulder, hand, 12.2, elbow_way), hand])
        legs.append([pelvis, _bend(pelvis, foot, 15.2, knee_way), foot])
    arms, legs = np.array(arms), np.array(legs)

    nowhere = np.full(2 * FRAMES, np.nan)
    blade = np.radians(np.concatenate([nowhere, _SLASH_SIDE if side else _SLASH_FRONT]))
    swing = np.radians(np.concatenate([zero, zero, _SLASH_SWING]))
    power = np.concatenate([zero, _CAST_POWER, zero])
    orbs = arms[:, 2] + np.array([0.0, -2.0])
    if side:  # one orb, pushed ahead of both hands and let go at the end
        ahead = np.concatenate([zero, [3, 3, 4, 5, 6, 6, 10, 20], zero])
        orbs = np.repeat((arms[:, 2].mean(0) - np.stack([ahead, 0.2 * ahead], -1))[None], 2, 0)
    return Skeleton(side, head, chest, hip, arms, legs, blade, swing, orbs, power)


# --- the brush ---------------------------------------------------------------------------------


def _xy(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    point = np.asarray(point, np.float32).reshape(-1, 2)
    return point[:, 0, None, None], point[:, 1, None, None]


def ellipse(centre: np.ndarray, rx: float, ry: float) -> np.ndarray:
    """Distance ``[P, H, W]`` to an ellipse around ``centre`` ``[P, 2]`` (exact for a circle)."""
    x, y = _xy(centre)
    return (np.hypot((X - x) / rx, (Y - y) / ry) - 1) * min(rx, ry)


def taper(start: np.ndarray, end: np.ndarray, first: float, last: float) -> np.ndarray:
    """Distance ``[P, H, W]`` to a bone that narrows from radius ``first`` to ``last``."""
    (x, y), (u, v) = _xy(start), _xy(np.asarray(end) - start)
    dx, dy = X - x, Y - y
    t = np.clip((dx * u + dy * v) / (u * u + v * v + 1e-6), 0, 1)
    return np.hypot(dx - t * u, dy - t * v) - (first + (last - first) * t)


def chain(joints: np.ndarray, first: float, last: float) -> np.ndarray:
    """Distance ``[P, H, W]`` to a limb of two bones, ``joints`` ``[3, P, 2]``."""
    middle = (first + last) / 2
    return np.minimum(
        taper(joints[0], joints[1], first, middle), taper(joints[1], joints[2], middle, last)
    )


def above(y: np.ndarray | float) -> np.ndarray:
    """Distance to the half-plane above ``y`` ``[P]``: a straight hem."""
    return Y - np.asarray(y, np.float32).reshape(-1, 1, 1)


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
        box = np.s_[:, *_box(distance)]
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
        box = np.s_[:, *_box(distance)]
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


# --- the wardrobe: each function draws one value of one layer on a view ---------------------------


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
    _cut_arms(c, s)
    return c


def _cut_arms(c: Canvas, s: Skeleton) -> None:
    for i in s.in_front():
        c.erase(np.minimum(s.arm(i), s.hand(i)))


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
    _cut_arms(c, s)
    for i in s.in_front():
        sleeve(i)
        c.erase(s.hand(i))
    return c


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
    _cut_arms(c, s)
    return c


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
    x, y = _xy(pivot)
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
        x, y = _xy(s.orbs[which])
        radius = np.hypot(X - x, Y - y)
        c.blend(
            0.75 * np.exp(-((radius / np.maximum(power, 1e-3)) ** 2)) * (power > 0), halo_colour
        )
        c.blend(np.clip(0.5 + 0.55 * power - radius, 0, 1) * (power > 0), core)
        for k in range(5):  # sparks circle the orb, and fly off as it bursts
            turn = 2 * np.pi * k / 5 + 0.7 * frame * (1 if which else -1)
            away = s.power * 1.35 + 1.5 + 2.5 * (frame == 6) + 5 * (frame == 7)
            spark = s.orbs[which] + np.stack([np.cos(turn), -np.sin(turn)], -1) * away[:, None]
            sx, sy = _xy(spark)
            star = np.abs(X - sx) + np.abs(Y - sy) - 1.3 + 99 * (power == 0)
            c.flat(star, np.array([255, 236, 150], np.float32))
