"""A data set from outside: series that rise or fall at a constant rate, from a level that stays."""

from __future__ import annotations

import numpy as np

from seqdisent.data import SequenceDataset
from seqdisent.data.source import GeneratedSource
from seqdisent.data.timeseries.windows import sequences, series_spec
from seqdisent.spec import Factor, Source, Variable

WINDOW, WINDOWS = 4, 6
COUNTS = {"train": 40, "validation": 10, "test": 12}
LEVELS = ("low", "high")
SLOPES = ("falling", "rising")

SPEC = series_spec(
    WINDOW,
    WINDOWS,
    (Variable("height", "m", mean=0.0, std=2.0), Variable("depth", "m", mean=0.0, std=2.0)),
    name="toy-ramps",
    title="Ramps",
    factors=(Factor("level", "static", LEVELS), Factor("slope", "dynamic", SLOPES)),
    source=Source(url="", licence="MIT", credit="a test"),
    splits=tuple(COUNTS.items()),
)


def generate(split: str) -> SequenceDataset:
    """A split; ``x`` is ``[B, 6, 4, 2]``."""
    count = COUNTS[split]
    generator = np.random.default_rng(list(COUNTS).index(split))
    level = generator.integers(0, 2, count)
    slope = generator.integers(0, 2, (count, WINDOWS))
    change = np.repeat(2 * slope - 1, WINDOW, axis=1).cumsum(1) / WINDOW
    height = 4 * level[:, None] + change
    values = np.stack([height, -height], axis=-1)
    return sequences(SPEC, values, {"level": level, "slope": slope})


TOY_RAMPS = GeneratedSource(SPEC, generate)
