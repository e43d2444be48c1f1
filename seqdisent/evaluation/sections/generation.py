"""Section: samples of both codes from the prior."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.generation import generation_report
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section


def _measure(context: Context, report: Report) -> Report:
    judged = context.judged
    generation = generation_report(
        context.subject,
        None if judged is None else judged.judge,
        context.train,
        context.test,
        context.codes.test.mean,
        {} if judged is None else judged.real,
        seed=context.seed,
        progress=context.progress,
    )
    return replace(report, generation=generation)


def _applies(context: Context) -> bool:
    return context.sample.full and context.control is None


GENERATION = Section("generation", _measure, _applies)
