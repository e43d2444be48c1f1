"""Checkpoint folders: bit-identical round trips, strict loading, clear refusals."""

from __future__ import annotations

import json
import re

import pytest
import torch

import seqdisent
from seqdisent.checkpoint import CheckpointError, checkpoint_hash, prepare
from seqdisent.errors import UsageError
from seqdisent.recipes import recipe
from seqdisent.weights import pack, round_to_bytes, round_to_half, unpack
from tests.fixtures.video_models import build


@pytest.fixture
def saved(tmp_path):
    model = build("dbse")
    return model, seqdisent.save_checkpoint(tmp_path / "m", model, kind="dbse", recipe={"seed": 0})


def test_save_load_encode_is_bit_identical(model, clips, tmp_path):
    seqdisent.save_checkpoint(tmp_path / "m", model, kind=model.name, recipe={})
    loaded, spec = seqdisent.load_checkpoint(tmp_path / "m")
    assert spec == model.spec and loaded.config == model.config and not loaded.training
    reference = prepare(
        model, "cpu"
    )  # frozen like the loaded one: autograd takes other LSTM kernels
    a, b = (m.encode(clips.x, sample=False).latents for m in (reference, loaded))
    assert torch.equal(a.static, b.static) and torch.equal(a.dynamic, b.dynamic)


def test_rounded_weights_take_half_the_room_and_still_round_trip(clips, tmp_path):
    model = build("dsvae-full")
    full = seqdisent.save_checkpoint(tmp_path / "full", model, kind="dsvae", recipe={})
    before = model.encode(clips.x, sample=False).latents
    round_to_half(model)
    half = seqdisent.save_checkpoint(tmp_path / "half", model, kind="dsvae", recipe={})
    size = lambda folder: (folder / "model.safetensors").stat().st_size
    assert size(half) < 0.6 * size(full)
    loaded, _ = seqdisent.load_checkpoint(half)
    assert all(
        torch.equal(a, b) for a, b in zip(loaded.parameters(), model.parameters(), strict=True)
    )
    assert next(loaded.parameters()).dtype == torch.float32
    after = loaded.encode(clips.x, sample=False).latents
    torch.testing.assert_close(after.static, before.static, rtol=1e-2, atol=1e-3)


def test_weights_of_8_bits_take_a_quarter_of_the_room_and_round_trip(tmp_path):
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.Conv2d(64, 64, 4))
    with torch.no_grad():
        layers[0].weight[3] *= 1e-6  # a row of its own size
        layers[0].weight[5] = 0
    exact = {name: value.clone() for name, value in layers.state_dict().items()}
    round_to_bytes(layers)
    packed = pack(layers.state_dict())
    size = sum(tensor.numel() * tensor.element_size() for tensor in packed.values())
    assert size < 0.26 * sum(4 * tensor.numel() for tensor in exact.values())
    restored = unpack(packed)
    assert set(restored) == set(exact)
    for name, value in layers.state_dict().items():
        assert torch.equal(restored[name].float(), value)
        largest = exact[name].flatten(1).abs().amax(1) if value.ndim > 1 else exact[name].abs()
        change = (value - exact[name]).abs().reshape(len(value), -1).amax(1)
        assert (change <= largest / 250 + 1e-12).all()


def test_a_weight_that_8_bits_do_not_hold_is_saved_as_it_is():
    weight = torch.randn(128, 128, generator=torch.Generator().manual_seed(0))
    packed = pack({"weight": weight})
    assert list(packed) == ["weight"] and torch.equal(packed["weight"], weight)


def test_a_checkpoint_is_found_by_name_and_listed(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDISENT_CHECKPOINTS", str(tmp_path))
    assert list(seqdisent.list_checkpoints()) == ["m"]
    assert seqdisent.load_checkpoint("m")[0].name == "dbse"
    with pytest.raises(CheckpointError, match=r"no checkpoint 'nope'.*\(m\)"):
        seqdisent.load_checkpoint("nope")


def test_a_renamed_checkpoint_says_its_present_name(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDISENT_CHECKPOINTS", str(tmp_path))
    vast = build("vast")
    seqdisent.save_checkpoint(tmp_path / "vast-clips", vast, kind="vast", recipe={})
    with pytest.raises(CheckpointError, match="no checkpoint 'dbse-clips': renamed to vast-clips"):
        seqdisent.load_checkpoint("dbse-clips")
    seqdisent.save_checkpoint(tmp_path / "dbse-clips", build("dbse"), kind="dbse", recipe={})
    assert seqdisent.load_checkpoint("dbse-clips")[0].name == "dbse"
    with pytest.raises(UsageError, match="no recipe 'dbse-voices'; renamed to vast-voices"):
        recipe("dbse-voices")


def test_saving_again_replaces_whole_and_leaves_no_scraps(saved, tmp_path):
    _, folder = saved
    before = checkpoint_hash(folder)
    other = build("dsvae-full")
    seqdisent.save_checkpoint(folder, other, kind="dsvae", recipe={})
    assert seqdisent.load_checkpoint(folder)[0].name == "dsvae"
    assert checkpoint_hash(folder) != before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m"]


def damage(**changes):
    def apply(folder):
        config = json.loads((folder / "config.json").read_text())
        for key, value in changes.items():
            config[key] = value
            if value is None:
                del config[key]
        (folder / "config.json").write_text(json.dumps(config))

    return apply


@pytest.mark.parametrize(
    "spoil, message",
    [
        (damage(schema=99), "has schema 99, this package reads 1 to 3"),
        (damage(schema=None), "config.json: the key 'schema' is missing"),
        (damage(dataset=None), "config.json: the key 'dataset' is missing"),
        (damage(model="gan"), "no model 'gan'"),
        (damage(config={"beta": 2}), "unknown settings for dbse"),
        (damage(model="judge"), "is a judge"),
        (lambda f: (f / "config.json").write_text("{"), "is damaged"),
        (lambda f: (f / "config.json").write_text("[]"), "no object of settings"),
        (lambda f: (f / "model.safetensors").write_bytes(b"pickle"), "cannot be loaded"),
        (lambda f: (f / "model.safetensors").unlink(), "cannot be loaded"),
        (damage(config={"static_size": 7}), "the key 'config.dynamic_size' is missing"),
    ],
)
def test_a_spoilt_folder_is_refused_with_the_reason(saved, spoil, message):
    _, folder = saved
    spoil(folder)
    with pytest.raises(CheckpointError, match=message):
        seqdisent.load_checkpoint(folder)


def test_a_damaged_folder_does_not_hide_the_sound_ones(saved, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("[1]")
    assert list(seqdisent.list_checkpoints(tmp_path)) == ["m"]


def test_shipped_checkpoints_load_and_are_small():
    """Every checkpoint in the repository: loads, has metrics and a card with its command."""
    from seqdisent.checkpoint import checkpoints_root

    for name in seqdisent.list_checkpoints():
        folder = checkpoints_root() / name
        model, spec = seqdisent.load_checkpoint(name)
        shipped = [
            p for p in folder.iterdir() if p.name != "report.html"
        ]  # evaluate writes it, nobody commits it
        assert sum(p.stat().st_size for p in shipped) < 10e6, name
        metrics = json.loads((folder / "metrics.json").read_text())
        assert metrics["weights_sha256_16"] == checkpoint_hash(folder), "metrics of other weights"
        assert re.search("`seqdisent (train|benchmark) .*`", (folder / "README.md").read_text())
        assert model.decode(model.sample(1)).shape == (1, spec.frames, *spec.event_shape)
