"""Section: information about every factor in both codes."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.leakage import measure
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section


def _measure(context: Context, report: Report) -> Report:
    leakage, by_sequence = measure(
        context.codes,
        context.spec.factors,
        effort=context.sample.effort,
        seed=context.seed,
        progress=context.progress,
    )
    context.arrays.update(by_sequence)
    return replace(report, leakage=leakage)


LEAKAGE = Section("leakage", _measure)
