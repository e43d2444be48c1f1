"""Downstream tasks: rows that fit their labels, heads that never see test, constants."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator

from seqdisent import Latents
from seqdisent.data import SequenceDataset
from seqdisent.evaluation import downstream, supervised_baseline
from seqdisent.evaluation.downstream_heads import (
    MEASURES,
    HeadPredictions,
    Rows,
    code_rows,
    constants,
    heads,
    linear_heads,
    predict_test,
    raw_rows,
    summarise_dynamics,
    summarise_values,
)
from seqdisent.evaluation.downstream_tasks import Task
from tests.fixtures.timeseries import KIND, SIZE, STATE, WARMTH, build, labelled

CHANCE = {"kind": 100 / 3, "state": 50}


@pytest.fixture(scope="module")
def splits():
    return tuple(labelled(n, seed) for seed, n in enumerate((300, 150, 150)))


def told(data: SequenceDataset) -> Latents:
    """Codes that say it: s the kind, z the state and, where nobody knows it, nothing."""
    rng = np.random.default_rng(9)
    s = np.eye(3)[data.static["kind"]] + rng.normal(size=(len(data), 3)) / 20
    z = (
        np.stack([data.dynamic["state"], np.nan_to_num(data.dynamic["warmth"])], -1)
        + rng.normal(size=(1, 6, 2)) / 20
    )
    return Latents(torch.from_numpy(s), torch.from_numpy(z))


def asked(task: Task, splits, codes=told) -> float:
    """The headline of the simplest heads on codes."""
    rows = tuple(code_rows(task, data, codes(data)) for data in splits)
    return predict_test(task, splits[0], rows, islice(heads(task, splits[0], 0), 2)).scores(task)[
        task.measures[0]
    ]


@pytest.mark.parametrize(
    "task", [KIND, replace(KIND, codes="both"), STATE], ids=lambda task: task.name
)
def test_codes_that_say_it_score_and_codes_of_others_do_not(task, splits):
    shuffled = lambda data: told(data)[
        torch.from_numpy(np.random.default_rng(3).permutation(len(data)))
    ]
    assert asked(task, splits) > 98
    assert abs(asked(task, splits, shuffled) - CHANCE[task.factor]) < 12


def test_every_step_is_told_by_its_own_code(splits):
    late = lambda data: Latents(told(data).static, told(data).dynamic.roll(1, 1))
    assert abs(asked(STATE, splits, late) - 50) < 12
    assert abs(asked(replace(STATE, codes="static"), splits) - 50) < 12
    assert asked(WARMTH, splits) < 0.15 < 0.4 < asked(WARMTH, splits, late)
    others = lambda data: Latents(told(data).static.roll(1, 0), told(data).dynamic)
    assert asked(SIZE, splits) < 0.5 < 1.5 < asked(SIZE, splits, others)


@pytest.mark.parametrize("task", [KIND, STATE, SIZE, WARMTH], ids=lambda task: task.factor)
def test_rows_are_those_whose_label_is_known(task, splits):
    """Codes that are their own address: the row, the step."""
    data, x = splits[1], splits[1].frames.astype(np.float64)
    n = np.arange(len(data), dtype=float)
    z = np.stack(np.broadcast_arrays(n[:, None], np.arange(6.0)), -1)
    rows, raw = (
        code_rows(task, data, Latents(torch.from_numpy(n[:, None]), torch.from_numpy(z))),
        raw_rows(task, data),
    )
    at = rows.x[:, 0].astype(int)
    labels = data.labels()[task.factor]
    known = np.isfinite(labels) if labels.dtype.kind == "f" else labels >= 0
    expected = labels[at]
    if labels.ndim == 2:
        step = rows.x[:, 2].astype(int)
        assert (rows.x[:, 1] == at).all()
        expected = labels[at, step]
        np.testing.assert_array_equal(raw.x[:, :21], summarise_values(x[at, step]))
    np.testing.assert_array_equal(raw.x[:, -21:], summarise_values(x.reshape(len(x), 24, 3))[at])
    assert len(rows.y) == known.sum() and (known.all() == (task is KIND))
    for one in (rows, raw):
        np.testing.assert_array_equal(one.y, expected)
        np.testing.assert_array_equal(one.source, at // 3)


def test_a_course_ignores_steps_that_do_not_exist():
    z, lengths = np.array([[[1.0], [3], [8], [99]], [[2], [np.inf], [-99], [0]]]), np.array([3, 1])
    z[1, 1] = 1e6
    found = summarise_dynamics(z, lengths)  # mean, deviation, change, first, last
    np.testing.assert_allclose(found, [[4, np.sqrt(26 / 3), 7, 1, 8], [2, 0, 0, 2, 2]])
    np.testing.assert_allclose(
        summarise_dynamics(np.repeat(z, 2, 2), lengths), np.repeat(found, 2, 1)
    )


def test_a_summary_knows_only_what_is_there():
    x = np.array([[[np.nan], [4], [1], [np.nan]], [[np.nan]] * 4])
    one, nothing = summarise_values(x)
    np.testing.assert_allclose(
        one, [2.5, 1.5, 1, 4, 4, 1, 2]
    )  # mean, deviation, least, largest, first, last, count
    assert np.isnan(nothing[:6]).all() and nothing[6] == 0


class Notebook(BaseEstimator):
    """A head that writes down what it is shown."""

    pages: list = []

    def fit(self, x, y):
        self.pages.append(("fit", len(x), y.sum()))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, x):
        self.pages.append(("asked", len(x)))
        return np.full((len(x), len(self.classes_)), 1 / len(self.classes_))


def test_the_choice_never_looks_at_test(splits):
    train, held, test = (code_rows(KIND, data, told(data)) for data in splits)
    wrong = replace(test, y=(test.y + 1) % 3)
    candidates = lambda: islice(heads(KIND, splits[0], 0), 4)
    one, other = (
        predict_test(KIND, splits[0], (train, held, rows), candidates()) for rows in (test, wrong)
    )
    assert one.head == other.head and (one.predicted == other.predicted).all()
    assert one.scores(KIND)["accuracy"] > 98 and other.scores(KIND)["accuracy"] < 2
    Notebook.pages.clear()
    predict_test(KIND, splits[0], (train, held, test), iter([("a", Notebook()), ("b", Notebook())]))
    trial = [("fit", 300, train.y.sum()), ("asked", 150)]
    assert Notebook.pages == [
        *trial,
        *trial,
        ("fit", 450, train.y.sum() + held.y.sum()),
        ("asked", 150),
    ]


def test_the_head_that_is_best_on_validation_answers(splits):
    parts = tuple(code_rows(KIND, data, told(data)) for data in splits)
    worst = ("none", Notebook())
    best = next(islice(heads(KIND, splits[0], 0), 3, None))
    assert {
        predict_test(KIND, splits[0], parts, iter(order)).head
        for order in ([worst, best], [best, worst])
    } == {best[0]}


@pytest.mark.parametrize("task", [KIND, WARMTH], ids=lambda task: task.factor)
def test_every_candidate_can_answer(task, splits):
    """Also with features that are missing, and without a class in training."""
    rows = [raw_rows(task, data) for data in splits]
    train = Rows(
        rows[0].x[rows[0].y != 2], rows[0].y[rows[0].y != 2], rows[0].source[rows[0].y != 2]
    )
    parts = tuple(Rows(r.x[:80], r.y[:80], r.source[:80]) for r in (train, rows[1], rows[2]))
    names = [name for name, _ in heads(task, splits[0], 0)]
    assert len(set(names)) == len(names) >= 7
    linear = [name for name, _ in linear_heads(task, splits[0])]
    assert names[: len(linear)] == linear
    for name, head in heads(task, splits[0], 0):
        if "trees" in name.split(",")[0]:
            head.set_params(**{f"{head.steps[-1][0]}__n_estimators": 10})
        found = predict_test(task, splits[0], parts, iter([(name, head)]))
        assert np.isfinite(found.predicted).all() and found.head == name
        if task is KIND:
            assert found.predicted.shape == (80, 3)
            np.testing.assert_allclose(found.predicted.sum(1), 1)


def test_every_arm_chooses_among_the_same_heads(splits, monkeypatch):
    """Codes and raw features; the network has its forms, and the linear arm is a part of the same heads by name."""
    offered = {}

    def record(task, data, parts, candidates):
        names = [name for name, _ in candidates]
        offered[len(offered)] = names
        return HeadPredictions(np.zeros(1), np.zeros(1), np.zeros(1), names[0])

    monkeypatch.setattr(downstream, "predict_test", record)
    monkeypatch.setattr(supervised_baseline, "STEPS", 1)
    monkeypatch.setattr(downstream, "label_transfer", lambda *given: None)
    downstream.evaluate_task(KIND, build("dbse"), splits, seed=0)
    codes, raw, linear = offered.values()
    assert codes == raw == [name for name, _ in heads(KIND, splits[0], 0)]
    assert linear == [name for name in raw if name.startswith("logistic")]
    assert any(name.startswith("extra trees") for name in raw)
    assert any(name.startswith("gradient boosting") for name in raw)


def test_constants_by_hand(splits):
    rows = lambda *y: Rows(np.zeros((len(y), 1)), np.array(y), np.arange(len(y)))
    train, held, test = rows(0.0, 1.0, 8.0), rows(9.0, 17.0), rows(3.0, 5.0)
    found = constants(WARMTH, splits[0], (train, held, test))
    predicted = {name: one.predicted.tolist() for name, one in found.items()}
    assert predicted == {"training median": [8, 8], "training mean": [7, 7]}
    assert [one.scores(WARMTH)["MAE"] for one in found.values()] == [4, 3]
    shares = constants(KIND, splits[0], (rows(0, 2, 2), rows(2, 2), rows(2, 0, 1)))
    one = shares["most frequent class"]
    np.testing.assert_allclose(one.predicted, [[0.2, 0, 0.8]] * 3)
    assert one.scores(KIND)["accuracy"] == pytest.approx(100 / 3)
    assert one.truth.tolist() == [2, 0, 1]


def test_a_constant_is_never_chosen_on_test(splits):
    rows = lambda *y: Rows(np.zeros((len(y), 1)), np.array(y), np.arange(len(y)))
    train, held = rows(0.0, 1.0, 8.0), rows(9.0, 17.0)
    near_mean, near_median = rows(7.0, 7.0), rows(8.0, 8.0)
    names = []
    for test in (near_mean, near_median):
        found = constants(WARMTH, splits[0], (train, held, test))
        names.append([(name, one.predicted.tolist()) for name, one in found.items()])
    assert names[0] == names[1]


def test_measures_by_hand():
    truth, sure = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.4, 0.6])
    said = np.stack([1 - sure, sure], 1)
    assert MEASURES["accuracy"](truth, said) == 50 and MEASURES["AUROC"](truth, said) == 0.75
    assert MEASURES["AUPRC"](truth, said) == pytest.approx((1 + 2 / 3) / 2)
    assert MEASURES["MAE"](np.array([1.0, 2]), np.array([2.0, 5])) == 2
