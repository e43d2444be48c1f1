"""Projection of a posterior onto the subspace that :mod:`seqdisent.models.pruning` found to carry information."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian
from seqdisent.errors import UsageError


class SubspaceProjection(nn.Module):
    """Projects posterior means ``[B, n]`` onto ``rank`` directions and makes the width the same for all inputs.

    Its tensors are buffers, not parameters: they are estimated from posteriors, not trained.

    Args:
        size: n, size of the code.
        rank: directions that are kept.

    Raises:
        ValueError: if ``rank`` is not between 1 and ``size``.
    """

    centre: Tensor
    down: Tensor
    up: Tensor
    log_std: Tensor

    def __init__(self, size: int, rank: int) -> None:
        super().__init__()
        if not 0 < rank <= size:
            raise UsageError(f"a code of size {size} has no {rank} directions")
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("down", torch.eye(size)[:, :rank].contiguous())
        self.register_buffer("up", torch.eye(size)[:rank].contiguous())
        self.register_buffer("log_std", torch.zeros(size))

    def forward(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        """The projected posterior, ``[B, n]``."""
        coordinates = (posterior.mean - self.centre) @ self.down
        mean = self.centre + coordinates @ self.up
        return DiagonalGaussian(mean, self.log_std.expand_as(mean))
