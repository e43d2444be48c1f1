"""What every sequential VAE here is: encode, decode, sample, swap, loss."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian
from seqdisent.errors import UsageError
from seqdisent.models.augmentations import PERTURBATIONS
from seqdisent.models.config import Draw, VAEConfig
from seqdisent.nn import FrameNetworks, SignalFilter, transition
from seqdisent.nn.observation import Observation, ScaledObservation
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents, LossTerms, Sequences


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
            raise ValueError(
                f"no perturbation {config.perturb!r}; choose from {sorted(PERTURBATIONS)}"
            )
        self.spec, self.config = spec, config
        self.frame_encoder, self.frame_decoder = networks
        self.prior = transition(config.transition, config.dynamic_size, config.hidden)
        steps = spec.frames * config.dynamic_size
        self.static_filter = (
            SignalFilter(config.static_size, config.static_rank) if config.static_rank else None
        )
        self.dynamic_filter = (
            SignalFilter(steps, config.dynamic_rank) if config.dynamic_rank else None
        )
        self.log_sigma = nn.Parameter(
            torch.tensor(math.log(config.sigma or 0.1)), requires_grad=config.sigma is None
        )

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
        return self._observation(latents).values

    def presence(self, latents: Latents) -> Tensor:
        """Probability that each value is there, ``[B, K, *event]``; 1 where the data set has no missing values.

        It means something of models that were trained with a ``presence_weight``.
        """
        seen = self._observation(latents)
        return (
            seen.logits.sigmoid()
            if isinstance(seen, ScaledObservation)
            else torch.ones_like(seen.values.mean)
        )

    def _observation(self, latents: Latents) -> Observation | ScaledObservation:
        """What the decoder says."""
        b, k, _ = latents.dynamic.shape
        if len(self.spec.event_shape) == 2:
            told = self.frame_decoder(latents.static, latents.dynamic)
        else:
            static = latents.static[:, None].expand(-1, k, -1)
            codes = torch.cat([static, latents.dynamic], dim=-1).flatten(0, 1)
            told = self.frame_decoder(codes).unflatten(0, (b, k))
        if self.spec.likelihood == "scaled":
            return ScaledObservation.of(told)
        return Observation.of(told, self.log_sigma)

    def sample(
        self,
        n: int,
        frames: int | None = None,
        *,
        static: Tensor | None = None,
        dynamic: Tensor | None = None,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Latents:
        """Latents of ``n`` sequences: what is given is kept bit for bit, the rest is drawn.

        Args:
            frames: length to draw; the data set's length by default.
            static: ``[n, S]`` to keep.
            dynamic: ``[n, K, D]`` to keep.
            temperature: what the standard deviations of draws are multiplied by; 0 is the most likely, always.

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
            static = DiagonalGaussian.standard((n, self.config.static_size), like)
            static = static.tempered(temperature).sample(generator)
        if dynamic is None:
            dynamic = self.prior.rollout(n, frames, temperature=temperature, generator=generator)
        return Latents(static, dynamic)

    def extend(
        self,
        start: Latents,
        frames: int,
        *,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Latents:
        """What may come after ``start``, whose steps must all exist: its codes and ``frames`` steps drawn after them.

        Raises:
            ValueError: if ``frames`` is less than 1.
        """
        if frames < 1:
            raise ValueError(f"frames must be at least 1, got {frames}")
        options = {"start": start.dynamic, "temperature": temperature, "generator": generator}
        after = self.prior.rollout(len(start), frames, **options)
        return Latents(start.static, torch.cat([start.dynamic, after], dim=1))

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
        seen = self._observation(encoding.latents)
        frame_nll = seen.nll(batch.x)
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
        if self.config.presence_weight and isinstance(seen, ScaledObservation):
            terms["presence"] = (seen.presence_nll(batch.x) * batch.mask).sum(1)
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
            return self.prior.settle(dynamic)
        steps = dynamic.mean.shape[1]
        if steps != self.spec.frames:
            raise UsageError(
                f"the dynamic code of this model was cut for sequences of {self.spec.frames} frames, not {steps}"
            )
        joined = self.dynamic_filter(
            DiagonalGaussian(dynamic.mean.flatten(1), dynamic.log_std.flatten(1))
        )
        return self.prior.settle(
            DiagonalGaussian(
                *(part.unflatten(1, (steps, -1)) for part in (joined.mean, joined.log_std))
            )
        )

    def _dynamic_kl(self, encoding: Encoding, mask: Tensor) -> Tensor:
        """KL summed over steps; the prior at each step is teacher-forced with the draws."""
        return (self.prior.kl(encoding.dynamic, encoding.latents.dynamic) * mask).sum(1)

    def _swap_terms(self, encoding: Encoding, mask: Tensor) -> dict[str, Tensor]:
        """What a swap loses of either code when it is encoded again, in nats: both ``[B]``.

        The neighbour in the batch gives its static code. What the codes should be is held fixed, so that they do not
        move to meet what was made of them.
        """
        neighbour = torch.arange(len(mask), device=mask.device).roll(1)
        codes = encoding.latents
        made = self.decode(Latents(codes.static[neighbour], codes.dynamic))
        again = self.posterior(made, made, mask, Draw(False))
        held = lambda q, index=...: DiagonalGaussian(
            q.mean.detach()[index], q.log_std.detach()[index]
        )
        return {
            "swapped_static": again.static.kl(held(encoding.static, neighbour)),
            "swapped_dynamic": (
                self.prior.divergence(again.dynamic, held(encoding.dynamic)) * mask
            ).sum(1),
        }

    def _add_terms(self, terms: LossTerms, encoding: Encoding, frame_nll: Tensor) -> LossTerms:
        """A method's own loss terms, from the negative log-likelihood of each frame ``[B, T]``."""
        return terms

    def _check(self, x: Tensor) -> None:
        if x.ndim < 3 or tuple(x.shape[2:]) != tuple(self.spec.event_shape):
            raise ValueError(
                f"{self.name} trained on {self.spec.name} expects [B, T, "
                f"{', '.join(map(str, self.spec.event_shape))}], got {list(x.shape)}"
            )
