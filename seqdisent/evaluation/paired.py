"""Two checkpoints on the same test sequences: paired differences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqdisent.errors import UsageError
from seqdisent.evaluation.schema import CODES, Leakage, PairedDifference
from seqdisent.evaluation.statistics import Bootstrap

Rows = Mapping[str, np.ndarray]


def paired_differences(
    rows_a: Rows,
    rows_b: Rows,
    leakage_a: Leakage,
    leakage_b: Leakage,
    resamples: int = 1000,
) -> list[PairedDifference]:
    """Bits of the first minus bits of the second, for every code and factor.

    Each test sequence is compared with itself, so what makes it easy or hard cancels; sources are resampled. Each
    checkpoint is represented by its own strongest view and probe on validation.

    Args:
        rows_a, rows_b: scores for each test sequence (:func:`seqdisent.evaluation.leakage.measure`).
        leakage_a, leakage_b: the reports that they belong to.

    Raises:
        ValueError: if the two were not measured on the same test sequences.
    """
    if not np.array_equal(rows_a["source"], rows_b["source"]):
        raise UsageError(
            f"they were measured on other test sequences ({len(rows_a['source'])} and {len(rows_b['source'])}), "
            "so no paired difference can be given; measure both in the same way"
        )
    bootstrap = Bootstrap(rows_a["source"], resamples)
    found = []
    for factor in leakage_a.factors:
        for code in CODES:
            bits_a = _bits(rows_a, leakage_a, code, factor.name)
            bits_b = _bits(rows_b, leakage_b, code, factor.name)
            if bits_a is not None and bits_b is not None:
                difference = bootstrap.mean(bits_a - bits_b)
                found.append(PairedDifference(code, factor.name, difference))
    return found


def _bits(rows: Rows, leakage: Leakage, code: str, factor: str) -> np.ndarray | None:
    """Bits of every test sequence by the strongest cell; None if it was not measured."""
    cell = leakage.cell(code, factor)
    if cell is None:
        return None
    values = rows.get(f"{cell.code}/{cell.view}/{cell.posterior}/{cell.factor}/bits")
    return None if values is None else values.astype(float)
