"""A decoder of speech: the dynamic code gives an average voice, the static code transforms it into a speaker's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqdisent.audio.vocoder import BANDS
from seqdisent.nn.config import FrameConfig
from seqdisent.nn.decoder import FrameDecoder

# Largest change by the static code, as natural logarithms: of the length of the vocal tract, and of a channel's scale.
WARP = 0.25
GAIN = 0.7


class VoiceDecoder(FrameDecoder):
    """WORLD steps from both codes; the static one is a transformation that is the same at every step.

    The dynamic code gives a step ``[2, 67]``. The static code stretches its envelope along the mel scale (the length
    of a vocal tract), then scales and shifts every channel: the spectrum of a voice and a microphone, the height and
    the range of its pitch, its breath. So the static code cannot add content that the dynamic code does not hold.
    AdaIN-VC converts voices by matching channel statistics (Chou et al., Interspeech 2019); here they are predicted
    from the static code.
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
        frames, channels = parameter_shape
        self.words = nn.Sequential(
            nn.Linear(dynamic_size, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, frames * channels),
            nn.Unflatten(-1, parameter_shape),
        )
        to_transformation = nn.Linear(hidden, 2 * channels + 1)
        self.voice = nn.Sequential(
            nn.Linear(static_size, hidden), nn.LeakyReLU(0.1), to_transformation
        )
        nn.init.zeros_(to_transformation.weight)
        nn.init.zeros_(to_transformation.bias)

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, 2, 67]``."""
        step = self.words(dynamic)
        channels = step.shape[-1]
        transformation = self.voice(static)[:, None, None]
        stretch, gain, shift = transformation.split((1, channels, channels), dim=-1)
        factor = torch.exp(WARP * torch.tanh(stretch[:, 0, 0]))
        envelope = stretch_bands(step[..., :BANDS], factor)
        stretched = torch.cat([envelope, step[..., BANDS:]], -1)
        return stretched * torch.exp(GAIN * torch.tanh(gain)) + shift


def stretch_bands(envelope: Tensor, factor: Tensor) -> Tensor:
    """``envelope [B, ..., bands]`` resampled along its last axis: band ``i`` becomes band ``factor * i``.

    Args:
        factor: ``[B, 1]``. Positions are interpolated linearly; past the last band the last band is repeated.
    """
    bands = envelope.shape[-1]
    position = torch.arange(bands, device=envelope.device, dtype=factor.dtype) * factor
    low = position.detach().floor().clamp_max(bands - 1).long()
    high = (low + 1).clamp_max(bands - 1)
    fraction = (position - low).clamp(0, 1)
    middle_axes = [1] * (envelope.ndim - 2)
    shape = (len(envelope), *middle_axes, bands)

    def at(index: Tensor) -> Tensor:
        return envelope.gather(-1, index.view(shape).expand_as(envelope))

    return torch.lerp(at(low), at(high), fraction.view(shape).to(envelope))
