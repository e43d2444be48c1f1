"""Swap and sample, scored by a judge (protocols of Li & Mandt 2018 and of Berman et al. 2024).

Every score stands beside chance, its off-target twin, the judge's own accuracy on real sequences
and the judge's accuracy on plain reconstructions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.judge import Judge, sequence_labels
from seqdisent.models import SequentialVAE
from seqdisent.types import Latents

BATCH = 128


@dataclass(frozen=True)
class Rate:
    """A proportion with its 95 % Wilson interval, over independent sequences or pairs."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, hits: np.ndarray) -> Rate:
        """From booleans ``[n]``."""
        n, z = len(hits), 1.959964
        if n == 0:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        p = float(np.mean(hits))
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return cls(p, float(max(0, centre - half)), float(min(1, centre + half)), n)


def encode_dataset(
    model: SequentialVAE, data: SequenceDataset, progress: Callable[[int, int], None] | None = None
) -> Latents:
    """Posterior means of every sequence of a split."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(data), BATCH):
            batch = data[start : start + BATCH]
            parts.append(model.encode(batch.x, batch.mask, sample=False).latents)
            if progress:
                progress(min(start + BATCH, len(data)), len(data))
    return Latents(torch.cat([p.static for p in parts]), torch.cat([p.dynamic for p in parts]))


def random_pairs(n: int, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of ``pairs`` random pairs of different sequences out of ``n``."""
    rng = np.random.default_rng(seed)
    a = rng.integers(n, size=pairs)
    return a, (a + rng.integers(1, n, size=pairs)) % n


def judge_accuracy(judge: Judge, data: SequenceDataset) -> dict[str, dict]:
    """The judge's own accuracy on real sequences, for each factor."""
    hits: dict[str, list[Tensor]] = {f.name: [] for f in judge.spec.factors}
    for start in range(0, len(data), BATCH):
        batch = data[start : start + BATCH]
        truth = sequence_labels(batch)
        for name, said in judge.classify(batch.x).items():
            hits[name].append(said == truth[name])
    return {name: asdict(Rate.of(torch.cat(h).numpy())) for name, h in hits.items()}


def swap_report(
    model: SequentialVAE,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    *,
    pairs: int = 2000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict:
    """Score reconstructions, swaps and samples of random pairs.

    For each pair the static code of B meets the dynamics of A. A factor is *kept* if the judge
    sees its donor's value (B's for static factors, A's for dynamic ones); *off target* counts, over
    the pairs whose two values differ, how often it sees the other sequence's value instead.

    Args:
        latents: posterior means of ``data``, from :func:`encode_dataset`.

    Returns:
        ``reconstruction``, ``swap``, ``static_sampled`` (dynamics of A, static from the prior) and
        ``dynamics_sampled`` (static of B, dynamics rolled out from the prior): factor -> rates;
        ``swap`` also has ``joint``.
    """
    a, b = random_pairs(len(data), pairs, seed)
    generator = torch.Generator().manual_seed(seed)
    truth = data.sequence_labels()
    donors = {f.name: (b if f.kind == "static" else a) for f in data.spec.factors}
    others = {f.name: (a if f.kind == "static" else b) for f in data.spec.factors}

    said: dict[str, dict[str, list[np.ndarray]]] = {}

    def listen(what: str, codes: Latents) -> None:
        for name, value in judge.classify(model.decode(codes)).items():
            said.setdefault(what, {}).setdefault(name, []).append(value.numpy())

    with torch.inference_mode():
        for start in range(0, pairs, BATCH):
            ra, rb = a[start : start + BATCH], b[start : start + BATCH]
            la, lb = latents[ra], latents[rb]
            n, frames = len(ra), la.dynamic.shape[1]
            listen("reconstruction", la)
            listen("swap", la.with_static(lb))
            listen("static_sampled", model.sample(n, frames, dynamic=la.dynamic, generator=generator))
            listen("dynamics_sampled", model.sample(n, frames, static=lb.static, generator=generator))
            if progress:
                progress(min(start + BATCH, pairs), pairs)

    heard = {what: {k: np.concatenate(v) for k, v in by.items()} for what, by in said.items()}
    report: dict = {
        "pairs": pairs,
        "seed": seed,
        "reconstruction": {name: asdict(Rate.of(heard["reconstruction"][name] == truth[name][a])) for name in truth},
        "swap": {},
        "static_sampled": {},
        "dynamics_sampled": {},
    }
    for factor in data.spec.factors:
        name, classes = factor.name, len(factor.classes)
        donor, other = truth[name][donors[name]], truth[name][others[name]]
        differ = donor != other
        for what in ("swap", "static_sampled", "dynamics_sampled"):
            # A sampled code replaces one side: only the side that was kept has a true value.
            replaced = {"static_sampled": "static", "dynamics_sampled": "dynamic"}.get(what)
            if replaced == factor.kind:
                kept_side = truth[name][a if what == "static_sampled" else b]
                off = Rate.of(heard[what][name] == kept_side)
                report[what][name] = {"off_target": asdict(off), "chance": 1 / classes}
                continue
            kept = heard[what][name] == donor
            report[what][name] = {"kept": asdict(Rate.of(kept)), "chance": 1 / classes}
            if what == "swap":
                off = (heard[what][name] == other)[differ]
                report[what][name]["off_target"] = asdict(Rate.of(off))
                report[what][name]["kept_where_different"] = asdict(Rate.of(kept[differ]))
    joint = np.ones(pairs, bool)
    for name in truth:
        joint &= heard["swap"][name] == truth[name][donors[name]]
    report["swap"]["joint"] = {"kept": asdict(Rate.of(joint))}
    return report


def reconstruction_error(
    model: SequentialVAE, data: SequenceDataset, latents: Latents, constant: Tensor
) -> dict[str, float]:
    """Squared error summed over a sequence (value units squared), averaged over sequences.

    Args:
        constant: the training mean ``[T, *event]``, the baseline of a model that knows nothing.
    """
    errors, baseline = [], []
    with torch.inference_mode():
        for start in range(0, len(data), BATCH):
            rows = np.arange(start, min(start + BATCH, len(data)))
            x = data[rows].x
            errors.append((model.decode(latents[rows]) - x).square().flatten(1).sum(1))
            baseline.append((constant - x).square().flatten(1).sum(1))
    error, base = torch.cat(errors), torch.cat(baseline)
    return {
        "squared_error_per_sequence": float(error.mean()),
        "standard_error": float(error.std() / len(error) ** 0.5),
        "training_mean_squared_error_per_sequence": float(base.mean()),
        "psnr_db": float(-10 * torch.log10(error.mean() / x[0].numel())),
    }
