"""Cut the codes of a trained model down to the directions that carry signal. No labels, no training.

The decoder meets *draws* from the posterior in training, so a direction in which the posterior means vary less
than a draw does is of little use to it, and nothing in the objective cleans it. But people use posterior
*means*, without noise: there such a direction is as readable as any other, and that is where what does not
belong in a code survives. For the static code, and for the dynamic code of a whole sequence (its K steps
joined), this module measures over training sequences the signal to noise ratio of every direction,

    SNR = eigenvalues of  N^-1/2 C N^-1/2,   C = Cov[mean(x)],   N = diag E[std(x)^2],

and keeps as few of the best as leave the reconstruction error where it was. The width of the posterior is replaced
by its average: how uncertain a model is differs between sequences too, and a probe of draws can read that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.models import SequentialVAE, build_model
from seqdisent.types import Latents, squared_error

BATCH = 128
TOLERANCE = 0.01  # share by which the squared error may rise for each of the two codes


@dataclass(frozen=True)
class Directions:
    """Directions of a code of size n, best first.

    Args:
        snr: variance of the means over that of a draw, ``[n]``.
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
        """From posterior means and widths ``[N, n]``."""
        mean, noise = mean.double(), std.double().square().mean(0).sqrt()
        centre = mean.mean(0)
        snr, turn = torch.linalg.eigh(torch.cov(((mean - centre) / noise).T))
        snr, turn = snr.flip(0), turn.flip(1)
        parts = (snr, centre, turn / noise[:, None], turn.T * noise[None], noise)
        return cls(*(part.float() for part in parts))

    def keep(self, code: Tensor, rank: int) -> Tensor:
        """``code [N, n]`` with only its best ``rank`` directions."""
        return self.centre + (code - self.centre) @ self.down[:, :rank] @ self.up[:rank]

    def state(self, prefix: str, rank: int) -> dict[str, Tensor]:
        """Buffers of a :class:`seqdisent.nn.SignalFilter`."""
        parts = {
            "centre": self.centre,
            "down": self.down[:, :rank].contiguous(),
            "up": self.up[:rank].contiguous(),
            "log_std": self.noise.log(),
        }
        return {f"{prefix}.{name}": part for name, part in parts.items()}


@torch.inference_mode()
def cut_codes(
    model: SequentialVAE,
    data: SequenceDataset,
    *,
    tolerance: float = TOLERANCE,
    sequences: int = 3000,
    seed: int = 0,
) -> tuple[SequentialVAE, dict[str, Directions]]:
    """A copy of ``model`` whose codes keep their signal only, and the directions of both codes.

    Of sequences of different lengths the static code alone is cut.

    Args:
        data: training sequences; ``sequences`` of them are used, and a sixth of these for the error.
        tolerance: share by which the squared error of those may rise, for each code. The static code is cut
            first.

    Raises:
        ValueError: if the codes of this model have been cut already, or ``tolerance`` is not positive.
    """
    if model.config.static_rank or model.config.dynamic_rank:
        raise UsageError("the codes of this model have been cut already")
    if not tolerance > 0:
        raise UsageError(f"tolerance must be positive, got {tolerance}")
    rows = np.sort(np.random.default_rng(seed).permutation(len(data))[:sequences])
    # The steps of sequences of different lengths cannot be joined into one code: theirs is left as it is.
    names = ("static", "dynamic") if data.lengths is None else ("static",)
    found: dict[str, list[Tensor]] = {
        "static": [],
        "dynamic": [],
        "static_std": [],
        "dynamic_std": [],
    }
    for batch in _batches(data, rows):
        encoding = model.encode(batch.x, batch.mask, sample=False)
        for name, posterior in (("static", encoding.static), ("dynamic", encoding.dynamic)):
            found[name].append(posterior.mean.flatten(1))
            found[f"{name}_std"].append(posterior.log_std.exp().flatten(1))
    codes = {name: torch.cat(parts) for name, parts in found.items()}
    directions = {name: Directions.of(codes[name], codes[f"{name}_std"]) for name in names}

    judged = np.arange(0, len(rows), 6)
    few = {name: codes[name][judged] for name in ("static", "dynamic")}
    ranks = {}
    for name, found_directions in directions.items():
        limit = (1 + tolerance) * _error(model, data, rows[judged], few)
        ranks[name] = _least_rank(model, data, rows[judged], few, name, found_directions, limit)
        few = {**few, name: found_directions.keep(few[name], ranks[name])}
    return _with_ranks(model, directions, ranks), directions


def _with_ranks(
    model: SequentialVAE, directions: dict[str, Directions], ranks: dict[str, int]
) -> SequentialVAE:
    config = replace(model.config, **{f"{name}_rank": rank for name, rank in ranks.items()})
    cut = build_model(model.name, model.spec, config)
    filters = {k: v for n in ranks for k, v in directions[n].state(f"{n}_filter", ranks[n]).items()}
    cut.load_state_dict({**model.state_dict(), **filters}, strict=True)
    return cut.to(next(model.parameters()).device).train(model.training)


def _least_rank(
    model, data, rows, codes: dict[str, Tensor], name: str, directions: Directions, limit: float
) -> int:
    """The least rank of one code that keeps the squared error within ``limit``, by bisection."""
    low, high = 1, len(directions.snr)
    while low < high:
        middle = (low + high) // 2
        if (
            _error(model, data, rows, {**codes, name: directions.keep(codes[name], middle)})
            <= limit
        ):
            high = middle
        else:
            low = middle + 1
    return high


def _error(
    model: SequentialVAE, data: SequenceDataset, rows: np.ndarray, codes: dict[str, Tensor]
) -> float:
    """Mean squared error a sequence of decoded codes."""
    total, at = 0.0, 0
    for batch in _batches(data, rows):
        part = slice(at, at + len(batch))
        dynamic = codes["dynamic"][part].view(len(batch), -1, model.config.dynamic_size)
        made = model.decode(Latents(codes["static"][part], dynamic))
        total += float((squared_error(made, batch.x).flatten(2).sum(2) * batch.mask).sum())
        at += len(batch)
    return total / len(rows)


def _batches(data: SequenceDataset, rows: np.ndarray) -> Iterator:
    for start in range(0, len(rows), BATCH):
        yield data[rows[start : start + BATCH]]
