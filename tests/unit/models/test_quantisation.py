"""Quantised codes: what is kept, what vanishes, which codes are left as they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.models import quantisation
from seqdisent.models.pruning import prune_codes
from seqdisent.models.quantisation import TooManyEntries, fit_quantiser, quantise_codes
from seqdisent.nn import ProductQuantiser, SubspaceProjection
from seqdisent.nn.subspace import SubspaceProjection as Subspace
from tests.fixtures.video_models import build

DATA = seqdisent.load_dataset("sprites", "train").select(np.arange(0, 8100, 60))
FLOOR = 100.0  # squared error of a perfect code


def whole_space(size: int) -> Subspace:
    """A projection that keeps every direction."""
    return SubspaceProjection(size, size)


def fit(training: np.ndarray, validation: np.ndarray) -> ProductQuantiser:
    """A quantiser for a decoder whose error is the squared distance of the code."""

    def decoded_error(codes: np.ndarray) -> float:
        return FLOOR + float(np.square(codes - validation).sum(1).mean())

    return fit_quantiser(training, validation, whole_space(training.shape[1]), decoded_error)


class Planted:
    """Codes of two independent properties of 3 and 5 values, turned, and a small residual of other information."""

    def __init__(self, n: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.properties = np.stack([rng.integers(3, size=n), rng.integers(5, size=n)], 1)
        residual = 0.3 * rng.normal(size=(n, 6))
        shapes = np.random.default_rng(7)
        first = 20 * np.eye(3)[:, :2]
        second = 15 * np.eye(5)[:, :4]
        turn = np.linalg.qr(shapes.normal(size=(6, 6)))[0]
        values = np.concatenate([first[self.properties[:, 0]], second[self.properties[:, 1]]], 1)
        self.codes = (values + residual) @ turn


def published(quantiser: ProductQuantiser, codes: np.ndarray) -> torch.Tensor:
    return quantiser.values(quantiser.indices(torch.from_numpy(codes).float()))


def test_a_residual_inside_clusters_vanishes_and_the_clusters_stay():
    training, validation, test = Planted(1000), Planted(300, 1), Planted(500, 2)
    quantiser = fit(training.codes, validation.codes)
    assert quantiser.bits() == pytest.approx(np.log2(15), abs=0.02)
    found = published(quantiser, test.codes)
    assert np.square(found.numpy() - test.codes).sum(1).mean() < 1.0
    # Codes with the same properties are the same, bit for bit, whatever the residual says.
    cluster = test.properties[:, 0] * 5 + test.properties[:, 1]
    for value in range(15):
        members = found[torch.from_numpy(cluster == value)]
        assert torch.equal(members, members[:1].expand_as(members))
    assert len(found.unique(dim=0)) == 15


def test_a_combination_that_training_never_had_is_encoded():
    """Three properties, any two seen together: a new character is a new combination of known parts."""
    rng = np.random.default_rng(0)
    sizes = (3, 4, 3)
    properties = np.stack([rng.integers(size, size=3000) for size in sizes], 1)
    values = [
        18 * np.eye(size)[column, :-1] for size, column in zip(sizes, properties.T, strict=True)
    ]
    turn = np.linalg.qr(np.random.default_rng(7).normal(size=(7, 7)))[0]
    codes = (np.concatenate(values, 1) + 0.3 * rng.normal(size=(3000, 7))) @ turn
    is_new = (properties == (2, 1, 0)).all(1)
    known = codes[~is_new]
    quantiser = fit(known[:2400], known[2400:])
    found = published(quantiser, codes[is_new]).numpy()
    assert np.square(found - codes[is_new]).sum(1).mean() < 2.0


def test_properties_that_depend_on_each_other_share_a_codebook():
    rng = np.random.default_rng(0)
    values = 20 * np.eye(5)
    codes = values[rng.integers(5, size=900)] + rng.normal(size=(900, 5))
    quantiser = fit(codes[:600], codes[600:])
    assert max(quantiser.entries) == 5
    assert quantiser.bits() == pytest.approx(np.log2(5), abs=0.02)


def test_a_continuous_code_is_refused():
    rng = np.random.default_rng(0)
    codes = 4000 * rng.uniform(-1, 1, size=(900, 2))
    with pytest.raises(TooManyEntries):
        fit(codes[:600], codes[600:])


@pytest.fixture(scope="module")
def pruned():
    return prune_codes(build("vast-recipe"), DATA)[0].eval()


def test_a_quantised_model_is_saved_loaded_sampled_and_extended(pruned, tmp_path):
    quantised, found = quantise_codes(pruned, DATA, DATA, sequences=100, measured=20)
    assert found["static"].codebooks and found["dynamic"].codebooks
    assert max(code.error_rise for code in found.values()) <= quantisation.TOLERANCE
    folder = seqdisent.save_checkpoint(tmp_path / "q", quantised, kind="vast", recipe={})
    loaded, _ = seqdisent.load_checkpoint(folder)
    assert loaded.config == quantised.config
    x = DATA[:6].x
    with torch.inference_mode():
        codes = loaded.encode(x, sample=False).latents
        same = quantised.encode(x, sample=False).latents
        assert torch.equal(codes.static, same.static) and torch.equal(codes.dynamic, same.dynamic)
        sampled = loaded.sample(3, 20, generator=torch.Generator().manual_seed(0))
        again = loaded.sample(3, 20, generator=torch.Generator().manual_seed(0))
        assert sampled.dynamic.shape == (3, 20, 3)
        assert torch.equal(sampled.static, again.static)
        assert loaded.sample(2, 5).dynamic.shape == (2, 5, 3)
        likely = loaded.sample(4, temperature=0)
        assert (likely.static == likely.static[:1]).all()
        assert loaded.extend(codes, 4).dynamic.shape == (6, 12, 3)
        kept = loaded.sample(6, static=codes.static)
        assert torch.equal(kept.static, codes.static)


def test_samples_are_codes_as_frequent_as_in_training():
    quantiser = ProductQuantiser(2, ((1, 3), (1, 2)))
    quantiser.probabilities.copy_(torch.tensor([0.5, 0.5, 0.0, 0.25, 0.75]))
    quantiser.table[:, 0] = torch.arange(11)
    generator = torch.Generator().manual_seed(0)
    samples = quantiser.sample(4000, 1.0, generator)
    known = quantiser.values(torch.cartesian_prod(torch.arange(2), torch.arange(2)))
    shares = [(samples == value).all(1).float().mean().item() for value in known]
    assert shares == pytest.approx([0.125, 0.375, 0.125, 0.375], abs=0.03)
    assert torch.equal(quantiser.sample(2, 0.0, generator), known[[1, 1]])


def test_what_cannot_be_quantised_is_an_error(pruned):
    with pytest.raises(ValueError, match="a part of VAST; this model is 'dbse'"):
        quantise_codes(build("dbse"), DATA, DATA)
    with pytest.raises(ValueError, match="must be pruned first"):
        quantise_codes(build("vast"), DATA, DATA)
    with pytest.raises(ValueError, match="tolerance must be positive"):
        quantise_codes(pruned, DATA, DATA, tolerance=0)
    with pytest.raises(ValueError, match="need components and entries"):
        ProductQuantiser(4, ())
