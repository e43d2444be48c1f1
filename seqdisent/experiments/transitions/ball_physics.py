"""Whether tracked balls obey the physics of :mod:`seqdisent.data.video.ball_simulator`.

That none is lost, none overlaps with another or leaves the box, that energy is conserved, and that they are as fast as
real ones. Frames are counted from 1 where a rollout starts. Measures are of sequences, so that intervals can resample
these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import wasserstein_distance

from seqdisent.experiments.transitions.ball_tracker import Tracks

PIXELS = 32  # positions are in box widths; results are in pixels of a frame this wide
# Overlaps and exits by less than this do not count: the accuracy of a tracker of blurred discs.
SLACK = 0.5 / PIXELS
EARLY, LATE = slice(0, 16), slice(84, 100)  # frames 1 to 16 and 85 to 100
SOME = 4  # frames of a window from which an energy is estimated, at least
KEEPS = 0.1  # an energy is conserved if it changes by at most this share


@dataclass(frozen=True)
class Law:
    """What the balls of N sequences are subject to.

    Args:
        mass: of the balls of the first tracks ``[N, n]``.
        gravity: ``[N]``, box widths per frame per frame.
    """

    mass: np.ndarray
    gravity: np.ndarray


def measures(tracks: Tracks, number: np.ndarray, law: Law | None = None) -> dict[str, np.ndarray]:
    """By name, of each of N sequences of at least 100 frames ``[N]``.

    Args:
        number: of balls that there should be ``[N]``; they are the first tracks. Where it is 0 no frame is right.
        law: without it energy is not measured.

    Returns:
        ``number kept``: share of frames. Counts over all frames: ``balls``, those ``outside`` (beyond a wall by more
        than 0.5 pixels), ``pairs`` of balls, and those in ``overlap`` (in each other by more than that). ``speed
        early`` and ``speed late``: mean squared, pixels a frame; NaN where nothing is seen to move. ``energy``: that of
        the last frames over that of the first, NaN where a ball was lost; ``energy kept``: whether it is within 10 %.
    """
    gaps = np.linalg.norm(tracks.position[:, :, :, None] - tracks.position[:, :, None], axis=-1)
    gaps = gaps[(..., *np.triu_indices(tracks.position.shape[2], 1))]
    reach = tracks.radius[:, None, None]
    beyond = np.abs(tracks.position - 0.5).max(-1) > 0.5 - reach + SLACK  # false of NaN
    squared = speeds(tracks) ** 2
    right = (tracks.number == number[:, None]) & (number > 0)[:, None]
    found = {
        "number kept": right.mean(1),
        "balls": tracks.number.sum(1),
        "outside": beyond.sum((1, 2)),
        "pairs": (~np.isnan(gaps)).sum((1, 2)),
        "overlap": (gaps < 2 * reach - SLACK).sum((1, 2)),
        "speed early": _mean(squared[:, EARLY]),
        "speed late": _mean(squared[:, LATE]),
    }
    if law is not None:
        by_frame = energy(tracks, number, law)
        early, late = _typical(by_frame[:, EARLY]), _typical(by_frame[:, LATE])
        found["energy"] = late / np.where(early > 0, early, np.nan)
        found["energy kept"] = np.abs(found["energy"] - 1) <= KEEPS
    return {name: value.astype(float) for name, value in found.items()}


def speeds(tracks: Tracks) -> np.ndarray:
    """How far each ball moved since the frame before, pixels a frame ``[N, T - 1, 12]``; NaN where it was not seen."""
    return np.linalg.norm(np.diff(tracks.position, axis=1), axis=-1) * PIXELS


def speed_distance(one: Tracks, other: Tracks) -> float:
    """Wasserstein distance of the speeds of all balls in all frames, pixels a frame; NaN if one moves none."""
    first, second = speeds(one), speeds(other)
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if not len(first) or not len(second):
        return float("nan")
    return float(wasserstein_distance(first, second))


def energy(tracks: Tracks, number: np.ndarray, law: Law) -> np.ndarray:
    """Kinetic and potential energy ``[N, T]`` of the first ``number`` tracks; NaN where one is not seen, and at ends.

    A ball that bounces between two frames moves less far than it flies, so the larger of the steps before and after a
    frame counts.
    """
    position = tracks.position[:, :, : law.mass.shape[1]]
    step = np.linalg.norm(np.diff(position, axis=1), axis=-1)
    fast = np.full(position.shape[:3], np.nan)
    fast[:, 1:-1] = np.maximum(step[:, 1:], step[:, :-1])
    each = law.mass[:, None] * (0.5 * fast**2 + law.gravity[:, None, None] * position[..., 1])
    counted = np.arange(each.shape[2]) < number[:, None]
    return np.where(counted[:, None], each, 0).sum(2)


def _typical(values: np.ndarray) -> np.ndarray:
    """Medians of rows ``[N, T]``; NaN for rows with few known values."""
    medians = np.full(len(values), np.nan)
    enough = (~np.isnan(values)).sum(1) >= SOME
    for row in np.flatnonzero(enough):
        medians[row] = np.nanmedian(values[row])
    return medians


def _mean(values: np.ndarray) -> np.ndarray:
    """Means of the known ones of ``values [N, T, 12]``, ``[N]``; NaN where none is known."""
    known = ~np.isnan(values)
    count = np.where(known.any((1, 2)), known.sum((1, 2)), np.nan)
    return np.where(known, values, 0).sum((1, 2)) / count
