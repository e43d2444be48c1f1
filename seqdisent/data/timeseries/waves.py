"""Waves: simulated series with true factors, the data set of series that needs no download.

A sequence is twelve days of hourly values of four variables. Static: its **level** and its **trend**, a steady rise or
fall. Dynamic, day by day: the **season**, how strongly the daily wave swings, which stays or changes from day to day
(a Markov chain), and an **event**, a spike or a dip on some days. Every variable is a mixture of the four with weights
that are the same for all sequences, and noise. One value in twenty is missing, and one day in fifty of a variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import GeneratedSource
from seqdisent.data.timeseries.windows import sequences, series_spec
from seqdisent.spec import Factor, Source, Variable

DAYS, HOURS = 12, 24
LEVELS = {"low": -2.0, "medium": 0.0, "high": 2.0}
TRENDS = {
    "falling": -0.012,
    "steady": 0.0,
    "rising": 0.012,
}  # an hour; 3.5 in all, from the first hour on
SEASONS = {"calm": 0.25, "mild": 1.0, "stormy": 2.0}  # amplitude of the daily wave
EVENTS = {"none": 0.0, "spike": 3.0, "dip": -3.0}
STAY, EVENTFUL = 0.6, 0.3  # chance that the season stays for a day; that a day has an event
NOISE = 0.15
# Variables by (level, trend, wave, event); every variable has the wave at another hour.
MIXING = np.array(
    [[1.0, 1.0, 1.0, 1.0], [0.5, -1.0, 0.8, 0.4], [-1.0, 0.6, 0.5, -0.8], [0.2, 0.3, -1.2, 1.0]]
)
HOUR_OF_WAVE = np.array([0, 3, 6, 9])
COUNTS = {"train": 2000, "validation": 300, "test": 600}

SPEC = series_spec(
    HOURS,
    DAYS,
    tuple(
        Variable(name, "", mean, std)
        for name, mean, std in (
            ("north", 0.04, 2.51),
            ("east", 0.05, 2.0),
            ("south", -0.07, 2.03),
            ("west", 0.0, 1.36),
        )
    ),
    name="waves",
    title="Made-up waves",
    factors=(
        Factor("level", "static", tuple(LEVELS)),
        Factor("trend", "static", tuple(TRENDS)),
        Factor("season", "dynamic", tuple(SEASONS)),
        Factor("event", "dynamic", tuple(EVENTS)),
    ),
    source=Source(url="", licence="MIT", credit="simulated by seqdisent, from a seed"),
    splits=tuple(COUNTS.items()),
)


@dataclass(frozen=True)
class Waves:
    """Simulated series.

    Args:
        values: ``[N, DAYS * HOURS, 4]``, NaN where missing.
        labels: for each factor class indices, ``[N]`` or ``[N, DAYS]``.
    """

    values: np.ndarray
    labels: dict[str, np.ndarray]


def simulate(n: int, seed: int, *, missing: bool = True) -> Waves:
    """``n`` series, exactly the same for the same seed, with or without missing values.

    Raises:
        ValueError: if ``n`` is less than 1.
    """
    if n < 1:
        raise ValueError(f"simulate at least one series, not {n}")
    rng = np.random.default_rng(seed)
    labels = {"level": rng.integers(0, 3, n), "trend": rng.integers(0, 3, n)}
    season = rng.integers(0, 3, (n, DAYS))
    for day in range(1, DAYS):
        season[:, day] = np.where(rng.random(n) < STAY, season[:, day - 1], season[:, day])
    event = np.where(rng.random((n, DAYS)) < EVENTFUL, rng.integers(1, 3, (n, DAYS)), 0)
    labels |= {"season": season, "event": event}

    of = lambda table, name: np.array(list(table.values()))[labels[name]]
    hour = np.arange(DAYS * HOURS)
    level = np.repeat(of(LEVELS, "level")[:, None], len(hour), 1)
    trend = of(TRENDS, "trend")[:, None] * hour
    swing = np.repeat(of(SEASONS, "season"), HOURS, 1)
    peak = rng.integers(6, 18, (n, DAYS, 1))  # an event peaks between six and six
    bump = of(EVENTS, "event")[..., None] * np.exp(-0.5 * ((np.arange(HOURS) - peak) / 1.5) ** 2)
    values = np.empty((n, len(hour), len(MIXING)))
    for variable, (weights, shift) in enumerate(zip(MIXING, HOUR_OF_WAVE, strict=True)):
        wave = swing * np.sin(2 * np.pi * (hour - shift) / HOURS)
        values[..., variable] = np.stack([level, trend, wave, bump.reshape(n, -1)], -1) @ weights
    values += NOISE * rng.standard_normal(values.shape)
    gone = rng.random(values.shape) < 0.05
    gone |= np.repeat(rng.random((n, DAYS, len(MIXING))) < 0.02, HOURS, 1)
    if missing:
        values[gone] = np.nan
    return Waves(values.astype(np.float32), labels)


@lru_cache(maxsize=3)
def load_split(split: str) -> SequenceDataset:
    """A split, simulated from its own seed; ``x`` is ``[B, 12, 24, 4]``."""
    made = simulate(COUNTS[split], seed=list(COUNTS).index(split))
    titles = np.array([f"series {number}" for number in range(COUNTS[split])])
    return sequences(SPEC, made.values, made.labels, titles=titles)


WAVES = GeneratedSource(SPEC, load_split)
