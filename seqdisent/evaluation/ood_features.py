"""Features of sequences for :mod:`seqdisent.evaluation.out_of_distribution`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from seqdisent.modalities import modality_of
from seqdisent.modalities.features import Reconstruction
from seqdisent.models import SequentialVAE
from seqdisent.types import Sequences


@dataclass(frozen=True, eq=False)
class Measured:
    """Features and codes of N sequences.

    Args:
        values: by key of :meth:`seqdisent.modalities.Modality.features`, float ``[N]``, NaN where there is none.
        codes: ``static`` and ``dynamic`` (the mean over time), float ``[N, F]``.
    """

    values: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]

    def __getitem__(self, rows: np.ndarray | slice) -> Measured:
        """Some of the sequences, by positions, a slice or a mask."""
        values = {key: value[rows] for key, value in self.values.items()}
        codes = {key: code[rows] for key, code in self.codes.items()}
        return Measured(values, codes)

    @staticmethod
    def cat(parts: Sequence[Measured]) -> Measured:
        """The sequences of all parts, which have the same features."""
        values = {key: np.concatenate([p.values[key] for p in parts]) for key in parts[0].values}
        codes = {key: np.concatenate([p.codes[key] for p in parts]) for key in parts[0].codes}
        return Measured(values, codes)


@torch.inference_mode()
def measure(model: SequentialVAE, batch: Sequences) -> Measured:
    """Encode and decode sequences, and measure them.

    Errors are root mean squares over the values that are there, in dB or in units of ``x``.
    """
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    reconstruction = Reconstruction(batch, model.decode(latents))
    values = {"error": reconstruction.root_mean_square_error()}
    values |= modality_of(model.spec).measure_features(reconstruction, model.spec)
    codes = {"static": latents.static.numpy(), "dynamic": latents.timeline(1).mean(1).numpy()}
    return Measured(values, codes)
