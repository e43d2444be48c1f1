"""Two checkpoints on the same test sequences: paired differences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqdisent.errors import UsageError
from seqdisent.evaluation.leakage import HEADLINE
from seqdisent.evaluation.schema import Leakage, PairedDifference
from seqdisent.evaluation.statistics import Bootstrap

Rows = Mapping[str, np.ndarray]


def paired_differences(
    rows_a: Rows, rows_b: Rows, leakage_a: Leakage, resamples: int = 1000
) -> list[PairedDifference]:
    """Bits of the first minus bits of the second, for the full code and every factor.

    Each test sequence is compared with itself, so what makes it easy or hard cancels; sources are resampled. The first
    checkpoint is represented by its better probe on validation, the second by the same kind of probe.

    Args:
        rows_a, rows_b: scores for each test sequence (:func:`seqdisent.evaluation.leakage.measure`).
        leakage_a: of the first checkpoint.

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
    for cell in leakage_a.cells:
        if (cell.view, cell.posterior) != HEADLINE[cell.code]:
            continue
        key = f"{cell.code}/{cell.view}/{cell.posterior}/{cell.factor}/{cell.chosen}/bits"
        if key in rows_b:
            difference = rows_a[key].astype(float) - rows_b[key].astype(float)
            found.append(PairedDifference(cell.code, cell.factor, bootstrap.mean(difference)))
    return found
