"""Leakage, measured on the codes: static and dynamic code times static and dynamic factors.

Every view of a code is read by several families of probes in two representations (:mod:`seqdisent.evaluation.probes`):
usable information in bits out of the factor's entropy, and accuracy (R² for a continuous factor), with 95 % intervals,
chance, the majority rate, probes trained on shuffled labels, and a permutation p-value. The probe, the representation
and the view that a verdict is based on are chosen on validation; test is scored once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from seqdisent.evaluation.codes import PARTS, Codes
from seqdisent.evaluation.detection import detection_limits
from seqdisent.evaluation.disentanglement import independent_factors
from seqdisent.evaluation.probes import (
    FAMILIES,
    Matrices,
    Reading,
    Task,
    code_matrices,
    read,
    residual,
    whitened,
)
from seqdisent.evaluation.progress import TaskProgress, of_task
from seqdisent.evaluation.schema import (
    CodeName,
    Estimate,
    FactorSummary,
    Leakage,
    LeakageCell,
    Posterior,
    ProbeFamily,
    ProbeScore,
    Representation,
    StepScore,
)
from seqdisent.evaluation.splits import (
    Splits,
    changes_within_sequences,
    first_labels,
    labels_at_step,
    why_not_measurable,
)
from seqdisent.evaluation.statistics import (
    Bootstrap,
    label_shuffles,
    permutation_p,
    regression_permutation_p,
)
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
# different lengths are first divided into equally many parts. Single steps are a further view of the dynamic code.
VIEWS: dict[tuple[CodeName, str], Callable[[Latents], Tensor]] = {
    ("static", "static"): _static,
    ("dynamic", "sequence"): _all_steps,
    ("dynamic", "mean"): _mean_over_time,
}
STEP_VIEW = "step"
POSTERIORS: tuple[Posterior, ...] = ("mean", "sample")
ALL_FAMILIES: tuple[ProbeFamily, ...] = tuple(FAMILIES)
# Every step is a code of its own: families that are read in a moment.
STEP_FAMILIES: tuple[ProbeFamily, ...] = ("linear", "neighbours")


@dataclass(frozen=True)
class Effort:
    """How thorough a measurement is.

    Args:
        posteriors: posterior means, or also posterior samples.
        families: of the probes of posterior means.
        sample_families: of the probes of posterior samples.
        steps: whether every step of the dynamic code is probed on its own.
        nulls: probes that are trained on shuffled labels, for each off-target cell of posterior means.
        detection: whether planted leaks are searched for, to state the detection limit.
        permutations: of the test labels, behind each p-value.
        resamples: of the bootstrap.
    """

    posteriors: tuple[Posterior, ...] = POSTERIORS
    families: tuple[ProbeFamily, ...] = ALL_FAMILIES
    sample_families: tuple[ProbeFamily, ...] = ("linear", "trees", "neighbours")
    steps: bool = True
    nulls: int = 2
    detection: bool = True
    permutations: int = 999
    resamples: int = 1000


FULL = Effort()
QUICK = Effort(
    posteriors=("mean",),
    families=("linear", "trees", "neighbours"),
    nulls=1,
    detection=False,
    permutations=199,
    resamples=400,
)
CELLS_ONLY = replace(QUICK, posteriors=POSTERIORS, steps=False, nulls=0)


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
        progress: called with (what is being probed, done, total).

    Returns:
        The leakage part of a report; and ``{"CODE/VIEW/POSTERIOR/FACTOR/bits" or ".../score": [N_test]}`` of the chosen
        probe of each cell, with ``source [N_test]``, from which differences of two checkpoints are computed.
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

    bootstrap = Bootstrap(splits.test.source, effort.resamples, seed)
    prober = _Prober(effort, measured, bootstrap, seed, progress)
    groups = [splits, at_one_step] if changing else [splits]
    for group in groups:
        prober.probe(group, [f for f in measured if splits_of[f.name] is group])
    if effort.steps:
        prober.probe_steps(splits)
    limits = detection_limits(splits, measured, seed, progress) if effort.detection else ()
    leakage = Leakage(
        train_sequences=len(splits.train),
        validation_sequences=len(splits.validation),
        test_sequences=len(splits.test),
        test_sources=bootstrap.groups,
        seed=seed,
        bootstrap=effort.resamples,
        permutations=effort.permutations,
        shuffled_label_probes=effort.nulls,
        factors_at_one_step=tuple(changing),
        factors=tuple(
            _factor_summary(f, splits_of[f.name], reasons[f.name], f.name in composite)
            for f in factors
        ),
        cells=tuple(prober.cells),
        steps=tuple(prober.steps),
        detection=limits,
    )
    by_sequence = {"source": splits.test.source, **prober.by_sequence}
    return replace(leakage, verdicts=verdicts(leakage)), by_sequence


@dataclass(frozen=True)
class _Probe:
    """What one family predicts from one representation."""

    family: ProbeFamily
    representation: Representation
    reading: Reading


class _View:
    """One view of a code in the representations that probes see.

    Args:
        codes: the vectors of the view.
        tasks: by factor, what is to be predicted.
        off_target: the factors that do not belong in the code; they are also read from the residual.
        conditions: the on-target factors that the residual is free of.
    """

    def __init__(
        self,
        codes: Matrices,
        tasks: dict[str, Task],
        off_target: list[str],
        conditions: list[Task],
    ) -> None:
        self.tasks, self.off_target = tasks, off_target
        self.representations: dict[Representation, Matrices] = {"code": whitened(codes)}
        left = residual(codes, conditions) if off_target else None
        if left is not None:
            self.representations["residual"] = left

    def probes(
        self, families: Sequence[ProbeFamily], seed: int, progress: TaskProgress | None, about: str
    ) -> dict[str, list[_Probe]]:
        """By factor all probes of this view."""
        found: dict[str, list[_Probe]] = {name: [] for name in self.tasks}
        for representation, matrices in self.representations.items():
            names = list(self.tasks) if representation == "code" else self.off_target
            for family in families:
                seen = "residual of the " if representation == "residual" else ""
                reported = of_task(progress, f"{family} probes of the {seen}{about}")
                tasks = [self.tasks[name] for name in names]
                readings = read(family, matrices, tasks, seed=seed, progress=reported)
                for name in names:
                    found[name].append(_Probe(family, representation, readings[name]))
        return found

    def read_again(self, tasks: list[Task], probe: _Probe, seed: int) -> list[Reading]:
        """Readings of other tasks by a probe of the same family from the same representation."""
        if not tasks:
            return []
        matrices = self.representations[probe.representation]
        readings = read(probe.family, matrices, tasks, seed=seed)
        return [readings[task.key] for task in tasks]


@dataclass
class _Prober:
    """Trains probes and collects what they score."""

    effort: Effort
    factors: list[Factor]
    bootstrap: Bootstrap
    seed: int
    progress: TaskProgress | None
    cells: list[LeakageCell] = field(default_factory=list)
    steps: list[StepScore] = field(default_factory=list)
    by_sequence: dict[str, np.ndarray] = field(default_factory=dict)

    def probe(self, splits: Splits, factors: list[Factor]) -> None:
        """Measure the cells of some factors."""
        if not factors:
            return
        for (code, view), vector in VIEWS.items():
            conditions = [_task(f, splits) for f in self.factors if f.kind == code]
            for posterior in self.effort.posteriors:
                parts = [vector(part.latents(posterior)).numpy() for part in splits.parts()]
                tasks = {f.name: _task(f, splits) for f in factors}
                off_target = [f.name for f in factors if f.kind != code]
                seen = _View(code_matrices(*parts), tasks, off_target, conditions)
                is_mean = posterior == "mean"
                families = self.effort.families if is_mean else self.effort.sample_families
                about = f"{code} code ({view}, posterior {posterior})"
                probes = seen.probes(families, self.seed, self.progress, about)
                for factor in factors:
                    best = _best(probes[factor.name])
                    has_null = is_mean and factor.name in off_target
                    nulls = self._nulls(seen, factor, splits, best) if has_null else []
                    cell = self._cell(factor, code, view, splits, probes[factor.name], nulls)
                    self.cells.append(replace(cell, posterior=posterior))
                    self._keep(f"{code}/{view}/{posterior}/{factor.name}", factor, best.reading)

    def probe_steps(self, splits: Splits) -> None:
        """What the dynamic code of every single step contains; the strongest step is a view of its own."""
        if not self.factors:
            return
        timelines = [part.mean.timeline(PARTS).numpy() for part in splits.parts()]
        count = timelines[0].shape[1]
        off_target = [f.name for f in self.factors if f.kind != "dynamic"]
        by_step: dict[str, list[list[_Probe]]] = {f.name: [] for f in self.factors}
        progress = of_task(self.progress, "single steps of the dynamic code")
        for step in range(count):
            parts = [part[:, step] for part in timelines]
            tasks = {f.name: _task(f, splits, step, count) for f in self.factors}
            conditions = [tasks[f.name] for f in self.factors if f.kind == "dynamic"]
            seen = _View(code_matrices(*parts), tasks, off_target, conditions)
            probes = seen.probes(STEP_FAMILIES, self.seed, None, "")
            for name, found in probes.items():
                by_step[name].append(found)
            if progress:
                progress(step + 1, count)
        for factor in self.factors:
            probes_of = by_step[factor.name]
            for step, found in enumerate(probes_of):
                self.steps.append(self._step_score(factor, step, _best(found)))
            validation = [_best(found).reading.validation_bits for found in probes_of]
            strongest = int(np.argmax(validation))
            at_step = splits.at_step(strongest, count)
            cell = self._cell(factor, "dynamic", STEP_VIEW, at_step, probes_of[strongest], [])
            self.cells.append(replace(cell, step=strongest))
            reading = _best(probes_of[strongest]).reading
            self._keep(f"dynamic/{STEP_VIEW}/mean/{factor.name}", factor, reading)

    def _cell(
        self,
        factor: Factor,
        code: CodeName,
        view: str,
        splits: Splits,
        probes: list[_Probe],
        nulls: list[Reading],
    ) -> LeakageCell:
        """The scores of every family by its better representation; p and nulls of the chosen one."""
        best = _best(probes)
        scores: dict[ProbeFamily, ProbeScore] = {}
        for family in dict.fromkeys(probe.family for probe in probes):
            probe = _best([probe for probe in probes if probe.family == family])
            figures = score(factor, probe.reading, self.bootstrap)
            scores[family] = replace(figures, representation=probe.representation)
        chosen = replace(scores[best.family], p=self._p(best.reading, factor, splits.test))
        if nulls:
            chosen = replace(chosen, null_bits=_mean_bits(nulls), null_score=_mean_score(nulls))
        scores[best.family] = chosen
        return LeakageCell(
            code=code,
            view=view,
            posterior="mean",
            factor=factor.name,
            on_target=factor.kind == code,
            chosen=best.family,
            probes=scores,
            validation_bits=best.reading.validation_bits,
        )

    def _nulls(self, seen: _View, factor: Factor, splits: Splits, best: _Probe) -> list[Reading]:
        """Readings of shuffled labels by probes like the chosen one."""
        numbers = range(self.effort.nulls)
        tasks = [_shuffled_task(factor, splits, number, self.seed) for number in numbers]
        return seen.read_again(tasks, best, self.seed)

    def _p(self, reading: Reading, factor: Factor, test: Codes) -> float:
        labels = first_labels(test.labels[factor.name])
        shuffles = label_shuffles(test.source, labels, self.effort.permutations, self.seed)
        if reading.log2 is not None:
            return permutation_p(reading.log2, labels, shuffles)
        assert reading.value is not None, "of a continuous factor"
        return regression_permutation_p(reading.value, labels, shuffles)

    def _step_score(self, factor: Factor, step: int, best: _Probe) -> StepScore:
        figures = score(factor, best.reading, self.bootstrap)
        return StepScore(
            factor.name, step, best.family, figures.bits, figures.score, figures.measure
        )

    def _keep(self, key: str, factor: Factor, reading: Reading) -> None:
        """Scores for each test sequence, in half precision; squared errors of rain do not fit into it."""
        self.by_sequence[f"{key}/bits"] = reading.bits.astype(np.float16)
        precision = np.float32 if factor.continuous else np.float16
        self.by_sequence[f"{key}/score"] = reading.score.astype(precision)


def score(factor: Factor, reading: Reading, bootstrap: Bootstrap) -> ProbeScore:
    """A probe's accuracy (R² of a continuous factor) and bits, each with its interval; no p-value and no null."""
    if factor.continuous:
        assert reading.baseline is not None, "of a continuous factor"
        unexplained = bootstrap.ratio(reading.score, reading.baseline)
        value = Estimate(1 - unexplained.value, 1 - unexplained.high, 1 - unexplained.low)
    else:
        value = bootstrap.proportion(reading.score)
    return ProbeScore(
        bits=bootstrap.mean(reading.bits).non_negative(),
        score=value,
        measure="r2" if factor.continuous else "accuracy",
    )


def _mean_bits(nulls: list[Reading]) -> float:
    return float(np.mean([max(0.0, float(np.nanmean(null.bits))) for null in nulls]))


def _mean_score(nulls: list[Reading]) -> float:
    """Mean accuracy, or mean R² of a continuous factor."""
    scores = []
    for null in nulls:
        if null.baseline is None:
            scores.append(np.nanmean(null.score))
        else:
            scores.append(1 - np.nansum(null.score) / np.nansum(null.baseline))
    return float(np.mean(scores))


def _best(probes: list[_Probe]) -> _Probe:
    """The best on validation."""
    return max(probes, key=lambda probe: probe.reading.validation_bits)


def _task(factor: Factor, splits: Splits, step: int = 0, steps: int = 1) -> Task:
    """The labels to predict: one for each sequence, of a factor that changes at a step of ``steps``."""
    labels = [labels_at_step(codes.labels[factor.name], step, steps) for codes in splits.parts()]
    return Task(factor.name, len(factor.classes), *labels)


def _shuffled_task(factor: Factor, splits: Splits, number: int, seed: int) -> Task:
    """The same with labels shuffled in training and validation; test labels stay."""
    task = _task(factor, splits)

    def shuffled(labels: np.ndarray, codes: Codes) -> np.ndarray:
        order = label_shuffles(codes.source, labels, 1, seed + 1 + number)[0]
        return labels[order]

    train = shuffled(task.train, splits.train)
    validation = shuffled(task.validation, splits.validation)
    return replace(task, key=(factor.name, number), train=train, validation=validation)


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
