"""DBSE: static information from a single sequence element (Berman et al., ICML 2024, arXiv 2406.18131).

The static posterior reads one *anchor* frame, the first one; the dynamic path reads the frame features minus those of
the anchor, so that what the frames have in common is not available to the dynamic code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from seqdisent.distributions import LatentChoice
from seqdisent.models.anchored import (
    AnchoredConfig,
    AnchoredEncoding,
    AnchoredVAE,
    fixed_anchor,
    one_hot,
)
from seqdisent.models.config import VAEConfig, require_joined_codes
from seqdisent.nn import FrameNetworks
from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents


@dataclass(frozen=True)
class DBSEConfig(AnchoredConfig):
    """Settings of DBSE; by default the anchor is the first frame, as in the paper."""


class DBSE(AnchoredVAE):
    """DBSE as the paper has it.

    The released code differs from the paper. Its video model replaces the dynamic input at the anchor, zero in the
    paper, by noise; its time-series model does not subtract the features; its audio model runs a BiLSTM before the
    "single" element; and it evaluates posterior samples, where this package evaluates posterior means. None of these
    is reproduced here. Its anchor term decodes s with the first z, which is the same as ours for its only anchor, the
    first frame; elsewhere the anchor's own z is used.
    """

    Config: ClassVar[type[VAEConfig]] = DBSEConfig
    name: ClassVar[str] = "dbse"
    config: DBSEConfig

    def __init__(self, spec: DatasetSpec, config: DBSEConfig, networks: FrameNetworks) -> None:
        require_joined_codes(self.name, config)
        super().__init__(spec, config, networks)

    def posterior(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> AnchoredEncoding:
        anchor = fixed_anchor(mask, self.config.anchor)
        features = self.features(x)
        sequences = torch.arange(len(x), device=x.device)
        anchor_feature = features[sequences, anchor]
        static = self.static_path(anchor_feature)
        dynamic = self.dynamic_path(features, anchor_feature, mask)
        latents = Latents(choice(static), self.prior.choose(dynamic, choice))
        return AnchoredEncoding(latents, static, dynamic, one_hot(anchor, mask))
