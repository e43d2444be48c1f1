"""Small grey pictures of many series at once, for galleries and maps."""

from __future__ import annotations

import numpy as np

from seqdisent.data import SequenceDataset
from seqdisent.media.timeseries import shown_first

REACH = 2.5  # deviations of the training split from the middle of a line to its edge
DENSE = 4  # samples to a pixel


def pictures(data: SequenceDataset, rows: np.ndarray, width: int, height: int) -> np.ndarray:
    """Sequences as lines, uint8 ``[N, height, width]``: 0 is paper, 255 ink; nothing is drawn where all is missing.

    A line for each of :func:`~seqdisent.media.timeseries.shown_first`, in its own strip, all on the same scale, so that
    levels can be compared; time goes to the right, as far as the longest sequence of the split.
    """
    x = data.frames[rows][:, : int(data.steps.max())]
    x = x.reshape(len(x), -1, x.shape[-1])[..., shown_first(data.spec.variables)]
    edges = np.linspace(0, height, x.shape[-1] + 1).round().astype(int)
    strips = [
        lines(x[..., i], width, b - a)
        for i, (a, b) in enumerate(zip(edges, edges[1:], strict=False))
    ]
    return np.concatenate(strips, 1)


def lines(x: np.ndarray, width: int, height: int, thick: float = 1.2) -> np.ndarray:
    """Series ``[N, steps]`` in deviations as lines, uint8 ``[N, height, width]``, smooth at the edges."""
    fine = _between(x, width * DENSE + 1)
    y = (0.5 - fine / (2 * REACH)) * (height - 2 * thick) + thick  # high values above
    y = y.clip(thick, height - thick)
    # A pixel's samples and the first of the next, so that steep lines stay whole.
    inside = y[:, np.arange(width)[:, None] * DENSE + np.arange(DENSE + 1)]
    top, bottom = np.nanmin(_full(inside, np.inf), 2), np.nanmax(_full(inside, -np.inf), 2)
    row = np.arange(height)[:, None]
    covered = np.minimum(bottom[:, None] + thick / 2, row + 1) - np.maximum(
        top[:, None] - thick / 2, row
    )
    return (255 * covered.clip(0, 1)).round().astype(np.uint8)


def _between(x: np.ndarray, count: int) -> np.ndarray:
    """``count`` evenly spaced samples of series ``[N, steps]``; beside a gap the nearest value, in it NaN."""
    at = np.linspace(0, x.shape[1] - 1, count)
    before = at.astype(int)
    after, share = np.minimum(before + 1, x.shape[1] - 1), at - before
    a, b = x[:, before], x[:, after]
    near = np.where(share < 0.5, a, b)
    return np.where(np.isnan(a) | np.isnan(b), near, a + share * (b - a))


def _full(values: np.ndarray, fill: float) -> np.ndarray:
    return np.where(np.isnan(values), fill, values)
