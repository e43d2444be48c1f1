"""The typed report: schema 1 is converted without loss, schema 2 is read back as it was written."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seqdisent.checkpoint import checkpoints_root
from seqdisent.evaluation.report_file import load_report, read_report
from seqdisent.evaluation.schema import SCHEMA_VERSION, Report, ReportError, to_plain

SAMPLE = Path(__file__).parent / "data" / "report_schema_1.json"
MEASURED = sorted(path.parent.name for path in checkpoints_root().glob("*/metrics.json"))


@pytest.fixture(scope="module")
def schema_1() -> dict[str, Any]:
    return json.loads(SAMPLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report() -> Report:
    found = read_report(SAMPLE)
    assert found is not None
    return found


def numbers(part: Any) -> Iterator[float]:
    """Every number in nested lists and dictionaries; None stands for what is not finite."""
    if isinstance(part, dict):
        for value in part.values():
            yield from numbers(value)
    elif isinstance(part, list):
        for value in part:
            yield from numbers(value)
    elif isinstance(part, bool):
        return
    elif isinstance(part, (int, float)) and math.isfinite(part):
        yield float(part)


# Numbers that older reports do not have.
NEW = ("sources", "identities")


def without_sources(part: Any) -> Any:
    """A converted report without the numbers of sources, which older reports do not have."""
    if isinstance(part, dict):
        return {key: without_sources(value) for key, value in part.items() if key not in NEW}
    return [without_sources(value) for value in part] if isinstance(part, list) else part


def test_conversion_keeps_every_number(schema_1: dict[str, Any], report: Report) -> None:
    schema_1 = copy.deepcopy(schema_1)
    for name, score in schema_1["swap"].items():
        if name != "joint":
            del score["kept"]  # over random pairs; replaced by that over the pairs that differ
    # One number of nulls for every cell, where there was one for each kind of probe.
    del schema_1["leakage"]["shuffled_label_probes"]
    converted = without_sources(to_plain(report))
    del converted["leakage"]["shuffled_label_probes"]
    del converted["summary"], converted["schema_version"]
    del converted["swaps"]["seed"]  # schema 1 has one seed for the report and its swaps
    assert Counter(numbers(converted)) == Counter(numbers(schema_1))


def test_conversion_puts_figures_where_they_belong(
    schema_1: dict[str, Any], report: Report
) -> None:
    assert report.schema_version == SCHEMA_VERSION
    assert report.control == "shuffled" and report.no_judge == "no judge for toys"
    leakage, old = report.leakage, schema_1["leakage"]
    assert leakage is not None
    assert len(leakage.cells) == len(old["cells"]) and len(leakage.steps) == len(old["steps"])
    for cell, before in zip(leakage.cells, old["cells"], strict=True):
        measure = "r2" if before["factor"] == "x1" else "accuracy"
        assert cell.best.measure == measure and cell.posterior == before["reading"]
        assert cell.best.score.high == before[before["chosen"]][measure]["high"]
        assert cell.best.bits.low == before[before["chosen"]]["bits"]["low"]
    assert leakage.factor("x1").continuous and not leakage.factor("digit").continuous
    swaps = report.swaps
    assert swaps is not None and "joint" not in swaps.swap
    assert swaps.all_kept.value == schema_1["swap"]["joint"]["kept"]["value"]
    assert swaps.multifactor is not None
    assert swaps.multifactor.score == schema_1["multifactor_swap"]["score"]
    assert report.reconstruction is not None and math.isnan(report.reconstruction.psnr_db)
    assert report.speech is not None and report.speech.content is not None
    assert report.speech.content.nearest.n == schema_1["speech"]["content"]["nearest"]["n"]
    assert report.downstream[1].swap is not None
    assert (
        report.downstream[1].swap.reconstructed[0]
        == (schema_1["downstream"][1]["swap"]["rebuilt"][0])
    )
    assert report.generation is not None
    near = schema_1["generation"]["neighbours"]["rebuilt"]["near"]
    assert report.generation.neighbours.reconstructions.share_near == near
    assert report.verification is not None and report.verification.mean_frame is not None
    assert report.anchors[0].all_kept.n == schema_1["anchors"][0]["joint"]["n"]
    assert report.diagnostics is not None and report.diagnostics.dynamic.kl_nats_by_step


def test_what_was_written_is_read_back(report: Report) -> None:
    text = report.to_json()
    assert Report.from_json(text).to_json() == text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not strict JSON"))


def test_summary(report: Report) -> None:
    summary, leakage = report.summary, report.leakage
    assert leakage is not None
    digit = leakage.best("dynamic", "digit")
    assert digit is not None and summary.off_target_bits.dynamic_code == digit.bits.value
    assert summary.off_target_bits.static_code is None, "a continuous factor has no entropy"
    assert summary.off_target_entropy_bits.dynamic_code == leakage.factor("digit").entropy_bits
    assert summary.swap_keeps_all is not None and summary.swap_keeps_least is not None
    assert summary.swap_keeps_least.value <= min(
        score.kept.value for score in report.swaps.swap.values() if score.kept
    )
    stored = to_plain(report)["summary"]
    assert set(stored["off_target_bits"]) == {"dynamic_code", "static_code"}


def test_a_newer_schema_and_a_damaged_report_are_refused(tmp_path: Path, report: Report) -> None:
    newer = to_plain(report) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(ReportError, match="install a newer version"):
        Report.from_plain(newer)
    damaged = to_plain(report)
    del damaged["leakage"]["test_sources"]
    with pytest.raises(ReportError, match="leakage.test_sources"):
        Report.from_plain(damaged)
    with pytest.raises(ReportError, match="schema 1 is damaged"):
        Report.from_plain({"leakage": {}})
    path = tmp_path / "metrics.json"
    for text in ("[]", "{", '{"schema_version": "two"}'):
        path.write_text(text)
        with pytest.raises(ReportError, match="metrics.json"):
            read_report(path)
    path.write_text("{}\n")
    assert read_report(path) is None and load_report(tmp_path / "none") is None


@pytest.mark.parametrize("name", MEASURED)
def test_shipped_reports_are_read(name: str) -> None:
    found = load_report(name)
    assert found is not None
    assert found.judge or found.leakage
    assert found == found.with_summary(), "the stored summary is that of the other parts"


def test_kept_of_older_reports_is_over_the_pairs_that_differ() -> None:
    random, differing = {"value": 0.32, "n": 1000}, {"value": 0.19, "n": 836}
    score = {"chance": 0.17, "inception_score": 1.0, "h_y": 0.0, "h_y_given_x": 0.0}
    swap = {**score, "kept": random, "kept_where_different": differing}
    swaps = {
        "pairs": 1000,
        "seed": 0,
        "reconstruction": {},
        "swap": {"speaker": swap},
        "all_kept": random,
        "all_kept_chance": 0.02,
        "static_sampled": {},
        "dynamics_sampled": {},
    }
    data = {"checkpoint": "x", "split": "test", "sequences": 9, "seed": 0, "schema_version": 2}
    found = Report.from_plain({**data, "swaps": swaps})
    assert found.swaps is not None and found.swaps.swap["speaker"].kept is not None
    assert found.swaps.swap["speaker"].kept.n == 836
    assert found.swaps.differ_in == ()
    assert found.summary.swap_keeps_least is not None
    assert found.summary.swap_keeps_least.value == 0.19
    # A report that has been converted is read as it is.
    assert Report.from_json(found.to_json()).to_json() == found.to_json()
