"""The model card of a checkpoint, written from its config and report: nothing is typed by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from seqdisent.checkpoint import CARD, JUDGE, read_config
from seqdisent.evaluation.report_file import load_report
from seqdisent.evaluation.schema import Report
from seqdisent.io import write_text
from seqdisent.reporting.published import compare, parts
from seqdisent.reporting.rendering import render
from seqdisent.reporting.tables import to_markdown
from seqdisent.reporting.training_settings import training_settings
from seqdisent.spec import DatasetSpec

LOST_BELOW = 0.99  # a factor is named if swaps keep it less often, by the upper end of the interval


def write_card(folder: Path) -> None:
    """Write ``README.md`` of a checkpoint folder from its config and its report."""
    folder, config = read_config(folder)
    write_text(folder / CARD, model_card(folder.name, config, load_report(folder)))


def model_card(name: str, config: dict[str, Any], report: Report | None) -> str:
    """The text of a model card.

    Args:
        config: ``config.json`` of the checkpoint.
        report: None if it has not been measured.
    """
    is_judge = config["model"] == JUDGE
    return render(
        "model_card.md.jinja",
        name=name,
        kind="judge (a supervised classifier)" if is_judge else config["model"].upper(),
        spec=DatasetSpec.from_json(config["dataset"]),
        recipe=config["recipe"],
        package=config["package"],
        comparison=compare(config),
        parts=parts(config),
        report=report,
        settings=None if is_judge else training_settings(config),
        failures=known_failures(report),
        table=_table,
        nan=math.nan,
    )


def known_failures(report: Report | None) -> list[str]:
    """Failures other than leaks that the numbers show: factors that are lost in swaps."""
    if report is None or report.swaps is None:
        return []
    failures = []
    for name, swap in report.swaps.swap.items():
        if swap.kept is None or swap.off_target is None or swap.kept.high >= LOST_BELOW:
            continue
        failures.append(
            f"{name} is lost in {100 * (1 - swap.kept.value):.1f} % of swaps of sequences that differ in it "
            f"({100 * swap.off_target.value:.1f} % show the other sequence's value)."
        )
    return failures


def _table(content: tuple[list[str], list[list[str]]]) -> str:
    header, rows = content
    return to_markdown(header, rows)
