"""Contracts of every model on series with missing values, and a short training."""

from __future__ import annotations

import math

import pytest
import torch

import seqdisent
from seqdisent import DiagonalGaussian, Sequences
from seqdisent.cli.main import main
from seqdisent.distributions import LatentChoice
from seqdisent.nn.observation import LEAST_SCALE, ScaledObservation
from tests.fixtures import video_models
from tests.fixtures.timeseries import TINY, VARIANTS, build

ANCHORED = [name for name in VARIANTS if not name.startswith("dsvae")]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def batch() -> Sequences:
    """Five sequences of different lengths, a third of the values missing; past the end everything is."""
    x = torch.randn(5, 6, 4, 3, generator=seeded(1))
    x[torch.rand(x.shape, generator=seeded(2)) < 0.33] = torch.nan
    mask = torch.arange(6) < torch.tensor([6, 4, 6, 2, 1])[:, None]
    x[~mask] = torch.nan
    return Sequences(x, mask)


@pytest.fixture(params=VARIANTS)
def model(request):
    return build(request.param)


def finite_gradients(model, batch) -> None:
    model.zero_grad()
    terms = model.train().loss(batch, seeded())
    assert all(
        term.shape == batch.mask.shape[:1] and term.isfinite().all()
        for term in terms.terms.values()
    )
    terms.total.backward()
    for name, weight in model.named_parameters():
        if weight.requires_grad and not name.startswith("log_sigma"):
            assert weight.grad is not None and weight.grad.isfinite().all(), name


def test_shapes_and_gradients(model, batch):
    encoding = model.encode(batch.x, batch.mask, generator=seeded())
    assert encoding.latents.static.shape == (5, 5) and encoding.latents.dynamic.shape == (5, 6, 3)
    assert model.decode(encoding.latents).shape == batch.x.shape
    finite_gradients(model, batch)


def test_what_is_missing_has_no_say(model, batch):
    """Nothing that the codes or the loss depend on is where a value is missing; at every known value something is."""
    x, known = batch.x.requires_grad_(), ~batch.x.isnan()
    encoding = model.encode(x, batch.mask, generator=seeded())
    (encoding.static.mean.sum() + encoding.dynamic.mean.square().sum()).backward()
    assert x.grad.isfinite().all() and not x.grad[~known].any()
    x.grad = None
    model.loss(Sequences(x, batch.mask), seeded()).total.backward()
    assert x.grad.isfinite().all() and not x.grad[~known].any() and (x.grad[known] != 0).all()


def test_missing_is_told_from_zero(model, batch):
    zeros = batch.x.nan_to_num(nan=0.0)
    one, other = (model.encode(x, batch.mask, sample=False).dynamic.mean for x in (batch.x, zeros))
    assert not torch.allclose(one[batch.mask], other[batch.mask])


def test_the_loss_is_that_of_the_known_values_alone(model, batch):
    """By hand, value by value; a value that is deleted takes along what it cost and no more."""
    seen = DiagonalGaussian(
        torch.randn(5, 6, 4, 3, generator=seeded(3)), torch.randn(5, 6, 4, 3, generator=seeded(4))
    )
    by_hand = torch.zeros(5, 6)
    for b, t, w, c in torch.nonzero(~batch.x.isnan()).tolist():
        std = math.exp(seen.log_std[b, t, w, c])
        error = (batch.x[b, t, w, c] - seen.mean[b, t, w, c]) / std
        by_hand[b, t] += 0.5 * error**2 + math.log(std) + 0.5 * math.log(2 * math.pi)
    torch.testing.assert_close(
        ScaledObservation(seen, seen.mean).nll(batch.x), by_hand, rtol=1e-4, atol=1e-4
    )
    encoding = model.posterior(batch.x, batch.mask, LatentChoice(True, seeded()))
    expected = (model.observation(encoding.latents).nll(batch.x) * batch.mask).sum(1)
    torch.testing.assert_close(model.loss(batch, seeded()).terms["reconstruction"], expected)


def test_tiny_likelihood_by_hand():
    x = torch.tensor([1.0, torch.nan, -2.0, torch.nan]).view(1, 1, 2, 2)
    seen = DiagonalGaussian(
        torch.tensor([0.0, 9.0, -1.0, 9.0]).view(1, 1, 2, 2), torch.zeros(1, 1, 2, 2)
    )
    assert ScaledObservation(seen, seen.mean).nll(x).item() == pytest.approx(
        0.5 + 0.5 + math.log(2 * math.pi)
    )


def test_windows_and_sequences_without_any_value(model, batch):
    batch.x[0, 0] = torch.nan  # the anchor of the paper
    batch.x[2] = torch.nan
    finite_gradients(model, batch)
    terms = model.eval().loss(batch, seeded())
    assert terms.terms["reconstruction"][2] == 0
    nothing = Sequences(torch.full_like(batch.x, torch.nan), batch.mask)
    finite_gradients(model, nothing)
    assert model.eval().encode(nothing.x, nothing.mask).latents.dynamic.isfinite().all()


def test_windows_past_the_end_change_nothing(model, batch):
    losses, codes = [], []
    for filler in (torch.nan, 3.0):
        x = torch.where(batch.mask[..., None, None], batch.x, torch.tensor(filler))
        codes.append(model.encode(x, batch.mask, sample=False).latents)
        losses.append(model.loss(Sequences(x, batch.mask), seeded()).per_sequence)
    torch.testing.assert_close(*losses, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(codes[0].static, codes[1].static)
    torch.testing.assert_close(codes[0].dynamic[batch.mask], codes[1].dynamic[batch.mask])


def test_likelihood_decodes_and_presence_is_a_probability(model, batch):
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    seen, there = model.likelihood(latents), model.presence(latents)
    assert (
        torch.equal(seen.mean, model.decode(latents))
        and seen.log_std.shape == there.shape == batch.x.shape
    )
    assert ((there > 0) & (there < 1)).all() and there.std() > 0 and seen.log_std.std() > 0
    terms = model.loss(batch, seeded()).terms
    assert ("presence" in terms) == model.trains_presence
    if "presence" in terms:
        drawn = model.presence(
            model.posterior(batch.x, batch.mask, LatentChoice(True, seeded())).latents
        )
        right = torch.where(batch.x.isnan(), 1 - drawn, drawn)
        torch.testing.assert_close(
            terms["presence"], -(right.log().flatten(2).sum(2) * batch.mask).sum(1)
        )


def test_no_value_is_told_more_exactly_than_the_least_scale(model, batch):
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    for weight in model.frame_decoder.parameters():
        weight.data *= 30  # as sure of itself as can be
    scale = model.likelihood(latents).log_std.exp()
    assert LEAST_SCALE <= scale.min() < 1.01 * LEAST_SCALE and scale.max() > 1


def test_other_models_have_nothing_missing():
    other = video_models.build("dbse")
    assert (other.presence(other.sample(2, generator=seeded())) == 1).all()


@pytest.mark.parametrize("anchor", range(6))
@pytest.mark.parametrize("variant", ["dbse", "vast-presence"])
def test_the_static_code_reads_the_anchor_window_alone(variant, anchor, batch):
    model = build(variant).with_anchor(anchor)
    encoding, rows = model.encode(batch.x, batch.mask, sample=False), torch.arange(5)
    found = encoding.anchor.argmax(1)
    assert found.tolist() == [min(anchor, n - 1) for n in batch.mask.sum(1).tolist()]
    others = torch.randn(batch.x.shape, generator=seeded(5))
    others[rows, found] = batch.x[rows, found]
    torch.testing.assert_close(
        model.encode(others, batch.mask, sample=False).static.mean, encoding.static.mean
    )
    changed = batch.x.clone()
    changed[rows, found] = torch.nan
    again = model.encode(changed, batch.mask, sample=False).static.mean
    assert not torch.isclose(again, encoding.static.mean).all(1).any()
    finite_gradients(model, batch)
    with pytest.raises(ValueError, match="anchor 6"):
        model.with_anchor(6)


@pytest.mark.parametrize("variant", ANCHORED)
def test_the_anchor_is_really_subtracted(variant, batch, monkeypatch):
    """One constant vector on every window's feature leaves the dynamic posterior alone."""
    model = build(variant)
    before, plain = model.encode(batch.x, batch.mask, sample=False).dynamic, model.features
    shift = 3 * torch.randn(model.config.frame.features, generator=seeded(6))
    monkeypatch.setattr(model, "features", lambda x: plain(x) + shift)
    after = model.encode(batch.x, batch.mask, sample=False).dynamic
    torch.testing.assert_close(
        after.mean[batch.mask], before.mean[batch.mask], rtol=1e-4, atol=1e-5
    )
    monkeypatch.setattr(
        model, "features", lambda x: plain(x) + shift * torch.arange(x.shape[1])[:, None]
    )
    assert not torch.allclose(
        model.encode(batch.x, batch.mask, sample=False).dynamic.mean, before.mean
    )


@torch.no_grad()
def test_with_every_window_as_anchor_the_anchor_term_is_the_mean_of_the_reconstruction(batch):
    model = build("vast-agreeing")
    terms = model.loss(batch, seeded()).terms
    windows = batch.mask.sum(1)
    torch.testing.assert_close(terms["anchor"], terms["reconstruction"] / windows)
    assert "agreement" not in terms and "agreement" in model.train().loss(batch, seeded()).terms


def test_swaps_and_draws(model, batch):
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    one, other = model.swap(latents[:1], latents[1:2])
    assert torch.equal(one.static, latents.static[1:2]) and torch.equal(
        one.dynamic, latents.dynamic[:1]
    )
    assert torch.equal(one.mask, batch.mask[:1]) and torch.equal(other.mask, batch.mask[1:2])
    drawn = model.sample(3, 9, generator=seeded())
    assert model.decode(drawn).shape == (3, 9, 4, 3) and model.decode(drawn).isfinite().all()
    with pytest.raises(ValueError, match="expects"):
        model.encode(torch.zeros(2, 6, 3, 4))


def test_mixed_precision_keeps_the_terms_in_float32(model, batch):
    with torch.autocast("cpu", torch.bfloat16):
        terms = model.train().loss(batch, seeded())
    assert {term.dtype for term in terms.terms.values()} == {torch.float32}
    terms.total.backward()


@torch.inference_mode()
def test_a_checkpoint_says_the_same_again(model, batch, tmp_path):
    model.requires_grad_(False)  # torch then computes by the same kernels as of the loaded one
    folder = seqdisent.save_checkpoint(tmp_path / "m", model, kind=model.name, recipe={})
    loaded, spec = seqdisent.load_checkpoint(folder)
    assert spec == TINY and spec.variables == TINY.variables and loaded.config == model.config
    one, other = (m.encode(batch.x, batch.mask, sample=False).latents for m in (model, loaded))
    assert torch.equal(one.static, other.static) and torch.equal(one.dynamic, other.dynamic)
    torch.testing.assert_close(model.presence(one), loaded.presence(other), rtol=0, atol=0)


def test_thirty_steps_of_a_recipe_lower_the_loss(tmp_path):
    folder = tmp_path / "waves"
    assert (
        main(
            [
                "train",
                "vast-waves",
                "--run",
                str(tmp_path / "run"),
                "--to",
                str(folder),
                "--steps",
                "30",
                "--batch-size",
                "16",
                "--learning-rate",
                "0.03",
                "--quiet",
                "--accelerator",
                "cpu",
            ]
        )
        == 0
    )
    model, spec = seqdisent.load_checkpoint(folder)
    assert spec == seqdisent.dataset_spec("waves")
    torch.manual_seed(0)
    fresh = seqdisent.recipes.recipe("vast-waves").build().eval()
    held = seqdisent.load_dataset("waves", "validation")[:100]
    before, after = (float(m.loss(held, seeded()).total.detach()) for m in (fresh, model))
    assert after < before - 50  # of 1,550 nats
