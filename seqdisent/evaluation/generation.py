"""Generation, by the measures of Li & Mandt (2018) and their followers: are samples varied, sure, steady, and new?

What a judge says of sequences drawn from the prior; how often it changes its mind about a static factor from frame to
frame, and from one rollout of the dynamics to another; and whether samples are copies of training sequences, which
needs no judge. Every figure stands beside the same of real test sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Subject
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.statistics import Bootstrap
from seqdisent.evaluation.swap import Opinion, inception
from seqdisent.modalities import modality_of
from seqdisent.spec import Factor
from seqdisent.types import Latents, Sequences

SAMPLES = 500  # sequences with both codes from the prior
KEPT, ROLLOUTS = 60, 8  # static codes of real sequences, and rollouts for each
NEIGHBOURS = 200  # samples, and test sequences, whose nearest training sequence is looked for
FRAMES = 1024  # single frames that a judge sees at once
CLOSE = 0.01  # quantile of the test distances below which a sample is suspiciously near
Say = Callable[[str, int, int], None]


def generation_report(
    subject: Subject,
    judge: Judge | None,
    train: SequenceDataset,
    data: SequenceDataset,
    latents: Latents,
    real: Opinion,
    *,
    seed: int = 0,
    say: Say | None = None,
) -> dict[str, Any]:
    """Everything that is measured of generation, as plain types.

    Args:
        judge: None leaves out all but ``neighbours``.
        train: what samples may be copies of.
        data: test sequences.
        latents: posterior means of ``data``.
        real: :func:`seqdisent.evaluation.swap.judge_real` of ``data``; empty without a judge.

    Returns:
        ``samples``: by factor, :func:`~.swap.inception` of samples of both codes and, under ``real``, of the test
        data; ``frames``: by static factor, :func:`frame_disagreement` of ``real``, ``reconstruction`` and ``sample``;
        ``rollouts``: by static factor, :func:`rollout_disagreement`; ``neighbours``: :func:`nearest`.
    """
    say = say or (lambda what, done, total: None)
    generator = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    report: dict[str, Any] = {"seed": seed}
    modality = modality_of(data.spec)
    if judge is not None:
        said: dict[str, list[Tensor]] = {name: [] for name in real}
        steady: dict[str, list[Sequences]] = {"sample": [], "reconstruction": []}
        rows = rng.integers(len(data), size=SAMPLES)  # for as long as these, where lengths differ
        static = [f for f in data.spec.static_factors if f.name in real]
        for start in range(0, SAMPLES, BATCH):
            like = latents[rows[start : start + BATCH]]
            seen = modality.judge_batch(subject.decode(_drawn(subject, like, generator)), data.spec)
            for name, chance in judge.probabilities(seen).items():
                if name in said:
                    said[name].append(chance)
            steady["sample"].append(seen)
            steady["reconstruction"].append(modality.judge_batch(subject.decode(like), data.spec))
            say("judging samples", min(start + BATCH, SAMPLES), SAMPLES)
        report["samples"] = {
            name: {**inception(torch.cat(parts).numpy()), "real": inception(real[name])}
            for name, parts in said.items()
        }
        seen = modality.judge_dataset(data.select(rows))
        steady["real"] = [seen[start : start + BATCH] for start in range(0, SAMPLES, BATCH)]
        report["frames"] = {
            who: frame_disagreement(judge, parts, static, seed) for who, parts in steady.items()
        }
        say("judging rollouts", 0, 1)
        report["rollouts"] = rollout_disagreement(
            subject, judge, data, latents, real, generator=generator, seed=seed
        )
    say("looking for copies of training sequences", 0, 1)
    report["neighbours"] = nearest(subject, train, data, latents, generator=generator, seed=seed)
    return report


def _drawn(subject: Subject, like: Latents, generator: torch.Generator) -> Latents:
    """Both codes from the prior, as many and as long as ``like``."""
    drawn = subject.sample(len(like), like.dynamic.shape[1], generator=generator)
    return replace(drawn, mask=like.mask)


@torch.inference_mode()
def frame_disagreement(
    judge: Judge, parts: list[Sequences], factors: list[Factor], seed: int = 0
) -> dict[str, dict[str, float]]:
    """By static factor, the share of single frames of which a judge says something else than of their whole sequence.

    Each frame is given to the judge alone, as a sequence of one.

    Args:
        parts: batches as a judge sees them (:meth:`seqdisent.modalities.Modality.judge_batch`).

    Returns:
        An interval for each factor, which resamples whole sequences.
    """
    other: dict[str, list[np.ndarray]] = {f.name: [] for f in factors}
    frames: list[np.ndarray] = []
    for batch in parts:
        whole = judge.classify(batch)
        alone = batch.x[batch.mask][:, None]  # [frames that exist, 1, *event]
        told = [
            judge.classify(Sequences(x, x.new_ones(x.shape[:2], dtype=torch.bool)))
            for x in alone.split(FRAMES)
        ]
        owner = batch.mask.nonzero()[:, 0]
        frames.append(batch.mask.sum(1).numpy())
        for name, found in other.items():
            differs = torch.cat([t[name] for t in told]) != whole[name][owner]
            found.append(torch.zeros(len(batch)).index_add_(0, owner, differs.float()).numpy())
    steps = np.concatenate(frames)
    bootstrap = Bootstrap(np.arange(len(steps)), seed=seed)
    return {
        name: asdict(bootstrap.ratio(np.concatenate(found), steps)) for name, found in other.items()
    }


@torch.inference_mode()
def rollout_disagreement(
    subject: Subject,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    real: Opinion,
    *,
    generator: torch.Generator,
    kept: int = KEPT,
    rollouts: int = ROLLOUTS,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """By static factor, how often a judge sees two values in two sequences of one static code, their dynamics drawn.

    Args:
        kept: static codes of random test sequences, each with as many ``rollouts``.

    Returns:
        ``value``, ``low``, ``high``: the share of pairs of rollouts that disagree (intervals resample static codes);
        ``chance``: the same of two random real sequences.
    """
    rows = np.random.default_rng(seed).permutation(len(data))[:kept]
    said: dict[str, list[np.ndarray]] = {
        f.name: [] for f in data.spec.static_factors if f.name in real
    }
    for row in rows:
        one = latents[np.repeat(row, rollouts)]
        drawn = subject.sample(
            rollouts, one.dynamic.shape[1], static=one.static, generator=generator
        )
        told = judge.classify(
            modality_of(data.spec).judge_batch(
                subject.decode(replace(drawn, mask=one.mask)), data.spec
            )
        )
        for name, found in said.items():
            found.append(told[name].numpy())
    bootstrap = Bootstrap(np.arange(len(rows)), seed=seed)
    return {
        name: {
            **asdict(bootstrap.mean(np.array([pairs_apart(answers) for answers in found]))),
            "chance": pairs_apart(real[name].argmax(1)),
        }
        for name, found in said.items()
    }


def pairs_apart(answers: np.ndarray) -> float:
    """The share of pairs of two different entries of ``answers [n]`` that are not equal; 0 if there is one entry."""
    n, counts = len(answers), np.unique(answers, return_counts=True)[1]
    return 0.0 if n < 2 else float(1 - (counts * (counts - 1)).sum() / (n * (n - 1)))


@torch.inference_mode()
def nearest(
    subject: Subject,
    train: SequenceDataset,
    data: SequenceDataset,
    latents: Latents,
    *,
    generator: torch.Generator,
    n: int = NEIGHBOURS,
    seed: int = 0,
) -> dict[str, Any]:
    """How far samples are from their nearest training sequence, beside test sequences and what is rebuilt of them.

    A model's pictures are smooth, and so a little nearer to everything than real ones: the rebuilt test sequences
    show by how much. Distances are root mean squares over the values that both sequences have, in units of ``x``.

    Returns:
        ``samples``, ``test`` and ``rebuilt``, each with ``median``, ``least`` and ``near``, the share that is nearer
        than ``threshold``, the 1 % quantile of test; and ``n``.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(data))[:n])
    batch, like = data[rows], latents[rows]
    made = [batch, subject.decode(like), subject.decode(_drawn(subject, like, generator))]
    asked = Sequences(torch.cat([m.x for m in made]), torch.cat([m.mask for m in made]))
    apart = distances(
        asked, (train[start : start + BATCH] for start in range(0, len(train), BATCH))
    )
    found = dict(zip(("test", "rebuilt", "samples"), np.split(apart, 3), strict=True))
    threshold = float(np.quantile(found["test"], CLOSE))
    about = lambda d: {
        "median": float(np.median(d)),
        "least": float(d.min()),
        "near": float((d < threshold).mean()),
    }
    return {"n": len(rows), "threshold": threshold, **{who: about(d) for who, d in found.items()}}


def distances(asked: Sequences, known: Iterable[Sequences]) -> np.ndarray:
    """Root mean square distance of each sequence to its nearest among ``known``, ``[B]``.

    Over the values that both have; sequences that share less than half of what the asked one has are not compared.
    Only one batch of ``known`` is held at a time.
    """
    a, has_a = _flat(asked)
    # By squares and products, which is fast, and then once more by the differences of the nearest, which is exact.
    best, exact = torch.full((len(a),), torch.inf), torch.full((len(a),), torch.inf)
    for batch in known:
        b, has_b = _flat(batch)
        here, index = _mean_squares(a, has_a, b, has_b).min(1)
        for row in (here < best).nonzero()[:, 0].tolist():
            difference = (a[row] - b[index[row]])[has_a[row] & has_b[index[row]]].square().mean()
            exact[row] = torch.minimum(exact[row], difference)
        best = torch.minimum(best, here)
    return exact.sqrt().numpy()


def _mean_squares(a: Tensor, has_a: Tensor, b: Tensor, has_b: Tensor) -> Tensor:
    """Mean squared differences ``[A, B]`` over shared values; infinite where fewer than half of a row's are shared."""
    if has_a.all() and has_b.all():
        return (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T) / a.shape[1]
    has_a, has_b = has_a.float(), has_b.float()
    shared = has_a @ has_b.T
    squared = a.square() @ has_b.T + has_a @ b.square().T - 2 * a @ b.T
    return torch.where(
        shared >= 0.5 * has_a.sum(1, keepdim=True), squared / shared.clamp_min(1), torch.inf
    )


def _flat(batch: Sequences) -> tuple[Tensor, Tensor]:
    """Values ``[B, N]``, 0 where there is none, and whether there is one."""
    x = batch.x.flatten(2)
    there = ~x.isnan() & batch.mask[..., None]
    return torch.where(there, x, 0.0).flatten(1), there.flatten(1)
