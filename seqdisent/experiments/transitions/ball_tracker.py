"""A tracker that reads balls from frames alone, so that what a model draws can be asked whether it obeys the physics.

Every ball of :mod:`seqdisent.data.video.ball_simulator` is a disc of one of two radii whose largest
channel is 1, on a darker ground:
the largest channel, from that of the ground (0) to full (1), is its *ink*. Discs are found one after the other where
they cover most of the ink that is left, and then fitted together; the radius, one for a sequence, is the one that
leaves less ink unexplained. A minimal-cost matching links what is found from frame to frame. Nothing is learned. How
well it reads real frames, and frames that are blurred, dimmed and noisy as a model's are, is measured by
:func:`against_simulator`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn.functional import conv2d

from seqdisent.data.video import ball_simulator

MOST = 4  # balls that are looked for: one more than there can be
TRACKS = 12  # enough for as many new ones in a frame, while those of the frame before and of the start are kept
INK = 0.35  # a ball covers at least this share of its disc, by ink; chosen on validation frames
NEAR = 0.22  # box widths: what moves farther in a frame is another ball; real ones of validation move at most 0.212
CHUNK = 512  # frames at once
FEW = 16  # frames of a sequence, about, that its radius is read from
FITS = 6  # rounds of the joint fit
# How frames may be made worse, about as a model does: blur in pixels, what brightness is multiplied by, noise
WORSE = {"as drawn": (0.0, 1.0, 0.0), "blurred": (0.7, 0.8, 0.05), "very blurred": (1.2, 0.6, 0.05)}


@dataclass(frozen=True)
class Tracks:
    """What was read from N sequences of T frames, in box widths: x to the right, y upwards.

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
    """Read and link the balls of ``frames [N, T, 3, S, S]`` in 0..1.

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
    radii = np.array(list(ball_simulator.RADII.values()))
    few = ink.unflatten(0, (n, steps))[:, :: max(1, steps // FEW)].flatten(0, 1)
    left = [_in_parts(few, [radius * size] * len(few))[2].view(n, -1).sum(1) for radius in radii]
    radius = radii[torch.stack(left).argmin(0).numpy()]
    at, share, _ = _in_parts(ink, np.repeat(radius * size, steps))
    at, share = (part.double().unflatten(0, (n, steps)).numpy() for part in (at, share))
    seen = np.stack([at[..., 0] / size, 1 - at[..., 1] / size], axis=-1)
    position, linked = np.full((n, steps, TRACKS, 2), np.nan), np.zeros((n, steps, TRACKS))
    for row in range(n):
        begin = None if start is None else start[row]
        for t, taken in enumerate(
            _linked([s[i > 0] for s, i in zip(seen[row], share[row], strict=True)], begin)
        ):
            here = np.flatnonzero(share[row, t] > 0)
            position[row, t, taken], linked[row, t, taken] = seen[row, t, here], share[row, t, here]
    return Tracks(position, linked, radius)


def _in_parts(ink: Tensor, radius: Sequence[float]) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`_discs` of any number of frames, each with its own radius."""
    radius, made = np.asarray(radius), None
    for one in np.unique(radius):
        for rows in torch.from_numpy(np.flatnonzero(radius == one)).split(CHUNK):
            parts = _discs(ink[rows], float(one))
            made = made or tuple(part.new_empty(len(ink), *part.shape[1:]) for part in parts)
            for whole, part in zip(made, parts, strict=True):
                whole[rows] = part
    return made


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
        alone = ink[:, None] - (
            drawn.sum(1, keepdim=True) - drawn
        )  # what the others do not explain
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
        return (
            torch.stack([(inked.sum(2) * pixel).sum(2), (inked.sum(3) * pixel).sum(2)], dim=-1)
            / whole[..., None]
        )

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
        cost[follows] = (far + 5.0 * (np.arange(TRACKS) >= held))[
            follows
        ]  # first come the tracks that were given
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
    drawn = torch.randn(frames.shape, generator=torch.Generator().manual_seed(seed))
    return (dim * blurred + noise * drawn).clamp(0, 1)


def against_simulator(
    tracks: Tracks, made: ball_simulator.Trajectories, size: int
) -> dict[str, float]:
    """How right the tracker is about frames of ``made``, ``size`` pixels wide.

    Returns:
        Shares: ``number right`` of frames, ``radius right`` of sequences, ``false hits`` of balls seen, those with no
        true centre within their radius. Errors in pixels (a frame): median and 95 % quantile of ``position``, to the
        nearest true centre, and of ``speed``.
    """
    away = np.linalg.norm(
        tracks.position[:, :, :, None] - made.position[:, :, None], axis=-1
    )  # [N, T, 12, 3]
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
    for name, values in (
        ("position", error[hit]),
        ("speed", np.abs(moved(tracks.position) - true)[same]),
    ):
        found[f"{name} error, median"], found[f"{name} error, 95 %"] = size * np.quantile(
            values, [0.5, 0.95]
        )
    return {name: float(value) for name, value in found.items()}
