"""Is a sequence out of distribution for a model? A few features of it, compared with those of known sequences.

Only what is measured counts: how well the model rebuilds it, whether known codes are like its codes, of speech its
pitch, voicing and length, of time series the level of each variable and how much is missing. A sequence can be unusual
in another way (a new word in a known voice, say) and raise no warning, and no warning does not mean that a swap will
be good.

A warning is rare for known sequences. Features are brought to one scale, on which the 99th percentile of the known ones
is 1, and the bound on it is where only :data:`ALARM_RATE` of the known sequences have *any* feature beyond it, each
compared with those of other sources, tenth by tenth (cross-conformal prediction; Vovk 2015). So about that share of
new sequences of the same kind raises a warning, however many features there are. The guarantee holds for sequences
drawn like the known ones, on average; with few of them it is coarse, and 2 % needs 49 or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.ood_features import Measured, measure
from seqdisent.modalities import modality_of
from seqdisent.modalities.features import Feature
from seqdisent.models import SequentialVAE
from seqdisent.types import Sequences

ALARM_RATE = 0.02
NEIGHBOURS = 5
FEWEST = 20  # known sequences
BATCH = 64
FOLDS = 10


@dataclass(frozen=True)
class Measure:
    """One feature of a sequence.

    Args:
        value: in ``unit``; None if there is none (the pitch of an unvoiced recording).
        percentile: percentage of the known sequences with a lower value; None if there is no comparison.
        text: the value with its unit.
    """

    name: str
    value: float | None
    unit: str
    percentile: float | None
    text: str


@dataclass(frozen=True)
class Comparison:
    """A sequence compared with known ones.

    Args:
        measures: its features, by key.
        warnings: a sentence for each feature that is out of distribution; none if it is like the known ones.
        reference: what it was compared with, in words; "" if there was nothing to compare with.
    """

    measures: dict[str, Measure]
    warnings: tuple[str, ...]
    reference: str


@dataclass(frozen=True, eq=False)
class Reference:
    """The known sequences of a model (:func:`reference`).

    Args:
        description: what they are, in words.
        known: their features.
        bound: a higher score is a reason for a warning.
    """

    model: SequentialVAE
    description: str
    known: KnownFeatures
    bound: float

    def compare(
        self, sequence: Sequences, source_values: Mapping[str, float] | None = None
    ) -> Comparison:
        """Compare one sequence (a batch of one) with the known ones.

        Args:
            source_values: of what was removed while it was prepared, by key of
                :attr:`seqdisent.modalities.Modality.source_features`.
        """
        values = self.known.with_distances(measure(self.model, sequence))
        scores = self.known.scores(values)
        measures: dict[str, Measure] = {}
        warnings: dict[str, str] = {}
        for key, known in self.known.values.items():
            feature = self.known.features[key]
            value = float(values[key][0])
            known = known[~np.isnan(known)]
            measures[key] = _measure(feature, value, known)
            if scores[key][0] > self.bound:
                warnings[key] = self._sentence(feature, value, known)
        if "envelope" in warnings:
            warnings.pop("error", None)  # the same error once more, in a unit that means less
        source_features = modality_of(self.model.spec).source_features
        for key, value in (source_values or {}).items():
            rule = source_features[key]
            measures[key] = _measure(rule.feature, value, np.zeros(0))
            if value > rule.highest:
                warnings[key] = rule.warning.format(value=measures[key].text)
        return Comparison(measures, tuple(warnings.values()), self.description)

    def _sentence(self, feature: Feature, value: float, known: np.ndarray) -> str:
        above = value > np.median(known)
        share = np.mean(known < value) if above else np.mean(known > value)
        side = "above" if above else "below"
        how_many = "all" if share == 1 else f"{100 * share:.1f} %"
        lowest = feature.text(known.min()).removesuffix(feature.unit).strip()
        highest = feature.text(known.max())
        meaning = f": {feature.meaning}" if feature.meaning and above else ""
        return (
            f"The {feature.name}, {feature.text(value)}, is {side} {how_many} of the "
            f"{self.description} ({lowest} to {highest}){meaning}."
        )


def reference(model: SequentialVAE, data: SequenceDataset, *, description: str) -> Reference:
    """Measure known sequences.

    Args:
        data: sequences like those that the model was trained on, which it has not memorised: the test split.
        description: what they are, to follow "of the": ``"300 test recordings of Free Spoken Digits"``.

    Raises:
        ValueError: for fewer than 20 sequences.
    """
    if len(data) < FEWEST:
        raise ValueError(f"a reference needs at least {FEWEST} known sequences, not {len(data)}")
    starts = range(0, len(data), BATCH)
    measured = Measured.cat([measure(model, data[start : start + BATCH]) for start in starts])
    values = {key: value for key, value in measured.values.items() if not np.isnan(value).all()}
    measured = Measured(values, measured.codes)
    features = modality_of(model.spec).features(model.spec)
    known = KnownFeatures(measured, data.sources, features)
    return Reference(model, description, known, joint_bound(measured, data.sources, features))


def joint_bound(
    measured: Measured,
    source: np.ndarray,
    features: Mapping[str, Feature],
    alarm_rate: float = ALARM_RATE,
) -> float:
    """The score that only a share ``alarm_rate`` of the sequences exceeds in any feature; at least 1.

    Args:
        measured: of N sequences.
        source: int ``[N]``; sequences of one source are never compared with each other.
    """
    group = np.unique(source, return_inverse=True)[1]
    too_few_sources = group.max() < FOLDS
    if too_few_sources:
        group = np.arange(len(source))
    fold = np.random.default_rng(0).permutation(group.max() + 1)[group] % FOLDS
    highest = np.empty(len(source))
    for i in range(FOLDS):
        held_out = fold == i
        known = KnownFeatures(measured[~held_out], group[~held_out], features)
        scores = known.scores(known.with_distances(measured[held_out]))
        highest[held_out] = np.max(list(scores.values()), axis=0)
    rank = int(np.ceil((len(highest) + 1) * (1 - alarm_rate)))
    return max(1.0, float(np.sort(highest)[min(rank, len(highest)) - 1]))


class KnownFeatures:
    """Features of N known sequences, to which the distances of their codes from the nearest others are added.

    Args:
        measured: what was measured of them.
        source: int ``[N]``; a sequence's neighbours are of other sources.
        features: what the values are.
    """

    def __init__(
        self, measured: Measured, source: np.ndarray, features: Mapping[str, Feature]
    ) -> None:
        # Imported here, when it is first needed: it takes seconds, which the app would wait for at its start.
        from sklearn.covariance import LedoitWolf

        self._whitening: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._codes: dict[str, np.ndarray] = {}
        found = dict(measured.values)
        enough_sources = len(np.unique(source)) > NEIGHBOURS
        group = source if enough_sources else np.arange(len(source))
        same_source = group[:, None] == group
        for key, codes in measured.codes.items():
            # Shrinkage: a direction in which the known codes hardly differ must not outweigh all others.
            fit = LedoitWolf().fit(np.asarray(codes, np.float64))
            variances, directions = np.linalg.eigh(fit.covariance_)
            self._whitening[key] = fit.location_, directions / np.sqrt(np.maximum(variances, 1e-12))
            self._codes[key] = self._whiten(key, codes)
            found[key] = _neighbour_distance(self._codes[key], self._codes[key], same_source)
        self.features = features
        self.values = {key: found[key] for key in features if key in found}

    def with_distances(self, measured: Measured) -> dict[str, np.ndarray]:
        """All features of M new sequences, by key ``[M]``."""
        distances = {
            key: _neighbour_distance(self._whiten(key, codes), self._codes[key])
            for key, codes in measured.codes.items()
        }
        return measured.values | distances

    def scores(self, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """How far values ``[M]`` lie from the known median; 1 is the 99th percentile, NaN scores 0."""
        return {
            key: _scores(self.features[key], known, values[key])
            for key, known in self.values.items()
        }

    def _whiten(self, key: str, codes: np.ndarray) -> np.ndarray:
        mean, directions = self._whitening[key]
        return (np.asarray(codes, np.float64) - mean) @ directions


def _measure(feature: Feature, value: float, known: np.ndarray) -> Measure:
    if np.isnan(value):
        return Measure(feature.name, None, feature.unit, None, "none")
    percentile = 100 * float(np.mean(known < value)) if len(known) else None
    return Measure(feature.name, value, feature.unit, percentile, feature.text(value))


def _scores(feature: Feature, known: np.ndarray, values: np.ndarray) -> np.ndarray:
    if feature.ratio:
        known, values = np.log(np.maximum(known, 1e-9)), np.log(np.maximum(values, 1e-9))
    tail = 0.5 if feature.two_sided else 1.0
    low, middle, high = np.nanpercentile(known, [tail, 50, 100 - tail])
    upward = (values - middle) / max(high - middle, feature.least)
    if not feature.two_sided:
        return np.nan_to_num(upward)
    downward = (middle - values) / max(middle - low, feature.least)
    return np.nan_to_num(np.maximum(upward, downward))


def _neighbour_distance(
    codes: np.ndarray, known: np.ndarray, excluded: np.ndarray | bool = False
) -> np.ndarray:
    """Mean distance of ``[M, F]`` to the nearest of ``[N, F]``, those ``excluded`` (bool ``[M, N]``) left out."""
    distances = np.where(excluded, np.inf, cdist(codes, known))
    return np.partition(distances, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS].mean(1)
