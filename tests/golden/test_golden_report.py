"""A quick evaluation report holds what it did, field by field.

The leakage section is left out: which of several nearly equal probes is chosen depends on the processor. Its tests
have planted effects (``tests/unit/evaluation/test_leakage.py``).

Rates are of 120 test sequences: two of them may be classified otherwise on another processor. Everything else is
computed from codes and has the tolerance of float32 sums.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.golden.golden_values import Tolerance, check, differences, load

CHECKPOINT = "vast-sprites"
# They differ between machines and between releases.
# The summary is computed from the other parts.
EXCLUDED = frozenset({"seconds", "versions", "command", "machine", "summary", "leakage"})
SUMS = Tolerance(1e-3, 1e-4)


def tolerance(path: tuple) -> Tolerance:
    """Of the number at a path of a report."""
    return SUMS


def compare(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    """Differences between two reports as nested dictionaries, a line each."""
    return differences(expected, actual, tolerance, excluded=EXCLUDED)


def current() -> dict[str, Any]:
    """The report, measured now: the only use of modules that are not public."""
    from seqdisent.evaluation.report import evaluate
    from seqdisent.evaluation.schema import to_plain
    from tests.fixtures.app import TINY

    report, _ = evaluate(CHECKPOINT, sample=TINY)
    return to_plain(report)


def stored() -> dict[str, Any]:
    """The stored report in the present schema."""
    from seqdisent.evaluation.schema import Report, to_plain

    return to_plain(Report.from_plain(load("report")))


def test_report_is_the_same() -> None:
    check(compare(stored(), current()), "report")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda report: report["reconstruction"].update(psnr_db=9.9), "reconstruction.psnr_db"),
        (lambda report: report["reconstruction"].pop("psnr_db"), "'psnr_db' is missing"),
        (
            lambda report: report["diagnostics"]["dynamic"]["kl_nats_by_step"].pop(),
            "entries expected",
        ),
        (lambda report: report.update(extra=1), "'extra' is new"),
        (lambda report: report.update(checkpoint="dsvae-sprites"), "checkpoint"),
    ],
)
def test_comparison_finds_a_change(change, found: str) -> None:
    report = stored()
    change(report)
    lines = compare(stored(), report)
    assert len(lines) >= 1 and found in lines[0]


def test_comparison_ignores_time_and_versions() -> None:
    report = stored()
    report |= {"seconds": {}, "versions": {"torch": "9"}, "command": "another"}
    assert compare(stored(), report) == []
