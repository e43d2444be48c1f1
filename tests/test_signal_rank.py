"""Cutting a static code down to its signal: what is kept, what goes, and what does not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import VARIANTS, build

import seqdisent
from seqdisent.signal_rank import cut_static_code, signal_directions

DATA = seqdisent.load_dataset("sprites", "train").select(np.arange(0, 8100, 60))


@pytest.fixture(params=["dsvae-full", "dbse", "dbse-recipe"])
def variant(request) -> str:
    return request.param


def test_every_direction_kept_changes_nothing(variant):
    model = build(variant)
    directions = signal_directions(model, DATA)
    whole = cut_static_code(model, directions, snr=-1.0)
    assert whole.config.static_rank == model.config.static_size
    with torch.inference_mode():
        before, after = (m.encode(DATA[:9].x, sample=False).latents for m in (model, whole))
    assert torch.allclose(before.static, after.static, atol=1e-4)
    assert torch.allclose(before.dynamic, after.dynamic, atol=1e-4)


def test_means_are_left_in_the_kept_directions_only(variant):
    model = build(variant)
    directions = signal_directions(model, DATA)
    threshold = float(directions.snr[1:3].mean())  # two of six are above it
    cut = cut_static_code(model, directions, threshold)
    assert cut.config.static_rank == 2
    with torch.inference_mode():
        codes = cut.encode(DATA[:60].x, sample=False)
    centred = (codes.static.mean - codes.static.mean.mean(0)).double()
    values = torch.linalg.svdvals(centred)
    assert values[2] < 1e-4 * values[0]
    assert (codes.static.log_std == codes.static.log_std[0]).all()  # a width that varies would tell of x
    again = signal_directions(cut, DATA)
    assert torch.allclose(again.snr[:2], directions.snr[:2], rtol=0.02) and (again.snr[2:] < 1e-6).all()


def test_the_ratio_is_that_of_signal_to_noise():
    """A model whose posterior is known: means of variance 4 and 0.01 in units of the noise."""
    model = build("dbse")
    rng = torch.Generator().manual_seed(0)
    spread = torch.tensor([2.0, 0.1, 1e-3, 1e-3, 1e-3, 1e-3])
    noise = torch.tensor([0.5, 2.0, 1.0, 1.0, 1.0, 1.0])

    class Known:
        config, name, spec = model.config, model.name, model.spec

        def encode(self, x, mask, sample):
            encoding = model.encode(x, mask, sample=False)
            drawn = torch.randn(len(x), 6, generator=rng) * spread * noise
            return replace(encoding, static=seqdisent.DiagonalGaussian(drawn, noise.log().expand(len(x), 6)))

    data = DATA.select(np.arange(len(DATA)).repeat(8))
    directions = signal_directions(Known(), data)
    assert directions.snr[0] == pytest.approx(4.0, rel=0.2) and directions.snr[1] == pytest.approx(0.01, rel=0.2)


def test_a_cut_model_is_saved_loaded_swapped_and_sampled(tmp_path):
    model = build("dbse")
    directions = signal_directions(model, DATA)
    cut = cut_static_code(model, directions, float(directions.snr[2]))
    folder = seqdisent.save_checkpoint(tmp_path / "cut", cut, kind="dbse", recipe={})
    loaded, _ = seqdisent.load_checkpoint(folder)
    x = DATA[:2].x
    with torch.inference_mode():
        before, after = (m.eval().encode(x, sample=False).latents for m in (cut, loaded))
        assert torch.equal(before.static, after.static)
        swapped = loaded.decode(loaded.swap(after[:1], after[1:])[0])
    assert swapped.shape == (1, *x.shape[1:]) and loaded.sample(3).static.shape == (3, 6)


def test_what_cannot_be_cut_says_why():
    model = build("dbse")
    directions = signal_directions(model, DATA)
    with pytest.raises(ValueError, match="no direction has a signal to noise ratio of 1e"):
        cut_static_code(model, directions, 1e9)
    cut = cut_static_code(model, directions, -1)
    with pytest.raises(ValueError, match="cut already"):
        cut_static_code(cut, directions, -1)
    assert VARIANTS["dbse"][1].static_rank == 0
