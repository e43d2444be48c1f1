"""Reports of schema 1 (seqdisent 0.1), as plain types, converted to the layout of schema 2.

Schema 1 had no version key, and mixed the parts of the swap section with those of the report. Numbers are carried over
unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Plain = Mapping[str, Any]
PROBES = ("linear", "nonlinear")


def upgraded(report: Plain) -> dict[str, Any]:
    """A report of schema 1 in the layout of schema 2, without its summary.

    Raises:
        KeyError, TypeError, AttributeError: if it is damaged.
    """
    return {
        "schema_version": 2,
        "checkpoint": report.get("checkpoint", ""),
        "control": report.get("stand_in"),
        "weights_sha256_16": report.get("weights_sha256_16", ""),
        "command": report.get("command", ""),
        "split": report.get("split", ""),
        "sequences": report.get("sequences", 0),
        "seed": report.get("seed", 0),
        "seconds": _seconds(report.get("seconds", {})),
        "versions": report.get("versions", {}),
        "judge": report.get("judge"),
        "no_judge": report.get("no_judge", ""),
        "leakage": _optional(_leakage, report.get("leakage")),
        "reconstruction": report.get("error"),
        "swaps": _swaps(report) if "swap" in report else None,
        "speech": report.get("speech") or None,
        "downstream": [upgraded_task(task) for task in report.get("downstream", ())],
        "generation": _optional(_generation, report.get("generation")),
        "diagnostics": report.get("health"),
        "disentanglement": _disentanglement(report),
        "verification": _optional(_verification, report.get("verification")),
        "anchors": [_anchor(anchor) for anchor in report.get("anchors", ())],
    }


def upgraded_task(task: Plain) -> dict[str, Any]:
    """A downstream task of schema 1, as in a report or in the results of the series benchmark."""
    swap = task["swap"]
    return {
        "task": task["task"],
        "factor": task["factor"],
        "codes": task["codes"],
        "measures": task["measures"],
        "learners": task["by"],
        "published": task["published"],
        "test_rows": task["test_rows"],
        "test_sources": task["test_sources"],
        "swap": None if swap is None else _renamed(swap, {"rebuilt": "reconstructed"}),
    }


def _optional(convert: Any, part: Plain | None) -> dict[str, Any] | None:
    return None if part is None else convert(part)


def _renamed(part: Plain, names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in part.items()}


def _seconds(seconds: Plain) -> dict[str, float]:
    # DCI, MIG and verification were timed together.
    return _renamed(seconds, {"tasks": "downstream", "multifactor": "disentanglement"})


def _leakage(leakage: Plain) -> dict[str, Any]:
    converted = _renamed(leakage, {"asked_at_one_step": "factors_at_one_step"})
    # Reports from before data with factors that change within a sequence.
    converted.setdefault("factors_at_one_step", [])
    converted["cells"] = [_cell(cell) for cell in leakage["cells"]]
    converted["steps"] = [_step(step) for step in leakage["steps"]]
    return converted


def _cell(cell: Plain) -> dict[str, Any]:
    converted = _renamed(cell, {"reading": "posterior", "wanted": "on_target"})
    for probe in PROBES:
        converted[probe] = _probe(cell[probe])
    return converted


def _probe(figures: Plain) -> dict[str, Any]:
    measure = _measure(figures)
    return {
        "bits": figures["bits"],
        "score": figures[measure],
        "measure": measure,
        "null_bits": figures["null_bits"],
        "null_score": figures[f"null_{measure}"],
        "p": figures["p"],
    }


def _step(step: Plain) -> dict[str, Any]:
    measure = _measure(step)
    return {
        "factor": step["factor"],
        "step": step["step"],
        "chosen": step["chosen"],
        "bits": step["bits"],
        "score": step[measure],
        "measure": measure,
    }


def _measure(figures: Plain) -> str:
    return "r2" if "r2" in figures else "accuracy"


def _swaps(report: Plain) -> dict[str, Any]:
    swap = dict(report["swap"])
    joint = swap.pop("joint")
    return {
        "pairs": report["pairs"],
        "seed": report["seed"],
        "reconstruction": report["reconstruction"],
        "swap": swap,
        "all_kept": joint["kept"],
        "all_kept_chance": joint["chance"],
        "static_sampled": report["static_sampled"],
        "dynamics_sampled": report["dynamics_sampled"],
        "multifactor": report.get("multifactor_swap"),
    }


def _generation(generation: Plain) -> dict[str, Any]:
    neighbours = _renamed(generation["neighbours"], {"rebuilt": "reconstructions"})
    for kind in ("test", "reconstructions", "samples"):
        neighbours[kind] = _renamed(neighbours[kind], {"least": "smallest", "near": "share_near"})
    return {**generation, "neighbours": neighbours}


def _disentanglement(report: Plain) -> dict[str, Any] | None:
    if "dci" not in report:
        return None
    return {"dci": report["dci"], "mig": report["mig"]}


def _verification(verification: Plain) -> dict[str, Any]:
    return _renamed(verification, {"raw": "mean_frame"})


def _anchor(anchor: Plain) -> dict[str, Any]:
    return _renamed(anchor, {"joint": "all_kept"})
