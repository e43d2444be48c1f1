"""Downstream tasks: codes, raw features, a supervised network and constants, over seeds.

Codes and raw features choose among the same heads; the network chooses its form on the same validation data. Intervals
resample seeds and, of the test split, sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.downstream_heads import (
    MEASURES,
    HeadPredictions,
    code_rows,
    constants,
    heads,
    linear_heads,
    predict_test,
    raw_rows,
)
from seqdisent.evaluation.downstream_tasks import TASKS, Task
from seqdisent.evaluation.progress import TaskProgress, ignore_progress
from seqdisent.evaluation.schema import DownstreamTask, LearnerScore, SeedScore, SwapTransfer
from seqdisent.evaluation.supervised_baseline import (
    LabelTransfer,
    NetworkForm,
    choose_supervised,
    label_transfer,
    train_supervised,
)
from seqdisent.models import SequentialVAE

RESAMPLES = 500
CODES, RAW, RAW_LINEAR, SUPERVISED = "codes", "raw features", "raw features, linear", "supervised"
DataSplits = tuple[SequenceDataset, SequenceDataset, SequenceDataset]


@dataclass(frozen=True)
class TaskResult:
    """Test predictions of a task by learner, whose label a swap carries, and the form of the supervised network."""

    predictions: dict[str, HeadPredictions]
    swap: LabelTransfer | None
    form: NetworkForm


def evaluate_task(
    task: Task,
    model: SequentialVAE,
    splits: DataSplits,
    seed: int,
    progress: TaskProgress = ignore_progress,
    form: NetworkForm | None = None,
) -> TaskResult:
    """Predictions from codes and by everything that they are compared with.

    Args:
        splits: training, validation and test.
        form: of the supervised network, if another seed has chosen it.
    """
    train, validation, test = splits
    progress(f"{task.name}: heads on codes", 0, 1)
    subject = ModelSubject(model)
    codes = (
        code_rows(task, train, subject.codes(train).mean),
        code_rows(task, validation, subject.codes(validation).mean),
        code_rows(task, test, subject.codes(test).mean),
    )
    predictions = {CODES: predict_test(task, train, codes, heads(task, train, seed))}
    progress(f"{task.name}: raw features", 0, 1)
    predictions |= raw_arms(task, splits, seed)
    progress(f"{task.name}: supervised network", 0, 1)
    if form is None:
        baseline = choose_supervised(task, model, train, validation, seed)
    else:
        baseline = train_supervised(task, model, form, train, validation, seed)
    predictions[SUPERVISED] = baseline.predict_test(test)
    features = (raw_rows(task, train), raw_rows(task, validation), raw_rows(task, test))
    predictions |= constants(task, train, features)
    swap = label_transfer(baseline, model, test, seed)
    return TaskResult(predictions, swap, baseline.network.form)


def raw_arms(task: Task, splits: DataSplits, seed: int) -> dict[str, HeadPredictions]:
    """Predictions from raw features: by any head, and by a linear one, the yardstick of the supervised network."""
    train, validation, test = splits
    features = (raw_rows(task, train), raw_rows(task, validation), raw_rows(task, test))
    return {
        RAW: predict_test(task, train, features, heads(task, train, seed)),
        RAW_LINEAR: predict_test(task, train, features, linear_heads(task, train)),
    }


def summarise_tasks(
    dataset: str, seeds: Mapping[int, Mapping[str, TaskResult]]
) -> tuple[DownstreamTask, ...]:
    """Every task, learner and measure of a data set: the mean over seeds and its 95 % interval.

    Args:
        seeds: by seed and by name of a task, what :func:`evaluate_task` returns.
    """
    return tuple(
        _summarise(task, [results[task.name] for results in seeds.values()])
        for task in TASKS[dataset]
    )


def _summarise(task: Task, results: Sequence[TaskResult]) -> DownstreamTask:
    """One task, given its result for each seed."""
    learners = {}
    for learner in results[0].predictions:
        predictions = [result.predictions[learner] for result in results]
        scores = {measure: over_seeds(measure, predictions) for measure in task.measures}
        chosen = tuple(sorted({one.head for one in predictions}))
        learners[learner] = LearnerScore(scores, chosen)
    test = results[0].predictions[CODES]
    return DownstreamTask(
        task=task.name,
        factor=task.factor,
        codes=task.codes,
        measures=task.measures,
        learners=learners,
        published={method: tuple(row) for method, row in task.published.items()},
        test_rows=len(test.truth),
        test_sources=len(np.unique(test.source)),
        swap=_swap_transfer([result.swap for result in results if result.swap is not None]),
    )


def _swap_transfer(swaps: Sequence[LabelTransfer]) -> SwapTransfer | None:
    if not swaps:
        return None
    return SwapTransfer(
        right=tuple(swap.right for swap in swaps),
        wrong=tuple(swap.wrong for swap in swaps),
        real=tuple(swap.real for swap in swaps),
        reconstructed=tuple(swap.reconstructed for swap in swaps),
        pairs=tuple(swap.pairs for swap in swaps),
    )


def over_seeds(measure: str, predictions: Sequence[HeadPredictions]) -> SeedScore:
    """Mean of a measure over seeds; the interval resamples seeds and sources of the test split together."""
    score = MEASURES[measure]
    by_seed = [score(one.truth, one.predicted) for one in predictions]
    truth = predictions[0].truth
    _, group = np.unique(predictions[0].source, return_inverse=True)
    members = [np.flatnonzero(group == g) for g in range(group.max() + 1)]
    needs_both_classes = measure in ("AUPRC", "AUROC")
    rng = np.random.default_rng(0)
    resampled = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        seeds = rng.integers(0, len(predictions), len(predictions))
        if needs_both_classes and len(np.unique(truth[rows])) < 2:
            continue
        scores = [score(predictions[i].truth[rows], predictions[i].predicted[rows]) for i in seeds]
        resampled.append(np.mean(scores))
    low, high = np.quantile(resampled, [0.025, 0.975]) if resampled else (np.nan, np.nan)
    return SeedScore(float(np.mean(by_seed)), float(low), float(high), tuple(by_seed))
