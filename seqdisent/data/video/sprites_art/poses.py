"""The skeleton: where every joint is in every motion and frame of a view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seqdisent.data.video.sprites_art.shapes import chain, ellipse, taper

FRAMES, GROUND = 8, 58.0
FAR, NEAR = 0, 1  # limbs: in the front view, screen right and screen left


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
