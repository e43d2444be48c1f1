"""The tables of :mod:`.rollout_results`, in Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
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
# What the README shows of the comparison
SHORT = (
    f"bound/{SEEN}/total",
    f"bound/{SEEN + AFTER}/total",
    f"prediction/best of {FUTURES}/1",
    f"prediction/best of {FUTURES}/16",
    f"prediction/best of {FUTURES}/84",
    "prediction/one/84",
    *(
        f"physics/future/{name}"
        for name in ("number kept", "overlap", "energy kept", "speed distance")
    ),
    *(f"physics/prior/{name}" for name in ("number kept", "overlap", "speed distance")),
)


def tables(results: dict[str, Any]) -> str:
    """Markdown of everything in ``results``."""
    points, real = results["points"], results["real"]
    seeds = "; ".join(
        f"{name}: seeds {', '.join(map(str, one['seeds']))}" for name, one in points.items()
    )
    n = results["sequences"]
    intro = (
        f"Made by `{results['command']}`: DSVAE trained on {SEEN} frames of `{SMALL.outline.name}`, {n} test "
        "sequences. "
        f"{seeds}. Means over seeds with 95 % intervals (± Student's t); of real frames, no interval."
    )
    parts = {
        "Stochastic against deterministic": list(_compared(results)),
        "Negative bound, nats a frame (of densities: less is better, and it may be negative)": list(
            _bounds(points)
        ),
        f"Squared error of a frame (PSNR, dB) after {PREFIX} frames, by how many frames ahead; the best of {FUTURES} "
        "is chosen by its error over the whole future": list(
            _predictions(points, real, "prediction")
        ),
        "Centres of balls off by, pixels; in brackets the share of balls that are seen": list(
            _predictions(points, real, "centres")
        ),
        f"Physics of frames {SEEN + 1} to {SEEN + AFTER}, read by the tracker": list(
            _obedience(points, real)
        ),
        "The tracker against the simulator, errors in pixels (a frame)": list(_tracker(real)),
        f"Seconds to draw and decode {MANY} sequences, 2 threads": [
            ("", *(f"{frames} frames" for frames in next(iter(results["seconds"].values())))),
            *(
                (name, *(f"{seconds:.2f}" for seconds in told.values()))
                for name, told in results["seconds"].items()
            ),
        ],
    }
    lines = [intro]
    for title, told in parts.items():
        if len(told) > 1:
            header, *rows = told
            lines += [
                "",
                f"**{title}**",
                "",
                "| " + " | ".join(header) + " |",
                "|---" * len(header) + "|",
            ]
            lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def short_table(path: Path) -> str:
    """The comparison of ``results.json``, Markdown, in a few rows."""
    header, *rows = _compared(json.loads(path.read_text(encoding="utf-8")), SHORT)
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _compared(
    results: dict[str, Any], figures: tuple[str, ...] = tuple(CHIEF)
) -> Iterator[tuple[str, ...]]:
    """Stochastic beside deterministic, and real frames where they have such a figure."""
    yield "", *PAIR, "difference [95 %, Welch]", "better", "real, or without a model"
    for row in results["differences"]:
        name, figure = row["figure"], (row["value"], row["low"], row["high"])
        if name not in figures:
            continue
        share = name.rpartition("/")[2] in SHARES
        title, scale = row["title"] + (", %" if share else ""), 100 if share else 1
        kind, _, rest = name.partition("/")
        alike = {
            "physics": "physics/real/" + rest.rpartition("/")[2],
            "prediction": "prediction/training mean/" + rest.rpartition("/")[2],
        }.get(kind, "")
        value, low, high = (_short(scale * v) for v in figure)
        yield (
            title,
            *(_cell(results["points"][one]["figures"][name], scale) for one in PAIR),
            f"{value} [{low}, {high}]",
            row["better"],
            _cell(results["real"].get(alike), scale),
        )


def _bounds(points: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    columns = [(frames, term) for frames in (SEEN, SEEN + AFTER) for term in ("total", *TERMS)]
    yield (
        "",
        *(
            f"{term.replace('_', ' ').replace('kl', 'KL')}, {frames} frames"
            for frames, term in columns
        ),
    )
    for name, one in points.items():
        yield (
            name,
            *(_cell(one["figures"].get(f"bound/{frames}/{term}")) for frames, term in columns),
        )


def _predictions(points: dict[str, Any], real: Figures, what: str) -> Iterator[tuple[str, ...]]:
    yield "", *map(str, HORIZONS)

    def row(title: str, figures: Figures, who: str) -> tuple[str, ...]:
        cells = []
        for h in HORIZONS:
            figure = figures.get(f"{what}/{who}/{h}")
            beside = (
                f"{100 * seen['value']:.0f} %"
                if (seen := figures.get(f"centres seen/{who}/{h}"))
                else "-"
            )
            if what == "prediction" and figure and figure["value"] is not None:
                beside = f"{10 * math.log10(math.prod(SMALL.outline.event_shape) / max(1e-9, figure['value'])):.1f}"
            cells.append(f"{_cell(figure)} ({beside})")
        return title, *cells

    whos = (f"best of {FUTURES}", "one", f"mean of {FUTURES}", "reconstruction")
    for name, one in points.items():
        for who in whos[:2] + whos[3:] if what == "centres" else whos:
            yield row(f"{name}, {who}", one["figures"], who)
    for who in ("last frame",) if what == "centres" else ("last frame", "training mean"):
        yield row(who, real, who)


def _obedience(points: dict[str, Any], real: Figures) -> Iterator[tuple[str, ...]]:
    yield "", *PHYSICS.values()
    every = [("real (speeds: one half from the other)", real, "real")]
    every += [
        (f"{name}, {who}", one["figures"], who)
        for name, one in points.items()
        for who in ("reconstruction", "future", "prior")
    ]
    for title, figures, who in every:
        cells = [
            _cell(figures.get(f"physics/{who}/{name}"), 100 if name in SHARES else 1)
            for name in PHYSICS
        ]
        yield title, *cells


def _tracker(real: Figures) -> Iterator[tuple[str, ...]]:
    rows = {}
    for key, figure in real.items():
        part, _, rest = key.partition("/")
        if part == "tracker":
            how, what = rest.split("/")
            rows.setdefault(how, {})[what] = figure["value"]
    if rows:
        yield "frames", *next(iter(rows.values()))
    for how, told in rows.items():
        yield (
            how,
            *(
                f"{value:.3f}" if "error" in what else f"{100 * value:.2f} %"
                for what, value in told.items()
            ),
        )


def _cell(figure: dict[str, Any] | None, scale: float = 1) -> str:
    if figure is None or figure["value"] is None:
        return "-"
    text = _short(scale * figure["value"])
    if figure["low"] is None or "by_seed" not in figure:
        return text
    return f"{text} ± {_short(scale * (figure['high'] - figure['value']))}"


def _short(value: float) -> str:
    """Three digits or so."""
    size = abs(value)
    return f"{value:.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3}f}"
