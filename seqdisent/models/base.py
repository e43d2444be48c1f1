"""The interface of every sequential VAE: encode, decode, sample, extend, swap, loss."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian, LatentChoice
from seqdisent.errors import UsageError
from seqdisent.models import loss_terms
from seqdisent.models.config import VAEConfig
from seqdisent.models.loss_terms import LossInputs, LossTerm
from seqdisent.nn import FrameNetworks, Observation, dynamic_prior
from seqdisent.spec import DatasetSpec
from seqdisent.types import Encoding, Latents, LossTerms, Sequences


class SequentialVAE(nn.Module, ABC):
    """p(x, s, z) = p(s) prod_t p(z_t | z_<t) p(x_t | s, z_t), with p(s) = N(0, I).

    A method is a subclass with a config of its own, :meth:`posterior` and :meth:`loss_terms`.

    Args:
        spec: the data set that the model is for.
        config: an instance of :attr:`Config`.
        networks: frame encoder, frame decoder and observation model for the events of ``spec``.

    Raises:
        ValueError: if a setting is not supported.
    """

    Config: ClassVar[type[VAEConfig]] = VAEConfig
    name: ClassVar[str]

    def __init__(self, spec: DatasetSpec, config: VAEConfig, networks: FrameNetworks) -> None:
        super().__init__()
        self.spec = spec
        self.config = config
        self.observation_model = networks.observation
        # The names of these attributes are keys of saved weights.
        self.frame_encoder = networks.encoder
        self.frame_decoder = networks.decoder
        self.prior = dynamic_prior(config.transition, config.dynamic_size, config.hidden)
        self.log_sigma = nn.Parameter(
            torch.tensor(math.log(config.sigma or 0.1)), requires_grad=config.sigma is None
        )

    # -- what a method defines -------------------------------------------------------------------

    @abstractmethod
    def posterior(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> Encoding:
        """Both posteriors of ``x [B, T, *event]``, and a code from each.

        Args:
            mask: ``[B, T]``, true where a frame exists.
            choice: how the codes are taken: samples or means.
        """

    def loss_encoding(self, x: Tensor, mask: Tensor, choice: LatentChoice) -> Encoding:
        """The encoding that the loss is computed from: :meth:`posterior`, unless a method trains on another."""
        return self.posterior(x, mask, choice)

    def loss_terms(self) -> list[LossTerm]:
        """The terms of the loss at present; here those of the evidence lower bound. A method adds its own."""
        config = self.config
        return [
            LossTerm("reconstruction", 1.0, loss_terms.reconstruction),
            LossTerm("static_kl", config.static_weight, loss_terms.static_kl),
            LossTerm("dynamic_kl", config.dynamic_weight, loss_terms.dynamic_kl),
        ]

    # -- what a user asks ------------------------------------------------------------------------

    @property
    def fixed_frames(self) -> int | None:
        """The only length of sequences that this model encodes; ``None``: any."""
        return None

    @property
    def trains_presence(self) -> bool:
        """Whether the loss has a term for which values are present, so that :meth:`presence` is meaningful."""
        return any(term.name == "presence" for term in self.loss_terms())

    # -- what a user calls -----------------------------------------------------------------------

    def encode(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        sample: bool = True,
        generator: torch.Generator | None = None,
    ) -> Encoding:
        """Posteriors and codes of ``x [B, T, *event]``.

        Args:
            mask: ``[B, T]``, true for the frames that exist, which come first; all exist by default.
            sample: take a sample of each posterior if true, its mean if false.
            generator: source of the noise of a sample.

        Raises:
            ValueError: if ``x`` is not a batch of sequences of this model's events.
        """
        self._check_events(x)
        every_frame = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        existing = every_frame if mask is None else mask
        encoding = self.posterior(x, existing, LatentChoice(sample, generator))
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
        steps = latents.dynamic.shape[1]
        if frames is not None and frames != steps:
            raise UsageError(f"{steps} latent steps cannot be decoded to {frames} frames")
        return self.observation(latents).values

    def presence(self, latents: Latents) -> Tensor:
        """Probability that each value is present, ``[B, K, *event]``; 1 if the data set has no missing values.

        Meaningful only for models that were trained on it (:attr:`trains_presence`).
        """
        return self.observation(latents).presence()

    def observation(self, latents: Latents) -> Observation:
        """p(x | s, z) of ``latents``."""
        parameters = self.frame_decoder(latents.static, latents.dynamic)
        return self.observation_model.from_decoder(parameters, self.log_sigma)

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
        """Latents of ``n`` sequences: given codes are kept bit for bit, the others are sampled from their priors.

        Args:
            frames: steps to sample; the length of the data set's sequences by default.
            static: ``[n, S]`` to keep.
            dynamic: ``[n, K, D]`` to keep.
            temperature: factor of the standard deviations of the priors; at 0 samples are their means.
            generator: source of the noise.

        Raises:
            ValueError: if ``n``, ``frames`` or a given code has the wrong size.
        """
        frames = self.spec.frames if frames is None else frames
        if n < 1 or frames < 1:
            raise UsageError(f"n and frames must be at least 1, got {n} and {frames}")
        for name, code in (("static", static), ("dynamic", dynamic)):
            if code is not None and len(code) != n:
                raise UsageError(f"{name} holds {len(code)} codes, but n is {n}")
        if static is None:
            static = self.sample_static(n, temperature, generator)
        if dynamic is None:
            dynamic = self.sample_dynamic(n, frames, temperature, generator)
        return Latents(static, dynamic)

    def sample_static(
        self, n: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        """Static codes ``[n, S]`` from p(s)."""
        prior = DiagonalGaussian.standard((n, self.config.static_size), like=self.log_sigma)
        return prior.tempered(temperature).sample(generator)

    def sample_dynamic(
        self, n: int, frames: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        """Dynamic codes ``[n, frames, D]`` from p(z)."""
        return self.prior.rollout(n, frames, temperature=temperature, generator=generator)

    def extend(
        self,
        start: Latents,
        frames: int,
        *,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Latents:
        """``start``, whose steps must all exist, followed by ``frames`` steps that are sampled from the prior.

        Args:
            temperature: factor of the standard deviations of the prior; at 0 each step is its mean.
            generator: source of the noise.

        Raises:
            ValueError: if ``frames`` is less than 1.
        """
        if frames < 1:
            raise UsageError(f"frames must be at least 1, got {frames}")
        continuation = self.prior.rollout(
            len(start), frames, start=start.dynamic, temperature=temperature, generator=generator
        )
        return Latents(start.static, torch.cat([start.dynamic, continuation], dim=1))

    @staticmethod
    def swap(a: Latents, b: Latents) -> tuple[Latents, Latents]:
        """Exchange the static codes: (b's static with a's dynamics, a's static with b's dynamics)."""
        return a.with_static(b), b.with_static(a)

    def loss(self, batch: Sequences, generator: torch.Generator | None = None) -> LossTerms:
        """The terms of :meth:`loss_terms` for every sequence, in nats.

        Args:
            generator: source of all noise.

        Raises:
            ValueError: if ``batch`` does not hold sequences of this model's events.
        """
        self._check_events(batch.x)
        batch = _without_padding(batch)
        choice = LatentChoice(sample=True, generator=generator)
        encoding = self.loss_encoding(batch.x, batch.mask, choice)
        observation = self.observation(encoding.latents)
        inputs = LossInputs(batch, encoding, observation, observation.nll(batch.x), self.prior)
        terms = self.loss_terms()
        values = {term.name: term.compute(inputs) for term in terms}
        weights = {term.name: term.weight for term in terms}
        return LossTerms(values, weights)

    # -- shared parts ----------------------------------------------------------------------------

    def features(self, x: Tensor) -> Tensor:
        """Frame features ``[B, T, G]`` of ``x [B, T, *event]``."""
        return self.frame_encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])

    def static_posterior(self, parameters: Tensor) -> DiagonalGaussian:
        """q(s|x) from network output ``[B, 2S]``."""
        return DiagonalGaussian.from_parameters(parameters)

    def dynamic_posterior(self, parameters: Tensor) -> DiagonalGaussian:
        """q(z_1:K|x) from network output ``[B, K, 2D]``."""
        return self.prior.constrain(DiagonalGaussian.from_parameters(parameters))

    def _check_events(self, x: Tensor) -> None:
        if x.ndim < 3 or tuple(x.shape[2:]) != tuple(self.spec.event_shape):
            event = ", ".join(map(str, self.spec.event_shape))
            raise UsageError(
                f"{self.name} trained on {self.spec.name} expects [B, T, {event}], got {list(x.shape)}"
            )


def _without_padding(batch: Sequences) -> Sequences:
    """Without labels and without the steps in which no sequence of the batch exists."""
    longest = int(batch.mask.sum(1).max())
    return Sequences(batch.x[:, :longest], batch.mask[:, :longest])
