"""Swap and sample, scored by a judge (protocols of Li and Mandt, 2018, and of Berman et al., 2024).

Every score is reported with chance, its off-target counterpart, and the judge's accuracy on real sequences and on
reconstructions. A swap of two sequences that agree in a factor shows nothing about it, so swaps are scored over the
pairs that differ. Intervals resample sources (:class:`~seqdisent.evaluation.statistics.ClusterBootstrap`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Subject
from seqdisent.evaluation.disentanglement import independent_factors, multifactor_swap
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.progress import Progress
from seqdisent.evaluation.schema import InceptionScore, JudgeScore, MultifactorSwap, Rate, Swaps
from seqdisent.evaluation.statistics import ClusterBootstrap
from seqdisent.modalities import modality_of
from seqdisent.spec import Factor
from seqdisent.types import Latents

Predictions = dict[str, np.ndarray]  # factor -> probability of every class [n, C]
Labels = dict[str, np.ndarray]  # factor -> label [n]
RECONSTRUCTION, SWAP = "reconstruction", "swap"  # decoded from A; from s of B and z of A
DYNAMICS_SWAP = "dynamics_swap"  # from s of A and z of B
STATIC_SAMPLED, DYNAMICS_SAMPLED = "static_sampled", "dynamics_sampled"
GENERATED = (RECONSTRUCTION, SWAP, DYNAMICS_SWAP, STATIC_SAMPLED, DYNAMICS_SAMPLED)
# The kind of factor whose code is sampled from the prior.
SAMPLED_KIND = {STATIC_SAMPLED: "static", DYNAMICS_SAMPLED: "dynamic"}


@dataclass(frozen=True)
class Pairs:
    """Rows of sequences A and B, each ``[pairs]``; static factors come from B, dynamic ones from A.

    Args:
        sources: of all sequences, ``[N]`` (:func:`independent_sources`).
    """

    a: np.ndarray
    b: np.ndarray
    sources: np.ndarray

    def donor(self, factor: Factor) -> np.ndarray:
        """Rows of the sequence whose value a swap should show."""
        return self.b if factor.kind == "static" else self.a

    def other(self, factor: Factor) -> np.ndarray:
        """Rows of the other sequence."""
        return self.a if factor.kind == "static" else self.b

    def differ(self, labels: np.ndarray) -> np.ndarray:
        """Whether the two values of a pair are known and differ, bool ``[pairs]``, of labels ``[N]``."""
        a, b = labels[self.a], labels[self.b]
        return (a != b) & (a >= 0) & (b >= 0)


def independent_sources(data: SequenceDataset) -> np.ndarray:
    """What sequences are independent of, int ``[N]``: who they are of where the data declare it, else their sources.

    Several recordings of one speaker are not independent, although each is a source of its own
    (:attr:`seqdisent.spec.DatasetSpec.identity`).
    """
    if not data.spec.identity:
        return np.unique(data.sources, return_inverse=True)[1]
    labels = np.stack([data.static[name] for name in data.spec.identity], 1)
    unknown = (labels < 0).any(1)
    keys = np.column_stack([labels, np.where(unknown, data.sources, -1)])
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def random_pairs(n: int, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of ``pairs`` random pairs of different sequences out of ``n``."""
    rng = np.random.default_rng(seed)
    a = rng.integers(n, size=pairs)
    return a, (a + rng.integers(1, n, size=pairs)) % n


def judge_real(
    judge: Judge, data: SequenceDataset, progress: Progress | None = None
) -> Predictions:
    """The judge's predictions of every real sequence."""
    parts: dict[str, list[Tensor]] = {}
    inputs = modality_of(data.spec).judge_dataset(data)
    for start in range(0, len(data), BATCH):
        for name, probability in judge.probabilities(inputs[start : start + BATCH]).items():
            parts.setdefault(name, []).append(probability)
        if progress:
            progress(min(start + BATCH, len(data)), len(data))
    return {name: torch.cat(batches).numpy() for name, batches in parts.items()}


def judge_accuracy(real: Predictions, data: SequenceDataset) -> dict[str, Rate]:
    """The judge's accuracy on real sequences, for each factor."""
    truth = data.sequence_labels()
    bootstrap = ClusterBootstrap(independent_sources(data))
    return {
        name: _accuracy(probability.argmax(1), truth[name], bootstrap)
        for name, probability in real.items()
    }


def swap_report(
    subject: Subject,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    real: Predictions,
    *,
    pairs: int = 2000,
    seed: int = 0,
    progress: Progress | None = None,
) -> Swaps:
    """Score reconstructions, swaps and samples of random pairs.

    For each pair the static code of B is combined with the dynamic code of A. Over the pairs whose two values of a
    factor differ, the factor is *kept* if the judge predicts its donor's value (B's for static factors, A's for dynamic
    ones), and *off target* if it predicts the other sequence's. Pairs that agree would count a code that is ignored as
    kept.

    ``all_kept`` is over the pairs that differ in *every* factor that a swap exchanges (:func:`exchanged_factors`): over
    pairs that differ in at least one static and one dynamic factor, a model that loses the direction would still keep
    everything in the pairs of one direction. All factors with a known label must be kept, combinations too.

    Args:
        latents: posterior means of ``data``.
        real: :func:`judge_real` of ``data``; only the factors in it are scored.
    """
    rows = Pairs(*random_pairs(len(data), pairs, seed), independent_sources(data))
    factors = [f for f in data.spec.factors if f.name in real]
    truth = {name: labels for name, labels in data.sequence_labels().items() if name in real}
    predicted = _predictions(subject, judge, data, latents, factors, rows, seed, progress)
    classes = {what: _classes(found) for what, found in predicted.items()}
    of_a = ClusterBootstrap(rows.sources[rows.a])
    of_pair = ClusterBootstrap(rows.sources[rows.a], rows.sources[rows.b])

    swap: dict[str, JudgeScore] = {}
    for factor in factors:
        scored = _scored(predicted[SWAP], factor, rows.donor(factor), real, truth, of_pair)
        swap[factor.name] = _where_different(scored, classes[SWAP], factor, rows, truth, of_pair)
    exchanged = exchanged_factors(truth)
    differ = [rows.differ(truth[name]) for name in exchanged]
    in_all = np.all(differ, axis=0) if differ else np.zeros(pairs, bool)
    return Swaps(
        pairs=pairs,
        seed=seed,
        reconstruction={
            f.name: _scored(predicted[RECONSTRUCTION], f, rows.a, real, truth, of_a)
            for f in factors
        },
        swap=swap,
        all_kept=of_pair.rate(_all_kept(classes[SWAP], factors, rows, truth), in_all),
        all_kept_chance=math.prod(1 / len(data.spec.factor(name).classes) for name in exchanged),
        static_sampled={
            f.name: _sampled(predicted, STATIC_SAMPLED, f, rows, real, truth) for f in factors
        },
        dynamics_sampled={
            f.name: _sampled(predicted, DYNAMICS_SAMPLED, f, rows, real, truth) for f in factors
        },
        multifactor=_multifactor(classes, truth, factors, rows, of_pair),
        differ_in=tuple(exchanged),
    )


def exchanged_factors(labels: Labels) -> list[str]:
    """The factors in which a pair must differ so that its swap exchanges everything.

    Left out are combinations of others (an action is a motion in a direction) and what another factor determines (a
    speaker's sex): two speakers of one sex differ as speakers.

    Args:
        labels: int ``[N]`` for each factor; sequences with a missing label are left out.
    """
    known = np.all([values >= 0 for values in labels.values()], axis=0)
    if not known.any():
        return []
    complete = {name: values[known] for name, values in labels.items()}
    names = independent_factors(complete)
    size = {name: _combinations(complete[name]) for name in names}

    def determined(name: str) -> bool:
        finer = [other for other in names if size[other] > size[name]]
        return any(_combinations(complete[name], complete[other]) == size[other] for other in finer)

    return [name for name in names if not determined(name)]


def _combinations(*labels: np.ndarray) -> int:
    """How many combinations of values of labels ``[N]`` occur."""
    return len(np.unique(np.stack(labels), axis=1).T)


def _predictions(
    subject: Subject,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    factors: Sequence[Factor],
    rows: Pairs,
    seed: int,
    progress: Progress | None,
) -> dict[str, Predictions]:
    """The judge's predictions of all that is generated from the pairs."""
    generator = torch.Generator().manual_seed(seed)
    modality = modality_of(data.spec)
    names = {f.name for f in factors}
    parts: dict[str, dict[str, list[np.ndarray]]] = {
        what: {name: [] for name in names} for what in GENERATED
    }

    def judge_decoded(what: str, codes: Latents) -> None:
        inputs = modality.judge_batch(subject.decode(codes), data.spec)
        for name, probability in judge.probabilities(inputs).items():
            if name in names:
                parts[what][name].append(probability.numpy())

    pairs = len(rows.a)
    with torch.inference_mode():
        for start in range(0, pairs, BATCH):
            a = latents[rows.a[start : start + BATCH]]
            b = latents[rows.b[start : start + BATCH]]
            n, frames = len(a), a.dynamic.shape[1]
            judge_decoded(RECONSTRUCTION, a)
            judge_decoded(SWAP, a.with_static(b))
            judge_decoded(DYNAMICS_SWAP, a.with_dynamic(b))
            sampled = subject.sample(n, frames, dynamic=a.dynamic, generator=generator)
            judge_decoded(STATIC_SAMPLED, replace(sampled, mask=a.mask))
            sampled = subject.sample(n, frames, static=b.static, generator=generator)
            judge_decoded(DYNAMICS_SAMPLED, replace(sampled, mask=a.mask))
            if progress:
                progress(min(start + BATCH, pairs), pairs)
    return {
        what: {name: np.concatenate(batches) for name, batches in by_factor.items()}
        for what, by_factor in parts.items()
    }


def _classes(predictions: Predictions) -> Labels:
    """The most likely class."""
    return {name: probability.argmax(1) for name, probability in predictions.items()}


def _scored(
    predicted: Predictions,
    factor: Factor,
    donor: np.ndarray,
    real: Predictions,
    truth: Labels,
    bootstrap: ClusterBootstrap,
) -> JudgeScore:
    """Scores of a factor whose code comes from the sequences ``donor``."""
    name = factor.name
    scores = inception(predicted[name])
    return JudgeScore(
        chance=1 / len(factor.classes),
        inception_score=scores.inception_score,
        h_y=scores.h_y,
        h_y_given_x=scores.h_y_given_x,
        disagreement=disagreement(predicted[name], real[name][donor]),
        kl_nats=divergence_nats(predicted[name], real[name][donor]),
        kept=_accuracy(predicted[name].argmax(1), truth[name][donor], bootstrap),
    )


def _where_different(
    scored: JudgeScore,
    classes: Labels,
    factor: Factor,
    rows: Pairs,
    truth: Labels,
    bootstrap: ClusterBootstrap,
) -> JudgeScore:
    """With the scores of a swap over the pairs whose values differ."""
    labels, predicted = truth[factor.name], classes[factor.name]
    differ = rows.differ(labels)
    return replace(
        scored,
        kept=bootstrap.rate(predicted == labels[rows.donor(factor)], differ),
        off_target=bootstrap.rate(predicted == labels[rows.other(factor)], differ),
    )


def _sampled(
    predicted: dict[str, Predictions],
    what: str,
    factor: Factor,
    rows: Pairs,
    real: Predictions,
    truth: Labels,
) -> JudgeScore:
    """Scores where one of the two codes was sampled from the prior.

    If it is the code that should hold the factor, seeing the value of the sequence that the other code comes from is a
    leak of that other code.
    """
    name = factor.name
    # The one sequence that such a sample is made from.
    given = rows.donor(factor) if SAMPLED_KIND[what] != factor.kind else rows.other(factor)
    bootstrap = ClusterBootstrap(rows.sources[given])
    if SAMPLED_KIND[what] != factor.kind:
        return _scored(predicted[what], factor, given, real, truth, bootstrap)
    scores = inception(predicted[what][name])
    return JudgeScore(
        chance=1 / len(factor.classes),
        inception_score=scores.inception_score,
        h_y=scores.h_y,
        h_y_given_x=scores.h_y_given_x,
        off_target=_accuracy(predicted[what][name].argmax(1), truth[name][given], bootstrap),
    )


def _all_kept(classes: Labels, factors: Sequence[Factor], rows: Pairs, truth: Labels) -> np.ndarray:
    """Whether a swap keeps every labelled factor, bool ``[pairs]``."""
    kept = np.ones(len(rows.a), bool)
    for factor in factors:
        donor = truth[factor.name][rows.donor(factor)]
        kept &= (classes[factor.name] == donor) | (donor < 0)
    return kept


def _multifactor(
    classes: dict[str, Labels],
    truth: Labels,
    factors: Sequence[Factor],
    rows: Pairs,
    bootstrap: ClusterBootstrap,
) -> MultifactorSwap | None:
    """Both exchanges with A as the source and B as the donor, over factors that are not combinations of others."""
    names = independent_factors(truth)
    if any((truth[name] < 0).any() for name in names):
        return None  # the score is not defined for missing labels
    chosen = [f for f in factors if f.name in names]
    swapped = {kind: [f.name for f in chosen if f.kind == kind] for kind in ("static", "dynamic")}
    predicted = {
        "static": {name: classes[SWAP][name] for name in names},
        "dynamic": {name: classes[DYNAMICS_SWAP][name] for name in names},
    }
    return multifactor_swap(
        predicted,
        {name: truth[name][rows.a] for name in names},
        {name: truth[name][rows.b] for name in names},
        swapped,
        {f.name: len(f.classes) for f in chosen},
        bootstrap.rate,
    )


def _accuracy(predicted: np.ndarray, truth: np.ndarray, bootstrap: ClusterBootstrap) -> Rate:
    """How often two labels agree, where the true one is not missing."""
    return bootstrap.rate(predicted == truth, truth >= 0)


def disagreement(predicted: np.ndarray, real: np.ndarray) -> float:
    """How often the most likely class of two predictions ``[n, C]`` differs."""
    return float(np.mean(predicted.argmax(1) != real.argmax(1)))


def divergence_nats(predicted: np.ndarray, real: np.ndarray) -> float:
    """Mean KL(real || predicted) of two predictions ``[n, C]`` (Li and Mandt, 2018, section 4.1)."""
    log_ratio = np.log(np.clip(real, 1e-12, 1)) - np.log(np.clip(predicted, 1e-12, 1))
    return float((real * log_ratio).sum(1).mean())


def inception(predicted: np.ndarray) -> InceptionScore:
    """exp(H(y) - H(y|x)) of predictions ``[n, C]``, at most C, and both entropies in nats (as in S3VAE and DBSE)."""
    h_y = _entropy(predicted.mean(0))
    h_y_given_x = _entropy(predicted)
    return InceptionScore(float(np.exp(h_y - h_y_given_x)), h_y, h_y_given_x)


def _entropy(p: np.ndarray) -> float:
    """Mean entropy in nats of distributions along the last axis."""
    return float(-(p * np.log(np.clip(p, 1e-12, 1))).sum(-1).mean())
