"""Measures of generation (Li and Mandt, 2018, and later work): are samples varied, confident, steady and new?

A judge's predictions on samples from the prior; how often its predictions of a static factor differ between single
frames and their sequence, and between two rollouts of the dynamics; and whether samples are copies of training
sequences, which needs no judge. Every figure is reported with that of real test sequences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Subject
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.progress import TaskProgress, ignore_progress
from seqdisent.evaluation.schema import (
    Estimate,
    FrameDisagreement,
    Generation,
    NeighbourDistance,
    Neighbours,
    RolloutDisagreement,
    SampleScore,
)
from seqdisent.evaluation.statistics import Bootstrap
from seqdisent.evaluation.swap import Predictions, inception
from seqdisent.modalities import modality_of
from seqdisent.spec import Factor
from seqdisent.types import Latents, Sequences

SAMPLES = 500  # sequences with both codes from the prior
KEPT, ROLLOUTS = 60, 8  # static codes of real sequences, and rollouts for each
NEIGHBOURS = 200  # samples, and test sequences, whose nearest training sequence is searched
FRAMES = 1024  # single frames that a judge classifies at once
NEAR = 0.01  # quantile of the test distances below which a sample is suspiciously near


def generation_report(
    subject: Subject,
    judge: Judge | None,
    train: SequenceDataset,
    data: SequenceDataset,
    latents: Latents,
    real: Predictions,
    *,
    seed: int = 0,
    progress: TaskProgress | None = None,
) -> Generation:
    """Everything that is measured of generation.

    Args:
        judge: None leaves out all but ``neighbours``.
        train: sequences that samples may be copies of.
        data: test sequences.
        latents: posterior means of ``data``.
        real: :func:`seqdisent.evaluation.swap.judge_real` of ``data``; empty without a judge.
    """
    progress = progress or ignore_progress
    generator = torch.Generator().manual_seed(seed)
    samples: dict[str, SampleScore] = {}
    frames: FrameDisagreement | None = None
    rollouts: dict[str, RolloutDisagreement] = {}
    if judge is not None:
        samples, frames = _judged_samples(
            subject, judge, data, latents, real, generator, seed, progress
        )
        progress("judging rollouts", 0, 1)
        rollouts = rollout_disagreement(
            subject, judge, data, latents, real, generator=generator, seed=seed
        )
    progress("searching for copies of training sequences", 0, 1)
    neighbours = nearest(subject, train, data, latents, generator=generator, seed=seed)
    return Generation(seed, neighbours, samples, frames, rollouts)


def _judged_samples(
    subject: Subject,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    real: Predictions,
    generator: torch.Generator,
    seed: int,
    progress: TaskProgress,
) -> tuple[dict[str, SampleScore], FrameDisagreement]:
    """A judge's predictions on samples, and on the single frames of samples, reconstructions and real sequences."""
    modality = modality_of(data.spec)
    # Samples are as long as these sequences, where lengths differ.
    rows = np.random.default_rng(seed).integers(len(data), size=SAMPLES)
    predicted: dict[str, list[Tensor]] = {name: [] for name in real}
    sampled: list[Sequences] = []
    reconstructed: list[Sequences] = []
    for start in range(0, SAMPLES, BATCH):
        like = latents[rows[start : start + BATCH]]
        sample = modality.judge_batch(subject.decode(_sampled(subject, like, generator)), data.spec)
        for name, probability in judge.probabilities(sample).items():
            if name in predicted:
                predicted[name].append(probability)
        sampled.append(sample)
        reconstructed.append(modality.judge_batch(subject.decode(like), data.spec))
        progress("judging samples", min(start + BATCH, SAMPLES), SAMPLES)
    scores = {}
    for name, batches in predicted.items():
        score = inception(torch.cat(batches).numpy())
        scores[name] = SampleScore(
            score.inception_score, score.h_y, score.h_y_given_x, inception(real[name])
        )
    inputs = modality.judge_dataset(data.select(rows))
    real_batches = [inputs[start : start + BATCH] for start in range(0, SAMPLES, BATCH)]
    factors = [f for f in data.spec.static_factors if f.name in real]
    frames = FrameDisagreement(
        real=frame_disagreement(judge, real_batches, factors, seed),
        reconstruction=frame_disagreement(judge, reconstructed, factors, seed),
        sample=frame_disagreement(judge, sampled, factors, seed),
    )
    return scores, frames


def _sampled(subject: Subject, like: Latents, generator: torch.Generator) -> Latents:
    """Both codes from the prior, as many and as long as ``like``."""
    sampled = subject.sample(len(like), like.dynamic.shape[1], generator=generator)
    return replace(sampled, mask=like.mask)


@torch.inference_mode()
def frame_disagreement(
    judge: Judge, batches: Sequence[Sequences], factors: Sequence[Factor], seed: int = 0
) -> dict[str, Estimate]:
    """By static factor, the share of single frames whose predicted class differs from that of their sequence.

    Each frame is given to the judge alone, as a sequence of one.

    Args:
        batches: as a judge sees them (:meth:`seqdisent.modalities.Modality.judge_batch`).

    Returns:
        An estimate for each factor, with an interval that resamples sequences.
    """
    differing: dict[str, list[np.ndarray]] = {f.name: [] for f in factors}
    frames: list[np.ndarray] = []
    for batch in batches:
        of_sequence = judge.classify(batch)
        single = batch.x[batch.mask][:, None]  # [frames that exist, 1, *event]
        of_frames = [judge.classify(_unmasked(x)) for x in single.split(FRAMES)]
        owner = batch.mask.nonzero()[:, 0]
        frames.append(batch.mask.sum(1).numpy())
        for name, counts in differing.items():
            classes = torch.cat([part[name] for part in of_frames])
            differs = (classes != of_sequence[name][owner]).float()
            counts.append(torch.zeros(len(batch)).index_add_(0, owner, differs).numpy())
    lengths = np.concatenate(frames)
    bootstrap = Bootstrap(np.arange(len(lengths)), seed=seed)
    return {
        name: bootstrap.ratio(np.concatenate(counts), lengths) for name, counts in differing.items()
    }


def _unmasked(x: Tensor) -> Sequences:
    return Sequences(x, x.new_ones(x.shape[:2], dtype=torch.bool))


@torch.inference_mode()
def rollout_disagreement(
    subject: Subject,
    judge: Judge,
    data: SequenceDataset,
    latents: Latents,
    real: Predictions,
    *,
    generator: torch.Generator,
    kept: int = KEPT,
    rollouts: int = ROLLOUTS,
    seed: int = 0,
) -> dict[str, RolloutDisagreement]:
    """By static factor, how often two sequences of one static code, with sampled dynamics, are classified differently.

    Args:
        kept: static codes of random test sequences, each with as many ``rollouts``.

    Returns:
        The share of pairs of rollouts that disagree; intervals resample static codes.
    """
    modality = modality_of(data.spec)
    rows = np.random.default_rng(seed).permutation(len(data))[:kept]
    names = [f.name for f in data.spec.static_factors if f.name in real]
    shares: dict[str, list[float]] = {name: [] for name in names}
    for row in rows:
        like = latents[np.repeat(row, rollouts)]
        frames = like.dynamic.shape[1]
        sampled = subject.sample(rollouts, frames, static=like.static, generator=generator)
        decoded = subject.decode(replace(sampled, mask=like.mask))
        classes = judge.classify(modality.judge_batch(decoded, data.spec))
        for name in names:
            shares[name].append(differing_pairs(classes[name].numpy()))
    bootstrap = Bootstrap(np.arange(len(rows)), seed=seed)
    found = {}
    for name in names:
        mean = bootstrap.mean(np.array(shares[name]))
        chance = differing_pairs(real[name].argmax(1))
        found[name] = RolloutDisagreement(mean.value, mean.low, mean.high, chance)
    return found


def differing_pairs(classes: np.ndarray) -> float:
    """The share of pairs of two different entries of ``classes [n]`` that are not equal; 0 if there is one entry."""
    n = len(classes)
    if n < 2:
        return 0.0
    counts = np.unique(classes, return_counts=True)[1]
    equal = (counts * (counts - 1)).sum() / (n * (n - 1))
    return float(1 - equal)


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
) -> Neighbours:
    """How far samples are from their nearest training sequence, compared with test sequences and reconstructions.

    Decoded frames are smooth, and therefore a little nearer to everything than real ones: the reconstructions of test
    sequences show by how much. Distances are root mean squares over the values that both sequences have, in units of
    ``x``.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(data))[:n])
    like = latents[rows]
    kinds = [data[rows], subject.decode(like), subject.decode(_sampled(subject, like, generator))]
    queries = Sequences(
        torch.cat([batch.x for batch in kinds]), torch.cat([batch.mask for batch in kinds])
    )
    batches = (train[start : start + BATCH] for start in range(0, len(train), BATCH))
    test, reconstructions, samples = np.split(distances(queries, batches), 3)
    threshold = float(np.quantile(test, NEAR))

    def summary(found: np.ndarray) -> NeighbourDistance:
        return NeighbourDistance(
            median=float(np.median(found)),
            smallest=float(found.min()),
            share_near=float((found < threshold).mean()),
        )

    return Neighbours(
        n=len(rows),
        threshold=threshold,
        test=summary(test),
        reconstructions=summary(reconstructions),
        samples=summary(samples),
    )


def distances(queries: Sequences, known: Iterable[Sequences]) -> np.ndarray:
    """Root mean square distance of each query to its nearest sequence among ``known``, ``[B]``.

    Over the values that both have; sequences that share less than half of the query's values are not compared.
    Only one batch of ``known`` is held at a time.
    """
    a, has_a = _flat(queries)
    # The nearest is found by squares and products, which is fast; its distance is computed again from the
    # differences, which is exact.
    best, exact = torch.full((len(a),), torch.inf), torch.full((len(a),), torch.inf)
    for batch in known:
        b, has_b = _flat(batch)
        here, index = _mean_squares(a, has_a, b, has_b).min(1)
        for row in (here < best).nonzero()[:, 0].tolist():
            both = has_a[row] & has_b[index[row]]
            difference = (a[row] - b[index[row]])[both].square().mean()
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
    enough = shared >= 0.5 * has_a.sum(1, keepdim=True)
    return torch.where(enough, squared / shared.clamp_min(1), torch.inf)


def _flat(batch: Sequences) -> tuple[Tensor, Tensor]:
    """Values ``[B, N]``, 0 where there is none, and whether there is one."""
    x = batch.x.flatten(2)
    present = ~x.isnan() & batch.mask[..., None]
    return torch.where(present, x, 0.0).flatten(1), present.flatten(1)
