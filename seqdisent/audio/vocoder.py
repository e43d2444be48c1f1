"""From a waveform to the frames that models see, and back: the WORLD vocoder.

WORLD (Morise et al. 2016, through ``pyworld``) splits speech into the pitch, the envelope of the spectrum (the vocal
tract) and the aperiodicity (the breath). So a model can give an utterance another speaker's pitch and tract, and a
synthesised waveform does not have the metallic phase of Griffin-Lim: the comparison is in
``python -m seqdisent.experiments.vocoder_comparison``.
"""

from __future__ import annotations

import numpy as np
import pyworld

from seqdisent.audio.prepare import RATE_HZ

FRAME_SECONDS = 0.01
STEP_FRAMES = 2  # frames in one step of a sequence
STEP_SECONDS = FRAME_SECONDS * STEP_FRAMES
BANDS = 64
# Columns of a frame.
ENVELOPE = slice(0, BANDS)
PITCH = BANDS
VOICED = BANDS + 1
APERIODICITY = BANDS + 2
CHANNELS = BANDS + 3
EVENT_SHAPE = (STEP_FRAMES, CHANNELS)
# Fixed scales, so that nothing is fitted. Pitch is wide: a semitone counts as much as 8 dB in one band.
FLOOR_DB, CENTRE_DB, DB = -80.0, -40.0, 20.0
PITCH_HZ, OCTAVE = 150.0, 5.0
LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
_FFT = pyworld.get_cheaptrick_fft_size(RATE_HZ)
_BINS_HZ = np.fft.rfftfreq(_FFT, 1 / RATE_HZ)


def _mel(hz: np.ndarray | float) -> np.ndarray:
    return 1127 * np.log1p(np.asarray(hz) / 700)


_BIN_MELS = _mel(_BINS_HZ)
BAND_MELS = np.linspace(0, _mel(RATE_HZ / 2), BANDS)
BAND_HZ = 700 * np.expm1(BAND_MELS / 1127)


def analyse(wave: np.ndarray) -> np.ndarray:
    """Frames of a waveform.

    Args:
        wave: mono ``[n]`` at 16 kHz, as :func:`seqdisent.audio.prepare.prepare` leaves it; level matters.

    Returns:
        float32 ``[n // 160 + 1, 67]``, one row every 10 ms: the log envelope at 64 frequencies evenly spaced in
        mel (0 is -40 dB, a unit 20 dB, floor -80 dB), the pitch (0 is 150 Hz, an octave 5 units; interpolated where
        there is none), whether voiced (0 or 1), and the aperiodicity (a unit 20 dB).
    """
    wave = np.ascontiguousarray(wave, np.float64)
    hz, times = pyworld.harvest(wave, RATE_HZ, LOWEST_HZ, HIGHEST_HZ, FRAME_SECONDS * 1000)
    power = pyworld.cheaptrick(wave, hz, times, RATE_HZ, fft_size=_FFT)
    aperiodicity = pyworld.d4c(wave, hz, times, RATE_HZ, fft_size=_FFT)
    aperiodicity_db = pyworld.code_aperiodicity(aperiodicity, RATE_HZ)
    decibels = 10 * np.log10(np.maximum(power, 1e-20))
    frames = np.empty((len(hz), CHANNELS), np.float32)
    bands = np.stack([np.interp(BAND_MELS, _BIN_MELS, row) for row in decibels])
    frames[:, ENVELOPE] = (np.maximum(bands, FLOOR_DB) - CENTRE_DB) / DB
    voiced = hz > 0
    frames[:, PITCH] = 0
    if voiced.any():
        rows = np.arange(len(hz))
        octaves = np.interp(rows, rows[voiced], np.log2(hz[voiced] / PITCH_HZ))
        frames[:, PITCH] = OCTAVE * octaves
    frames[:, VOICED] = voiced
    frames[:, APERIODICITY] = aperiodicity_db[:, 0] / DB
    return frames


def synthesise(frames: np.ndarray) -> np.ndarray:
    """Invert :func:`analyse`: the waveform of frames ``[n, 67]``, float32 ``[n * 160]`` at 16 kHz, in [-1, 1]."""
    frames = np.asarray(frames, np.float64)
    hz = pitch_hz(frames)
    bands = np.clip(frames[:, ENVELOPE] * DB + CENTRE_DB, FLOOR_DB, 30)
    power = 10 ** (np.stack([np.interp(_BIN_MELS, BAND_MELS, row) for row in bands]) / 10)
    aperiodicity_db = np.clip(frames[:, APERIODICITY] * DB, -60, -1e-6)[:, None]
    aperiodicity = pyworld.decode_aperiodicity(np.ascontiguousarray(aperiodicity_db), RATE_HZ, _FFT)
    wave = pyworld.synthesize(
        hz, np.ascontiguousarray(power), aperiodicity, RATE_HZ, FRAME_SECONDS * 1000
    )
    return np.clip(wave, -1, 1).astype(np.float32)


def pitch_hz(frames: np.ndarray) -> np.ndarray:
    """Fundamental frequency ``[n]`` in Hz of frames ``[n, 67]``, 0 where unvoiced."""
    hz = PITCH_HZ * np.exp2(np.asarray(frames[:, PITCH], np.float64) / OCTAVE)
    return np.where(frames[:, VOICED] > 0.5, np.clip(hz, LOWEST_HZ, HIGHEST_HZ), 0.0)


def median_pitch_hz(frames: np.ndarray) -> float:
    """Median over the voiced frames of ``[n, 67]``, in Hz; NaN if none is voiced."""
    hz = pitch_hz(frames)
    voiced = hz[hz > 0]
    return float(np.median(voiced)) if len(voiced) else float("nan")


def to_steps(frames: np.ndarray, steps: int) -> tuple[np.ndarray, int]:
    """Frames ``[n, 67]`` as a sequence ``[steps, 2, 67]``, and how many of its steps exist.

    What is longer is cut; an odd last frame is left out. Steps that do not exist are filled with the last frame.
    """
    length = int(np.clip(len(frames) // STEP_FRAMES, 1, steps))
    last = min(length * STEP_FRAMES, len(frames)) - 1
    index = np.minimum(np.arange(steps * STEP_FRAMES), last)
    return frames[index].reshape(steps, *EVENT_SHAPE), length


def to_frames(x: np.ndarray, length: int | None = None) -> np.ndarray:
    """Sequence ``[T, 2, 67]`` as frames ``[n, 67]``, of its first ``length`` steps."""
    return np.asarray(x)[:length].reshape(-1, CHANNELS)
