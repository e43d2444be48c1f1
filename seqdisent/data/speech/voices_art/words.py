"""What is said: twelve words as targets over time for a reference vocal tract."""

from __future__ import annotations

from dataclasses import dataclass, replace

REFERENCE_CM = 17.5  # the vocal tract that the targets are for

# Pitch over a word, in semitones: (share of the word, semitones).
MOVEMENTS: dict[str, tuple[tuple[float, float], ...]] = {
    "fall": ((0.0, 3.0), (0.25, 2.5), (0.9, -4.0), (1.0, -4.0)),
    "rise": ((0.0, -2.5), (0.3, -2.5), (0.95, 4.5), (1.0, 4.5)),
    "rise-fall": ((0.0, -3.5), (0.1, -3.5), (0.5, 4.5), (0.9, -3.5), (1.0, -3.5)),
    "level": ((0.0, 0.2), (1.0, -0.2)),
}


@dataclass(frozen=True)
class Target:
    """Where the vocal tract is heading for a while. Frequencies in Hz; levels 1 for an open vowel.

    Args:
        seconds: how long it is held, transitions included.
        formants, bandwidths: F1 to F5.
        voicing: level of the glottal source.
        aspiration: level of noise made at the glottis, as in "h".
        frication: level of noise made at a narrowing, as in "s".
        frication_hz, frication_band: centre and bandwidth of that noise.
        zero_hz: antiformant of the nose; at 270 Hz it cancels the nose's own resonance.
    """

    seconds: float
    formants: tuple[float, float, float, float, float]
    bandwidths: tuple[float, float, float, float, float]
    voicing: float = 0.0
    aspiration: float = 0.0
    frication: float = 0.0
    frication_hz: float = 2500.0
    frication_band: float = 1000.0
    zero_hz: float = 270.0


@dataclass(frozen=True)
class Word:
    """A word: its targets in order, and its movement of pitch (a name in :data:`MOVEMENTS`)."""

    name: str
    movement: str
    targets: tuple[Target, ...]

    @property
    def seconds(self) -> float:
        """The length of a take that does not vary."""
        return sum(target.seconds for target in self.targets)


def _sound(f1: float, f2: float, f3: float, f4: float = 3400, **levels: float) -> Target:
    return Target(0.0, (f1, f2, f3, f4, 4500), (70, 90, 130, 200, 250), **levels)


def _nasal(f2: float, f3: float, zero_hz: float) -> Target:
    return Target(
        0.0, (480, f2, f3, 3300, 4500), (80, 200, 200, 300, 350), voicing=0.6, zero_hz=zero_hz
    )


_SOUNDS: dict[str, Target] = {
    "a": _sound(740, 1200, 2500, voicing=1),
    "e": _sound(470, 1950, 2600, voicing=1),
    "i": _sound(290, 2250, 3000, 3600, voicing=1),
    "o": _sound(470, 880, 2450, voicing=1),
    "u": _sound(310, 1000, 2250, voicing=1),
    "w": _sound(290, 620, 2200, voicing=0.7),
    "y": _sound(270, 2200, 3050, 3600, voicing=0.7),
    "l": _sound(350, 1050, 2800, voicing=0.55),
    "r": _sound(330, 1150, 1600, 3000, voicing=0.6),
    "m": _nasal(1150, 2200, 450),
    "n": _nasal(1550, 2500, 600),
    "s": _sound(320, 1450, 2550, frication=0.55, frication_hz=5800, frication_band=1600),
    "sh": _sound(300, 1800, 2550, frication=0.60, frication_hz=3100, frication_band=1100),
    "zh": _sound(
        280, 1800, 2500, voicing=0.35, frication=0.35, frication_hz=3000, frication_band=1100
    ),
    "h": _sound(500, 1500, 2500, aspiration=0.5),
    # Stops: the gap, then its burst.
    "p": _sound(350, 850, 2300),
    "p!": _sound(
        400, 950, 2300, aspiration=0.25, frication=0.30, frication_hz=900, frication_band=900
    ),
    "t": _sound(320, 1700, 2650),
    "t!": _sound(
        350, 1700, 2650, aspiration=0.25, frication=0.60, frication_hz=4300, frication_band=1600
    ),
    "k": _sound(300, 2100, 2500),
    "k!": _sound(
        330, 2050, 2500, aspiration=0.30, frication=0.60, frication_hz=2200, frication_band=700
    ),
}


def _word(name: str, movement: str, script: str) -> Word:
    """A word from its script: sounds with their milliseconds; "h/u" is an "h" said with the mouth of "u"."""
    targets = []
    for sound, ms in zip(script.split()[::2], script.split()[1::2], strict=True):
        manner, _, mouth = sound.partition("/")
        shape = _SOUNDS[mouth or manner]
        target = replace(_SOUNDS[manner], formants=shape.formants, bandwidths=shape.bandwidths)
        targets.append(replace(target, seconds=int(ms) / 1000))
    return Word(name, movement, tuple(targets))


WORDS: tuple[Word, ...] = (
    _word("ama", "fall", "a 190 m 110 a 250"),
    _word("wai", "rise", "w 120 a 200 i 240"),
    _word("soju", "rise-fall", "s 150 o 200 t 40 zh 80 u 230"),
    _word("aishi", "level", "a 160 i 140 sh 160 i 220"),
    _word("yola", "fall", "y 120 o 190 l 110 a 240"),
    _word("hinu", "rise", "h/i 90 i 170 n 110 u 230"),
    _word("apo", "rise-fall", "a 180 p 90 p! 25 o 250"),
    _word("eki", "level", "e 180 k 85 k! 30 i 220"),
    _word("mewe", "rise-fall", "m 110 e 180 w 110 e 230"),
    _word("shalu", "fall", "sh 160 a 190 l 100 u 220"),
    _word("rosu", "level", "r 120 o 200 s 150 u 220"),
    _word("tuya", "rise", "t! 30 h/u 30 u 180 y 110 a 240"),
)
