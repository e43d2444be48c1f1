"""Two checkpoints on the same test sequences: differences whose interval is paired."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from seqdisent.errors import UsageError
from seqdisent.evaluation.leakage import HEADLINE
from seqdisent.evaluation.statistics import Bootstrap


def paired_differences(
    rows_a: dict[str, np.ndarray],
    rows_b: dict[str, np.ndarray],
    report_a: dict[str, Any],
    draws: int = 1000,
) -> list[dict[str, Any]]:
    """Bits of the first minus bits of the second, for the headline cell of every code and factor.

    Each test sequence is compared with itself, so what makes it easy or hard cancels; sources are resampled
    as everywhere. The better probe on validation stands for the first; the same kind of probe for the second.

    Args:
        rows_a, rows_b: what :func:`seqdisent.evaluation.leakage.measure` says of every test sequence.
        report_a: the first checkpoint's report.

    Returns:
        ``{"code", "factor", "bits": {"value", "low", "high"}}`` for each cell.

    Raises:
        ValueError: if the two were not measured on the same test sequences.
    """
    if not np.array_equal(rows_a["source"], rows_b["source"]):
        raise UsageError(
            f"they were measured on other test sequences ({len(rows_a['source'])} and {len(rows_b['source'])}), "
            "so no paired difference can be given; measure both in the same way"
        )
    bootstrap = Bootstrap(rows_a["source"], draws)
    found = []
    for cell in report_a["leakage"]["cells"]:
        if (cell["view"], cell["reading"]) != HEADLINE[cell["code"]]:
            continue
        key = f"{cell['code']}/{cell['view']}/{cell['reading']}/{cell['factor']}/{cell['chosen']}/bits"
        if key in rows_b:
            difference = rows_a[key].astype(float) - rows_b[key].astype(float)
            found.append(
                {
                    "code": cell["code"],
                    "factor": cell["factor"],
                    "bits": asdict(bootstrap.mean(difference)),
                }
            )
    return found
