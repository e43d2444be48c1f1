"""Contracts and properties of every model."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from seqdisent import DiagonalGaussian, Latents, Sequences
from seqdisent.models import config_from_json
from seqdisent.models.anchored import AnchoredConfig
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.vast import VAST, VASTConfig
from seqdisent.nn import SequenceEncoder
from seqdisent.nn.config import MODULATED, FrameConfig
from tests.fixtures.video_models import VARIANTS, build


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_shapes(model, clips):
    encoding = model.encode(clips.x, generator=seeded())
    s, d = model.config.static_size, model.config.dynamic_size
    assert encoding.latents.static.shape == encoding.static.mean.shape == (5, s)
    assert encoding.latents.dynamic.shape == encoding.dynamic.mean.shape == (5, 8, d)
    assert model.decode(encoding.latents, 8).shape == clips.x.shape
    terms = model.loss(clips, seeded())
    assert {"reconstruction", "static_kl", "dynamic_kl"} <= set(terms.terms)
    assert all(term.shape == (5,) for term in terms.terms.values())
    assert terms.total.isfinite()


def test_gradients_reach_every_trainable_weight(model, clips):
    model.train()
    model.loss(clips, seeded()).total.backward()
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            assert weight.grad is not None and weight.grad.isfinite().all(), name


def test_same_generator_same_draw_other_generator_other_draw(model, clips):
    draw = lambda seed: model.encode(clips.x, generator=seeded(seed)).latents
    assert torch.equal(draw(1).static, draw(1).static)
    assert not torch.equal(draw(1).dynamic, draw(2).dynamic)
    if model.config.static_size:
        assert not torch.equal(draw(1).static, draw(2).static)
    mean = model.encode(clips.x, sample=False)
    assert torch.equal(mean.latents.static, mean.static.mean)


def test_swap_exchanges_and_twice_restores(model, clips):
    latents = model.encode(clips.x, sample=False).latents
    a, b = latents[:2], latents[2:4]
    first, second = model.swap(a, b)
    assert torch.equal(first.static, b.static) and torch.equal(first.dynamic, a.dynamic)
    assert torch.equal(second.static, a.static) and torch.equal(second.dynamic, b.dynamic)
    back = model.swap(first, second)
    for restored, original in zip(back, (a, b), strict=True):
        assert torch.equal(restored.static, original.static)
        assert torch.equal(restored.dynamic, original.dynamic)


def test_sample_keeps_what_it_is_given(model, clips):
    latents = model.encode(clips.x, sample=False).latents
    kept = model.sample(5, 8, static=latents.static, generator=seeded())
    assert torch.equal(kept.static, latents.static)
    assert not torch.equal(kept.dynamic, latents.dynamic)
    kept = model.sample(5, 8, dynamic=latents.dynamic, generator=seeded())
    assert torch.equal(kept.dynamic, latents.dynamic)
    assert model.sample(2, 13, generator=seeded()).dynamic.shape[1] == 13


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda m: m.encode(torch.rand(2, 8, 3, 32, 32)), "expects"),
        (lambda m: m.sample(0), "at least 1"),
        (lambda m: m.sample(2, 0), "at least 1"),
        (lambda m: m.sample(2, static=torch.zeros(3, 6)), "3 codes, but n is 2"),
        (lambda m: m.decode(m.sample(1, 4), frames=5), "4 latent steps"),
    ],
)
def test_bad_input_names_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call(build("dbse"))


def test_masked_frames_change_nothing(model, clips):
    """What stands after the end of a sequence must not matter, neither to codes nor to the loss."""
    if model.config.frame.kind == "dcgan":
        model.eval()  # batch statistics mix frames by design in training; evaluation does not
    mask = torch.ones(5, 8, dtype=torch.bool)
    mask[:, 6:] = False
    losses, codes = [], []
    for filler in (0.0, 0.7):
        x = clips.x.clone()
        x[:, 6:] = filler
        codes.append(model.encode(x, mask, sample=False).latents)
        terms = model.loss(Sequences(x, mask), seeded())
        losses.append(terms.per_sequence)
    torch.testing.assert_close(*losses, rtol=1e-5, atol=1e-3)
    torch.testing.assert_close(codes[0].static, codes[1].static)
    torch.testing.assert_close(codes[0].dynamic[:, :6], codes[1].dynamic[:, :6])


@pytest.mark.parametrize("variant, anchor", [("dbse", 0), ("dbse-anchor-5", 5)])
def test_dbse_static_posterior_sees_the_anchor_alone(variant, anchor, clips):
    model = build(variant)
    before = model.encode(clips.x, sample=False).static.mean
    others = clips.x.clone()
    others[:, [t for t in range(8) if t != anchor]] = torch.rand(5, 7, 3, 64, 64)
    torch.testing.assert_close(model.encode(others, sample=False).static.mean, before)
    changed = clips.x.clone()
    changed[:, anchor] = 0
    assert not torch.allclose(model.encode(changed, sample=False).static.mean, before)


def test_dbse_really_subtracts(clips, monkeypatch):
    """Adding one constant vector to every frame's feature leaves the dynamic posterior alone."""
    model = build("dbse")
    before = model.encode(clips.x, sample=False)
    plain = model.features
    shift = torch.randn(model.config.frame.features) * 3
    monkeypatch.setattr(model, "features", lambda x: plain(x) + shift)
    after = model.encode(clips.x, sample=False)
    torch.testing.assert_close(after.dynamic.mean, before.dynamic.mean, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(after.static.mean, before.static.mean)


def test_dbse_with_anchor_is_a_copy_that_reads_another_anchor(clips):
    model = build("dbse")
    moved = model.with_anchor(5)
    assert moved.config.anchor == 5 and model.config.anchor == 0
    expected = model.encode(clips.x.roll(-5, 1), sample=False).static.mean
    torch.testing.assert_close(moved.encode(clips.x, sample=False).static.mean, expected)
    with pytest.raises(ValueError, match="anchor 8"):
        model.with_anchor(8)


def test_dbse_with_anchor_shares_no_state_with_the_original(clips):
    model = build("dbse-dcgan")  # it has buffers, which training changes
    before = {name: value.clone() for name, value in model.state_dict().items()}
    moved = model.with_anchor(5)
    pointers = {value.data_ptr() for value in model.state_dict().values() if value.numel()}
    assert not any(value.data_ptr() in pointers for value in moved.state_dict().values())
    moved.train().requires_grad_(False)
    moved.loss(clips, seeded())
    with torch.no_grad():
        moved.log_sigma.fill_(9.0)
    assert not any(module.training for module in model.modules())
    assert model.static_head.weight.requires_grad
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_vast_without_its_parts_is_dbse(clips):
    dbse = build("dbse")
    vast = VAST.of_dbse(dbse)
    one, other = (m.encode(clips.x, generator=seeded()) for m in (dbse, vast))
    assert torch.equal(one.latents.static, other.latents.static)
    assert torch.equal(one.latents.dynamic, other.latents.dynamic)
    losses = [m.loss(clips, seeded()).per_sequence for m in (dbse, vast)]
    assert torch.equal(*losses)


@pytest.mark.parametrize("config", [DSVAEConfig, DBSEConfig])
def test_methods_of_papers_have_no_settings_of_ours(config):
    ours = {field.name for field in dataclasses.fields(VASTConfig)}
    published = {field.name for field in dataclasses.fields(config)}
    assert published <= {field.name for field in dataclasses.fields(AnchoredConfig)} | {"q"}
    assert {"augmentation", "static_rank", "static_path", "random_anchor"} <= ours - published


def test_dsvae_factorised_frames_do_not_see_each_other(clips):
    model = build("dsvae-factorised")
    changed = clips.x.clone()
    changed[:, 3] = 0
    before, after = (model.encode(x, sample=False).dynamic.mean for x in (clips.x, changed))
    same = [t for t in range(8) if t != 3]
    torch.testing.assert_close(before[:, same], after[:, same])
    assert not torch.allclose(before[:, 3], after[:, 3])


def test_dsvae_full_q_codes_dynamics_given_the_static_draw(clips):
    model = build("dsvae-full")
    first, second = (model.encode(clips.x, generator=seeded(s)) for s in (1, 2))
    torch.testing.assert_close(first.static.mean, second.static.mean)
    assert not torch.allclose(first.dynamic.mean, second.dynamic.mean)


def test_augmentation_is_for_training_only(clips):
    model = build("vast-views")
    plain = torch.equal(model.loss(clips, seeded()).total, model.loss(clips, seeded()).total)
    evaluated = model.loss(clips, seeded()).total
    trained = model.train().loss(clips, seeded()).total
    assert plain and not torch.allclose(evaluated, trained)


def test_sequence_encoder_equals_one_sequence_at_a_time():
    torch.manual_seed(0)
    encoder, x = SequenceEncoder(4, 5), torch.randn(3, 6, 4)
    mask = torch.arange(6)[None] < torch.tensor([6, 4, 1])[:, None]
    states, summary = encoder(x, mask)
    for i, length in enumerate((6, 4, 1)):
        alone, end = encoder(x[i : i + 1, :length], mask[i : i + 1, :length])
        torch.testing.assert_close(states[i : i + 1, :length], alone)
        torch.testing.assert_close(summary[i : i + 1], end)


def test_analytic_kl_agrees_with_monte_carlo():
    p = DiagonalGaussian(torch.tensor([0.3, -1.0]), torch.tensor([-0.5, 0.2]))
    q = DiagonalGaussian(torch.tensor([0.0, 0.5]), torch.tensor([0.1, 0.6]))
    many = DiagonalGaussian(p.mean.expand(200_000, 2), p.log_std.expand(200_000, 2))
    draws = many.sample(seeded())
    estimate = p.log_prob(draws) - q.log_prob(draws)
    error = 4 * estimate.std() / len(draws) ** 0.5
    assert abs(estimate.mean() - p.kl(q)) < error
    assert p.kl(p) == 0


def test_mixed_precision_keeps_the_terms_in_float32(model, clips):
    """Some CPUs have no recurrent network in bfloat16: these run in float32, while the other layers are mixed."""
    seen: dict[str, set[torch.dtype]] = {"recurrent": set(), "other": set()}

    def note(layer, arguments, output):
        if isinstance(layer, torch.nn.RNNBase):
            seen["recurrent"] |= {arguments[0].dtype, output[0].dtype}
        else:
            seen["other"].add(output.dtype)

    for layer in model.modules():
        if isinstance(layer, (torch.nn.RNNBase, torch.nn.Linear, torch.nn.Conv2d)):
            layer.register_forward_hook(note)
    model.train()
    with torch.autocast("cpu", torch.bfloat16):
        terms = model.loss(clips, seeded())
    recurrent = set() if model.name == "frame-vae" else {torch.float32}
    assert seen == {"recurrent": recurrent, "other": {torch.bfloat16}}
    assert {term.dtype for term in terms.terms.values()} == {torch.float32}
    terms.total.backward()
    weights = [
        weight for weight in model.parameters() if weight.requires_grad and weight.grad is not None
    ]
    assert weights and all(weight.grad.isfinite().all() for weight in weights)


def test_loss_is_the_bound_in_nats(clips):
    """With both weights at one, total = -log p(x|s,z) + KL + KL, checked against torch's own."""
    from torch.distributions import Normal

    model = build("dsvae-full")
    encoding = model.encode(clips.x, generator=seeded())
    mean = model.decode(encoding.latents)
    log_p = Normal(mean, model.config.sigma).log_prob(clips.x).flatten(1).sum(1)
    terms = model.loss(clips, seeded())
    torch.testing.assert_close(terms.terms["reconstruction"], -log_p, rtol=1e-4, atol=1.0)
    total = sum(terms.terms[k] for k in ("reconstruction", "static_kl", "dynamic_kl"))
    torch.testing.assert_close(terms.per_sequence, total)


# Losses of models whose weights are set without a random generator: a change of the maths shows.
GOLDEN = {
    "dsvae-factorised": [0.5062, -10.3366, 142.5985, 105.886],
    "dsvae-full": [0.5062, 11.8528, 138.4457, 7.8814],
    "dsvae-deterministic": [0.5062, 10.6742, 135.9032, 0.8661],
    "dbse": [-2.8358, 3.8218, 137.4571, 7.8054],
    "dbse-linear": [-2.8358, 3.8218, 137.4571, 2.3416],
    "vast-recipe": [2.9241, 3.8218, 485.687, 7.8054],
    "dbse-dcgan": [3.4531, 3.8643, 4.4566, 8.5221],
}


@pytest.mark.parametrize("variant", GOLDEN)
def test_golden_value(variant):
    model = build(variant)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(0.3 * torch.sin(torch.arange(weight.numel()) * 1.7).view_as(weight))
        model.log_sigma.fill_(-1.0)
    ramp = torch.linspace(0, 1, 2 * 8 * 3 * 64 * 64).view(2, 8, 3, 64, 64)
    encoding = model.encode(ramp, sample=False)
    decoded = model.decode(encoding.latents)
    kl = model.prior.kl(encoding.dynamic, encoding.latents.dynamic).sum(1)
    measured = [
        encoding.static.mean.sum(),
        encoding.dynamic.mean.sum(),
        100 * decoded.std(),
        kl.mean(),
    ]
    torch.testing.assert_close(
        torch.stack(measured), torch.tensor(GOLDEN[variant]), rtol=2e-3, atol=2e-3
    )


def test_config_json_round_trip_and_unknown_keys():
    for name, config in VARIANTS.values():
        assert config_from_json(name, dataclasses.asdict(config)) == config
    with pytest.raises(ValueError, match="unknown settings for dbse.*beta"):
        config_from_json("dbse", {"beta": 1})


@pytest.mark.parametrize(
    "build_it, message",
    [
        (lambda: build_with("dsvae", q="half"), "no q 'half'"),
        (lambda: build_with("dbse", anchor=8), "anchor 8"),
        (lambda: build_with("vast", augmentation="noise"), "no augmentation 'noise'"),
        (lambda: build_with("dbse", frame=FrameConfig(MODULATED)), "not part of DBSE"),
        (lambda: build_with("dsvae", frame=FrameConfig(MODULATED)), "not part of DSVAE"),
        (lambda: build_with("gan"), "no model 'gan'"),
    ],
)
def test_bad_settings_name_the_problem(build_it, message):
    with pytest.raises(ValueError, match=message):
        build_it()


def build_with(name, **settings):
    from seqdisent import build_model, dataset_spec
    from seqdisent.models import model_class

    return build_model(name, dataset_spec("sprites"), model_class(name).Config(**settings))


def test_latents_check_and_interpolate():
    a = Latents(torch.zeros(2, 3), torch.zeros(2, 4, 1))
    b = Latents(torch.ones(2, 3), torch.ones(2, 4, 1))
    assert torch.equal(a.lerp(b, 0.25).static, torch.full((2, 3), 0.25))
    with pytest.raises(ValueError, match="2 static codes but 1 dynamic"):
        Latents(torch.zeros(2, 3), torch.zeros(1, 4, 1))


def test_loss_terms_and_weights_must_agree():
    from seqdisent import LossTerms

    with pytest.raises(ValueError, match="differ"):
        LossTerms({"a": torch.zeros(1)}, {"b": 1.0})
    terms = LossTerms({"a": torch.tensor([1.0, 3.0]), "b": torch.ones(2)}, {"a": 2.0, "b": 0.5})
    assert terms.per_sequence.tolist() == [2.5, 6.5] and terms.total == 4.5
