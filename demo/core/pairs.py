"""The test split as a visitor chooses from it. Sequences are named by their position in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from demo.core import text
from demo.core.text import UNKNOWN
from demo.errors import RequestError
from demo.modalities import view_of
from seqdisent.data import SequenceDataset
from seqdisent.projections import maps

MAP_SIZE = 888  # sequences on a map, unless asked otherwise
FIRST_PAIR_SEED = 4
# Weights of agreement in :func:`nearest`.
LAST_CHOSEN, DYNAMIC, STATIC = 100, 10, 1


def labels(dataset: SequenceDataset) -> dict[str, np.ndarray]:
    """One label a sequence ``[N]`` for every factor, -1 or NaN where unknown.

    That of a dynamic factor is its first frame's, or, where labels change within a sequence, the most frequent one or
    the mean.
    """
    if view_of(dataset.spec).one_label_per_sequence:
        return dataset.sequence_labels()
    exists = np.arange(dataset.spec.frames) < dataset.steps[:, None]
    found = dict(dataset.static)
    for factor in dataset.spec.dynamic_factors:
        values = dataset.dynamic[factor.name]
        if factor.continuous:
            found[factor.name] = mean_label(values, exists)
        else:
            found[factor.name] = most_frequent_label(values, exists, len(factor.classes))
    return found


def mean_label(values: np.ndarray, exists: np.ndarray) -> np.ndarray:
    """The mean of a continuous factor over the steps that exist, ``[N]``; NaN where it is unknown."""
    known = exists & np.isfinite(values)
    total = np.where(known, values, 0).sum(1)
    return np.where(known.any(1), total / np.maximum(known.sum(1), 1), np.nan)


def most_frequent_label(values: np.ndarray, exists: np.ndarray, classes: int) -> np.ndarray:
    """The most frequent class over the steps that exist, ``[N]``; -1 where it is unknown."""
    counts = np.stack([(exists & (values == c)).sum(1) for c in range(classes)], 1)
    return np.where(counts.any(1), counts.argmax(1), -1)


def describe(dataset: SequenceDataset, index: int) -> dict[str, str]:
    """The labels of one sequence as text, by factor."""
    values, spec = labels(dataset), dataset.spec
    return {
        f.name: text.label(f, values[f.name][index], text.aggregation(spec, f))
        for f in spec.factors
    }


def caption(dataset: SequenceDataset, index: int) -> str:
    """One sequence in words: its title, and the labels that the title does not contain."""
    factors = describe(dataset, index)
    if dataset.titles is None:
        return text.caption(dataset.spec, factors)
    title = str(dataset.titles[index])
    contained = {UNKNOWN, *title.replace(",", "").split()}
    names = [factor.name for factor in text.headline_factors(dataset.spec)]
    new = [f"{name} {factors[name]}" for name in names if factors[name] not in contained]
    return " · ".join(filter(None, [title, ", ".join(new)]))


def check_index(dataset: SequenceDataset, index: object) -> int:
    """A position in the split; RequestError if it is not one."""
    last = len(dataset) - 1
    if isinstance(index, (int, np.integer)) and not isinstance(index, bool) and 0 <= index <= last:
        return int(index)
    raise RequestError(f"Test sequences are numbered 0 to {last}, not {str(index)[:40]}.")


def nearest(
    dataset: SequenceDataset, wanted: Mapping[str, int], first: str = ""
) -> tuple[int, list[str]]:
    """The sequence that shares most of the wanted labels, and the factors in which it differs.

    Args:
        wanted: class indices by factor.
        first: the factor that counts most, because it was chosen last; then come the dynamic ones.
    """
    values = labels(dataset)
    score = np.zeros(len(dataset))
    for name, value in wanted.items():
        weight = DYNAMIC if name in dataset.dynamic else STATIC
        if name == first:
            weight = LAST_CHOSEN
        score += weight * (values[name] == value)
    index = int(score.argmax())
    return index, [name for name, value in wanted.items() if values[name][index] != value]


def random_pair(dataset: SequenceDataset, rng: np.random.Generator) -> tuple[int, int]:
    """Two sequences that differ in as many headline factors as can be, so that a swap has the most to show."""
    known = [labels(dataset)[f.name] for f in text.headline_factors(dataset.spec)]
    values = np.stack([*known, np.zeros(len(dataset), np.int64)], 1)
    rows = shown_rows(dataset)
    a = int(rng.choice(rows))
    # Whether an unknown label differs is unknown.
    differs = (values[rows] != values[a]) & (values[rows] >= 0) & (values[a] >= 0)
    count = differs.sum(1)
    count[rows == a] = -1
    return a, int(rng.choice(rows[count == count.max()]))


def map_sizes(dataset: SequenceDataset) -> tuple[int, ...]:
    """How many sequences the maps of a data set can show, ascending."""
    return maps.sizes(len(dataset))


def map_size(dataset: SequenceDataset) -> int:
    """How many they show at first."""
    sizes = map_sizes(dataset)
    return max((n for n in sizes if n <= MAP_SIZE), default=sizes[0])


def shown_rows(dataset: SequenceDataset) -> np.ndarray:
    """Sequences that the maps show at first: what the app proposes can then be found on them."""
    return maps.choose_rows(len(dataset), map_size(dataset))


def first_pair(dataset: SequenceDataset) -> tuple[int, int]:
    """The pair that every visitor sees first."""
    return random_pair(dataset, np.random.default_rng(FIRST_PAIR_SEED))
