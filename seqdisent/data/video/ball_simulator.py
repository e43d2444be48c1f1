"""Bouncing balls: a simulator of elastic discs in a box, exact from a seed, for any length.

Lengths are in widths of the box, time in frames. A sequence has one to three balls of one radius and one hue; ball 1 is
the purest, the others paler. Where masses are unequal ball 1 is the heavy one. Between hits balls fly on parabolas, and
the next hit is solved for, not stepped to: energy is kept and discs never overlap, to rounding.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

import numpy as np

NUMBERS = (1, 2, 3)
RADII = {"small": 0.09, "large": 0.13}
MASSES = {"equal": 1.0, "one heavy": 5.0}  # of ball 1; the others have 1
COLOURS = ("red", "yellow", "green", "cyan", "blue", "magenta")
GRAVITIES = {"none": 0.0, "down": 0.004}  # box widths per frame per frame
SPEED = 0.045  # root mean square of each ball's speed at first, box widths a frame
PALER = (1.0, 0.55, 0.22)  # saturation of balls 1, 2, 3
BACKGROUND = 0.15  # of the purest colour of the hue: the box glows faintly
MAX_HITS = 400  # in one frame of one sequence: more would be an error of the simulator
_NEVER = np.inf


@dataclass(frozen=True)
class World:
    """What stays in each of N sequences.

    Args:
        number: of balls ``[N]``.
        radius: ``[N]``, box widths.
        mass: of each ball ``[N, 3]``.
        hue: index into :data:`COLOURS` ``[N]``.
        gravity: ``[N]``, box widths per frame per frame, downwards.
    """

    number: np.ndarray
    radius: np.ndarray
    mass: np.ndarray
    hue: np.ndarray
    gravity: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, rows: np.ndarray) -> World:
        return World(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @property
    def exists(self) -> np.ndarray:
        """Which balls there are ``[N, 3]``."""
        return np.arange(3) < self.number[:, None]


@dataclass(frozen=True)
class Trajectories:
    """Positions (x to the right, y upwards, of centres) and velocities ``[N, T, 3, 2]``; NaN of balls that are not."""

    world: World
    position: np.ndarray
    velocity: np.ndarray

    def energy(self) -> np.ndarray:
        """Kinetic and potential energy ``[N, T]`` of each sequence."""
        kinetic = 0.5 * (self.velocity**2).sum(-1)
        fall = self.world.gravity[:, None, None] * self.position[..., 1]
        return np.nansum(self.world.mass[:, None] * (kinetic + fall), axis=2)


def simulate(n: int, frames: int, seed: int) -> tuple[Trajectories, dict[str, np.ndarray]]:
    """``n`` sequences, the same for the same seed however many are asked for at once.

    Returns:
        The trajectories, and class indices ``[n]`` of ``number``, ``radius``, ``mass``, ``colour`` and ``gravity``; the
        mass of a ball alone cannot be seen and is -1.

    Raises:
        ValueError: if ``n`` or ``frames`` is less than 1.
    """
    if n < 1 or frames < 1:
        raise ValueError(f"simulate at least one sequence of one frame, not {n} of {frames}")
    starts = [_start(np.random.default_rng((seed, row))) for row in range(n)]
    labels = {name: np.array([one[0][name] for one in starts]) for name in starts[0][0]}
    value = lambda table, name: np.array(list(table.values()))[labels[name]]
    mass = np.ones((n, 3))
    mass[:, 0] = value(MASSES, "mass")
    world = World(
        np.array(NUMBERS)[labels["number"]],
        value(RADII, "radius"),
        mass,
        labels["colour"],
        value(GRAVITIES, "gravity"),
    )
    made = fly(
        world, np.stack([one[1] for one in starts]), np.stack([one[2] for one in starts]), frames
    )
    return made, {**labels, "mass": np.where(world.number > 1, labels["mass"], -1)}


def _start(rng: np.random.Generator) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    """Labels, positions and velocities of one sequence; balls do not overlap."""
    sizes = {
        "number": NUMBERS,
        "radius": RADII,
        "mass": MASSES,
        "colour": COLOURS,
        "gravity": GRAVITIES,
    }
    labels = {name: int(rng.integers(len(values))) for name, values in sizes.items()}
    radius = list(RADII.values())[labels["radius"]]
    while True:
        position = rng.uniform(radius, 1 - radius, (3, 2))
        gaps = np.linalg.norm(position[[0, 0, 1]] - position[[1, 2, 2]], axis=1)
        if gaps.min() > 2 * radius:
            break
    angle, speed = rng.uniform(0, 2 * np.pi, 3), SPEED * rng.uniform(0.5, 1.32, 3)
    return labels, position, speed[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


def fly(world: World, position: np.ndarray, velocity: np.ndarray, frames: int) -> Trajectories:
    """What happens from given positions and velocities ``[N, 3, 2]``: ``frames`` frames, of which they are the first.

    Raises:
        RuntimeError: if a sequence has more hits than can be.
    """
    p, v = position.astype(float).copy(), velocity.astype(float).copy()
    states = [(p.copy(), v.copy())]
    for _ in range(frames - 1):
        _one_frame(world, p, v)
        states.append((p.copy(), v.copy()))
    absent = ~world.exists[:, None, :, None]
    paths = [np.where(absent, np.nan, np.stack(part, axis=1)) for part in zip(*states, strict=True)]
    return Trajectories(world, *paths)


def _one_frame(world: World, p: np.ndarray, v: np.ndarray) -> None:
    """One frame, in place: from hit to hit of each sequence, all at once."""
    left, rows = np.ones(len(world)), np.arange(len(world))
    for _ in range(MAX_HITS):
        part = world[rows]
        when, what = _next_hit(part, p[rows], v[rows])
        step = np.minimum(when, left[rows])
        g = part.gravity[:, None]
        p[rows] += v[rows] * step[:, None, None]
        p[rows, :, 1] -= 0.5 * g * step[:, None] ** 2
        v[rows, :, 1] -= g * step[:, None]
        left[rows] -= step
        hit = when <= left[rows] + step
        _bounce(world, p, v, rows[hit], what[hit])
        rows = rows[hit]
        if not len(rows):
            return
    raise RuntimeError(f"more than {MAX_HITS} hits in one frame")


_PAIRS = ((0, 1), (0, 2), (1, 2))


def _next_hit(world: World, p: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When each sequence has its next hit, and which: 0 to 2 left or right wall, 3 to 5 floor or ceiling by ball, then
    6 to 8 by pair of balls."""
    r, g = world.radius[:, None], world.gravity[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        x, vx, y, vy = p[..., 0], v[..., 0], p[..., 1], v[..., 1]
        sides = np.where(vx > 0, (1 - r - x) / vx, np.where(vx < 0, (r - x) / vx, _NEVER))
        # Without gravity a straight line; with it the later root meets the floor, the earlier one the ceiling.
        straight = np.where(vy > 0, (1 - r - y) / vy, np.where(vy < 0, (r - y) / vy, _NEVER))
        floor = (vy + np.sqrt(np.maximum(0, vy**2 + 2 * g * (y - r)))) / g
        room = vy**2 - 2 * g * (1 - r - y)
        ceiling = np.where((vy > 0) & (room > 0), (vy - np.sqrt(np.maximum(0, room))) / g, _NEVER)
        ends = np.where(g > 0, np.minimum(floor, ceiling), straight)
        hits = [sides, ends]
        a, b = (list(side) for side in zip(*_PAIRS, strict=True))
        gap, closing = p[:, b] - p[:, a], v[:, b] - v[:, a]  # gravity pulls both alike
        along, fast = (gap * closing).sum(-1), (closing**2).sum(-1)
        apart = np.maximum(0, (gap**2).sum(-1) - 4 * r**2)
        inside = along**2 - fast * apart
        meet = np.where(
            (along < 0) & (inside >= 0), apart / (-along + np.sqrt(np.maximum(0, inside))), _NEVER
        )
    exists = world.exists
    both = exists[:, a] & exists[:, b]
    every = np.concatenate(
        [*(np.where(exists, np.maximum(0, h), _NEVER) for h in hits), np.where(both, meet, _NEVER)],
        1,
    )
    what = every.argmin(1)
    return every[np.arange(len(every)), what], what


def _bounce(world: World, p: np.ndarray, v: np.ndarray, rows: np.ndarray, what: np.ndarray) -> None:
    """Turn velocities round at a hit, in place."""
    for axis in (0, 1):
        side = (what >= 3 * axis) & (what < 3 * axis + 3)
        v[rows[side], what[side] - 3 * axis, axis] *= -1
    for number, (a, b) in enumerate(_PAIRS):
        met = rows[what == 6 + number]
        gap = p[met, b] - p[met, a]
        normal = gap / np.linalg.norm(gap, axis=1, keepdims=True)
        ma, mb = world.mass[met, a][:, None], world.mass[met, b][:, None]
        push = 2 / (ma + mb) * ((v[met, b] - v[met, a]) * normal).sum(1, keepdims=True) * normal
        v[met, a] += mb * push
        v[met, b] -= ma * push


def palette() -> np.ndarray:
    """The colour of each ball of each hue ``[6, 3, RGB]`` in 0..1; its largest channel is 1.

    The largest channel of a frame is 1 in a ball and :data:`BACKGROUND` elsewhere, whatever the hue.
    """
    hues = [
        [colorsys.hsv_to_rgb(hue / len(COLOURS), pale, 1.0) for pale in PALER]
        for hue in range(len(COLOURS))
    ]
    return np.array(hues, np.float32)


def render(made: Trajectories, size: int) -> np.ndarray:
    """Anti-aliased frames uint8 ``[N, T, size, size, 3]``: discs on a dark ground, the edge one pixel wide."""
    n, frames = made.position.shape[:2]
    out = np.empty((n, frames, size, size, 3), np.uint8)
    centre = (np.arange(size, dtype=np.float32) + 0.5) / size
    colours = palette()
    for row in range(n):  # a sequence at a time stays in the processor's cache
        at = made.position[row, :, : made.world.number[row]].astype(np.float32)  # [T, balls, 2]
        across, down = centre - at[..., :1], (1 - centre) - at[..., 1:]
        far = np.sqrt(down[..., :, None] ** 2 + across[..., None, :] ** 2)
        cover = np.clip((made.world.radius[row].astype(np.float32) - far) * size + 0.5, 0, 1)
        hue = colours[made.world.hue[row]]
        behind = BACKGROUND * hue[0]
        ink = behind + np.einsum("tbhw,bc->thwc", cover, hue[: at.shape[1]] - behind, optimize=True)
        out[row] = np.minimum(ink * 255 + 0.5, 255)
    return out


def select(made: Trajectories, rows: np.ndarray) -> Trajectories:
    """Some of the sequences."""
    return replace(
        made, world=made.world[rows], position=made.position[rows], velocity=made.velocity[rows]
    )
