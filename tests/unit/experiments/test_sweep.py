"""Sweeps: what was trained and measured is used again only while nothing it depends on has changed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqdisent.checkpoint import load_checkpoint, save_checkpoint
from seqdisent.data import load_dataset
from seqdisent.experiments import sweep
from seqdisent.experiments.sweep import SweepRun, module_hash, seeds_in
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.recipes import Recipe
from seqdisent.training.config import TrainConfig
from tests.fixtures.video_models import SMALL as SIZES

RECIPE = Recipe("dsvae", "sprites-32", DSVAEConfig(**SIZES), TrainConfig(1, 4, 1e-3))


class Reports(list[str]):
    """Lines that a sweep printed."""

    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a sweep in which one point has been trained."""
    root = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "split", few)
        run = SweepRun("point", RECIPE, 3, root, "seqdisent test")
        run.train(accelerator="cpu", devices=1)
    return root


@pytest.fixture
def run(trained, tmp_path):
    """A copy of that point, and no way to train another."""
    return copied(trained, tmp_path)


def few(dataset: str, name: str):
    return load_dataset(dataset, name).select(np.arange(8))


def copied(root: Path, to: Path) -> SweepRun:
    shutil.copytree(root, to, dirs_exist_ok=True)
    return SweepRun("point", RECIPE, 3, to, "seqdisent test")


def forbid_training(monkeypatch) -> None:
    monkeypatch.setattr(
        "seqdisent.training.run.train_and_save", lambda *a, **o: pytest.fail("trained again")
    )


def figures() -> dict[str, float]:
    return {"value": 1.0}


def test_the_same_recipe_is_used_again(run, monkeypatch):
    forbid_training(monkeypatch)
    reports = Reports()
    assert run.train(reports) == run.checkpoint
    assert reports == []


def test_an_edited_recipe_is_trained_anew_and_the_old_run_is_kept(run, monkeypatch):
    calls = []
    monkeypatch.setattr(sweep, "split", few)
    monkeypatch.setattr(
        "seqdisent.training.run.train_and_save", lambda recipe, *a, **o: calls.append(recipe)
    )
    edited = replace(run, recipe=replace(RECIPE, config=DSVAEConfig(**SIZES, static_weight=2.0)))
    reports = Reports()
    edited.train(reports)
    assert calls == [edited.recipe]
    (line,) = reports
    assert line.startswith("point-s3: trained anew: recipe changed; the old run is ")
    assert (run.root / "superseded" / "point-s3-1" / "checkpoint" / "config.json").is_file()
    assert not edited.checkpoint.exists()  # nothing of the old run can be taken for the new one


@pytest.mark.parametrize("part", ["seed", "package"])
def test_other_parts_of_the_basis_count_too(run, monkeypatch, part):
    basis = run.basis()
    if part == "seed":
        other = replace(run, seed=4).basis()
    else:
        monkeypatch.setattr(sweep, "__version__", "99")
        other = run.basis()
    assert [key for key in basis if basis[key] != other[key]] == [part]


def test_a_run_without_a_record_is_not_trusted(run, monkeypatch):
    (run.folder / sweep.BASIS).unlink()
    monkeypatch.setattr(sweep, "split", few)
    monkeypatch.setattr("seqdisent.training.run.train_and_save", lambda *a, **o: None)
    reports = Reports()
    run.train(reports)
    assert "there is no record of what it was made with" in reports[0]


def test_a_measurement_is_used_again(run):
    assert run.measure("figures.json", {"n": 1}, figures) == figures()
    again = run.measure("figures.json", {"n": 1}, lambda: pytest.fail("measured again"))
    assert again == figures() == run.measured("figures.json", {"n": 1})


def test_replaced_weights_are_measured_anew(run):
    run.measure("figures.json", {}, figures)
    model, _ = load_checkpoint(run.checkpoint)
    before = module_hash(model)
    for weight in model.parameters():
        weight.data.add_(0.5)
    assert module_hash(model) != before
    save_checkpoint(run.checkpoint, model, kind="dsvae", recipe={})
    reports = Reports()
    assert run.measured("figures.json", {}, reports) is None
    assert run.measure("figures.json", {}, lambda: {"value": 2.0}, reports) == {"value": 2.0}
    assert reports == [
        "point-s3: left out: weights changed; measure it anew",
        "point-s3: measured anew: weights changed",
    ]


def test_other_settings_and_an_edited_recipe_are_measured_anew(run):
    run.measure("figures.json", {"n": 1}, figures)
    assert run.measured("figures.json", {"n": 2}, Reports()) is None
    edited = replace(run, recipe=replace(RECIPE, train=TrainConfig(2, 4, 1e-3)))
    assert edited.measured("figures.json", {"n": 1}, Reports()) is None


def test_a_file_of_an_older_layout_is_measured_anew(run):
    (run.folder / "figures.json").write_text('{"value": 3}')
    reports = Reports()
    assert run.measure("figures.json", {}, figures, reports) == figures()
    assert "there is no record of what it was made with" in reports[0]


def test_seeds_are_found_by_name(tmp_path):
    for name in ("all-s2", "all-s10", "all-5-2-s1", "all-s", "all-sx"):
        (tmp_path / name).mkdir()
    assert seeds_in(tmp_path, "all") == [2, 10]
