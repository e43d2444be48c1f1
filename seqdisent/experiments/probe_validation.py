"""The probes on codes whose leakage is known: what was planted, and what they find.

Next to the present probes stand those of earlier reports, a linear probe and one perceptron of the whitened full code,
which hidden leaks fooled. The controls are those of :mod:`seqdisent.evaluation.controls`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqdisent.data import load_dataset
from seqdisent.evaluation.controls import HIDDEN_SCALES, HiddenLeak, Oracle
from seqdisent.evaluation.leakage import FULL, VIEWS, measure
from seqdisent.evaluation.probes import Task, code_matrices, read, whitened
from seqdisent.evaluation.schema import CODES, CodeName, Leakage
from seqdisent.evaluation.splits import Splits, first_labels
from seqdisent.io import write_json, write_text
from seqdisent.reporting.markdown import markdown_table

DATASET = "sprites-32"
SEQUENCES = {"train": 2700, "validation": 900, "test": 1350}  # the first ones of each split
EFFORT = replace(FULL, posteriors=("mean",), nulls=0, detection=False)
FORMER_VIEW: dict[CodeName, str] = {"static": "static", "dynamic": "sequence"}
HEADER = (
    "control",
    "code",
    "factor",
    "planted, bits",
    "found, bits",
    "probe",
    "p",
    "by the former probes",
)


@dataclass(frozen=True)
class Found:
    """One hidden factor of one control.

    Args:
        planted_bits: the factor's entropy, or 1 where only whether its label is odd is hidden.
        former_bits: by a linear probe or a perceptron of the whitened full code.
    """

    control: str
    code: CodeName
    factor: str
    planted_bits: float
    bits: float
    low: float
    high: float
    probe: str
    p: float
    former_bits: float


def validate(say: Callable[[str], None] = print) -> list[Found]:
    """Every control, in order of scale, then hidden in one step and in an interaction, then without a leak."""
    train, validation, test = (
        load_dataset(DATASET, split).select(np.arange(count)) for split, count in SEQUENCES.items()
    )
    subjects: dict[str, Oracle] = {
        f"hidden at {scale:g}": HiddenLeak(test, scale) for scale in HIDDEN_SCALES
    }
    subjects["hidden in one step"] = HiddenLeak(test, place="one step")
    subjects["hidden in an interaction"] = HiddenLeak(test, place="interaction")
    subjects["oracle, no leak"] = Oracle(test)
    rows = []
    for name, subject in subjects.items():
        splits = Splits.of(subject, (train, validation, test))
        effort = replace(EFFORT, steps="one step" in name)
        leakage, _ = measure(splits, subject.spec.factors, effort=effort)
        for code in CODES:
            factor = _hidden_factor(subject, code)
            row = _row(name, code, factor, leakage, splits)
            say(" | ".join(_cells(row)))
            rows.append(row)
    return rows


def _hidden_factor(subject: Oracle, code: CodeName) -> str:
    """The factor that a control hides in a code; of the oracle the first off-target one."""
    off_target = [f for f in subject.spec.factors if f.kind != code and not f.continuous]
    return off_target[0].name


def _row(control: str, code: CodeName, factor: str, leakage: Leakage, splits: Splits) -> Found:
    cell = leakage.cell(code, factor)
    assert cell is not None and cell.best.p is not None
    planted = leakage.factor(factor).entropy_bits or 0.0
    if "interaction" in control:
        planted = 1.0
    if "no leak" in control:
        planted = 0.0
    bits = cell.best.bits
    probe = f"{cell.chosen}, {cell.view}, {cell.best.representation}"
    former = _former_bits(code, factor, len(leakage.factor(factor).classes), splits)
    return Found(
        control,
        code,
        factor,
        planted,
        bits.value,
        bits.low,
        bits.high,
        probe,
        cell.best.p,
        former,
    )


def _former_bits(code: CodeName, factor: str, classes: int, splits: Splits) -> float:
    vector = VIEWS[code, FORMER_VIEW[code]]
    codes = whitened(code_matrices(*(vector(part.mean).numpy() for part in splits.parts())))
    labels = [first_labels(part.labels[factor]) for part in splits.parts()]
    task = Task(factor, classes, *labels)
    readings = [read("linear", codes, [task])[factor], read("mlp", codes, [task])[factor]]
    best = max(readings, key=lambda reading: reading.validation_bits)
    return max(0.0, float(np.nanmean(best.bits)))


def _cells(row: Found) -> list[str]:
    return [
        row.control,
        row.code,
        row.factor,
        f"{row.planted_bits:.2f}",
        f"{row.bits:.2f} [{row.low:.2f}, {row.high:.2f}]",
        row.probe,
        f"{row.p:.3f}",
        f"{row.former_bits:.2f}",
    ]


def write_results(rows: list[Found], folder: Path) -> Path:
    """The rows as ``results.json`` and ``results.md``."""
    write_json(folder / "results.json", [vars(row) for row in rows], indent=1)
    table = markdown_table(list(HEADER), [_cells(row) for row in rows])
    write_text(folder / "results.md", table + "\n")
    return folder
