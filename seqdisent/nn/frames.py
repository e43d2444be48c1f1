"""The parts of a model that depend on the data set: chosen here, and given to models that do not know the choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from seqdisent.errors import UsageError
from seqdisent.nn.config import FrameConfig
from seqdisent.nn.decoder import FrameDecoder
from seqdisent.nn.images import PooledEncoder, image_networks
from seqdisent.nn.observation import Observation, observation_model
from seqdisent.nn.signals import step_decoder, step_encoder, step_encoder_with_missing_values
from seqdisent.spec import DatasetSpec

IMAGE_AXES = 3  # an event [C, H, W] is an image
SIGNAL_AXES = 2  # an event [W, C] is a step of a signal


@dataclass(frozen=True)
class FrameNetworks:
    """What a model is given for the frames of a data set.

    Args:
        encoder: ``[N, *event] -> [N, G]``.
        decoder: ``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, *parameters]``.
        observation: makes p(x | s, z) from the decoder's output.
        pooled_encoder: builds another encoder ``[N, *event] -> [N, G]``, for the static code alone; of images it
            pools local features.
    """

    encoder: nn.Module
    decoder: FrameDecoder
    observation: type[Observation]
    pooled_encoder: Callable[[], nn.Module]


def frame_networks(
    spec: DatasetSpec, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    """Freshly initialised networks for the events of ``spec`` and codes of size S and D.

    Raises:
        ValueError: if the event, the likelihood or ``config.kind`` is not supported.
    """
    axes = len(spec.event_shape)
    if axes == IMAGE_AXES:
        return _image_networks(spec, config, static_size, dynamic_size)
    if axes == SIGNAL_AXES:
        return _signal_networks(spec, config, static_size, dynamic_size)
    raise UsageError(f"no frame networks for events of shape {spec.event_shape}")


def frame_encoder(spec: DatasetSpec, config: FrameConfig) -> nn.Module:
    """An encoder ``[N, *event] -> [N, G]`` alone; of a signal any ``config.kind`` is accepted.

    Raises:
        ValueError: as :func:`frame_networks`.
    """
    if len(spec.event_shape) == SIGNAL_AXES:
        return _signal_encoder(spec, config)
    return frame_networks(spec, config, 1, 1).encoder


def _image_networks(
    spec: DatasetSpec, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    observation = observation_model(spec.likelihood)
    if observation.models_presence:
        raise UsageError(f"no image networks for the likelihood {spec.likelihood!r}")
    encoder, decoder = image_networks(spec.event_shape, config, static_size, dynamic_size)

    def pooled_encoder() -> nn.Module:
        return PooledEncoder(spec.event_shape[0], config.width, config.features)

    return FrameNetworks(encoder, decoder, observation, pooled_encoder)


def _signal_networks(
    spec: DatasetSpec, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    observation = observation_model(spec.likelihood)
    parameter_shape = observation.parameter_shape(spec.event_shape)
    # In this order: a seed then gives the initial weights that the shipped checkpoints started from.
    decoder = step_decoder(parameter_shape, config, static_size, dynamic_size)
    encoder = _signal_encoder(spec, config)

    def pooled_encoder() -> nn.Module:
        return _signal_encoder(spec, config)

    return FrameNetworks(encoder, decoder, observation, pooled_encoder)


def _signal_encoder(spec: DatasetSpec, config: FrameConfig) -> nn.Module:
    if observation_model(spec.likelihood).models_presence:
        return step_encoder_with_missing_values(spec.event_shape, config)
    return step_encoder(spec.event_shape, config)
