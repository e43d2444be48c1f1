"""Versions of ``config.json``: what each holds, and how an older one becomes the present one.

Schema 3 has the options of our own method in a model of its own, ``vast``; in schema 2 they were options of ``dbse``,
and some of every model. Since schema 2 every key is written. Schema 1 left out the keys that were added after a
checkpoint was saved; they are filled here with the values that had their effect at that time. The tables of older
schemas are frozen: they describe files that exist, not the present dataclasses. Whoever adds, renames or removes a key
of a config raises :data:`SCHEMA_VERSION` and adds one step to :data:`STEPS`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from seqdisent.errors import SeqdisentError

SCHEMA_VERSION = 3
SECTIONS = ("model", "config", "dataset", "normaliser", "recipe")


class SchemaError(SeqdisentError, ValueError):
    """A ``config.json`` cannot be read; the message says which key is wrong, but names no file."""


# -- Schema 1, frozen ------------------------------------------------------------------------------

_VAE_1: dict[str, Any] = {
    "static_size": 128,
    "dynamic_size": 32,
    "hidden": 128,
    "transition": "stochastic",
    "sigma": 0.0913,
    "static_weight": 1.0,
    "dynamic_weight": 1.0,
    "presence_weight": 0.0,
    "swap_weight": 0.0,
    "static_rank": 0,
    "dynamic_rank": 0,
    "perturb": "none",
    "frame": {"kind": "space-to-depth", "width": 48, "features": 256},
}
CONFIG_DEFAULTS_1: dict[str, dict[str, Any]] = {
    "dsvae": {**_VAE_1, "q": "full"},
    "dbse": {
        **_VAE_1,
        "anchor": 0,
        "anchor_rule": "fixed",
        "anchor_span": 1,
        "random_anchor": False,
        "agreement_weight": 0.0,
        "anchor_weight": 0.2,
        "static_path": "shared",
        "released": False,
    },
    "frame-vae": {**_VAE_1, "static_size": 0, "transition": "independent"},
    "judge": {
        "hidden": 64,
        "frame": {"kind": "space-to-depth", "width": 32, "features": 128},
    },
}
DATASET_DEFAULTS_1: dict[str, Any] = {
    "likelihood": "gaussian",
    "identity": [],
    "judge": "",
    "bandwidth_hz": None,
    "variables": [],
}
FACTOR_DEFAULTS_1: dict[str, Any] = {"classes": [], "unit": ""}
VARIABLE_DEFAULTS_1: dict[str, Any] = {"unit": "", "mean": 0.0, "std": 1.0, "log": False}
SOURCE_DEFAULTS_1: dict[str, Any] = {"download_bytes": 0}

# Modalities under their present names.
MODALITIES_1: dict[str, str] = {"audio": "speech", "series": "timeseries"}

# What changed from schema 1 to 2 in the section "config", for every model.
RENAMED_1: dict[str, str] = {"perturb": "augmentation"}  # old key -> new key
# Old key -> the value without effect. A checkpoint with another value needs code that is gone.
REMOVED_1: dict[str, Any] = {"swap_weight": 0.0, "released": False}
# Key -> values that are no longer supported.
UNSUPPORTED_VALUES_1: dict[str, tuple[Any, ...]] = {
    "anchor_rule": ("largest",),
    "perturb": ("colours", "shift"),
}


# -- Schema 2, frozen ------------------------------------------------------------------------------

# Settings that every model had, and the values without effect: those of the papers' methods.
SHARED_ADDITIONS_2: dict[str, Any] = {
    "presence_weight": 0.0,
    "static_rank": 0,
    "dynamic_rank": 0,
    "augmentation": "none",
}
# Settings of DBSE beyond the paper, and the values with which it is the paper's.
DBSE_ADDITIONS_2: dict[str, Any] = {
    **SHARED_ADDITIONS_2,
    "anchor_rule": "fixed",
    "anchor_span": 1,
    "random_anchor": False,
    "agreement_weight": 0.0,
    "static_path": "shared",
}
MODULATED_2 = "modulated"  # of "config.frame.kind", a decoder that no paper has


def upgrade(config: dict[str, Any]) -> dict[str, Any]:
    """A ``config.json`` of any known schema in the present one; the argument is left as it is.

    Raises:
        SchemaError: if a section is missing, the schema is unknown, or the checkpoint needs an option that was removed.
    """
    if not isinstance(config, dict):
        raise SchemaError("it holds no object of settings")
    schema = config.get("schema")
    if schema is None:
        raise SchemaError("the key 'schema' is missing")
    if not isinstance(schema, int) or not 1 <= schema <= SCHEMA_VERSION:
        raise SchemaError(
            f"it has schema {schema}, this package reads 1 to {SCHEMA_VERSION}; install a version of seqdisent that "
            "reads it, or train the model again"
        )
    upgraded = copy.deepcopy(config)
    for section in SECTIONS:
        if section not in upgraded:
            raise SchemaError(f"the key {section!r} is missing")
    for step in STEPS[schema - 1 :]:
        upgraded = step(upgraded)
    return upgraded


def _from_1_to_2(config: dict[str, Any]) -> dict[str, Any]:
    settings = _object(config["config"], "config")
    defaults = CONFIG_DEFAULTS_1.get(config["model"], {})
    settings = {**defaults, **settings}
    dataset = _dataset_from_1(_object(config["dataset"], "dataset"))
    if "frame" in defaults:
        settings["frame"] = {**defaults["frame"], **_object(settings["frame"], "config.frame")}
    return {
        **config,
        "schema": 2,
        "config": _without_removed(settings),
        "dataset": dataset,
        "normaliser": normaliser_of(dataset),
        "recipe": _recipe_from_1(_object(config["recipe"], "recipe")),
    }


def _without_removed(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of schema 1 under their present names.

    Raises:
        SchemaError: if an option is set that no longer exists.
    """
    kept = {}
    for key, value in settings.items():
        if key in REMOVED_1:
            if value != REMOVED_1[key]:
                raise SchemaError(f"it was trained with {key} = {value!r}, an option that is gone")
            continue
        if value in UNSUPPORTED_VALUES_1.get(key, ()):
            raise SchemaError(f"it was trained with {key} = {value!r}, an option that is gone")
        kept[RENAMED_1.get(key, key)] = value
    return kept


def _dataset_from_1(dataset: dict[str, Any]) -> dict[str, Any]:
    for key in ("modality", "factors", "source"):
        if key not in dataset:
            raise SchemaError(f"the key 'dataset.{key}' is missing")
    complete = _completed(dataset, DATASET_DEFAULTS_1, "dataset")
    modality = complete["modality"]
    complete["modality"] = MODALITIES_1.get(modality, modality)
    complete["factors"] = [
        _completed(factor, FACTOR_DEFAULTS_1, "dataset.factors") for factor in complete["factors"]
    ]
    complete["source"] = _completed(complete["source"], SOURCE_DEFAULTS_1, "dataset.source")
    complete["variables"] = [
        _completed(variable, VARIABLE_DEFAULTS_1, "dataset.variables")
        for variable in complete["variables"]
    ]
    return complete


def _completed(given: Any, defaults: dict[str, Any], key: str) -> dict[str, Any]:
    """What was given, followed by the defaults of what was not."""
    completed = dict(_object(given, key))
    for name, value in defaults.items():
        completed.setdefault(name, value)
    return completed


def _recipe_from_1(recipe: dict[str, Any]) -> dict[str, Any]:
    return {("prune_tolerance" if key == "cut" else key): value for key, value in recipe.items()}


def normaliser_of(dataset: dict[str, Any]) -> dict[str, Any]:
    """How values became what the model sees, from the section ``"dataset"``.

    Schema 1 gave the scale of pixels for spectra, too.
    """
    if dataset["variables"]:
        # The mean and standard deviation of each, fitted on the training split, are part of the data set's declaration.
        return {"kind": "variables"}
    if list(dataset["value_range"]) == [0.0, 1.0]:
        return {"kind": "fixed", "scale": 1 / 255, "offset": 0.0}
    return {"kind": "none"}


def _object(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SchemaError(f"{key!r} is no object of settings")
    return value


def _from_2_to_3(config: dict[str, Any]) -> dict[str, Any]:
    """The additions of schema 2 become settings of the model ``vast``; a DBSE that had some becomes one."""
    model = config["model"]
    settings = _object(config["config"], "config")
    if model == "judge":
        return {**config, "schema": 3}
    additions = DBSE_ADDITIONS_2 if model == "dbse" else SHARED_ADDITIONS_2
    kind = _object(settings.get("frame", {}), "config.frame").get("kind")
    used = [name for name, value in additions.items() if settings.get(name, value) != value]
    if kind == MODULATED_2:
        used.append("frame.kind")
    if not used:
        plain = {name: value for name, value in settings.items() if name not in additions}
        return {**config, "schema": 3, "config": plain}
    if model != "dbse":
        raise SchemaError(
            f"it was trained with {', '.join(used)}, which {model!r} no longer has: only the model 'vast' does"
        )
    settings = {**additions, **settings}
    if not settings["random_anchor"]:
        settings["agreement_weight"] = 0.0  # it had no effect: both anchors were the same frame
    settings |= {"static_codebooks": [], "dynamic_codebooks": []}  # no code was quantised
    return {**config, "schema": 3, "model": "vast", "config": settings}


# Step n turns schema n + 1 into n + 2.
STEPS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (_from_1_to_2, _from_2_to_3)
