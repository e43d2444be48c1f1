"""The sweep: every point can be trained and measured, and seeds are put together rightly."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import seqdisent
from seqdisent.data import dataset_spec
from seqdisent.experiments.frontier import measure as measuring
from seqdisent.experiments.frontier.points import DATASET, POINTS, Point, sweep_run
from seqdisent.experiments.frontier.tables import collect, write_results
from seqdisent.reporting.figures import frontier as figure
from seqdisent.training.config import TrainConfig

FIGURES = {
    "squared_error": 100.0,
    "static_rank": 0,
    "dynamic_rank": 0,
    "static_kl": 90.0,
    "dynamic_kl": 60.0,
    "bits": {
        f"{code}/{factor}/{reading}": 0.5
        for code, factors in {
            "dynamic": ("skin", "pants", "top", "hair"),
            "static": ("action", "motion", "direction"),
        }.items()
        for factor in factors
        for reading in ("mean", "sample")
    },
}


def put(run, point: str, seed: int, error: float) -> None:
    made = {"whole": {**FIGURES, "squared_error": error}, "cut": {**FIGURES, "static_rank": 9}}
    sweep_run(point, seed, run).measure(measuring.RESULTS, measuring.settings(), lambda: made)


def test_seeds_are_put_together_with_students_interval(tmp_path):
    for seed, error in enumerate((90.0, 100.0, 110.0)):
        put(tmp_path, "dbse", seed, error)
    put(tmp_path, "all", 0, 130.0)
    results = {(r["point"], r["cut"]): r for r in collect(tmp_path)}
    assert set(results) == {("dbse", False), ("dbse", True), ("all", False), ("all", True)}
    error = results["dbse", False]["figures"]["squared_error"]
    assert results["dbse", False]["seeds"] == 3 and error["value"] == 100
    assert error["high"] - 100 == pytest.approx(
        4.303 * 10 / np.sqrt(3), rel=1e-3
    )  # t of two degrees, times s / sqrt n
    assert (
        results["all", False]["figures"]["squared_error"]["low"] is None
    )  # one seed has no interval
    # Four factors of the identity, two parts of the action: the action itself would count them twice.
    assert results["dbse", False]["figures"]["identity"]["value"] == pytest.approx(2.0)
    assert results["dbse", False]["figures"]["action parts"]["value"] == pytest.approx(1.0)


def test_results_are_written_as_numbers_table_and_figure(tmp_path):
    put(tmp_path, "dbse", 0, 90.0)
    put(tmp_path, "all", 0, 130.0)
    folder = write_results(collect(tmp_path), tmp_path / "out")
    table = (folder / "results.md").read_text().splitlines()
    assert (
        len(table) == 2 + 4
        and table[2].startswith("| dbse | 1 | 90 | - | 2.00")
        and "| dbse + pruned | 1" in table[3]
    )
    assert json.loads((folder / "results.json").read_text())[0]["point"] == "dbse"
    drawn = figure(collect(tmp_path))
    assert {t.name for t in drawn.data} >= {
        "papers, equal weights",
        "VAST, parts of it, pruned",
    }


@pytest.mark.parametrize("name", POINTS)
def test_every_point_can_be_built(name):
    model = POINTS[name].recipe.build()
    assert model.spec.name == DATASET and POINTS[name].family in ("variants", "weights", "beyond")


def test_a_point_is_trained_once_and_measured_once(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "seqdisent.experiments.sweep.split",
        lambda *of: seqdisent.load_dataset(*of).select(np.arange(36)),
    )
    few = lambda name, split: seqdisent.load_dataset(name, split).select(np.arange(180))
    for name, value in {
        "load_dataset": few,
        "LEARN": 90,
        "HOLD": 45,
        "PAIRS": 20,
        "PROBES": ("neighbours",),
    }.items():
        monkeypatch.setattr(measuring, name, value)
    recipe = replace(POINTS["dbse"].recipe, train=TrainConfig(2, 16, 2e-3))
    monkeypatch.setitem(POINTS, "dbse", Point("variants", recipe))
    run = sweep_run("dbse", 7, tmp_path)
    folder = run.train(accelerator="cpu", devices=1)
    changed = (folder / "model.safetensors").stat().st_mtime_ns
    assert run.train() == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == changed
    made = measuring.measure_point(run)
    assert made["whole"]["static_rank"] == 0 and made["cut"]["static_rank"] > 0
    assert set(made["whole"]["swap"]) == {f.name for f in dataset_spec(DATASET).factors} | {"joint"}
    monkeypatch.setattr(measuring, "figures", lambda _: pytest.fail("it has been measured"))
    assert measuring.measure_point(run) == made and collect(tmp_path)[0]["seeds"] == 1
