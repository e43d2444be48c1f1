"""The results of all recipes and seeds, as numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqdisent.evaluation.downstream import CODES, RAW, RAW_LINEAR, SUPERVISED
from seqdisent.evaluation.downstream_tasks import SPLIT_RULES
from seqdisent.evaluation.schema import (
    BenchmarkResult,
    DownstreamTask,
    LearnerScore,
    RepeatedSplits,
    from_plain,
    to_plain,
)
from seqdisent.evaluation.schema_1 import upgraded_task
from seqdisent.experiments.benchmark.measure import sweep_run
from seqdisent.experiments.sweep import Say
from seqdisent.io import write_json, write_text
from seqdisent.recipes import RECIPES
from seqdisent.reporting.markdown import markdown_table
from seqdisent.reporting.tables import estimate, transfer_sentence

TITLES = {
    CODES: "codes, this recipe",
    RAW: "raw features, the same heads",
    RAW_LINEAR: "raw features, linear heads only",
    SUPERVISED: "network of equal size, with labels",
}


def table(results: Sequence[BenchmarkResult]) -> str:
    """Markdown: for each task the scores of every learner; codes first, published rows last."""
    lines = []
    for result in results:
        rule = SPLIT_RULES.get(result.dataset, "")
        for task in result.tasks:
            lines += [_title(result, task), ""]
            if rule:
                lines += [f"{rule[0].upper()}{rule[1:]}.", ""]
            lines += [_task_table(task, len(result.seeds)), ""]
            if task.swap is not None:
                lines += [transfer_sentence(task), ""]
    return "\n".join(lines)


def _title(result: BenchmarkResult, task: DownstreamTask) -> str:
    seeds = ", ".join(map(str, result.seeds))
    sources = f", {task.test_sources} sources" if task.test_sources < task.test_rows else ""
    return f"**{result.recipe}: {task.task}** ({task.test_rows} test rows{sources}; seeds {seeds})"


def _task_table(task: DownstreamTask, seeds: int) -> str:
    rows = []
    for name, learner in task.learners.items():
        scores = [estimate(learner.scores[measure]) for measure in task.measures]
        title = TITLES.get(name, name) + _own_seeds(learner, seeds)
        heads = "; ".join(learner.heads) if name in TITLES else ""
        rows.append([title, *scores, heads])
    for method, values in task.published.items():
        rows.append([f"{method}, as published", *(f"{value:g}" for value in values), ""])
    return markdown_table(["", *task.measures, "head"], rows)


def _own_seeds(learner: LearnerScore, seeds: int) -> str:
    """How many seeds a learner has, if it has not those of the others."""
    found = len(next(iter(learner.scores.values())).by_seed)
    if found in (0, seeds):
        return ""
    return f" ({found} {'seed' if found == 1 else 'seeds'})"


def repeated_table(results: Sequence[RepeatedSplits]) -> str:
    """Markdown: for each task and measure the mean, the deviation and the range of every arm over splits."""
    rows = []
    for result in results:
        for measure in result.measures:
            for learner, scores in result.scores.items():
                rows.append(
                    [
                        result.sequences,
                        result.rule,
                        f"{result.task}, {measure}",
                        _arm(learner, result.checkpoint),
                        *_spread(scores[measure]),
                    ]
                )
    header = ["sequences", "split", "task", "learner", "mean", "deviation", "range", "splits"]
    return markdown_table(header, rows)


def _arm(learner: str, checkpoint: str) -> str:
    if learner == CODES:
        return f"codes of `{checkpoint}`"
    return TITLES.get(learner, learner)


def _spread(values: Sequence[float]) -> list[str]:
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    digits = 3 if mean <= 1 else 2
    ends = f"{min(values):.{digits}f} to {max(values):.{digits}f}"
    return [f"{mean:.{digits}f}", f"{deviation:.{digits}f}", ends, str(len(values))]


def write_repeated(results: Sequence[RepeatedSplits], folder: Path) -> Path:
    """``splits.json`` and ``splits.md``."""
    write_json(folder / "splits.json", [to_plain(result) for result in results], indent=1)
    write_text(folder / "splits.md", repeated_table(results) + "\n")
    return folder


def fingerprints(name: str, seeds: Sequence[int], root: Path) -> dict[str, str]:
    """By seed, what the results of a recipe depend on: see :meth:`SweepRun.fingerprint`."""
    return {str(seed): sweep_run(name, seed, root).fingerprint() for seed in seeds}


def read_results(path: Path) -> list[BenchmarkResult]:
    """The results in a file, also in the layout of seqdisent 0.1; none if there is no file."""
    if not path.is_file():
        return []
    return [_from_plain(result) for result in json.loads(path.read_text(encoding="utf-8"))]


def _from_plain(result: dict[str, Any]) -> BenchmarkResult:
    tasks = [upgraded_task(task) if "by" in task else task for task in result["tasks"]]
    found: BenchmarkResult = from_plain(BenchmarkResult, {**result, "tasks": tasks})
    return found


def write_results(
    results: Sequence[BenchmarkResult], root: Path, folder: Path, say: Say = print
) -> Path:
    """``results.json`` and ``results.md``.

    Recipes that were measured before and not now are kept, unless their recipe or weights have changed since.

    Args:
        root: folder of the runs.
    """
    path = folder / "results.json"
    by_recipe = {result.recipe: result for result in read_results(path)}
    measured = {result.recipe for result in results}
    for result in results:
        current = fingerprints(result.recipe, result.seeds, root)
        by_recipe[result.recipe] = replace(result, fingerprints=current)
    for name in set(by_recipe) - measured:
        result = by_recipe[name]
        known = name in RECIPES and result.fingerprints
        if not known or result.fingerprints != fingerprints(name, result.seeds, root):
            say(f"{name}: left out, its recipe or weights have changed since it was measured")
            del by_recipe[name]
    ordered = list(by_recipe.values())
    write_json(path, [to_plain(result) for result in ordered], indent=1)
    write_text(folder / "results.md", table(ordered))
    return folder
