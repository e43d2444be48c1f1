"""DBSE: static information from a single sequence element (Berman et al., ICML 2024, arXiv 2406.18131).

The static posterior reads one *anchor* frame; the dynamic path reads the frame features minus those of the anchor, so
that what the frames have in common is not available to the dynamic code.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian, LatentChoice
from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import VAEConfig
from seqdisent.models.loss_terms import LossInputs, LossTerm
from seqdisent.nn import FrameNetworks, SequenceEncoder
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents

ANCHOR_RULES = ("fixed", "mean")
STATIC_PATHS = ("shared", "pooled")


@dataclass(frozen=True)
class DBSEConfig(VAEConfig):
    """Settings of DBSE.

    Args:
        anchor: index of the anchor frame.
        anchor_rule: ``"fixed"``: that index, as in the paper; ``"mean"``: outside training every step is an anchor,
            and their features are averaged.
        anchor_span: steps around the anchor that are read with it, an odd number: their features are averaged. 1 is the
            paper's single element; a step of speech is 20 ms, where the papers' is 200.
        random_anchor: choose another anchor for every sequence and step of training.
        agreement_weight: weight of KL(q(s|anchor) || q(s|another random anchor)): the static code can then be read from
            any frame. Not in the paper; needs ``random_anchor``.
        anchor_weight: weight of the anchor frame's own negative log-likelihood, relative to that of the sequence
            (5 : 1 on Sprites when published, so 0.2).
        static_path: ``"shared"`` as in the paper (the anchor's frame feature), or ``"pooled"``: the anchor is read by
            an encoder of its own, which pools local features of images.
    """

    anchor: int = 0
    anchor_rule: str = "fixed"
    anchor_span: int = 1
    random_anchor: bool = False
    agreement_weight: float = 0.0
    anchor_weight: float = 0.2
    static_path: str = "shared"


@dataclass(frozen=True)
class AnchoredEncoding(Encoding):
    """An encoding of DBSE.

    Args:
        anchor: index of the anchor frame of each sequence, ``[B]``.
        other_static: q(s|x) from another random anchor, in training with an ``agreement_weight``.
    """

    anchor: Tensor
    other_static: DiagonalGaussian | None = None


class Passage(NamedTuple):
    """The steps whose features are averaged: indices and weights, both ``[B, N]``; weights sum to 1."""

    steps: Tensor
    weights: Tensor


class DBSE(SequentialVAE):
    """DBSE as the paper has it.

    The released code differs from the paper. Its video model replaces the dynamic input at the anchor, zero in the
    paper, by noise; its time-series model does not subtract the features; its audio model runs a BiLSTM before the
    "single" element; and it evaluates posterior samples, where this package evaluates posterior means. None of these
    is reproduced here. Its anchor term decodes s with the first z, which is the same as ours for its only anchor, the
    first frame; elsewhere the anchor's own z is used.

    The dynamic path is bidirectional: the anchor's difference is zero, so its own z can be inferred from the other
    frames only.
    """

    Config: ClassVar[type[VAEConfig]] = DBSEConfig
    name: ClassVar[str] = "dbse"
    config: DBSEConfig

    def __init__(self, spec: DatasetSpec, config: DBSEConfig, networks: FrameNetworks) -> None:
        _check(config, spec)
        super().__init__(spec, config, networks)
        features, hidden = config.frame.features, config.hidden
        self.static_encoder = None
        if config.static_path == "pooled":
            self.static_encoder = networks.pooled_encoder()
        self.static_layer = nn.Sequential(nn.Linear(features, features), nn.Tanh())
        self.static_head = nn.Linear(features, 2 * config.static_size)
        self.dynamic_encoder = SequenceEncoder(features, hidden)
        self.dynamic_head = nn.Linear(2 * hidden, 2 * config.dynamic_size)

    def posterior(
        self, static_view: Tensor, dynamic_view: Tensor, mask: Tensor, choice: LatentChoice
    ) -> AnchoredEncoding:
        anchor = self._anchors(static_view, mask, choice.generator)
        passage = self._passage(anchor, mask)
        features = self.features(dynamic_view)
        is_shared = self.static_encoder is None and static_view is dynamic_view
        shared_features = features if is_shared else None
        static = self._static_posterior(static_view, passage, shared_features)
        other_static = None
        if self._needs_agreement():
            other_anchor = self._anchors(static_view, mask, choice.generator)
            other_passage = self._passage(other_anchor, mask)
            other_static = self._static_posterior(static_view, other_passage, shared_features)

        difference = features - _mean_feature(features, passage)[:, None]
        states, _ = self.dynamic_encoder(difference, mask)
        dynamic = self.dynamic_posterior(self.dynamic_head(states))
        latents = Latents(choice(static), self.prior.choose(dynamic, choice))
        return AnchoredEncoding(latents, static, dynamic, anchor, other_static)

    def loss_terms(self) -> list[LossTerm]:
        """Those of the bound, the likelihood of the anchor frame once more (paper, section 4), and the agreement."""
        terms = super().loss_terms()
        terms.append(LossTerm("anchor", self.config.anchor_weight, anchor_nll))
        if self._needs_agreement():
            terms.append(LossTerm("agreement", self.config.agreement_weight, agreement))
        return terms

    def with_anchor(self, anchor: int) -> DBSE:
        """A copy of this model that reads another anchor frame; it shares nothing with the original.

        Raises:
            ValueError: if there is no such frame.
        """
        config = replace(self.config, anchor=anchor, anchor_rule="fixed")
        _check(config, self.spec)
        other = copy.deepcopy(self)
        other.config = config
        return other

    def _needs_agreement(self) -> bool:
        return self.training and self.config.agreement_weight > 0

    def _static_posterior(
        self, x: Tensor, passage: Passage, shared_features: Tensor | None
    ) -> DiagonalGaussian:
        """q(s|x) from a passage of ``x [B, T, *event]``.

        Args:
            shared_features: ``[B, T, G]`` of ``x``, if both paths have the same encoder and view.
        """
        if shared_features is None:
            feature = self._static_feature(x, passage)
        else:
            feature = _mean_feature(shared_features, passage)
        return self.static_posterior(self.static_head(self.static_layer(feature)))

    def _static_feature(self, x: Tensor, passage: Passage) -> Tensor:
        """The mean feature ``[B, G]`` of a passage of ``x [B, T, *event]``, of the encoder of the static path."""
        encoder = self.frame_encoder if self.static_encoder is None else self.static_encoder
        sequences = torch.arange(len(x), device=x.device)[:, None]
        frames = x[sequences, passage.steps]
        features = encoder(frames.flatten(0, 1)).unflatten(0, passage.steps.shape)
        return (features * passage.weights[..., None]).sum(1)

    def _anchors(self, x: Tensor, mask: Tensor, generator: torch.Generator | None) -> Tensor:
        """Anchor index of each sequence of ``x [B, T, *event]``, ``[B]``, never past its end."""
        lengths = mask.sum(1)
        if self.config.random_anchor and self.training:
            uniform = torch.rand(len(mask), generator=generator).to(mask.device)
            return (uniform * lengths).long().clamp_max(lengths - 1)
        if self.config.anchor_rule == "mean":
            # Every step is an anchor; the anchor term of the loss is that of one of them.
            return _largest_step(x, mask)
        return torch.minimum(torch.full_like(lengths, self.config.anchor), lengths - 1)

    def _passage(self, anchor: Tensor, mask: Tensor) -> Passage:
        """``anchor_span`` steps around the anchor; by the rule ``"mean"``, outside training, every step."""
        if self.config.anchor_rule == "mean" and not self.training:
            steps = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
            return Passage(steps, mask / mask.sum(1, keepdim=True))
        span = self.config.anchor_span
        steps = anchor[:, None] + torch.arange(span, device=mask.device) - span // 2
        exists = (steps >= 0) & (steps < mask.sum(1, keepdim=True))
        # A step that does not exist has weight zero; the anchor stands in its place.
        steps = torch.where(exists, steps, anchor[:, None])
        return Passage(steps, exists / exists.sum(1, keepdim=True))


def anchor_nll(inputs: LossInputs) -> Tensor:
    """-log p(x_a | s, z_a) of the anchor frame a: ``[B]``."""
    encoding = inputs.encoding
    assert isinstance(encoding, AnchoredEncoding)
    sequences = torch.arange(len(encoding.anchor), device=encoding.anchor.device)
    return inputs.frame_nll[sequences, encoding.anchor]


def agreement(inputs: LossInputs) -> Tensor:
    """KL(q(s|anchor) || q(s|another anchor)): ``[B]``."""
    encoding = inputs.encoding
    assert isinstance(encoding, AnchoredEncoding) and encoding.other_static is not None
    return encoding.static.kl(encoding.other_static)


def _mean_feature(features: Tensor, passage: Passage) -> Tensor:
    """The mean feature ``[B, G]`` of a passage of ``features [B, T, G]``."""
    sequences = torch.arange(len(features), device=features.device)[:, None]
    return (features[sequences, passage.steps] * passage.weights[..., None]).sum(1)


def _largest_step(x: Tensor, mask: Tensor) -> Tensor:
    """The step of ``x [B, T, *event]`` with the largest mean value, ``[B]``; a missing value counts as 0."""
    filled = torch.where(x.isnan(), 0.0, x)
    means = filled.flatten(2).mean(2)
    return means.masked_fill(~mask, -torch.inf).argmax(1)


def _check(config: DBSEConfig, spec: DatasetSpec) -> None:
    """Raise ``ValueError`` for a setting that is not supported."""
    if not 0 <= config.anchor < spec.frames:
        raise UsageError(f"anchor {config.anchor} is not a frame of 0..{spec.frames - 1}")
    if config.anchor_rule not in ANCHOR_RULES:
        raise UsageError(
            f"no anchor rule {config.anchor_rule!r}; choose from {', '.join(ANCHOR_RULES)}"
        )
    if config.anchor_span < 1 or config.anchor_span % 2 == 0:
        raise UsageError(f"anchor_span must be odd and at least 1, got {config.anchor_span}")
    if config.static_path not in STATIC_PATHS:
        raise UsageError(
            f"no static path {config.static_path!r}; choose from {', '.join(STATIC_PATHS)}"
        )
