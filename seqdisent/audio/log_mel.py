"""Log-mel spectrograms of waveforms: what a judge of speech sees."""

from __future__ import annotations

import librosa
import numpy as np

from seqdisent.audio.prepare import RATE_HZ, TARGET_DB, loudness_db
from seqdisent.audio.vocoder import FRAME_SECONDS, STEP_FRAMES

MELS = 64
EVENT_SHAPE = (STEP_FRAMES, MELS)
FFT_SAMPLES = 512
FLOOR_DB, CENTRE_DB, SCALE_DB = -80.0, -40.0, 20.0  # 0 is -40 dB, and a unit 20 dB


def log_mel_steps(wave: np.ndarray, steps: int) -> tuple[np.ndarray, int]:
    """Log-mel spectrogram of a waveform at the common loudness, as a sequence.

    Args:
        wave: ``[n]`` at 16 kHz.
        steps: length of the sequence; a longer recording is cut, a shorter one filled with its last frame.

    Returns:
        float32 ``[steps, 2, 64]`` (0 is -40 dB, a unit 20 dB), and how many of the steps exist.
    """
    loudness = loudness_db(wave)
    gain = 10 ** ((TARGET_DB - loudness) / 20) if np.isfinite(loudness) else 1.0
    power = librosa.feature.melspectrogram(
        y=np.asarray(gain * wave, np.float32),
        sr=RATE_HZ,
        n_fft=FFT_SAMPLES,
        hop_length=round(FRAME_SECONDS * RATE_HZ),
        n_mels=MELS,
    )
    decibels = 10 * np.log10(np.maximum(power.T, 10 ** (FLOOR_DB / 10)))
    frames = ((decibels - CENTRE_DB) / SCALE_DB).astype(np.float32)
    length = int(np.clip(len(frames) // STEP_FRAMES, 1, steps))
    last = min(length * STEP_FRAMES, len(frames)) - 1
    index = np.minimum(np.arange(steps * STEP_FRAMES), last)
    return frames[index].reshape(steps, *EVENT_SHAPE), length
