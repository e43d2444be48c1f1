"""Section: models with an anchor frame, as it moves."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.anchors import move_anchor
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section


def _measure(context: Context, report: Report) -> Report:
    judged = context.judged
    assert judged is not None
    anchors = move_anchor(
        context.model,
        judged.judge,
        (context.train, context.validation, context.test),
        judged=judged.accuracy,
        seed=context.seed,
        progress=context.task("moving the anchor"),
    )
    return replace(report, anchors=anchors)


def _applies(context: Context) -> bool:
    return context.sample.full and context.control is None and context.judged is not None


ANCHORS = Section("anchors", _measure, _applies)
