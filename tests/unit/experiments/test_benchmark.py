"""The benchmark: intervals, the network with labels, whose label it sees in a swap, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent import Latents
from seqdisent.cli.main import main
from seqdisent.data import dataset_spec
from seqdisent.evaluation import downstream, supervised_baseline
from seqdisent.evaluation.downstream_heads import HeadPredictions, boosted, heads, raw_rows
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.experiments.benchmark import measure as command
from seqdisent.recipes import RECIPES, Recipe, recipe, timeseries
from seqdisent.training.config import TrainConfig
from seqdisent.types import Encoding
from tests.fixtures.timeseries import KIND, SIZE, STATE, WARMTH, build, labelled


@pytest.fixture(scope="module")
def splits():
    return tuple(labelled(n, seed) for seed, n in enumerate((300, 150, 150)))


def test_an_interval_holds_the_mean_and_is_wider_with_fewer_sources():
    rng = np.random.default_rng(0)
    luck = np.repeat(rng.normal(size=8), 25)  # eight sources, alike within
    given = lambda source, n=3: [
        HeadPredictions(luck + rng.normal(size=200) / 9, np.zeros(200), source, "head")
        for _ in range(n)
    ]
    few, many = (
        downstream.over_seeds("MAE", given(source))
        for source in (np.arange(200) // 25, np.arange(200))
    )
    for found in (few, many):
        assert found.low < found.value < found.high
        assert found.value == pytest.approx(np.mean(found.by_seed)) and len(found.by_seed) == 3
    assert few.high - few.low > 2 * (many.high - many.low)
    sure = np.tile([0.9, 0.1], (200, 1))
    rare = [
        HeadPredictions(
            np.where(np.arange(200)[:, None] == 7, 1 - sure, sure),
            np.arange(200) == 7,
            np.arange(200),
            "",
        )
    ]
    assert downstream.over_seeds("AUROC", rare).low == 1  # resamples without a case are no evidence


@pytest.mark.parametrize("name", [n for n in timeseries.RECIPES if recipe(n).dataset in TASKS])
def test_the_network_with_labels_is_as_large_as_the_encoders(name):
    model = recipe(name).build()
    parts = [n for n, _ in model.named_children() if n not in ("frame_decoder", "prior")]
    encoders = sum(p.numel() for part in parts for p in getattr(model, part).parameters())
    for task in TASKS[model.spec.name]:
        size = sum(p.numel() for p in supervised_baseline.of_equal_size(model, task).parameters())
        assert size == pytest.approx(encoders, rel=0.15)


def test_tasks_fit_their_data():
    assert {recipe(name).dataset for name in command.RECIPES} <= set(TASKS)
    for name, tasks in TASKS.items():
        for task in tasks:
            factor = dataset_spec(name).factor(task.factor)
            assert ("MAE" in task.measures) == factor.continuous
            assert all(len(row) == len(task.measures) for row in task.published.values())


@pytest.mark.parametrize("task", [KIND, STATE, SIZE, WARMTH], ids=lambda task: task.factor)
def test_the_network_with_labels_learns_what_is_plain(task, splits, monkeypatch):
    monkeypatch.setattr(supervised_baseline, "STEPS", 150)
    monkeypatch.setattr(supervised_baseline, "RATE", 5e-3)
    found = supervised_baseline.train_supervised(
        task, build("dbse"), *splits[:2], seed=0
    ).predict_test(splits[2])
    rows = raw_rows(task, splits[2])
    np.testing.assert_array_equal(found.truth, rows.y)
    np.testing.assert_array_equal(found.source, rows.source)
    score = found.scores(task)[task.measures[0]]
    assert score < 0.4 if task in (SIZE, WARMTH) else score > 90


class Told:
    """A model whose static code is what tells the kind, or (``leaky``) is not used."""

    trains_presence = False

    def __init__(self, leaky: bool = False) -> None:
        self.leaky = leaky

    def encode(self, x, mask, sample):
        latents = Latents(x[:, :1, 3, 2].nan_to_num(), x.flatten(2).nan_to_num(), mask)
        return Encoding(latents, None, None)

    def decode(self, latents):
        x = latents.dynamic.unflatten(2, (4, 3)).clone()
        if not self.leaky:
            x[:, :, 3, 2] = latents.static
        return x


class Reader:
    """A judge that reads the kind, or the state, where it stands."""

    def __init__(self, task) -> None:
        self.task = task

    def __call__(self, x, mask):
        found = x[:, 0, 3, 2] if self.task is KIND else x[:, :, 0, 0]
        return torch.nn.functional.one_hot(
            (found.nan_to_num() / 4).round().long().clamp(0, 2), 3
        ).numpy()


def test_a_swap_is_judged_by_whose_label_it_carries(splits):
    full = splits[2]
    there = np.isfinite(full.frames[:, 0, 3, 2]) & np.isfinite(full.frames[:, 0, 0, 0])
    data = full.select(np.flatnonzero(there))
    judged = lambda task, leaky=False: supervised_baseline.label_transfer(
        Reader(task), Told(leaky), data, seed=0
    )
    found = judged(KIND)
    assert found.right == found.real == found.reconstructed == 100 and found.wrong == 0
    assert 0.5 < found.pairs / len(data) < 0.8  # two in three differ
    found = judged(KIND, leaky=True)
    assert found.right == 0 and found.wrong == 100 and found.real == found.reconstructed == 100
    found = judged(
        STATE
    )  # at the steps at which both are known and differ; the dynamics keep theirs
    assert found.right > 90 > 10 > found.wrong and found.pairs < (data.dynamic["state"] >= 0).sum()
    assert judged(WARMTH) is None


def test_the_benchmark_keeps_what_was_measured_before(tmp_path, monkeypatch, capsys):
    whole = seqdisent.load_dataset
    few = lambda name, split: whole(name, split).select(np.arange(40))
    monkeypatch.setattr(command, "load_dataset", few)
    monkeypatch.setattr("seqdisent.experiments.sweep.split", few)
    monkeypatch.setattr(supervised_baseline, "STEPS", 2)
    monkeypatch.setattr(downstream, "heads", lambda *about: islice(heads(*about), 1))
    monkeypatch.setattr(downstream, "boosted", lambda *about: islice(boosted(*about), 1))
    monkeypatch.setattr(downstream, "RESAMPLES", 20)
    small = Recipe("dbse", "waves", build("dbse").config, TrainConfig(2, batch_size=4))
    for name in ("one-waves", "other-waves"):
        monkeypatch.setitem(RECIPES, name, lambda: small)
    call = lambda name, *seeds: main(
        ["benchmark", name, "--seeds", *seeds, "--run", str(tmp_path), "--quiet"]
    )
    assert call("one-waves", "0", "1") == 0
    first = json.loads((tmp_path / "results.json").read_text())
    assert call("other-waves", "0") == 0
    both = json.loads((tmp_path / "results.json").read_text())
    assert both[0] == first[0] and [found["recipe"] for found in both] == [
        "one-waves",
        "other-waves",
    ]
    assert (
        first[0]["seeds"] == [0, 1] and both[1]["seeds"] == [0] and first[0]["dataset"] == "waves"
    )
    for task in both[0]["tasks"]:
        assert list(task["learners"]) == [
            "codes",
            "raw features",
            "supervised",
            "most frequent class",
        ]
        assert (
            task["test_rows"] == (480 if task["factor"] == "season" else 40)
            and task["test_sources"] == 40
        )
        for learner in task["learners"].values():
            score = learner["scores"]["accuracy"]
            assert (
                len(score["by_seed"]) == 2
                and 0 <= score["low"] <= score["value"] <= score["high"] <= 100
            )
    for seeds in (
        task["learners"][learner]["scores"]["accuracy"]["by_seed"]
        for learner in list(task["learners"])[1::2]
    ):
        assert seeds[0] == seeds[1]  # raw features and constants know nothing of seeds
    text = (tmp_path / "results.md").read_text()
    for title in ("one-waves: trend from the static code", "other-waves: season from both codes"):
        assert f"**{title}**" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4} and len(rows) == 4 * 6
    monkeypatch.setattr(
        "seqdisent.training.run.fit", lambda *args, **options: pytest.fail("trained again")
    )
    assert call("one-waves", "0") == 0  # found trained, and its row is replaced
    assert [found["seeds"] for found in json.loads((tmp_path / "results.json").read_text())] == [
        [0],
        [0],
    ]
    edited = replace(small, train=TrainConfig(3, batch_size=4))
    monkeypatch.setitem(RECIPES, "other-waves", lambda: edited)
    capsys.readouterr()
    assert call("one-waves", "0") == 0
    assert "other-waves: left out, its recipe or weights have changed" in capsys.readouterr().out
    left = json.loads((tmp_path / "results.json").read_text())
    assert [found["recipe"] for found in left] == ["one-waves"]
    capsys.readouterr()
    assert main(["benchmark", "vast-sprites", "--run", str(tmp_path)]) == 1
    assert "no downstream tasks for sprites" in " ".join(capsys.readouterr().out.split())
