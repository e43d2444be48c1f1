"""Configs of older schemas: defaults of their time, our additions as a model of their own, refusals by name."""

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
    assert config["model"] == "vast"  # for its decoder
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


@pytest.mark.parametrize("schema", [0, 4, "2", 1.5])
def test_an_unknown_schema_is_refused(schema):
    with pytest.raises(SchemaError, match="this package reads 1 to 3"):
        upgrade({**OLDEST, "schema": schema})


@pytest.mark.parametrize(
    ("former_name", "name"), [("dbse-sprites", "vast-sprites"), ("dsvae-fsdd", "dsvae-fsdd")]
)
def test_a_stored_config_of_schema_1_equals_the_converted_one(former_name, name):
    """The shipped config was saved in schema 1, without some keys, and is now stored in the present schema."""
    former = json.loads((DATA / f"{former_name}_schema_1.json").read_text(encoding="utf-8"))
    shipped = json.loads((checkpoints_root() / name / "config.json").read_text(encoding="utf-8"))
    assert former["schema"] == 1 and shipped["schema"] == checkpoint_schema.SCHEMA_VERSION
    upgraded = upgrade(former)
    assert upgrade(shipped) == shipped
    for codebooks in ("static_codebooks", "dynamic_codebooks"):
        shipped["config"].pop(codebooks, None)  # it has been quantised since
        upgraded["config"].pop(codebooks, None)
    for section in ("model", "config", "dataset", "normaliser"):
        assert upgraded[section] == shipped[section]


def plain(settings):
    """Settings as they are stored: lists for tuples."""
    return json.loads(json.dumps(asdict(settings)))


def of_schema_2(model, **settings):
    """A config of schema 2, which had every key."""
    former = CONFIG_DEFAULTS_1[model]
    every = {name: former[name] for name in former if name not in ("swap_weight", "released")}
    every["augmentation"] = every.pop("perturb")
    return {**OLDEST, "schema": 2, "model": model, "config": {**every, **settings}}


def test_the_published_dbse_of_schema_2_stays_one():
    config = upgrade(of_schema_2("dbse", anchor=3, static_weight=5.0))
    assert config["model"] == "dbse" and config["config"]["anchor"] == 3
    settings = config_from_json("dbse", config["config"])
    assert asdict(settings) == config["config"]


@pytest.mark.parametrize(
    "addition",
    [
        {"augmentation": "voice"},
        {"static_path": "pooled"},
        {"random_anchor": True},
        {"anchor_rule": "mean"},
        {"anchor_span": 3},
        {"presence_weight": 1.0},
        {"static_rank": 4},
        {"dynamic_rank": 4},
        {"frame": {"kind": "modulated", "width": 8, "features": 16}},
    ],
    ids=lambda addition: next(iter(addition)),
)
def test_a_dbse_with_an_addition_of_ours_becomes_a_vast(addition):
    config = upgrade(of_schema_2("dbse", **addition))
    assert config["model"] == "vast"
    settings = config_from_json("vast", config["config"])
    assert plain(settings) == config["config"]
    assert {name: config["config"][name] for name in addition} == addition


def test_other_models_with_an_addition_are_refused_by_name():
    plain = upgrade(of_schema_2("dsvae", q="factorised"))
    assert asdict(config_from_json("dsvae", plain["config"])) == plain["config"]
    with pytest.raises(SchemaError, match="trained with static_rank, which 'dsvae' no longer has"):
        upgrade(of_schema_2("dsvae", static_rank=2))


def test_a_dbse_of_schema_2_encodes_as_before(tmp_path):
    """The weights of the shipped models were trained as DBSE with additions, and keep their names."""
    folder = tmp_path / "former"
    shutil.copytree(checkpoints_root() / "vast-waves", folder)
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    former = {**stored, "schema": 2, "model": "dbse"}
    (folder / "config.json").write_text(json.dumps(former), encoding="utf-8")
    loaded, spec = load_checkpoint(folder)
    assert loaded.name == "vast" and loaded.config == load_checkpoint("vast-waves")[0].config


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
            assert plain(config_from_json(stored["model"], stored["config"])) == stored["config"]
