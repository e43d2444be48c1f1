"""What comes in: sound files and arrays as float samples, and what is refused and why."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile as sf

from seqdisent.errors import SeqdisentError

MAX_MEGABYTES, MAX_CHANNELS, RATES_HZ = 25, 8, (4_000, 192_000)
# At most this much is decoded; the second counts all channels and bounds the memory (128 MB).
MAX_SECONDS, MAX_VALUES = 90, 2**25

# What files start with that people take for sound.
KINDS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x1aE\xdf\xa3": "a WebM or Matroska recording",
}


class AudioError(SeqdisentError, ValueError):
    """Sound that cannot be used. The message names the problem and the way out, and is shown to people as it is."""


def in_seconds(samples: int, rate_hz: int) -> str:
    """``"0.42 s"``, ``"61.3 s"``, ``"2.0 s"``."""
    length = samples / rate_hz
    fine = length < 1 or (length < 10 and abs(length - round(length, 1)) > 0.004)
    return f"{length:.2f} s" if fine else f"{length:.1f} s"


def decode(source: str | Path | bytes) -> tuple[np.ndarray, int, list[str]]:
    """Samples float32 ``[n, channels]``, their rate in Hz, and notes, of a path or the content of a file.

    One sample more than :func:`frame_limit` tells :func:`floats` that there was more. Raises :class:`AudioError`.
    """
    content, name = _load(source)
    try:
        with sf.SoundFile(io.BytesIO(content)) as file:
            rate_hz, coding = file.samplerate, file.subtype
            wanted = frame_limit(rate_hz, file.channels) + 1
            promised = min(wanted, file.frames)
            samples = _blocks(file, wanted)
    except AudioError:
        raise
    except (sf.SoundFileError, RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise AudioError(_why_not(content, name, getattr(error, "error_string", ""))) from None
    if not len(samples):
        raise AudioError(
            f"{name} has a header but no samples: it is empty, or cut off. Record or export it again."
        )
    notes = []
    if promised > 1.02 * len(samples) or _riff_missing(content) > 64:
        notes.append("The file ends before its header says; what is there was used.")
    if coding in ("ULAW", "ALAW"):
        notes.append(
            "The source has 8 bits a sample (telephone coding): coarse quantisation, its noise stays."
        )
    return samples, rate_hz, notes


def frame_limit(rate_hz: int, channels: int) -> int:
    """How many samples of each channel are looked at; :class:`AudioError` for an unusable rate or too many channels."""
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


def floats(samples: np.ndarray, rate_hz: int, notes: list[str]) -> np.ndarray:
    """A float32 copy ``[n, channels]`` with full scale at 1, no longer than is allowed."""
    x = np.asarray(samples)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or (x.dtype not in (np.uint8, np.int16, np.int32) and x.dtype.kind != "f"):
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
        return x.astype(np.float32) / 2 ** (8 * x.dtype.itemsize - 1)
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
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


def mend(x: np.ndarray, rate_hz: int, notes: list[str]) -> np.ndarray:
    """``[n, channels]`` with a few samples that are no numbers interpolated, in place."""
    bad = ~np.isfinite(x)
    if not bad.any():
        return x
    any_bad = bad.any(axis=1)
    edges = np.flatnonzero(np.diff(any_bad, prepend=False, append=False))
    share, longest = any_bad.mean(), (edges[1::2] - edges[::2]).max() / rate_hz
    if share >= 0.01 or longest > 0.02:
        raise AudioError(
            f"{100 * share:.1f} % of the samples are no numbers (NaN or infinite): the recording is damaged. "
            "Record or export it again."
        )
    for channel, wrong in zip(x.T, bad.T, strict=True):
        channel[wrong] = np.interp(np.flatnonzero(wrong), np.flatnonzero(~wrong), channel[~wrong])
    count = int(any_bad.sum())
    notes.append(
        f"{count:,} sample{' was no number' if count == 1 else 's were no numbers'} (NaN or infinite): "
        "interpolated."
    )
    return x


def mono(x: np.ndarray, notes: list[str]) -> np.ndarray:
    """float32 ``[n]`` of ``[n, channels]``, without a constant offset."""
    channels = x.shape[1]
    mixed = x.mean(axis=1, dtype=np.float32)
    if channels > 1:
        powers = [float(channel.var(dtype=np.float64)) for channel in x.T]
        if float(mixed.var(dtype=np.float64)) < 0.5 * max(powers) / channels**2:
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


def _load(source: str | Path | bytes) -> tuple[bytes, str]:
    """Content, and what to call it in a message: never more of a path than the file's own name."""
    content, name = source, "The file"
    if isinstance(source, (str, Path)):
        name = Path(source).name
        try:
            if not Path(source).is_file():
                raise AudioError(f"There is no file called {name}.")
            with open(source, "rb") as file:
                content = file.read(MAX_MEGABYTES * 2**20 + 1)
        except OSError as error:
            raise AudioError(f"{name} cannot be opened: {error.strerror}.") from None
    if len(content) > MAX_MEGABYTES * 2**20:
        raise AudioError(
            f"{name} is larger than {MAX_MEGABYTES} MB. Cut out the passage that you want, and give that."
        )
    if not content:
        raise AudioError(f"{name} is empty (0 bytes): nothing was recorded or uploaded. Try again.")
    return bytes(content), name


def _blocks(file: sf.SoundFile, wanted: int) -> np.ndarray:
    """Up to ``wanted`` samples, or what is there before the damage."""
    # Damaged FLAC raises, and loses the block that it happens in. MP3 would suffer: soundfile seeks after each block.
    size = file.samplerate // 2 if file.format == "FLAC" else wanted
    blocks = [np.zeros((0, file.channels), np.float32)]
    while (left := wanted - sum(map(len, blocks))) > 0:
        try:
            block = file.read(min(left, size), dtype="float32", always_2d=True)
        except sf.LibsndfileError:
            if len(blocks) == 1:
                raise
            break
        if not len(block):
            break
        blocks.append(block)
    return np.concatenate(blocks)


def _why_not(content: bytes, name: str, reason: str) -> str:
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), "")
    if content[4:8] == b"ftyp":
        kind = "an MP4 or M4A recording"
    elif not kind and sum(
        byte in b"\t\n\r" or 32 <= byte < 127 for byte in content[:4096]
    ) > 0.9 * len(content[:4096]):
        kind = "text"
    what = f"is {kind}, not sound that can be read" if kind else "cannot be read as sound"
    because = "" if kind or not reason else f" ({reason.removeprefix('Error : ').rstrip('.')})"
    return f"{name} {what}{because}. Give a WAV, FLAC, OGG or MP3 file, or convert it to WAV."


def _riff_missing(content: bytes) -> int:
    """Bytes that a WAV header promises beyond the end of the file; programs that stream promise 0 or 2 GB and more."""
    promised = int.from_bytes(content[4:8], "little") if content[:4] == b"RIFF" else 0
    return promised + 8 - len(content) if 0 < promised < 2**31 - 2**16 else 0
