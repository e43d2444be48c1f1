"""Leakage, measured on the codes: four cells, static and dynamic code times static and dynamic factors.

For each factor a linear and a non-linear probe is trained on codes of training sequences, chosen on
validation and scored once on test, beside chance, the majority rate, probes trained on shuffled labels, a
permutation p-value, 95 % intervals, and the usable information in bits out of the factor's entropy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqdisent.evaluation.codes import PARTS, Codes
from seqdisent.evaluation.disentanglement import independent_factors
from seqdisent.evaluation.probes import PROBES, Reading, Task, read
from seqdisent.evaluation.schema import Estimate
from seqdisent.evaluation.splits import Splits, changes, one_label, say_as, why_not_measurable
from seqdisent.evaluation.statistics import (
    Bootstrap,
    label_shuffles,
    permutation_p,
)
from seqdisent.spec import Factor
from seqdisent.types import Latents

# The views of a code: (code, view) -> the vector of each sequence. K steps are joined, or averaged; sequences of
# different lengths are first divided into as many parts.
VIEWS: dict[tuple[str, str], Callable[[Latents], Tensor]] = {
    ("static", "static"): lambda codes: codes.static,
    ("dynamic", "sequence"): lambda codes: codes.timeline(PARTS).flatten(1),
    ("dynamic", "mean"): lambda codes: codes.timeline(1).mean(1),
}
READINGS = ("mean", "sample")
# What a cell is judged by: the whole code, as people use it.
HEADLINE = {"static": ("static", "mean"), "dynamic": ("sequence", "mean")}
NULLS = {"linear": 5, "nonlinear": 2}  # probes trained on shuffled labels, for each cell and kind


@dataclass(frozen=True)
class Effort:
    """How thorough a measurement is.

    Args:
        readings: posterior means, or also draws.
        steps: whether every step of the dynamic code is probed on its own.
        nulls: whether probes are also trained on shuffled labels.
        permutations: of the test labels, behind each p-value.
        draws: bootstrap resamples.
        epochs: passes of the probes over the training codes, as a share of the full measurement's.
    """

    readings: tuple[str, ...] = READINGS
    steps: bool = True
    nulls: bool = True
    permutations: int = 999
    draws: int = 1000
    epochs: float = 1.0


FULL = Effort()
QUICK = Effort(readings=("mean",), steps=True, nulls=True, permutations=199, draws=400, epochs=0.5)
CELLS_ONLY = Effort(steps=False, nulls=False, permutations=199, draws=400)


def measure(
    splits: Splits,
    factors: tuple[Factor, ...],
    *,
    effort: Effort = FULL,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Every cell, as plain types, and per test sequence.

    Args:
        factors: of the data set.
        progress: called with (what is being probed, epochs done, epochs in all).

    Returns:
        The report's ``leakage`` section, and ``{"CODE/VIEW/READING/FACTOR/PROBE/bits" or ".../score":
        [N_test]}`` with ``source [N_test]``, from which differences of two checkpoints are computed.
    """
    moving = [f.name for f in factors if changes(f, splits.train)]
    asked = splits.at_one_step(seed) if moving else splits
    where = {f.name: asked if f.name in moving else splits for f in factors}
    unmeasurable = {f.name: why for f in factors if (why := why_not_measurable(f, where[f.name]))}
    measured = [f for f in factors if f.name not in unmeasurable]
    test = splits.test
    bootstrap = Bootstrap(test.source, effort.draws, seed)
    configs = {
        k: replace(c, epochs=max(3, round(c.epochs * effort.epochs))) for k, c in PROBES.items()
    }
    cells: list[dict[str, Any]] = []
    rows: dict[str, np.ndarray] = {"source": test.source}
    for part in (splits, asked) if moving else (splits,):
        some = [f for f in measured if where[f.name] is part]
        found, told = _cells(part, some, configs, bootstrap, effort, seed, progress)
        cells += found
        rows |= told
    classes = {
        f.name: one_label(where[f.name].test.labels[f.name]) for f in measured if not f.continuous
    }
    composite = set(classes) - set(independent_factors(classes)) if classes else set()
    section = {
        "train_sequences": len(splits.train),
        "validation_sequences": len(splits.validation),
        "test_sequences": len(test),
        "test_sources": bootstrap.groups,
        "seed": seed,
        "bootstrap": effort.draws,
        "permutations": effort.permutations,
        "shuffled_label_probes": NULLS if effort.nulls else {},
        "asked_at_one_step": moving,
        "factors": [
            _about(f, where[f.name], unmeasurable.get(f.name, ""), composite) for f in factors
        ],
        "cells": cells,
        "steps": _steps(splits, measured, configs, bootstrap, seed, progress)
        if effort.steps
        else [],
    }
    return section, rows


def _cells(
    splits: Splits,
    measured: list[Factor],
    configs: dict,
    bootstrap: Bootstrap,
    effort: Effort,
    seed: int,
    progress,
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """The cells of some factors, and what the probes said of every test sequence."""
    cells: list[dict[str, Any]] = []
    rows: dict[str, np.ndarray] = {}
    test = splits.test
    shuffles = {f.name: _shuffles(test, f, effort.permutations, seed) for f in measured}
    for (code, view), vector in VIEWS.items():
        stacked = [
            torch.stack([vector(getattr(c, r)) for r in effort.readings]) for c in splits.parts()
        ]
        found: dict[str, dict[str, list[Reading]]] = {}
        for kind, config in configs.items():
            say = say_as(progress, f"{kind} probes of the {code} code ({view})")
            tasks = [_task(f, splits) for f in measured]
            found[kind] = read(*stacked, tasks, config, seed=seed, progress=say) if tasks else {}
            if effort.nulls and tasks:
                nulls = [
                    _null_task(f, splits, i, seed) for f in measured for i in range(NULLS[kind])
                ]
                # One penalty, the strongest, is all that a probe of noise needs.
                strong = replace(config, penalties=(max(config.penalties),))
                say = say_as(progress, f"{kind} probes of shuffled labels, {code} code ({view})")
                first = [part[:1] for part in stacked]
                found[kind] |= read(*first, nulls, strong, seed=seed, progress=say)
        for r, reading in enumerate(effort.readings):
            for factor in measured:
                by_kind = {kind: found[kind][factor.name][r] for kind in configs}
                best = max(by_kind, key=lambda kind: by_kind[kind].validation_bits)
                cell = {
                    "code": code,
                    "view": view,
                    "reading": reading,
                    "factor": factor.name,
                    "wanted": factor.kind == code,
                    "chosen": best,
                }
                for kind, said in by_kind.items():
                    nulls = (
                        [found[kind][(factor.name, i)][0] for i in range(NULLS[kind])]
                        if effort.nulls
                        else []
                    )
                    cell[kind] = score(factor, said, bootstrap, nulls)
                    if said.log2 is not None:
                        labels = one_label(test.labels[factor.name])
                        cell[kind]["p"] = permutation_p(said.log2, labels, shuffles[factor.name])
                    key = f"{code}/{view}/{reading}/{factor.name}/{kind}"
                    rows[f"{key}/bits"] = said.bits.astype(np.float16)
                    # A squared error of rain does not fit into half precision.
                    rows[f"{key}/score"] = said.score.astype(
                        np.float32 if factor.continuous else np.float16
                    )
                cells.append(cell)
    return cells, rows


def score(
    factor: Factor, said: Reading, bootstrap: Bootstrap, nulls: list[Reading]
) -> dict[str, Any]:
    """One probe's figures: accuracy (R² of a continuous factor) and bits, each with its interval and null."""
    if factor.continuous:
        lost = bootstrap.ratio(said.score, said.baseline)
        rate = Estimate(1 - lost.value, 1 - lost.high, 1 - lost.low)
        null_rate = [1 - np.nansum(n.score) / np.nansum(n.baseline) for n in nulls]
    else:
        rate = bootstrap.proportion(said.score)
        null_rate = [np.nanmean(n.score) for n in nulls]
    null_bits = [max(0.0, float(np.nanmean(n.bits))) for n in nulls]
    return {
        "r2" if factor.continuous else "accuracy": asdict(rate),
        "bits": asdict(bootstrap.mean(said.bits).non_negative()),
        "null_r2" if factor.continuous else "null_accuracy": float(np.mean(null_rate))
        if nulls
        else None,
        "null_bits": float(np.mean(null_bits)) if nulls else None,
        "p": None,
    }


def _steps(splits, measured, configs, bootstrap, seed, progress) -> list[dict[str, Any]]:
    """What the dynamic code of every single step tells: leakage over time."""
    stacked = [codes.mean.timeline(PARTS).transpose(0, 1).contiguous() for codes in splits.parts()]
    steps = len(stacked[0])
    tasks = [_task(f, splits, steps) for f in measured]
    if not tasks:
        return []
    found = {}
    for kind, config in configs.items():
        # A step's code is small: half the units and passes find what there is.
        light = replace(config, hidden=config.hidden // 2, epochs=max(3, config.epochs // 2))
        say = say_as(progress, f"{kind} probes of every step")
        found[kind] = read(*stacked, tasks, light, seed=seed, progress=say)
    curve = []
    for factor in measured:
        for step in range(steps):
            by_kind = {kind: found[kind][factor.name][step] for kind in configs}
            best = max(by_kind, key=lambda kind: by_kind[kind].validation_bits)
            figures = score(factor, by_kind[best], bootstrap, [])
            curve.append(
                {"factor": factor.name, "step": step, "chosen": best}
                | {k: figures[k] for k in ("bits", "r2" if factor.continuous else "accuracy")}
            )
    return curve


def _task(factor: Factor, splits: Splits, steps: int = 0) -> Task:
    """The labels to learn: one a sequence, or one a step."""

    def of(codes: Codes) -> np.ndarray:
        labels = codes.labels[factor.name]
        if not steps:
            return one_label(labels)
        if labels.ndim == 1:
            return np.broadcast_to(labels, (steps, len(labels)))
        return labels[:, np.arange(steps) * labels.shape[1] // steps].T

    return Task(factor.name, len(factor.classes), *(of(c) for c in splits.parts()))


def _null_task(factor: Factor, splits: Splits, number: int, seed: int) -> Task:
    """The same labels, dealt anew in training and validation; test labels stay."""
    task = _task(factor, splits)
    dealt = [
        labels[label_shuffles(codes.source, labels, 1, seed + 1 + number)[0]]
        for labels, codes in ((task.train, splits.train), (task.validation, splits.validation))
    ]
    return Task((factor.name, number), task.classes, *dealt, task.test)


def _shuffles(test: Codes, factor: Factor, draws: int, seed: int) -> np.ndarray:
    return label_shuffles(test.source, one_label(test.labels[factor.name]), draws, seed)


def _about(factor: Factor, splits: Splits, why: str, composite: set[str]) -> dict[str, Any]:
    """A factor's entropy, chance level and majority rate on test (null where they have no meaning)."""
    about = {
        "name": factor.name,
        "kind": factor.kind,
        "classes": list(factor.classes),
        "unit": factor.unit,
        "not_measurable": why,
        "composite": factor.name in composite,
        "entropy_bits": None,
        "chance": None,
        "majority": None,
    }
    if why or factor.continuous:
        return about
    train, test = (one_label(c.labels[factor.name]) for c in (splits.train, splits.test))
    train, test = train[train >= 0], test[test >= 0]
    share = np.bincount(test, minlength=len(factor.classes)) / len(test)
    return about | {
        "entropy_bits": float(-(share[share > 0] * np.log2(share[share > 0])).sum()),
        "chance": 1 / len(factor.classes),
        "majority": float(np.mean(test == np.bincount(train).argmax())),
    }
