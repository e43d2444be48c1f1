"""A VAE of single frames (Kingma & Welling, ICLR 2014): a baseline that uses no relation between frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from seqdisent.distributions import LatentChoice
from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import VAEConfig
from seqdisent.nn import FrameNetworks
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents


@dataclass(frozen=True)
class FrameVAEConfig(VAEConfig):
    """Settings of a VAE of frames: no static code, and steps that are independent of each other."""

    static_size: int = 0
    transition: str = "independent"


class FrameVAE(SequentialVAE):
    """q(z_t|x_t) and p(z_t) = N(0, I): what remains of DSVAE without s and without a transition."""

    Config: ClassVar[type[VAEConfig]] = FrameVAEConfig
    name: ClassVar[str] = "frame-vae"

    def __init__(self, spec: DatasetSpec, config: FrameVAEConfig, networks: FrameNetworks) -> None:
        if config.static_size:
            raise UsageError(
                f"a VAE of frames has no static code: static_size must be 0, not {config.static_size}"
            )
        super().__init__(spec, config, networks)
        features, hidden = config.frame.features, config.hidden
        self.dynamic_head = nn.Sequential(
            nn.Linear(features, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, 2 * config.dynamic_size),
        )

    def posterior(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> Encoding:
        features = self.features(x)
        dynamic = self.dynamic_posterior(self.dynamic_head(features))
        static = self.static_posterior(features.new_zeros(len(mask), 0))
        latents = Latents(choice(static), self.prior.choose(dynamic, choice))
        return Encoding(latents, static, dynamic)
