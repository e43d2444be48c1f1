"""Section: pitch, distortion and content of speech."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.evaluation import speech
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section
from seqdisent.modalities import modality_of


def _measure(context: Context, report: Report) -> Report:
    found = speech.speech_report(
        context.subject,
        context.test,
        context.codes.test.mean,
        pairs=min(speech.PAIRS, context.sample.pairs),
        seed=context.seed,
        progress=context.task("pitch of swaps"),
    )
    return replace(report, speech=found)


def _applies(context: Context) -> bool:
    return modality_of(context.spec).has_waveform


SPEECH = Section("speech", _measure, _applies)
