"""VAST: views, anchors, subspace, two paths. Our method, derived in ``docs/vast.md``.

It shares the two paths of DBSE (:mod:`seqdisent.models.anchored`): the static code is read from an anchor, the dynamic
code from the differences to it. To these it adds, each by a setting:

* *views*: in training each posterior is given an augmented view of the sequence, without what the other code should
  hold (:mod:`seqdisent.models.augmentations`);
* *anchors*: a random frame or short passage in training, whose static codes must agree, and all frames afterwards;
* *two paths* that are apart: a pooled frame encoder for the static one, and a decoder that the static code modulates
  (``frame.kind = "modulated"``);
* *subspace*: after training, both codes are projected onto the directions that carry signal
  (:mod:`seqdisent.models.pruning`), and may be quantised there (:mod:`seqdisent.models.quantisation`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian, LatentChoice
from seqdisent.errors import UsageError
from seqdisent.models import loss_terms
from seqdisent.models.anchored import (
    AnchoredConfig,
    AnchoredEncoding,
    AnchoredVAE,
    fixed_anchor,
    one_hot,
)
from seqdisent.models.augmentations import Views, augmentation
from seqdisent.models.config import VAEConfig
from seqdisent.models.dbse import DBSE
from seqdisent.models.loss_terms import LossInputs, LossTerm
from seqdisent.nn import (
    Codebooks,
    FrameNetworks,
    ProductQuantiser,
    SubspaceProjection,
    frame_networks,
)
from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents

ANCHOR_RULES = ("fixed", "mean")
STATIC_PATHS = ("shared", "pooled")


@dataclass(frozen=True)
class VASTConfig(AnchoredConfig):
    """Settings of VAST; with the defaults it computes what DBSE computes.

    Args:
        augmentation: name in :data:`seqdisent.models.augmentations.AUGMENTATIONS`; ``"none"``: both posteriors are
            given the sequence itself.
        static_path: ``"shared"``: both paths have the same frame encoder; ``"pooled"``: the static path has an encoder
            of its own, which pools local features of images.
        random_anchor: choose another anchor for every sequence and step of training.
        anchor_rule: the anchor outside training. ``"fixed"``: the frame ``anchor``; ``"mean"``: every frame is an
            anchor, and their features are averaged.
        anchor_span: frames around the anchor that are read with it, an odd number: their features are averaged. A step
            of speech is 20 ms.
        agreement_weight: weight of KL(q(s|anchor) || q(s|another random anchor)): the static code can then be read from
            any frame. Needs ``random_anchor``.
        presence_weight: weight of the likelihood of *which* values are present, for data sets with missing values:
            what was measured, and how often, carries information about the subject.
        static_rank: dimension of the subspace onto which the static code is projected after training; 0 for none.
        dynamic_rank: the same for the dynamic code of a full sequence, whose length is then fixed.
            :mod:`seqdisent.models.pruning` finds both.
        static_codebooks: components and entries of each codebook of the static code; none: it is not quantised.
        dynamic_codebooks: the same for the dynamic code of a full sequence.
            :mod:`seqdisent.models.quantisation` finds both.
    """

    augmentation: str = "none"
    static_path: str = "shared"
    random_anchor: bool = False
    anchor_rule: str = "fixed"
    anchor_span: int = 1
    agreement_weight: float = 0.0
    presence_weight: float = 0.0
    static_rank: int = 0
    dynamic_rank: int = 0
    static_codebooks: Codebooks = ()
    dynamic_codebooks: Codebooks = ()

    def __post_init__(self) -> None:
        # JSON has lists.
        for name in ("static_codebooks", "dynamic_codebooks"):
            codebooks = tuple((width, entries) for width, entries in getattr(self, name))
            object.__setattr__(self, name, codebooks)


@dataclass(frozen=True)
class VASTEncoding(AnchoredEncoding):
    """An encoding of VAST.

    Args:
        other_static: q(s|x) from another random anchor, in training with an ``agreement_weight``.
    """

    other_static: DiagonalGaussian | None = None


class Passage(NamedTuple):
    """The frames that are read as an anchor.

    Args:
        frames: their indices, ``[B, N]``.
        weights: of their features, ``[B, N]``; they sum to 1.
        anchor: weights of frames in the anchor's term of the loss, ``[B, T]``; they sum to 1.
    """

    frames: Tensor
    weights: Tensor
    anchor: Tensor


class VAST(AnchoredVAE):
    """Views, anchors, subspace, two paths; see the module.

    Raises:
        ValueError: if a setting is not supported.
    """

    Config: ClassVar[type[VAEConfig]] = VASTConfig
    name: ClassVar[str] = "vast"
    config: VASTConfig

    def __init__(self, spec: DatasetSpec, config: VASTConfig, networks: FrameNetworks) -> None:
        _check(config)
        super().__init__(spec, config, networks)
        # The names of these attributes are keys of saved weights.
        full_dynamic_size = spec.frames * config.dynamic_size
        self.static_filter = _projection(config.static_size, config.static_rank)
        self.dynamic_filter = _projection(full_dynamic_size, config.dynamic_rank)
        self.static_quantiser = _quantiser(config.static_size, config.static_codebooks)
        self.dynamic_quantiser = _quantiser(full_dynamic_size, config.dynamic_codebooks)

    @classmethod
    def of_dbse(cls, model: DBSE) -> VAST:
        """The VAST that computes what a DBSE does, for what only VAST has; it shares no weights with it."""
        config = VASTConfig(**vars(model.config))
        networks = frame_networks(model.spec, config.frame, config.static_size, config.dynamic_size)
        vast = cls(model.spec, config, networks)
        vast.load_state_dict(model.state_dict())
        return vast.to(next(model.parameters()).device).train(model.training)

    # -- the two paths ---------------------------------------------------------------------------

    def separate_encoder(self, networks: FrameNetworks) -> nn.Module | None:
        return networks.pooled_encoder() if self.config.static_path == "pooled" else None

    def posterior(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> VASTEncoding:
        return self._encode(Views(x, x), self._passage(mask), mask, choice)

    def loss_encoding(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> VASTEncoding:
        """In training the encoding of augmented views, from random anchors if the config asks for them."""
        if not self.training:
            return self.posterior(x, mask, choice)
        augment = augmentation(self.config.augmentation)
        views = augment(x, mask, choice.generator)
        if not self.config.random_anchor:
            return self._encode(views, self._passage(mask), mask, choice)
        passage = self._random_passage(mask, choice.generator)
        other = None
        if self.config.agreement_weight > 0:
            other = self._random_passage(mask, choice.generator)
        return self._encode(views, passage, mask, choice, other)

    def _encode(
        self,
        views: Views,
        passage: Passage,
        mask: Tensor,
        choice: LatentChoice,
        other: Passage | None = None,
    ) -> VASTEncoding:
        """Both posteriors, and a code from each.

        Args:
            passage: the anchor of both paths.
            other: another anchor of the static path, whose posterior is compared with the first.
        """
        features = self.features(views.dynamic)
        is_shared = self.static_encoder is None and views.static is views.dynamic

        def static_of(anchor: Passage) -> DiagonalGaussian:
            if is_shared:
                return self.static_path(_mean_feature(features, anchor))
            return self.static_path(self._static_feature(views.static, anchor))

        static = static_of(passage)
        other_static = None if other is None else static_of(other)
        dynamic = self.dynamic_path(features, _mean_feature(features, passage), mask)
        latents = Latents(choice(static), self.prior.choose(dynamic, choice))
        return VASTEncoding(latents, static, dynamic, passage.anchor, other_static)

    def _static_feature(self, x: Tensor, passage: Passage) -> Tensor:
        """The mean feature ``[B, G]`` of a passage of ``x [B, T, *event]``, of the encoder of the static path."""
        encoder = self.frame_encoder if self.static_encoder is None else self.static_encoder
        sequences = torch.arange(len(x), device=x.device)[:, None]
        frames = x[sequences, passage.frames]
        features = encoder(frames.flatten(0, 1)).unflatten(0, passage.frames.shape)
        return (features * passage.weights[..., None]).sum(1)

    # -- anchors ---------------------------------------------------------------------------------

    @property
    def has_fixed_anchor(self) -> bool:
        return self.config.anchor_rule == "fixed"

    def with_anchor(self, anchor: int) -> AnchoredVAE:
        other = super().with_anchor(anchor)
        other.config = replace(self.config, anchor=anchor, anchor_rule="fixed")
        return other

    def _passage(self, mask: Tensor) -> Passage:
        """The anchor by the rule of the config."""
        if self.config.anchor_rule == "fixed":
            return self._passage_around(fixed_anchor(mask, self.config.anchor), mask)
        frames = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
        weights = mask / mask.sum(1, keepdim=True)
        return Passage(frames, weights, weights)

    def _random_passage(self, mask: Tensor, generator: torch.Generator | None) -> Passage:
        lengths = mask.sum(1)
        uniform = torch.rand(len(mask), generator=generator).to(mask.device)
        anchor = (uniform * lengths).long().clamp_max(lengths - 1)
        return self._passage_around(anchor, mask)

    def _passage_around(self, anchor: Tensor, mask: Tensor) -> Passage:
        """``anchor_span`` frames around the anchor ``[B]``."""
        span = self.config.anchor_span
        frames = anchor[:, None] + torch.arange(span, device=mask.device) - span // 2
        exists = (frames >= 0) & (frames < mask.sum(1, keepdim=True))
        # A frame that does not exist has weight zero; the anchor stands in its place.
        frames = torch.where(exists, frames, anchor[:, None])
        weights = exists / exists.sum(1, keepdim=True)
        return Passage(frames, weights, one_hot(anchor, mask))

    # -- loss ------------------------------------------------------------------------------------

    def loss_terms(self) -> list[LossTerm]:
        """Those of DBSE, the likelihood of which values are present, and in training the agreement of anchors."""
        config = self.config
        terms = super().loss_terms()
        if config.presence_weight and self.observation_model.models_presence:
            terms.append(LossTerm("presence", config.presence_weight, loss_terms.presence))
        if self.training and config.agreement_weight > 0:
            terms.append(LossTerm("agreement", config.agreement_weight, agreement))
        return terms

    # -- subspace --------------------------------------------------------------------------------

    @property
    def fixed_frames(self) -> int | None:
        return self.spec.frames if self.config.dynamic_rank else None

    def static_posterior(self, parameters: Tensor) -> DiagonalGaussian:
        """q(s|x) from network output ``[B, 2S]``, projected and quantised if the model was pruned and quantised."""
        posterior = super().static_posterior(parameters)
        for step in (self.static_filter, self.static_quantiser):
            if step is not None:
                posterior = step(posterior)
        return posterior

    def dynamic_posterior(self, parameters: Tensor) -> DiagonalGaussian:
        """q(z_1:K|x) from network output ``[B, K, 2D]``, projected and quantised as the static one.

        Raises:
            ValueError: if the model was pruned for sequences of another length.
        """
        posterior = DiagonalGaussian.from_parameters(parameters)
        if self.dynamic_filter is not None:
            posterior = self._joined_steps(posterior)
            posterior = self.dynamic_filter(posterior)
            if self.dynamic_quantiser is not None:
                posterior = self.dynamic_quantiser(posterior)
            posterior = self._separate_steps(posterior)
        return self.prior.constrain(posterior)

    def _joined_steps(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        """A posterior over all steps ``[B, K, D]`` as one over a code of K D entries."""
        steps = posterior.mean.shape[1]
        if steps != self.spec.frames:
            raise UsageError(
                f"the dynamic code of this model was pruned for sequences of {self.spec.frames} frames, not {steps}"
            )
        return DiagonalGaussian(posterior.mean.flatten(1), posterior.log_std.flatten(1))

    def _separate_steps(self, joined: DiagonalGaussian) -> DiagonalGaussian:
        """The opposite of :meth:`_joined_steps`."""
        step_shape = (self.spec.frames, self.config.dynamic_size)
        return DiagonalGaussian(
            joined.mean.unflatten(1, step_shape), joined.log_std.unflatten(1, step_shape)
        )

    # -- prior of quantised codes ----------------------------------------------------------------

    def sample_static(
        self, n: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        """Static codes ``[n, S]``; of a quantised code by the frequencies of its indices."""
        if self.static_quantiser is None:
            return super().sample_static(n, temperature, generator)
        return self.static_quantiser.sample(n, temperature, generator)

    def sample_dynamic(
        self, n: int, frames: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        """Dynamic codes ``[n, frames, D]``; of a quantised code by the frequencies of its indices.

        Steps beyond the length of the data set's sequences are sampled from the prior that was trained.
        """
        if self.dynamic_quantiser is None:
            return super().sample_dynamic(n, frames, temperature, generator)
        joined = self.dynamic_quantiser.sample(n, temperature, generator)
        dynamic = joined.unflatten(1, (self.spec.frames, self.config.dynamic_size))[:, :frames]
        missing = frames - dynamic.shape[1]
        if missing == 0:
            return dynamic
        later = self.prior.rollout(
            n, missing, start=dynamic, temperature=temperature, generator=generator
        )
        return torch.cat([dynamic, later], dim=1)


def agreement(inputs: LossInputs) -> Tensor:
    """KL(q(s|anchor) || q(s|another anchor)): ``[B]``."""
    encoding = inputs.encoding
    assert isinstance(encoding, VASTEncoding) and encoding.other_static is not None
    return encoding.static.kl(encoding.other_static)


def _mean_feature(features: Tensor, passage: Passage) -> Tensor:
    """The mean feature ``[B, G]`` of a passage of ``features [B, T, G]``."""
    sequences = torch.arange(len(features), device=features.device)[:, None]
    return (features[sequences, passage.frames] * passage.weights[..., None]).sum(1)


def _projection(size: int, rank: int) -> SubspaceProjection | None:
    """A projection of rank ``rank``; 0 means none."""
    return SubspaceProjection(size, rank) if rank else None


def _quantiser(size: int, codebooks: Codebooks) -> ProductQuantiser | None:
    """A quantiser with these codebooks; none without."""
    return ProductQuantiser(size, codebooks) if codebooks else None


def _check(config: VASTConfig) -> None:
    """Raise ``ValueError`` for a setting that is not supported."""
    augmentation(config.augmentation)
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
    if config.dynamic_codebooks and not config.dynamic_rank:
        raise UsageError(
            "dynamic_codebooks need a dynamic_rank: a code is pruned before it is quantised"
        )
    if config.agreement_weight > 0 and not config.random_anchor:
        raise UsageError("an agreement_weight needs random_anchor: it compares two random anchors")
