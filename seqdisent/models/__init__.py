"""Models, by name. The table is lazy: a model is imported when it is built."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import Any

from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import VAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.nn.images import frame_networks
from seqdisent.spec import DatasetSpec

# name -> (module, class, summary)
MODELS = {
    "dsvae": ("seqdisent.models.dsvae", "DSVAE", "Li & Mandt, ICML 2018: factorised or full q"),
    "dbse": ("seqdisent.models.dbse", "DBSE", "Berman et al., ICML 2024: one anchor, subtracted"),
    "frame-vae": (
        "seqdisent.models.frame_vae",
        "FrameVAE",
        "the baseline: every frame alone, no static code",
    ),
}


def model_class(name: str) -> type[SequentialVAE]:
    """The class of a model; ``ValueError`` names the models there are."""
    if name not in MODELS:
        raise UsageError(f"no model {name!r}; choose from {sorted(MODELS)}")
    module, attribute, _ = MODELS[name]
    return getattr(import_module(module), attribute)


def build_model(name: str, spec: DatasetSpec, config: VAEConfig | None = None) -> SequentialVAE:
    """A freshly initialised model with the frame networks that its config asks for."""
    cls = model_class(name)
    config = cls.Config() if config is None else config
    networks = frame_networks(spec, config.frame, config.static_size, config.dynamic_size)
    return cls(spec, config, networks)


def config_from_json(name: str, data: dict[str, Any]) -> VAEConfig:
    """The config of a model from plain types; an unknown key is an error, not a silence."""
    cls = model_class(name).Config
    unknown = set(data) - {f.name for f in fields(cls)}
    if unknown:
        raise UsageError(f"unknown settings for {name}: {sorted(unknown)}")
    return cls(**{**data, "frame": FrameConfig(**data.get("frame", {}))})


__all__ = ["MODELS", "SequentialVAE", "build_model", "config_from_json", "model_class"]
