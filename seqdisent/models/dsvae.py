"""DSVAE: the disentangled sequential autoencoder (Li & Mandt, ICML 2018, arXiv 1803.02991)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqdisent.distributions import LatentChoice
from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import VAEConfig, require_joined_codes
from seqdisent.nn import FrameNetworks, SequenceEncoder
from seqdisent.nn.recurrent import recurrent_float32
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents


@dataclass(frozen=True)
class DSVAEConfig(VAEConfig):
    """Settings of DSVAE.

    Args:
        q: ``"factorised"``: q(s|x) prod_t q(z_t|x_t); ``"full"``: q(s|x) q(z|x, s), where a bidirectional LSTM reads
            the features joined with the code s, followed by an RNN.
    """

    q: str = "full"


class DSVAE(SequentialVAE):
    """Static posterior from a bidirectional LSTM over all frames; dynamic posterior by either q."""

    Config: ClassVar[type[VAEConfig]] = DSVAEConfig
    name: ClassVar[str] = "dsvae"
    dynamic_encoder: nn.Sequential | SequenceEncoder

    def __init__(self, spec: DatasetSpec, config: DSVAEConfig, networks: FrameNetworks) -> None:
        require_joined_codes(self.name, config)
        super().__init__(spec, config, networks)
        features, hidden, static_size = config.frame.features, config.hidden, config.static_size
        self.static_encoder = SequenceEncoder(features, hidden)
        self.static_head = nn.Linear(2 * hidden, 2 * static_size)
        if config.q == "factorised":
            self.dynamic_encoder = nn.Sequential(nn.Linear(features, hidden), nn.LeakyReLU(0.1))
        elif config.q == "full":
            self.dynamic_encoder = SequenceEncoder(features + static_size, hidden)
            self.dynamic_rnn = nn.RNN(2 * hidden, hidden, batch_first=True)
        else:
            raise UsageError(f"no q {config.q!r}; choose from 'factorised', 'full'")
        self.dynamic_head = nn.Linear(hidden, 2 * config.dynamic_size)

    def posterior(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> Encoding:
        features = self.features(x)
        _, summary = self.static_encoder(features, mask)
        static = self.static_posterior(self.static_head(summary))
        s = choice(static)
        states = self._dynamic_states(features, s, mask)
        dynamic = self.dynamic_posterior(self.dynamic_head(states))
        latents = Latents(s, self.prior.choose(dynamic, choice))
        return Encoding(latents, static, dynamic)

    def _dynamic_states(self, features: Tensor, s: Tensor, mask: Tensor) -> Tensor:
        """From features ``[B, T, G]`` and the static code ``[B, S]`` to ``[B, T, H]``."""
        if isinstance(self.dynamic_encoder, SequenceEncoder):
            repeated = s[:, None].expand(-1, features.shape[1], -1)
            states, _ = self.dynamic_encoder(torch.cat([features, repeated], dim=-1), mask)
            states, _ = recurrent_float32(self.dynamic_rnn, states)
            return states
        return self.dynamic_encoder(features)
