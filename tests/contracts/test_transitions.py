"""Transitions: the contract of every one, and what tells them apart."""

from __future__ import annotations

import math

import pytest
import torch

import seqdisent
from seqdisent import DiagonalGaussian, Sequences
from seqdisent.models.frame_vae import FrameVAEConfig
from seqdisent.nn import PRIORS, dynamic_prior
from seqdisent.nn.config import FrameConfig
from tests.fixtures.video_models import VARIANTS, build


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=PRIORS)
def prior(request):
    """Every transition in turn, with weights that matter."""
    torch.manual_seed(0)
    made = dynamic_prior(request.param, 3, 7)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.6 * torch.randn(weight.shape))
    return made


def test_every_transition_is_a_choice_of_every_model():
    for how in PRIORS:
        for name in ("dsvae", "dbse"):
            variant = {"stochastic": {"dsvae": "dsvae-full", "dbse": "dbse"}[name]}.get(
                how, f"{name}-{how}"
            )
            assert VARIANTS[variant][1].transition == how
            assert type(build(variant).prior) is PRIORS[how]
    with pytest.raises(ValueError, match="no transition 'magic'; choose from"):
        dynamic_prior("magic", 3, 7)


def test_teacher_forcing_equals_the_rollout(prior):
    """Given what was drawn, p(z_t | z_<t) and the noise of the generator give what was drawn."""
    drawn = prior.rollout(4, 6, generator=seeded(5))
    forced = prior(drawn)
    ahead = drawn.clone()
    ahead[:, 4:] = 9.0
    torch.testing.assert_close(prior(ahead).mean[:, :5], forced.mean[:, :5])  # it never looks ahead
    noise = (drawn - forced.mean) * torch.exp(-forced.log_std)
    if isinstance(prior, PRIORS["deterministic"]):
        torch.testing.assert_close(forced.mean[:, 1:], drawn[:, 1:])
        noise = noise[:, :1]
    shape = (4, 6, 3) if isinstance(prior, PRIORS["independent"]) else (4, 1, 3)
    generator = seeded(5)
    expected = torch.cat(
        [torch.randn(shape, generator=generator) for _ in range(noise.shape[1] // shape[1])], 1
    )
    torch.testing.assert_close(noise, expected, rtol=1e-3, atol=1e-3)


def test_going_on_equals_never_having_stopped(prior):
    """At temperature 0 there is one future: it is the same from any prefix of itself."""
    whole = prior.rollout(3, 9, temperature=0.0)
    assert torch.equal(whole, prior.rollout(3, 9, temperature=0.0))
    after = prior.rollout(3, 4, start=whole[:, :5], temperature=0.0)
    torch.testing.assert_close(after, whole[:, 5:])
    assert prior.rollout(3, 1, start=whole[:, :1]).shape == (3, 1, 3)


def test_temperature_scales_the_noise(prior):
    wide, narrow = (prior.rollout(400, 1, temperature=t, generator=seeded(1)) for t in (1.0, 0.25))
    middle = prior.rollout(400, 1, temperature=0.0)
    torch.testing.assert_close(narrow - middle, 0.25 * (wide - middle), rtol=1e-4, atol=1e-5)


def test_the_same_seed_is_the_same_future(prior):
    draw = lambda seed: prior.rollout(2, 5, generator=seeded(seed))
    assert torch.equal(draw(3), draw(3)) and not torch.equal(draw(3), draw(4))


def test_kl_of_the_posterior_that_is_the_prior_is_zero(prior):
    z = prior.rollout(4, 6, generator=seeded(2))
    assert prior.kl(prior(z), z).abs().max() < 1e-6
    other = DiagonalGaussian(z, torch.zeros_like(z) - 1)
    cost = prior.kl(prior.constrain(other), z)
    assert cost.shape == (4, 6) and (cost[:, 0] > 0).all() and (cost > -1e-6).all()


def test_noise_of_a_deterministic_transition_enters_at_the_start_alone(clips):
    model = build("dsvae-deterministic")
    many = model.sample(6, 12, static=torch.zeros(6, 6), generator=seeded(1)).dynamic
    same = model.prior.rollout(6, 11, start=many[:, :1], generator=seeded(2))
    torch.testing.assert_close(same, many[:, 1:])
    # The posterior is free at the first step, and only that one costs anything.
    encoding = model.encode(clips.x, generator=seeded(3))
    cost = model.prior.kl(encoding.dynamic, encoding.latents.dynamic)
    assert (cost[:, 0] > 0).all() and not cost[:, 1:].any()
    torch.testing.assert_close(
        model.prior.rollout(5, 7, start=encoding.latents.dynamic[:, :1]),
        encoding.latents.dynamic[:, 1:],
    )


def test_a_linear_transition_is_linear_and_its_noise_does_not_depend_on_where_it_is():
    prior = dynamic_prior("linear", 3, 7)
    a, b = torch.randn(2, 5, 3, generator=seeded()), torch.randn(2, 5, 3, generator=seeded(1))
    mean = lambda z: prior(z).mean[:, 1:]
    torch.testing.assert_close(mean(a) + mean(b) - mean(torch.zeros_like(a)), mean(a + b))
    assert torch.equal(prior(a).log_std, prior(b).log_std)
    assert prior.rollout(500, 400, generator=seeded()).std() < 10  # it does not run away


def test_extending_keeps_what_is_there(model, clips):
    start = model.encode(clips.x, sample=False).latents
    longer = model.extend(start, 5, generator=seeded())
    assert longer.dynamic.shape[1] == 13 and torch.equal(longer.dynamic[:, :8], start.dynamic)
    assert torch.equal(longer.static, start.static)
    assert model.decode(longer).shape == (5, 13, *clips.x.shape[2:])
    with pytest.raises(ValueError, match="frames must be at least 1, got 0"):
        model.extend(start, 0)


def test_the_posterior_mean_is_the_code_without_sampling(model, clips):
    found = model.encode(clips.x, sample=False)
    assert torch.equal(found.latents.dynamic, found.dynamic.mean)


def test_a_vae_of_frames_knows_no_sequence(clips):
    torch.manual_seed(0)
    config = FrameVAEConfig(dynamic_size=4, hidden=8, frame=FrameConfig(width=4, features=12))
    model = seqdisent.build_model("frame-vae", seqdisent.dataset_spec("sprites"), config).eval()
    codes = model.encode(clips.x, sample=False).latents
    turned = model.encode(clips.x.flip(1), sample=False).latents
    assert codes.static.shape == (5, 0)
    torch.testing.assert_close(
        turned.dynamic.flip(1), codes.dynamic
    )  # frames in another order, the same codes
    terms = model.loss(clips, seeded()).terms
    assert not terms["static_kl"].any() and (terms["dynamic_kl"] > 0).all()
    assert model.decode(model.sample(2, 9, generator=seeded())).shape == (2, 9, 3, 64, 64)
    # The bound of two halves is the bound of the whole.
    halves = sum(
        model.loss(Sequences(x, torch.ones(5, 4, dtype=torch.bool)), seeded())
        .terms["reconstruction"]
        .mean()
        for x in clips.x.split(4, 1)
    )
    assert math.isclose(halves, terms["reconstruction"].mean(), rel_tol=0.05)
    with pytest.raises(ValueError, match="has no static code"):
        seqdisent.build_model(
            "frame-vae", seqdisent.dataset_spec("sprites"), FrameVAEConfig(static_size=4)
        )


@pytest.mark.parametrize("how", ["stochastic", "deterministic"])
@pytest.mark.parametrize("frames", [8, 32])
def test_in_training_a_transition_is_one_fused_call_however_long(how, frames):
    """A Python loop over time is an order of magnitude slower on a CPU."""
    made = dynamic_prior(how, 3, 7)
    calls = []
    made.lstm.register_forward_hook(lambda *_: calls.append(1))
    made.kl(
        made.constrain(DiagonalGaussian.standard((2, frames, 3), torch.zeros(1))),
        torch.zeros(2, frames, 3),
    )
    assert len(calls) == {"stochastic": 1, "deterministic": 2}[how]  # the posterior runs on as well
