"""Does a sequence lie outside what a model knows? A few measures of it beside those of known sequences.

Only what is measured is seen: how well the model rebuilds it, whether codes like its own are known, of sound its pitch,
voicing and length, of series the level of each variable and how much is missing. A sequence can be foreign in another
way (a new word in a known voice, say) and raise no warning, and no warning does not mean that a swap will be good.

A warning is rare for what is known. Measures are brought to one scale, on which the 99th percentile of the known ones
is 1, and the bound on it is where only :data:`ALARMS` of the known sequences have *any* measure beyond, each compared
with those of other sources, tenth by tenth (cross-conformal prediction; Vovk 2015). So about that share of new
sequences of the same kind raises a warning, however many measures there are. The promise holds for sequences drawn
like the known ones, on average; with few of them it is coarse, and 2 % needs 49 or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.ood_features import ABOVE, KINDS, Kind, kinds_of, measured
from seqdisent.models import SequentialVAE
from seqdisent.types import Sequences

ALARMS, NEIGHBOURS = 0.02, 5
FEWEST = 20  # known sequences
BATCH, FOLDS = 64, 10
MOST_ABOVE = 0.5  # share of the energy: what was filtered out cannot be compared, so this is a rule


@dataclass(frozen=True)
class Measure:
    """One measure of a sequence.

    Args:
        value: in ``unit``; None if there is none (the pitch of what is not voiced).
        percentile: it is higher than this percentage of the known ones; None if that cannot be said.
        words: the value with its unit.
    """

    name: str
    value: float | None
    unit: str
    percentile: float | None
    words: str


@dataclass(frozen=True)
class Outside:
    """Measures of a sequence by key, and a sentence for each that lies beyond the known ones; none if it lies inside.

    Args:
        known: what it was compared with, in words.
    """

    measures: dict[str, Measure]
    warnings: tuple[str, ...]
    known: str


@dataclass(frozen=True, eq=False)
class Reference:
    """What a model knows, as far as it is measured (:func:`reference`); warnings begin at a score of ``bound``."""

    model: SequentialVAE
    known: str
    fit: Known
    bound: float

    def compare(self, sequence: Sequences, above_band: float | None = None) -> Outside:
        """One sequence (a batch of one) with the known ones.

        Args:
            above_band: share of its energy, 0 to 1, that was filtered out since the model hears nothing there.
        """
        values = self.fit.with_distances(*measured(self.model, sequence))
        beyond = {key: score[0] > self.bound for key, score in self.fit.scores(values).items()}
        found, warnings = {}, {}
        for key, others in self.fit.values.items():
            kind, value, others = (
                self.fit.kinds[key],
                float(values[key][0]),
                others[~np.isnan(others)],
            )
            found[key] = _measure(kind, value, others)
            if beyond[key]:
                warnings[key] = self._sentence(kind, value, others)
        if "envelope" in warnings:  # the same once more, in a unit that says less
            warnings.pop("error", None)
        if above_band is not None:
            share = found["above_band"] = _measure(ABOVE, 100 * above_band, np.zeros(0))
            if above_band > MOST_ABOVE:
                warnings["above_band"] = (
                    f"Most of its energy, {share.words}, is above what the model hears."
                )
        return Outside(found, tuple(warnings.values()), self.known)

    def _sentence(self, kind: Kind, value: float, others: np.ndarray) -> str:
        above = value > np.median(others)
        share = np.mean(others < value if above else others > value)
        side = f"{'above' if above else 'below'} {'all' if share == 1 else f'{100 * share:.1f} %'}"
        ends = f"{kind.words(others.min()).removesuffix(kind.unit).strip()} to {kind.words(others.max())}"
        meaning = f": {kind.meaning}" if kind.meaning and above else ""
        return f"The {kind.name}, {kind.words(value)}, is {side} of the {self.known} ({ends}){meaning}."


def reference(model: SequentialVAE, data: SequenceDataset, *, known: str) -> Reference:
    """Measure known sequences.

    Args:
        data: sequences that are like those the model was trained on, but were not learned by heart: the test split.
        known: what they are, to follow "of the": ``"300 test recordings of Free Spoken Digits"``.

    Raises:
        ValueError: for fewer than 20 sequences.
    """
    if len(data) < FEWEST:
        raise ValueError(f"what is known must be at least {FEWEST} sequences, not {len(data)}")
    parts = [measured(model, data[start : start + BATCH]) for start in range(0, len(data), BATCH)]
    joined = lambda i: {
        name: np.concatenate([part[i][name] for part in parts]) for name in parts[0][i]
    }
    values = {key: value for key, value in joined(0).items() if not np.isnan(value).all()}
    found = values, joined(1), data.sources
    kinds = kinds_of(model.spec)
    return Reference(model, known, Known(*found, kinds), joint_bound(*found, kinds))


def joint_bound(
    values: dict,
    codes: dict,
    source: np.ndarray,
    kinds: Mapping[str, Kind] = KINDS,
    alarms: float = ALARMS,
) -> float:
    """The score beyond which a share of ``alarms`` of the sequences has a measure, others being known; at least 1.

    Args:
        values: what is measured of N sequences, by key ``[N]``.
        codes: theirs, by key ``[N, F]``.
        source: ``[N]``.
        kinds: what they are.
    """
    group = np.unique(source, return_inverse=True)[1]
    group = (
        group if group.max() >= FOLDS else np.arange(len(source))
    )  # few sources: each sequence its own
    fold = np.random.default_rng(0).permutation(group.max() + 1)[group] % FOLDS
    highest = np.empty(len(source))
    pick = lambda some, rows: {key: value[rows] for key, value in some.items()}
    for i in range(FOLDS):
        new, rest = fold == i, fold != i
        fit = Known(pick(values, rest), pick(codes, rest), group[rest], kinds)
        found = fit.scores(fit.with_distances(pick(values, new), pick(codes, new)))
        highest[new] = np.max(list(found.values()), axis=0)
    rank = int(np.ceil((len(highest) + 1) * (1 - alarms)))
    return max(1.0, float(np.sort(highest)[min(rank, len(highest)) - 1]))


class Known:
    """Measures of N known sequences: what :func:`joint_bound` takes, and distances of codes from the nearest others."""

    def __init__(
        self, values: dict, codes: dict, source: np.ndarray, kinds: Mapping[str, Kind] = KINDS
    ) -> None:
        from sklearn.covariance import LedoitWolf  # imported when first needed

        self._whiten, self._codes, found = {}, {}, dict(values)
        alone = source if len(np.unique(source)) > NEIGHBOURS else np.arange(len(source))
        for key, code in codes.items():
            # A shrunk covariance: a direction in which the known codes hardly differ must not drown all others.
            fit = LedoitWolf().fit(np.asarray(code, np.float64))
            spread, turn = np.linalg.eigh(fit.covariance_)
            self._whiten[key] = fit.location_, turn / np.sqrt(np.maximum(spread, 1e-12))
            self._codes[key] = self._whitened(key, code)
            found[key] = _nearest(self._codes[key], self._codes[key], alone[:, None] == alone)
        self.kinds = kinds
        self.values = {key: found[key] for key in kinds if key in found}

    def with_distances(self, values: dict, codes: dict) -> dict[str, np.ndarray]:
        """All measures of new sequences, by key ``[M]``."""
        return values | {
            key: _nearest(self._whitened(key, code), self._codes[key])
            for key, code in codes.items()
        }

    def scores(self, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """How far measures ``[M]`` lie from the median of the known; 1 is the 99th percentile, NaN scores 0."""
        return {
            key: _scores(self.kinds[key], known, values[key]) for key, known in self.values.items()
        }

    def _whitened(self, key: str, codes: np.ndarray) -> np.ndarray:
        mean, turn = self._whiten[key]
        return (np.asarray(codes, np.float64) - mean) @ turn


def _measure(kind: Kind, value: float, known: np.ndarray) -> Measure:
    if np.isnan(value):
        return Measure(kind.name, None, kind.unit, None, "none")
    percentile = 100 * float(np.mean(known < value)) if len(known) else None
    return Measure(kind.name, value, kind.unit, percentile, kind.words(value))


def _scores(kind: Kind, known: np.ndarray, values: np.ndarray) -> np.ndarray:
    scale = (lambda x: np.log(np.maximum(x, 1e-9))) if kind.ratio else np.asarray
    tail = 0.5 if kind.two_sided else 1.0
    low, middle, high = np.nanpercentile(scale(known), [tail, 50, 100 - tail])
    away = scale(values) - middle
    up, down = away / max(high - middle, kind.least), -away / max(middle - low, kind.least)
    return np.nan_to_num(np.maximum(up, down) if kind.two_sided else up)


def _nearest(
    codes: np.ndarray, known: np.ndarray, excluded: np.ndarray | bool = False
) -> np.ndarray:
    """Mean distance of ``[M, F]`` to the nearest of ``[N, F]``."""
    from scipy.spatial.distance import cdist

    far = np.where(excluded, np.inf, cdist(codes, known))
    return np.partition(far, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS].mean(1)
