"""Reconstruction error, compared with that of predicting the training mean."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Subject
from seqdisent.evaluation.schema import Reconstruction
from seqdisent.types import Latents, squared_error

EVERY = 8  # the training mean is that of every eighth sequence


def training_mean(data: SequenceDataset) -> Tensor:
    """The mean sequence ``[T, *event]``, step by step; missing values and steps are left out."""
    some = data[np.arange(0, len(data), EVERY)]
    mask = some.mask.view(*some.mask.shape, *[1] * (some.x.ndim - 2))
    present = mask & ~torch.isnan(some.x)
    total = torch.where(present, some.x, 0.0).sum(0)
    return total / present.sum(0).clamp_min(1)


def reconstruction_error(
    subject: Subject, data: SequenceDataset, latents: Latents, constant: Tensor
) -> Reconstruction:
    """Squared error summed over a sequence (value units squared), averaged over sequences.

    Args:
        latents: codes of ``data`` that are decoded.
        constant: :func:`training_mean` ``[T, *event]``, the baseline.
    """
    errors, baselines, values = [], [], 0
    with torch.inference_mode():
        for start in range(0, len(data), BATCH):
            rows = np.arange(start, min(start + BATCH, len(data)))
            batch = data[rows]
            decoded = subject.decode(latents[rows]).x
            errors.append(_by_sequence(squared_error(decoded, batch.x), batch.mask))
            baselines.append(_by_sequence(squared_error(constant, batch.x), batch.mask))
            present = (~torch.isnan(batch.x)).flatten(2).sum(2)
            values += int(present[batch.mask].sum())
    error, baseline = torch.cat(errors), torch.cat(baselines)
    low, high = data.spec.value_range
    per_value = error.sum() / values / (high - low) ** 2
    return Reconstruction(
        squared_error_per_sequence=float(error.mean()),
        standard_error=float(error.std() / len(error) ** 0.5),
        training_mean_squared_error_per_sequence=float(baseline.mean()),
        psnr_db=float(-10 * torch.log10(per_value)) if per_value > 0 else float("inf"),
    )


def _by_sequence(squared: Tensor, mask: Tensor) -> Tensor:
    """The sum over the steps that exist, ``[B]``."""
    return (squared.flatten(2).sum(2) * mask).sum(1)
