"""Samples that were cut off at the largest value a recording could hold."""

from __future__ import annotations

import numpy as np


def clipped(samples: np.ndarray) -> np.ndarray:
    """Which of ``[n]`` samples lie in a flat run of three or more at an extreme that the wave leaves steeply.

    Slow sines have flat tops too, and coarse quantisation makes flat tops of any wave; neither ends steeply.
    """
    marks = np.zeros(len(samples) + 1, np.int32)
    for y in (samples, -samples):
        top = y.max()
        tolerance = 1e-4 * abs(top)
        next_value = y.max(where=y < top - tolerance, initial=-np.inf)
        # Telephone coding has steps of up to a sixteenth of the peak.
        step = min(top - next_value, abs(top) / 16)
        tolerance = max(tolerance, 0.6 * step)
        edges = np.flatnonzero(np.diff(y >= top - tolerance, prepend=False, append=False))
        first, last = edges[::2], edges[1::2]
        before, after = y[np.maximum(first - 1, 0)], y[np.minimum(last, len(y) - 1)]
        drop = top - np.minimum(before, after)
        kept = (last - first >= 3) & (drop > 4 * tolerance)
        marks[first[kept]] += 1
        marks[last[kept]] -= 1
    return np.cumsum(marks[:-1]) > 0
