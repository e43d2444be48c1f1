"""Mel-cepstral distortion, pitch error and voicing error between two recordings (Kubichek 1993)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyworld
from scipy.fft import dct

from seqdisent.audio import vocoder
from seqdisent.audio.prepare import RATE_HZ

INAUDIBLE_DB = -80.0  # envelopes are compared down to here (a clip's level is -23 dBFS)
COEFFICIENTS = 24
CENTS_AN_OCTAVE = 1200
ACTIVE_DB = 40.0  # frames down to this far below the loudest count


def distortion(a: np.ndarray, b: np.ndarray, highest_hz: float = RATE_HZ / 2) -> dict[str, float]:
    """How two waveforms of the same words in the same time differ.

    Args:
        a: float ``[n]`` at 16 kHz, the reference.
        b: the other one; behind the end of the shorter one nothing is compared.
        highest_hz: where the spectra end that are compared.

    Returns:
        ``mcd_db`` (rms difference of the log envelopes over the mel scale, from 24 cepstral coefficients without
        the first, in dB), ``pitch_cents`` (median error where both are voiced; NaN if nowhere) and
        ``voicing`` (share of frames on which they disagree).
    """
    first, second = _analyse(a, highest_hz), _analyse(b, highest_hz)
    n = min(len(first.pitch_hz), len(second.pitch_hz))
    first, second = first[:n], second[:n]
    active = first.level_db > first.level_db.max() - ACTIVE_DB
    voiced, other_voiced = first.pitch_hz > 0, second.pitch_hz > 0
    both = active & voiced & other_voiced
    pitch_error = float("nan")
    if both.any():
        octaves = np.log2(first.pitch_hz[both] / second.pitch_hz[both])
        pitch_error = float(CENTS_AN_OCTAVE * np.median(np.abs(octaves)))
    distances = np.sqrt(np.square(first.cepstra - second.cepstra).sum(1))
    return {
        "mcd_db": float(distances[active].mean()),
        "pitch_cents": pitch_error,
        "voicing": float(np.mean(voiced[active] != other_voiced[active])),
    }


@dataclass(frozen=True)
class _Analysis:
    """One row every 5 ms.

    Args:
        cepstra: ``[n, 24]``, whose Euclidean distance is in dB.
        pitch_hz: ``[n]``, 0 where unvoiced.
        level_db: ``[n]``.
    """

    cepstra: np.ndarray
    pitch_hz: np.ndarray
    level_db: np.ndarray

    def __getitem__(self, rows: slice) -> _Analysis:
        return _Analysis(self.cepstra[rows], self.pitch_hz[rows], self.level_db[rows])


def _analyse(wave: np.ndarray, highest_hz: float) -> _Analysis:
    wave = np.ascontiguousarray(wave, np.float64)
    hz, times = pyworld.harvest(wave, RATE_HZ, vocoder.LOWEST_HZ, vocoder.HIGHEST_HZ, 5.0)
    power = pyworld.cheaptrick(wave, hz, times, RATE_HZ)
    mels = 1127 * np.log1p(np.fft.rfftfreq(2 * power.shape[1] - 2, 1 / RATE_HZ) / 700)
    points = np.linspace(0, 1127 * np.log1p(highest_hz / 700), 64)
    decibels = np.maximum(10 * np.log10(np.maximum(power, 1e-20)), INAUDIBLE_DB)
    bands = np.stack([np.interp(points, mels, row) for row in decibels])
    # By Parseval: orthonormal coefficients over sqrt(64) are the root mean square over the mel scale.
    cepstra = dct(bands, norm="ortho", axis=1)[:, 1 : COEFFICIENTS + 1] / np.sqrt(len(points))
    level_db = 10 * np.log10(np.maximum(power.mean(1), 1e-20))
    return _Analysis(cepstra, hz, level_db)
