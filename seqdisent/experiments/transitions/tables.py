"""The tables of the comparison, in Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqdisent.data.video.bouncing_balls import SMALL
from seqdisent.experiments.transitions.compare import CHIEF, MANY, PAIR
from seqdisent.experiments.transitions.measure import (
    AFTER,
    FUTURES,
    HORIZONS,
    PREFIX,
    SEEN,
    TERMS,
    Figures,
)
from seqdisent.io import write_json, write_text
from seqdisent.reporting.markdown import markdown_table

Row = Sequence[str]
PHYSICS = {
    "number kept": "right number of balls, %",
    "overlap": "pairs that overlap, %",
    "outside": "balls outside, %",
    "energy kept": "energy within 10 %, % of sequences",
    "energy, median": "energy, late / early, median",
    "energy known": "no ball lost, so energy known, %",
    "speed late / early": "squared speed, late / early",
    "speed distance": "speeds from real ones, pixels a frame",
}
SHARES = ("number kept", "overlap", "outside", "energy kept", "energy known")
# The rows of the comparison that the README shows.
SHORT = (
    f"bound/{SEEN}/total",
    f"bound/{SEEN + AFTER}/total",
    f"prediction/best of {FUTURES}/1",
    f"prediction/best of {FUTURES}/16",
    f"prediction/best of {FUTURES}/84",
    "prediction/one/84",
    "physics/future/number kept",
    "physics/future/overlap",
    "physics/future/energy kept",
    "physics/future/speed distance",
    "physics/prior/number kept",
    "physics/prior/overlap",
    "physics/prior/speed distance",
)


def write_results(results: dict[str, Any], folder: Path) -> Path:
    """``results.json`` and ``results.md``."""
    write_json(folder / "results.json", results, indent=1)
    write_text(folder / "results.md", tables(results))
    return folder


def tables(results: dict[str, Any]) -> str:
    """Markdown of everything in ``results``."""
    points, real = results["points"], results["real"]
    seeds = "; ".join(
        f"{name}: seeds {', '.join(map(str, point['seeds']))}" for name, point in points.items()
    )
    intro = (
        f"Made by `{results['command']}`: DSVAE trained on {SEEN} frames of `{SMALL.outline.name}`, "
        f"{results['sequences']} test sequences. {seeds}. Means over seeds with 95 % intervals (± Student's t); of "
        "real frames, no interval."
    )
    parts = {
        "Stochastic against deterministic": _compared(results),
        "Negative bound, nats a frame (of densities: less is better, and it may be negative)": (
            _bounds(points)
        ),
        f"Squared error of a frame (PSNR, dB) after {PREFIX} frames, by how many frames ahead; the best of {FUTURES} "
        "is chosen by its error over the full future": _predictions(points, real),
        "Centres of balls off by, pixels; in brackets the share of balls that are seen": (
            _centres(points, real)
        ),
        f"Physics of frames {SEEN + 1} to {SEEN + AFTER}, read by the tracker": (
            _obedience(points, real)
        ),
        "The tracker against the simulator, errors in pixels (a frame)": _tracker(real),
        f"Seconds to sample and decode {MANY} sequences, 2 threads": _timings(results["seconds"]),
    }
    lines = [intro]
    for title, (header, *rows) in parts.items():
        if rows:
            lines += ["", f"**{title}**", "", markdown_table(header, rows)]
    return "\n".join(lines) + "\n"


def short_table(path: Path) -> str:
    """The comparison in a ``results.json``, Markdown, in a few rows."""
    results = json.loads(path.read_text(encoding="utf-8"))
    header, *rows = _compared(results, SHORT)
    return markdown_table(header, rows)


def _compared(results: dict[str, Any], figures: Sequence[str] = tuple(CHIEF)) -> list[Row]:
    """Stochastic compared with deterministic, and with real frames where they have such a figure."""
    rows: list[Row] = [
        ["", *PAIR, "difference [95 %, Welch]", "better", "real, or without a model"]
    ]
    for difference in results["differences"]:
        name = difference["figure"]
        if name not in figures:
            continue
        share = name.rpartition("/")[2] in SHARES
        scale = 100 if share else 1
        value, low, high = (_short(scale * difference[key]) for key in ("value", "low", "high"))
        of_pair = [_cell(results["points"][point]["figures"][name], scale) for point in PAIR]
        rows.append(
            [
                difference["title"] + (", %" if share else ""),
                *of_pair,
                f"{value} [{low}, {high}]",
                difference["better"],
                _cell(results["real"].get(_real_counterpart(name)), scale),
            ]
        )
    return rows


def _real_counterpart(name: str) -> str | None:
    """The figure of real frames, or of a prediction without a model, that compares with a figure of a model."""
    kind, _, rest = name.partition("/")
    what = rest.rpartition("/")[2]
    if kind == "physics":
        return f"physics/real/{what}"
    if kind == "prediction":
        return f"prediction/training mean/{what}"
    return None


def _bounds(points: dict[str, Any]) -> list[Row]:
    columns = {}
    for frames in (SEEN, SEEN + AFTER):
        for term in ("total", *TERMS):
            words = term.replace("_", " ").replace("kl", "KL")
            columns[f"bound/{frames}/{term}"] = f"{words}, {frames} frames"
    rows: list[Row] = [["", *columns.values()]]
    for name, point in points.items():
        rows.append([name, *(_cell(point["figures"].get(column)) for column in columns)])
    return rows


def _predictions(points: dict[str, Any], real: Figures) -> list[Row]:
    """Squared errors, with PSNR in brackets."""
    pixels = math.prod(SMALL.outline.event_shape)

    def cell(figures: Figures, who: str, horizon: int) -> str:
        figure = figures.get(f"prediction/{who}/{horizon}")
        psnr = "-"
        if figure is not None and figure["value"] is not None:
            psnr = f"{10 * math.log10(pixels / max(1e-9, figure['value'])):.1f}"
        return f"{_cell(figure)} ({psnr})"

    rows: list[Row] = [["", *map(str, HORIZONS)]]
    for name, point in points.items():
        for who in (f"best of {FUTURES}", "one", f"mean of {FUTURES}", "reconstruction"):
            cells = [cell(point["figures"], who, horizon) for horizon in HORIZONS]
            rows.append([f"{name}, {who}", *cells])
    for who in ("last frame", "training mean"):
        rows.append([who, *(cell(real, who, horizon) for horizon in HORIZONS)])
    return rows


def _centres(points: dict[str, Any], real: Figures) -> list[Row]:
    """Distances of the balls' centres, with the share of balls that are seen in brackets."""

    def cell(figures: Figures, who: str, horizon: int) -> str:
        seen = figures.get(f"centres seen/{who}/{horizon}")
        share = "-"
        if seen is not None and seen["value"] is not None:
            share = f"{100 * seen['value']:.0f} %"
        return f"{_cell(figures.get(f'centres/{who}/{horizon}'))} ({share})"

    rows: list[Row] = [["", *map(str, HORIZONS)]]
    for name, point in points.items():
        for who in (f"best of {FUTURES}", "one", "reconstruction"):
            cells = [cell(point["figures"], who, horizon) for horizon in HORIZONS]
            rows.append([f"{name}, {who}", *cells])
    rows.append(["last frame", *(cell(real, "last frame", horizon) for horizon in HORIZONS)])
    return rows


def _obedience(points: dict[str, Any], real: Figures) -> list[Row]:
    sources = [("real (speeds: one half from the other)", real, "real")]
    for name, point in points.items():
        for who in ("reconstruction", "future", "prior"):
            sources.append((f"{name}, {who}", point["figures"], who))
    rows: list[Row] = [["", *PHYSICS.values()]]
    for title, figures, who in sources:
        cells = []
        for name in PHYSICS:
            scale = 100 if name in SHARES else 1
            cells.append(_cell(figures.get(f"physics/{who}/{name}"), scale))
        rows.append([title, *cells])
    return rows


def _tracker(real: Figures) -> list[Row]:
    by_quality: dict[str, dict[str, float | None]] = {}
    for key, figure in real.items():
        part, _, rest = key.partition("/")
        if part == "tracker":
            quality, measure = rest.split("/")
            by_quality.setdefault(quality, {})[measure] = figure["value"]
    if not by_quality:
        return [[]]
    rows: list[Row] = [["frames", *next(iter(by_quality.values()))]]
    for quality, measures in by_quality.items():
        cells = []
        for name, value in measures.items():
            if value is None:
                cells.append("-")
            elif "error" in name:
                cells.append(f"{value:.3f}")
            else:
                cells.append(f"{100 * value:.2f} %")
        rows.append([quality, *cells])
    return rows


def _timings(seconds: dict[str, dict[str, float]]) -> list[Row]:
    lengths = next(iter(seconds.values()))
    rows: list[Row] = [["", *(f"{frames} frames" for frames in lengths)]]
    for name, by_length in seconds.items():
        rows.append([name, *(f"{value:.2f}" for value in by_length.values())])
    return rows


def _cell(figure: dict[str, Any] | None, scale: float = 1) -> str:
    if figure is None or figure["value"] is None:
        return "-"
    text = _short(scale * figure["value"])
    if figure["low"] is None or "by_seed" not in figure:
        return text
    return f"{text} ± {_short(scale * (figure['high'] - figure['value']))}"


def _short(value: float) -> str:
    """About three digits."""
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.1:
        return f"{value:.2f}"
    return f"{value:.3f}"
