"""Swap and sample, scored by a judge (protocols of Li & Mandt 2018 and of Berman et al. 2024).

Every score stands beside chance, its off-target twin, the judge's own accuracy on real sequences
and the judge's accuracy on plain reconstructions.
"""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Progress, Subject
from seqdisent.evaluation.disentanglement import independent_factors, multifactor_swap
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.schema import Rate
from seqdisent.evaluation.statistics import success_rate
from seqdisent.modalities import modality_of
from seqdisent.spec import Factor
from seqdisent.types import Latents, squared_error

Opinion = dict[str, np.ndarray]  # factor -> probability of every class [n, C]
# What is generated, and the kind of factor whose code was kept (None: both, from the same sequence or a pair).
GENERATED = {
    "reconstruction": None,
    "swap": None,
    "static_sampled": "dynamic",
    "dynamics_sampled": "static",
}


def random_pairs(n: int, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of ``pairs`` random pairs of different sequences out of ``n``."""
    rng = np.random.default_rng(seed)
    a = rng.integers(n, size=pairs)
    return a, (a + rng.integers(1, n, size=pairs)) % n


def judge_real(judge: Judge, data: SequenceDataset, progress: Progress | None = None) -> Opinion:
    """The judge's opinion of every real sequence."""
    parts: dict[str, list[Tensor]] = {}
    seen = modality_of(data.spec).judge_dataset(data)
    for start in range(0, len(data), BATCH):
        for name, chance in judge.probabilities(seen[start : start + BATCH]).items():
            parts.setdefault(name, []).append(chance)
        if progress:
            progress(min(start + BATCH, len(data)), len(data))
    return {name: torch.cat(chances).numpy() for name, chances in parts.items()}


def judge_accuracy(real: Opinion, data: SequenceDataset) -> dict[str, dict]:
    """The judge's own accuracy on real sequences, for each factor."""
    truth = data.sequence_labels()
    return {name: asdict(_rate(chance.argmax(1), truth[name])) for name, chance in real.items()}


def swap_report(
    subject: Subject,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    real: Opinion,
    *,
    pairs: int = 2000,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict:
    """Score reconstructions, swaps and samples of random pairs.

    For each pair the static code of B meets the dynamics of A. A factor is *kept* if the judge
    sees its donor's value (B's for static factors, A's for dynamic ones); *off target* counts, over
    the pairs whose two values differ, how often it sees the other sequence's value instead.

    Args:
        latents: posterior means of ``data``.
        real: :func:`judge_real` of ``data``.

    Returns:
        ``reconstruction``, ``swap``, ``static_sampled`` (dynamics of A, static from the prior) and
        ``dynamics_sampled`` (static of B, dynamics rolled out from the prior): factor -> rates, with
        :func:`_opinions` beside; ``swap`` also has ``joint``; and ``multifactor_swap``, the score of
        :func:`.multifactor.multifactor_swap` over both exchanges.
    """
    a, b = random_pairs(len(data), pairs, seed)
    generator = torch.Generator().manual_seed(seed)
    truth = {name: labels for name, labels in data.sequence_labels().items() if name in real}
    factors = [f for f in data.spec.factors if f.name in real]
    heard: dict[str, dict[str, list[np.ndarray]]] = {
        w: {f.name: [] for f in factors} for w in (*GENERATED, "dynamic")
    }

    def listen(what: str, codes: Latents) -> None:
        for name, chance in judge.probabilities(
            modality_of(data.spec).judge_batch(subject.decode(codes), data.spec)
        ).items():
            if name in heard[what]:  # what it cannot know it is not asked
                heard[what][name].append(chance.numpy())

    with torch.inference_mode():
        for start in range(0, pairs, BATCH):
            ra, rb = a[start : start + BATCH], b[start : start + BATCH]
            la, lb = latents[ra], latents[rb]
            n, frames = len(ra), la.dynamic.shape[1]
            as_long = lambda codes: replace(codes, mask=la.mask)  # noqa: B023 (called at once)
            listen("reconstruction", la)
            listen("swap", la.with_static(lb))
            listen("dynamic", la.with_dynamic(lb))
            listen(
                "static_sampled",
                as_long(subject.sample(n, frames, dynamic=la.dynamic, generator=generator)),
            )
            listen(
                "dynamics_sampled",
                as_long(subject.sample(n, frames, static=lb.static, generator=generator)),
            )
            if progress:
                progress(min(start + BATCH, pairs), pairs)

    said = {
        what: {name: np.concatenate(parts) for name, parts in by.items()}
        for what, by in heard.items()
    }
    report: dict = {"pairs": pairs, "seed": seed, **{what: {} for what in GENERATED}}
    joint = np.ones(pairs, bool)
    for factor in factors:
        name, donor_rows = factor.name, b if factor.kind == "static" else a
        other_rows = a if factor.kind == "static" else b
        for what, kept_kind in GENERATED.items():
            rows = a if what == "reconstruction" else donor_rows
            figures = _opinions(said[what][name], real[name][rows])
            seen = said[what][name].argmax(1)
            if kept_kind is not None and kept_kind != factor.kind:
                # The code that should hold it was drawn: seeing the old value is the other code's leak.
                figures["off_target"] = asdict(
                    _rate(seen, truth[name][a if kept_kind == "dynamic" else b])
                )
                figures.pop("disagreement"), figures.pop("kl_nats")
            else:
                figures["kept"] = asdict(_rate(seen, truth[name][rows]))
            report[what][name] = {**figures, "chance": 1 / len(factor.classes)}
        seen, donor, other = (
            said["swap"][name].argmax(1),
            truth[name][donor_rows],
            truth[name][other_rows],
        )
        differ = (donor != other) & (donor >= 0) & (other >= 0)
        report["swap"][name]["off_target"] = asdict(_rate(seen[differ], other[differ]))
        report["swap"][name]["kept_where_different"] = asdict(_rate(seen[differ], donor[differ]))
        joint &= (seen == donor) | (donor < 0)
    report["swap"]["joint"] = {
        "kept": asdict(success_rate(joint)),
        "chance": _joint_chance(factors, truth),
    }
    report["multifactor_swap"] = _multifactor(said, truth, factors, (a, b))
    return report


def _multifactor(
    said: dict[str, Opinion], truth: dict[str, np.ndarray], factors: list[Factor], pairs
) -> dict | None:
    """Both exchanges with A as the source and B as the donor, over factors that are not made of others."""
    a, b = pairs
    names = independent_factors(truth)
    if any((truth[n] < 0).any() for n in names):
        return None  # the score has no notion of a missing label
    swapped = {
        kind: [f.name for f in factors if f.kind == kind and f.name in names]
        for kind in ("static", "dynamic")
    }
    seen = {
        kind: {n: said[w][n].argmax(1) for n in names}
        for kind, w in (("static", "swap"), ("dynamic", "dynamic"))
    }
    return multifactor_swap(
        seen,
        {n: truth[n][a] for n in names},
        {n: truth[n][b] for n in names},
        swapped,
        {f.name: len(f.classes) for f in factors if f.name in names},
    )


def _rate(seen: np.ndarray, truth: np.ndarray) -> Rate:
    known = truth >= 0
    return success_rate(seen[known] == truth[known])


def _joint_chance(factors: list[Factor], truth: dict[str, np.ndarray]) -> float:
    """How often a blind guess gets every factor right: one in as many combinations as there are."""
    return 1 / len(np.unique(np.stack([truth[f.name] for f in factors], 1), axis=0))


def _opinions(said: np.ndarray, before: np.ndarray) -> dict[str, float]:
    """Measures of what the judge says ``[n, C]`` of generated sequences, beside the real ones ``before``.

    :func:`inception`, and ``disagreement``: how often the most likely class differs from that of the real sequence
    that the kept code comes from, and ``kl_nats``: the mean KL(real || generated) of the judge's two opinions
    (Li & Mandt 2018, section 4.1).
    """
    divergence = (
        before * (np.log(np.clip(before, 1e-12, 1)) - np.log(np.clip(said, 1e-12, 1)))
    ).sum(1)
    return {
        **inception(said),
        "disagreement": float(np.mean(said.argmax(1) != before.argmax(1))),
        "kl_nats": float(divergence.mean()),
    }


def inception(said: np.ndarray) -> dict[str, float]:
    """Of what a judge says ``[n, C]``: ``inception_score`` exp(H(y) - H(y|x)), at most C; ``h_y`` at most log C and
    ``h_y_given_x`` at least 0, in nats (as in S3VAE and DBSE)."""
    entropy = lambda p: float(-(p * np.log(np.clip(p, 1e-12, 1))).sum(-1).mean())
    h_y, h_y_given_x = entropy(said.mean(0)), entropy(said)
    return {
        "inception_score": float(np.exp(h_y - h_y_given_x)),
        "h_y": h_y,
        "h_y_given_x": h_y_given_x,
    }


def reconstruction_error(
    subject: Subject, data: SequenceDataset, latents: Latents, constant: Tensor
) -> dict[str, float]:
    """Squared error summed over a sequence (value units squared), averaged over sequences.

    Args:
        constant: the training mean ``[T, *event]``, the baseline of a model that knows nothing.
    """
    errors, baseline, values = [], [], 0
    with torch.inference_mode():
        for start in range(0, len(data), BATCH):
            rows = np.arange(start, min(start + BATCH, len(data)))
            batch = data[rows]
            sum_of = lambda squared: (squared.flatten(2).sum(2) * batch.mask).sum(1)  # noqa: B023 (called at once)
            errors.append(sum_of(squared_error(subject.decode(latents[rows]).x, batch.x)))
            baseline.append(sum_of(squared_error(constant, batch.x)))
            values += int((~torch.isnan(batch.x)).flatten(2).sum(2)[batch.mask].sum())
    error, base = torch.cat(errors), torch.cat(baseline)
    low, high = data.spec.value_range
    per_value = error.sum() / values / (high - low) ** 2
    return {
        "squared_error_per_sequence": float(error.mean()),
        "standard_error": float(error.std() / len(error) ** 0.5),
        "training_mean_squared_error_per_sequence": float(base.mean()),
        "psnr_db": float(-10 * torch.log10(per_value)) if per_value > 0 else float("inf"),
    }
