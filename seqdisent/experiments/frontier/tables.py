"""The results of all points and seeds, as numbers, table and figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqdisent.evaluation.statistics import over_seeds
from seqdisent.experiments.frontier.measure import RESULTS, settings
from seqdisent.experiments.frontier.points import POINTS, sweep_run
from seqdisent.experiments.sweep import Figures, Say, seeds_in
from seqdisent.io import write_json, write_text
from seqdisent.reporting.figures import frontier
from seqdisent.reporting.markdown import markdown_table

IDENTITY = ("skin", "pants", "top", "hair")
ACTION_PARTS = ("motion", "direction")
COLUMNS = {
    "squared_error": "squared error",
    "swap/joint": "swap keeps all, %",
    "identity": "identity in the dynamic code",
    "identity (draw)": "of a sample",
    "action parts": "motion + direction in the static code",
    "action parts (draw)": "of a sample",
}


def collect(root: Path, say: Say = print) -> list[dict[str, Any]]:
    """Every point that has been measured, its seeds together; stale measurements are left out.

    Returns:
        ``{"point", "family", "cut", "seeds", "figures": {name: {"value", "low", "high"}}}``: mean over seeds and
        its 95 % interval (Student's t; null with one seed). ``identity`` sums skin, pants, top and hair in the
        dynamic code, ``action parts`` motion and direction in the static one; ``(draw)`` is of a posterior sample.
    """
    needed = settings()
    seeds: dict[tuple[str, bool], list[dict[str, float]]] = defaultdict(list)
    for point in POINTS:
        for seed in seeds_in(root, point):
            figures = sweep_run(point, seed, root).measured(RESULTS, needed, say)
            if figures is None:
                continue
            seeds[point, False].append(_flat(figures["whole"]))
            if "cut" in figures:
                seeds[point, True].append(_flat(figures["cut"]))
    return [
        {
            "point": point,
            "family": POINTS[point].family,
            "cut": pruned,
            "seeds": len(values),
            "figures": {name: over_seeds([v[name] for v in values]) for name in values[0]},
        }
        for (point, pruned), values in seeds.items()
    ]


def _flat(figures: Figures) -> dict[str, float]:
    """One number a name, and the sums over the parts of the identity and of the action."""
    bits = figures["bits"]

    def total(code: str, factors: Sequence[str], posterior: str) -> float:
        return sum(bits[f"{code}/{factor}/{posterior}"] for factor in factors)

    names = ("squared_error", "static_rank", "dynamic_rank", "static_kl", "dynamic_kl")
    flat = {name: figures[name] for name in names}
    for posterior, suffix in (("mean", ""), ("sample", " (draw)")):
        flat[f"identity{suffix}"] = total("dynamic", IDENTITY, posterior)
        flat[f"action parts{suffix}"] = total("static", ACTION_PARTS, posterior)
        for name, value in bits.items():
            cell, _, of = name.rpartition("/")
            if of == posterior:
                flat[f"{cell}{suffix}"] = value
    for name, value in figures.get("swap", {}).items():
        flat[f"swap/{name}"] = value
    return flat


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: a row for each point, as it is and pruned; bits with 95 % intervals over seeds."""
    rows = []
    for row in results:
        title = f"{row['point']} + pruned" if row["cut"] else row["point"]
        cells = [_cell(name, row["figures"].get(name)) for name in COLUMNS]
        rows.append([title, str(row["seeds"]), *cells])
    return markdown_table(["point", "seeds", *COLUMNS.values()], rows)


def _cell(name: str, figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "-"
    scale, digits = 1, 2
    if name.startswith("swap"):
        scale, digits = 100, 1
    elif name == "squared_error":
        digits = 0
    text = f"{scale * figure['value']:.{digits}f}"
    if figure["low"] is None:
        return text
    return f"{text} ± {scale * (figure['value'] - figure['low']):.{digits}f}"


def write_results(results: list[dict[str, Any]], folder: Path) -> Path:
    """``results.json``, ``results.md`` (the table) and an interactive figure, ``frontier.html``."""
    write_json(folder / "results.json", results, indent=1)
    write_text(folder / "results.md", table(results) + "\n")
    frontier(results).write_html(folder / "frontier.html", include_plotlyjs=True)
    return folder
