"""``python -m seqdisent.experiments.readme_tables``: every checkpoint's metrics as Markdown tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from seqdisent.checkpoint import checkpoints_root, list_checkpoints, read_config
from seqdisent.evaluation.downstream import CODES, RAW, RAW_LINEAR, SUPERVISED
from seqdisent.evaluation.downstream_heads import MOST_FREQUENT, TRAINING_MEDIAN
from seqdisent.evaluation.downstream_tasks import SPLIT_RULES
from seqdisent.evaluation.judge import is_informative
from seqdisent.evaluation.report_file import load_report
from seqdisent.evaluation.schema import FactorSummary, Report, SeedScore
from seqdisent.experiments.benchmark.tables import read_results
from seqdisent.experiments.rate_distortion import tables as rate_distortion
from seqdisent.experiments.transitions import tables as transitions
from seqdisent.io import write_text
from seqdisent.reporting.markdown import markdown_table
from seqdisent.reporting.tables import UNITS, bits, estimate, percent
from seqdisent.reporting.training_settings import training_settings
from seqdisent.spec import DatasetSpec

SETTINGS = (
    "trained on",
    "weights, reconstruction : static KL : dynamic KL",
    "code sizes, static / dynamic a step",
)
HEADER = (
    "checkpoint",
    *SETTINGS,
    "kept in a swap, lowest factor, %",
    "all at once, %",
    "squared error (training mean)",
    "identity in the dynamic code, bits",
    "of a sample",
    "motion and direction in the static code, bits",
    "of a sample",
)
PLACE = "x1"  # a factor that data sets of moving things have
MOVING_HEADER = (
    "checkpoint",
    *SETTINGS,
    "kept in a swap, lowest factor with an informative judge, %",
    "squared error (training mean)",
    "static factors in the static / the dynamic code, bits",
    "position of the first in the dynamic code, R²",
    "in the static code, R²",
)
ANCHOR_HEADER = (
    "checkpoint",
    "anchor in training",
    "kept by swaps, all at once, %",
    "worst single frame but that, %",
    "with the anchor blank, %",
)
SPEECH_HEADER = (
    "checkpoint",
    *SETTINGS,
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
    "split",
    "task",
    "codes",
    "training median or most frequent class",
    "raw features",
    "raw features, linear",
    "network with labels",
    "best published",
    "swaps that carry the right label, %",
)
FORMER = "≥ "  # measured by the probes of earlier versions, which miss much
ROBUST_SHARE = 0.9  # of the swaps that keep everything, with the worst single frame as the anchor
BENCHMARK, BITS, ROLLOUTS = "benchmark-series", "bits", "rollouts"

Part = TypeVar("Part")


def _measured(part: Part | None) -> Part:
    """A part of a report that the checkpoints of a table have."""
    assert part is not None, "measure the checkpoint with `seqdisent evaluate`"
    return part


def table() -> str:
    """Characters: what a swap keeps, the reconstruction error, and the bits off target in both codes."""
    rows = []
    for name, report in _reports("video"):
        if PLACE in _factors(report):
            continue
        summary = report.summary
        least, together = _measured(summary.swap_keeps_least), _measured(summary.swap_keeps_all)
        rows.append(
            [
                f"`{name}`",
                *_settings(name),
                f"{100 * least.value:.1f} ({summary.swap_keeps_least_factor})",
                percent(together),
                _error(report),
                off_target(report, "dynamic", "mean"),
                off_target(report, "dynamic", "sample"),
                off_target(report, "static", "mean"),
                off_target(report, "static", "sample"),
            ]
        )
    return markdown_table(HEADER, rows)


def moving_table() -> str:
    """Moving things: swaps, the error, information about static factors, and about positions."""
    rows = []
    for name, report in _reports("video"):
        if PLACE not in _factors(report):
            continue
        worst, kept = _least_kept(report)
        static = _static_bits(report, "static")
        dynamic = _static_bits(report, "dynamic")
        entropy = sum(_measured(factor.entropy_bits) for factor in _static_factors(report))
        rows.append(
            [
                f"`{name}`",
                *_settings(name),
                f"{100 * kept:.1f} ({worst})",
                _error(report),
                f"{static:.2f} / {dynamic:.2f} of {entropy:.2f}",
                _place(report, "dynamic"),
                _place(report, "static"),
            ]
        )
    return markdown_table(MOVING_HEADER, rows)


def _least_kept(report: Report) -> tuple[str, float]:
    """The factor that swaps keep least often, of those with an informative judge, and how often they keep it."""
    judge = _measured(report.judge)
    kept = {
        factor: _measured(score.kept).value
        for factor, score in _measured(report.swaps).swap.items()
        if is_informative(judge[factor], score.chance)
    }
    worst = min(kept, key=lambda factor: (kept[factor], factor))
    return worst, kept[worst]


def _static_factors(report: Report) -> list[FactorSummary]:
    factors = _measured(report.leakage).factors
    return [factor for factor in factors if factor.kind == "static" and not factor.not_measurable]


def _static_bits(report: Report, code: str) -> float:
    """Bits about all static factors in a code."""
    leakage = _measured(report.leakage)
    scores = [_measured(leakage.best(code, f.name)) for f in _static_factors(report)]
    return sum(score.bits.value for score in scores)


def _place(report: Report, code: str) -> str:
    """R² of the first position from a code, with its interval."""
    r2 = _measured(_measured(report.leakage).best(code, PLACE)).score
    return f"{r2.value:.2f} [{r2.low:.2f}, {r2.high:.2f}]"


def _factors(report: Report) -> set[str]:
    return {factor.name for factor in _measured(report.leakage).factors}


def _error(report: Report) -> str:
    error = _measured(report.reconstruction)
    mean = error.training_mean_squared_error_per_sequence
    return f"{error.squared_error_per_sequence:.0f} ({mean:.0f})"


def _settings(name: str) -> tuple[str, str, str]:
    """Rows of different budgets, weights or sizes are compared with these in sight."""
    settings = training_settings(read_config(name)[1])
    return settings.budget, settings.weights, settings.sizes


def anchors_table() -> str:
    """What swaps keep as the static code is read from a single frame, another than in training, and who is robust."""
    rows: list[list[str]] = []
    robust: list[str] = []
    others: list[str] = []
    for name, report in _reports("video") + _reports("speech"):
        if not report.anchors:
            continue
        blanked = next((score for score in report.anchors if score.blanked), None)
        trained = None if blanked is None else blanked.anchor
        single = [
            score.all_kept
            for score in report.anchors
            if not score.blanked and score.anchor != trained
        ]
        worst = min(single, key=lambda rate: rate.value)
        reference = _measured(report.summary.swap_keeps_all)
        is_robust = reference.value >= 0.5 and worst.value >= ROBUST_SHARE * reference.value
        (robust if is_robust else others).append(f"`{name}`")
        rows.append(
            [
                f"`{name}`",
                "a random frame each time" if blanked is None else f"frame {trained}",
                percent(reference),
                percent(worst),
                "-" if blanked is None else percent(blanked.all_kept),
            ]
        )
    return f"{markdown_table(ANCHOR_HEADER, rows)}\n\n{_robust_sentence(robust, others)}"


def _robust_sentence(robust: list[str], others: list[str]) -> str:
    """Which checkpoints may be read from any frame."""
    rule = (
        "Robust to the frame, in that swaps keep everything in at least half of the pairs, and from the worst single "
        f"frame at least {100 * ROBUST_SHARE:.0f} % as often, is"
    )
    if not robust:
        return f"{rule} none of them."
    return f"{rule} {', '.join(robust)}; not {', '.join(others) or 'any other'}."


def speech_table() -> str:
    """Speech: what a swap carries and keeps, judged from waveforms, and the information off target."""
    rows = []
    for name, report in _reports("speech"):
        swaps, verified = _measured(report.swaps), _measured(report.verification)
        pitch = _measured(report.speech).pitch
        factors = _measured(report.leakage).factors
        content = next(factor.name for factor in factors if factor.kind == "dynamic")
        content_kept = "not measurable by a judge"
        if content in swaps.swap:
            content_kept = percent(swaps.swap[content].kept)
        error_rates = (verified.static, verified.dynamic, verified.gap)
        rows.append(
            [
                f"`{name}`",
                *_settings(name),
                percent(swaps.swap["speaker"].kept),
                content_kept,
                percent(swaps.all_kept),
                percent(pitch["sex" if "sex" in pitch else "apart"].nearer_donor),
                " / ".join(f"{100 * rate.value:.1f}" for rate in error_rates),
                _bits(report, "dynamic", "speaker"),
                _bits(report, "static", content),
            ]
        )
    return markdown_table(SPEECH_HEADER, rows)


def series_table(path: Path | None = None) -> str:
    """Series: downstream scores of the codes over seeds, compared with learners that need no such codes.

    Args:
        path: ``results.json`` of a benchmark; by default the one beside the checkpoints.
    """
    path = path or checkpoints_root() / BENCHMARK / "results.json"
    rows = []
    for result in read_results(path):
        for task in result.tasks:
            for number, measure in enumerate(task.measures):
                scores = {name: one.scores[measure] for name, one in task.learners.items()}
                constant = TRAINING_MEDIAN if measure == "MAE" else MOST_FREQUENT
                published = [
                    f"{row[number]:g} {method}"
                    for method, row in task.published.items()
                    if method != "supervised"
                ]
                swap = "-"
                if task.swap is not None and number == 0:  # a row of a task is enough
                    swap = f"{np.mean(task.swap.right):.0f}"
                cells = [
                    f"`{result.recipe}`",
                    SPLIT_RULES.get(result.dataset, ""),
                    f"{task.task}, {measure}{UNITS.get(measure, '')}",
                    _score(scores.get(CODES)),
                    estimate(scores[constant]),
                    _score(scores.get(RAW)),
                    _score(scores.get(RAW_LINEAR)),
                    _score(scores.get(SUPERVISED)),
                    published[-1] if published else "-",
                    swap,
                ]
                rows.append(cells)
    return markdown_table(SERIES_HEADER, rows)


def _score(found: SeedScore | None) -> str:
    """A score with its interval; a dash for a learner that was not measured."""
    return "-" if found is None else estimate(found)


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


def _bits(report: Report, code: str, factor: str) -> str:
    leakage = _measured(report.leakage)
    about = leakage.factor(factor)
    if about.not_measurable:
        return "not measurable"
    mark = FORMER if leakage.is_by_former_probes else ""
    return f"{mark}{bits(leakage.best(code, factor))} of {about.entropy_bits:.2f}"


def _reports(modality: str) -> list[tuple[str, Report]]:
    """Name and report of every measured checkpoint of a modality."""
    found = defaultdict(list)
    for name, config in list_checkpoints().items():
        report = load_report(name)
        if report is not None and report.leakage is not None:
            spec = DatasetSpec.from_json(config["dataset"])
            found[spec.modality].append((name, report))
    return found[modality]


def off_target(report: Report, code: str, posterior: str) -> str:
    """Bits in a code about factors that do not belong in it, of their entropy."""
    leakage = _measured(report.leakage)
    bits_off_target = leakage.off_target_bits(code, posterior)
    if bits_off_target is None:
        return "-"  # not measured, in a smaller report
    mark = FORMER if leakage.is_by_former_probes else ""
    return f"{mark}{bits_off_target:.2f} of {leakage.off_target_entropy_bits(code):.2f}"


TABLES: dict[str, Callable[[], str]] = {
    "results": table,
    "anchors": anchors_table,
    "moving": moving_table,
    "rollouts": rollouts_table,
    "bits": bits_table,
    "speech": speech_table,
    "series": series_table,
}


def with_tables(readme: str) -> str:
    """The text of the README with every table between its markers, ``<!-- NAME -->``, made again."""
    for name, make in TABLES.items():
        start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, rest = readme.split(start, 1)
        _, after = rest.split(end, 1)
        readme = before + start + make() + end + after
    return readme


def main() -> None:
    """Write all tables of the README in the working folder."""
    path = Path("README.md")
    write_text(path, with_tables(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
