"""Weights in as few bytes as hold them exactly.

A tensor is saved in half precision, or as 8-bit integers with a scale for each row, if that loses nothing; rounding to
such values is a step of its own that is done before a model is evaluated, so that the saved model is the measured one.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

SCALES = ".scales"  # suffix of the key of the scales of an 8-bit tensor
LEVELS = 127  # largest absolute value of an 8-bit weight
LEAST_ENTRIES = 1 << 14  # of a weight that is rounded to 8 bits: smaller ones save little


def round_to_half(model: nn.Module) -> None:
    """Round weights to values of half precision, in place: each by at most one part in 2,000."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.half())


def round_to_bytes(model: nn.Module) -> None:
    """Round large weight matrices and kernels to 8 bits and the other weights to half precision, in place.

    A weight changes by at most one part in 254 of the largest of its row, the weights of one output.
    """
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1 and weight.numel() >= LEAST_ENTRIES:
                weight.copy_(_restored(*_as_bytes(weight)))
            else:
                weight.copy_(weight.half())


def pack(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors to save: each in the smallest type that holds its values exactly."""
    packed = {}
    for name, value in weights.items():
        tensor = value.detach().cpu().contiguous()
        if tensor.dtype == torch.float32 and tensor.ndim > 1 and tensor.numel() >= LEAST_ENTRIES:
            levels, scales = _as_bytes(tensor)
            if torch.equal(_restored(levels, scales), tensor):
                packed[name] = levels
                packed[name + SCALES] = scales
                continue
        half = tensor.half()
        is_lossless = tensor.dtype == torch.float32 and torch.equal(half.float(), tensor)
        packed[name] = half if is_lossless else tensor
    return packed


def unpack(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The opposite of :func:`pack`, up to half precision, which loading into float32 undoes."""
    weights = {}
    for name, value in packed.items():
        if name.endswith(SCALES):
            continue
        scales = packed.get(name + SCALES)
        weights[name] = value if scales is None else _restored(value, scales)
    return weights


def _as_bytes(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Levels int8 of the shape of ``weight [R, ...]``, and scales bfloat16 ``[R]``."""
    rows = weight.detach().float().flatten(1)
    scales = (rows.abs().amax(1) / LEVELS).bfloat16()
    # A scale has 8 significant bits and a level 7, so that their product is exact in float32 and gives both again.
    divisors = scales.float().clamp_min(torch.finfo(torch.float32).tiny)
    levels = (rows / divisors[:, None]).round().clamp(-LEVELS, LEVELS)
    return levels.to(torch.int8).view(weight.shape), scales


def _restored(levels: Tensor, scales: Tensor) -> Tensor:
    rows = levels.flatten(1).float() * scales.float()[:, None]
    return rows.view(levels.shape)
