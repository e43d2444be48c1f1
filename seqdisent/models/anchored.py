"""What methods share that read the static code from an anchor frame: layers, the anchor's term of the loss.

The static posterior reads the *anchor*, one frame or a few; the dynamic path reads the frame features minus those of
the anchor, so that what the frames have in common is not available to the dynamic code (Berman et al., ICML 2024).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian
from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import VAEConfig
from seqdisent.models.loss_terms import LossInputs, LossTerm
from seqdisent.nn import FrameNetworks, SequenceEncoder
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding


@dataclass(frozen=True)
class AnchoredConfig(VAEConfig):
    """Settings of methods with an anchor.

    Args:
        anchor: index of the anchor frame; a sequence that ends before it has its last frame as anchor.
        anchor_weight: weight of the anchor frame's own negative log-likelihood, relative to that of the sequence
            (5 : 1 on Sprites when published, so 0.2).
    """

    anchor: int = 0
    anchor_weight: float = 0.2


@dataclass(frozen=True)
class AnchoredEncoding(Encoding):
    """An encoding by a method with an anchor.

    Args:
        anchor: which frames are the anchor, as weights that sum to 1: ``[B, T]``.
    """

    anchor: Tensor


class AnchoredVAE(SequentialVAE):
    """The base of methods with an anchor; a method defines :meth:`posterior` from the two paths.

    Raises:
        ValueError: if the anchor is not a frame.
    """

    config: AnchoredConfig

    def __init__(self, spec: DatasetSpec, config: AnchoredConfig, networks: FrameNetworks) -> None:
        _check_anchor(config.anchor, spec)
        super().__init__(spec, config, networks)
        features, hidden = config.frame.features, config.hidden
        self.static_encoder = self.separate_encoder(networks)
        self.static_layer = nn.Sequential(nn.Linear(features, features), nn.Tanh())
        self.static_head = nn.Linear(features, 2 * config.static_size)
        self.dynamic_encoder = SequenceEncoder(features, hidden)
        self.dynamic_head = nn.Linear(2 * hidden, 2 * config.dynamic_size)

    def separate_encoder(self, networks: FrameNetworks) -> nn.Module | None:
        """A frame encoder for the static path alone; here none: both paths share one."""
        return None

    def static_path(self, anchor_feature: Tensor) -> DiagonalGaussian:
        """q(s|x) from the feature of the anchor, ``[B, G]``."""
        return self.static_posterior(self.static_head(self.static_layer(anchor_feature)))

    def dynamic_path(
        self, features: Tensor, anchor_feature: Tensor, mask: Tensor
    ) -> DiagonalGaussian:
        """q(z_1:K|x) from ``features [B, T, G]`` minus that of the anchor, ``[B, G]``.

        It is bidirectional: the anchor's difference is zero, so its own z can be inferred from the other frames only.
        """
        difference = features - anchor_feature[:, None]
        states, _ = self.dynamic_encoder(difference, mask)
        return self.dynamic_posterior(self.dynamic_head(states))

    def loss_terms(self) -> list[LossTerm]:
        """Those of the evidence lower bound, and the likelihood of the anchor once more (section 4 of the paper)."""
        terms = super().loss_terms()
        terms.append(LossTerm("anchor", self.config.anchor_weight, anchor_nll))
        return terms

    @property
    def has_fixed_anchor(self) -> bool:
        """Whether the static code is read from the frame ``config.anchor``, and from no other."""
        return True

    def with_anchor(self, anchor: int) -> AnchoredVAE:
        """A copy of this model that reads the static code from another frame; it shares nothing with the original.

        Raises:
            ValueError: if there is no such frame.
        """
        _check_anchor(anchor, self.spec)
        other = copy.deepcopy(self)
        other.config = replace(self.config, anchor=anchor)
        return other


def fixed_anchor(mask: Tensor, anchor: int) -> Tensor:
    """The index of the anchor frame of each sequence, ``[B]``: ``anchor``, or the last frame of ``mask [B, T]``."""
    lengths = mask.sum(1)
    return torch.minimum(torch.full_like(lengths, anchor), lengths - 1)


def one_hot(anchor: Tensor, mask: Tensor) -> Tensor:
    """Weights of frames, ``[B, T]``, from the index of the anchor, ``[B]``."""
    frames = torch.arange(mask.shape[1], device=mask.device)
    return (frames == anchor[:, None]).float()


def anchor_nll(inputs: LossInputs) -> Tensor:
    """-log p(x_a | s, z_a) of the anchor frame a, or its average over several: ``[B]``."""
    encoding = inputs.encoding
    assert isinstance(encoding, AnchoredEncoding)
    return (inputs.frame_nll * encoding.anchor).sum(1)


def _check_anchor(anchor: int, spec: DatasetSpec) -> None:
    if not 0 <= anchor < spec.frames:
        raise UsageError(f"anchor {anchor} is not a frame of 0..{spec.frames - 1}")
