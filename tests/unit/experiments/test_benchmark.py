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
from seqdisent.checkpoint import read_config
from seqdisent.cli.main import main
from seqdisent.data import SequenceDataset, dataset_spec
from seqdisent.evaluation import downstream, supervised_baseline
from seqdisent.evaluation.downstream_heads import HeadPredictions, heads, linear_heads, raw_rows
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.experiments.benchmark import measure as command
from seqdisent.experiments.benchmark import repeated
from seqdisent.experiments.benchmark.tables import repeated_table
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
        form = supervised_baseline.CANDIDATES[0]
        network = supervised_baseline.of_equal_size(model, task, form)
        size = sum(p.numel() for p in network.parameters())
        assert size == pytest.approx(encoders, rel=0.15)


def test_tasks_fit_their_data():
    assert {recipe(name).dataset for name in command.RECIPES} <= set(TASKS)
    for name, tasks in TASKS.items():
        for task in tasks:
            factor = dataset_spec(name).factor(task.factor)
            assert ("MAE" in task.measures) == factor.continuous
            assert all(len(row) == len(task.measures) for row in task.published.values())


@pytest.mark.parametrize("form", supervised_baseline.CANDIDATES, ids=lambda form: form.name)
@pytest.mark.parametrize("task", [KIND, STATE, SIZE, WARMTH], ids=lambda task: task.factor)
def test_the_network_with_labels_learns_what_is_plain(task, form, splits, monkeypatch):
    monkeypatch.setattr(supervised_baseline, "STEPS", 150)
    monkeypatch.setattr(supervised_baseline, "RATE", 5e-3)
    trained = supervised_baseline.train_supervised(task, build("dbse"), form, *splits[:2], seed=0)
    found = trained.predict_test(splits[2])
    rows = raw_rows(task, splits[2])
    np.testing.assert_array_equal(found.truth, rows.y)
    np.testing.assert_array_equal(found.source, rows.source)
    score = found.scores(task)[task.measures[0]]
    assert score < 0.4 if task in (SIZE, WARMTH) else score > 90


def test_the_form_of_the_network_is_chosen_on_validation(splits, monkeypatch):
    losses = {
        form.name: loss
        for form, loss in zip(supervised_baseline.CANDIDATES, (2.0, 1.0), strict=True)
    }

    def trained(task, model, form, train, validation, seed):
        assert train is splits[0] and validation is splits[1]
        return supervised_baseline.SupervisedBaseline(task, form, 0.0, 1.0, losses[form.name])

    monkeypatch.setattr(supervised_baseline, "train_supervised", trained)
    chosen = supervised_baseline.choose_supervised(KIND, build("dbse"), *splits[:2], seed=0)
    assert chosen.network is supervised_baseline.CANDIDATES[1]


def months() -> SequenceDataset:
    """Four years of months with three runs each, the first of which begins on the first of the month."""
    month = np.repeat(np.arange(12 * 2013, 12 * 2017), 3)
    starts = (month - 12 * 1970).astype("M8[M]").astype("M8[D]") + np.tile([0, 1, 2], 48)
    data = labelled(len(month), 0)
    return replace(data, source=month, starts=starts)


def test_years_by_month_are_disjoint_and_every_month_is_tested_once():
    data = months()
    parts = repeated.years_by_month(data, np.random.default_rng(0))
    train, validation, test = (set(data.sources[part]) for part in parts)
    assert not train & validation and not train & test and not validation & test
    assert len(train | validation | test) == 48
    for chosen in (validation, test):
        assert sorted(month % 12 for month in chosen) == list(range(12))
    assert [len(part) for part in parts] == [72, 12, 12]
    again = repeated.years_by_month(data, np.random.default_rng(1))
    assert set(data.sources[again[2]]) != test


@pytest.mark.parametrize("pool", repeated.POOLS, ids=lambda pool: pool.name)
def test_repeated_splits_are_disjoint(pool):
    data = months()
    parts = pool.split(data, np.random.default_rng(0))
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together)
    assert all(len(part) for part in parts)


def test_codes_are_scored_only_on_sets_that_their_model_was_not_trained_on():
    (pool,) = [pool for pool in repeated.POOLS if pool.checkpoint]
    trained_on = read_config(pool.checkpoint)[1]["dataset"]["name"]
    # Set a is training, validation and test of the model; the pool is the test split of another set.
    assert (trained_on, pool.name) == ("physionet2012", "physionet2012-c")


def test_arms_are_measured_on_every_split():
    data = labelled(200, 0)
    pool = repeated.Pool("waves", "waves", lambda: data, repeated.shuffled((0.6, 0.8)), "at random")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "waves", (KIND,))
        patch.setattr(repeated, "quick_heads", lambda *given: islice(heads(*given), 2))
        (found,) = repeated.measure_pool(pool, 3, say=lambda text: None)
    assert list(found.scores) == ["raw features", "raw features, linear", "most frequent class"]
    for scores in found.scores.values():
        assert len(scores["accuracy"]) == 3
    assert np.mean(found.scores["raw features"]["accuracy"]) > 80
    assert found.sizes == (120, 40, 40)
    text = repeated_table([found])
    assert "at random" in text and "raw features, the same heads" in text


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
    monkeypatch.setattr(downstream, "linear_heads", lambda *about: islice(linear_heads(*about), 1))
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
            "raw features, linear",
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
    for learner in ("raw features, linear", "most frequent class"):
        seeds = task["learners"][learner]["scores"]["accuracy"]["by_seed"]
        assert seeds[0] == seeds[1]  # linear heads and constants have no randomness
    text = (tmp_path / "results.md").read_text()
    for title in ("one-waves: trend from the static code", "other-waves: season from both codes"):
        assert f"**{title}**" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4} and len(rows) == 4 * 7
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
