"""Transitions: the prior p(z_1:K) of dynamic codes, how a step follows those before it.

All of them draw the first step from a Gaussian. After it noise enters at every step or never again, and what is
remembered is everything, the step before, or nothing. One interface: a model does not know which one it has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqdisent.distributions import LOG_STD_RANGE, DiagonalGaussian
from seqdisent.nn.recurrent import recurrent_float32

Chooser = Callable[[DiagonalGaussian], Tensor]  # a posterior's draw, or its mean


class Transition(nn.Module, ABC):
    """p(z_t | z_<t) for codes of ``size`` entries; networks have ``hidden`` units."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer(
            "like", torch.zeros(1), persistent=False
        )  # of its device and kind are new codes

    @abstractmethod
    def forward(self, z: Tensor) -> DiagonalGaussian:
        """Teacher forcing: ``z [B, K, D]`` -> p(z_t | z_<t) at every step, ``[B, K, D]``, without a loop over time."""

    @abstractmethod
    def _follow(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        """The ``steps`` that come after ``start [n, P, D]``, ``[n, steps, D]``; P may be 0."""

    def rollout(
        self,
        n: int,
        steps: int,
        *,
        start: Tensor | None = None,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draw ``[n, steps, D]``.

        Args:
            start: ``[n, P, D]`` to go on from; what is returned comes after it.
            temperature: what every standard deviation is multiplied by; at 0 each step is the most likely one.
        """
        start = self.like.new_zeros(n, 0, self.size) if start is None else start
        return self._follow(start, steps, temperature, generator)

    def settle(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        """q(z_1:K|x) from what an encoder says of each step, ``[B, K, D]``."""
        return posterior

    def draw(self, posterior: DiagonalGaussian, choose: Chooser) -> Tensor:
        """Codes ``[B, K, D]`` from q(z_1:K|x): a draw or the mean."""
        return choose(posterior)

    def divergence(self, q: DiagonalGaussian, p: DiagonalGaussian) -> Tensor:
        """KL(q || p) of each step in nats, ``[B, K]``."""
        return q.kl(p)

    def kl(self, posterior: DiagonalGaussian, z: Tensor) -> Tensor:
        """KL(q(z_t|x) || p(z_t|z_<t)) of each step in nats, ``[B, K]``, the prior fed with the draw ``z``."""
        return self.divergence(posterior, self(z))


class LSTMTransition(Transition):
    """Stochastic: an LSTM over past codes, and every draw is fed back (Li & Mandt 2018, section 3).

    In training the whole sequence is one fused call on the shifted codes; a rollout draws step by step. Both see
    the same numbers.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size)
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2 * size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        states, _ = recurrent_float32(self.lstm, _shifted(z))
        return DiagonalGaussian.from_parameters(self.head(states))

    def _follow(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        state, drawn = None, []
        z = start.new_zeros(len(start), 1, self.size)
        if start.shape[1]:
            _, state = recurrent_float32(self.lstm, _shifted(start))
            z = start[:, -1:]
        for _ in range(steps):
            h, state = recurrent_float32(self.lstm, z, state)
            z = (
                DiagonalGaussian.from_parameters(self.head(h))
                .tempered(temperature)
                .sample(generator)
            )
            drawn.append(z)
        return torch.cat(drawn, dim=1)


class DeterministicTransition(Transition):
    """Deterministic: z_1 is drawn, and an LSTM that is started by it runs on (Li & Mandt 2018, section 4).

    Of the posterior only the first step is free: the others are where the run has got to.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size)
        self.start = nn.Linear(size, 2 * hidden)
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        first = DiagonalGaussian.standard(z[:, :1].shape, z)
        return self._with_run(first, z[:, 0], z.shape[1])

    def settle(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        first = DiagonalGaussian(posterior.mean[:, :1], posterior.log_std[:, :1])
        return self._with_run(first, first.mean[:, 0], posterior.mean.shape[1])

    def draw(self, posterior: DiagonalGaussian, choose: Chooser) -> Tensor:
        first = choose(DiagonalGaussian(posterior.mean[:, :1], posterior.log_std[:, :1]))
        return torch.cat([first, self._run(first[:, 0], posterior.mean.shape[1] - 1)], dim=1)

    def divergence(self, q: DiagonalGaussian, p: DiagonalGaussian) -> Tensor:
        """That of the first step; given it there is nothing more to say."""
        return torch.nn.functional.pad(q.kl(p)[:, :1], (0, q.mean.shape[1] - 1))

    def _follow(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        if start.shape[1]:
            return self._run(start[:, 0], start.shape[1] - 1 + steps)[:, start.shape[1] - 1 :]
        like = start.new_zeros(len(start), self.size)
        first = DiagonalGaussian.standard(like.shape, like).tempered(temperature).sample(generator)
        return torch.cat([first[:, None], self._run(first, steps - 1)], dim=1)

    def _run(self, first: Tensor, steps: int) -> Tensor:
        """``steps`` steps after z_1 ``[B, D]``: ``[B, steps, D]``, in one fused call."""
        if steps == 0:
            return first.new_zeros(len(first), 0, self.size)
        state = [part.contiguous() for part in torch.tanh(self.start(first))[None].chunk(2, dim=-1)]
        states, _ = recurrent_float32(self.lstm, first[:, None].expand(-1, steps, -1), tuple(state))
        return self.head(states).float()

    def _with_run(self, first: DiagonalGaussian, z: Tensor, steps: int) -> DiagonalGaussian:
        run = self._run(z, steps - 1)
        sure = torch.full_like(run, LOG_STD_RANGE[0])
        return DiagonalGaussian(
            torch.cat([first.mean, run], 1), torch.cat([first.log_std, sure], 1)
        )


class LinearTransition(Transition):
    """Linear-Gaussian, the baseline: z_t = A z_(t-1) + b + noise of a learned scale; z_1 is N(0, I)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size)
        self.step = nn.Linear(size, size)
        self.log_std = nn.Parameter(torch.zeros(size))
        nn.init.eye_(self.step.weight)
        with torch.no_grad():
            self.step.weight.mul_(0.9)  # as it begins, a rollout stays where codes are
            self.step.bias.zero_()

    def forward(self, z: Tensor) -> DiagonalGaussian:
        first = DiagonalGaussian.standard(z[:, :1].shape, z)
        rest = self._next(z[:, :-1])
        return DiagonalGaussian(
            torch.cat([first.mean, rest.mean], 1), torch.cat([first.log_std, rest.log_std], 1)
        )

    def _next(self, z: Tensor) -> DiagonalGaussian:
        raw = torch.cat([self.step(z), self.log_std.expand_as(z)], dim=-1)
        return DiagonalGaussian.from_parameters(raw)

    def _follow(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        standard = DiagonalGaussian.standard((len(start), self.size), start)
        drawn = [start[:, -1]] if start.shape[1] else []
        for _ in range(steps):
            told = self._next(drawn[-1]) if drawn else standard
            drawn.append(told.tempered(temperature).sample(generator))
        return torch.stack(drawn[-steps:], dim=1)


class Independent(Transition):
    """No transition: every step is N(0, I) and knows of no other."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        return DiagonalGaussian.standard(z.shape, z)

    def _follow(
        self, start: Tensor, steps: int, temperature: float, generator: torch.Generator | None
    ) -> Tensor:
        told = DiagonalGaussian.standard((len(start), steps, self.size), start)
        return told.tempered(temperature).sample(generator)


TRANSITIONS: dict[str, type[Transition]] = {
    "stochastic": LSTMTransition,
    "deterministic": DeterministicTransition,
    "linear": LinearTransition,
    "independent": Independent,
}


def transition(name: str, size: int, hidden: int) -> Transition:
    """A freshly initialised transition; ``ValueError`` names those there are."""
    if name not in TRANSITIONS:
        raise ValueError(f"no transition {name!r}; choose from {sorted(TRANSITIONS)}")
    return TRANSITIONS[name](size, hidden)


def _shifted(z: Tensor) -> Tensor:
    """What an LSTM reads before it tells each step of ``z [B, K, D]``: zeros, then all but the last."""
    return torch.cat([torch.zeros_like(z[:, :1]), z[:, :-1]], dim=1)
