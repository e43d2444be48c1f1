"""Evaluation: the right scores for models whose answers are known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.evaluation import report, sample
from seqdisent.evaluation.judge import (
    Judge,
    JudgeConfig,
    is_informative,
    load_judge,
    sequence_labels,
)
from seqdisent.evaluation.leakage import QUICK
from seqdisent.evaluation.reconstruction import reconstruction_error
from seqdisent.evaluation.sample import Sample
from seqdisent.evaluation.schema import Rate, Report
from seqdisent.evaluation.statistics import success_rate
from seqdisent.evaluation.swap import (
    disagreement,
    divergence_nats,
    exchanged_factors,
    inception,
    independent_sources,
    judge_real,
    random_pairs,
    swap_report,
)
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes import judge_hint
from seqdisent.reporting.html import html_report
from seqdisent.types import Latents, Sequences
from tests.fixtures.video_models import build

DATA = seqdisent.load_dataset("sprites", "test").select(np.arange(0, 2664, 9) + np.arange(296) % 9)


class Oracle:
    """A model and a judge in one: codes are labels, and what is decoded is the labels themselves.

    ``leak`` makes the static code carry the dynamic labels too, and the decoder believe it.
    """

    def __init__(self, data, leak: bool = False) -> None:
        self.spec, self.leak = data.spec, leak
        self.static_names = [f.name for f in data.spec.static_factors]
        self.dynamic_names = [f.name for f in data.spec.dynamic_factors]

    def latents(self, data) -> Latents:
        static = np.stack([data.static[n] for n in self.static_names], -1)
        dynamic = np.stack([data.dynamic[n] for n in self.dynamic_names], -1)
        if self.leak:
            static = np.concatenate([static, dynamic[:, 0]], -1)
        return Latents(torch.from_numpy(static).float(), torch.from_numpy(dynamic).float())

    def decode(self, codes: Latents):
        return codes

    def sample(self, n, frames, *, static=None, dynamic=None, generator=None) -> Latents:
        width = len(self.static_names) + (len(self.dynamic_names) if self.leak else 0)
        draw = lambda *shape: torch.randint(3, shape, generator=generator).float()
        return Latents(
            draw(n, width) if static is None else static,
            draw(n, frames, len(self.dynamic_names)) if dynamic is None else dynamic,
        )

    def probabilities(self, codes: Latents) -> dict:
        said = {n: codes.static[:, i].long() for i, n in enumerate(self.static_names)}
        source = codes.static[:, len(self.static_names) :] if self.leak else codes.dynamic[:, 0]
        said.update({n: source[:, i].long() for i, n in enumerate(self.dynamic_names)})
        return {n: torch.eye(len(self.spec.factor(n).classes))[value] for n, value in said.items()}

    def real(self, data) -> dict:
        return {n: chance.numpy() for n, chance in self.probabilities(self.latents(data)).items()}


@pytest.mark.parametrize("leak", [False, True])
def test_swap_report_of_an_oracle_and_of_a_leaky_model(leak):
    oracle = Oracle(DATA, leak)
    scores = swap_report(
        oracle, oracle, DATA, oracle.latents(DATA), oracle.real(DATA), pairs=500, seed=1
    )
    for factor in DATA.spec.factors:
        assert scores.reconstruction[factor.name].kept.value == 1
        swap = scores.swap[factor.name]
        assert swap.chance == 1 / len(factor.classes)
        if factor.kind == "static" or not leak:
            assert swap.kept.value == 1 and swap.off_target.value == 0
        else:  # the action comes from the static donor: lost exactly where the two differ
            assert swap.kept.value == 0 and swap.off_target.value == 1
        assert swap.kept.n == swap.off_target.n < scores.pairs
        assert 200 < swap.kept.sources < len(np.unique(DATA.sources))  # of 296, those in such pairs
    assert scores.differ_in == ("skin", "pants", "top", "hair", "motion", "direction")
    assert scores.all_kept.value == (0 if leak else 1)
    assert 60 < scores.all_kept.n < 150
    assert scores.all_kept_chance == pytest.approx(6.0**-4 / 9)
    assert scores.static_sampled["action"].kept.value == (
        1 if not leak else pytest.approx(0.1, abs=0.15)
    )
    assert scores.dynamics_sampled["hair"].kept.value == 1


def test_a_decoder_that_ignores_the_static_code_scores_chance():
    class Ignored(Oracle):
        def decode(self, codes: Latents) -> Latents:
            return Latents(torch.zeros_like(codes.static), codes.dynamic)

    oracle = Ignored(DATA)
    scores = swap_report(
        oracle, oracle, DATA, oracle.latents(DATA), oracle.real(DATA), pairs=500, seed=1
    )
    for name in oracle.static_names:
        score = scores.swap[name]
        assert score.kept.low < score.chance < score.kept.high
    assert scores.swap["action"].kept.value == 1
    assert scores.all_kept.value == pytest.approx(0, abs=0.03)


def test_pairs_differ_in_what_no_other_factor_determines():
    speaker = np.repeat(np.arange(6), 10)
    digit = np.tile(np.arange(10), 6)
    labels = {"speaker": speaker, "sex": speaker % 2, "digit": digit, "pair": speaker * 10 + digit}
    assert exchanged_factors(labels) == ["speaker", "digit"]
    assert exchanged_factors({**labels, "digit": np.zeros(60, int)}) == ["pair"]
    missing = {"speaker": np.where(speaker < 1, -1, speaker), "digit": digit}
    assert exchanged_factors(missing) == ["speaker", "digit"]
    assert exchanged_factors({"speaker": np.full(60, -1), "digit": digit}) == []


def test_sources_are_speakers_where_speakers_repeat():
    assert np.array_equal(
        independent_sources(DATA), np.unique(DATA.sources, return_inverse=True)[1]
    )
    spec = replace(DATA.spec, identity=("hair",))
    hair = DATA.static["hair"].copy()
    assert np.array_equal(independent_sources(replace(DATA, spec=spec)), hair)
    hair[:9] = -1  # who these are of is unknown: each source stays apart
    unknown = replace(DATA, spec=spec, static={**DATA.static, "hair": hair})
    expected = len(np.unique(hair[9:])) + len(np.unique(DATA.sources[:9]))
    assert len(np.unique(independent_sources(unknown))) == expected


def test_wilson_interval():
    rate = success_rate(np.array([True] * 8 + [False] * 2))
    assert rate.value == 0.8 and rate.n == 10
    assert rate.low == pytest.approx(0.4902, abs=1e-3) and rate.high == pytest.approx(
        0.9433, abs=1e-3
    )
    assert success_rate(np.ones(100, bool)).low > 0.95
    assert np.isnan(success_rate(np.array([], bool)).value)


def test_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(0)
    covered = [
        r.low <= 0.9 <= r.high for r in (success_rate(rng.random(300) < 0.9) for _ in range(2000))
    ]
    assert 0.93 < np.mean(covered) < 0.97


def test_random_pairs_are_of_different_sequences_and_from_the_seed():
    a, b = random_pairs(50, 1000, 3)
    assert (a != b).all() and set(a) == set(b) == set(range(50))
    assert np.array_equal(a, random_pairs(50, 1000, 3)[0])


def test_reconstruction_error_in_stated_units():
    class Black:
        def decode(self, codes):
            x = torch.zeros(len(codes), *DATA.frames.shape[1:2], 3, 64, 64)
            return Sequences(x, torch.ones(x.shape[:2], dtype=torch.bool))

    latents = Latents(torch.zeros(len(DATA), 1), torch.zeros(len(DATA), 8, 1))
    found = reconstruction_error(Black(), DATA, latents, torch.zeros(8, 3, 64, 64))
    expected = ((DATA.frames / 255.0) ** 2).sum() / len(DATA)
    assert found.squared_error_per_sequence == pytest.approx(expected, rel=1e-4)
    assert found.training_mean_squared_error_per_sequence == pytest.approx(expected, rel=1e-4)


def test_a_judge_learns_what_it_is_shown():
    """A few steps on a handful of sequences: it must fit them, and its loss must be named terms."""
    torch.manual_seed(0)
    data = DATA.select(np.arange(16))
    judge = Judge(data.spec, JudgeConfig(hidden=16, frame=FrameConfig(width=8, features=32)))
    batch, optimizer = data[:], torch.optim.Adam(judge.parameters(), 1e-2)
    assert set(judge.loss(batch).terms) == {f.name for f in data.spec.factors}
    for _ in range(80):
        optimizer.zero_grad()
        judge.loss(batch).total.backward()
        optimizer.step()
    said, truth = judge.classify(batch), sequence_labels(batch)
    assert all((said[n] == truth[n]).float().mean() > 0.9 for n in truth)


def test_shipped_judges_know_real_sequences():
    """The judge that speaks in the app and in the reports, on test characters: at least 99.5 %."""
    judge, accuracy = load_judge("sprites")
    assert judge is not None, "checkpoints/judge-sprites is missing"
    said, truth = judge.classify(DATA[:]), sequence_labels(DATA[:])
    for name in truth:
        assert (said[name] == truth[name]).float().mean() >= 0.99
        assert accuracy[name].value >= 0.995


TINY = Sample(
    90,
    90,
    90,
    pairs=50,
    effort=replace(QUICK, families=("linear", "neighbours"), permutations=19, resamples=50),
)


def test_evaluate_writes_metrics_page_and_card(tmp_path, monkeypatch):
    from seqdisent.cli.main import main

    folder = seqdisent.save_checkpoint(
        tmp_path / "m",
        build("dbse-32"),
        kind="dbse",
        recipe={"command": "seqdisent train x", "seed": 0},
    )
    monkeypatch.setattr(sample, "FULL_SAMPLE", TINY)
    assert main(["evaluate", str(folder), "--pairs", "50"]) == 0
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["swaps"]["swap"]["hair"]["kept"]["n"] > 30 and metrics["split"] == "test"
    assert metrics["weights_sha256_16"] == seqdisent.checkpoint.checkpoint_hash(folder)
    assert set(metrics["versions"]) == {"seqdisent", "torch", "numpy", "python"}
    rows = np.load(folder / "leakage.npz", allow_pickle=False)
    assert rows["static/static/mean/hair/bits"].shape == (90,)
    card = (folder / "README.md").read_text()
    assert "seqdisent train x" in card and "Known failures" in card and "hair is lost" in card
    assert "Information in the codes" in card
    page = (folder / "report.html").read_text()
    assert "plotly" in page and metrics["weights_sha256_16"] in page and "<script src=" not in page
    before = (folder / "metrics.json").read_text()
    assert main(["evaluate", str(folder), "--pairs", "20", "--no-write"]) == 0
    assert (folder / "metrics.json").read_text() == before
    assert main(["evaluate", str(folder), "--pairs", "0"]) == 1
    assert main(["evaluate", str(folder), "--control", "saint"]) == 1


def test_the_page_of_a_report_escapes_what_it_is_given():
    hostile = "<script>alert(1)</script>"
    made = Report(
        hostile, "test", sequences=1, seed=0, command=hostile, judge={hostile: Rate(1, 1, 1, 1)}
    )
    assert "alert(1)" in html_report(made) and hostile not in html_report(made)


def test_without_a_judge_leakage_is_measured_and_the_rest_says_how_to_make_one(tmp_path):
    folder = seqdisent.save_checkpoint(tmp_path / "m", build("dbse-32"), kind="dbse", recipe={})
    hint = judge_hint(seqdisent.dataset_spec("sprites-32"))
    made, rows = report.evaluate(folder, judges=tmp_path, sample=TINY, judge_hint=hint)
    assert "seqdisent train judge-sprites-32" in made.no_judge and made.swaps is None
    assert made.leakage.cells and rows
    assert "seqdisent train judge-sprites-32" in html_report(made)


def test_measures_of_known_predictions():
    """A judge that is sure of each of four classes equally often; and one that does not know."""
    sure = np.eye(4)[np.arange(40) % 4]
    score = inception(sure)
    assert score.inception_score == pytest.approx(4)
    assert score.h_y_given_x == pytest.approx(0, abs=1e-6)
    assert disagreement(sure, sure) == 0
    assert divergence_nats(sure, sure) == pytest.approx(0, abs=1e-6)
    vague = np.full((40, 4), 0.25)
    score = inception(vague)
    assert score.inception_score == pytest.approx(1) and score.h_y == pytest.approx(np.log(4))
    assert divergence_nats(vague, sure) == pytest.approx(np.log(4), abs=1e-6)
    assert disagreement(vague, sure) == pytest.approx(0.75)


def test_the_judge_hears_every_real_sequence():
    judge, accuracy = load_judge("sprites")
    few = DATA.select(np.arange(40))
    chances = judge_real(judge, few)
    assert all(np.allclose(c.sum(1), 1, atol=1e-5) and len(c) == 40 for c in chances.values())


def test_a_judge_that_guesses_is_not_informative():
    assert not is_informative(Rate(0.52, 0.49, 0.55, 1000), 0.5)
    assert is_informative(Rate(0.59, 0.56, 0.62, 1000), 0.1)
    assert is_informative(Rate(0.9), 0.5)
