"""The baseline that knows no sequences: every frame is coded alone (Kingma & Welling, ICLR 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import Draw, VAEConfig
from seqdisent.nn import FrameNetworks
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents


@dataclass(frozen=True)
class FrameVAEConfig(VAEConfig):
    """Settings of a VAE of frames: there is no static code, and no step knows of another."""

    static_size: int = 0
    transition: str = "independent"


class FrameVAE(SequentialVAE):
    """q(z_t|x_t) and p(z_t) = N(0, I): what remains of DSVAE without s and without a transition."""

    Config: ClassVar[type[VAEConfig]] = FrameVAEConfig
    name: ClassVar[str] = "frame-vae"

    def __init__(self, spec: DatasetSpec, config: FrameVAEConfig, networks: FrameNetworks) -> None:
        if config.static_size:
            raise ValueError(
                f"a VAE of frames has no static code: static_size must be 0, not {config.static_size}"
            )
        super().__init__(spec, config, networks)
        g, h = config.frame.features, config.hidden
        self.dynamic_head = nn.Sequential(
            nn.Linear(g, h), nn.LeakyReLU(0.1), nn.Linear(h, 2 * config.dynamic_size)
        )

    def posterior(
        self, static_view: Tensor, dynamic_view: Tensor, mask: Tensor, draw: Draw
    ) -> Encoding:
        dynamic = self._dynamic_posterior(self.dynamic_head(self.features(dynamic_view)))
        static = self._static_posterior(dynamic.mean.new_zeros(len(mask), 0))
        return Encoding(Latents(draw(static), self.prior.draw(dynamic, draw)), static, dynamic)
