"""Who speaks: a pitch, a vocal tract length and a breathiness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

_EACH = 24  # speakers of each sex
# The three numbers of each sex, from lowest to highest: mean pitch (Hz), tract (cm), breathiness.
_RANGES = {"woman": ((170, 260), (13.2, 15.2), (0, 1)), "man": ((85, 145), (15.8, 18.2), (0, 1))}
# Seeds of Latin squares with correlations under 0.05 and no two speakers close; the best of 40 000.
_SEEDS = {"woman": 26988, "man": 32813}
_LIMITS = {"pitch_hz": (60, 400), "tract_cm": (11, 21), "breathiness": (0, 1)}


@dataclass(frozen=True)
class Speaker:
    """A voice. The name also seeds how each take varies, so a copy with another number is a counterfactual.

    Args:
        pitch_hz: mean fundamental frequency, 60 to 400.
        tract_cm: length of the vocal tract, 11 to 21; formants scale with its inverse.
        breathiness: 0 (modal) to 1: more aspiration noise and a softer source.

    Raises:
        ValueError: if a number is outside its range, or ``sex`` is unknown.
    """

    name: str
    sex: Literal["woman", "man"]
    pitch_hz: float
    tract_cm: float
    breathiness: float

    def __post_init__(self) -> None:
        if self.sex not in _RANGES:
            raise ValueError(f"sex must be one of {tuple(_RANGES)}, not {self.sex!r}")
        for field, (low, high) in _LIMITS.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"{field} must be from {low} to {high}, not {value!r}")


def _speakers(sex: Literal["woman", "man"]) -> list[Speaker]:
    """Spread by a Latin hypercube: evenly in log pitch, tract and breathiness, and nearly independently."""
    rank = np.argsort(np.random.default_rng(_SEEDS[sex]).random((_EACH, 3)), axis=0)
    (low, high), tract, breath = _RANGES[sex]
    return [
        Speaker(
            name=f"{sex[0]}{number:02d}",
            sex=sex,
            pitch_hz=round(float(low * (high / low) ** p), 1),
            tract_cm=round(float(np.interp(t, (0, 1), tract)), 2),
            breathiness=round(float(np.interp(b, (0, 1), breath)), 2),
        )
        for number, (p, t, b) in enumerate(rank / (_EACH - 1), 1)
    ]


SPEAKERS: tuple[Speaker, ...] = (*_speakers("woman"), *_speakers("man"))
