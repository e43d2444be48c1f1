"""The results of all recipes and seeds, as numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqdisent.evaluation.downstream import CODES, RAW, SUPERVISED
from seqdisent.evaluation.schema import BenchmarkResult, DownstreamTask, from_plain, to_plain
from seqdisent.evaluation.schema_1 import upgraded_task
from seqdisent.experiments.benchmark.measure import sweep_run
from seqdisent.experiments.sweep import Say
from seqdisent.io import write_json, write_text
from seqdisent.recipes import RECIPES
from seqdisent.reporting.markdown import markdown_table
from seqdisent.reporting.tables import estimate, transfer_sentence

TITLES = {
    CODES: "codes, this recipe",
    RAW: "raw features, gradient boosting",
    SUPERVISED: "network of equal size, with labels",
}


def table(results: Sequence[BenchmarkResult]) -> str:
    """Markdown: for each task the scores of every learner; codes first, published rows last."""
    lines = []
    for result in results:
        seeds = ", ".join(map(str, result.seeds))
        for task in result.tasks:
            sources = ""
            if task.test_sources < task.test_rows:
                sources = f", {task.test_sources} sources"
            title = f"**{result.recipe}: {task.task}**"
            lines.append(f"{title} ({task.test_rows} test rows{sources}; seeds {seeds})")
            lines += ["", _task_table(task), ""]
            if task.swap is not None:
                lines += [transfer_sentence(task), ""]
    return "\n".join(lines)


def _task_table(task: DownstreamTask) -> str:
    rows = []
    for name, learner in task.learners.items():
        scores = [estimate(learner.scores[measure]) for measure in task.measures]
        heads = "; ".join(learner.heads) if name in (CODES, RAW) else ""
        rows.append([TITLES.get(name, name), *scores, heads])
    for method, values in task.published.items():
        rows.append([f"{method}, as published", *(f"{value:g}" for value in values), ""])
    return markdown_table(["", *task.measures, "head"], rows)


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
