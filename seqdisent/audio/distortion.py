"""Mel-cepstral distortion, pitch error and voicing error between two recordings (Kubichek 1993)."""

from __future__ import annotations

import numpy as np
import pyworld
from scipy.fft import dct

from seqdisent.audio import vocoder
from seqdisent.audio.prepare import RATE_HZ

INAUDIBLE_DB = -80.0  # envelopes are compared down to here (a clip's level is -23 dBFS)
COEFFICIENTS = 24
ACTIVE_DB = 40.0  # frames down to this far below the loudest count


def distortion(a: np.ndarray, b: np.ndarray, highest_hz: float = RATE_HZ / 2) -> dict[str, float]:
    """What differs between two waveforms of the same words in the same time.

    Returns:
        ``mcd_db`` (rms difference of the log envelopes over the mel scale, from 24 cepstral coefficients without
        the first, in dB), ``pitch_cents`` (median error where both are voiced; NaN if nowhere) and
        ``voicing`` (share of frames on which they disagree).
    """
    one, other = _analysis(a, highest_hz), _analysis(b, highest_hz)
    n = min(len(one[1]), len(other[1]))
    (cepstra, hz, level), (theirs, their_hz, _) = (
        [part[:n] for part in found] for found in (one, other)
    )
    active = level > level.max() - ACTIVE_DB
    both = active & (hz > 0) & (their_hz > 0)
    return {
        "mcd_db": float(np.sqrt(np.square(cepstra - theirs).sum(1))[active].mean()),
        "pitch_cents": float(1200 * np.median(np.abs(np.log2(hz[both] / their_hz[both]))))
        if both.any()
        else np.nan,
        "voicing": float(np.mean((hz > 0)[active] != (their_hz > 0)[active])),
    }


def _analysis(wave: np.ndarray, highest_hz: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cepstra ``[n, 24]`` whose Euclidean distance is in dB, pitch in Hz and level in dB, every 5 ms."""
    wave = np.ascontiguousarray(wave, np.float64)
    hz, times = pyworld.harvest(wave, RATE_HZ, vocoder.LOWEST_HZ, vocoder.HIGHEST_HZ, 5.0)
    power = pyworld.cheaptrick(wave, hz, times, RATE_HZ)
    mels = 1127 * np.log1p(np.fft.rfftfreq(2 * power.shape[1] - 2, 1 / RATE_HZ) / 700)
    points = np.linspace(0, 1127 * np.log1p(highest_hz / 700), 64)
    decibels = np.maximum(10 * np.log10(np.maximum(power, 1e-20)), INAUDIBLE_DB)
    bands = np.stack([np.interp(points, mels, row) for row in decibels])
    # By Parseval: orthonormal coefficients over sqrt(64) are the root mean square over the mel scale.
    cepstra = dct(bands, norm="ortho", axis=1)[:, 1 : COEFFICIENTS + 1] / np.sqrt(len(points))
    return cepstra, hz, 10 * np.log10(np.maximum(power.mean(1), 1e-20))
