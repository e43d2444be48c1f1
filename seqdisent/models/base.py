"""What every sequential VAE here is: encode, decode, sample, swap, loss."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqdisent.data.spec import DatasetSpec
from seqdisent.gaussian import DiagonalGaussian
from seqdisent.nn import FrameNetworks, LSTMPrior, SignalFilter
from seqdisent.nn.frames import FrameConfig
from seqdisent.perturb import PERTURBATIONS
from seqdisent.types import Encoding, Latents, LossTerms, Sequences

# Of a scaled likelihood, in standard deviations of a variable. Without it a decoder is sure of what it has learnt by
# heart, and one unusual week costs more nats than all others together.
LEAST_SCALE = 0.1


@dataclass(frozen=True)
class VAEConfig:
    """Settings that every model has.

    The published weights "reconstruction w : static KL : dynamic KL" of a summed squared error are
    ``sigma = 1 / sqrt(2 w)``, ``static_weight`` and ``dynamic_weight``.

    Args:
        static_size: S.
        dynamic_size: D.
        hidden: units of the recurrent networks.
        sigma: standard deviation of the Gaussian likelihood, in units of ``x``; ``None`` learns one
            (sigma-VAE, Rybkin et al. 2021). A decoder with scales of its own has no use for it.
        static_weight: weight of KL(q(s|x) || p(s)) in the loss.
        dynamic_weight: weight of the summed KL(q(z_t|x) || p(z_t|z_<t)).
        presence_weight: weight of the likelihood of *which* values are there, where some may be missing: what was
            measured, and how often, says much about who. Not in the papers: 0 leaves it out.
        swap_weight: weight of the swap's consistency: in training the static codes of a batch are dealt anew; what is
            decoded must be read again as the static code that went in and the dynamics that stayed, as divergences
            in nats. Not in the papers: 0 leaves it out.
        static_rank: directions that the static code is cut down to after training; 0 leaves it as it is.
        dynamic_rank: the same for the dynamic code of a whole sequence, whose length is then fixed.
            :mod:`seqdisent.signal_rank` finds both.
        perturb: name in :data:`seqdisent.perturb.PERTURBATIONS`, or ``"none"`` as in the papers.
        frame: the frame networks.
    """

    static_size: int = 128
    dynamic_size: int = 32
    hidden: int = 128
    sigma: float | None = 0.0913
    static_weight: float = 1.0
    dynamic_weight: float = 1.0
    presence_weight: float = 0.0
    swap_weight: float = 0.0
    static_rank: int = 0
    dynamic_rank: int = 0
    perturb: str = "none"
    frame: FrameConfig = field(default_factory=FrameConfig)


class SequentialVAE(nn.Module, ABC):
    """p(x, s, z) = p(s) prod_t p(z_t | z_<t) p(x_t | s, z_t), with p(s) = N(0, I).

    Args:
        spec: the data set that the model is for.
        config: an instance of :attr:`Config`.
        networks: frame encoder ``[N, *event] -> [N, G]`` and decoder ``[N, S + D] -> [N, *event]``; for steps of a
            signal the decoder is ``[B, S], [B, K, D] -> [B, K, *event]``.
    """

    Config: ClassVar[type[VAEConfig]] = VAEConfig
    name: ClassVar[str]

    def __init__(self, spec: DatasetSpec, config: VAEConfig, networks: FrameNetworks) -> None:
        super().__init__()
        if config.perturb not in PERTURBATIONS:
            raise ValueError(f"no perturbation {config.perturb!r}; choose from {sorted(PERTURBATIONS)}")
        self.spec, self.config = spec, config
        self.frame_encoder, self.frame_decoder = networks
        self.prior = LSTMPrior(config.dynamic_size, config.hidden)
        steps = spec.frames * config.dynamic_size
        self.static_filter = SignalFilter(config.static_size, config.static_rank) if config.static_rank else None
        self.dynamic_filter = SignalFilter(steps, config.dynamic_rank) if config.dynamic_rank else None
        self.log_sigma = nn.Parameter(torch.tensor(math.log(config.sigma or 0.1)), requires_grad=config.sigma is None)

    # -- what a method defines -------------------------------------------------------------------

    @abstractmethod
    def posterior(
        self,
        static_view: Tensor,
        dynamic_view: Tensor,
        mask: Tensor,
        draw: Draw,
    ) -> Encoding:
        """Both posteriors and their draws, from ``[B, T, *event]`` views and ``mask [B, T]``.

        The two views are the same tensor unless the recipe perturbs them in training.
        """

    # -- what a user calls -----------------------------------------------------------------------

    def encode(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        sample: bool = True,
        generator: torch.Generator | None = None,
    ) -> Encoding:
        """Codes of ``x [B, T, *event]``: a draw from the posterior, or its mean if not ``sample``.

        Args:
            mask: ``[B, T]``, a run of ones where steps exist, then zeros; all exist if not given.

        Raises:
            ValueError: if ``x`` is not a batch of sequences of this model's events.
        """
        self._check(x)
        every = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        encoding = self.posterior(x, x, every if mask is None else mask, Draw(sample, generator))
        return replace(encoding, latents=replace(encoding.latents, mask=mask))

    def decode(self, latents: Latents, frames: int | None = None) -> Tensor:
        """Mean of p(x | s, z): ``[B, frames, *event]``; every latent step is one frame.

        Raises:
            ValueError: if ``frames`` is not the number of latent steps.
        """
        return self.likelihood(latents, frames).mean

    def likelihood(self, latents: Latents, frames: int | None = None) -> DiagonalGaussian:
        """p(x | s, z), mean and logarithm of the scale both ``[B, frames, *event]``, in units of ``x``.

        Raises:
            ValueError: if ``frames`` is not the number of latent steps.
        """
        k = latents.dynamic.shape[1]
        if frames is not None and frames != k:
            raise ValueError(f"{k} latent steps cannot be decoded to {frames} frames")
        return self._told(latents)[0]

    def presence(self, latents: Latents) -> Tensor:
        """Probability that each value is there, ``[B, K, *event]``; 1 where the data set has no missing values."""
        seen, logits = self._told(latents)
        return torch.ones_like(seen.mean) if logits is None else logits.sigmoid()

    def _told(self, latents: Latents) -> tuple[DiagonalGaussian, Tensor | None]:
        """What the decoder says: p(x | s, z), and the logit of every value's being there."""
        b, k, _ = latents.dynamic.shape
        if len(self.spec.event_shape) == 2:
            told = self.frame_decoder(latents.static, latents.dynamic)
        else:
            static = latents.static[:, None].expand(-1, k, -1)
            codes = torch.cat([static, latents.dynamic], dim=-1).flatten(0, 1)
            told = self.frame_decoder(codes).unflatten(0, (b, k))
        if self.spec.likelihood == "scaled":
            values, logits = told.split((2 * told.shape[-1] // 3, told.shape[-1] // 3), dim=-1)
            free = DiagonalGaussian.from_parameters(values)
            floor = torch.full_like(free.log_std, math.log(LEAST_SCALE))
            return replace(free, log_std=0.5 * torch.logaddexp(2 * free.log_std, 2 * floor)), logits
        return DiagonalGaussian(told, self.log_sigma.expand_as(told)), None

    def sample(
        self,
        n: int,
        frames: int | None = None,
        *,
        static: Tensor | None = None,
        dynamic: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Latents:
        """Latents of ``n`` sequences: what is given is kept bit for bit, the rest is drawn.

        Args:
            frames: length to draw; the data set's length by default.
            static: ``[n, S]`` to keep.
            dynamic: ``[n, K, D]`` to keep.

        Raises:
            ValueError: if ``n``, ``frames`` or a given code has the wrong size.
        """
        frames = self.spec.frames if frames is None else frames
        if n < 1 or frames < 1:
            raise ValueError(f"n and frames must be at least 1, got {n} and {frames}")
        for name, code in (("static", static), ("dynamic", dynamic)):
            if code is not None and len(code) != n:
                raise ValueError(f"{name} holds {len(code)} codes, but n is {n}")
        if static is None:
            like = self.log_sigma
            static = DiagonalGaussian.standard((n, self.config.static_size), like).sample(generator)
        if dynamic is None:
            dynamic = self.prior.rollout(n, frames, generator=generator)
        return Latents(static, dynamic)

    @staticmethod
    def swap(a: Latents, b: Latents) -> tuple[Latents, Latents]:
        """Exchange the static codes: (b's static with a's dynamics, a's static with b's dynamics)."""
        return a.with_static(b), b.with_static(a)

    def loss(self, batch: Sequences, generator: torch.Generator | None = None) -> LossTerms:
        """Negative evidence lower bound, term by term, in nats a sequence."""
        self._check(batch.x)
        longest = int(batch.mask.sum(1).max())  # nobody's steps after it cost time
        batch = Sequences(batch.x[:, :longest], batch.mask[:, :longest])
        perturb = PERTURBATIONS[self.config.perturb if self.training else "none"]
        views = perturb(batch.x, batch.mask, generator)
        encoding = self.posterior(*views, batch.mask, Draw(True, generator))
        seen, there = self._told(encoding.latents)
        frame_nll = self._frame_nll(seen, batch.x)
        terms = {
            "reconstruction": (frame_nll * batch.mask).sum(1),
            "static_kl": encoding.static.kl(
                DiagonalGaussian.standard(encoding.static.mean.shape, encoding.static.mean)
            ),
            "dynamic_kl": self._dynamic_kl(encoding, batch.mask),
        }
        weights = {
            "reconstruction": 1.0,
            "static_kl": self.config.static_weight,
            "dynamic_kl": self.config.dynamic_weight,
        }
        if self.config.presence_weight and there is not None:
            known = (~torch.isnan(batch.x)).to(there)
            wrong = nn.functional.binary_cross_entropy_with_logits(there, known, reduction="none")
            terms["presence"] = (wrong.flatten(2).sum(2) * batch.mask).sum(1)
            weights["presence"] = self.config.presence_weight
        if self.config.swap_weight:
            terms |= self._swap_terms(encoding, batch.mask)
            weights |= dict.fromkeys(("swapped_static", "swapped_dynamic"), self.config.swap_weight)
        return self._add_terms(LossTerms(terms, weights), encoding, frame_nll)

    # -- shared parts ----------------------------------------------------------------------------

    def features(self, x: Tensor) -> Tensor:
        """Frame features ``[B, T, G]`` of ``x [B, T, *event]``."""
        return self.frame_encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])

    def _static_posterior(self, parameters: Tensor) -> DiagonalGaussian:
        """q(s|x) from network output ``[B, 2S]``, cut down to its signal if it was so chosen."""
        static = DiagonalGaussian.from_parameters(parameters)
        return static if self.static_filter is None else self.static_filter(static)

    def _dynamic_posterior(self, parameters: Tensor) -> DiagonalGaussian:
        """q(z_1:K|x) from network output ``[B, K, 2D]``, cut down to its signal if it was so chosen."""
        dynamic = DiagonalGaussian.from_parameters(parameters)
        if self.dynamic_filter is None:
            return dynamic
        steps = dynamic.mean.shape[1]
        if steps != self.spec.frames:
            raise ValueError(
                f"the dynamic code of this model was cut for sequences of {self.spec.frames} frames, not {steps}"
            )
        joined = self.dynamic_filter(DiagonalGaussian(dynamic.mean.flatten(1), dynamic.log_std.flatten(1)))
        return DiagonalGaussian(*(part.unflatten(1, (steps, -1)) for part in (joined.mean, joined.log_std)))

    def _dynamic_kl(self, encoding: Encoding, mask: Tensor) -> Tensor:
        """KL summed over steps; the prior at each step is teacher-forced with the draws."""
        return (encoding.dynamic.kl(self.prior(encoding.latents.dynamic)) * mask).sum(1)

    def _swap_terms(self, encoding: Encoding, mask: Tensor) -> dict[str, Tensor]:
        """What a swap loses of either code when it is encoded again, in nats: both ``[B]``.

        The neighbour in the batch gives its static code. What the codes should be is held fixed, so that they do not
        move to meet what was made of them.
        """
        neighbour = torch.arange(len(mask), device=mask.device).roll(1)
        codes = encoding.latents
        made = self.decode(Latents(codes.static[neighbour], codes.dynamic))
        again = self.posterior(made, made, mask, Draw(False))
        held = lambda q, index=...: DiagonalGaussian(q.mean.detach()[index], q.log_std.detach()[index])
        return {
            "swapped_static": again.static.kl(held(encoding.static, neighbour)),
            "swapped_dynamic": (again.dynamic.kl(held(encoding.dynamic)) * mask).sum(1),
        }

    def _frame_nll(self, seen: DiagonalGaussian, x: Tensor) -> Tensor:
        """-log p(x_t | s, z_t) in nats, summed over what is there of the event: ``[B, T]``."""
        if self.spec.likelihood == "scaled":
            known = ~torch.isnan(x)  # a NaN must not even meet the weights: 0 * NaN is NaN in their gradients
            values = DiagonalGaussian(seen.mean[..., None], seen.log_std[..., None])
            nll = -values.log_prob(torch.where(known, x, seen.mean.detach())[..., None])
            return (nll * known).flatten(2).sum(2)
        squared = (seen.mean - x).square().flatten(2).sum(2)
        constant = self.log_sigma + 0.5 * math.log(2 * math.pi)
        return 0.5 * squared * torch.exp(-2 * self.log_sigma) + x[0, 0].numel() * constant

    def _add_terms(self, terms: LossTerms, encoding: Encoding, frame_nll: Tensor) -> LossTerms:
        """A method's own loss terms, from the negative log-likelihood of each frame ``[B, T]``."""
        return terms

    def _check(self, x: Tensor) -> None:
        if x.ndim < 3 or tuple(x.shape[2:]) != tuple(self.spec.event_shape):
            raise ValueError(
                f"{self.name} trained on {self.spec.name} expects [B, T, "
                f"{', '.join(map(str, self.spec.event_shape))}], got {list(x.shape)}"
            )


@dataclass(frozen=True)
class Draw:
    """How to turn a posterior into a code: a draw from a generator, or the mean."""

    sample: bool
    generator: torch.Generator | None = None

    def __call__(self, posterior: DiagonalGaussian) -> Tensor:
        return posterior.sample(self.generator) if self.sample else posterior.mode
