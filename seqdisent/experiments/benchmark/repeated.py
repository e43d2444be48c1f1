"""How much the split alone moves a figure: the same arms, scored on several random splits of the same sequences.

``seqdisent benchmark --splits 6``. Raw features need no trained representation, so any split of them is honest. Codes
are scored only on sequences that their model was not trained on: those of another set, split anew for the heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.downstream import CODES, RAW, RAW_LINEAR
from seqdisent.evaluation.downstream_heads import (
    HeadPredictions,
    Rows,
    code_rows,
    constants,
    heads,
    linear_heads,
    predict_test,
    raw_rows,
)
from seqdisent.evaluation.downstream_tasks import TASKS, Task
from seqdisent.evaluation.schema import RepeatedSplits
from seqdisent.experiments.sweep import Say

Parts = tuple[np.ndarray, np.ndarray, np.ndarray]
# The slow heads are left out, for every arm alike.
SLOW = ("extra trees, leaves of 5", "gradient boosting, 100", "gradient boosting, 200")


@dataclass(frozen=True)
class Pool:
    """Sequences that are split anew.

    Args:
        name: as tables show it.
        dataset: whose tasks are solved.
        load: the sequences, all of which may be tested on.
        split: sequences and a generator -> rows for training, validation and test.
        rule: how they are split, for the table.
        checkpoint: a model that was trained on none of these sequences.
    """

    name: str
    dataset: str
    load: Callable[[], SequenceDataset]
    split: Callable[[SequenceDataset, np.random.Generator], Parts]
    rule: str
    checkpoint: str = ""


def shuffled(
    shares: tuple[float, float],
) -> Callable[[SequenceDataset, np.random.Generator], Parts]:
    """Sequences at random.

    Args:
        shares: of all sequences, for training and for training with validation.
    """

    def split(data: SequenceDataset, generator: np.random.Generator) -> Parts:
        order = generator.permutation(len(data))
        train, validation, test = np.split(order, [int(share * len(data)) for share in shares])
        return train, validation, test

    return split


def years_by_month(data: SequenceDataset, generator: np.random.Generator) -> Parts:
    """For every calendar month one of its years is test, another validation, the others training.

    Sources are months since year 0. Test and validation have the first 28 days of a month, training every run.
    """
    tested, validated = [], []
    for number in range(12):
        years = np.unique(data.sources[data.sources % 12 == number])
        order = generator.permutation(years)
        tested.append(order[0])
        validated.append(order[1])
    assert data.starts is not None
    first = data.starts == data.starts.astype("M8[M]")
    test, validation = np.isin(data.sources, tested), np.isin(data.sources, validated)
    return (
        np.flatnonzero(~test & ~validation),
        np.flatnonzero(validation & first),
        np.flatnonzero(test & first),
    )


def all_splits(dataset: str) -> SequenceDataset:
    """Training, validation and test in one."""
    parts = [load_dataset(dataset, split) for split in ("train", "validation", "test")]
    first = parts[0]

    def join(values: Sequence[Any]) -> Any:
        return None if values[0] is None else np.concatenate(values)

    return replace(
        first,
        frames=join([part.frames for part in parts]),
        static={name: join([part.static[name] for part in parts]) for name in first.static},
        dynamic={name: join([part.dynamic[name] for part in parts]) for name in first.dynamic},
        source=join([part.source for part in parts]),
        lengths=join([part.lengths for part in parts]),
        titles=join([part.titles for part in parts]),
        starts=join([part.starts for part in parts]),
    )


POOLS = (
    Pool(
        "physionet2012-published",
        "physionet2012-published",
        lambda: all_splits("physionet2012-published"),
        shuffled((0.64, 0.8)),
        "all stays at random, 64/16/20 %",
    ),
    Pool(
        "physionet2012-c",
        "physionet2012-c",
        lambda: load_dataset("physionet2012-c", "test"),
        shuffled((0.64, 0.8)),
        "stays of set c at random, 64/16/20 %; the model was trained on set a",
        checkpoint="vast-physionet2012",
    ),
    Pool(
        "etth1-published",
        "etth1-published",
        lambda: all_splits("etth1-published"),
        shuffled((0.61, 0.74)),
        "the 23 calendar months at random, 14/3/6",
    ),
    Pool(
        "air-quality",
        "air-quality",
        lambda: all_splits("air-quality"),
        years_by_month,
        "of each calendar month one year at random is test, one validation",
    ),
)


def quick_heads(task: Task, data: SequenceDataset, seed: int) -> Iterator[tuple[str, Any]]:
    """:func:`~seqdisent.evaluation.downstream_heads.heads` without the slow ones."""
    return (head for head in heads(task, data, seed) if not head[0].startswith(SLOW))


def repeated_splits(splits: int, say: Say = print) -> list[RepeatedSplits]:
    """:func:`measure_pool` of every pool."""
    return [result for pool in POOLS for result in measure_pool(pool, splits, say)]


def measure_pool(pool: Pool, splits: int, say: Say = print) -> list[RepeatedSplits]:
    """Scores of every arm on several splits, for each task of the data set."""
    data = pool.load()
    codes = None
    if pool.checkpoint:
        model, _ = load_checkpoint(pool.checkpoint)
        codes = ModelSubject(model).codes(data).mean
    results = []
    for task in TASKS[pool.dataset]:
        found: dict[str, dict[str, list[float]]] = {}
        sizes: list[int] = []
        for seed in range(splits):
            parts = pool.split(data, np.random.default_rng(seed))
            sizes = [len(part) for part in parts]
            arms = _raw_arms(task, data, parts, seed)
            if codes is not None:
                arms[CODES] = _code_arm(task, data, codes, parts, seed)
            for arm, predictions in arms.items():
                for measure, value in predictions.scores(task).items():
                    found.setdefault(arm, {}).setdefault(measure, []).append(value)
            say(f"  {pool.name}, {task.name}, split {seed + 1} of {splits}")
        scores = {arm: {m: tuple(v) for m, v in values.items()} for arm, values in found.items()}
        results.append(
            RepeatedSplits(
                pool.name,
                task.name,
                task.measures,
                pool.rule,
                pool.checkpoint,
                tuple(sizes),
                scores,
            )
        )
    return results


def _raw_arms(
    task: Task, data: SequenceDataset, parts: Parts, seed: int
) -> dict[str, HeadPredictions]:
    train, validation, test = (raw_rows(task, data.select(part)) for part in parts)
    rows = (train, validation, test)
    return {
        RAW: predict_test(task, data, rows, quick_heads(task, data, seed)),
        RAW_LINEAR: predict_test(task, data, rows, linear_heads(task, data)),
        **constants(task, data, rows),
    }


def _code_arm(
    task: Task, data: SequenceDataset, codes: Any, parts: Parts, seed: int
) -> HeadPredictions:
    def rows_of(part: np.ndarray) -> Rows:
        return code_rows(task, data.select(part), codes[part])

    train, validation, test = (rows_of(part) for part in parts)
    return predict_test(task, data, (train, validation, test), quick_heads(task, data, seed))
