"""Section: identity verification by each code, and by the mean frame without a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.base import Context, Section
from seqdisent.evaluation.splits import first_labels
from seqdisent.evaluation.verification import verification

SEQUENCES = 900  # all of their pairs are compared


def _measure(context: Context, report: Report) -> Report:
    codes = context.codes.test
    # At random: in the sprites every third sequence of a character would have one direction, and be alike for that.
    rows = np.sort(np.random.default_rng(0).permutation(len(codes))[:SEQUENCES])
    identity = _identity(context)[rows]
    found = verification(
        codes.mean.static.numpy()[rows], codes.mean.timeline(1).numpy()[rows], identity
    )
    frames = _mean_frames(context.test, rows)
    mean_frame = verification(frames, frames[:, None], identity).static
    return replace(report, verification=replace(found, mean_frame=mean_frame))


def _identity(context: Context) -> np.ndarray:
    """Who or what each test sequence is of, ``[N]``."""
    spec = context.spec
    names = spec.identity or [f.name for f in spec.static_factors if not f.continuous]
    labels = np.stack([first_labels(context.codes.test.labels[name]) for name in names], 1)
    return np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1)


def _mean_frames(data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
    """The mean frame of each sequence, centred over sequences, ``[N, values]``."""
    batch = data[rows]
    weight = batch.mask / batch.mask.sum(1, keepdim=True)
    mean = torch.einsum("btn,bt->bn", batch.x.flatten(2).nan_to_num(), weight)
    return (mean - mean.mean(0)).numpy()


def _applies(context: Context) -> bool:
    return context.sample.full


VERIFICATION = Section("verification", _measure, _applies)
