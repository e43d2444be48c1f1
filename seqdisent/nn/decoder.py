"""The interface of frame decoders."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class FrameDecoder(nn.Module, ABC):
    """From both codes to the parameters of p(x_t | s, z_t) of every frame."""

    @abstractmethod
    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, *parameters]``.

        The shape of the parameters is :meth:`seqdisent.nn.observation.Observation.parameter_shape`.
        """


def join_codes(static: Tensor, dynamic: Tensor) -> Tensor:
    """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, S + D]``: the static code repeated at every step."""
    repeated = static[:, None].expand(-1, dynamic.shape[1], -1)
    return torch.cat([repeated, dynamic], dim=-1)
