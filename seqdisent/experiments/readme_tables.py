"""``python -m seqdisent.experiments.readme_tables``: every checkpoint's metrics as Markdown tables."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from seqdisent.checkpoint import METRICS, checkpoints_root, list_checkpoints
from seqdisent.evaluation.judge import knows
from seqdisent.experiments.rate_distortion import tables as rate_distortion
from seqdisent.experiments.transitions import tables as transitions
from seqdisent.reporting.markdown import markdown_table
from seqdisent.reporting.tables import UNITS, bits, headline, off_target_bits, percent, score
from seqdisent.spec import DatasetSpec

HEADER = (
    "checkpoint",
    "kept in a swap, lowest factor, %",
    "all at once, %",
    "squared error (training mean)",
    "identity in the dynamic code, bits",
    "of a draw",
    "motion and direction in the static code, bits",
    "of a draw",
)
PLACE = "x1"  # a factor that data sets of moving things have
MOVING_HEADER = (
    "checkpoint",
    "kept in a swap, lowest factor that the judge knows, %",
    "squared error (training mean)",
    "what stays, told by the static / the dynamic code, bits",
    "place of the first, told by the dynamic code, R²",
    "by the static code, R²",
)
SPEECH_HEADER = (
    "checkpoint",
    "speaker carried by a swap, %",
    "content kept, %",
    "both, %",
    "pitch nearer the donor's, %",
    "EER static / dynamic / gap, %",
    "speaker in the dynamic code, bits",
    "content in the static code, bits",
)
SERIES_HEADER = (
    "recipe",
    "task",
    "codes",
    "best constant",
    "raw features, boosting",
    "network with labels",
    "best published",
    "swaps that carry the right label, %",
)
BENCHMARK, BITS, ROLLOUTS = "benchmark-series", "bits", "rollouts"
LEARNERS = ("codes", "raw features", "supervised")


def table() -> str:
    """Characters: what a swap keeps, the reconstruction error, and the bits in the two cells that should be empty."""
    rows = []
    for name, report in _reports("video"):
        if PLACE in _factors(report):
            continue
        swap, error = report["swap"], report["error"]
        worst = min((v["kept"]["value"], k) for k, v in swap.items() if k != "joint")
        cells = [
            f"`{name}`",
            f"{100 * worst[0]:.1f} ({worst[1]})",
            f"{100 * swap['joint']['kept']['value']:.1f}",
            f"{error['squared_error_per_sequence']:.0f} ({error['training_mean_squared_error_per_sequence']:.0f})",
            *(
                off_target(report, code, reading)
                for code in ("dynamic", "static")
                for reading in ("mean", "sample")
            ),
        ]
        rows.append(cells)
    return markdown_table(HEADER, rows)


def moving_table() -> str:
    """What moves by itself: swaps, the error, what either code tells of what stays, and of where things are."""
    rows = []
    for name, report in _reports("video"):
        if PLACE not in _factors(report):
            continue
        swap, error = report["swap"], report["error"]
        asked = [k for k in swap if k != "joint" and knows(report["judge"][k], swap[k]["chance"])]
        worst = min((swap[k]["kept"]["value"], k) for k in asked)
        told = lambda code: sum(headline(report, code, f)["bits"]["value"] for f in stays)  # noqa: B023 (at once)
        stays = [
            n
            for n, f in _factors(report).items()
            if f["kind"] == "static" and not f["not_measurable"]
        ]
        place = [headline(report, code, PLACE)["r2"] for code in ("dynamic", "static")]
        cells = [
            f"`{name}`",
            f"{100 * worst[0]:.1f} ({worst[1]})",
            f"{error['squared_error_per_sequence']:.0f} ({error['training_mean_squared_error_per_sequence']:.0f})",
            f"{told('static'):.2f} / {told('dynamic'):.2f} of "
            f"{sum(_factors(report)[f]['entropy_bits'] for f in stays):.2f}",
            *(f"{r['value']:.2f} [{r['low']:.2f}, {r['high']:.2f}]" for r in place),
        ]
        rows.append(cells)
    return markdown_table(MOVING_HEADER, rows)


def _factors(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f["name"]: f for f in report["leakage"]["factors"]}


def speech_table() -> str:
    """Speech: what a swap carries and keeps, judged from waveforms, and what the codes should not know."""
    rows = []
    for name, report in _reports("speech"):
        swap, verified, pitch = report["swap"], report["verification"], report["speech"]["pitch"]
        content = next(f for f in report["leakage"]["factors"] if f["kind"] == "dynamic")
        group = "sex" if "sex" in pitch else "apart"
        cells = [
            f"`{name}`",
            percent(swap["speaker"]["kept"]),
            percent(swap[content["name"]]["kept"])
            if content["name"] in swap
            else "not measurable by a judge",
            percent(swap["joint"]["kept"]),
            percent(pitch[group]["nearer_donor"]),
            " / ".join(f"{100 * verified[k]['value']:.1f}" for k in ("static", "dynamic", "gap")),
            _told(report, "dynamic", "speaker"),
            _told(report, "static", content["name"]),
        ]
        rows.append(cells)
    return markdown_table(SPEECH_HEADER, rows)


def series_table(path: Path | None = None) -> str:
    """Series: what the codes are good for, over seeds, beside everything that needs no such codes.

    Args:
        path: ``results.json`` of a benchmark; by default the one beside the checkpoints.
    """
    path = path or checkpoints_root() / BENCHMARK / "results.json"
    rows = []
    for found in json.loads(path.read_text(encoding="utf-8")):
        for task in found["tasks"]:
            for number, measure in enumerate(task["measures"]):
                by = {who: told["scores"][measure] for who, told in task["by"].items()}
                better = min if measure == "MAE" else max
                constant = better(
                    (by[who] for who in by if who not in LEARNERS), key=lambda one: one["value"]
                )
                published = [
                    f"{row[number]:g} {who}"
                    for who, row in task["published"].items()
                    if who != "supervised"
                ]
                swap = task["swap"] and not number and f"{np.mean(task['swap']['right']):.0f}"
                codes, *others = (score(by[who]) for who in LEARNERS)
                cells = [
                    f"`{found['recipe']}`",
                    f"{task['task']}, {measure}{UNITS.get(measure, '')}",
                    codes,
                    score(constant),
                    *others,
                    published[-1] if published else "-",
                    swap or "-",
                ]
                rows.append(cells)
    return markdown_table(SERIES_HEADER, rows)


BITS_SIZES = (2, 8, 32, None)
BITS_COLUMNS = (
    "psnr_db",
    "envelope_db",
    "bits",
    "static_bits",
    "dynamic_bits",
    "leak/dynamic",
    "leak/static",
    "swap",
)


def bits_table(path: Path | None = None) -> str:
    """Quality against bits: what ``seqdisent rate-distortion`` found, in part; its own page has all of it.

    Args:
        path: ``results.json`` of a sweep; by default the one beside the checkpoints.
    """
    path = path or checkpoints_root() / BITS / "results.json"
    results = [r for r in json.loads(path.read_text(encoding="utf-8")) if r["size"] in BITS_SIZES]
    columns = {name: rate_distortion.COLUMNS[name] for name in BITS_COLUMNS}
    return rate_distortion.table(results, columns)


def rollouts_table(path: Path | None = None) -> str:
    """Stochastic against deterministic transitions: what ``seqdisent transitions`` measured, in a few rows.

    Args:
        path: ``results.json`` of it; by default the one beside the checkpoints.
    """
    return transitions.short_table(path or checkpoints_root() / ROLLOUTS / "results.json")


def _told(report: dict[str, Any], code: str, factor: str) -> str:
    about = next(f for f in report["leakage"]["factors"] if f["name"] == factor)
    if about["not_measurable"]:
        return "not measurable"
    return f"{bits(headline(report, code, factor))} of {about['entropy_bits']:.2f}"


def _reports(modality: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and metrics of every measured checkpoint of a modality."""
    found = defaultdict(list)
    for name, config in list_checkpoints().items():
        report = json.loads((checkpoints_root() / name / METRICS).read_text(encoding="utf-8"))
        if "leakage" in report:
            spec = DatasetSpec.from_json(config["dataset"])
            found[spec.modality].append((name, report))
    return found[modality]


def off_target(report: dict[str, Any], code: str, reading: str) -> str:
    """Total bits that a code tells of factors that do not belong in it, out of what there is to tell.

    Composite factors (an action is a motion in a direction) are left out, so that nothing counts twice.
    """
    value, entropy = off_target_bits(report, code, reading)
    return f"{value:.2f} of {entropy:.2f}"


def main() -> None:
    """Print all tables of the README."""
    tables = (table, moving_table, rollouts_table, bits_table, speech_table, series_table)
    print("\n\n".join(make() for make in tables))


if __name__ == "__main__":
    main()
