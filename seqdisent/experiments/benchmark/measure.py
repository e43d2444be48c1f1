"""``seqdisent benchmark``: a recipe of series trained with several seeds, and what its codes are good for.

Every seed trains the representation anew, and every learner beside it. Heads are chosen on validation; test is
scored once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import load_dataset
from seqdisent.errors import UsageError
from seqdisent.evaluation.downstream import RAW, Say, Told, answers
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.experiments.sweep import trained
from seqdisent.recipes import recipe

RECIPES = (
    "dbse-air-quality",
    "dsvae-air-quality",
    "dbse-etth1",
    "dbse-etth1-interleaved",
    "dbse-physionet2012",
    "dbse-physionet2012-c",
)


def measure(
    name: str, seeds: Sequence[int], run: Path, say: Say = print, **options
) -> dict[int, dict[str, Told]]:
    """Train a recipe with every seed, or find it trained: by seed and task what was answered by whom on test data.

    Args:
        run: folder of the whole benchmark; a seed lives in ``run/NAME-sSEED``.
        options: passed to :func:`seqdisent.experiments.sweep.trained`.

    Raises:
        ValueError: if there are no tasks for the recipe's data set.
    """
    made = recipe(name)
    if made.dataset not in TASKS:
        raise UsageError(
            f"no downstream tasks for {made.dataset}; there are some for {', '.join(TASKS)}"
        )
    splits = tuple(load_dataset(made.dataset, split) for split in ("train", "validation", "test"))
    found: dict[int, dict[str, Told]] = {}
    for seed in seeds:
        about = {"name": name, "command": f"seqdisent benchmark {name} --seeds {seed}"}
        say(f"{name}, seed {seed}: training")
        model, _ = load_checkpoint(
            trained(made, run / f"{name}-s{seed}", about, seed=seed, **options)
        )
        before = next(iter(found.values()), {})
        raw = {task: told.answers[RAW] for task, told in before.items()}
        found[seed] = {
            task.name: answers(task, model, splits, seed, say, raw.get(task.name))
            for task in TASKS[made.dataset]
        }
    return found
