"""How the synthetic voices speak: speakers of three numbers, words of targets, and a source-filter synthesiser."""

# A glottal source (who: pitch, breathiness) is filtered by the resonances of a vocal tract (what: the
# word's formants; who: its length). Nothing else differs between speakers, so the factors are true.

from seqdisent.data.speech.voices_art.speakers import SPEAKERS, Speaker
from seqdisent.data.speech.voices_art.synthesis import RATE_HZ, say
from seqdisent.data.speech.voices_art.words import MOVEMENTS, WORDS, Target, Word

__all__ = [
    "MOVEMENTS",
    "RATE_HZ",
    "SPEAKERS",
    "WORDS",
    "Speaker",
    "Target",
    "Word",
    "say",
]
