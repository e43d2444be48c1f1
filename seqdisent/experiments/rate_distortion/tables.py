"""The results of all points and seeds, as numbers, table and figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seqdisent.errors import UsageError
from seqdisent.evaluation.statistics import over_seeds
from seqdisent.experiments.rate_distortion.h264 import CLIPS, at_quality
from seqdisent.experiments.rate_distortion.measure import (
    ASK,
    CURVE,
    HOLD,
    LEARN,
    RESULTS,
    settings,
)
from seqdisent.experiments.rate_distortion.points import DATA, POINTS, STATIC, Point, sweep_run
from seqdisent.experiments.sweep import Say, seeds_in
from seqdisent.io import write_json, write_text
from seqdisent.reporting.figures import bits
from seqdisent.reporting.markdown import markdown_table

EQUAL = 8  # D of the DSVAE whose quality H.264 must have


def collect(root: Path, say: Say = print) -> list[dict[str, Any]]:
    """Every point that has been measured, its seeds together, and the baselines of each data set.

    Stale measurements are left out.

    Returns:
        ``{"dataset", "model", "size", "numbers", "seeds", "figures": {name: {"value", "low", "high"}}}``. Baselines
        have no size: ``"training mean"``, and ``"H.264"`` at the quality of DSVAE at D = 8, whose ``picture_bits``
        leave out its headers, with the ``crf`` between which it was interpolated.
    """
    rows: list[dict[str, Any]] = []
    for dataset in DATA:
        points = [point for point in POINTS.values() if point.recipe.dataset == dataset]
        found = [_row(point, root, say) for point in points]
        measured = [row for row in found if row is not None]
        if not measured:
            continue
        rows += [*measured, _mean_row(dataset, measured[0])]
        equal = [row for row in measured if (row["model"], row["size"]) == ("dsvae", EQUAL)]
        curve = root / CURVE.format(dataset)
        if equal and curve.is_file():
            quality = equal[0]["figures"]["psnr_db"]["value"]
            figures = at_quality(json.loads(curve.read_text(encoding="utf-8")), quality)
            rows.append(_baseline(dataset, "H.264", figures))
    return rows


def _row(point: Point, root: Path, say: Say) -> dict[str, Any] | None:
    """A point over its seeds; ``None`` if it has not been measured."""
    seeds = seeds_in(root, point.name)
    if not seeds:
        return None
    needed = settings(point)
    found = [sweep_run(point, seed, root).measured(RESULTS, needed, say) for seed in seeds]
    values = [figures for figures in found if figures is not None]
    if not values:
        return None
    names = [
        name
        for name in values[0]
        if name != "judge" and all(figures[name] is not None for figures in values)
    ]
    return {
        "dataset": point.recipe.dataset,
        "model": point.recipe.kind,
        "size": point.size,
        "numbers": point.numbers,
        "seeds": len(values),
        "figures": {name: over_seeds([figures[name] for figures in values]) for name in names},
    }


def _mean_row(dataset: str, row: dict[str, Any]) -> dict[str, Any]:
    """The training mean, whose figures every point has; it costs nothing."""
    figures = {"bits": 0.0}
    for name, figure in row["figures"].items():
        if name.startswith("mean_"):
            figures[name.removeprefix("mean_")] = figure["value"]
    return _baseline(dataset, "training mean", figures)


def _baseline(dataset: str, name: str, figures: dict[str, float]) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "model": name,
        "size": None,
        "numbers": None,
        "seeds": None,
        "figures": {name: over_seeds([value]) for name, value in figures.items()},
    }


COLUMNS = {
    "psnr_db": "PSNR of a sample, dB",
    "envelope_db": "envelope error, dB",
    "bits": "bits a frame",
    "static_bits": "static",
    "dynamic_bits": "dynamic",
    "leak/dynamic": "static factors in the dynamic code, bits",
    "leak/dynamic (draw)": "of a sample",
    "leak/static": "dynamic factors in the static code, bits",
    "leak/static (draw)": "of a sample",
    "moving_r2": "R² of motion in the static code",
    "swap": "swap keeps all, %",
}


def table(results: list[dict[str, Any]], columns: dict[str, str] = COLUMNS) -> str:
    """Markdown: a row for each model and size of each data set, with 95 % intervals over seeds if there are several."""
    rows = []
    for row in results:
        sizes = ["" if row[name] is None else f"{row[name]:.3g}" for name in ("size", "numbers")]
        cells = [_cell(name, row["figures"]) for name in columns]
        rows.append([row["dataset"], row["model"], *sizes, *cells])
    return markdown_table(["data", "model", "D", "numbers a frame", *columns.values()], rows)


def _cell(name: str, figures: dict[str, Any]) -> str:
    """``4.61 ± 0.20 of 10.34``, or a dash where there is nothing to measure."""
    if name not in figures:
        return "-"
    figure = figures[name]
    scale = 100 if name == "swap" else 1
    digits = 1 if name == "swap" or scale * figure["value"] >= 20 else 2
    text = f"{scale * figure['value']:.{digits}f}"
    if figure["low"] is not None:
        text += f" ± {scale * (figure['value'] - figure['low']):.{digits}f}"
    entropy = f"entropy/{name.removeprefix('leak/').removesuffix(' (draw)')}"
    if entropy in figures:
        text += f" of {figures[entropy]['value']:.2f}"
    if name == "swap":
        chance = 100 * figures["swap_chance"]["value"]
        judge = 100 * figures["swap_judge"]["value"]
        text += f" (chance {chance:.2g}, judge {judge:.1f})"
    if name == "bits" and "picture_bits" in figures:
        text += f" (without headers {figures['picture_bits']['value']:.1f})"
    return text


def about(results: list[dict[str, Any]]) -> str:
    """Markdown: how the figures were made, and with how many seeds."""
    seeds = sorted({row["seeds"] for row in results if row["seeds"]})
    interval = "± is a 95 % interval over seeds (Student's t)"
    if seeds == [1]:
        interval = "one seed: no intervals over seeds"
    count = str(seeds[0])
    if len(seeds) > 1:
        count = f"{seeds[0]} to {seeds[-1]}"
    noun = "seed" if seeds[-1] == 1 else "seeds"
    datasets = dict.fromkeys(row["dataset"] for row in results)
    steps = ", ".join(f"{name} {DATA[name][1].steps}" for name in datasets)
    return f"""# Quality against bits

Made with `seqdisent rate-distortion`; {count} {noun} a point, {interval}.
Trained for a short time (steps of batch 16: {steps}),
with the evidence lower bound as the loss: unweighted, one learned variance. DSVAE has a static code of size {STATIC}
and D dynamic dimensions a frame; `frame-vae` codes each frame alone, with as many in a sequence. All figures are
of test sequences; a frame of voices is a step of 20 ms.

* **Bits a frame**: the KL divergence of both codes from the prior, the static one spread over the frames: the cost of
  conveying a *posterior sample* (bits back). So the quality (PSNR, or the error of the spectral envelope) is that of
  decoding a posterior sample. The networks themselves are not counted.
* **Leaks**: bits that a probe reads about factors that do not belong in a code, from means and from a posterior sample,
  out of the entropy of those factors; probes learn from {LEARN} training sequences, are chosen on {HOLD}, and tested on
  {ASK} test sequences. Positions and velocities have no entropy: R².
* **Swap**: a judge sees all factors of both donors at once; a model without a static code has no swap, and a data set
  without a judge no figure.
* **Training mean**: 0 bits. **H.264**: libx264, yuv444p, preset veryslow, tuned for PSNR, {CLIPS} test clips, each a
  stream without container, at the PSNR of DSVAE with D = {EQUAL} (interpolated between rate factors);
  *without headers* leaves out the parameter sets and the encoder's note (SPS, PPS, SEI), which are the same for every
  clip. Not for voices."""


def write_results(results: list[dict[str, Any]], folder: Path) -> Path:
    """``results.json``, ``results.md`` (how it was made, and the table) and an interactive figure, ``bits.html``.

    Raises:
        UsageError: if nothing has been measured.
    """
    if not results:
        raise UsageError("no point has been measured yet: run `seqdisent rate-distortion` first")
    write_json(folder / "results.json", results, indent=1)
    write_text(folder / "results.md", f"{about(results)}\n\n{table(results)}\n")
    bits(results).write_html(folder / "bits.html", include_plotlyjs=True)
    return folder
