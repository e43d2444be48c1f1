"""From a name and a config to a model."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import VAEConfig
from seqdisent.models.registry import model_class
from seqdisent.nn import FrameConfig, frame_networks
from seqdisent.spec import DatasetSpec


def build_model(name: str, spec: DatasetSpec, config: VAEConfig | None = None) -> SequentialVAE:
    """A freshly initialised model with the frame networks that its config asks for.

    Args:
        name: in :data:`seqdisent.models.MODELS`.
        config: an instance of the model's ``Config``; its defaults if not given.

    Raises:
        ValueError: for an unknown name, a config of another model, or a setting that is not supported.
    """
    cls = model_class(name)
    if config is None:
        config = cls.Config()
    if not isinstance(config, cls.Config):
        raise UsageError(
            f"{name} needs a {cls.Config.__name__}, but was given a {type(config).__name__}"
        )
    networks = frame_networks(spec, config.frame, config.static_size, config.dynamic_size)
    return cls(spec, config, networks)


def config_from_json(name: str, data: dict[str, Any]) -> VAEConfig:
    """The config of a model from plain types.

    Args:
        name: in :data:`seqdisent.models.MODELS`.
        data: fields of the model's ``Config``; missing ones have their defaults.

    Raises:
        ValueError: for an unknown model or an unknown field.
    """
    config_class = model_class(name).Config
    unknown = set(data) - {field.name for field in fields(config_class)}
    if unknown:
        raise UsageError(f"unknown settings for {name}: {sorted(unknown)}")
    frame = FrameConfig(**data.get("frame", {}))
    return config_class(**{**data, "frame": frame})
