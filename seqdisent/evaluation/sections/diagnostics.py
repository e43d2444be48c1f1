"""Section: divergence from the prior, active units, collapse."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.diagnostics import diagnose
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section
from seqdisent.models.vast import VAST


def _measure(context: Context, report: Report) -> Report:
    return replace(report, diagnostics=diagnose(context.codes.test, _pruned(context)))


def _pruned(context: Context) -> tuple[str, ...]:
    """The codes of the model that were pruned; those of a control were not."""
    model = context.model
    if context.control is not None or not isinstance(model, VAST):
        return ()
    config = model.config
    ranks = {"static": config.static_rank, "dynamic": config.dynamic_rank}
    return tuple(code for code, rank in ranks.items() if rank)


DIAGNOSTICS = Section("diagnostics", _measure)
