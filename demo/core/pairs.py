"""The test split as a visitor chooses from it. Sequences are named by their position in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from demo.core import text as words
from demo.core.catalog import ServiceError
from seqdisent.data import SequenceDataset
from seqdisent.projections import maps

MAP_SIZE = 888  # sequences on a map, unless asked otherwise


def labels(dataset: SequenceDataset) -> dict[str, np.ndarray]:
    """One label a sequence ``[N]`` for every factor, -1 or NaN where unknown.

    A dynamic one's is its first frame's, or, where labels come and go, the most frequent one or the mean.
    """
    if words.roles(dataset.spec).steady:
        return dataset.sequence_labels()
    return _over_time(dataset)


def _over_time(dataset: SequenceDataset) -> dict[str, np.ndarray]:
    there = np.arange(dataset.spec.frames) < dataset.steps[:, None]
    found = dict(dataset.static)
    for factor in dataset.spec.dynamic_factors:
        label = dataset.dynamic[factor.name]
        if factor.continuous:
            known = there & np.isfinite(label)
            total = np.where(known, label, 0).sum(1)
            found[factor.name] = np.where(known.any(1), total / np.maximum(known.sum(1), 1), np.nan)
        else:
            counts = np.stack(
                [(there & (label == c)).sum(1) for c in range(len(factor.classes))], 1
            )
            found[factor.name] = np.where(counts.any(1), counts.argmax(1), -1)
    return found


def describe(dataset: SequenceDataset, index: int) -> dict[str, str]:
    """One sequence in words, by factor."""
    values = labels(dataset)
    spec = dataset.spec
    return {
        f.name: words.value(f, values[f.name][index], words.changing(spec, f)) for f in spec.factors
    }


def caption(dataset: SequenceDataset, index: int) -> str:
    """One sequence in words: what people call it, and what that does not say of it already."""
    factors = describe(dataset, index)
    if dataset.titles is None:
        return words.caption(dataset.spec, factors)
    title = str(dataset.titles[index])
    others = [f.name for f in words.headline_factors(dataset.spec)]
    said = [words.UNKNOWN, *title.replace(",", "").split()]
    new = [f"{name} {factors[name]}" for name in others if factors[name] not in said]
    return " · ".join([title, *([", ".join(new)] if new else [])])


def check_index(dataset: SequenceDataset, index: object) -> int:
    """A position in the split; ServiceError if it is not one."""
    whole = isinstance(index, (int, np.integer)) and not isinstance(index, bool)
    if not whole or not 0 <= index < len(dataset):
        raise ServiceError(
            f"Sequences are numbered 0 to {len(dataset) - 1}, not {str(index)[:40]}."
        )
    return int(index)


def nearest(
    dataset: SequenceDataset, wanted: Mapping[str, int], first: str = ""
) -> tuple[int, list[str]]:
    """The sequence that shares most of the wanted labels, and the factors in which it differs.

    Args:
        wanted: class indices.
        first: the factor that counts most, because it was asked for last; then come the dynamic ones.
    """
    values = labels(dataset)
    score = np.zeros(len(dataset))
    for name, value in wanted.items():
        score += (values[name] == value) * (
            100 if name == first else 10 if name in dataset.dynamic else 1
        )
    index = int(score.argmax())
    return index, [name for name, value in wanted.items() if values[name][index] != value]


def random_pair(dataset: SequenceDataset, rng: np.random.Generator) -> tuple[int, int]:
    """Two sequences that differ in as many headline factors as can be, so that a swap has the most to show."""
    known = [labels(dataset)[f.name] for f in words.headline_factors(dataset.spec)]
    values = np.stack([*known, np.zeros(len(dataset), np.int64)], 1)
    rows = shown_rows(dataset)
    a = int(rng.choice(rows))
    # Whether an unknown label differs is unknown.
    differing = ((values[rows] != values[a]) & (values[rows] >= 0) & (values[a] >= 0)).sum(1)
    differing[rows == a] = -1
    return a, int(rng.choice(rows[differing == differing.max()]))


def map_sizes(dataset: SequenceDataset) -> tuple[int, ...]:
    """How many sequences the maps of a data set can show, ascending."""
    return maps.sizes(len(dataset))


def map_size(dataset: SequenceDataset) -> int:
    """How many they show at first."""
    return max((n for n in map_sizes(dataset) if n <= MAP_SIZE), default=map_sizes(dataset)[0])


def shown_rows(dataset: SequenceDataset) -> np.ndarray:
    """Sequences that the maps show at first: what the app proposes can then be found on them."""
    return maps.choose_rows(len(dataset), map_size(dataset))


def first_pair(dataset: SequenceDataset) -> tuple[int, int]:
    """The pair that everyone sees first: the same one every time."""
    return random_pair(dataset, np.random.default_rng(4))
