"""Arrays of samples as float waveforms: their type and range, samples that are not numbers, several channels."""

from __future__ import annotations

import numpy as np

from seqdisent.errors import SeqdisentError

MAX_CHANNELS = 8
RATES_HZ = 4_000, 192_000
# No more than this is used; the second counts all channels and bounds the memory (128 MB).
MAX_SECONDS = 90
MAX_VALUES = 2**25
# Of samples that are not numbers: larger parts are not repaired.
MAX_INVALID_SHARE = 0.01
MAX_INVALID_SECONDS = 0.02
INTEGER_TYPES = (np.uint8, np.int16, np.int32)


class AudioError(SeqdisentError, ValueError):
    """Sound that cannot be used. The message names the problem and what to do; it is shown to users as it is."""


def in_seconds(samples: int, rate_hz: int) -> str:
    """A length for messages: ``"0.42 s"``, ``"61.3 s"``, ``"2.0 s"``."""
    length = samples / rate_hz
    tenths_are_exact = abs(length - round(length, 1)) <= 0.004
    needs_hundredths = length < 1 or (length < 10 and not tenths_are_exact)
    return f"{length:.2f} s" if needs_hundredths else f"{length:.1f} s"


def frame_limit(rate_hz: int, channels: int) -> int:
    """How many samples of each channel are used.

    Raises:
        AudioError: for an unusable rate, or too many channels.
    """
    low, high = RATES_HZ
    if not low <= rate_hz <= high:
        raise AudioError(
            f"A sample rate of {rate_hz:,} Hz is not usable: give {low:,} to {high:,} Hz."
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(
            f"It has {channels:,} channels: give 1 to {MAX_CHANNELS} (an array as [samples, channels])."
        )
    return min(MAX_SECONDS * rate_hz, MAX_VALUES // channels)


def to_float(samples: np.ndarray, rate_hz: int, notes: list[str]) -> np.ndarray:
    """A float32 copy ``[n, channels]`` with full scale at 1, no longer than :func:`frame_limit`.

    Args:
        samples: ``[n]`` or ``[n, channels]`` of uint8 (128 is zero), int16, int32 or floats.
        notes: a sentence is added for each thing that was done.

    Raises:
        AudioError: for another shape or type, no samples, or values that are no sound.
    """
    x = np.asarray(samples)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim != 2 or (x.dtype not in INTEGER_TYPES and x.dtype.kind != "f"):
        raise AudioError(
            f"An array of shape {list(x.shape)} and type {x.dtype} is not sound: "
            "give [samples] or [samples, channels] of int16, int32, uint8 or floats."
        )
    if not x.size:
        raise AudioError("There are no samples in it: nothing was recorded. Try again.")
    limit = frame_limit(rate_hz, x.shape[1])
    if len(x) > limit:
        x = x[:limit]
        notes.append(f"Only the first {in_seconds(limit, rate_hz)} were looked at.")
    if x.dtype == np.uint8:
        return x.astype(np.float32) / 128 - 1
    if x.dtype.kind == "i":
        bits = 8 * x.dtype.itemsize
        return x.astype(np.float32) / 2 ** (bits - 1)
    return _floats_in_range(x, notes)


def _floats_in_range(samples: np.ndarray, notes: list[str]) -> np.ndarray:
    """Floats of any precision as float32; those of the size of integers are scaled like integers."""
    with np.errstate(over="ignore"):
        x = samples.astype(np.float32)
    peak = np.abs(x, where=np.isfinite(x), out=np.zeros_like(x)).max()
    if peak <= 32:  # floats may go beyond 1, but not 30 dB beyond
        return x
    if peak > 2**31:
        raise AudioError(
            f"Samples reach {peak:.0e}, but sound lies within -1 and 1. Export it again."
        )
    bits = 16 if peak <= 2**15 else 32
    notes.append(f"Samples reach {peak:,.0f}: they were read as {bits}-bit numbers.")
    return x / 2 ** (bits - 1)


def interpolate_invalid(x: np.ndarray, rate_hz: int, notes: list[str]) -> np.ndarray:
    """``[n, channels]`` with a few samples that are not numbers interpolated, in place.

    Raises:
        AudioError: if 1 % or more of the samples, or 20 ms in one stretch, are not numbers.
    """
    invalid = ~np.isfinite(x)
    if not invalid.any():
        return x
    invalid_frames = invalid.any(axis=1)
    share = invalid_frames.mean()
    edges = np.flatnonzero(np.diff(invalid_frames, prepend=False, append=False))
    longest = (edges[1::2] - edges[::2]).max() / rate_hz
    if share >= MAX_INVALID_SHARE or longest > MAX_INVALID_SECONDS:
        raise AudioError(
            f"{100 * share:.1f} % of the samples are no numbers (NaN or infinite): the recording is damaged. "
            "Record or export it again."
        )
    for channel, wrong in zip(x.T, invalid.T, strict=True):
        valid = np.flatnonzero(~wrong)
        channel[wrong] = np.interp(np.flatnonzero(wrong), valid, channel[valid])
    count = int(invalid_frames.sum())
    verb = " was no number" if count == 1 else "s were no numbers"
    notes.append(f"{count:,} sample{verb} (NaN or infinite): interpolated.")
    return x


def mix_to_mono(x: np.ndarray, notes: list[str]) -> np.ndarray:
    """float32 ``[n]`` of ``[n, channels]``, without a constant offset."""
    channels = x.shape[1]
    mixed = x.mean(axis=1, dtype=np.float32)
    if channels > 1:
        powers = [float(channel.var(dtype=np.float64)) for channel in x.T]
        expected = max(powers) / channels**2
        if float(mixed.var(dtype=np.float64)) < 0.5 * expected:
            mixed = x[:, int(np.argmax(powers))].copy()
            notes.append(
                f"The {channels} channels cancel each other out: only the loudest was kept."
            )
        else:
            notes.append(f"Mixed {channels} channels to one.")
    offset = float(mixed.mean(dtype=np.float64))
    mixed -= np.float32(offset)
    if abs(offset) > max(0.002, 0.05 * float(mixed.std())):
        notes.append(f"Removed a constant offset of {100 * abs(offset):.1f} % of full scale.")
    return mixed
