"""Cut a static code down to the directions that carry signal. No labels and no training are needed.

The decoder meets *draws* from the posterior in training, so a direction of the static code in which the
posterior means vary less than a draw does is of no use to it, and nothing in the objective cleans it. But
people use posterior *means*, without noise: there such a direction is as readable as any other, and that is
where what does not belong in the code survives. This module measures, over training sequences, the signal
to noise ratio of every direction, and keeps those above a threshold:

    SNR = eigenvalues of  N^-1/2 C N^-1/2,   C = Cov[mean(x)],   N = diag E[std(x)^2].

The width of the posterior is replaced by its average: how uncertain a model is differs between sequences too,
and a probe of draws can read that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.models import SequentialVAE, build_model

BATCH = 128


@dataclass(frozen=True)
class SignalDirections:
    """Directions of the static code, best first.

    Args:
        snr: variance of the means over that of a draw, ``[S]``.
        centre: mean of the posterior means, ``[S]``.
        down: from a centred code to coordinates along the directions, ``[S, S]``.
        up: its inverse, ``[S, S]``.
        noise: root mean square posterior width, ``[S]``.
    """

    snr: Tensor
    centre: Tensor
    down: Tensor
    up: Tensor
    noise: Tensor


@torch.inference_mode()
def signal_directions(model: SequentialVAE, data: SequenceDataset, sequences: int = 3000, seed: int = 0):
    """Measure :class:`SignalDirections` on some training sequences."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(data))[:sequences])
    means, stds = [], []
    for part in np.array_split(rows, max(1, len(rows) // BATCH)):
        batch = data[part]
        static = model.encode(batch.x, batch.mask, sample=False).static
        means.append(static.mean.double())
        stds.append(static.log_std.exp().double())
    mean, noise = torch.cat(means), torch.cat(stds).square().mean(0).sqrt()
    centre = mean.mean(0)
    snr, turn = torch.linalg.eigh(torch.cov(((mean - centre) / noise).T))
    snr, turn = snr.flip(0), turn.flip(1)
    return SignalDirections(
        snr.float(), centre.float(), (turn / noise[:, None]).float(), (turn.T * noise[None]).float(),
        noise.float(),
    )  # fmt: skip


def cut_static_code(model: SequentialVAE, directions: SignalDirections, snr: float) -> SequentialVAE:
    """A copy of ``model`` whose static posterior mean keeps only directions with at least this ratio, its width
    being the same for every sequence.

    Raises:
        ValueError: if no direction would be left, or the model's code has been cut already.
    """
    if model.config.static_rank:
        raise ValueError("the static code of this model has been cut already")
    rank = int((directions.snr >= snr).sum())
    if not rank:
        raise ValueError(f"no direction has a signal to noise ratio of {snr:g}; the best has {directions.snr[0]:.2g}")
    cut = build_model(model.name, model.spec, replace(model.config, static_rank=rank))
    basis = {
        "static_centre": directions.centre,
        "static_down": directions.down[:, :rank].contiguous(),
        "static_up": directions.up[:rank].contiguous(),
        "static_log_std": directions.noise.log(),
    }
    cut.load_state_dict({**model.state_dict(), **basis}, strict=True)
    return cut.to(next(model.parameters()).device).train(model.training)
