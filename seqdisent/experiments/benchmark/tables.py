"""The results of all recipes and seeds, as numbers and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqdisent.evaluation.downstream import CODES, RAW, SUPERVISED
from seqdisent.experiments.benchmark.measure import sweep_run
from seqdisent.experiments.sweep import Say
from seqdisent.io import write_json, write_text
from seqdisent.recipes import RECIPES
from seqdisent.reporting.markdown import markdown_table
from seqdisent.reporting.tables import score, swap_words

TITLES = {
    CODES: "codes, this recipe",
    RAW: "raw features, gradient boosting",
    SUPERVISED: "network of equal size, with labels",
}


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: for each task the scores of every learner; codes first, published rows last."""
    lines = []
    for found in results:
        seeds = ", ".join(map(str, found["seeds"]))
        for task in found["tasks"]:
            sources = ""
            if task["test_sources"] < task["test_rows"]:
                sources = f", {task['test_sources']} sources"
            title = f"**{found['recipe']}: {task['task']}**"
            lines.append(f"{title} ({task['test_rows']} test rows{sources}; seeds {seeds})")
            lines += ["", _task_table(task), ""]
            if task["swap"]:
                lines += [swap_words(task), ""]
    return "\n".join(lines)


def _task_table(task: dict[str, Any]) -> str:
    rows = []
    for learner, by in task["by"].items():
        scores = [score(by["scores"][measure]) for measure in task["measures"]]
        heads = "; ".join(by["heads"]) if learner in (CODES, RAW) else ""
        rows.append([TITLES.get(learner, learner), *scores, heads])
    for method, values in task["published"].items():
        rows.append([f"{method}, as published", *(f"{value:g}" for value in values), ""])
    return markdown_table(["", *task["measures"], "head"], rows)


def fingerprints(name: str, seeds: Sequence[int], root: Path) -> dict[str, str]:
    """By seed, what the results of a recipe depend on: see :meth:`SweepRun.fingerprint`."""
    return {str(seed): sweep_run(name, seed, root).fingerprint() for seed in seeds}


def write_results(
    results: list[dict[str, Any]], root: Path, folder: Path, say: Say = print
) -> Path:
    """``results.json`` and ``results.md``.

    Recipes that were measured before and not now are kept, unless their recipe or weights have changed since.

    Args:
        root: folder of the runs.
    """
    path = folder / "results.json"
    rows = {}
    if path.is_file():
        for row in json.loads(path.read_text(encoding="utf-8")):
            rows[row["recipe"]] = row
    measured = {row["recipe"] for row in results}
    for row in results:
        rows[row["recipe"]] = {
            **row,
            "fingerprints": fingerprints(row["recipe"], row["seeds"], root),
        }
    for name in set(rows) - measured:
        row = rows[name]
        known = name in RECIPES and row.get("fingerprints")
        if not known or row["fingerprints"] != fingerprints(name, row["seeds"], root):
            say(f"{name}: left out, its recipe or weights have changed since it was measured")
            del rows[name]
    ordered = list(rows.values())
    write_json(path, ordered, indent=1)
    write_text(folder / "results.md", table(ordered))
    return folder
