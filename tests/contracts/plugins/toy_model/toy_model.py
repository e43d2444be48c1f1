"""A model from outside: the static posterior reads the mean feature, the dynamic posterior what is left of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from seqdisent.distributions import LatentChoice
from seqdisent.models import SequentialVAE
from seqdisent.models.config import VAEConfig
from seqdisent.nn import FrameNetworks
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents


@dataclass(frozen=True)
class MeanVAEConfig(VAEConfig):
    """Settings of the model.

    Args:
        share: of the mean feature that is subtracted from each.
    """

    share: float = 1.0


class MeanVAE(SequentialVAE):
    """Linear posteriors of frame features."""

    Config: ClassVar[type[VAEConfig]] = MeanVAEConfig
    name: ClassVar[str] = "toy-mean"

    def __init__(self, spec: DatasetSpec, config: MeanVAEConfig, networks: FrameNetworks) -> None:
        super().__init__(spec, config, networks)
        self.share = config.share
        self.static_head = nn.Linear(config.frame.features, 2 * config.static_size)
        self.dynamic_head = nn.Linear(config.frame.features, 2 * config.dynamic_size)

    def posterior(
        self, static_view: Tensor, dynamic_view: Tensor, mask: Tensor, choice: LatentChoice
    ) -> Encoding:
        weights = mask / mask.sum(1, keepdim=True)
        mean = (self.features(static_view) * weights[..., None]).sum(1)
        rest = self.features(dynamic_view) - self.share * mean[:, None]
        static = self.static_posterior(self.static_head(mean))
        dynamic = self.dynamic_posterior(self.dynamic_head(rest))
        latents = Latents(choice(static), self.prior.choose(dynamic, choice))
        return Encoding(latents, static, dynamic)
