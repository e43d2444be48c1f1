"""DBSE: static information from a single sequence element (Berman et al., ICML 2024).

arXiv 2406.18131. The static posterior reads one *anchor* frame; the dynamic path reads the frame
features minus the anchor's, so that what the frames share is not there to be encoded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian
from seqdisent.models.base import SequentialVAE
from seqdisent.models.config import Draw, VAEConfig
from seqdisent.nn import FrameNetworks, SequenceEncoder
from seqdisent.nn.images import PooledEncoder, frame_encoder
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents, LossTerms


@dataclass(frozen=True)
class DBSEConfig(VAEConfig):
    """Settings of DBSE.

    Args:
        anchor: index of the anchor frame.
        anchor_rule: ``"fixed"`` is that index, as in the paper; ``"largest"`` is the step with the largest mean
            value, which in log spectra is the loudest: the first of an utterance is silence or a consonant. ``"mean"``
            takes every step for an anchor and averages, outside training.
        anchor_span: steps around the anchor that are read with it, an odd number: their features are averaged. 1 is the
            paper's single element; a step of speech is 20 ms, where the papers' is 200.
        random_anchor: draw another anchor for every sequence and step of training.
        agreement_weight: weight of KL(q(s|anchor) || q(s|another random anchor)): what stays can be read anywhere. Not
            in the paper; needs ``random_anchor``.
        anchor_weight: weight of the anchor frame's own negative log-likelihood, relative to that of
            the sequence (5 : 1 on Sprites when published, so 0.2).
        static_path: ``"shared"`` as in the paper (the anchor's frame feature), or ``"pooled"``: the
            anchor through an encoder of its own, which in pictures pools local features.
        released: do what the released code does where it differs from the paper; see :class:`DBSE`.
    """

    anchor: int = 0
    anchor_rule: str = "fixed"
    anchor_span: int = 1
    random_anchor: bool = False
    agreement_weight: float = 0.0
    anchor_weight: float = 0.2
    static_path: str = "shared"
    released: bool = False


@dataclass(frozen=True)
class AnchoredEncoding(Encoding):
    """An encoding, the anchor frame of each sequence ``[B]`` that it was read from, and q(s|x) from another one."""

    anchor: Tensor
    twin: DiagonalGaussian | None = None


class DBSE(SequentialVAE):
    """DBSE as the paper has it.

    ``released=True`` does what the released code does in the first row:

    ========================== ================================ ===================================
    choice                     paper (default)                  released video code
    ========================== ================================ ===================================
    dynamic input at anchor    zero (its feature minus itself)  a draw from N(0, I) when sampling
    codes used in evaluation   posterior means                  posterior samples
    ========================== ================================ ===================================

    The last row is a matter of evaluation and is not switched here: means are what this package
    evaluates. The released anchor term decodes s with the first z, which is the same as ours for
    its only anchor, the first frame; elsewhere the anchor's own z is used. Two further differences
    of the released code contradict the method and have no switch: the unsubtracted features of its
    time-series model, and the BiLSTM before the "single" element of its audio model.

    The dynamic path is bidirectional: the anchor's difference is zero, so its own z can only be
    informed by the other frames.
    """

    Config: ClassVar[type[VAEConfig]] = DBSEConfig
    name: ClassVar[str] = "dbse"

    def __init__(self, spec: DatasetSpec, config: DBSEConfig, networks: FrameNetworks) -> None:
        super().__init__(spec, config, networks)
        _check_anchor(config.anchor, spec)
        g, h = config.frame.features, config.hidden
        if config.anchor_rule not in ("fixed", "largest", "mean"):
            raise ValueError(
                f"no anchor rule {config.anchor_rule!r}; choose from 'fixed', 'largest', 'mean'"
            )
        if config.anchor_span < 1 or config.anchor_span % 2 == 0:
            raise ValueError(f"anchor_span must be odd and at least 1, got {config.anchor_span}")
        if config.static_path not in ("shared", "pooled"):
            raise ValueError(
                f"no static path {config.static_path!r}; choose from 'shared', 'pooled'"
            )
        self.static_encoder = None
        if config.static_path == "pooled":
            self.static_encoder = (
                PooledEncoder(spec.event_shape[0], config.frame.width, g)
                if len(spec.event_shape) == 3
                else frame_encoder(spec, config.frame)
            )
        self.static_layer = nn.Sequential(nn.Linear(g, g), nn.Tanh())
        self.static_head = nn.Linear(g, 2 * config.static_size)
        self.dynamic_encoder = SequenceEncoder(g, h)
        self.dynamic_head = nn.Linear(2 * h, 2 * config.dynamic_size)

    def posterior(
        self, static_view: Tensor, dynamic_view: Tensor, mask: Tensor, draw: Draw
    ) -> Encoding:
        anchor = self._anchors(static_view, mask, draw.generator)
        rows = torch.arange(len(mask), device=mask.device)
        passage = self._passage(anchor, mask)
        features = self.features(dynamic_view)
        own = _mean_of(features, passage)
        shared = self.static_encoder is None and static_view is dynamic_view
        static = self._static_of(own if shared else self._heard(static_view, passage))
        twin = None
        if self.training and self.config.agreement_weight:
            other = self._passage(self._anchors(static_view, mask, draw.generator), mask)
            twin = self._static_of(
                _mean_of(features, other) if shared else self._heard(static_view, other)
            )

        difference = features - own[:, None]
        if self.config.released and draw.sample:
            noise = DiagonalGaussian.standard(own.shape, own).sample(draw.generator)
            difference = difference.index_put((rows, anchor), noise)
        states, _ = self.dynamic_encoder(difference, mask)
        dynamic = self._dynamic_posterior(self.dynamic_head(states))
        codes = Latents(draw(static), self.prior.draw(dynamic, draw))
        return AnchoredEncoding(codes, static, dynamic, anchor, twin)

    def _add_terms(self, terms: LossTerms, encoding: Encoding, frame_nll: Tensor) -> LossTerms:
        """The likelihood of the anchor frame once more (paper, section 4)."""
        assert isinstance(encoding, AnchoredEncoding)
        rows = torch.arange(len(frame_nll), device=frame_nll.device)
        values = {**terms.terms, "anchor": frame_nll[rows, encoding.anchor]}
        weights = {**terms.weights, "anchor": self.config.anchor_weight}
        if encoding.twin is not None:
            values["agreement"] = encoding.static.kl(encoding.twin)
            weights["agreement"] = self.config.agreement_weight
        return LossTerms(values, weights)

    def _heard(self, x: Tensor, passage: tuple[Tensor, Tensor]) -> Tensor:
        """Features ``[B, G]`` of a passage of ``x [B, T, *event]`` for the static code."""
        index, weight = passage
        rows = torch.arange(len(index), device=index.device)[:, None]
        encoder = self.static_encoder or self.frame_encoder
        features = encoder(x[rows, index].flatten(0, 1)).unflatten(0, index.shape)
        return (features * weight[..., None]).sum(1)

    def _static_of(self, features: Tensor) -> DiagonalGaussian:
        """q(s|x) from the features ``[B, G]`` of the anchor."""
        return self._static_posterior(self.static_head(self.static_layer(features)))

    def with_anchor(self, anchor: int) -> DBSE:
        """This model, sharing its weights, reading another anchor frame.

        Raises:
            ValueError: if there is no such frame.
        """
        _check_anchor(anchor, self.spec)
        other = DBSE.__new__(DBSE)
        other.__dict__.update(self.__dict__)
        other.config = replace(self.config, anchor=anchor, anchor_rule="fixed")
        return other

    def _anchors(self, x: Tensor, mask: Tensor, generator: torch.Generator | None) -> Tensor:
        """Anchor index of each sequence ``[B]``, never past its end."""
        lengths = mask.sum(1)
        if self.config.random_anchor and self.training:
            u = torch.rand(len(mask), generator=generator).to(mask.device)
            return (u * lengths).long().clamp_max(lengths - 1)
        if self.config.anchor_rule != "fixed":
            known = torch.where(x.isnan(), 0.0, x)  # what is missing counts as an average value
            return known.flatten(2).mean(2).masked_fill(~mask, -torch.inf).argmax(1)
        return torch.minimum(torch.full_like(lengths, self.config.anchor), lengths - 1)

    def _passage(self, anchor: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Steps around the anchor and the weight of each, both ``[B, anchor_span]``; weights sum to 1.

        By the rule ``"mean"`` every step and its weight, ``[B, T]``.
        """
        if self.config.anchor_rule == "mean" and not self.training:
            steps = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
            return steps, mask / mask.sum(1, keepdim=True)
        span = self.config.anchor_span
        steps = anchor[:, None] + torch.arange(span, device=mask.device) - span // 2
        exists = (steps >= 0) & (steps < mask.sum(1, keepdim=True))
        return torch.where(exists, steps, anchor[:, None]), exists / exists.sum(1, keepdim=True)


def _mean_of(features: Tensor, passage: tuple[Tensor, Tensor]) -> Tensor:
    """Mean feature ``[B, G]`` of a passage of ``[B, T, G]``."""
    index, weight = passage
    rows = torch.arange(len(index), device=index.device)[:, None]
    return (features[rows, index] * weight[..., None]).sum(1)


def _check_anchor(anchor: int, spec: DatasetSpec) -> None:
    if not 0 <= anchor < spec.frames:
        raise ValueError(f"anchor {anchor} is not a frame of 0..{spec.frames - 1}")
