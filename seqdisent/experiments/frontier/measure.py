"""Where the models of a sweep stand: bits in the two cells that should be empty, at what reconstruction.

Measured on *validation* characters with probes that learn from some training characters and are chosen on
others. Every model is measured twice: as it is, and with its codes cut down to their signal
(:mod:`seqdisent.models.pruning`), which needs no training.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import load_dataset
from seqdisent.evaluation.codes import Codes, ModelSubject
from seqdisent.evaluation.judge import load_judge
from seqdisent.evaluation.probes import PROBES, Task, read
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.statistics import over_seeds
from seqdisent.evaluation.swap import judge_real, reconstruction_error, swap_report
from seqdisent.experiments.frontier.points import POINTS
from seqdisent.models.pruning import cut_codes
from seqdisent.spec import Factor

LEARN, HOLD = (
    4500,
    900,
)  # training sequences that probes learn from, and others that they are chosen on
PAIRS = 900
RESULTS = "point.json"
EPOCHS = 15


def measure_point(folder: Path) -> dict[str, Any]:
    """Measure one trained point, or find it measured: figures as it is (``whole``) and cut (``cut``)."""
    kept = folder.parent / RESULTS
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    model, spec = load_checkpoint(folder)
    train, data = (load_dataset(spec.name, split) for split in ("train", "validation"))
    sources = np.unique(train.sources)
    per = len(train) // len(sources)
    learn, hold = (
        train.select(np.flatnonzero(np.isin(train.sources, part)))
        for part in (sources[: LEARN // per], sources[LEARN // per : (LEARN + HOLD) // per])
    )
    data = data.in_memory()
    judge, _ = load_judge(spec.name)
    found = {}
    for name, subject in (
        ("whole", ModelSubject(model)),
        ("cut", ModelSubject(cut_codes(model, learn)[0])),
    ):
        codes = Splits.of(subject, (learn, hold, data)).parts()
        error = reconstruction_error(subject, data, codes[2].mean, torch.zeros(1))
        figures: dict[str, Any] = {
            "squared_error": error["squared_error_per_sequence"],
            "static_rank": subject.model.config.static_rank,
            "dynamic_rank": subject.model.config.dynamic_rank,
            "static_kl": float(codes[2].static_kl.sum(1).mean()),
            "dynamic_kl": float(codes[2].dynamic_kl.sum(1).mean()),
            "bits": off_target(codes, spec.factors),
        }
        if judge is not None:
            swaps = swap_report(
                subject, judge, data, codes[2].mean, judge_real(judge, data), pairs=PAIRS
            )["swap"]
            figures["swap"] = {name: s["kept"]["value"] for name, s in swaps.items()}
        found[name] = figures
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def off_target(codes: tuple[Codes, Codes, Codes], factors: tuple[Factor, ...]) -> dict[str, float]:
    """Bits of every factor in the code that should not know it: ``"static/direction/mean"`` and so on."""
    found = {}
    vectors = {"static": lambda c: c.static, "dynamic": lambda c: c.dynamic.flatten(1)}
    for code, vector in vectors.items():
        views = [torch.stack([vector(c.mean), vector(c.sample)]) for c in codes]
        first = lambda labels: labels[:, 0] if labels.ndim > 1 else labels
        tasks = [
            Task(f.name, len(f.classes), *(first(c.labels[f.name]) for c in codes))
            for f in factors
            if f.kind != code
        ]
        read_by = [
            read(*views, tasks, replace(config, epochs=EPOCHS)) for config in PROBES.values()
        ]
        for task in tasks:
            for v, reading in enumerate(("mean", "sample")):
                best = max((by[task.key][v] for by in read_by), key=lambda r: r.validation_bits)
                found[f"{code}/{task.key}/{reading}"] = max(0.0, float(np.nanmean(best.bits)))
    return found


def collect(run: Path) -> list[dict[str, Any]]:
    """Every point that has been measured, its seeds together.

    Returns:
        ``{"point", "family", "cut", "seeds", "figures": {name: {"value", "low", "high"}}}``: mean over seeds and
        its 95 % interval (Student's t; null with one seed). ``identity`` sums skin, pants, top and hair in the
        dynamic code, ``action parts`` motion and direction in the static one; ``(draw)`` reads a draw.
    """
    seeds: dict[tuple[str, bool], list[dict[str, float]]] = defaultdict(list)
    for point in POINTS:
        for path in sorted(run.glob(f"{point}-s*/{RESULTS}")):
            if path.parent.name.rpartition("-s")[0] != point:
                continue
            measured = json.loads(path.read_text(encoding="utf-8"))
            for name in ("whole", "cut"):
                seeds[point, name == "cut"].append(_flat(measured[name]))
    return [
        {
            "point": point,
            "family": POINTS[point].family,
            "cut": cut,
            "seeds": len(values),
            "figures": {k: over_seeds([v[k] for v in values]) for k in values[0]},
        }
        for (point, cut), values in seeds.items()
    ]


COLUMNS = {
    "squared_error": "squared error",
    "swap/joint": "swap keeps all, %",
    "identity": "identity in the dynamic code",
    "identity (draw)": "of a draw",
    "action parts": "motion + direction in the static code",
    "action parts (draw)": "of a draw",
}


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: a row for each point, whole and cut; bits with 95 % intervals over seeds."""
    lines = [
        f"| point | seeds | {' | '.join(COLUMNS.values())} |",
        "|---" * (len(COLUMNS) + 2) + "|",
    ]
    for row in results:
        cells = [_cell(name, row["figures"].get(name)) for name in COLUMNS]
        lines.append(
            f"| {row['point']}{' + cut' if row['cut'] else ''} | {row['seeds']} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _cell(name: str, figure: dict[str, float | None] | None) -> str:
    if figure is None:
        return "-"
    scale, digits = (
        (100, 1) if name.startswith("swap") else (1, 0 if name == "squared_error" else 2)
    )
    text = f"{scale * figure['value']:.{digits}f}"
    if figure["low"] is None:
        return text
    return f"{text} ± {scale * (figure['value'] - figure['low']):.{digits}f}"


def write_results(results: list[dict[str, Any]], folder: Path) -> Path:
    """``results.json``, the table and an interactive figure of it."""
    from seqdisent.reporting.figures import frontier

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(table(results) + "\n", encoding="utf-8")
    frontier(results).write_html(folder / "frontier.html", include_plotlyjs=True)
    return folder


def _flat(figures: dict[str, Any]) -> dict[str, float]:
    bits = figures["bits"]
    of = lambda code, names, reading: sum(bits[f"{code}/{n}/{reading}"] for n in names)
    flat = {
        k: figures[k]
        for k in ("squared_error", "static_rank", "dynamic_rank", "static_kl", "dynamic_kl")
    }
    for reading, tag in (("mean", ""), ("sample", " (draw)")):
        flat[f"identity{tag}"] = of("dynamic", ("skin", "pants", "top", "hair"), reading)
        flat[f"action parts{tag}"] = of("static", ("motion", "direction"), reading)
        flat |= {
            f"{k.rsplit('/', 1)[0]}{tag}": v for k, v in bits.items() if k.endswith(f"/{reading}")
        }
    if "swap" in figures:
        flat |= {f"swap/{k}": v for k, v in figures["swap"].items()}
    return flat
