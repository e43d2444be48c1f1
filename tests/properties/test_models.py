"""Properties that follow from how the models are built, for any weights and any input."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import seqdisent
from seqdisent import DiagonalGaussian, SequentialVAE
from seqdisent.nn import PRIORS, dynamic_prior
from tests.fixtures.registry import small_config, spec_of, synthetic

SEEDS = st.integers(0, 2**31)
FRAMES = 5
DATASETS = ("sprites-32", "voices", "air-quality-days")


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_model(name: str, dataset: str, seed: int, **settings) -> SequentialVAE:
    """A small model whose weights are large enough to matter."""
    spec = replace(spec_of(dataset), frames=FRAMES)
    torch.manual_seed(seed)
    config = replace(small_config(name, spec), **settings)
    model = seqdisent.build_model(name, spec, config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1.5)
    return model


@pytest.mark.parametrize("dataset", DATASETS)
@given(anchor=st.integers(0, FRAMES - 1), seed=SEEDS)
@torch.no_grad()
def test_static_posterior_of_dbse_depends_on_the_anchor_frame_alone(dataset, anchor, seed) -> None:
    model = random_model("dbse", dataset, seed, anchor=anchor)
    batch = synthetic(model.spec, 2, FRAMES, seed=seed)
    before = model.encode(batch.x, sample=False)
    others = synthetic(model.spec, 2, FRAMES, seed=seed + 1).x
    others[:, anchor] = batch.x[:, anchor]
    after = model.encode(others, sample=False)
    torch.testing.assert_close(after.static.mean, before.static.mean)
    torch.testing.assert_close(after.static.log_std, before.static.log_std)
    assert not torch.allclose(after.dynamic.mean, before.dynamic.mean)


@pytest.mark.parametrize("dataset", DATASETS)
@given(seed=SEEDS)
@torch.no_grad()
def test_dynamic_posterior_of_dbse_ignores_what_all_frames_share(dataset, seed) -> None:
    model = random_model("dbse", dataset, seed)
    batch = synthetic(model.spec, 2, FRAMES, seed=seed)
    before, features = model.encode(batch.x, sample=False), model.features
    shift = torch.randn(model.config.frame.features, generator=seeded(seed))
    model.features = lambda x: features(x) + shift
    after = model.encode(batch.x, sample=False)
    torch.testing.assert_close(after.dynamic.mean, before.dynamic.mean, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["dsvae", "dbse", "frame-vae"])
@given(seed=SEEDS)
@torch.no_grad()
def test_what_a_sample_is_given_is_kept_bit_for_bit(name, seed) -> None:
    model = random_model(name, "sprites-32", seed)
    given_codes = model.sample(3, FRAMES, generator=seeded(seed))
    static = model.sample(3, 9, static=given_codes.static, generator=seeded(seed + 1))
    assert torch.equal(static.static, given_codes.static)
    dynamic = model.sample(3, dynamic=given_codes.dynamic, generator=seeded(seed + 1))
    assert torch.equal(dynamic.dynamic, given_codes.dynamic)


@pytest.mark.parametrize("name", ["dsvae", "dbse", "frame-vae"])
@pytest.mark.parametrize("dataset", DATASETS)
@given(seed=SEEDS, length=st.integers(1, FRAMES - 1))
@torch.no_grad()
def test_frames_beyond_the_mask_change_nothing(name, dataset, seed, length) -> None:
    model = random_model(name, dataset, seed)
    batch = synthetic(model.spec, 2, FRAMES, seed=seed)
    mask = batch.mask.clone()
    mask[:, length:] = False
    padded = batch.x.clone()
    padded[:, length:] = synthetic(model.spec, 2, FRAMES, seed=seed + 1).x[:, length:]
    batches = [type(batch)(x, mask) for x in (batch.x, padded)]
    one, other = (model.loss(some, seeded(seed)).per_sequence for some in batches)
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-3)
    # A batch that is cut to its longest sequence costs the same.
    short = type(batch)(batch.x[:, :length], mask[:, :length])
    cut = model.loss(short, seeded(seed)).per_sequence
    torch.testing.assert_close(cut, one, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("kind", PRIORS)
@given(seed=SEEDS, steps=st.integers(2, 7))
@torch.no_grad()
def test_teacher_forcing_equals_the_rollout(kind, seed, steps) -> None:
    """What is left of a rollout without its predicted means is the noise, scaled: standard normal, and never more."""
    torch.manual_seed(seed)
    prior = dynamic_prior(kind, 3, 7)
    certain = prior.rollout(4, steps, temperature=0.0)
    torch.testing.assert_close(prior(certain).mean, certain, rtol=1e-4, atol=1e-5)
    half, full = (
        prior.rollout(4, 1, temperature=share, generator=seeded(seed)) for share in (0.5, 1.0)
    )
    first = prior(full).mean[:, :1]
    torch.testing.assert_close(half - first, 0.5 * (full - first), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", PRIORS)
@given(seed=SEEDS)
@torch.no_grad()
def test_kl_to_the_prior_is_not_negative(kind, seed) -> None:
    torch.manual_seed(seed)
    prior = dynamic_prior(kind, 3, 7)
    posterior = prior.constrain(
        DiagonalGaussian(
            torch.randn(2, 5, 3, generator=seeded(seed)),
            0.5 * torch.randn(2, 5, 3, generator=seeded(seed + 1)),
        )
    )
    cost = prior.kl(posterior, posterior.mean)
    assert cost.shape == (2, 5) and (cost > -1e-5).all()
