"""Networks between one step of a signal, ``[W, C]`` (frames by channels), and one feature vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqdisent.nn.config import FrameConfig
from seqdisent.nn.voice import VoiceDecoder


def step_encoder(event_shape: tuple[int, int], config: FrameConfig) -> nn.Module:
    """``[N, W, C] -> [N, G]``."""
    hidden = 8 * config.width
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(event_shape[0] * event_shape[1], hidden),
        nn.LeakyReLU(0.1),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.1),
        nn.Linear(hidden, config.features),
    )


class MissingValues(nn.Module):
    """Steps with missing values (NaN), ``[N, W, C] -> [N, W, 2C]``: 0 in their place, then which are there."""

    def forward(self, x: Tensor) -> Tensor:
        known = ~torch.isnan(x)
        return torch.cat([torch.where(known, x, 0.0), known.to(x)], -1)


class StepDecoder(nn.Module):
    """Both codes read alike."""

    def __init__(
        self, event_shape: tuple[int, int], config: FrameConfig, static_size: int, dynamic_size: int
    ) -> None:
        super().__init__()
        hidden = 8 * config.width
        self.layers = nn.Sequential(
            nn.Linear(static_size + dynamic_size, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, event_shape[0] * event_shape[1]),
            nn.Unflatten(-1, event_shape),
        )

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``[B, S]`` and ``[B, K, D] -> [B, K, W, C]``."""
        return self.layers(
            torch.cat([static[:, None].expand(-1, dynamic.shape[1], -1), dynamic], -1)
        )


class ModulatedStepDecoder(nn.Module):
    """The dynamic code makes the hidden units; the static code scales and shifts them, layer by layer.

    What :class:`seqdisent.nn.images._ModulatedDecoder` does for pictures (Perez et al. 2018), with one more term:
    the static code also adds its own average step, so that a voice's long-term spectrum need not pass through z.
    """

    def __init__(
        self, event_shape: tuple[int, int], config: FrameConfig, static_size: int, dynamic_size: int
    ) -> None:
        super().__init__()
        hidden = 8 * config.width
        size = event_shape[0] * event_shape[1]
        self.event_shape = event_shape
        self.style = nn.Sequential(nn.Linear(static_size, hidden), nn.LeakyReLU(0.1))
        self.layers = nn.ModuleList(
            nn.Linear(inputs, hidden) for inputs in (dynamic_size, hidden, hidden)
        )
        self.norms = nn.ModuleList(
            nn.LayerNorm(hidden, elementwise_affine=False) for _ in self.layers
        )
        self.scales = nn.ModuleList(nn.Linear(hidden, 2 * hidden) for _ in self.layers)
        self.last = nn.Linear(hidden, size)
        self.average = nn.Linear(hidden, size)

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``[B, S]`` and ``[B, K, D] -> [B, K, W, C]``: what s does to a layer is worked out once a sequence."""
        style, x = self.style(static)[:, None], dynamic
        for layer, norm, scales in zip(self.layers, self.norms, self.scales, strict=True):
            scale, shift = scales(style).chunk(2, dim=-1)
            x = nn.functional.leaky_relu(torch.addcmul(shift, norm(layer(x)), 1 + scale), 0.1)
        return (self.last(x) + self.average(style)).unflatten(-1, self.event_shape)


DECODERS = {"mlp": StepDecoder, "modulated": ModulatedStepDecoder, "voice": VoiceDecoder}
