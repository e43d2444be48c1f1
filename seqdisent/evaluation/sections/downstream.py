"""Section: downstream tasks of data sets that have some."""

from __future__ import annotations

from dataclasses import replace

from seqdisent.data import load_dataset
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section


def _measure(context: Context, report: Report) -> Report:
    # Imported here, when it is first needed: scikit-learn takes seconds, which the app would wait for at its start.
    from seqdisent.evaluation.downstream import evaluate_task, summarise_tasks

    dataset = context.spec.name
    # All sequences: the results are compared with published ones.
    data = (
        context.training_data,
        load_dataset(dataset, "validation", context.data_root),
        context.test,
    )
    results = {
        task.name: evaluate_task(task, context.model, data, context.seed, context.progress)
        for task in TASKS[dataset]
    }
    return replace(report, downstream=summarise_tasks(dataset, {context.seed: results}))


def _applies(context: Context) -> bool:
    full_model = context.sample.full and context.control is None
    return full_model and context.spec.name in TASKS


DOWNSTREAM = Section("downstream", _measure, _applies)
