"""Configs of schema 1 get the defaults of their time; what no longer exists is refused by name."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from seqdisent import DatasetSpec, checkpoint_schema, load_checkpoint
from seqdisent.checkpoint import JUDGE, checkpoints_root
from seqdisent.checkpoint_schema import CONFIG_DEFAULTS_1, SchemaError, upgrade
from seqdisent.models import config_from_json

DATA = Path(__file__).parent / "data"
# What was saved before anything was added to the configs.
OLDEST = {
    "schema": 1,
    "package": "0.1.0",
    "model": "dbse",
    "config": {
        "static_size": 128,
        "dynamic_size": 16,
        "frame": {"kind": "modulated", "width": 48},
    },
    "dataset": {
        "name": "clips",
        "title": "Clips",
        "modality": "video",
        "event_shape": [3, 64, 64],
        "frames": 8,
        "rate_hz": 8.0,
        "value_range": [0.0, 1.0],
        "factors": [{"name": "hair", "kind": "static", "classes": ["red", "blue"]}],
        "source": {"url": "", "licence": "MIT", "credit": "nobody"},
        "splits": [["train", 10]],
    },
    "normaliser": {"kind": "fixed", "scale": 1 / 255, "offset": 0.0},
    "recipe": {},
}


def test_missing_keys_of_schema_1_get_the_defaults_of_that_time():
    before = copy.deepcopy(OLDEST)
    config = upgrade(OLDEST)
    assert before == OLDEST, "the argument was changed"
    assert config["schema"] == checkpoint_schema.SCHEMA_VERSION
    assert config["config"]["static_size"] == 128 and config["config"]["dynamic_size"] == 16
    assert config["config"]["transition"] == "stochastic"
    assert config["config"]["anchor_rule"] == "fixed" and config["config"]["anchor_span"] == 1
    assert config["config"]["frame"] == {"kind": "modulated", "width": 48, "features": 256}
    assert config["dataset"]["likelihood"] == "gaussian" and config["dataset"]["variables"] == []
    assert config["dataset"]["factors"][0]["unit"] == ""
    assert config["dataset"]["source"]["download_bytes"] == 0
    assert upgrade(config) == config


def test_the_tables_are_of_their_time(monkeypatch):
    """The frozen tables are no view of the present dataclasses: these values must never change."""
    assert CONFIG_DEFAULTS_1["dbse"]["sigma"] == 0.0913
    assert CONFIG_DEFAULTS_1["frame-vae"]["transition"] == "independent"
    assert CONFIG_DEFAULTS_1["judge"]["frame"]["width"] == 32


def test_options_that_are_gone_are_refused_unless_they_had_no_effect(monkeypatch):
    monkeypatch.setattr(checkpoint_schema, "REMOVED_1", {"gone": 0.0})
    monkeypatch.setattr(checkpoint_schema, "RENAMED_1", {"old": "new"})
    monkeypatch.setattr(checkpoint_schema, "UNSUPPORTED_VALUES_1", {"rule": ("worst",)})

    def with_settings(**settings):
        config = copy.deepcopy(OLDEST)
        config["config"] |= settings
        return upgrade(config)["config"]

    kept = with_settings(gone=0.0, old=3, rule="best")
    assert "gone" not in kept and "old" not in kept and kept["new"] == 3
    with pytest.raises(SchemaError, match="gone = 1.0"):
        with_settings(gone=1.0)
    with pytest.raises(SchemaError, match="rule = 'worst'"):
        with_settings(rule="worst")


@pytest.mark.parametrize("key", ["model", "config", "dataset", "normaliser", "recipe", "schema"])
def test_a_missing_section_is_named(key):
    config = {name: value for name, value in OLDEST.items() if name != key}
    with pytest.raises(SchemaError, match=f"'{key}'"):
        upgrade(config)


@pytest.mark.parametrize("schema", [0, 3, "2", 1.5])
def test_an_unknown_schema_is_refused(schema):
    with pytest.raises(SchemaError, match="this package reads 1 to 2"):
        upgrade({**OLDEST, "schema": schema})


@pytest.mark.parametrize("name", ["dbse-sprites", "dsvae-fsdd"])
def test_a_stored_config_of_schema_1_equals_the_converted_one(name):
    """The shipped config was saved in schema 1, without some keys, and is now stored in schema 2."""
    former = json.loads((DATA / f"{name}_schema_1.json").read_text(encoding="utf-8"))
    shipped = json.loads((checkpoints_root() / name / "config.json").read_text(encoding="utf-8"))
    assert former["schema"] == 1 and shipped["schema"] == checkpoint_schema.SCHEMA_VERSION
    assert upgrade(former) == upgrade(shipped) == shipped


def test_a_checkpoint_of_schema_1_encodes_as_its_converted_copy(tmp_path):
    folder = tmp_path / "former"
    shutil.copytree(checkpoints_root() / "dsvae-fsdd", folder)
    shutil.copy(DATA / "dsvae-fsdd_schema_1.json", folder / "config.json")
    former, spec = load_checkpoint(folder)
    shipped, shipped_spec = load_checkpoint("dsvae-fsdd")
    assert spec == shipped_spec and former.config == shipped.config
    x = torch.randn(2, spec.frames, *spec.event_shape, generator=torch.Generator().manual_seed(0))
    one, other = (model.encode(x, sample=False).latents for model in (former, shipped))
    assert torch.equal(one.static, other.static) and torch.equal(one.dynamic, other.dynamic)


def test_every_shipped_config_is_complete():
    """Nothing that is shipped depends on a default."""
    for path in sorted(checkpoints_root().glob("*/config.json")):
        stored = json.loads(path.read_text(encoding="utf-8"))
        assert stored["schema"] == checkpoint_schema.SCHEMA_VERSION, path
        assert DatasetSpec.from_json(stored["dataset"]).to_json().keys() == stored["dataset"].keys()
        if stored["model"] != JUDGE:
            assert asdict(config_from_json(stored["model"], stored["config"])) == stored["config"]
