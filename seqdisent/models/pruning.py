"""Prune the codes of a trained model to the directions that carry signal, without labels or training.

In training the decoder reads *samples* of the posterior, so a direction in which the posterior means vary less than a
sample does is of little use to it, and nothing in the objective removes information from it. But users read posterior
*means*, without noise: there such a direction is as readable as any other, and that is where information that does not
belong in a code survives. For the static code, and for the dynamic code of a full sequence (its K steps joined), this
module measures over training sequences the signal to noise ratio of every direction,

    SNR = eigenvalues of  N^-1/2 C N^-1/2,   C = Cov[mean(x)],   N = diag E[std(x)^2],

and keeps as few of the best as leave the reconstruction error where it was. The width of the posterior is replaced by
its average: how uncertain a model is differs between sequences too, and a probe on samples can read that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.factory import build_model
from seqdisent.models.vast import VAST
from seqdisent.types import Latents, Sequences, squared_error

BATCH = 128
TOLERANCE = 0.01  # share by which the squared error may rise, for each of the two codes
SEQUENCES = 3000  # from which directions are estimated
ERROR_STRIDE = 6  # of these, one in six measures the reconstruction error


@dataclass(frozen=True)
class Directions:
    """Directions of a code of size n, in decreasing order of signal to noise ratio.

    Args:
        snr: variance of the posterior means over that of a posterior sample, ``[n]``.
        centre: mean of the posterior means, ``[n]``.
        down: from a centred code to coordinates along the directions, ``[n, n]``.
        up: its inverse, ``[n, n]``.
        noise: root mean square posterior width, ``[n]``.
    """

    snr: Tensor
    centre: Tensor
    down: Tensor
    up: Tensor
    noise: Tensor

    @classmethod
    def of(cls, mean: Tensor, std: Tensor) -> Directions:
        """From posterior means and widths, both ``[N, n]``."""
        mean = mean.double()
        noise = std.double().square().mean(0).sqrt()
        centre = mean.mean(0)
        covariance = torch.cov(((mean - centre) / noise).T)
        ascending_snr, ascending_basis = torch.linalg.eigh(covariance)
        snr = ascending_snr.flip(0)
        basis = ascending_basis.flip(1)
        down = basis / noise[:, None]
        up = basis.T * noise[None]
        return cls(snr.float(), centre.float(), down.float(), up.float(), noise.float())

    def project(self, code: Tensor, rank: int) -> Tensor:
        """``code [N, n]`` with only its best ``rank`` directions."""
        coordinates = (code - self.centre) @ self.down[:, :rank]
        return self.centre + coordinates @ self.up[:rank]

    def state(self, rank: int) -> dict[str, Tensor]:
        """Buffers of a :class:`seqdisent.nn.SubspaceProjection` onto the best ``rank`` directions."""
        return {
            "centre": self.centre,
            "down": self.down[:, :rank].contiguous(),
            "up": self.up[:rank].contiguous(),
            "log_std": self.noise.log(),
        }


@torch.inference_mode()
def prune_codes(
    model: SequentialVAE,
    data: SequenceDataset,
    *,
    tolerance: float = TOLERANCE,
    sequences: int = SEQUENCES,
    seed: int = 0,
) -> tuple[VAST, dict[str, Directions]]:
    """A copy of ``model``, a VAST, whose codes are projected onto their signal, and the directions of both codes.

    For sequences of different lengths only the static code is pruned: their steps cannot be joined into one code.

    Args:
        data: training sequences.
        tolerance: share by which the squared error may rise, for each code; the static code is pruned first.
        sequences: how many sequences the directions are estimated from, chosen by ``seed``.

    Raises:
        ValueError: if this is another model, its codes have been pruned already, or ``tolerance`` is not positive.
    """
    if not isinstance(model, VAST):
        raise UsageError(f"pruning is a part of VAST; this model is {model.name!r}")
    if model.config.static_rank or model.config.dynamic_rank:
        raise UsageError("the codes of this model have been pruned already")
    if not tolerance > 0:
        raise UsageError(f"tolerance must be positive, got {tolerance}")
    order = np.random.default_rng(seed).permutation(len(data))
    rows = np.sort(order[:sequences])
    means, stds = posteriors_of(model, data, rows)
    names = ("static", "dynamic") if data.lengths is None else ("static",)
    directions = {name: Directions.of(means[name], stds[name]) for name in names}

    measured = np.arange(0, len(rows), ERROR_STRIDE)
    codes = {name: mean[measured] for name, mean in means.items()}
    ranks: dict[str, int] = {}
    for name in names:
        limit = (1 + tolerance) * _error(model, data, rows[measured], codes)
        ranks[name] = _least_rank(model, data, rows[measured], codes, name, directions[name], limit)
        codes = {**codes, name: directions[name].project(codes[name], ranks[name])}
    return _with_ranks(model, directions, ranks), directions


def posteriors_of(
    model: VAST, data: SequenceDataset, rows: np.ndarray
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Means and widths of both posteriors, ``static [N, S]`` and ``dynamic [N, K D]``."""
    encodings = []
    for batch in batches_of(data, rows):
        encodings.append(model.encode(batch.x, batch.mask, sample=False))
    static = [encoding.static for encoding in encodings]
    dynamic = [encoding.dynamic for encoding in encodings]
    means, stds = {}, {}
    for name, posteriors in (("static", static), ("dynamic", dynamic)):
        means[name] = torch.cat([posterior.mean.flatten(1) for posterior in posteriors])
        stds[name] = torch.cat([posterior.log_std.exp().flatten(1) for posterior in posteriors])
    return means, stds


def _with_ranks(model: VAST, directions: dict[str, Directions], ranks: dict[str, int]) -> VAST:
    """A copy of ``model`` with projections onto the best directions: ``ranks`` are those of ``static``, ``dynamic``."""
    config = replace(
        model.config, static_rank=ranks.get("static", 0), dynamic_rank=ranks.get("dynamic", 0)
    )
    pruned = build_model(model.name, model.spec, config)
    assert isinstance(pruned, VAST)
    weights = model.state_dict()
    for name, rank in ranks.items():
        for buffer, value in directions[name].state(rank).items():
            weights[f"{name}_filter.{buffer}"] = value
    pruned.load_state_dict(weights, strict=True)
    device = next(model.parameters()).device
    return pruned.to(device).train(model.training)


def _least_rank(
    model: VAST,
    data: SequenceDataset,
    rows: np.ndarray,
    codes: dict[str, Tensor],
    name: str,
    directions: Directions,
    limit: float,
) -> int:
    """The least rank of the code ``name`` that keeps the squared error within ``limit``, by bisection."""
    low, high = 1, len(directions.snr)
    while low < high:
        middle = (low + high) // 2
        projected = directions.project(codes[name], middle)
        if _error(model, data, rows, {**codes, name: projected}) <= limit:
            high = middle
        else:
            low = middle + 1
    return high


def _error(model: VAST, data: SequenceDataset, rows: np.ndarray, codes: dict[str, Tensor]) -> float:
    """Mean squared error a sequence of decoded codes, ``static [N, S]`` and ``dynamic [N, K D]``."""
    total, start = 0.0, 0
    for batch in batches_of(data, rows):
        part = slice(start, start + len(batch))
        dynamic = codes["dynamic"][part].view(len(batch), -1, model.config.dynamic_size)
        decoded = model.decode(Latents(codes["static"][part], dynamic))
        frame_error = squared_error(decoded, batch.x).flatten(2).sum(2)
        total += float((frame_error * batch.mask).sum())
        start += len(batch)
    return total / len(rows)


def batches_of(data: SequenceDataset, rows: np.ndarray) -> Iterator[Sequences]:
    """The sequences ``rows`` of ``data`` in batches."""
    for start in range(0, len(rows), BATCH):
        yield data[rows[start : start + BATCH]]
