"""Leakage reports in the app, without a page: found, measured, compared, and what its components are sent."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from demo.core import catalog, reports
from demo.errors import RequestError
from demo.tabs.leakage import payload as report_payloads
from demo.tabs.leakage import tab as leakage
from demo.tabs.maps import tab as maps
from seqdisent.evaluation.report import NoJudge
from seqdisent.evaluation.schema import AnchorScore, Rate
from tests.fixtures.app import TINY, UNLABELLED

NAME, OTHER = "vast-sprites", "dsvae-sprites"
pytestmark = pytest.mark.usefixtures("checkpoints")


def test_a_shipped_report_is_shown_at_once() -> None:
    started = time.process_time()
    found = reports.find(NAME)
    page = report_payloads.page(found)
    assert time.process_time() - started < 0.5
    assert not found.live and found.leakage.test_sequences == TINY.test
    json.dumps(page, allow_nan=False)


def test_two_checkpoints_side_by_side_show_budget_weights_and_sizes() -> None:
    first, second = report_payloads.page(reports.find(NAME), reports.find(OTHER))["reports"]
    for report in (first, second):
        assert "sequences; weights" in report["settings"] and "code sizes" in report["settings"]


def test_anchor_frames_are_sent_where_they_were_measured() -> None:
    found = reports.find(NAME)
    single = AnchorScore(0, False, Rate(0.99, 0.9, 1.0, 60, 20), {})
    other = replace(single, anchor=4, all_kept=Rate(0.18, 0.1, 0.3, 60, 20))
    measured = replace(
        found.report, anchors=(single, other, replace(other, anchor=0, blanked=True))
    )
    sent = report_payloads.report(replace(found, report=measured))["anchors"]
    assert sent["header"] == ["anchor frame", "0", "4", "0 blank"]
    assert "frame 4" in sent["sentence"] and "18.0" in sent["sentence"]
    without = replace(found, report=replace(found.report, anchors=()))
    assert report_payloads.report(without)["anchors"] is None


def test_a_report_of_other_weights_an_old_one_and_a_damaged_one_are_no_reports(checkpoints) -> None:
    path = checkpoints / OTHER / "metrics.json"
    kept = path.read_text()
    report = json.loads(kept)
    old = {k: v for k, v in report.items() if k != "leakage"}
    for content in (
        json.dumps({**report, "weights_sha256_16": "0" * 16}),
        json.dumps(old),
        "[]",
        "{",
    ):
        path.write_text(content)
        assert reports.find(OTHER) is None
    path.write_text(kept)
    assert reports.find(OTHER) is not None


def test_a_measurement_is_made_once_and_kept(monkeypatch, tmp_path) -> None:
    # A cache of its own: other tests measure controls of the same checkpoint.
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path))
    steps: list[float] = []
    made = reports.measure(NAME, "shuffled", lambda share, words: steps.append(share))
    assert made.live and steps == sorted(steps) and 0 < steps[-1] < 1
    assert not [v for v in made.leakage.verdicts if v.level == "holds"]
    monkeypatch.setattr(reports, "evaluate", lambda *_, **__: pytest.fail("it was kept"))
    assert reports.measure(NAME, "shuffled").report == made.report
    assert reports.find(NAME, "leaky") is None


def test_what_cannot_be_measured_says_why(monkeypatch) -> None:
    def fail(*arguments, **options):
        raise NoJudge("no judge for sprites; train one")

    monkeypatch.setattr(reports, "evaluate", fail)
    assert "no judge for sprites" in leakage.measure(
        [[(NAME, "untrained")], 0.0], lambda share, desc: None
    )
    with pytest.raises(RequestError, match="nothing to compare"):
        reports.chosen(NAME, "=magic")
    with pytest.raises(RequestError, match="nothing to compare"):
        reports.chosen(NAME, "../x")


def test_paired_differences_need_the_same_sequences(tmp_path) -> None:
    one, other = reports.find(NAME), reports.find(OTHER)
    found, why = reports.difference(one, other)
    assert not why and UNLABELLED not in {difference.factor for difference in found}
    assert "smaller sample" in reports.difference(one, replace(other, live=True))[1]
    assert "not kept" in reports.difference(one, replace(other, rows_path=tmp_path / "none.npz"))[1]


def test_leaks_come_first_and_verdicts_are_left_as_they_are() -> None:
    found = reports.find(NAME)
    sent = report_payloads.report(found)["verdicts"]
    order = [report_payloads.ORDER.index(v["level"]) for v in sent]
    assert order == sorted(order)
    assert sorted(v["text"] for v in sent) == sorted(v.text for v in found.leakage.verdicts)


def test_how_it_was_measured_is_said() -> None:
    said = " ".join(report_payloads.how(reports.find(NAME)))
    sources = reports.find(NAME).leakage.test_sources
    for part in (
        "240 training",
        "60 validation",
        "120 test",
        f"{sources} characters",
        "seqdisent evaluate",
        "torch",
    ):
        assert part in said
    assert reports.find(NAME).report.weights_sha256_16 in said


def test_the_leak_on_the_maps_is_the_largest_one(monkeypatch) -> None:
    static, dynamic = reports.leaked_most(NAME)
    report = reports.find(NAME).report
    bits = {
        f.name: report.leakage.best("static", f.name).bits.value
        for f in catalog.spec_of(NAME).dynamic_factors
    }
    assert bits[static] == max(bits.values())
    with monkeypatch.context() as patch:
        patch.setattr(reports, "find", lambda name: None)
        spec = catalog.spec_of(NAME)
        assert reports.leaked_most(NAME) == (
            spec.dynamic_factors[0].name,
            spec.static_factors[0].name,
        )
    assert maps.shows_leak(NAME, static, dynamic)
    assert not maps.shows_leak(NAME, *maps.expected_colours(NAME))


def test_files_of_a_report() -> None:
    csv, html = (
        Path(leakage.save_report(suffix, NAME)).read_text(encoding="utf-8")
        for suffix in ("csv", "html")
    )
    assert csv.startswith("code,view,") and csv.count("\n") > 60
    assert html.lstrip().lower().startswith("<!doctype html")
