"""A tracker that reads balls from frames alone, so that what a model draws can be asked whether it obeys the physics.

Every ball of :mod:`seqdisent.data.balls` is a disc of one of two radii whose largest channel is 1, on black: the
largest channel of a frame is its *ink*. Discs are found one after the other where they cover most of the ink that is
left, and then fitted together; the radius, one for a sequence, is the one that leaves less ink unexplained. A
minimal-cost matching links what is found from frame to frame. Nothing is learned. How well it reads real frames, and
frames that are blurred, dimmed and noisy as a model's are, is measured by :func:`against_simulator`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn.functional import conv2d

from seqdisent.data import balls

MOST = 4  # balls that are looked for: one more than there can be
INK = 0.35  # a ball covers at least this share of its disc, by ink; chosen on validation frames
NEAR = 0.16  # box widths: what moves farther in a frame is another ball; real ones move at most 0.14
CHUNK = 512  # frames at once
FITS = 6  # rounds of the joint fit
# How frames may be made worse, about as a model does: blur in pixels, what brightness is multiplied by, noise
WORSE = {"as drawn": (0.0, 1.0, 0.0), "blurred": (0.7, 0.8, 0.05), "very blurred": (1.2, 0.6, 0.05)}


@dataclass(frozen=True)
class Tracks:
    """What was read from N sequences of T frames, in box widths: x to the right, y upwards.

    Args:
        position: of each track ``[N, T, 4, 2]``; NaN where it is not seen.
        ink: of each track, as a share of a full disc, ``[N, T, 4]``; 0 where it is not seen.
        radius: of the balls ``[N]``.
    """

    position: np.ndarray
    ink: np.ndarray
    radius: np.ndarray

    @property
    def number(self) -> np.ndarray:
        """Balls seen in each frame ``[N, T]``."""
        return (self.ink > 0).sum(2)


@torch.inference_mode()
def track(frames: Tensor, start: np.ndarray | None = None) -> Tracks:
    """Read and link the balls of ``frames [N, T, 3, S, S]`` in 0..1.

    Args:
        start: where tracks begin, ``[N, n, 2]`` in box widths with NaN where there is none; by default where balls are
            in the first frame. Track k goes on from there for all k < n, and later tracks are other balls.

    Raises:
        ValueError: if the frames have another shape.
    """
    if frames.ndim != 5 or frames.shape[2] != 3 or frames.shape[3] != frames.shape[4]:
        raise ValueError(f"frames must be [N, T, 3, S, S], got {list(frames.shape)}")
    n, steps, _, _, size = frames.shape
    ink = frames.clamp(0, 1).amax(2).flatten(0, 1)
    found = []  # by radius: positions, ink, and what is left over by sequence
    for radius in balls.RADII.values():
        parts = [_discs(part, radius * size) for part in ink.split(CHUNK)]
        at, share, left = (torch.cat(values) for values in zip(*parts, strict=True))
        found.append((at.unflatten(0, (n, steps)), share.unflatten(0, (n, steps)), left.view(n, steps).sum(1)))
    best = torch.stack([left for _, _, left in found]).argmin(0)
    rows = torch.arange(n)
    at, share = (torch.stack([one[i] for one in found])[best, rows].double().numpy() for i in range(2))
    seen = np.stack([at[..., 0] / size, 1 - at[..., 1] / size], axis=-1)
    position, linked = np.full((n, steps, MOST, 2), np.nan), np.zeros((n, steps, MOST))
    for row in range(n):
        begin = None if start is None else start[row]
        for t, taken in enumerate(_linked([s[i > 0] for s, i in zip(seen[row], share[row], strict=True)], begin)):
            here = np.flatnonzero(share[row, t] > 0)
            position[row, t, taken], linked[row, t, taken] = seen[row, t, here], share[row, t, here]
    return Tracks(position, linked, np.array(list(balls.RADII.values()))[best.numpy()])


def _discs(ink: Tensor, radius: float) -> tuple[Tensor, Tensor, Tensor]:
    """Discs of a radius (pixels) in frames of ink ``[B, S, S]``: centres ``[B, 4, 2]`` in pixels to the right and down,
    their ink ``[B, 4]`` (0 where there is none), and the squared ink that they leave ``[B]``."""
    b, size, _ = ink.shape
    reach = math.ceil(radius)
    grid = torch.arange(2 * reach + 1.0) + 0.5
    kernel = _cover(torch.full((1, 1, 2), reach + 0.5), radius, grid)
    at, share = ink.new_zeros(b, MOST, 2), ink.new_zeros(b, MOST)
    pixel = torch.arange(float(size)) + 0.5
    left = ink
    for k in range(MOST):
        peak = conv2d(left[:, None], kernel, padding=reach).flatten(1).argmax(1)
        at[:, k] = torch.stack([peak % size, peak // size], dim=1) + 0.5
        for _ in range(2):
            cover = _cover(at[:, k : k + 1], radius, pixel)
            at[:, k : k + 1] += _shift(left[:, None], cover, at[:, k : k + 1], radius, pixel)
        cover = _cover(at[:, k : k + 1], radius, pixel)
        share[:, k : k + 1] = _share(left[:, None], cover)
        share[:, k] *= share[:, k] > INK
        left = left - share[:, k, None, None] * cover[:, 0]
    for _ in range(FITS):
        cover = _cover(at, radius, pixel)
        drawn = share[..., None, None] * cover
        alone = ink[:, None] - (drawn.sum(1, keepdim=True) - drawn)  # what the others do not explain
        share = torch.where(share > 0, _share(alone, cover), share)
        at = at + _shift(alone, cover, at, radius, pixel) * (share > 0)[..., None]
    share = share * (share > INK)
    left = ink - (share[..., None, None] * _cover(at, radius, pixel)).sum(1)
    return at, share, left.square().sum((1, 2))


def _cover(at: Tensor, radius: float, pixel: Tensor) -> Tensor:
    """Discs at ``at [B, K, 2]`` as the simulator draws them, ``[B, K, S, S]``."""
    across, down = pixel - at[..., :1], pixel - at[..., 1:]
    far = (down[..., :, None].square() + across[..., None, :].square()).sqrt()
    return (radius + 0.5 - far).clamp(0, 1)


def _share(ink: Tensor, cover: Tensor) -> Tensor:
    """How much of each disc is there, by least squares, ``[B, K]``."""
    return ((ink * cover).sum((2, 3)) / cover.square().sum((2, 3)).clamp_min(1e-6)).clamp(0, 1)


def _shift(ink: Tensor, cover: Tensor, at: Tensor, radius: float, pixel: Tensor) -> Tensor:
    """Where the ink near each disc lies from where that of a disc would, in pixels ``[B, K, 2]``: also right of discs
    that a wall cuts off."""
    near = (_cover(at, radius + 1.5, pixel) > 0).to(ink)

    def centroid(inked: Tensor) -> Tensor:
        inked = inked.clamp_min(0) * near
        whole = inked.sum((2, 3)).clamp_min(1e-6)
        return torch.stack([(inked.sum(2) * pixel).sum(2), (inked.sum(3) * pixel).sum(2)], dim=-1) / whole[..., None]

    return (centroid(ink) - centroid(cover)).clamp(-radius / 2, radius / 2)


def _linked(seen: list[np.ndarray], start: np.ndarray | None) -> list[np.ndarray]:
    """The track of each ball in each frame: a minimal-cost matching with where tracks would be by now."""
    where, speed = np.full((MOST, 2), np.nan), np.zeros((MOST, 2))
    first = seen[0] if start is None else start
    where[: len(first)] = first
    missed, reserved = np.zeros(MOST), len(first)
    chosen = []
    for t, here in enumerate(seen):
        cost = np.full((len(here), MOST), 1e3)
        known = ~np.isnan(where[:, 0])
        far = np.linalg.norm(here[:, None] - (where + speed)[None], axis=2)
        moved = np.linalg.norm(here[:, None] - where[None], axis=2)
        near = known & (moved < NEAR * (1 + missed))
        cost[near] = far[near]
        # A ball that was not there begins a track of its own, in the order of reading; rather than none, any.
        free = ~known & (np.arange(MOST) >= reserved)
        cost[:, free] = 10 + np.arange(MOST)[free]
        rows, columns = linear_sum_assignment(cost)
        taken = np.empty(len(here), int)
        taken[rows] = columns
        step = (here - where[taken]) / (1 + missed[taken])[:, None]
        fresh = (cost[np.arange(len(here)), taken] > 1) | (t == 0)
        speed[taken] = np.where(fresh[:, None], 0, step)
        where[taken] = here
        missed += 1
        missed[taken] = 0
        chosen.append(taken)
    return chosen


def worsened(frames: Tensor, blur: float, dim: float, noise: float, seed: int = 0) -> Tensor:
    """``frames [N, T, 3, S, S]`` blurred (a Gaussian, its width in pixels), dimmed and noisy, still in 0..1."""
    blurred = torch.from_numpy(gaussian_filter(frames.contiguous().numpy(), (0, 0, 0, blur, blur)))
    drawn = torch.randn(frames.shape, generator=torch.Generator().manual_seed(seed))
    return (dim * blurred + noise * drawn).clamp(0, 1)


def against_simulator(tracks: Tracks, made: balls.Trajectories, size: int) -> dict[str, float]:
    """How right the tracker is about frames of ``made``, ``size`` pixels wide.

    Returns:
        Shares: ``number right`` of frames, ``radius right`` of sequences, ``false hits`` of balls seen, those with no
        true centre within their radius. Errors in pixels (a frame): median and 95 % quantile of ``position``, to the
        nearest true centre, and of ``speed``.
    """
    away = np.linalg.norm(tracks.position[:, :, :, None] - made.position[:, :, None], axis=-1)  # [N, T, 4, 3]
    away = np.where(np.isnan(away), np.inf, away)
    nearest, error = away.argmin(3), away.min(3)
    hit, seen = error < tracks.radius[:, None, None], tracks.ink > 0
    moved = lambda position: np.linalg.norm(np.diff(position, axis=1), axis=-1)
    true = np.take_along_axis(moved(made.position), nearest[:, 1:], axis=2)
    same = hit[:, 1:] & hit[:, :-1] & (nearest[:, 1:] == nearest[:, :-1])
    found = {
        "number right": (tracks.number == made.world.number[:, None]).mean(),
        "radius right": (tracks.radius == made.world.radius).mean(),
        "false hits": (seen & ~hit).sum() / max(1, seen.sum()),
    }
    for name, values in (("position", error[hit]), ("speed", np.abs(moved(tracks.position) - true)[same])):
        found[f"{name} error, median"], found[f"{name} error, 95 %"] = size * np.quantile(values, [0.5, 0.95])
    return {name: float(value) for name, value in found.items()}
