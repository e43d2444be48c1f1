"""Calibration on validation: a probe's confidence must not decide how many bits it finds.

Class probabilities are raised to a power (temperature scaling: Guo et al., ICML 2017) and mixed with the class shares
of training; both parameters minimise the cross-entropy on validation. A probe that has learned nothing is mixed away,
and scores 0 bits rather than less. A regression is shrunk towards the training mean; its error variance, and that of
the training mean with which it is compared, are those on validation.
"""

from __future__ import annotations

import math

import numpy as np

from seqdisent.evaluation.probes.tasks import Prediction, Reading, Task

LOG2 = math.log(2)
POWERS = np.geomspace(0.1, 10.0, 25)
SHARES = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0)  # of the class shares of training
LEAST_VARIANCE = 1e-6


def calibrated(task: Task, prediction: Prediction) -> Reading:
    """The reading of a probe's prediction."""
    if task.classes:
        return _classification(task, prediction)
    return _regression(task, prediction)


def class_rarity(labels: np.ndarray, classes: int) -> np.ndarray:
    """-log2 of the share of every class among the known ``labels [N]``: its mean over them is their entropy."""
    counts = np.bincount(labels[labels >= 0], minlength=classes).astype(float)
    shares = counts / max(counts.sum(), 1.0)
    return -np.log2(np.maximum(shares, 1e-12))


def _classification(task: Task, prediction: Prediction) -> Reading:
    counts = np.bincount(task.train[task.train >= 0], minlength=task.classes) + 1.0
    prior = counts / counts.sum()
    known = task.validation >= 0
    truth = task.validation[known]
    best_loss, best = math.inf, (1.0, 0.0)
    for power in POWERS:
        tempered = _tempered(prediction.validation[known], power)
        of_truth = tempered[np.arange(len(truth)), truth]
        for share in SHARES:
            mixed = (1 - share) * of_truth + share * prior[truth]
            loss = float(-np.log(np.maximum(mixed, 1e-12)).mean())
            if loss < best_loss:
                best_loss, best = loss, (power, share)
    power, share = best
    probability = (1 - share) * _tempered(prediction.test, power) + share * prior
    log2 = np.log2(np.maximum(probability, 1e-12))

    labels = task.test
    missing = labels < 0
    rows, classes = np.arange(len(labels)), np.maximum(labels, 0)
    bits = log2[rows, classes] + class_rarity(labels, task.classes)[classes]
    hits = (log2.argmax(1) == classes).astype(np.float32)
    bits[missing] = np.nan
    hits[missing] = np.nan
    entropy = float(class_rarity(truth, task.classes)[truth].mean())
    return Reading(
        bits=bits.astype(np.float32),
        score=hits,
        baseline=None,
        log2=log2.astype(np.float32),
        value=None,
        validation_bits=entropy - best_loss / LOG2,
    )


def _tempered(log_probability: np.ndarray, power: float) -> np.ndarray:
    """Probabilities to a power, normalised."""
    scaled = power * log_probability
    scaled = np.exp(scaled - scaled.max(1, keepdims=True))
    return scaled / scaled.sum(1, keepdims=True)


def _regression(task: Task, prediction: Prediction) -> Reading:
    train = task.train[~np.isnan(task.train)]
    centre, spread = float(train.mean()), max(float(train.std()), 1e-12)
    known = ~np.isnan(task.validation)
    wanted = (task.validation[known] - centre) / spread
    found = (prediction.validation[known] - centre) / spread
    scale = float(np.clip(found @ wanted / max(found @ found, 1e-12), 0.0, 1.0))
    # Estimated on validation, so that a lucky fit on test is not rewarded.
    variance = max(float(np.square(scale * found - wanted).mean()), LEAST_VARIANCE)
    constant = max(float(np.square(wanted).mean()), LEAST_VARIANCE)
    validation_bits = 0.5 * math.log2(constant / variance)

    truth = (task.test - centre) / spread
    value = scale * (prediction.test - centre) / spread
    squared = np.square(value - truth)
    bits = 0.5 * (np.square(truth) / constant - squared / variance) / LOG2 + validation_bits
    return Reading(
        bits=bits.astype(np.float32),
        score=squared * spread**2,
        baseline=np.square(truth) * spread**2,
        log2=None,
        value=value * spread + centre,
        validation_bits=validation_bits,
    )
