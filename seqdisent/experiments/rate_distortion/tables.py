"""The results of ``seqdisent bits``: a row for each model, size and data set, as numbers, table and figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seqdisent.errors import UsageError
from seqdisent.experiments.frontier.measure import RESULTS, over_seeds
from seqdisent.experiments.rate_distortion.h264 import CLIPS, at_quality
from seqdisent.experiments.rate_distortion.measure import ASK, CURVE, HOLD, LEARN
from seqdisent.experiments.rate_distortion.points import DATA, POINTS, STATIC, Point

EQUAL = 8  # D of the DSVAE whose quality H.264 must have


def collect(run: Path) -> list[dict[str, Any]]:
    """Every point that has been measured, its seeds together, and the baselines of each data set.

    Returns:
        ``{"dataset", "model", "size", "numbers", "seeds", "figures": {name: {"value", "low", "high"}}}``. Baselines
        have no size: ``"training mean"``, and ``"H.264"`` at the quality of DSVAE at D = 8, whose ``picture_bits``
        leave out its headers, with the ``crf`` between which it was interpolated.
    """
    rows: list[dict[str, Any]] = []
    for dataset in DATA:
        points = [p for p in POINTS.values() if p.recipe.dataset == dataset]
        mine = [row for p in points if (row := _row(p, run)) is not None]
        if not mine:
            continue
        rows += [*mine, _mean_row(dataset, mine[0])]
        equal = [r for r in mine if (r["model"], r["size"]) == ("dsvae", EQUAL)]
        kept = run / CURVE.format(dataset)
        if equal and kept.is_file():
            there = at_quality(
                json.loads(kept.read_text(encoding="utf-8")),
                equal[0]["figures"]["psnr_db"]["value"],
            )
            rows.append(_baseline(dataset, "H.264", there))
    return rows


def _row(point: Point, run: Path) -> dict[str, Any] | None:
    paths = sorted(run.glob(f"{point.name}-s*/{RESULTS}"))
    values = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if not values:
        return None
    names = [k for k in values[0] if k != "judge" and all(v[k] is not None for v in values)]
    return {
        "dataset": point.recipe.dataset,
        "model": point.recipe.kind,
        "size": point.size,
        "numbers": point.numbers,
        "seeds": len(values),
        "figures": {k: over_seeds([v[k] for v in values]) for k in names},
    }


def _mean_row(dataset: str, row: dict[str, Any]) -> dict[str, Any]:
    told = {
        k.removeprefix("mean_"): f["value"]
        for k, f in row["figures"].items()
        if k.startswith("mean_")
    }
    return _baseline(dataset, "training mean", {**told, "bits": 0.0})


def _baseline(dataset: str, name: str, told: dict[str, float]) -> dict[str, Any]:
    values = {k: over_seeds([v]) for k, v in told.items()}
    return {
        "dataset": dataset,
        "model": name,
        "size": None,
        "numbers": None,
        "seeds": None,
        "figures": values,
    }


COLUMNS = {
    "psnr_db": "PSNR of a draw, dB",
    "envelope_db": "envelope error, dB",
    "bits": "bits a frame",
    "static_bits": "static",
    "dynamic_bits": "dynamic",
    "leak/dynamic": "static factors in the dynamic code, bits",
    "leak/dynamic (draw)": "of a draw",
    "leak/static": "dynamic factors in the static code, bits",
    "leak/static (draw)": "of a draw",
    "moving_r2": "R² of motion in the static code",
    "swap": "swap keeps all, %",
}


def table(results: list[dict[str, Any]], columns: dict[str, str] = COLUMNS) -> str:
    """Markdown: a row for each model and size of each data set, with 95 % intervals over seeds if there are several."""
    head = ["data", "model", "D", "numbers a frame", *columns.values()]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in results:
        about = ["" if row[k] is None else f"{row[k]:.3g}" for k in ("size", "numbers")]
        cells = [_cell(name, row["figures"]) for name in columns]
        lines.append(f"| {' | '.join([row['dataset'], row['model'], *about, *cells])} |")
    return "\n".join(lines)


def _cell(name: str, figures: dict[str, Any]) -> str:
    """``4.61 ± 0.20 of 10.34``, or a dash where there is nothing to measure."""
    if name not in figures:
        return "-"
    figure, scale = figures[name], 100 if name == "swap" else 1
    digits = 1 if scale * figure["value"] >= 20 or name == "swap" else 2
    text = f"{scale * figure['value']:.{digits}f}"
    if figure["low"] is not None:
        text += f" ± {scale * (figure['value'] - figure['low']):.{digits}f}"
    if (most := f"entropy/{name.removeprefix('leak/').removesuffix(' (draw)')}") in figures:
        text += f" of {figures[most]['value']:.2f}"
    if name == "swap":
        chance = 100 * figures["swap_chance"]["value"]
        judge = 100 * figures["swap_judge"]["value"]
        text += f" (chance {chance:.2g}, judge {judge:.1f})"
    if name == "bits" and "picture_bits" in figures:
        text += f" (without headers {figures['picture_bits']['value']:.1f})"
    return text


def about(results: list[dict[str, Any]]) -> str:
    """Markdown: how the figures were made, and with how many seeds."""
    seeds = sorted({r["seeds"] for r in results if r["seeds"]})
    interval = (
        "one seed: no intervals over seeds"
        if seeds == [1]
        else "± is a 95 % interval over seeds (Student's t)"
    )
    steps = ", ".join(
        f"{name} {DATA[name][1].steps}" for name in dict.fromkeys(r["dataset"] for r in results)
    )
    counted = " to ".join(str(n) for n in dict.fromkeys((seeds[0], seeds[-1])))
    return f"""# Quality against bits

Made with `seqdisent bits`; {counted} seed{"s" if seeds[-1] > 1 else ""} a point, {interval}.
Trained for a short time (steps of batch 16: {steps}),
with the bound for a loss: nothing weighted, one learned variance. DSVAE has a static code of {STATIC} numbers beside D
dynamic ones a frame; `frame-vae` codes each frame alone, with as many numbers a sequence. All figures are of test
sequences; a frame of voices is a step of 20 ms.

* **Bits a frame**: the KL divergence of both codes from the prior, the static one spread over the frames: what it costs
  to convey a *draw* from the posterior (bits back). So the quality (PSNR, or the error of the spectral envelope) is
  that of decoding a draw. The networks themselves are not counted.
* **Leaks**: bits that a probe reads where it should read none, from means and from a draw, out of the entropy of those
  factors; learnt from {LEARN} training sequences, chosen on {HOLD}, asked of {ASK} test sequences. Positions and
  velocities have no entropy: R².
* **Swap**: a judge sees all factors of both donors at once; a model without a static code has no swap, and a data set
  without a judge no figure.
* **Training mean**: 0 bits. **H.264**: libx264, yuv444p, preset veryslow, tuned for PSNR, {CLIPS} test clips, each a
  stream of its own without container, at the PSNR of DSVAE with D = {EQUAL} (interpolated between rate factors);
  *without headers* leaves out the parameter sets and the encoder's note (SPS, PPS, SEI), which are the same for every
  clip. Voices are no pictures."""


def write_results(results: list[dict[str, Any]], folder: Path) -> Path:
    """``results.json``, ``results.md`` (how it was made, and the table) and an interactive figure, ``bits.html``.

    Raises:
        ValueError: if nothing has been measured.
    """
    from seqdisent.reporting.figures import bits

    if not results:
        raise UsageError("no point has been measured yet: run `seqdisent bits` first")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(f"{about(results)}\n\n{table(results)}\n", encoding="utf-8")
    bits(results).write_html(folder / "bits.html", include_plotlyjs=True)
    return folder
