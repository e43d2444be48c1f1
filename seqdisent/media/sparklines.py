"""Small grey pictures of many time series at once, for galleries and maps."""

from __future__ import annotations

import numpy as np

from seqdisent.data import SequenceDataset
from seqdisent.media.timeseries import representative_variables

REACH = 2.5  # deviations of the training split from the middle of a line to its edge
OVERSAMPLING = 4  # samples to a pixel


def draw(data: SequenceDataset, rows: np.ndarray, width: int, height: int) -> np.ndarray:
    """Sequences as lines, uint8 ``[N, height, width]``: 0 is paper, 255 ink; nothing is drawn where all is missing.

    A line for each of :func:`~seqdisent.media.timeseries.representative_variables`, in its own strip, all on the same
    scale, so that levels can be compared; time goes to the right, as far as the longest sequence of the split.
    """
    x = data.frames[rows][:, : int(data.steps.max())]
    series = x.reshape(len(x), -1, x.shape[-1])
    series = series[..., representative_variables(data.spec.variables)]
    edges = np.linspace(0, height, series.shape[-1] + 1).round().astype(int)
    strips = [lines(series[..., i], width, size) for i, size in enumerate(np.diff(edges))]
    return np.concatenate(strips, 1)


def lines(x: np.ndarray, width: int, height: int, thickness: float = 1.2) -> np.ndarray:
    """Series ``[N, steps]`` in deviations as lines, uint8 ``[N, height, width]``, smooth at the edges."""
    samples = _resampled(x, width * OVERSAMPLING + 1)
    y = (0.5 - samples / (2 * REACH)) * (height - 2 * thickness) + thickness  # high values above
    y = y.clip(thickness, height - thickness)
    # A pixel's samples and the first of the next, so that steep lines stay connected.
    index = np.arange(width)[:, None] * OVERSAMPLING + np.arange(OVERSAMPLING + 1)
    inside = y[:, index]
    missing = np.isnan(inside)
    top = np.where(missing, np.inf, inside).min(2)
    bottom = np.where(missing, -np.inf, inside).max(2)
    row = np.arange(height)[:, None]
    lower_edge = np.minimum(bottom[:, None] + thickness / 2, row + 1)
    upper_edge = np.maximum(top[:, None] - thickness / 2, row)
    covered = (lower_edge - upper_edge).clip(0, 1)
    return (255 * covered).round().astype(np.uint8)


def _resampled(x: np.ndarray, count: int) -> np.ndarray:
    """``count`` evenly spaced samples of series ``[N, steps]``; next to a gap the nearest value, in it NaN."""
    position = np.linspace(0, x.shape[1] - 1, count)
    before = position.astype(int)
    after = np.minimum(before + 1, x.shape[1] - 1)
    weight = position - before
    a, b = x[:, before], x[:, after]
    nearest = np.where(weight < 0.5, a, b)
    either_missing = np.isnan(a) | np.isnan(b)
    return np.where(either_missing, nearest, a + weight * (b - a))
