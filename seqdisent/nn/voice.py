"""A decoder of speech: z says the words in nobody's voice, s turns them into somebody's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqdisent.nn.config import FrameConfig

WARP, GAIN = (
    0.25,
    0.7,
)  # how far s can stretch the vocal tract, and scale a channel, as natural logarithms


class VoiceDecoder(nn.Module):
    """WORLD steps from both codes, the static one as a transformation that is the same at every step.

    The dynamic code makes a step ``[2, 67]``. The static code stretches its envelope along the mel scale (the length
    of a vocal tract), then scales and shifts every channel: the spectrum of a voice and a microphone, the height and
    the range of its pitch, its breath. So s cannot say a word that z did not say. Matching channel statistics is how
    AdaIN-VC converts voices (Chou et al., Interspeech 2019); here they are read from the static code.
    """

    def __init__(
        self, event_shape: tuple[int, int], config: FrameConfig, static_size: int, dynamic_size: int
    ) -> None:
        super().__init__()
        from seqdisent.audio.vocoder import BANDS

        hidden, (frames, channels) = 8 * config.width, event_shape
        self.bands = BANDS
        self.words = nn.Sequential(
            nn.Linear(dynamic_size, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, frames * channels),
            nn.Unflatten(-1, event_shape),
        )
        self.voice = nn.Sequential(
            nn.Linear(static_size, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, 2 * channels + 1)
        )
        nn.init.zeros_(self.voice[-1].weight)
        nn.init.zeros_(self.voice[-1].bias)

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``[B, S]`` and ``[B, K, D] -> [B, K, 2, 67]``."""
        said = self.words(dynamic)
        channels = said.shape[-1]
        stretch, gain, shift = self.voice(static)[:, None, None].split(
            (1, channels, channels), dim=-1
        )
        envelope = stretched(
            said[..., : self.bands], torch.exp(WARP * torch.tanh(stretch[:, 0, 0]))
        )
        said = torch.cat([envelope, said[..., self.bands :]], -1)
        return said * torch.exp(GAIN * torch.tanh(gain)) + shift


def stretched(envelope: Tensor, factor: Tensor) -> Tensor:
    """Band ``i`` of ``envelope [B, ..., bands]`` becomes what band ``factor * i`` was; ``factor [B, 1]``."""
    bands = envelope.shape[-1]
    at = torch.arange(bands, device=envelope.device, dtype=factor.dtype) * factor
    low = at.detach().floor().clamp_max(bands - 1).long()
    high, part = (low + 1).clamp_max(bands - 1), (at - low).clamp(0, 1)
    shape = (len(envelope), *[1] * (envelope.ndim - 2), bands)
    pick = lambda index: envelope.gather(-1, index.view(shape).expand_as(envelope))
    return torch.lerp(pick(low), pick(high), part.view(shape).to(envelope))
