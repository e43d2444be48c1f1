"""Levels of a waveform over time, and its loudness. Waves are float ``[n]``, mono at 16 kHz.

Levels are variances in windows of 25 ms, one every 5 ms (a hop).
"""

from __future__ import annotations

import numpy as np

HOP_SAMPLES = 80
WINDOW_SAMPLES = 400
ACTIVE_DB = 25.0  # windows down to this far below the loudest one count


def levels(wave: np.ndarray) -> np.ndarray:
    """Variance in the window around the middle of each hop, ``[hops]``: a constant offset has none."""
    wave = np.asarray(wave, np.float64)
    sums = np.concatenate([[0.0], np.cumsum(wave)])
    squares = np.concatenate([[0.0], np.cumsum(wave * wave)])
    middle = np.arange(0, len(wave), HOP_SAMPLES) + HOP_SAMPLES // 2
    low = np.clip(middle - WINDOW_SAMPLES // 2, 0, len(wave))
    high = np.clip(middle + WINDOW_SAMPLES // 2, 0, len(wave))
    mean = (sums[high] - sums[low]) / (high - low)
    mean_square = (squares[high] - squares[low]) / (high - low)
    return (mean_square - mean * mean).clip(0)


def decibels(level: float) -> float:
    """dBFS of a level; a sine of amplitude 1 has -3."""
    return 10 * float(np.log10(max(level, 1e-30)))


def loudness_db(wave: np.ndarray) -> float:
    """Root mean square of the active part in dBFS; ``-inf`` for a constant."""
    found = levels(wave)
    if not found.any():
        return -np.inf
    active = found >= found.max() * 10 ** (-ACTIVE_DB / 10)
    return decibels(found[active].mean())


def low_passed(wave: np.ndarray, bandwidth_hz: float, rate_hz: int) -> np.ndarray:
    """Without what is above ``bandwidth_hz``; the filter has zero phase and falls over the 300 Hz below that."""
    padded = (
        len(wave) + rate_hz // 10
    )  # silence at the end, so that it does not ring into the start
    frequencies = np.fft.rfftfreq(padded, 1 / rate_hz)
    position = np.clip((frequencies - bandwidth_hz) / 300 + 1, 0, 1)
    gain = np.cos(np.pi / 2 * position) ** 2
    filtered = np.fft.irfft(np.fft.rfft(wave, padded) * gain, padded)
    return filtered[: len(wave)].astype(np.float32)
