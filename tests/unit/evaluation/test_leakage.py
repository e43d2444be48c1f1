"""The microscope itself: right answers for codes whose leakage is known, and intervals that keep their word."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.evaluation.codes import Codes, ModelSubject
from seqdisent.evaluation.controls import HIDDEN_SCALES, Oracle, control_subject
from seqdisent.evaluation.detection import CLASSES, error_rate
from seqdisent.evaluation.leakage import QUICK, measure
from seqdisent.evaluation.paired import paired_differences
from seqdisent.evaluation.probes import (
    FAMILIES,
    Task,
    code_matrices,
    read,
    residual,
    whitened,
)
from seqdisent.evaluation.schema import (
    DetectionLimit,
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

FAST = replace(QUICK, families=("linear",), sample_families=("linear",), steps=False, nulls=0)
FAST_STEPS = replace(FAST, steps=True)
BOTH = replace(FAST, posteriors=("mean", "sample"))
GENERATOR = lambda seed=0: torch.Generator().manual_seed(seed)


CONTROLS = ("oracle", "leaky", "untrained", "shuffled")


def reading_of(family, codes, labels, classes):
    """What one family reads from whitened codes."""
    matrices = whitened(code_matrices(*codes))
    return read(family, matrices, [Task("y", classes, *labels)])["y"]


def some(split: str, characters: int):
    data = seqdisent.load_dataset("sprites-32", split)
    return data.select(np.arange(9 * characters))


@pytest.fixture(scope="module")
def data():
    return some("train", 80), some("validation", 20), some("test", 40)


@pytest.fixture(scope="module")
def reports(data):
    """Leakage of every control, and its scores for each test sequence."""
    return {kind: leakage_of(kind, data) for kind in CONTROLS}


def leakage_of(kind, data, effort=FAST):
    subject = control_subject(kind, build("dbse-32"), data[2])
    return measure(Splits.of(subject, data), data[0].spec.factors, effort=effort)


def bits(leakage, code, factor, posterior="mean"):
    return leakage.best(code, factor, posterior).bits.value


def test_calibration_models_come_out_in_the_right_order(reports, data):
    """Oracle: full on target, nothing off it. Leaky: full everywhere. Shuffled: nothing anywhere."""
    for factor in data[0].spec.factors:
        right, wrong = (factor.kind, "dynamic" if factor.kind == "static" else "static")
        entropy = math.log2(len(factor.classes))
        on = {kind: bits(reports[kind][0], right, factor.name) for kind in CONTROLS}
        off = {kind: bits(reports[kind][0], wrong, factor.name) for kind in CONTROLS}
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
        probes = {"trees": score}
        cells = (
            LeakageCell("dynamic", "sequence", "mean", "hair", False, "trees", probes, 1.0),
            LeakageCell("static", "static", "mean", "hair", True, "trees", probes, 1.0),
        )
        hair = FactorSummary("hair", "static", classes=("a", "b"), entropy_bits=2.58)
        limits = (DetectionLimit("dynamic", 0.1, 0.03, (1.0, 0.1, 0.05)),)
        leakage = Leakage(
            9, 9, 9, 9, 0, 9, 9, 0, (), factors=(hair,), cells=cells, detection=limits
        )
        return next(found for found in verdicts(leakage) if found.code == "dynamic")

    text = verdict(1.9, 1.8, 2.0, 0.001).text
    assert text.startswith("The dynamic code contains much information about hair: ")
    assert text.endswith("1.90 [1.80, 2.00] of 2.58 bits, null 0.00 (trees, all steps).")
    # A wide interval: only its lower end is claimed.
    assert verdict(1.9, 0.03, 2.5, 0.001).level == "trace"
    # The permutation test says that the code depends on it, even where no bits can be claimed.
    unclaimed = verdict(0.02, 0.0, 0.05, 0.001)
    assert unclaimed.level == "trace" and "none" not in unclaimed.text.lower()
    assert "depends on hair (p = 0.001); less than 0.05 bits by these probes" in unclaimed.text
    assert verdict(0.4, 0.2, 0.9, 0.3).level == "clean"
    assert "Planted leaks were found down to 0.1 bits" in verdict(0.0, 0.0, 0.1, 0.5).text


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
        codes.append(x @ mix)
    reading = reading_of("linear", codes, labels, 3)
    clean = [(part @ np.linalg.inv(mix)) * ([1000] + [1] * 19) for part in codes]
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
    found = {family: reading_of(family, x, y, 2).bits.mean() for family in FAMILIES}
    assert found["linear"] < 0.02 and found["mlp"] > 0.6
    assert found["trees"] > 0.2 and found["neighbours"] > 0.1


def test_trees_and_the_residual_find_what_hides_inside_clusters():
    """Classes named by a residual of 0.03 of the distance of clusters: invisible to a linear probe of the code."""
    rng = np.random.default_rng(0)
    # Nine clusters span eight dimensions: there is no other direction in which the residual could be seen.
    centres, planted = rng.normal(size=(9, 8)), rng.normal(size=(6, 8))
    clusters = [rng.integers(9, size=n) for n in (2700, 450, 900)]
    labels = [rng.integers(6, size=len(part)) for part in clusters]
    codes = [
        centres[v] + 0.03 * (planted[u] + 0.2 * rng.normal(size=(len(u), 8)))
        for v, u in zip(clusters, labels, strict=True)
    ]
    matrices = code_matrices(*codes)
    hidden, cluster = Task("u", 6, *labels), Task("v", 9, *clusters)
    left = residual(matrices, [cluster])
    assert read("linear", whitened(matrices), [hidden])["u"].bits.mean() < 0.1
    for family in FAMILIES:
        assert read(family, left, [hidden])["u"].bits.mean() > 2.0, family


def test_the_residual_of_a_code_without_a_leak_contains_none():
    """Predicted on-target labels must not smuggle in what they are drawn with: factors are independent here."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(9, 8))
    clusters = [rng.integers(9, size=n) for n in (1800, 450, 900)]
    labels = [rng.integers(6, size=len(part)) for part in clusters]
    codes = [centres[v] + 0.3 * rng.normal(size=(len(v), 8)) for v in clusters]
    left = residual(code_matrices(*codes), [Task("v", 9, *clusters)])
    for family in FAMILIES:
        assert read(family, left, [Task("u", 6, *labels)])["u"].bits.mean() < 0.01, family


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(scale, marks=() if scale in (1.0, 0.03, 0.01) else pytest.mark.slow)
        for scale in HIDDEN_SCALES
    ],
)
def test_a_hidden_leak_is_found_at_every_scale(scale, data):
    leakage, _ = leakage_of(f"hidden-{scale:g}", data)
    for code, factor in (("dynamic", "skin"), ("static", "action")):
        about = leakage.factor(factor)
        assert bits(leakage, code, factor) > 0.9 * about.entropy_bits
    # What was not planted is not found.
    assert bits(leakage, "dynamic", "hair") < 0.05


def test_a_leak_in_one_step_and_one_in_an_interaction_are_found(data):
    leakage, _ = leakage_of("hidden-step", data, FAST_STEPS)
    assert bits(leakage, "dynamic", "skin") > 2.0
    curve = {point.step: point.bits.value for point in leakage.steps if point.factor == "skin"}
    assert curve[4] > 2.0 and max(value for step, value in curve.items() if step != 4) < 0.1
    leakage, _ = leakage_of("hidden-interaction", data, replace(FAST, families=("linear", "mlp")))
    # One bit is planted: whether the label is odd.
    assert bits(leakage, "dynamic", "skin") > 0.4
    linear = leakage.cell("dynamic", "skin").probes["linear"]
    assert linear.bits.value < 0.1


def test_the_strongest_view_decides():
    """A sequence cannot contain less than its mean, nor than one of its steps: the verdict follows the largest."""
    weak = ProbeScore(Estimate(0.0, 0.0, 0.1), Estimate(0.2, 0.1, 0.3), "accuracy", p=0.4)
    strong = ProbeScore(Estimate(2.4, 2.2, 2.5), Estimate(0.9, 0.8, 1.0), "accuracy", p=0.001)
    cells = (
        LeakageCell("dynamic", "sequence", "mean", "hair", False, "trees", {"trees": weak}, 0.0),
        LeakageCell("dynamic", "mean", "mean", "hair", False, "linear", {"linear": strong}, 2.4),
        LeakageCell("static", "static", "mean", "hair", True, "linear", {"linear": strong}, 2.4),
    )
    hair = FactorSummary("hair", "static", classes=("a", "b"), entropy_bits=2.58)
    leakage = Leakage(9, 9, 9, 9, 0, 9, 9, 0, (), factors=(hair,), cells=cells)
    found = next(verdict for verdict in verdicts(leakage) if verdict.code == "dynamic")
    assert found.level == "leak" and "the mean over time" in found.text
    assert leakage.off_target_bits("dynamic") == 2.4


def test_planted_labels_contain_the_stated_bits():
    """The mutual information of a label and its noisy copy, from their joint table."""
    for amount in (0.02, 0.1, 0.5, 1.0):
        rate = error_rate(amount)
        joint = np.full((CLASSES, CLASSES), rate / (CLASSES - 1) / CLASSES)
        np.fill_diagonal(joint, (1 - rate) / CLASSES)
        information = (joint * np.log2(joint * CLASSES**2)).sum()
        assert information == pytest.approx(amount, abs=1e-6)


def test_the_detection_limit_is_stated_and_follows_the_number_of_sequences(data):
    effort = replace(FAST, families=("linear",), detection=True)
    many = leakage_of("oracle", data, effort)[0].detection_limit("static").bits
    fewer = tuple(part.select(np.arange(0, len(part), 4)) for part in data)
    few = leakage_of("oracle", fewer, effort)[0].detection_limit("static").bits
    assert many is not None and many <= 0.5
    assert few is None or few >= many


def test_a_continuous_factor_has_the_bits_that_theory_gives():
    """y = x + noise of equal variance: R² is 1/2 and the information log2(2)/2 = 0.5 bits."""
    rng = np.random.default_rng(2)
    x = [rng.normal(size=(n, 4)) for n in (4000, 800, 4000)]
    y = [5 + 3 * (part[:, 0] + rng.normal(size=len(part))) for part in x]
    reading = reading_of("linear", x, y, 0)
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
        section, _ = measure(Splits(*codes), FACTORS, effort=FAST, seed=seed)
        for cell in section.cells:
            if cell.view != "mean":
                scores = cell.best
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
    (leaky, rows_leaky), (oracle, rows_oracle) = reports["leaky"], reports["oracle"]
    found = {
        (difference.code, difference.factor): difference.bits
        for difference in paired_differences(rows_leaky, rows_oracle, leaky, oracle)
    }
    assert found["dynamic", "hair"].low > 2.2 and abs(found["static", "hair"].value) < 0.2
    same = paired_differences(rows_leaky, rows_leaky, leaky, leaky)
    assert all(difference.bits == Estimate(0.0, 0.0, 0.0) for difference in same)
    with pytest.raises(ValueError, match="other test sequences"):
        paired_differences(rows_leaky, {**rows_oracle, "source": np.arange(5)}, leaky, oracle)


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
    assert lines[0] == ",".join(HEADERS) and len(lines) == 1 + sum(
        len(cell.probes) for cell in report.cells
    )
    row = dict(zip(HEADERS, lines[1].split(","), strict=True))
    cell = report.cells[0].probes[row["probe"]]
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
