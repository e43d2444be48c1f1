"""Voices spoken by our own code: the audio data set that needs no download.

48 speakers, whose pitch, vocal tract and breath are known, say 12 words: see :mod:`seqdisent.data.speech.voices_art`.
Training recordings are takes 0 to 3; validation and test have a take of their own, in which each speaker says every
other word.
"""

from __future__ import annotations

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import GeneratedSource
from seqdisent.data.speech.recordings import Recording, audio_spec, recording_dataset, to_int16
from seqdisent.data.speech.voices_art import SPEAKERS, WORDS, say
from seqdisent.spec import Factor, Source

SECONDS = 0.9
_ALL = [(speaker, word) for speaker in range(len(SPEAKERS)) for word in range(len(WORDS))]
# (speaker, word, take) of every recording; neither half of the words belongs to one half of the speakers.
_TAKES = {
    "train": [(speaker, word, take) for take in range(4) for speaker, word in _ALL],
    "validation": [(speaker, word, 4) for speaker, word in _ALL if (speaker + word) % 2 == 0],
    "test": [(speaker, word, 5) for speaker, word in _ALL if (speaker + word) % 2 == 1],
}
SEXES = ("woman", "man")

SPEC = audio_spec(
    SECONDS,
    name="voices",
    title="Made-up voices",
    factors=(
        Factor("speaker", "static", tuple(speaker.name for speaker in SPEAKERS)),
        Factor("sex", "static", SEXES),
        Factor("pitch", "static", unit="Hz"),
        Factor("tract", "static", unit="cm"),
        Factor("breathiness", "static", unit="of 1"),
        Factor("word", "dynamic", tuple(word.name for word in WORDS)),
    ),
    source=Source(url="", licence="MIT", credit="spoken by seqdisent, from a seed"),
    splits=tuple((split, len(takes)) for split, takes in _TAKES.items()),
)


def recordings(split: str) -> list[Recording]:
    """Recordings of a split."""
    found = []
    for number, (speaker, word, take) in enumerate(_TAKES[split]):
        who = SPEAKERS[speaker]
        labels = {
            "speaker": speaker,
            "sex": SEXES.index(who.sex),
            "pitch": who.pitch_hz,
            "tract": who.tract_cm,
            "breathiness": who.breathiness,
            "word": word,
        }
        found.append(Recording(to_int16(say(speaker, word, take)), labels, source=number))
    return found


def load(split: str) -> SequenceDataset:
    """A split; ``x`` is ``[B, 45, 2, 67]``."""
    return recording_dataset(SPEC, recordings(split))


VOICES = GeneratedSource(SPEC, load)
