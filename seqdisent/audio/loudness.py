"""Levels of a waveform, and where in it something is going on. Waves are float ``[n]``, mono at 16 kHz.

Levels are variances in 25 ms windows, one every 5 ms (a cell).
"""

from __future__ import annotations

import numpy as np

CELL, WINDOW = 80, 400
# In cells: what is kept around the active part, and what is not worth trimming. In a margin of 20 ms too little is
# left to measure the noise in, and trimming twice would eat an s.
MARGIN, SLACK = 8, 6


def levels(wave: np.ndarray) -> np.ndarray:
    """Variance ``[cells]`` in the window around the middle of each cell: a constant offset is no sound."""
    wave = np.asarray(wave, np.float64)
    sums, squares = (np.concatenate([[0.0], np.cumsum(x)]) for x in (wave, wave * wave))
    middle = np.arange(0, len(wave), CELL) + CELL // 2
    low, high = (
        np.clip(middle - WINDOW // 2, 0, len(wave)),
        np.clip(middle + WINDOW // 2, 0, len(wave)),
    )
    mean = (sums[high] - sums[low]) / (high - low)
    return ((squares[high] - squares[low]) / (high - low) - mean * mean).clip(0)


def decibels(level: float) -> float:
    """dBFS of a level; a sine of amplitude 1 has -3."""
    return 10 * float(np.log10(max(level, 1e-30)))


def loudness_db(wave: np.ndarray) -> float:
    """RMS of the active part in dBFS: of the windows within 25 dB of the loudest. ``-inf`` for nothing at all."""
    found = levels(wave)
    return decibels(found[found >= found.max() * 10**-2.5].mean()) if found.any() else -np.inf


def active_span(wave: np.ndarray) -> tuple[int, int]:
    """First and last sample (exclusive) of what is not silence, with 40 ms on both sides.

    Trimmed until nothing changes, so that a trimmed wave stays as it is.
    """
    # The difference lifts hissing sounds: a soft s lies 40 dB and more below the vowel after it.
    measures = levels(wave), levels(np.diff(wave, prepend=wave[:1]))
    first, last = 0, len(measures[0])
    while True:
        active = _active(measures[0][first:last], 38) | _active(measures[1][first:last], 36)
        cells = np.flatnonzero(active)
        if not len(cells):
            break
        start, stop = first + cells[0] - MARGIN, first + cells[-1] + 1 + MARGIN
        start, stop = (
            start if start > first + SLACK else first,
            stop if stop < last - SLACK else last,
        )
        if (start, stop) == (first, last):
            break
        first, last = start, stop
    return int(first) * CELL, min(int(last) * CELL, len(wave))


def _active(found: np.ndarray, below_db: float) -> np.ndarray:
    """Cells within ``below_db`` of the loudest and, where noise reaches further up, 6 dB above the noise."""
    peak = found.max()
    noise = found[3:-3].min(
        initial=peak
    )  # the windows of the outermost cells are cut short, or faded
    return found > max(peak * 10 ** (-below_db / 10), min(noise * 10**0.6, peak * 10**-2.2))


def busiest(wave: np.ndarray, length: int) -> int:
    """Start of the ``length`` samples with most going on: amplitudes are summed, or a bang would outweigh words."""
    sums = np.concatenate([[0.0], np.cumsum(np.sqrt(levels(wave)))])
    cells = -(-length // CELL)
    start = int(np.argmax(sums[cells:] - sums[:-cells])) if len(sums) > cells else 0
    return min(start, (len(wave) - length) // CELL) * CELL


def clipped(samples: np.ndarray) -> np.ndarray:
    """Which of ``[n]`` (any rate) lie in a flat run of three or more at an extreme that the wave leaves steeply.

    Slow sines have flat tops too, and coarse quantisation makes flat tops of any; neither ends steeply.
    """
    marks = np.zeros(len(samples) + 1, np.int32)
    for y in (samples, -samples):
        top = y.max()
        tolerance = 1e-4 * abs(top)
        step = top - y.max(where=y < top - tolerance, initial=-np.inf)  # to the next value below
        tolerance = max(
            tolerance, 0.6 * min(step, abs(top) / 16)
        )  # telephone coding has steps up to a 16th
        edges = np.flatnonzero(np.diff(y >= top - tolerance, prepend=False, append=False))
        first, last = edges[::2], edges[1::2]
        drop = top - np.minimum(y[np.maximum(first - 1, 0)], y[np.minimum(last, len(y) - 1)])
        kept = (last - first >= 3) & (drop > 4 * tolerance)
        marks[first[kept]] += 1
        marks[last[kept]] -= 1
    return np.cumsum(marks[:-1]) > 0


def low_passed(wave: np.ndarray, bandwidth_hz: float, rate_hz: int) -> np.ndarray:
    """Without what is above ``bandwidth_hz``; the filter has zero phase and falls over the 300 Hz below that."""
    n = len(wave) + rate_hz // 10  # silence behind the end, so that it does not ring into the start
    above = np.clip((np.fft.rfftfreq(n, 1 / rate_hz) - bandwidth_hz) / 300 + 1, 0, 1)
    return np.fft.irfft(np.fft.rfft(wave, n) * np.cos(np.pi / 2 * above) ** 2, n)[
        : len(wave)
    ].astype(np.float32)


def faded(wave: np.ndarray, start: bool, end: bool, samples: int = 80) -> np.ndarray:
    """A copy that comes in and goes out over 5 ms, at the ends where it was cut."""
    wave, ramp = (
        wave.copy(),
        np.sin(np.pi / 2 * np.arange(samples) / samples).astype(np.float32) ** 2,
    )
    n = min(samples, len(wave))
    if start:
        wave[:n] *= ramp[:n]
    if end:
        wave[-n:] *= ramp[:n][::-1]
    return wave
