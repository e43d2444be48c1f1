"""Networks along time: sequence encoders for posteriors, and the LSTM prior."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqdisent.gaussian import DiagonalGaussian


class SequenceEncoder(nn.Module):
    """A bidirectional LSTM that never reads past the end of a sequence.

    Args:
        inputs: size of a step's input.
        hidden: hidden units in each direction.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.forward_lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.backward_lstm = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """``x [B, K, inputs]``, ``mask [B, K]`` -> states ``[B, K, 2H]`` and a summary ``[B, 2H]``.

        Sequences are left-aligned: a mask is a run of ones, then zeros. The summary joins the last
        valid state of both directions.
        """
        lengths = mask.sum(1)
        ahead, _ = self.forward_lstm(x)
        flip = _flip_index(lengths, x.shape[1])
        back, _ = self.backward_lstm(_gather(x, flip))
        last = (lengths - 1).clamp_min(0)[:, None, None]
        end = lambda h: h.gather(1, last.expand(-1, 1, h.shape[2])).squeeze(1)
        summary = torch.cat([end(ahead), end(back)], dim=-1)
        return torch.cat([ahead, _gather(back, flip)], dim=-1), summary


def _flip_index(lengths: Tensor, steps: int) -> Tensor:
    """``[B, K]``: reverses the valid steps and leaves the rest in place (its own inverse)."""
    step = torch.arange(steps, device=lengths.device)[None]
    return torch.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)


def _gather(x: Tensor, index: Tensor) -> Tensor:
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[2]))


class LSTMPrior(nn.Module):
    """p(z_t | z_<t): an LSTM over past dynamic codes (Li & Mandt 2018, section 3).

    In training the whole sequence is one fused call on the shifted codes (teacher forcing);
    :meth:`rollout` draws step by step. Both see the same numbers.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.size = size
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2 * size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        """Teacher forcing: ``z [B, K, D]`` -> p(z_t | z_<t) at every step, ``[B, K, D]``."""
        past = torch.cat([torch.zeros_like(z[:, :1]), z[:, :-1]], dim=1)
        states, _ = self.lstm(past)
        return DiagonalGaussian.from_parameters(self.head(states))

    def rollout(self, n: int, steps: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``[n, steps, D]`` from the prior, feeding each draw back."""
        z = self.head.weight.new_zeros(n, 1, self.size)
        state, drawn = None, []
        for _ in range(steps):
            h, state = self.lstm(z, state)
            z = DiagonalGaussian.from_parameters(self.head(h)).sample(generator)
            drawn.append(z)
        return torch.cat(drawn, dim=1)
