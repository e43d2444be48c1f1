"""Section: divergence from the prior, active units, collapse."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.diagnostics import diagnose
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section


def _measure(context: Context, report: Report) -> Report:
    return replace(report, diagnostics=diagnose(context.codes.test))


DIAGNOSTICS = Section("diagnostics", _measure)
