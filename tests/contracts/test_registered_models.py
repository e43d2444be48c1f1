"""The contract of every registered model on every registered data set; nothing registered escapes it."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch

import seqdisent
from seqdisent import Sequences
from seqdisent.data import DATASETS
from seqdisent.models import MODELS, config_from_json, model_class
from tests.fixtures import speech, timeseries, video_models
from tests.fixtures.registry import (
    PAIRS,
    kinds_of_data,
    small_config,
    small_model,
    spec_of,
    synthetic,
)

FRAMES = 6
DEEP_PAIRS = [(model, dataset) for model in MODELS for dataset in kinds_of_data()]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=DEEP_PAIRS, ids="-on-".join)
def case(request) -> tuple[seqdisent.SequentialVAE, Sequences]:
    """A small model, and sequences of different lengths of one of every kind of data."""
    model, dataset = request.param
    spec = spec_of(dataset)
    return small_model(model, spec), synthetic(spec, 4, FRAMES, ragged=True)


@pytest.mark.parametrize(("name", "dataset"), PAIRS, ids=lambda value: value)
@torch.no_grad()
def test_shapes(name: str, dataset: str) -> None:
    """Encode, decode, sample, extend, swap and loss at the full length of the data set."""
    spec = spec_of(dataset)
    model, batch = small_model(name, spec), synthetic(spec, 2, spec.frames)
    static_size, dynamic_size = model.config.static_size, model.config.dynamic_size
    encoding = model.encode(batch.x, batch.mask, generator=seeded())
    latents = encoding.latents
    assert latents.static.shape == encoding.static.mean.shape == (2, static_size)
    assert latents.dynamic.shape == (2, spec.frames, dynamic_size)
    assert encoding.dynamic.mean.shape == latents.dynamic.shape
    assert model.decode(latents).shape == batch.x.shape
    likelihood = model.likelihood(latents)
    assert likelihood.mean.shape == likelihood.log_std.expand_as(batch.x).shape
    assert model.presence(latents).shape == batch.x.shape

    drawn = model.sample(3, 5, generator=seeded())
    assert drawn.static.shape == (3, static_size) and drawn.dynamic.shape == (3, 5, dynamic_size)
    longer = model.extend(drawn, 2, generator=seeded())
    assert torch.equal(longer.static, drawn.static)
    assert torch.equal(longer.dynamic[:, :5], drawn.dynamic)
    decoded = model.decode(longer)
    assert decoded.shape == (3, 7, *spec.event_shape) and decoded.isfinite().all()

    first, second = model.swap(latents[:1], latents[1:])
    assert torch.equal(first.static, latents.static[1:])
    assert torch.equal(first.dynamic, latents.dynamic[:1])
    assert torch.equal(second.static, latents.static[:1])
    assert torch.equal(second.dynamic, latents.dynamic[1:])

    terms = model.loss(batch, seeded())
    assert {"reconstruction", "static_kl", "dynamic_kl"} <= set(terms.terms)
    assert all(term.shape == (2,) for term in terms.terms.values())
    assert terms.total.isfinite()


def test_every_registered_model_is_tested() -> None:
    """Models have tables of settings for each kind of data; a new model must be put into one of them."""
    tables = (video_models.VARIANTS, speech.VARIANTS, timeseries.VARIANTS)
    tabulated = {model for table in tables for model, _ in table.values()}
    missing = set(MODELS) - tabulated
    assert not missing, f"no settings of {sorted(missing)} in tests/fixtures"


def test_every_kind_of_data_is_tested() -> None:
    modalities = {spec_of(dataset).modality for dataset in DATASETS}
    assert {spec_of(dataset).modality for dataset in kinds_of_data()} == modalities


@pytest.mark.parametrize("name", MODELS)
def test_the_name_of_a_model_is_that_of_its_registration(name: str) -> None:
    assert model_class(name).name == name


def test_gradients_reach_every_trainable_weight(case) -> None:
    model, batch = case
    model.train().loss(batch, seeded()).total.backward()
    for name, weight in model.named_parameters():
        if weight.requires_grad and name != "log_sigma":
            assert weight.grad is not None and weight.grad.isfinite().all(), name


@torch.no_grad()
def test_padding_changes_neither_codes_nor_loss(case) -> None:
    model, batch = case
    fillers = [0.0, 0.7]
    if model.spec.likelihood == "scaled":
        fillers.append(torch.nan)
    there = batch.mask.view(*batch.mask.shape, *(1 for _ in model.spec.event_shape))
    codes, losses = [], []
    for filler in fillers:
        x = torch.where(there, batch.x, torch.tensor(filler))
        codes.append(model.encode(x, batch.mask, sample=False).latents)
        losses.append(model.loss(Sequences(x, batch.mask), seeded()).per_sequence)
    for other, loss in zip(codes[1:], losses[1:], strict=True):
        torch.testing.assert_close(loss, losses[0], rtol=1e-5, atol=1e-3)
        torch.testing.assert_close(other.static, codes[0].static)
        torch.testing.assert_close(other.dynamic[batch.mask], codes[0].dynamic[batch.mask])


@torch.no_grad()
def test_the_same_generator_gives_the_same_result(case) -> None:
    model, batch = case

    def results(seed: int) -> list[torch.Tensor]:
        encoded = model.encode(batch.x, batch.mask, generator=seeded(seed)).latents
        drawn = model.sample(2, FRAMES, generator=seeded(seed))
        loss = model.loss(batch, seeded(seed)).per_sequence
        return [encoded.static, encoded.dynamic, drawn.static, drawn.dynamic, loss]

    first, again, other = results(1), results(1), results(2)
    for one, same in zip(first, again, strict=True):
        assert torch.equal(one, same)
    assert not torch.equal(first[1], other[1]) and not torch.equal(first[3], other[3])
    mean = model.encode(batch.x, batch.mask, sample=False)
    assert torch.equal(mean.latents.static, mean.static.mean)
    assert torch.equal(mean.latents.dynamic, mean.dynamic.mean)


@torch.inference_mode()
def test_a_saved_and_loaded_model_encodes_the_same_bits(case, tmp_path) -> None:
    model, batch = case
    model.requires_grad_(
        False
    )  # as of a loaded one: torch may choose other kernels for weights in training
    folder = seqdisent.save_checkpoint(tmp_path / "saved", model, kind=model.name, recipe={})
    loaded, spec = seqdisent.load_checkpoint(folder)
    assert spec == model.spec and loaded.config == model.config
    one = model.encode(batch.x, batch.mask, sample=False).latents
    other = loaded.encode(batch.x, batch.mask, sample=False).latents
    assert torch.equal(one.static, other.static) and torch.equal(one.dynamic, other.dynamic)
    assert torch.equal(model.decode(one), loaded.decode(other))


def test_mixed_precision_keeps_the_terms_in_float32(case) -> None:
    model, batch = case
    with torch.autocast("cpu", torch.bfloat16):
        terms = model.train().loss(batch, seeded())
    assert {term.dtype for term in terms.terms.values()} == {torch.float32}
    assert all(term.isfinite().all() for term in terms.terms.values())
    terms.total.backward()
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    assert gradients and all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", MODELS)
def test_a_config_survives_json(name: str) -> None:
    config = small_config(name, spec_of("sprites"))
    assert config_from_json(name, asdict(config)) == config
    with pytest.raises(ValueError, match=f"unknown settings for {name}.*beta"):
        config_from_json(name, {"beta": 1})


def test_a_wrong_shape_is_named(case) -> None:
    model, batch = case
    with pytest.raises(ValueError, match="expects"):
        model.encode(batch.x[..., :-1])
