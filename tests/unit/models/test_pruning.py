"""Pruning codes to their signal: what is kept, what is removed, and what does not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.distributions import DiagonalGaussian
from seqdisent.models.pruning import Directions, _least_rank, _with_ranks, prune_codes
from seqdisent.nn import SubspaceProjection
from tests.fixtures.video_models import build

DATA = seqdisent.load_dataset("sprites", "train").select(np.arange(0, 8100, 60))


@pytest.fixture(params=["vast", "vast-mean-anchor", "vast-recipe"])
def variant(request) -> str:
    return request.param


def directions_of(model) -> dict[str, Directions]:
    return prune_codes(model, DATA)[1]


def test_every_direction_kept_changes_no_mean(variant):
    model = build(variant)
    sizes = {"static": model.config.static_size, "dynamic": 8 * model.config.dynamic_size}
    whole = _with_ranks(model, directions_of(model), sizes)
    with torch.inference_mode():
        before, after = (m.encode(DATA[:9].x, sample=False).latents for m in (model, whole))
    assert torch.allclose(before.static, after.static, atol=1e-4)
    assert torch.allclose(before.dynamic, after.dynamic, atol=1e-4)


def test_means_stay_in_the_kept_directions_and_widths_are_constant(variant):
    model = build(variant)
    pruned = _with_ranks(model, directions_of(model), {"static": 2, "dynamic": 3})
    with torch.inference_mode():
        encoding = pruned.encode(DATA[:60].x, sample=False)
    for posterior, rank in ((encoding.static, 2), (encoding.dynamic, 3)):
        mean = posterior.mean.flatten(1).double()
        values = torch.linalg.svdvals(mean - mean.mean(0))
        assert values[rank] < 1e-4 * values[0] <= values[0]
        assert (
            posterior.log_std == posterior.log_std[:1]
        ).all()  # a width that varies would carry information about x


def test_the_ratio_is_that_of_signal_to_noise():
    """Means of variance 4 and 0.01 in units of the noise, turned so that no axis shows it."""
    rng = torch.Generator().manual_seed(0)
    noise = torch.tensor([0.5, 2.0, 1.0])
    turn = torch.linalg.qr(torch.randn(3, 3, generator=rng)).Q
    scaled = torch.randn(20_000, 3, generator=rng) * torch.tensor([2.0, 0.1, 1e-3])
    found = Directions.of(scaled @ turn * noise, noise.expand(20_000, 3))
    assert found.snr[0] == pytest.approx(4.0, rel=0.05) and found.snr[1] == pytest.approx(
        0.01, rel=0.05
    )
    assert torch.allclose(found.down @ found.up, torch.eye(3), atol=1e-4) and torch.allclose(
        found.noise, noise
    )
    kept = found.project(scaled @ turn * noise, 1)
    assert torch.linalg.matrix_rank(kept - kept.mean(0), rtol=1e-3) == 1
    # What was pruned is all that was below the noise.
    assert (((kept - scaled @ turn * noise) / noise).square().sum(1).mean()) == pytest.approx(
        0.01, rel=0.1
    )


class Known:
    """A decoder whose error is the squared distance of three of six directions of the static code."""

    config = build("vast").config

    def __init__(self, codes: torch.Tensor, turn: torch.Tensor) -> None:
        self.codes, self.turn = codes, turn

    def decode(self, latents):
        wrong = ((latents.static - self.codes) @ self.turn)[:, :3].square().sum(1).sqrt()
        first = torch.zeros(8, 1, 1, 1).index_fill(0, torch.tensor([0]), 1.0)
        return wrong[:, None, None, None, None] * first * torch.ones(3, 64, 64)


def test_the_least_rank_that_keeps_the_error_is_found():
    rng = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=rng)).Q
    codes = (
        torch.randn(90, 6, generator=rng) * torch.tensor([9.0, 5.0, 3.0, 0.5, 0.4, 0.3]) @ turn.T
    )
    black = DATA.select(np.arange(90))
    black.frames[:] = 0
    directions = Directions.of(codes, torch.ones(90, 6))
    both = {"static": codes, "dynamic": torch.zeros(90, 24)}
    least = lambda limit: _least_rank(
        Known(codes, turn), black, np.arange(90), both, "static", directions, limit
    )
    needed = (
        3 * 64 * 64 * torch.tensor([25.0 + 9, 9, 0])
    )  # error a sequence with 1, 2 and 3 directions, about
    assert [least(float(limit)) for limit in (2 * needed[0], 2 * needed[1], 0.1 * needed[1])] == [
        1,
        2,
        3,
    ]
    assert least(-1.0) == 6  # what cannot be reached keeps everything


def test_a_pruned_model_is_saved_loaded_swapped_and_sampled(tmp_path):
    pruned = _with_ranks(model := build("vast"), directions_of(model), {"static": 3, "dynamic": 4})
    loaded, _ = seqdisent.load_checkpoint(
        seqdisent.save_checkpoint(tmp_path / "pruned", pruned, kind="vast", recipe={})
    )
    x = DATA[:2].x
    with torch.inference_mode():
        before, after = (m.eval().encode(x, sample=False).latents for m in (pruned, loaded))
        assert torch.equal(before.static, after.static) and torch.equal(
            before.dynamic, after.dynamic
        )
        swapped = loaded.decode(loaded.swap(after[:1], after[1:])[0])
        assert swapped.shape == (1, *x.shape[1:]) and loaded.sample(3, 20).dynamic.shape == (
            3,
            20,
            3,
        )
        with pytest.raises(ValueError, match="pruned for sequences of 8 frames, not 5"):
            loaded.encode(x[:, :5])


def test_what_cannot_be_pruned_is_an_error():
    model = build("vast")
    pruned, _ = prune_codes(model, DATA)
    with pytest.raises(ValueError, match="pruned already"):
        prune_codes(pruned, DATA)
    with pytest.raises(ValueError, match="tolerance must be positive"):
        prune_codes(model, DATA, tolerance=0)
    with pytest.raises(ValueError, match="a code of size 4 has no 5 directions"):
        SubspaceProjection(4, 5)


def test_a_projection_is_measured_and_never_trained():
    projection = SubspaceProjection(4, 2)
    assert not list(projection.parameters()) and len(projection.state_dict()) == 4
    posterior = DiagonalGaussian(
        torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.ones(5, 4)
    )
    projected = replace(projection(posterior))
    assert (
        torch.equal(projected.mean[:, :2], posterior.mean[:, :2])
        and (projected.mean[:, 2:] == 0).all()
    )
