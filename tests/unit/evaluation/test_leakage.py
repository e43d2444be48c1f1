"""The microscope itself: right answers for codes whose leakage is known, and intervals that keep their word."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.evaluation.codes import Codes, ModelSubject
from seqdisent.evaluation.controls import KINDS, Oracle, control_subject
from seqdisent.evaluation.leakage import QUICK, measure
from seqdisent.evaluation.paired import paired_differences
from seqdisent.evaluation.probes import LINEAR, NONLINEAR, Task, read
from seqdisent.evaluation.schema import (
    Estimate,
    FactorSummary,
    Leakage,
    LeakageCell,
    ProbeScore,
    Verdict,
)
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.statistics import Bootstrap, label_shuffles, permutation_p
from seqdisent.evaluation.verdicts import verdicts
from seqdisent.reporting.tables import HEADERS, leakage_table, to_csv
from seqdisent.spec import Factor
from seqdisent.types import Latents
from tests.fixtures.video_models import build

FAST = replace(QUICK, steps=False, nulls=False)
FAST_STEPS = replace(QUICK, nulls=False)
BOTH = replace(FAST, posteriors=("mean", "sample"))
GENERATOR = lambda seed=0: torch.Generator().manual_seed(seed)


def tasks_of(labels, classes):
    return [Task("y", classes, *labels)]


def some(split: str, characters: int):
    data = seqdisent.load_dataset("sprites-32", split)
    return data.select(np.arange(9 * characters))


@pytest.fixture(scope="module")
def data():
    return some("train", 80), some("validation", 20), some("test", 40)


@pytest.fixture(scope="module")
def reports(data):
    """Leakage of every control, and its scores for each test sequence."""
    model = build("dbse-32")
    made = {}
    for kind in KINDS:
        subject = control_subject(kind, model, data[2])
        codes = Splits.of(subject, data)
        effort = replace(QUICK, steps=False)
        made[kind] = measure(codes, data[0].spec.factors, effort=effort)
    return made


def bits(leakage, code, factor, posterior="mean"):
    return leakage.best(code, factor, posterior).bits.value


def test_calibration_models_come_out_in_the_right_order(reports, data):
    """Oracle: full on target, nothing off it. Leaky: full everywhere. Shuffled: nothing anywhere."""
    for factor in data[0].spec.factors:
        right, wrong = (factor.kind, "dynamic" if factor.kind == "static" else "static")
        entropy = math.log2(len(factor.classes))
        on = {kind: bits(reports[kind][0], right, factor.name) for kind in KINDS}
        off = {kind: bits(reports[kind][0], wrong, factor.name) for kind in KINDS}
        assert on["oracle"] > 0.85 * entropy and off["oracle"] < 0.02 * entropy
        assert on["leaky"] > 0.85 * entropy and off["leaky"] > 0.85 * entropy
        assert on["shuffled"] < 0.05 * entropy and off["shuffled"] < 0.05 * entropy
        assert off["oracle"] - 0.02 <= off["untrained"] <= off["leaky"] + 0.02


def test_verdicts_name_what_the_controls_do(reports):
    level = lambda kind: {
        (verdict.code, verdict.factor): verdict.level for verdict in reports[kind][0].verdicts
    }
    assert (
        level("oracle")["dynamic", "hair"] == "clean"
        and level("oracle")["static", "hair"] == "holds"
    )
    assert (
        level("leaky")["dynamic", "hair"] == "leak"
        and level("leaky")["static", "direction"] == "leak"
    )
    assert (
        level("shuffled")["static", "hair"] == "missing"
        and level("shuffled")["dynamic", "action"] == "missing"
    )


def test_a_verdict_is_never_stronger_than_its_interval():
    def verdict(value: float, low: float, high: float, p: float) -> Verdict:
        score = ProbeScore(
            Estimate(value, low, high), Estimate(0.5, 0.4, 0.6), "accuracy", null_bits=0.0, p=p
        )
        cells = (
            LeakageCell("dynamic", "sequence", "mean", "hair", False, "linear", score, score),
            LeakageCell("static", "static", "mean", "hair", True, "linear", score, score),
        )
        hair = FactorSummary("hair", "static", classes=("a", "b"), entropy_bits=2.58)
        leakage = Leakage(9, 9, 9, 9, 0, 9, 9, {}, (), factors=(hair,), cells=cells)
        return next(found for found in verdicts(leakage) if found.code == "dynamic")

    text = verdict(1.9, 1.8, 2.0, 0.001).text
    assert text.startswith("The dynamic code contains much information about hair: ")
    assert text.endswith("1.90 [1.80, 2.00] of 2.58 bits, null 0.00.")
    # A wide interval: only its lower end is claimed.
    assert verdict(1.9, 0.03, 2.5, 0.001).level == "trace"
    assert verdict(0.4, 0.0, 0.9, 0.001).level == "clean"
    assert verdict(0.4, 0.2, 0.9, 0.3).level == "clean"
    assert "could still find some" in verdict(0.0, 0.0, 0.1, 0.5).text


def test_probes_agree_with_scikit_learn_and_find_what_hides_in_small_directions():
    """Information in a direction of a thousandth of the code's scale: standardised or not, it is there."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    labels = [rng.integers(3, size=n) for n in (3000, 600, 1500)]
    codes = []
    mix = rng.normal(size=(20, 20))
    for y in labels:
        x = rng.normal(size=(len(y), 20))
        x[:, 0] = 0.001 * (x[:, 0] + 1.5 * y)  # the signal, small
        codes.append(torch.from_numpy(x @ mix).float()[None])
    reading = read(*codes, tasks_of(labels, 3), LINEAR)["y"][0]
    clean = [(c[0].numpy().astype(float) @ np.linalg.inv(mix)) * ([1000] + [1] * 19) for c in codes]
    known = LogisticRegression(C=10, max_iter=500).fit(clean[0], labels[0])
    theirs = np.log2(3) + known.predict_log_proba(clean[2])[
        np.arange(1500), labels[2]
    ].mean() / math.log(2)
    assert reading.bits.mean() == pytest.approx(theirs, abs=0.03)
    assert reading.score.mean() == pytest.approx(known.score(clean[2], labels[2]), abs=0.02)


def test_only_the_non_linear_probe_reads_an_exclusive_or():
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(n, 8)) for n in (3000, 500, 1000)]
    y = [((part[:, 0] > 0) ^ (part[:, 1] > 0)).astype(int) for part in x]
    codes = [torch.from_numpy(part).float()[None] for part in x]
    linear, curved = (
        read(*codes, tasks_of(y, 2), c)["y"][0].bits.mean() for c in (LINEAR, NONLINEAR)
    )
    assert linear < 0.02 and curved > 0.6


def test_a_continuous_factor_has_the_bits_that_theory_gives():
    """y = x + noise of equal variance: R² is 1/2 and the information log2(2)/2 = 0.5 bits."""
    rng = np.random.default_rng(2)
    x = [rng.normal(size=(n, 4)) for n in (4000, 800, 4000)]
    y = [5 + 3 * (part[:, 0] + rng.normal(size=len(part))) for part in x]
    codes = [torch.from_numpy(part).float()[None] for part in x]
    reading = read(*codes, tasks_of(y, 0), LINEAR)["y"][0]
    assert 1 - reading.score.sum() / reading.baseline.sum() == pytest.approx(0.5, abs=0.04)
    assert reading.bits.mean() == pytest.approx(0.5, abs=0.05)


def null_codes(n, sources, seed):
    """Codes that know nothing, and labels that belong to sources of several sequences."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(sources), n // sources)
    noise = lambda *shape: torch.from_numpy(rng.normal(size=shape)).float()
    latents = Latents(noise(n, 5), noise(n, 3, 2))
    labels = {"who": rng.integers(4, size=sources)[source], "what": rng.integers(3, size=(n, 3))}
    return Codes(latents, latents, torch.zeros(n, 5), torch.zeros(n, 3), labels, source)


FACTORS = (Factor("who", "static", tuple("abcd")), Factor("what", "dynamic", tuple("xyz")))


@pytest.mark.parametrize("runs", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_the_null_is_covered_at_the_stated_rate(runs):
    """Codes of noise, many times over: accuracy intervals hold chance and p stays above 0.05 in 95 of 100."""
    held, significant, found = [], [], []
    for seed in range(runs):
        codes = [null_codes(n, n // 4, 3 * seed + i) for i, n in enumerate((240, 120, 400))]
        section, _ = measure(Splits(*codes), FACTORS, effort=replace(FAST, epochs=0.2), seed=seed)
        for cell in section.cells:
            if cell.view != "mean":
                scores = cell.linear
                # The expected accuracy of a blind probe is the mean, over its answers, of how common they are.
                held.append(
                    scores.score.low
                    <= 1 / len(FACTORS[cell.factor == "what"].classes)
                    <= scores.score.high
                )
                significant.append(scores.p <= 0.05)
                found.append(scores.bits.low > 0)
    assert np.mean(held) >= 0.90  # four intervals a run at 0.95
    assert np.mean(significant) <= 0.09
    assert np.mean(found) <= 0.06


def test_a_bootstrap_of_sources_keeps_its_word_where_one_of_sequences_does_not():
    """40 sources of 10 sequences that are right or wrong together: only whole sources give 95 %."""
    rng = np.random.default_rng(0)
    held = {"sources": [], "sequences": []}
    for trial in range(200):
        source = np.repeat(np.arange(40), 10)
        right = (rng.random(40) < 0.6)[source].astype(float)
        for name, groups in (("sources", source), ("sequences", np.arange(400))):
            interval = Bootstrap(groups, 200, trial).mean(right)
            held[name].append(interval.low <= 0.6 <= interval.high)
    assert 0.90 <= np.mean(held["sources"]) <= 0.99
    assert np.mean(held["sequences"]) < 0.6


def test_a_proportion_without_doubt_still_has_an_interval():
    every = Bootstrap(np.repeat(np.arange(50), 4)).proportion(np.ones(200))
    assert every.value == 1 and every.high == pytest.approx(1)
    assert every.low == pytest.approx(0.929, abs=0.002)  # Wilson, 50 of 50


def test_labels_of_sources_are_dealt_to_whole_sources():
    source = np.repeat([3, 1, 2], 4)
    constant, varying = np.repeat([0, 1, 2], 4), np.arange(12) % 4
    for rows in label_shuffles(source, constant, 20, 0):
        dealt = constant[rows].reshape(3, 4)
        assert (dealt == dealt[:, :1]).all() and sorted(dealt[:, 0]) == [0, 1, 2]
    for rows in label_shuffles(source, varying, 20, 0):
        assert sorted(rows) == list(range(12))


def test_permutation_p_is_small_for_a_knowing_probe_and_never_zero():
    labels = np.arange(200) % 4
    knows = np.log2(np.full((200, 4), 0.1) + 0.6 * np.eye(4)[labels])
    rows = label_shuffles(np.arange(200), labels, 99, 0)
    assert permutation_p(knows, labels, rows) == pytest.approx(0.01)
    assert permutation_p(np.full((200, 4), -2.0), labels, rows) == 1.0


def test_missing_labels_are_not_measurable_and_some_missing_ones_are_left_out(data):
    codes = Splits.of(Oracle(data[2]), data).parts()
    for part in codes:
        part.labels["hair"] = np.full(len(part), -1)
        part.labels["top"] = np.where(np.arange(len(part)) % 3 == 0, -1, part.labels["top"])
    section, _ = measure(Splits(*codes), data[0].spec.factors, effort=FAST)
    assert not any(cell.factor == "hair" for cell in section.cells)
    found = [verdict for verdict in section.verdicts if verdict.factor == "hair"]
    assert {verdict.level for verdict in found} == {"unmeasurable"}
    assert "hair cannot be measured: only 0" in found[0].text
    assert bits(section, "static", "top") > 2.3
    headers, rows = leakage_table(section)
    hair = [dict(zip(headers, row, strict=True)) for row in rows if row[3] == "hair"]
    assert len(hair) == 2 and all(
        row["bits"] is None and "not measurable" in row["score is"] for row in hair
    )


def test_paired_differences(reports):
    (leaky, rows_leaky), (_, rows_oracle) = reports["leaky"], reports["oracle"]
    found = {
        (difference.code, difference.factor): difference.bits
        for difference in paired_differences(rows_leaky, rows_oracle, leaky)
    }
    assert found["dynamic", "hair"].low > 2.2 and abs(found["static", "hair"].value) < 0.2
    same = paired_differences(rows_leaky, rows_leaky, leaky)
    assert all(difference.bits == Estimate(0.0, 0.0, 0.0) for difference in same)
    with pytest.raises(ValueError, match="other test sequences"):
        paired_differences(rows_leaky, {**rows_oracle, "source": np.arange(5)}, leaky)


def test_leakage_over_time_sees_a_step_that_leaks(data):
    """Codes that know the hair at step 5 only."""
    codes = Splits.of(Oracle(data[2]), data).parts()
    for part in codes:
        hair = torch.nn.functional.one_hot(torch.from_numpy(part.labels["hair"]), 6).float()
        noise = 0.1 * torch.randn(len(part), 8, 6, generator=GENERATOR(len(part)))
        noise[:, 5] += hair
        part.mean.dynamic[..., :6] = noise
    section, _ = measure(Splits(*codes), data[0].spec.factors, effort=FAST_STEPS)
    curve = {p.step: p.bits.value for p in section.steps if p.factor == "hair"}
    assert curve[5] > 1.5 and max(v for step, v in curve.items() if step != 5) < 0.1


def test_means_and_draws_are_read_apart(data):
    """A code whose mean knows everything and whose draw drowns it in noise."""
    codes = Splits.of(Oracle(data[2]), data).parts()
    for i, part in enumerate(codes):
        part.sample.static[:] = part.mean.static + 30 * torch.randn(
            part.mean.static.shape, generator=GENERATOR(i)
        )
    section, _ = measure(Splits(*codes), data[0].spec.factors, effort=BOTH)
    assert bits(section, "static", "hair") > 2.4
    assert bits(section, "static", "hair", "sample") < 0.1


def test_splits_draw_their_noise_apart():
    """The same noise in training and test would be an identity that a probe can learn by heart."""
    data = seqdisent.load_dataset("sprites-32", "test").select(np.arange(45))
    splits = Splits.of(ModelSubject(build("dbse-32")), (data, data, data), seed=5)
    noise = [(codes.sample.static - codes.mean.static).flatten() for codes in splits.parts()]
    correlation = torch.corrcoef(torch.stack(noise))
    assert (correlation - torch.eye(3)).abs().max() < 0.25
    again = Splits.of(ModelSubject(build("dbse-32")), (data, data, data), seed=5)
    assert torch.equal(again.test.sample.static, splits.test.sample.static)


def test_a_draw_never_tells_what_the_mean_does_not(data):
    """A code of noise around a constant: nothing to read, however many dimensions the noise has."""
    model = build("dbse-32")
    splits = Splits.of(ModelSubject(model), data)
    noise = lambda part, i: torch.randn(part.sample.static.shape, generator=GENERATOR(i))
    parts = [
        replace(
            p,
            mean=replace(p.mean, static=0 * noise(p, i)),
            sample=replace(p.sample, static=noise(p, i)),
        )
        for i, p in enumerate(splits.parts())
    ]
    section, _ = measure(Splits(*parts), data[0].spec.factors, effort=BOTH)
    for factor in ("action", "direction", "hair"):
        assert bits(section, "static", factor, "sample") < 0.02


def test_the_csv_says_what_the_report_says(reports):
    report = reports["oracle"][0]
    lines = to_csv(report).splitlines()
    assert lines[0] == ",".join(HEADERS) and len(lines) == 1 + 2 * len(report.cells)
    row = dict(zip(HEADERS, lines[1].split(","), strict=True))
    cell = report.cells[0].linear
    assert float(row["bits"]) == pytest.approx(cell.bits.value, abs=1e-3)


def test_codes_of_a_model_are_its_posterior_means_and_one_draw(model):
    data = seqdisent.load_dataset("sprites", "test").select(np.arange(10))
    codes = ModelSubject(model).codes(data, seed=3)
    with torch.inference_mode():
        encoding = model.encode(data[:].x, sample=False)
    assert torch.allclose(codes.mean.static, encoding.latents.static, atol=1e-5)
    again = ModelSubject(model).codes(data, seed=3)
    assert torch.equal(codes.sample.static, again.sample.static)
    assert torch.equal(codes.sample.dynamic, again.sample.dynamic)
    assert not torch.equal(codes.sample.dynamic, codes.mean.dynamic)
    if model.config.static_size:
        assert not torch.equal(codes.sample.static, codes.mean.static)
    assert codes.static_kl.shape == (10, model.config.static_size) and codes.dynamic_kl.shape == (
        10,
        8,
    )
    assert (codes.static_kl >= -1e-5).all() and (codes.dynamic_kl >= -1e-4).all()
