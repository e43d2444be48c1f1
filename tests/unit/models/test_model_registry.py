"""Models by name: the built-in ones, and those of other packages."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

import seqdisent
from seqdisent.models import registry
from seqdisent.models.dbse import DBSE, DBSEConfig
from seqdisent.models.dsvae import DSVAE


class PackagedModel(DSVAE):
    """A model of another package."""

    name = "packaged"


@pytest.fixture
def models(monkeypatch) -> registry.ModelRegistry:
    """A registry as it is where a package is installed that adds models."""
    package = ModuleType("other_package")
    package.PackagedModel = PackagedModel
    package.not_a_model = dict
    monkeypatch.setitem(sys.modules, "other_package", package)
    locations = {
        "packaged": "other_package:PackagedModel",
        "wrong": "other_package:not_a_model",
        "dbse": "other_package:PackagedModel",
    }
    points = [
        EntryPoint(name, location, registry.ENTRY_POINT_GROUP)
        for name, location in locations.items()
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    models = registry.ModelRegistry()
    monkeypatch.setattr(registry, "MODELS", models)
    return models


def test_every_built_in_model_loads_and_has_its_own_name_and_config():
    for name in registry.BUILT_IN:
        model = registry.model_class(name)
        assert model.name == name and model.Config.__module__ == model.__module__


def test_a_package_adds_a_model_by_an_entry_point(models):
    assert set(models) == {*registry.BUILT_IN, "packaged", "wrong"}
    assert models["packaged"].summary == "from the package other_package"
    model = seqdisent.build_model("packaged", seqdisent.dataset_spec("sprites-32"))
    assert type(model) is PackagedModel


def test_a_package_does_not_replace_a_built_in_model(models):
    assert registry.model_class("dbse") is DBSE


def test_what_is_no_model_is_refused(models):
    with pytest.raises(TypeError, match="other_package:not_a_model is not a SequentialVAE"):
        registry.model_class("wrong")


def test_a_config_of_another_model_is_refused():
    with pytest.raises(ValueError, match="dsvae needs a DSVAEConfig, but was given a DBSEConfig"):
        seqdisent.build_model("dsvae", seqdisent.dataset_spec("sprites-32"), DBSEConfig())
