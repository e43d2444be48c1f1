"""A tracker that finds balls in frames alone, so that generated frames can be tested for physical plausibility.

Every ball of :mod:`seqdisent.data.video.ball_simulator` is a disc of one of two radii whose largest channel is 1, on a
darker ground: the largest channel, from that of the ground (0) to full (1), is its *ink*. Discs are found one after the
other where they cover most of the remaining ink, and then fitted together; the radius, one for a sequence, is the one
that leaves less ink unexplained. A minimal-cost matching links detections from frame to frame. Nothing is learned. How
accurate it is about real frames, and about frames that are blurred, dimmed and noisy as a model's are, is measured by
:func:`against_simulator`.
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

from seqdisent.data.video import ball_simulator

MOST = 4  # balls that are searched for: one more than there can be
TRACKS = 12  # enough for as many new ones in a frame, while those of the frame before and of the start are kept
INK = 0.35  # a ball covers at least this share of its disc, by ink; chosen on validation frames
NEAR = 0.22  # box widths: what moves farther in a frame is another ball; real ones of validation move at most 0.212
CHUNK = 512  # frames at once
FEW = 16  # frames of a sequence, about, from which its radius is estimated
FITS = 6  # rounds of the joint fit
# Degradations about as strong as a model's: blur in pixels, factor of the brightness, noise
WORSE = {"as drawn": (0.0, 1.0, 0.0), "blurred": (0.7, 0.8, 0.05), "very blurred": (1.2, 0.6, 0.05)}


@dataclass(frozen=True)
class Tracks:
    """Balls found in N sequences of T frames, in box widths: x to the right, y upwards.

    Args:
        position: of each of up to 12 tracks ``[N, T, 12, 2]``; NaN where it is not seen.
        ink: of each, as a share of a full disc, ``[N, T, 12]``; 0 where it is not seen.
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
    """Find and link the balls of ``frames [N, T, 3, S, S]`` in 0..1.

    Args:
        start: where the first tracks begin, ``[N, n, 2]`` in box widths, at most 4 a sequence, NaN where there is none.
            Only what follows from there is in these tracks. By default tracks begin where balls are seen.

    Raises:
        ValueError: if the frames have another shape.
    """
    if frames.ndim != 5 or frames.shape[2] != 3 or frames.shape[3] != frames.shape[4]:
        raise ValueError(f"frames must be [N, T, 3, S, S], got {list(frames.shape)}")
    n, steps, _, _, size = frames.shape
    ink = frames.clamp(0, 1).amax(2).flatten(0, 1)
    ground = ink.flatten(1).median(1).values[:, None, None]  # balls cover less than half of a frame
    ink = (ink - ground) / (1 - ground).clamp_min(0.1)
    radius = _radius(ink.unflatten(0, (n, steps)), size)
    at, share, _ = _in_parts(ink, np.repeat(radius * size, steps))
    centre = at.double().unflatten(0, (n, steps)).numpy()
    found_ink = share.double().unflatten(0, (n, steps)).numpy()
    seen = np.stack([centre[..., 0] / size, 1 - centre[..., 1] / size], axis=-1)
    position, linked = np.full((n, steps, TRACKS, 2), np.nan), np.zeros((n, steps, TRACKS))
    for row in range(n):
        balls = [np.flatnonzero(found_ink[row, t] > 0) for t in range(steps)]
        detections = [seen[row, t, here] for t, here in enumerate(balls)]
        links = _linked(detections, None if start is None else start[row])
        for t, (here, taken) in enumerate(zip(balls, links, strict=True)):
            position[row, t, taken] = seen[row, t, here]
            linked[row, t, taken] = found_ink[row, t, here]
    return Tracks(position, linked, radius)


def _radius(ink: Tensor, size: int) -> np.ndarray:
    """The radius of the balls of each sequence ``[N]``, from some of its frames of ink ``[N, T, S, S]``."""
    radii = np.array(list(ball_simulator.RADII.values()))
    some = ink[:, :: max(1, ink.shape[1] // FEW)].flatten(0, 1)
    unexplained = []
    for radius in radii:
        _, _, left = _in_parts(some, np.full(len(some), radius * size))
        unexplained.append(left.view(len(ink), -1).sum(1))
    return radii[torch.stack(unexplained).argmin(0).numpy()]


def _in_parts(ink: Tensor, radius: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`_discs` of any number of frames, each with its own radius ``[B]``, in pixels."""
    at, share = ink.new_empty(len(ink), MOST, 2), ink.new_empty(len(ink), MOST)
    left = ink.new_empty(len(ink))
    for one in np.unique(radius):
        for rows in torch.from_numpy(np.flatnonzero(radius == one)).split(CHUNK):
            at[rows], share[rows], left[rows] = _discs(ink[rows], float(one))
    return at, share, left


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
        fitted = share[..., None, None] * cover
        others = fitted.sum(1, keepdim=True) - fitted
        alone = ink[:, None] - others  # what the others do not explain
        share = torch.where(share > 0, _share(alone, cover), share)
        at = at + _shift(alone, cover, at, radius, pixel) * (share > 0)[..., None]
    share = share * (share > INK)
    left = ink - (share[..., None, None] * _cover(at, radius, pixel)).sum(1)
    return at, share, left.square().sum((1, 2))


def _cover(at: Tensor, radius: float, pixel: Tensor) -> Tensor:
    """Discs at ``at [B, K, 2]`` as the simulator renders them, ``[B, K, S, S]``."""
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

    def centroid(weight: Tensor) -> Tensor:
        weight = weight.clamp_min(0) * near
        total = weight.sum((2, 3)).clamp_min(1e-6)
        across = (weight.sum(2) * pixel).sum(2)
        down = (weight.sum(3) * pixel).sum(2)
        return torch.stack([across, down], dim=-1) / total[..., None]

    return (centroid(ink) - centroid(cover)).clamp(-radius / 2, radius / 2)


def _linked(seen: list[np.ndarray], start: np.ndarray | None) -> list[np.ndarray]:
    """The track of each ball in each frame: a minimal-cost matching with where tracks would be by now."""
    where, speed, missed = np.full((TRACKS, 2), np.nan), np.zeros((TRACKS, 2)), np.ones(TRACKS)
    held = 0 if start is None else len(start)
    if held:
        where[:held] = start
    chosen = []
    for here in seen:
        cost = np.full((len(here), TRACKS), 1e3)
        moved = np.linalg.norm(here[:, None] - where[None], axis=2)
        follows = moved < NEAR * np.maximum(1, missed)  # false of NaN
        # What follows nothing begins a track, in one that was not seen in the frame before: it makes no step there.
        free = (missed > 0) & (np.arange(TRACKS) >= held)
        cost[:, free] = 10 + np.arange(TRACKS)[free]
        far = np.linalg.norm(here[:, None] - (where + speed)[None], axis=2)
        later = 5.0 * (np.arange(TRACKS) >= held)  # the tracks that were given come first
        cost[follows] = (far + later)[follows]
        rows, taken = linear_sum_assignment(cost)
        step = (here - where[taken]) / np.maximum(1, missed[taken])[:, None]
        speed[taken] = np.where(follows[rows, taken][:, None], step, 0)
        where[taken] = here
        missed += 1
        missed[taken] = 0
        chosen.append(taken)
    return chosen


def worsened(frames: Tensor, blur: float, dim: float, noise: float, seed: int = 0) -> Tensor:
    """``frames [N, T, 3, S, S]`` blurred (a Gaussian, its width in pixels), dimmed and noisy, still in 0..1."""
    blurred = torch.from_numpy(gaussian_filter(frames.contiguous().numpy(), (0, 0, 0, blur, blur)))
    normal = torch.randn(frames.shape, generator=torch.Generator().manual_seed(seed))
    return (dim * blurred + noise * normal).clamp(0, 1)


def against_simulator(
    tracks: Tracks, made: ball_simulator.Trajectories, size: int
) -> dict[str, float]:
    """How accurate the tracker is about frames of simulated trajectories, ``size`` pixels wide.

    Returns:
        Shares: ``number right`` of frames, ``radius right`` of sequences, ``false hits`` of balls seen, those with no
        true centre within their radius. Errors in pixels (a frame): median and 95 % quantile of ``position``, to the
        nearest true centre, and of ``speed``.
    """
    gaps = tracks.position[:, :, :, None] - made.position[:, :, None]
    away = np.linalg.norm(gaps, axis=-1)  # [N, T, 12, 3]
    away = np.where(np.isnan(away), np.inf, away)
    nearest, error = away.argmin(3), away.min(3)
    hit, seen = error < tracks.radius[:, None, None], tracks.ink > 0
    true_speed = np.take_along_axis(_steps(made.position), nearest[:, 1:], axis=2)
    same = hit[:, 1:] & hit[:, :-1] & (nearest[:, 1:] == nearest[:, :-1])
    speed_error = np.abs(_steps(tracks.position) - true_speed)[same]
    found = {
        "number right": (tracks.number == made.world.number[:, None]).mean(),
        "radius right": (tracks.radius == made.world.radius).mean(),
        "false hits": (seen & ~hit).sum() / max(1, seen.sum()),
    }
    for name, values in (("position", error[hit]), ("speed", speed_error)):
        median, high = size * np.quantile(values, [0.5, 0.95])
        found[f"{name} error, median"] = median
        found[f"{name} error, 95 %"] = high
    return {name: float(value) for name, value in found.items()}


def _steps(position: np.ndarray) -> np.ndarray:
    """How far each ball moved since the frame before, in box widths, ``[N, T - 1, K]`` of ``[N, T, K, 2]``."""
    return np.linalg.norm(np.diff(position, axis=1), axis=-1)
