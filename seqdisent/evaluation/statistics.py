"""Intervals and p-values that respect what a data set is made of: sources with several sequences each.

Sequences of one character (speaker, recording) share what is peculiar to it, so a bootstrap over single
sequences promises too much. Whole sources are drawn instead; where every sequence is its own source this
is the bootstrap by sequence. Nothing is ever resampled frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

# Student's t at 97.5 % for 1, 2, 3 and 4 degrees of freedom: intervals over seeds.
T975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}


@dataclass(frozen=True)
class Rate:
    """A proportion with its 95 % Wilson interval, over independent sequences or pairs."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, hits: np.ndarray) -> Rate:
        """From booleans ``[n]``."""
        n, z = len(hits), 1.959964
        if n == 0:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        p = float(np.mean(hits))
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return cls(p, float(max(0, centre - half)), float(min(1, centre + half)), n)


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    def floored(self) -> Interval:
        """The same with nothing below 0, for information that cannot be negative."""
        return Interval(*(max(0.0, v) for v in asdict(self).values()))


def over_seeds(values: Sequence[float]) -> dict[str, float | None]:
    """The mean over seeds and its 95 % interval, Student's t; one seed has none."""
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return {"value": mean, "low": None, "high": None}
    half = T975.get(n - 1, 1.96) * float(np.std(values, ddof=1)) / n**0.5
    return {"value": mean, "low": mean - half, "high": mean + half}


class Bootstrap:
    """Resamples of sources, drawn once and used for every quantity, so that differences are paired.

    Args:
        source: ``[N]``.
        draws: resamples.
    """

    def __init__(self, source: np.ndarray, draws: int = 1000, seed: int = 0) -> None:
        _, self.group = np.unique(source, return_inverse=True)
        self.groups = int(self.group.max()) + 1
        rng = np.random.default_rng(seed)
        self.counts = rng.multinomial(
            self.groups, np.full(self.groups, 1 / self.groups), size=draws
        )

    def mean(self, values: np.ndarray) -> Interval:
        """The mean of ``values [N]``; NaN entries are left out."""
        return self.ratio(values, np.ones(len(values)))

    def ratio(self, top: np.ndarray, bottom: np.ndarray) -> Interval:
        """Sum of ``top`` over sum of ``bottom``, each ``[N]``; entries where either is NaN are left out."""
        known = ~(np.isnan(top) | np.isnan(bottom))
        if not known.any():
            return Interval(np.nan, np.nan, np.nan)
        sums = [
            np.bincount(self.group, np.where(known, v, 0.0), self.groups) for v in (top, bottom)
        ]
        value = float(sums[0].sum() / sums[1].sum())
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = (self.counts @ sums[0]) / (self.counts @ sums[1])
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        return Interval(value, float(low), float(high))

    def median(self, values: np.ndarray) -> Interval:
        """The median of ``values [N]``; NaN entries are left out."""
        known = ~np.isnan(values)
        if not known.any():
            return Interval(np.nan, np.nan, np.nan)
        values, group = values[known], self.group[known]
        drawn = [
            np.median(np.repeat(values, counts[group]))
            for counts in self.counts
            if counts[group].any()
        ]
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Interval(float(np.median(values)), float(low), float(high))

    def proportion(self, hits: np.ndarray) -> Interval:
        """The share of ones in ``hits [N]``. Where all are right or all wrong a bootstrap sees no doubt; Wilson's
        interval over sources does."""
        found = self.mean(hits)
        if found.value not in (0.0, 1.0):
            return found
        sources = len(np.unique(self.group[~np.isnan(hits)]))
        rate = Rate.of(np.full(sources, found.value))
        return Interval(found.value, rate.low, rate.high)


def label_shuffles(source: np.ndarray, labels: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Row permutations ``[draws, N]`` under which ``labels[rows]`` are equally likely if codes know nothing.

    Labels that never differ within a source are dealt anew to whole sources, for a probe may well
    recognise the source. Others are dealt anew to all sequences; where every source has every label, that
    is a little too cautious.
    """
    rng = np.random.default_rng(seed)
    _, first, group = np.unique(source, return_index=True, return_inverse=True)
    theirs = labels[first][group]
    constant = (labels == theirs) | (
        (labels != labels) & (theirs != theirs)
    )  # NaN, a missing label, is itself
    if constant.all():
        return np.stack([first[rng.permutation(len(first))][group] for _ in range(draws)])
    return np.stack([rng.permutation(len(source)) for _ in range(draws)])


def permutation_p(log2: np.ndarray, labels: np.ndarray, shuffles: np.ndarray) -> float:
    """One-sided p-value of a probe's mean log probability ``[N, C]`` of the true class.

    The probe is fixed and the test labels are shuffled, which is an exact test of whether what the probe
    says depends on the label; the smallest p is 1 / (shuffles + 1).
    """
    rows = np.flatnonzero(labels >= 0)
    observed = log2[rows, labels[rows]].mean()
    dealt = labels[shuffles]
    known = dealt >= 0
    said = np.take_along_axis(log2[None], np.maximum(dealt, 0)[:, :, None], axis=2)[..., 0]
    null = (said * known).sum(1) / known.sum(1)
    # A tolerance, so that permutations that change nothing count as ties.
    return float((1 + (null >= observed - 1e-9).sum()) / (1 + len(shuffles)))
