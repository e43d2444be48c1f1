"""Recipes of time series, trained with several seeds, and how well downstream tasks are solved from their codes.

Every seed trains the representation anew, and every learner that it is compared with. Heads are chosen on validation;
test data are scored once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import load_dataset
from seqdisent.errors import UsageError
from seqdisent.evaluation.downstream import TaskResult, evaluate_task
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.experiments.sweep import Say, SweepRun
from seqdisent.recipes import recipe as find_recipe

# The recipes of the README's table.
RECIPES = (
    "vast-air-quality",
    "dsvae-air-quality",
    "vast-etth1",
    "vast-etth1-interleaved",
    "vast-etth1-published",
    "vast-physionet2012",
    "vast-physionet2012-c",
    "vast-physionet2012-published",
)


def sweep_run(name: str, seed: int, root: Path) -> SweepRun:
    """One recipe with one seed."""
    command = f"seqdisent benchmark {name} --seeds {seed}"
    return SweepRun(name, find_recipe(name), seed, root, command)


def measure(
    name: str, seeds: Sequence[int], root: Path, say: Say = print, **options: Any
) -> dict[int, dict[str, TaskResult]]:
    """Train a recipe with every seed, or find it trained, and solve the tasks of its data set.

    Args:
        root: folder of the benchmark.
        options: passed to :meth:`seqdisent.experiments.sweep.SweepRun.train`.

    Returns:
        By seed and name of a task, the predictions of every learner on test data.

    Raises:
        UsageError: if there are no tasks for the recipe's data set.
    """
    dataset = find_recipe(name).dataset
    if dataset not in TASKS:
        raise UsageError(
            f"no downstream tasks for {dataset}; there are some for {', '.join(TASKS)}"
        )
    train, validation, test = (
        load_dataset(dataset, split) for split in ("train", "validation", "test")
    )

    def announce(part: str, done: int, total: int) -> None:
        say(f"  {part}")

    found: dict[int, dict[str, TaskResult]] = {}
    for seed in seeds:
        say(f"{name}, seed {seed}: training")
        checkpoint = sweep_run(name, seed, root).train(say, **options)
        model, _ = load_checkpoint(checkpoint)
        # The first seed chooses the form of the supervised network on validation.
        first = next(iter(found.values()), {})
        forms = {task: result.form for task, result in first.items()}
        found[seed] = {}
        for task in TASKS[dataset]:
            splits = (train, validation, test)
            found[seed][task.name] = evaluate_task(
                task, model, splits, seed, announce, forms.get(task.name)
            )
    return found
