"""Reports of schema 2 (seqdisent 0.1), as plain types, converted to the layout of schema 3.

Schema 2 had two probes in each cell, a linear and a non-linear one, which was a perceptron; views were not chosen on
validation. Numbers are carried over unchanged; verdicts stay as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Plain = Mapping[str, Any]
FAMILIES = {"linear": "linear", "nonlinear": "mlp"}


def upgraded(report: Plain) -> dict[str, Any]:
    """A report of schema 2 in the layout of schema 3.

    Raises:
        KeyError, TypeError, AttributeError: if it is damaged.
    """
    leakage = report.get("leakage")
    converted = None if leakage is None else _leakage(leakage)
    return {**with_differing_pairs(report), "schema_version": 3, "leakage": converted}


def _leakage(leakage: Plain) -> dict[str, Any]:
    counts = leakage["shuffled_label_probes"].values()
    return {
        **leakage,
        "shuffled_label_probes": min(counts, default=0),
        "cells": [_cell(cell) for cell in leakage["cells"]],
        "steps": [{**step, "chosen": FAMILIES[step["chosen"]]} for step in leakage["steps"]],
    }


def _cell(cell: Plain) -> dict[str, Any]:
    kept = {key: value for key, value in cell.items() if key not in FAMILIES}
    probes = {family: cell[kind] for kind, family in FAMILIES.items()}
    return {**kept, "chosen": FAMILIES[cell["chosen"]], "probes": probes}


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
