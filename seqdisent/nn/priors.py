"""Priors p(z_1:K) of dynamic codes: how a step follows the steps before it.

All of them sample the first step from a Gaussian. They differ in whether noise enters at later steps, and in how much
of the past a step depends on: all of it, the step before, or nothing. Models use the one interface
:class:`DynamicPrior` and do not depend on which prior they have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from seqdisent.distributions import LOG_STD_RANGE, DiagonalGaussian, LatentChoice
from seqdisent.errors import UsageError
from seqdisent.nn.recurrent import State, recurrent_float32


class DynamicPrior(nn.Module, ABC):
    """p(z_t | z_<t) for codes of D entries.

    Args:
        size: D.
        hidden: units of its networks, if it has any.
    """

    reference: Tensor

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.size = size
        # Not saved: it only gives sampled codes their device and dtype.
        self.register_buffer("reference", torch.zeros(1), persistent=False)

    @abstractmethod
    def forward(self, z: Tensor) -> DiagonalGaussian:
        """Teacher forcing: ``z [B, K, D]`` -> p(z_t | z_<t) at every step, ``[B, K, D]``, without a loop over time."""

    @abstractmethod
    def _continue(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        """The ``steps`` that come after ``start [n, P, D]``: ``[n, steps, D]``; P may be 0."""

    def rollout(
        self,
        n: int,
        steps: int,
        *,
        start: Tensor | None = None,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample ``[n, steps, D]``.

        Args:
            start: ``[n, P, D]``, steps to continue from; they are not part of the result.
            temperature: factor of every standard deviation; at 0 each step is its mean given the steps before it.
            generator: source of the noise.
        """
        if start is None:
            start = self.reference.new_zeros(n, 0, self.size)
        return self._continue(start, steps, temperature, generator)

    def constrain(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        """q(z_1:K|x), from an encoder's Gaussian for each step, ``[B, K, D]``."""
        return posterior

    def choose(self, posterior: DiagonalGaussian, choice: LatentChoice) -> Tensor:
        """Codes ``[B, K, D]`` from q(z_1:K|x): a sample or the mean."""
        return choice(posterior)

    def kl(self, posterior: DiagonalGaussian, z: Tensor) -> Tensor:
        """KL(q(z_t|x) || p(z_t|z_<t)) of each step in nats, ``[B, K]``.

        Args:
            posterior: ``[B, K, D]``.
            z: codes sampled from it, ``[B, K, D]``, on which the prior is conditioned (teacher forcing).
        """
        return posterior.kl(self(z))


class StochasticPrior(DynamicPrior):
    """An LSTM over the past codes; every sampled step is its next input (Li & Mandt 2018, section 3).

    In training the whole sequence is one fused call on the shifted codes; a rollout samples step by step. Both give
    the same distributions.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2 * size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        states, _ = recurrent_float32(self.lstm, _shifted(z))
        return DiagonalGaussian.from_parameters(self.head(states))

    def _continue(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        state: State | None = None
        z = start.new_zeros(len(start), 1, self.size)
        if start.shape[1]:
            _, state = recurrent_float32(self.lstm, _shifted(start))
            z = start[:, -1:]
        sampled = []
        for _ in range(steps):
            hidden, state = recurrent_float32(self.lstm, z, state)
            step = DiagonalGaussian.from_parameters(self.head(hidden))
            z = step.tempered(temperature).sample(generator)
            sampled.append(z)
        return torch.cat(sampled, dim=1)


class DeterministicPrior(DynamicPrior):
    """z_1 is sampled, and all later steps are a function of it, an LSTM (Li & Mandt 2018, section 4).

    Of the posterior only the first step is free; the other steps are the outputs of the LSTM.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        self.start = nn.Linear(size, 2 * hidden)
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        first = DiagonalGaussian.standard(z[:, :1].shape, z)
        return self._with_later_steps(first, z[:, 0], z.shape[1])

    def constrain(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        first = _first_step(posterior)
        return self._with_later_steps(first, first.mean[:, 0], posterior.mean.shape[1])

    def choose(self, posterior: DiagonalGaussian, choice: LatentChoice) -> Tensor:
        first = choice(_first_step(posterior))
        later = self._later_steps(first[:, 0], posterior.mean.shape[1] - 1)
        return torch.cat([first, later], dim=1)

    def kl(self, posterior: DiagonalGaussian, z: Tensor) -> Tensor:
        """That of the first step; given the first step the others are certain and add nothing."""
        first = posterior.kl(self(z))[:, :1]
        return nn.functional.pad(first, (0, posterior.mean.shape[1] - 1))

    def _continue(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        given = start.shape[1]
        if given:
            return self._later_steps(start[:, 0], given - 1 + steps)[:, given - 1 :]
        standard = DiagonalGaussian.standard((len(start), self.size), start)
        first = standard.tempered(temperature).sample(generator)
        return torch.cat([first[:, None], self._later_steps(first, steps - 1)], dim=1)

    def _later_steps(self, first: Tensor, steps: int) -> Tensor:
        """``steps`` steps after z_1 ``[B, D]``: ``[B, steps, D]``, in one fused call."""
        if steps == 0:
            return first.new_zeros(len(first), 0, self.size)
        hidden, cell = torch.tanh(self.start(first))[None].chunk(2, dim=-1)
        state = (hidden.contiguous(), cell.contiguous())
        inputs = first[:, None].expand(-1, steps, -1)
        states, _ = recurrent_float32(self.lstm, inputs, state)
        return self.head(states).float()

    def _with_later_steps(self, first: DiagonalGaussian, z: Tensor, steps: int) -> DiagonalGaussian:
        """A Gaussian of z_1, then the steps that follow ``z [B, D]`` with the least standard deviation."""
        later = self._later_steps(z, steps - 1)
        certain = torch.full_like(later, LOG_STD_RANGE[0])
        return _joined(first, DiagonalGaussian(later, certain))


class LinearPrior(DynamicPrior):
    """Linear-Gaussian, a baseline: z_t = A z_(t-1) + b + noise of a learned scale; z_1 is N(0, I)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        self.step = nn.Linear(size, size)
        self.log_std = nn.Parameter(torch.zeros(size))
        nn.init.eye_(self.step.weight)
        with torch.no_grad():
            # Below 1, so that a rollout of the untrained prior stays near the codes.
            self.step.weight.mul_(0.9)
            self.step.bias.zero_()

    def forward(self, z: Tensor) -> DiagonalGaussian:
        first = DiagonalGaussian.standard(z[:, :1].shape, z)
        return _joined(first, self._next(z[:, :-1]))

    def _next(self, z: Tensor) -> DiagonalGaussian:
        parameters = torch.cat([self.step(z), self.log_std.expand_as(z)], dim=-1)
        return DiagonalGaussian.from_parameters(parameters)

    def _continue(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        step = DiagonalGaussian.standard((len(start), self.size), start)
        if start.shape[1]:
            step = self._next(start[:, -1])
        sampled = []
        for _ in range(steps):
            z = step.tempered(temperature).sample(generator)
            sampled.append(z)
            step = self._next(z)
        return torch.stack(sampled, dim=1)


class IndependentPrior(DynamicPrior):
    """Every step is N(0, I) and independent of the others."""

    def forward(self, z: Tensor) -> DiagonalGaussian:
        return DiagonalGaussian.standard(z.shape, z)

    def _continue(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        standard = DiagonalGaussian.standard((len(start), steps, self.size), start)
        return standard.tempered(temperature).sample(generator)


# VAEConfig.transition -> prior
PRIORS: dict[str, type[DynamicPrior]] = {
    "stochastic": StochasticPrior,
    "deterministic": DeterministicPrior,
    "linear": LinearPrior,
    "independent": IndependentPrior,
}


def dynamic_prior(transition: str, size: int, hidden: int) -> DynamicPrior:
    """A freshly initialised prior; ``ValueError`` names those there are.

    Args:
        transition: name in :data:`PRIORS`.
        size: D.
        hidden: units of its networks.
    """
    if transition not in PRIORS:
        raise UsageError(f"no transition {transition!r}; choose from {sorted(PRIORS)}")
    return PRIORS[transition](size, hidden)


def _first_step(gaussian: DiagonalGaussian) -> DiagonalGaussian:
    return DiagonalGaussian(gaussian.mean[:, :1], gaussian.log_std[:, :1])


def _joined(first: DiagonalGaussian, later: DiagonalGaussian) -> DiagonalGaussian:
    """Both one after the other along time."""
    mean = torch.cat([first.mean, later.mean], dim=1)
    log_std = torch.cat([first.log_std, later.log_std], dim=1)
    return DiagonalGaussian(mean, log_std)


def _shifted(z: Tensor) -> Tensor:
    """Inputs of an LSTM that predicts each step of ``z [B, K, D]``: zeros, then all steps but the last."""
    return torch.cat([torch.zeros_like(z[:, :1]), z[:, :-1]], dim=1)
