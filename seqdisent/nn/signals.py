"""Networks between one step of a signal, ``[W, C]`` (frames by channels), and one feature vector."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqdisent.errors import UsageError
from seqdisent.nn.config import MODULATED, FrameConfig
from seqdisent.nn.decoder import FrameDecoder, join_codes


def step_encoder(event_shape: tuple[int, ...], config: FrameConfig) -> nn.Module:
    """``[N, W, C] -> [N, G]``, for signals without missing values."""
    return _layers(math.prod(event_shape), config)


def step_encoder_with_missing_values(
    event_shape: tuple[int, ...], config: FrameConfig
) -> nn.Module:
    """``[N, W, C] -> [N, G]``, where NaN is a missing value."""
    return nn.Sequential(MissingValues(), _layers(2 * math.prod(event_shape), config))


def _layers(inputs: int, config: FrameConfig) -> nn.Module:
    hidden = 8 * config.width
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(inputs, hidden),
        nn.LeakyReLU(0.1),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.1),
        nn.Linear(hidden, config.features),
    )


class MissingValues(nn.Module):
    """``[N, W, C] -> [N, W, 2C]``: missing values (NaN) replaced by 0, then an indicator of the present ones."""

    def forward(self, x: Tensor) -> Tensor:
        present = ~torch.isnan(x)
        return torch.cat([torch.where(present, x, 0.0), present.to(x)], -1)


class StepDecoder(FrameDecoder):
    """A multilayer perceptron over both codes."""

    def __init__(
        self,
        parameter_shape: tuple[int, ...],
        config: FrameConfig,
        static_size: int,
        dynamic_size: int,
    ) -> None:
        super().__init__()
        hidden = 8 * config.width
        self.layers = nn.Sequential(
            nn.Linear(static_size + dynamic_size, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, math.prod(parameter_shape)),
            nn.Unflatten(-1, parameter_shape),
        )

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, *parameters]``."""
        return self.layers(join_codes(static, dynamic))


class ModulatedStepDecoder(FrameDecoder):
    """The dynamic code gives the hidden units; the static code scales and shifts them, layer by layer.

    As :class:`seqdisent.nn.images.ModulatedDecoder` does for images (Perez et al. 2018), with one more term: the
    static code also adds an average step of its own, so that the long-term spectrum of a voice need not pass through
    the dynamic code.
    """

    def __init__(
        self,
        parameter_shape: tuple[int, ...],
        config: FrameConfig,
        static_size: int,
        dynamic_size: int,
    ) -> None:
        super().__init__()
        hidden = 8 * config.width
        self.parameter_shape = parameter_shape
        self.style = nn.Sequential(nn.Linear(static_size, hidden), nn.LeakyReLU(0.1))
        input_sizes = (dynamic_size, hidden, hidden)
        self.layers = nn.ModuleList(nn.Linear(inputs, hidden) for inputs in input_sizes)
        self.norms = nn.ModuleList(
            nn.LayerNorm(hidden, elementwise_affine=False) for _ in input_sizes
        )
        self.scales = nn.ModuleList(nn.Linear(hidden, 2 * hidden) for _ in input_sizes)
        self.last = nn.Linear(hidden, math.prod(parameter_shape))
        self.average = nn.Linear(hidden, math.prod(parameter_shape))

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, *parameters]``."""
        style = self.style(static)[:, None]  # one step that broadcasts: computed once a sequence
        x = dynamic
        for layer, norm, scales in zip(self.layers, self.norms, self.scales, strict=True):
            scale, shift = scales(style).chunk(2, dim=-1)
            modulated = torch.addcmul(shift, norm(layer(x)), 1 + scale)
            x = nn.functional.leaky_relu(modulated, 0.1)
        return (self.last(x) + self.average(style)).unflatten(-1, self.parameter_shape)


DecoderBuilder = Callable[[tuple[int, ...], FrameConfig, int, int], FrameDecoder]

# FrameConfig.kind -> function(parameter_shape, config, static_size, dynamic_size) -> decoder
DECODERS: dict[str, DecoderBuilder] = {
    "mlp": StepDecoder,
    MODULATED: ModulatedStepDecoder,
}


def step_decoder(
    parameter_shape: tuple[int, ...], config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameDecoder:
    """The decoder called ``config.kind``; ``ValueError`` names those there are."""
    if config.kind not in DECODERS:
        raise UsageError(
            f"no networks {config.kind!r} for steps of a signal; choose from {sorted(DECODERS)}"
        )
    return DECODERS[config.kind](parameter_shape, config, static_size, dynamic_size)
