"""From any sound file or array of samples to the waveform that models see; every repair is reported.

Only soundfile, soxr and NumPy: the first call of a ``librosa.effects`` function takes two seconds.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from seqdisent.audio.activity import active_span, busiest_passage
from seqdisent.audio.clipping import clipped
from seqdisent.audio.decode import decode
from seqdisent.audio.loudness import decibels, levels, loudness_db, low_passed
from seqdisent.audio.samples import (
    AudioError,
    in_seconds,
    interpolate_invalid,
    mix_to_mono,
    to_float,
)

__all__ = ["RATE_HZ", "AudioError", "Clip", "loudness_db", "prepare", "read", "wav_bytes"]

RATE_HZ = 16_000
TARGET_DB = -23.0  # the common loudness, in dBFS
SILENCE_DB = -55.0
PEAK = 0.99
FADE_SAMPLES = 80


@dataclass(frozen=True)
class Clip:
    """What a model sees.

    Args:
        wave: float32 ``[n]``, mono at :data:`RATE_HZ`, within -1..1.
        notes: a sentence for each thing that was done to the source, or found in it.
        start: where it begins in the source, in samples at :data:`RATE_HZ`.
    """

    wave: np.ndarray
    notes: tuple[str, ...] = ()
    start: int = 0


def read(
    source: str | Path | bytes,
    *,
    max_seconds: float = 2.0,
    min_seconds: float = 0.1,
    bandwidth_hz: float | None = None,
) -> Clip:
    """The clip in a sound file (a path or its content): WAV, FLAC, OGG, MP3, NIST SPHERE, what libsndfile reads.

    Seconds and bandwidth are those of :func:`prepare`. Raises :class:`AudioError` for what is not sound, is damaged
    or larger than 25 MB, and for what :func:`prepare` refuses.
    """
    samples, rate_hz, notes = decode(source)
    clip = prepare(
        samples,
        rate_hz,
        max_seconds=max_seconds,
        min_seconds=min_seconds,
        bandwidth_hz=bandwidth_hz,
    )
    return replace(clip, notes=(*notes, *clip.notes))


def prepare(
    samples: np.ndarray,
    rate_hz: int,
    *,
    max_seconds: float = 2.0,
    min_seconds: float = 0.1,
    bandwidth_hz: float | None = None,
    trim: bool = True,
) -> Clip:
    """Samples as a model sees them: finite, mono, 16 kHz, trimmed, cut, at -23 dBFS.

    Args:
        samples: ``[n]`` or ``[n, channels]``: int16, int32, uint8 (128 is zero) or floats in -1..1.
        rate_hz: 4,000 to 192,000.
        max_seconds: a longer clip is cut to the passage with most speech.
        min_seconds: a shorter one is refused.
        bandwidth_hz: what is above is filtered out, for models that were trained on telephone speech.
        trim: whether silence at the ends is removed.

    Raises:
        AudioError: silence, too short, too many samples that are no numbers, a wrong shape, type or rate.
    """
    if not 0 < min_seconds <= max_seconds:
        raise ValueError(
            f"need 0 < min_seconds <= max_seconds, got {min_seconds} and {max_seconds}"
        )
    rate_hz = int(rate_hz)
    notes: list[str] = []
    x = interpolate_invalid(to_float(samples, rate_hz, notes), rate_hz, notes)
    _check_length(len(x) / rate_hz, min_seconds)
    if not np.mod(x * 128, 1).any():
        notes.append("The source has 8 bits a sample: coarse quantisation, its noise stays.")
    is_clipped = np.any([clipped(channel) for channel in x.T], axis=0)
    wave = _in_band(mix_to_mono(x, notes), rate_hz, bandwidth_hz, notes)
    start, end = _passage(wave, max_seconds, min_seconds, trim, notes)
    source_start, source_end = start * rate_hz // RATE_HZ, -(-end * rate_hz // RATE_HZ)
    share = is_clipped[source_start:source_end].mean()
    if share >= 0.001:
        notes.append(
            f"{100 * share:.1f} % of the samples are clipped: the recording was too loud, and distortion stays."
        )
    wave = _faded(wave[start:end], start > 0, end < len(wave))
    return Clip(_levelled(wave, notes), tuple(notes), start)


def wav_bytes(wave: np.ndarray, rate_hz: int = RATE_HZ) -> bytes:
    """16-bit PCM RIFF WAV of ``[n]``; what is beyond -1..1 is clipped. ``ValueError`` for NaN and infinity."""
    wave = np.asarray(wave, np.float32)
    if not np.isfinite(wave).all():
        raise ValueError("a sound file cannot hold NaN or infinite samples")
    buffer = io.BytesIO()
    sf.write(buffer, wave.clip(-1, 1), rate_hz, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _in_band(
    source: np.ndarray, rate_hz: int, bandwidth_hz: float | None, notes: list[str]
) -> np.ndarray:
    """``[n]`` at 16 kHz without what is above the bandwidth; silence is refused."""
    wave = source
    top_hz = min(rate_hz, RATE_HZ) / 2
    if rate_hz != RATE_HZ:
        wave = soxr.resample(source, rate_hz, RATE_HZ, "HQ")
        lost = f"; it holds nothing above {top_hz:,.0f} Hz" if rate_hz < RATE_HZ else ""
        notes.append(f"Resampled from {rate_hz:,} to {RATE_HZ:,} Hz{lost}.")
    if bandwidth_hz is not None and bandwidth_hz < top_hz:
        top_hz = bandwidth_hz
        energy = np.square(wave).sum()
        wave = low_passed(wave, bandwidth_hz, RATE_HZ)
        share = 1 - np.square(wave).sum() / max(energy, 1e-30)
        if share > 0.01:
            notes.append(
                f"What is above {bandwidth_hz:,.0f} Hz, {100 * share:.1f} % of the energy, was filtered out: "
                "the model was trained on recordings that end there."
            )
    if decibels(levels(wave).max()) >= SILENCE_DB:
        return wave
    if decibels(levels(source).max()) >= SILENCE_DB:
        raise AudioError(
            f"All of its sound is above {top_hz:,.0f} Hz, where the recordings end that the model was trained on. "
            "Give speech."
        )
    raise AudioError(
        f"This is silence: nothing in it is louder than {-SILENCE_DB:.0f} dB below full scale. "
        "Check that the right microphone is on, or speak closer to it."
    )


def _passage(
    wave: np.ndarray, max_seconds: float, min_seconds: float, trim: bool, notes: list[str]
) -> tuple[int, int]:
    """First and last sample (exclusive) of what is kept."""
    total, longest = len(wave), round(max_seconds * RATE_HZ)
    start, end = active_span(wave) if trim else (0, total)
    _check_length((end - start) / RATE_HZ, min_seconds)
    if end - start > longest:
        start += busiest_passage(wave[start:end], longest)
        # Pauses may have come to lie at the ends.
        first, last = active_span(wave[start : start + longest]) if trim else (0, longest)
        start, end = start + first, start + last
        _check_length((end - start) / RATE_HZ, min_seconds)
        notes.append(
            f"Cut from {_seconds(total)} to {_seconds(end - start)}: this is what the model takes; "
            f"the passage with most speech was kept, from {_seconds(start)}."
        )
    elif end - start < total:
        notes.append(_trimming(start, total - end))
    return start, end


def _trimming(at_start: int, at_end: int) -> str:
    """What was trimmed, in samples, as a sentence."""
    if not at_end:
        return f"Trimmed {_seconds(at_start)} of silence at the start."
    if not at_start:
        return f"Trimmed {_seconds(at_end)} of silence at the end."
    return (
        f"Trimmed {_seconds(at_start)} of silence at the start and {_seconds(at_end)} at the end."
    )


def _faded(wave: np.ndarray, at_start: bool, at_end: bool) -> np.ndarray:
    """A copy that fades in and out over 5 ms, at the ends where it was cut."""
    wave = wave.copy()
    ramp = np.sin(np.pi / 2 * np.arange(FADE_SAMPLES) / FADE_SAMPLES).astype(np.float32) ** 2
    n = min(FADE_SAMPLES, len(wave))
    if at_start:
        wave[:n] *= ramp[:n]
    if at_end:
        wave[-n:] *= ramp[:n][::-1]
    return wave


def _levelled(wave: np.ndarray, notes: list[str]) -> np.ndarray:
    """At :data:`TARGET_DB`, or as near as the peaks allow."""
    wanted = TARGET_DB - loudness_db(wave)
    gain = min(wanted, 20 * float(np.log10(PEAK / np.abs(wave).max())))
    if abs(gain) >= 0.5:
        direction = "raised" if gain > 0 else "lowered"
        limited = ""
        if gain < wanted - 0.5:
            limited = "; its peaks would have been clipped at the usual level"
        notes.append(f"Level {direction} by {abs(gain):.1f} dB{limited}.")
    return (wave * np.float32(10 ** (gain / 20))).clip(-1, 1)


def _check_length(seconds: float, needed: float) -> None:
    if seconds < needed:
        raise AudioError(
            f"Too short: {seconds:.2f} s of sound, and {needed:.2f} s are needed. Record a little more."
        )


def _seconds(samples: int) -> str:
    return in_seconds(samples, RATE_HZ)
