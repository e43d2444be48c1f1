"""Leakage, measured on the codes: static and dynamic code times static and dynamic factors.

For each factor a linear and a non-linear probe is trained on codes of training sequences, chosen on validation and
scored once on test: usable information in bits out of the factor's entropy, and accuracy (R² for a continuous factor),
with 95 % intervals, chance, the majority rate, probes trained on shuffled labels, and a permutation p-value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.evaluation.codes import PARTS, Codes
from seqdisent.evaluation.disentanglement import independent_factors
from seqdisent.evaluation.probes import PROBES, ProbeConfig, Reading, Task, read
from seqdisent.evaluation.progress import TaskProgress, of_task
from seqdisent.evaluation.schema import (
    CODES,
    FULL_VIEW,
    CodeName,
    Estimate,
    FactorSummary,
    Leakage,
    LeakageCell,
    Posterior,
    ProbeKind,
    ProbeScore,
    StepScore,
)
from seqdisent.evaluation.splits import (
    Splits,
    changes_within_sequences,
    first_labels,
    why_not_measurable,
)
from seqdisent.evaluation.statistics import Bootstrap, label_shuffles, permutation_p
from seqdisent.evaluation.verdicts import verdicts
from seqdisent.spec import Factor
from seqdisent.types import Latents


def _static(codes: Latents) -> Tensor:
    return codes.static


def _all_steps(codes: Latents) -> Tensor:
    return codes.timeline(PARTS).flatten(1)


def _mean_over_time(codes: Latents) -> Tensor:
    return codes.timeline(1).mean(1)


# The views of a code: (code, view) -> one vector for each sequence. The K steps are joined, or averaged; sequences of
# different lengths are first divided into equally many parts.
VIEWS: dict[tuple[CodeName, str], Callable[[Latents], Tensor]] = {
    ("static", "static"): _static,
    ("dynamic", "sequence"): _all_steps,
    ("dynamic", "mean"): _mean_over_time,
}
POSTERIORS: tuple[Posterior, ...] = ("mean", "sample")
# (view, posterior) that verdicts are based on: the full code, as people use it.
HEADLINE = {code: (FULL_VIEW[code], "mean") for code in CODES}
# Probes trained on shuffled labels, for each cell and kind.
SHUFFLED_PROBES: dict[ProbeKind, int] = {"linear": 5, "nonlinear": 2}


@dataclass(frozen=True)
class Effort:
    """How thorough a measurement is.

    Args:
        posteriors: posterior means, or also posterior samples.
        steps: whether every step of the dynamic code is probed on its own.
        nulls: whether probes are also trained on shuffled labels.
        permutations: of the test labels, behind each p-value.
        resamples: of the bootstrap.
        epochs: passes of the probes over the training codes, as a share of the full measurement's.
    """

    posteriors: tuple[Posterior, ...] = POSTERIORS
    steps: bool = True
    nulls: bool = True
    permutations: int = 999
    resamples: int = 1000
    epochs: float = 1.0


FULL = Effort()
QUICK = Effort(
    posteriors=("mean",), steps=True, nulls=True, permutations=199, resamples=400, epochs=0.5
)
CELLS_ONLY = Effort(steps=False, nulls=False, permutations=199, resamples=400)


def measure(
    splits: Splits,
    factors: tuple[Factor, ...],
    *,
    effort: Effort = FULL,
    seed: int = 0,
    progress: TaskProgress | None = None,
) -> tuple[Leakage, dict[str, np.ndarray]]:
    """Every cell, and its scores for each test sequence.

    Args:
        factors: of the data set.
        progress: called with (what is being probed, epochs done, epochs in all).

    Returns:
        The leakage part of a report; and ``{"CODE/VIEW/POSTERIOR/FACTOR/PROBE/bits" or ".../score": [N_test]}`` with
        ``source [N_test]``, from which differences of two checkpoints are computed.
    """
    changing = [f.name for f in factors if changes_within_sequences(f, splits.train)]
    at_one_step = splits.at_one_step(seed) if changing else splits
    splits_of = {f.name: at_one_step if f.name in changing else splits for f in factors}
    reasons = {f.name: why_not_measurable(f, splits_of[f.name]) for f in factors}
    measured = [f for f in factors if not reasons[f.name]]
    classes = {
        f.name: first_labels(splits_of[f.name].test.labels[f.name])
        for f in measured
        if not f.continuous
    }
    composite = set(classes) - set(independent_factors(classes)) if classes else set()

    prober = _Prober(effort, Bootstrap(splits.test.source, effort.resamples, seed), seed, progress)
    groups = [splits, at_one_step] if changing else [splits]
    for group in groups:
        prober.probe(group, [f for f in measured if splits_of[f.name] is group])
    steps = prober.probe_steps(splits, measured) if effort.steps else []
    leakage = Leakage(
        train_sequences=len(splits.train),
        validation_sequences=len(splits.validation),
        test_sequences=len(splits.test),
        test_sources=prober.bootstrap.groups,
        seed=seed,
        bootstrap=effort.resamples,
        permutations=effort.permutations,
        shuffled_label_probes=SHUFFLED_PROBES if effort.nulls else {},
        factors_at_one_step=tuple(changing),
        factors=tuple(
            _factor_summary(f, splits_of[f.name], reasons[f.name], f.name in composite)
            for f in factors
        ),
        cells=tuple(prober.cells),
        steps=tuple(steps),
    )
    by_sequence = {"source": splits.test.source, **prober.by_sequence}
    return replace(leakage, verdicts=verdicts(leakage)), by_sequence


@dataclass
class _Prober:
    """Trains probes and collects what they score."""

    effort: Effort
    bootstrap: Bootstrap
    seed: int
    progress: TaskProgress | None
    cells: list[LeakageCell] = field(default_factory=list)
    by_sequence: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def configs(self) -> dict[ProbeKind, ProbeConfig]:
        """The probes, trained for as long as the effort allows."""
        return {
            kind: replace(config, epochs=max(3, round(config.epochs * self.effort.epochs)))
            for kind, config in PROBES.items()
        }

    def probe(self, splits: Splits, factors: list[Factor]) -> None:
        """Measure the cells of some factors."""
        if not factors:
            return
        shuffles = {f.name: self._label_shuffles(splits.test, f) for f in factors}
        for (code, view), vector in VIEWS.items():
            stacked = self._stacked(splits, vector)
            readings = {}
            nulls = {}
            for kind, config in self.configs.items():
                about = f"{code} code ({view})"
                readings[kind] = self._read(stacked, splits, factors, kind, config, about)
                nulls[kind] = self._read_shuffled(stacked, splits, factors, kind, config, about)
            for number, posterior in enumerate(self.effort.posteriors):
                for factor in factors:
                    by_kind = {kind: readings[kind][factor.name][number] for kind in readings}
                    scores = {
                        kind: score(factor, reading, self.bootstrap, nulls[kind][factor.name])
                        for kind, reading in by_kind.items()
                    }
                    for kind, reading in by_kind.items():
                        if reading.log2 is not None:
                            labels = first_labels(splits.test.labels[factor.name])
                            p = permutation_p(reading.log2, labels, shuffles[factor.name])
                            scores[kind] = replace(scores[kind], p=p)
                        key = f"{code}/{view}/{posterior}/{factor.name}/{kind}"
                        self._keep(key, factor, reading)
                    self.cells.append(
                        LeakageCell(
                            code=code,
                            view=view,
                            posterior=posterior,
                            factor=factor.name,
                            on_target=factor.kind == code,
                            chosen=_best_on_validation(by_kind),
                            linear=scores["linear"],
                            nonlinear=scores["nonlinear"],
                        )
                    )

    def probe_steps(self, splits: Splits, factors: list[Factor]) -> list[StepScore]:
        """What the dynamic code of every single step contains: leakage over time."""
        if not factors:
            return []
        stacked = [
            codes.mean.timeline(PARTS).transpose(0, 1).contiguous() for codes in splits.parts()
        ]
        steps = len(stacked[0])
        tasks = [_task(f, splits, steps) for f in factors]
        readings: dict[ProbeKind, dict[object, list[Reading]]] = {}
        for kind, config in self.configs.items():
            # The code of one step is small: half the units and passes suffice.
            light = replace(config, hidden=config.hidden // 2, epochs=max(3, config.epochs // 2))
            progress = of_task(self.progress, f"{kind} probes of every step")
            train, validation, test = stacked
            readings[kind] = read(
                train, validation, test, tasks, light, seed=self.seed, progress=progress
            )
        curve = []
        for factor in factors:
            for step in range(steps):
                by_kind = {kind: readings[kind][factor.name][step] for kind in readings}
                best = _best_on_validation(by_kind)
                scores = score(factor, by_kind[best], self.bootstrap, [])
                curve.append(
                    StepScore(factor.name, step, best, scores.bits, scores.score, scores.measure)
                )
        return curve

    def _stacked(self, splits: Splits, vector: Callable[[Latents], Tensor]) -> list[Tensor]:
        """Vectors ``[posteriors, N, d]`` of each split."""
        return [
            torch.stack([vector(codes.latents(name)) for name in self.effort.posteriors])
            for codes in splits.parts()
        ]

    def _read(
        self,
        stacked: list[Tensor],
        splits: Splits,
        factors: list[Factor],
        kind: ProbeKind,
        config: ProbeConfig,
        about: str,
    ) -> dict[object, list[Reading]]:
        tasks = [_task(f, splits) for f in factors]
        progress = of_task(self.progress, f"{kind} probes of the {about}")
        train, validation, test = stacked
        return read(train, validation, test, tasks, config, seed=self.seed, progress=progress)

    def _read_shuffled(
        self,
        stacked: list[Tensor],
        splits: Splits,
        factors: list[Factor],
        kind: ProbeKind,
        config: ProbeConfig,
        about: str,
    ) -> dict[str, list[Reading]]:
        """By factor, readings of probes trained on shuffled labels."""
        if not self.effort.nulls:
            return {f.name: [] for f in factors}
        numbers = range(SHUFFLED_PROBES[kind])
        tasks = [_shuffled_task(f, splits, i, self.seed) for f in factors for i in numbers]
        # One penalty, the strongest, is all that a probe of noise needs.
        strong = replace(config, penalties=(max(config.penalties),))
        progress = of_task(self.progress, f"{kind} probes of shuffled labels, {about}")
        train, validation, test = (part[:1] for part in stacked)
        readings = read(train, validation, test, tasks, strong, seed=self.seed, progress=progress)
        return {f.name: [readings[f.name, i][0] for i in numbers] for f in factors}

    def _label_shuffles(self, test: Codes, factor: Factor) -> np.ndarray:
        labels = first_labels(test.labels[factor.name])
        return label_shuffles(test.source, labels, self.effort.permutations, self.seed)

    def _keep(self, key: str, factor: Factor, reading: Reading) -> None:
        """Scores for each test sequence, in half precision; squared errors of rain do not fit into it."""
        self.by_sequence[f"{key}/bits"] = reading.bits.astype(np.float16)
        precision = np.float32 if factor.continuous else np.float16
        self.by_sequence[f"{key}/score"] = reading.score.astype(precision)


def score(
    factor: Factor, reading: Reading, bootstrap: Bootstrap, nulls: Sequence[Reading]
) -> ProbeScore:
    """One probe's accuracy (R² of a continuous factor) and bits, each with its interval and null; ``p`` is not set."""
    if factor.continuous:
        unexplained = bootstrap.ratio(reading.score, _baseline(reading))
        value = Estimate(1 - unexplained.value, 1 - unexplained.high, 1 - unexplained.low)
        null_scores = [1 - np.nansum(n.score) / np.nansum(_baseline(n)) for n in nulls]
    else:
        value = bootstrap.proportion(reading.score)
        null_scores = [np.nanmean(n.score) for n in nulls]
    null_bits = [max(0.0, float(np.nanmean(n.bits))) for n in nulls]
    return ProbeScore(
        bits=bootstrap.mean(reading.bits).non_negative(),
        score=value,
        measure="r2" if factor.continuous else "accuracy",
        null_bits=float(np.mean(null_bits)) if nulls else None,
        null_score=float(np.mean(null_scores)) if nulls else None,
    )


def _baseline(reading: Reading) -> np.ndarray:
    assert reading.baseline is not None, "of a continuous factor"
    return reading.baseline


def _best_on_validation(by_kind: dict[ProbeKind, Reading]) -> ProbeKind:
    return max(by_kind, key=lambda kind: by_kind[kind].validation_bits)


def _task(factor: Factor, splits: Splits, steps: int = 0) -> Task:
    """The labels to predict: one for each sequence; with ``steps`` one for each step, ``[steps, N]``."""
    parts = [codes.labels[factor.name] for codes in splits.parts()]
    if steps:
        train, validation, test = (_labels_of_steps(labels, steps) for labels in parts)
    else:
        train, validation, test = (first_labels(labels) for labels in parts)
    return Task(factor.name, len(factor.classes), train, validation, test)


def _labels_of_steps(labels: np.ndarray, steps: int) -> np.ndarray:
    if labels.ndim == 1:
        return np.broadcast_to(labels, (steps, len(labels)))
    return labels[:, np.arange(steps) * labels.shape[1] // steps].T


def _shuffled_task(factor: Factor, splits: Splits, number: int, seed: int) -> Task:
    """The same with labels shuffled in training and validation; test labels stay."""
    task = _task(factor, splits)

    def shuffled(labels: np.ndarray, codes: Codes) -> np.ndarray:
        order = label_shuffles(codes.source, labels, 1, seed + 1 + number)[0]
        return labels[order]

    return Task(
        (factor.name, number),
        task.classes,
        shuffled(task.train, splits.train),
        shuffled(task.validation, splits.validation),
        task.test,
    )


def _factor_summary(factor: Factor, splits: Splits, reason: str, composite: bool) -> FactorSummary:
    """A factor's entropy, chance level and majority rate on test."""
    summary = FactorSummary(
        name=factor.name,
        kind=factor.kind,
        classes=tuple(factor.classes),
        unit=factor.unit,
        not_measurable=reason,
        composite=composite,
    )
    if reason or factor.continuous:
        return summary
    train = first_labels(splits.train.labels[factor.name])
    test = first_labels(splits.test.labels[factor.name])
    train, test = train[train >= 0], test[test >= 0]
    share = np.bincount(test, minlength=len(factor.classes)) / len(test)
    present = share[share > 0]
    commonest = np.bincount(train).argmax()
    return replace(
        summary,
        entropy_bits=float(-(present * np.log2(present)).sum()),
        chance=1 / len(factor.classes),
        majority=float(np.mean(test == commonest)),
    )
