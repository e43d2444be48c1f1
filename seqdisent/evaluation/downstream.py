"""Who says what of a benchmark: codes, raw features, a supervised network and constants, over seeds.

Intervals resample seeds and, of the test split, whole sources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.downstream_heads import (
    MEASURES,
    Answer,
    answer,
    boosted,
    code_rows,
    constants,
    heads,
    raw_rows,
)
from seqdisent.evaluation.downstream_tasks import TASKS, Task
from seqdisent.evaluation.supervised_baseline import swap_judged, taught
from seqdisent.models import SequentialVAE

DRAWS = 500
CODES, RAW, SUPERVISED = "codes", "raw features", "supervised"
Splits = tuple[SequenceDataset, SequenceDataset, SequenceDataset]  # training, validation, test
Say = Callable[[str], None]


def answers(
    task: Task, model: SequentialVAE, splits: Splits, seed: int, say: Say, raw: Answer | None = None
) -> Told:
    """By codes, and by everything that they are held against.

    Args:
        raw: what was said from raw features, if another seed has asked: boosting there has no randomness.
    """
    say(f"  {task.name}: heads on codes")
    subject = ModelSubject(model)
    rows = tuple(code_rows(task, data, subject.codes(data).mean) for data in splits)
    found = {CODES: answer(task, splits[0], rows, heads(task, splits[0], seed))}
    features = tuple(raw_rows(task, data) for data in splits)
    if raw is None:
        say(f"  {task.name}: raw features")
        raw = answer(task, splits[0], features, boosted(task, splits[0], seed))
    found[RAW] = raw
    say(f"  {task.name}: network with labels")
    judge = taught(task, model, *splits[:2], seed)
    found[SUPERVISED] = judge.answer(splits[2])
    return Told(
        found | constants(task, splits[0], features), swap_judged(judge, model, splits[2], seed)
    )


@dataclass(frozen=True)
class Told:
    """What was said of a task by each learner, and whose label a swap carries (:func:`.supervised.swap_judged`)."""

    answers: dict[str, Answer]
    swap: dict[str, float] | None


def summarised(name: str, dataset: str, seeds: dict[int, dict[str, Told]]) -> dict[str, Any]:
    """Every task, learner and measure: the mean over seeds and its 95 % interval.

    Args:
        name: of the recipe.
        seeds: by seed and by name of a task, the answers of :func:`answers`.
    """
    tasks = []
    for task in TASKS[dataset]:
        by = {}
        for learner in next(iter(seeds.values()))[task.name].answers:
            given = [found[task.name].answers[learner] for found in seeds.values()]
            by[learner] = {
                "scores": {measure: over_seeds(measure, given) for measure in task.measures},
                "heads": sorted({one.by for one in given}),
            }
        swaps = [found[task.name].swap for found in seeds.values()]
        tasks.append(
            {
                "swap": None
                if swaps[0] is None
                else {key: [swap[key] for swap in swaps] for key in swaps[0]},
                "task": task.name,
                "factor": task.factor,
                "codes": task.codes,
                "measures": list(task.measures),
                "by": by,
                "published": {method: list(row) for method, row in task.published.items()},
                "test_rows": len(given[0].truth),
                "test_sources": len(np.unique(given[0].source)),
            }
        )
    return {"recipe": name, "dataset": dataset, "seeds": sorted(seeds), "tasks": tasks}


def over_seeds(measure: str, given: list[Answer]) -> dict[str, Any]:
    """Mean of a measure over seeds, and an interval that resamples seeds and sources of the test split together."""
    score = MEASURES[measure]
    values = [score(one.truth, one.said) for one in given]
    _, group = np.unique(given[0].source, return_inverse=True)
    members = [np.flatnonzero(group == g) for g in range(group.max() + 1)]
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        some = rng.integers(0, len(given), len(given))
        if measure in ("AUPRC", "AUROC") and len(np.unique(given[0].truth[rows])) < 2:
            continue  # nobody died in this resample
        drawn.append(np.mean([score(given[i].truth[rows], given[i].said[rows]) for i in some]))
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (np.nan, np.nan)
    return {
        "value": float(np.mean(values)),
        "low": float(low),
        "high": float(high),
        "by_seed": values,
    }
