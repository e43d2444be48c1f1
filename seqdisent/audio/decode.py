"""Sound files as samples; what is refused, and why."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile as sf

from seqdisent.audio.samples import AudioError, frame_limit

MAX_MEGABYTES = 25

# First bytes of files that users take for sound.
OTHER_KINDS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x1aE\xdf\xa3": "a WebM or Matroska recording",
}
TEXT_BYTES = frozenset([*b"\t\n\r", *range(32, 127)])


def decode(source: str | Path | bytes) -> tuple[np.ndarray, int, list[str]]:
    """Read a sound file.

    Args:
        source: a path, or the content of a file.

    Returns:
        Samples float32 ``[n, channels]``, their rate in Hz, and a sentence for each thing that was found. Of a longer
        file, one sample more than :func:`~seqdisent.audio.samples.frame_limit` is read, so that
        :func:`~seqdisent.audio.samples.to_float` notices.

    Raises:
        AudioError: for what is not sound, is damaged, or is larger than 25 MB.
    """
    content, name = _load(source)
    try:
        with sf.SoundFile(io.BytesIO(content)) as file:
            rate_hz, coding = file.samplerate, file.subtype
            wanted = frame_limit(rate_hz, file.channels) + 1
            promised = min(wanted, file.frames)
            samples = _read_blocks(file, wanted)
    except AudioError:
        raise
    except (sf.SoundFileError, RuntimeError, ValueError, OverflowError, MemoryError) as error:
        reason = getattr(error, "error_string", "")
        raise AudioError(_why_unreadable(content, name, reason)) from None
    if not len(samples):
        raise AudioError(
            f"{name} has a header but no samples: it is empty, or cut off. Record or export it again."
        )
    notes = []
    if promised > 1.02 * len(samples) or _missing_bytes(content) > 64:
        notes.append("The file ends before its header says; what is there was used.")
    if coding in ("ULAW", "ALAW"):
        notes.append(
            "The source has 8 bits a sample (telephone coding): coarse quantisation, its noise stays."
        )
    return samples, rate_hz, notes


def _load(source: str | Path | bytes) -> tuple[bytes, str]:
    """Content, and what to call it in a message: never more of a path than the name of the file."""
    name = "The file"
    if isinstance(source, (str, Path)):
        path = Path(source)
        name = path.name
        try:
            if not path.is_file():
                raise AudioError(f"There is no file called {name}.")
            with path.open("rb") as file:
                content = file.read(MAX_MEGABYTES * 2**20 + 1)
        except OSError as error:
            raise AudioError(f"{name} cannot be opened: {error.strerror}.") from None
    else:
        content = bytes(source)
    if len(content) > MAX_MEGABYTES * 2**20:
        raise AudioError(
            f"{name} is larger than {MAX_MEGABYTES} MB. Cut out the passage that you want, and give that."
        )
    if not content:
        raise AudioError(f"{name} is empty (0 bytes): nothing was recorded or uploaded. Try again.")
    return content, name


def _read_blocks(file: sf.SoundFile, wanted: int) -> np.ndarray:
    """Up to ``wanted`` samples, or those before the damage, float32 ``[n, channels]``."""
    # Damaged FLAC raises, and loses the block that it happens in. MP3 would suffer: soundfile seeks after each block.
    size = file.samplerate // 2 if file.format == "FLAC" else wanted
    blocks = [np.zeros((0, file.channels), np.float32)]
    left = wanted
    while left > 0:
        try:
            block = file.read(min(left, size), dtype="float32", always_2d=True)
        except sf.LibsndfileError:
            if len(blocks) == 1:
                raise
            break
        if not len(block):
            break
        blocks.append(block)
        left -= len(block)
    return np.concatenate(blocks)


def _why_unreadable(content: bytes, name: str, reason: str) -> str:
    advice = "Give a WAV, FLAC, OGG or MP3 file, or convert it to WAV."
    kind = _other_kind(content)
    if kind:
        return f"{name} is {kind}, not sound that can be read. {advice}"
    because = f" ({reason.removeprefix('Error : ').rstrip('.')})" if reason else ""
    return f"{name} cannot be read as sound{because}. {advice}"


def _other_kind(content: bytes) -> str:
    """What a file seems to be that is not sound; "" if that is not clear."""
    if content[4:8] == b"ftyp":
        return "an MP4 or M4A recording"
    for start, kind in OTHER_KINDS.items():
        if content.startswith(start):
            return kind
    beginning = content[:4096]
    text_bytes = sum(byte in TEXT_BYTES for byte in beginning)
    return "text" if text_bytes > 0.9 * len(beginning) else ""


def _missing_bytes(content: bytes) -> int:
    """Bytes that a WAV header promises beyond the end of the file; programs that stream promise 0 or 2 GB and more."""
    if content[:4] != b"RIFF":
        return 0
    promised = int.from_bytes(content[4:8], "little")
    if not 0 < promised < 2**31 - 2**16:
        return 0
    return promised + 8 - len(content)
