"""DSVAE: the disentangled sequential autoencoder (Li & Mandt, ICML 2018, arXiv 1803.02991)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import Draw, VAEConfig
from seqdisent.nn import FrameNetworks, SequenceEncoder
from seqdisent.nn.recurrent import recurrent_float32
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents


@dataclass(frozen=True)
class DSVAEConfig(VAEConfig):
    """Settings of DSVAE.

    Args:
        q: ``"factorised"``: q(s|x) prod_t q(z_t|x_t); ``"full"``: q(s|x) q(z|x, s), where a
            bidirectional LSTM reads the features joined with the drawn s, followed by an RNN.
    """

    q: str = "full"


class DSVAE(SequentialVAE):
    """Static posterior from a bidirectional LSTM over all frames; dynamics by either q."""

    Config: ClassVar[type[VAEConfig]] = DSVAEConfig
    name: ClassVar[str] = "dsvae"

    def __init__(self, spec: DatasetSpec, config: DSVAEConfig, networks: FrameNetworks) -> None:
        super().__init__(spec, config, networks)
        g, h, s = config.frame.features, config.hidden, config.static_size
        self.static_encoder = SequenceEncoder(g, h)
        self.static_head = nn.Linear(2 * h, 2 * s)
        if config.q == "factorised":
            self.dynamic_encoder = nn.Sequential(nn.Linear(g, h), nn.LeakyReLU(0.1))
        elif config.q == "full":
            self.dynamic_encoder = SequenceEncoder(g + s, h)
            self.dynamic_rnn = nn.RNN(2 * h, h, batch_first=True)
        else:
            raise ValueError(f"no q {config.q!r}; choose from 'factorised', 'full'")
        self.dynamic_head = nn.Linear(h, 2 * config.dynamic_size)

    def posterior(
        self, static_view: Tensor, dynamic_view: Tensor, mask: Tensor, draw: Draw
    ) -> Encoding:
        features = self.features(dynamic_view)
        seen = features if static_view is dynamic_view else self.features(static_view)
        _, summary = self.static_encoder(seen, mask)
        static = self._static_posterior(self.static_head(summary))
        s = draw(static)
        if self.config.q == "factorised":
            states = self.dynamic_encoder(features)
        else:
            joined = torch.cat([features, s[:, None].expand(-1, features.shape[1], -1)], dim=-1)
            states, _ = self.dynamic_encoder(joined, mask)
            states, _ = recurrent_float32(self.dynamic_rnn, states)
        dynamic = self._dynamic_posterior(self.dynamic_head(states))
        return Encoding(Latents(s, self.prior.draw(dynamic, draw)), static, dynamic)
