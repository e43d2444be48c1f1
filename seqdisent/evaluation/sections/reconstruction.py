"""Section: reconstruction error."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation.reconstruction import reconstruction_error, training_mean
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section


def _measure(context: Context, report: Report) -> Report:
    constant = training_mean(context.train)
    latents = context.codes.test.mean
    error = reconstruction_error(context.subject, context.test, latents, constant)
    return replace(report, reconstruction=error)


RECONSTRUCTION = Section("reconstruction", _measure)
