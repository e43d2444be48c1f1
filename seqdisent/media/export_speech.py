"""Files of speech clips."""

from __future__ import annotations

from seqdisent.audio.prepare import wav_bytes
from seqdisent.audio.waveforms import waveforms
from seqdisent.media import audio
from seqdisent.media.clips import Clips, Writer


def wav(clips: Clips) -> bytes:
    """All clips one after the other, equally loud, with pauses between them."""
    return wav_bytes(audio.in_turn(audio.at_one_level(waveforms(clips.batch))))


WRITERS: dict[str, Writer] = {"wav": wav}
