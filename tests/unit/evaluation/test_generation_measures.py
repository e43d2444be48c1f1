"""Measures of generation: steady and fickle judges, samples that are copies and samples that are new."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation import generation
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.controls import Oracle
from seqdisent.evaluation.generation import (
    differing_pairs,
    distances,
    frame_disagreement,
    generation_report,
    nearest,
    rollout_disagreement,
)
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.schema import Generation, Report
from seqdisent.evaluation.swap import judge_real
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.reporting.html import html_report
from seqdisent.reporting.model_card import model_card
from seqdisent.reporting.tables import generation_rows, generation_sentence
from seqdisent.types import Latents, Sequences
from tests.fixtures.video_models import build


def part(name: str, split: str, n: int) -> SequenceDataset:
    data = seqdisent.load_dataset(name, split)
    return data.select(np.random.default_rng(0).permutation(len(data))[:n])


@pytest.fixture(scope="module")
def splits() -> tuple[SequenceDataset, SequenceDataset]:
    return part("sprites-32", "train", 60), part("sprites-32", "test", 40)


@pytest.fixture(scope="module")
def judge(splits) -> Judge:
    torch.manual_seed(0)
    return Judge(splits[0].spec).eval()


class ByFirstPixel:
    """A judge of known answers: two classes of everything, by whether the mean first value is above one half."""

    def classify(self, batch: Sequences) -> dict[str, torch.Tensor]:
        first = (batch.x.flatten(2)[..., 0] * batch.mask).sum(1) / batch.mask.sum(1)
        return {"skin": (first > 0.5).long()}


def test_differing_pairs():
    assert differing_pairs(np.array([3, 3, 3])) == 0 and differing_pairs(np.array([1])) == 0
    assert differing_pairs(np.array([0, 1, 2])) == 1
    assert differing_pairs(np.array([0, 0, 1, 1])) == pytest.approx(4 / 6)


def test_frames_that_say_otherwise_are_counted_and_missing_ones_are_not(splits):
    factor = [splits[0].spec.factor("skin")]
    x = torch.zeros(2, 4, 3, 2, 2)
    x[0, :, 0, 0, 0] = torch.tensor([1.0, 1, 1, 0])  # three of four say 1, and so does the whole
    x[1, :, 0, 0, 0] = torch.tensor([0.0, 0, 1, 1])  # only two exist, and they agree
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    found = frame_disagreement(ByFirstPixel(), [Sequences(x, mask)], factor)["skin"]
    assert (
        found.value == pytest.approx(1 / 6)
        and found.low == 0
        and found.high == pytest.approx(1 / 4)
    )


def test_rollouts_of_a_subject_that_never_moves_agree_and_of_one_that_forgets_disagree(
    splits, judge
):
    _, test = splits
    real = judge_real(judge, test)
    oracle = Oracle(test)

    class Forgetful(Oracle):
        def decode(self, latents: Latents) -> Sequences:
            return self.gallery[np.arange(len(latents)) % len(self.gallery)]

    class Still(Oracle):
        def sample(
            self, n: int, frames: int, *, static=None, dynamic=None, generator=None
        ) -> Latents:
            return Latents(static, torch.zeros(n, frames, 15))

    options = {"kept": 6, "rollouts": 5}
    latents = oracle.codes(test).mean
    by = {
        kind: rollout_disagreement(
            kind(test),
            judge,
            test,
            latents,
            real,
            generator=torch.Generator().manual_seed(0),
            **options,
        )
        for kind in (Still, Forgetful)
    }
    assert set(by[Still]) == {"skin", "pants", "top", "hair"}
    assert all(
        found.value == 0 for found in by[Still].values()
    )  # one sequence decoded again and again
    for name, found in by[Forgetful].items():
        seen = judge.probabilities(test[:5])[name].argmax(1).numpy()
        assert found.value == pytest.approx(differing_pairs(seen))
        assert found.chance == pytest.approx(differing_pairs(real[name].argmax(1)))


def test_samples_that_copy_training_data_are_caught_and_new_ones_are_not(splits):
    train, test = splits
    generator = torch.Generator().manual_seed(0)
    copies = Oracle(train)  # whatever it is asked, it looks a training sequence up
    found = nearest(copies, train, test, copies.codes(test).mean, generator=generator, n=20)
    assert found.samples.share_near == 1 and found.samples.median == 0 and found.test.median > 0.01
    new = Oracle(test)
    found = nearest(new, train, test, new.codes(test).mean, generator=generator, n=20)
    assert found.samples.share_near <= 0.1 and found.samples.smallest > 0


def test_one_planted_copy_is_found_exactly_in_any_batch(splits):
    train, test = splits
    asked = test[:4]
    asked.x[2] = train[37].x[0]
    batches = [train[start : start + 7] for start in range(0, len(train), 7)]
    found = distances(asked, batches)
    brute = [(train[:].x - x).square().mean((1, 2, 3, 4)).min().sqrt() for x in asked.x]
    assert found[2] == 0 and found == pytest.approx(np.array(brute), abs=1e-6)


def test_distances_are_over_what_both_have():
    x = torch.randn(3, 5, 2, 4, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(3, 5, dtype=torch.bool)
    known = Sequences(x.clone(), mask)
    asked = Sequences(x[:2].clone(), mask[:2].clone())
    asked.x[0, 2:4] = torch.nan  # a copy with gaps
    asked.x[1] += 0.5
    asked.mask[1, 3:] = False
    asked.x[1, 3:] = 99.0  # what does not exist
    found = distances(asked, [known])
    assert found[0] == 0 and found[1] == pytest.approx(0.5, abs=1e-6)
    # A known sequence with one value that happens to be right is no neighbour.
    sparse = known.x.clone()
    sparse[2] = torch.nan
    sparse[2, 0, 0, 0] = asked.x[1, 0, 0, 0]
    assert distances(asked, [Sequences(sparse, mask)])[1] > 0.4


@pytest.fixture(scope="module")
def report(splits, judge) -> Generation:
    train, test = splits
    subject = ModelSubject(build("dsvae-full-32"))
    real = judge_real(judge, test)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"SAMPLES": 24, "BATCH": 10}.items():
            patch.setattr(generation, name, value)
        return generation_report(subject, judge, train, test, subject.codes(test).mean, real)


def test_the_report_of_a_model_has_every_factor_and_its_rows(report, splits):
    factors = {f.name: f for f in splits[0].spec.factors}
    static = {f.name for f in splits[0].spec.static_factors}
    assert set(report.samples) == set(factors)
    assert set(report.rollouts) == static == set(report.frames.sample)
    assert set(report.frames.real) == static == set(report.frames.reconstruction)
    for name, found in report.samples.items():
        assert 1 - 1e-6 < found.inception_score <= len(factors[name].classes)
        assert found.h_y > found.h_y_given_x - 1e-6 > 0
        assert found.real.inception_score > 1 - 1e-6
    header, rows = generation_rows(report)
    assert len(rows) == len(factors) and {len(row) for row in rows} == {len(header)}
    assert "40 of each" in generation_sentence(report)


def test_without_a_judge_only_copies_are_searched(splits):
    train, test = splits
    subject = ModelSubject(build("dsvae-full-32"))
    found = generation_report(subject, None, train, test, subject.codes(test).mean, {})
    assert not found.samples and found.frames is None and not found.rollouts
    assert generation_rows(found)[1] == []


def test_pages_with_and_without_the_section(report):
    without = Report("x", "test", sequences=1, seed=0, no_judge="no judge for x")
    config = {
        "model": "dsvae",
        "config": asdict(DSVAEConfig()),
        "dataset": seqdisent.dataset_spec("sprites-32").to_json(),
        "recipe": {},
        "package": "0",
    }
    pages = html_report(without) + model_card("x", config, without)
    assert "from the prior" not in pages
    with_section = replace(without, generation=report)
    for page in (html_report(with_section), model_card("x", config, with_section)):
        assert "Both codes from the prior" in page and generation_sentence(report) in page
