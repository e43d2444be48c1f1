"""What the Leakage tab's components are sent: plain values for JSON, made from reports."""

from __future__ import annotations

from typing import Any

from demo.core import catalog, pairs, reports, text
from demo.core.catalog import Loaded
from demo.core.reports import Measured
from demo.modalities import view_of
from seqdisent.evaluation.schema import (
    Leakage,
    ProbeScore,
    Report,
    StepScore,
    Verdict,
    rounded,
    to_plain,
)
from seqdisent.evaluation.verdicts import probe_description
from seqdisent.reporting.tables import (
    anchor_rows,
    anchor_sentence,
    leakage_table,
    probes_sentences,
)
from seqdisent.reporting.training_settings import training_settings

CURVE_HEADERS = [
    "of",
    "factor",
    "step",
    "bits",
    "bits low",
    "bits high",
    "score",
    "score low",
    "score high",
]
# What most needs to be seen comes first.
ORDER = ("leak", "trace", "missing", "part", "clean", "holds", "unmeasurable")


def page(first: Measured, second: Measured | None = None) -> dict[str, Any]:
    """One report, perhaps a second one, and their paired differences."""
    differences, why = reports.difference(first, second) if second else ([], "")
    return {
        "key": [first.slug, second.slug if second else ""],
        "reports": [report(one) for one in (first, second) if one],
        "differences": [
            {"code": one.code, "factor": one.factor, "bits": one.bits.rounded()}
            for one in differences
        ],
        "why": why,
    }


def report(one: Measured) -> dict[str, Any]:
    """The report of a checkpoint or a control."""
    terms = text.terms(catalog.spec_of(one.name))
    return {
        "title": one.title,
        "live": one.live,
        "about": {"static": terms.static_question, "dynamic": terms.dynamic_question},
        **figures(one.leakage),
        "settings": _settings(one),
        "anchors": _anchors(one),
        "how": how(one),
    }


def figures(leakage: Leakage) -> dict[str, Any]:
    """Verdicts and the figures of every cell, of whatever codes."""
    return {
        "factors": [{**to_plain(f), "continuous": f.continuous} for f in leakage.factors],
        "cells": [
            {
                "code": cell.code,
                "view": cell.view,
                "reading": cell.posterior,
                "factor": cell.factor,
                "strongest": leakage.cell(cell.code, cell.factor, cell.posterior) is cell,
                "chosen": cell.chosen,
                "seen": probe_description(cell),
                "probes": {family: _figures(probe) for family, probe in cell.probes.items()},
            }
            for cell in leakage.cells
        ],
        "verdicts": [to_plain(verdict) for verdict in _ordered_verdicts(leakage)],
    }


def _settings(one: Measured) -> str:
    """Budget, weights and sizes, without which two checkpoints must not be compared; empty for a control."""
    if one.control:
        return ""
    return training_settings(catalog.config_of(one.name)).sentence


def _anchors(one: Measured) -> dict[str, Any] | None:
    """What swaps keep with another anchor frame, as a table and a sentence; None if it was not measured."""
    report = one.report
    if not report.anchors:
        return None
    header, rows = anchor_rows(report)
    return {"header": header, "rows": rows[:1], "sentence": anchor_sentence(report.anchors)}


def how(one: Measured) -> list[str]:
    """How the report of a checkpoint or a control was measured, in sentences."""
    sources = text.terms(catalog.spec_of(one.name)).sources
    sample = " (a smaller sample, measured by this app)" if one.live else ""
    return how_measured(one.report, one.leakage, sources, sample)


def how_measured(report: Report, leakage: Leakage, sources: str, sample: str = "") -> list[str]:
    """How a report was measured, in sentences.

    Args:
        sources: what is independent of each other.
        sample: a remark about the number of sequences.
    """
    probes = (
        f"Probes were trained on {leakage.train_sequences:,} training sequences, chosen on "
        f"{leakage.validation_sequences:,} validation sequences and scored once on "
        f"{leakage.test_sequences:,} test sequences of {leakage.test_sources:,} {sources}{sample}."
    )
    intervals = (
        f"95 % intervals resample {sources}, {leakage.bootstrap:,} times; p is from "
        f"{leakage.permutations:,} shuffles of the test labels"
    )
    shuffled = leakage.shuffled_label_probes
    if shuffled:
        intervals += (
            f"; chance level: {shuffled} probes like the chosen one, trained on shuffled labels"
        )
    parts = [f"Seed {leakage.seed}"]
    if report.versions:
        parts.append(", ".join(f"{name} {version}" for name, version in report.versions.items()))
    if report.weights_sha256_16:
        parts.append(f"weights {report.weights_sha256_16}")
    if report.command:
        parts.append(report.command)
    return [probes, f"{intervals}.", *probes_sentences(leakage), " · ".join(parts)]


def curves(one: Measured) -> dict[str, Any]:
    """Leakage over time: information about each factor in the dynamic code of each single step."""
    steps: dict[str, list[StepScore]] = {}
    for point in one.leakage.steps:
        steps.setdefault(point.factor, []).append(point)
    leaked = reports.leaked_most(one.name)[1]
    first = [f.name for f in one.leakage.factors if f.kind == "dynamic"][:1]
    return {
        "key": one.slug,
        "shown": [name for name in (leaked, *first) if name in steps],
        "factors": [
            {
                "name": f.name,
                "kind": f.kind,
                "entropy": f.entropy_bits,
                "why": f.not_measurable,
                "bits": [p.bits.rounded() for p in steps.get(f.name, [])],
            }
            for f in one.leakage.factors
        ],
    }


def clips(it: Loaded, a: int, b: int) -> dict[str, Any]:
    """The chosen pair as a sprite sheet, a row each, in as many parts in time as the report has."""
    rows = [pairs.check_index(it.dataset, index) for index in (a, b)]
    return {
        "pair": rows,
        "checkpoint": it.name,
        "captions": [pairs.caption(it.dataset, row) for row in rows],
        **view_of(it.spec).film(it.dataset, rows),
    }


def tables(
    first: Measured, second: Measured | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The heat map and the curve as tables of headers and data; what cannot be measured is empty."""
    cells: list[list[Any]] = []
    points: list[list[Any]] = []
    headers: list[str] = []
    for one in filter(None, (first, second)):
        headers, rows = leakage_table(one.leakage)
        cells += [[one.slug, *map(_or_empty, row)] for row in rows]
        for point in one.leakage.steps:
            figures = [*point.bits.rounded(), *point.score.rounded()]
            points.append([one.slug, point.factor, point.step + 1, *map(_or_empty, figures)])
    return (
        {"headers": ["of", *headers], "data": cells},
        {"headers": CURVE_HEADERS, "data": points},
    )


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _ordered_verdicts(leakage: Leakage) -> list[Verdict]:
    """What most needs to be seen first, and of one level the larger leak."""

    def order(verdict: Verdict) -> tuple[int, float]:
        score = leakage.best(verdict.code, verdict.factor)
        bits = 0.0 if score is None else score.bits.value
        return ORDER.index(verdict.level), -bits

    return sorted(leakage.verdicts, key=order)


def _figures(probe: ProbeScore) -> dict[str, Any]:
    return {
        "bits": probe.bits.rounded(),
        "score": probe.score.rounded(),
        "p": probe.p,
        "null_bits": rounded(probe.null_bits, 17),
        "null_score": rounded(probe.null_score, 17),
    }
