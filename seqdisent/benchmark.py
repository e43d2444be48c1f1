"""``seqdisent benchmark``: a recipe of series trained with several seeds, and what its codes are good for.

Every seed trains the representation anew, and every learner beside it. Heads are chosen on validation; test is
scored once. Intervals resample seeds and, of the test split, whole sources.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.downstream import (
    MEASURES,
    Answer,
    answer,
    boosted,
    code_rows,
    constants,
    heads,
    raw_rows,
)
from seqdisent.evaluation.supervised import supervised
from seqdisent.evaluation.tasks import TASKS, Task
from seqdisent.recipes import recipe
from seqdisent.sweep import trained

RECIPES = (
    "dbse-air-quality", "dsvae-air-quality", "dbse-etth1", "dbse-etth1-interleaved", "dbse-physionet2012",
    "dbse-physionet2012-c",
)  # fmt: skip
DRAWS = 500
CODES, RAW, SUPERVISED = "codes", "raw features", "supervised"
Say = Callable[[str], None]


def measure(name: str, seed: int, run: Path, say: Say = print, **options) -> dict[str, dict[str, Answer]]:
    """Train one seed of a recipe, or find it trained: for each task what was answered by whom on test data.

    Args:
        run: folder of the whole benchmark; a seed lives in ``run/NAME-sSEED``.
        options: passed to :func:`seqdisent.sweep.trained`.

    Raises:
        ValueError: if there are no tasks for the recipe's data set.
    """
    made = recipe(name)
    if made.dataset not in TASKS:
        raise ValueError(f"no downstream tasks for {made.dataset}; there are some for {', '.join(TASKS)}")
    splits = tuple(load_dataset(made.dataset, split) for split in ("train", "validation", "test"))
    about = {"name": name, "command": f"seqdisent benchmark {name} --seeds {seed}"}
    say(f"{name}, seed {seed}: training")
    model, _ = load_checkpoint(trained(made, splits[:2], run / f"{name}-s{seed}", about, seed=seed, **options))
    return {task.name: answers(task, model, splits, seed, say) for task in TASKS[made.dataset]}


def answers(
    task: Task, model, splits: tuple[SequenceDataset, SequenceDataset, SequenceDataset], seed: int, say: Say
) -> dict[str, Answer]:
    """By codes, and by everything that they are held against."""
    say(f"  {task.name}: heads on codes")
    subject = ModelSubject(model)
    rows = tuple(code_rows(task, data, subject.codes(data).mean) for data in splits)
    found = {CODES: answer(task, splits[0], rows, heads(task, splits[0], seed))}
    say(f"  {task.name}: raw features")
    raw = tuple(raw_rows(task, data) for data in splits)
    found[RAW] = answer(task, splits[0], raw, boosted(task, splits[0], seed))
    say(f"  {task.name}: network with labels")
    found[SUPERVISED] = supervised(task, model, splits, seed)
    return found | constants(task, splits[0], raw)


def summary(name: str, seeds: dict[int, dict[str, dict[str, Answer]]]) -> dict[str, Any]:
    """Every task, learner and measure: the mean over seeds and its 95 % interval."""
    dataset = recipe(name).dataset
    tasks = []
    for task in TASKS[dataset]:
        by = {}
        for learner in next(iter(seeds.values()))[task.name]:
            given = [found[task.name][learner] for found in seeds.values()]
            by[learner] = {
                "scores": {measure: over_seeds(measure, given) for measure in task.measures},
                "heads": sorted({one.by for one in given}),
            }
        tasks.append({
            "task": task.name, "factor": task.factor, "codes": task.codes, "measures": list(task.measures), "by": by,
            "published": {method: list(row) for method, row in task.published.items()},
            "test_rows": len(given[0].truth), "test_sources": len(np.unique(given[0].source)),
        })  # fmt: skip
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
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": float(np.mean(values)), "low": float(low), "high": float(high), "by_seed": values}


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: for each task who scored what; codes first, published rows last."""
    lines = []
    for found in results:
        for task in found["tasks"]:
            sources = f", {task['test_sources']} sources" if task["test_sources"] < task["test_rows"] else ""
            lines += [
                f"**{found['recipe']}: {task['task']}** ({task['test_rows']} test rows{sources}; "
                f"seeds {', '.join(map(str, found['seeds']))})", "",
                f"| | {' | '.join(task['measures'])} | head |", "|---" * (len(task["measures"]) + 2) + "|",
            ]  # fmt: skip
            for learner, by in task["by"].items():
                cells = [_cell(by["scores"][measure]) for measure in task["measures"]]
                said = "; ".join(by["heads"]) if learner in (CODES, RAW) else ""
                lines.append(f"| {_TITLES.get(learner, learner)} | {' | '.join(cells)} | {said} |")
            for method, row in task["published"].items():
                lines.append(f"| {method}, as published | {' | '.join(f'{value:g}' for value in row)} | |")
            lines.append("")
    return "\n".join(lines)


_TITLES = {
    CODES: "codes, this recipe", RAW: "raw features, gradient boosting",
    SUPERVISED: "network of equal size, with labels",
}  # fmt: skip


def _cell(score: dict[str, Any]) -> str:
    digits = 3 if score["value"] <= 1 else 1 if score["value"] > 20 else 2
    return f"{score['value']:.{digits}f} [{score['low']:.{digits}f}, {score['high']:.{digits}f}]"


def write_results(results: list[dict[str, Any]], folder: Path) -> Path:
    """``results.json`` and ``results.md``; recipes that were measured before and not now are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    now = {found["recipe"]: found for found in (*before, *results)}
    ordered = [now[name] for name in sorted(now, key=lambda n: (*RECIPES, n).index(n))]
    path.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(table(ordered), encoding="utf-8")
    return folder
