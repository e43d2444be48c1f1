"""What the tests of recordings share: a word to record, files of it, and what became of it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile as sf

from seqdisent.audio import prepare
from seqdisent.audio.prepare import RATE_HZ, AudioError


def word(
    seconds: float = 0.8,
    rate_hz: int = RATE_HZ,
    lead: float = 0.0,
    tail: float = 0.0,
    level: float = 0.05,
):
    """Two voiced syllables at 150 Hz with a soft hiss before and after, between silences; faint noise everywhere."""
    rng, t = np.random.default_rng(0), np.arange(round(seconds * rate_hz)) / rate_hz
    voice = sum(np.sin(2 * np.pi * 150 * k * t + k) / k for k in range(1, 9))
    voice *= np.abs(np.sin(2 * np.pi * t / seconds)) * ((t > 0.12) & (t < seconds - 0.12))
    hiss = np.diff(rng.normal(size=len(t) + 1)) * (voice == 0) * 0.006
    out = np.concatenate(
        [np.zeros(round(lead * rate_hz)), voice + hiss, np.zeros(round(tail * rate_hz))]
    )
    return (level * out + 2e-5 * rng.normal(size=len(out))).astype(np.float32)


def encoded(
    wave: np.ndarray, rate_hz: int = RATE_HZ, kind: str = "WAV", coding: str | None = "PCM_16"
) -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, wave, rate_hz, format=kind, subtype=coding)
    return buffer.getvalue()


def pitch_hz(wave: np.ndarray) -> float:
    """Of a sine, from the peak of its spectrum."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 2**20))
    return float(np.argmax(spectrum)) * RATE_HZ / 2**20


def said(clip: prepare.Clip, words: str) -> bool:
    return any(words in note for note in clip.notes)


def refusal(source, **options) -> str:
    with pytest.raises(AudioError) as error:
        prepare.read(source, **options) if isinstance(source, bytes) else prepare.prepare(
            *source, **options
        )
    return str(error.value)
