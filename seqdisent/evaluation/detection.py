"""The detection limit: leaks of a known size are planted in codes of this data set's size and structure, and searched.

A planted code is clustered by the on-target factors of the data, as a good code is. Inside its clusters, at a small
share of their distance, it contains a made-up factor, of which it names the right class just often enough for a given
number of bits. That is where leaks of trained models were found that linear probes of the whitened code miss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from seqdisent.evaluation.codes import Codes
from seqdisent.evaluation.probes import Task, code_matrices, read_strongest
from seqdisent.evaluation.progress import TaskProgress, of_task
from seqdisent.evaluation.schema import CODES, CodeName, DetectionLimit, ProbeFamily
from seqdisent.evaluation.splits import Splits, first_labels
from seqdisent.evaluation.statistics import Bootstrap, label_shuffles, permutation_p
from seqdisent.spec import Factor

CLASSES = 6  # of the made-up factor
MOST_DIMENSIONS = 16  # of a planted code
SCALE = 0.03  # of the residual, relative to the distance of clusters
NOISE = 0.3  # within the residual, relative to the distance of the planted classes
AMOUNTS_BITS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02)
FAMILIES: tuple[ProbeFamily, ...] = ("linear", "trees", "neighbours")
PERMUTATIONS, RESAMPLES = 199, 200
SIGNIFICANCE = 0.05


def detection_limits(
    splits: Splits, factors: Sequence[Factor], seed: int = 0, progress: TaskProgress | None = None
) -> tuple[DetectionLimit, ...]:
    """For each code the smallest planted leak that is found, from the largest down to the first that is missed.

    A planted leak of the dynamic code is of a factor that is constant in each source; one of the static code differs
    between the sequences of a source. A leak is found if the permutation test is significant and the interval of the
    bits is above 0.

    Args:
        factors: of the data set; the classes of the on-target ones form the clusters.
    """
    limits = []
    for code in CODES:
        on_target = [f for f in factors if f.kind == code and not f.continuous]
        smallest = None
        reported = of_task(progress, f"planted leaks in a {code} code")
        for number, amount in enumerate(AMOUNTS_BITS):
            if not _is_found(splits, on_target, code, amount, seed):
                break
            smallest = amount
            if reported:
                reported(number + 1, len(AMOUNTS_BITS))
        limits.append(DetectionLimit(code, smallest, SCALE, AMOUNTS_BITS))
        if reported:
            reported(len(AMOUNTS_BITS), len(AMOUNTS_BITS))
    return tuple(limits)


def error_rate(bits: float, classes: int = CLASSES) -> float:
    """How often a label must be replaced by another class, for it to contain ``bits`` about the true one."""

    def missing(rate: float) -> float:
        entropy = -rate * math.log2(rate) - (1 - rate) * math.log2(1 - rate)
        return math.log2(classes) - entropy - rate * math.log2(classes - 1) - bits

    return float(brentq(missing, 1e-9, 1 - 1 / classes - 1e-9))


def _is_found(
    splits: Splits, on_target: Sequence[Factor], code: CodeName, amount: float, seed: int
) -> bool:
    rng = np.random.default_rng(seed)
    size = _dimensions(splits.train, on_target)
    embedding = rng.normal(size=(CLASSES, size))
    centres = {f.name: rng.normal(size=(len(f.classes), size)) for f in on_target}
    parts, labels = [], []
    for part in splits.parts():
        label = _labels(part, code, rng)
        centre = np.zeros((len(part), size))
        for factor in on_target:
            known = np.maximum(first_labels(part.labels[factor.name]), 0)
            centre += centres[factor.name][known]
        planted = embedding[_with_errors(label, error_rate(amount), rng)]
        planted = planted + NOISE * rng.normal(size=planted.shape)
        parts.append(centre + SCALE * planted)
        labels.append(label)
    codes = code_matrices(*parts)
    task = Task("planted", CLASSES, *labels)
    conditions = [_condition(factor, splits) for factor in on_target]
    reading = read_strongest(codes, [task], conditions, FAMILIES, seed)[task.key]
    test = splits.test.source
    shuffles = label_shuffles(test, task.test, PERMUTATIONS, seed)
    assert reading.log2 is not None, "of a factor with classes"
    p = permutation_p(reading.log2, task.test, shuffles)
    low = Bootstrap(test, RESAMPLES, seed).mean(reading.bits).low
    return p <= SIGNIFICANCE and low > 0


def _dimensions(codes: Codes, on_target: Sequence[Factor]) -> int:
    """As many as the clusters of on-target factors span: in any other direction a leak would not be hidden."""
    if not on_target:
        return MOST_DIMENSIONS
    joint = np.stack([first_labels(codes.labels[f.name]) for f in on_target], 1)
    clusters = len(np.unique(joint, axis=0))
    spanned = min(clusters - 1, sum(len(f.classes) - 1 for f in on_target))
    return int(np.clip(spanned, 2, MOST_DIMENSIONS))


def _labels(codes: Codes, code: CodeName, rng: np.random.Generator) -> np.ndarray:
    """A made-up factor: of every source for the dynamic code, of every sequence for the static one."""
    if code == "static":
        return rng.integers(CLASSES, size=len(codes))
    _, source = np.unique(codes.source, return_inverse=True)
    return rng.integers(CLASSES, size=int(source.max()) + 1)[source]


def _with_errors(labels: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """``labels [N]`` of which a share ``rate`` is replaced by another class."""
    replaced = rng.random(len(labels)) < rate
    others = (labels + rng.integers(1, CLASSES, size=len(labels))) % CLASSES
    return np.where(replaced, others, labels)


def _condition(factor: Factor, splits: Splits) -> Task:
    labels = [first_labels(part.labels[factor.name]) for part in splits.parts()]
    return Task(factor.name, len(factor.classes), *labels)
