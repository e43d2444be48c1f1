"""Reports of schema 2 as it was first written, as plain types, converted to the present layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Plain = Mapping[str, Any]


def with_differing_pairs(report: Plain) -> Plain:
    """The report with ``kept`` of swaps over the pairs that differ; the same object if it is so already.

    Before, ``kept`` was over random pairs, which agree by chance, and ``kept_where_different`` over those that differ.

    A damaged report stays as it is.
    """
    swaps = report.get("swaps")
    if not isinstance(swaps, Mapping):
        return report
    scores = swaps.get("swap")
    if not isinstance(scores, Mapping):
        return report
    if not all(isinstance(score, Mapping) for score in scores.values()):
        return report
    if not any("kept_where_different" in score for score in scores.values()):
        return report
    converted = {name: _over_differing_pairs(score) for name, score in scores.items()}
    return {**report, "swaps": {**swaps, "swap": converted}}


def _over_differing_pairs(score: Plain) -> dict[str, Any]:
    differing = score.get("kept_where_different")
    others = {key: value for key, value in score.items() if key != "kept_where_different"}
    return {**others, "kept": differing}
