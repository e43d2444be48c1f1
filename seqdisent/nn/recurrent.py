"""Networks along time: sequence encoders for posteriors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

State = Tensor | tuple[Tensor, Tensor]


def recurrent_float32(
    network: nn.RNNBase, x: Tensor, state: State | None = None
) -> tuple[Tensor, State]:
    """Run a recurrent network in float32, also under autocast.

    Some CPUs have no recurrent kernel in bfloat16 (those without avx512_bf16): there autocast fails with an error
    of oneDNN. The other layers keep the precision that autocast gives them.

    Args:
        x: ``[B, K, inputs]``.
        state: the state to start from; zeros by default.

    Returns:
        The states of every step ``[B, K, H]`` in float32, and the last state.
    """
    if isinstance(state, Tensor):
        state = state.float()
    elif state is not None:
        state = (state[0].float(), state[1].float())
    with torch.autocast(x.device.type, enabled=False):
        return network(x.float(), state)


class SequenceEncoder(nn.Module):
    """A bidirectional LSTM whose states do not depend on what is stored after the end of a sequence.

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
        flip = _flip_index(lengths, x.shape[1])
        ahead, _ = recurrent_float32(self.forward_lstm, x)
        back, _ = recurrent_float32(self.backward_lstm, _gather(x, flip))
        last = (lengths - 1).clamp_min(0)[:, None]
        summary = torch.cat([_gather(ahead, last), _gather(back, last)], dim=-1).squeeze(1)
        states = torch.cat([ahead, _gather(back, flip)], dim=-1)
        return states, summary


def _flip_index(lengths: Tensor, steps: int) -> Tensor:
    """``[B, K]``: reverses the valid steps and leaves the rest in place (its own inverse)."""
    step = torch.arange(steps, device=lengths.device)[None]
    return torch.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)


def _gather(x: Tensor, index: Tensor) -> Tensor:
    """Steps ``index [B, N]`` of ``x [B, K, H]``: ``[B, N, H]``."""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[2]))
