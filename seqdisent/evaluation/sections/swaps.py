"""Section: swaps and samples, scored by a judge."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section
from seqdisent.evaluation.swap import swap_report


def _measure(context: Context, report: Report) -> Report:
    assert context.judged is not None
    swaps = swap_report(
        context.subject,
        context.judged.judge,
        context.test,
        context.codes.test.mean,
        context.judged.real,
        pairs=context.sample.pairs,
        seed=context.seed,
        progress=context.task("swaps and samples"),
    )
    return replace(report, swaps=swaps)


def _applies(context: Context) -> bool:
    return context.judged is not None


SWAPS = Section("swaps", _measure, _applies)
