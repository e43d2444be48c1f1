"""A filter that leaves of a posterior what :mod:`seqdisent.models.pruning` found to be signal."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian


class SignalFilter(nn.Module):
    """Cuts posterior means ``[B, n]`` down to ``rank`` directions, and makes the width the same for all.

    Buffers, not parameters: they are measured, never trained.
    """

    centre: Tensor
    down: Tensor
    up: Tensor
    log_std: Tensor

    def __init__(self, size: int, rank: int) -> None:
        super().__init__()
        if not 0 < rank <= size:
            raise ValueError(f"a code of {size} has no {rank} directions")
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("down", torch.eye(size)[:, :rank].contiguous())
        self.register_buffer("up", torch.eye(size)[:rank].contiguous())
        self.register_buffer("log_std", torch.zeros(size))

    def forward(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        mean = self.centre + (posterior.mean - self.centre) @ self.down @ self.up
        return DiagonalGaussian(mean, self.log_std.expand_as(mean))
