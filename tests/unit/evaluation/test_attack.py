"""A stock attack on a shipped checkpoint: the report must find at least what it finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.ensemble import ExtraTreesClassifier

import seqdisent
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.report_file import load_report
from seqdisent.evaluation.schema import CODES
from seqdisent.evaluation.splits import Splits, first_labels

NAME = "vast-sprites"
MARGIN_BITS = 0.2
FEW = (1800, 300, 600)


def whitened(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Independent of the package's own: by a singular value decomposition."""
    mean = train.mean(0)
    _, size, directions = np.linalg.svd(train - mean, full_matrices=False)
    kept = size > 1e-6 * size[0]
    turn = directions[kept].T / size[kept] * math.sqrt(len(train))
    return (train - mean) @ turn, (test - mean) @ turn


def attack(train, test, labels, test_labels) -> float:
    """Bits by ``ExtraTreesClassifier(60, min_samples_leaf=2)``, its confidence chosen on half of the test codes."""
    x, y = whitened(train, test)
    trees = ExtraTreesClassifier(60, min_samples_leaf=2, random_state=0).fit(x, labels)
    log_probability = np.log2(np.maximum(trees.predict_proba(y), 1e-3))
    rows = np.arange(len(test_labels))
    half = rows % 2 == 0

    def bits(power: float, some: np.ndarray) -> float:
        scaled = power * log_probability
        normalised = scaled - np.log2(np.exp2(scaled).sum(1, keepdims=True))
        share = np.bincount(test_labels[some]) / some.sum()
        entropy = -(share[share > 0] * np.log2(share[share > 0])).sum()
        return float(entropy + normalised[rows, test_labels][some].mean())

    power = max(np.linspace(0.1, 4, 40), key=lambda one: bits(one, half))
    return max(0.0, bits(power, ~half))


@pytest.mark.parametrize("sizes", [FEW, pytest.param(None, marks=pytest.mark.slow)])
def test_the_report_finds_at_least_what_a_stock_attack_finds(sizes):
    report = load_report(NAME)
    leakage = report.leakage
    model, spec = seqdisent.load_checkpoint(NAME)
    data = []
    for number, split in enumerate(("train", "validation", "test")):
        part = seqdisent.load_dataset(spec.name, split)
        if sizes is not None:
            rows = np.random.default_rng(number).permutation(len(part))[: sizes[number]]
            part = part.select(np.sort(rows))
        data.append(part)
    splits = Splits.of(ModelSubject(model), tuple(data))
    found = {}
    for code in CODES:
        codes = [_vectors(part.mean, code) for part in (splits.train, splits.test)]
        for factor in leakage.off_target_factors(code):
            labels = [first_labels(p.labels[factor.name]) for p in (splits.train, splits.test)]
            found[code, factor.name] = attack(*codes, *labels)
            reported = leakage.best(code, factor.name).bits.value
            assert reported >= found[code, factor.name] - MARGIN_BITS, (code, factor.name)
    assert found


def _vectors(latents: seqdisent.Latents, code: str) -> np.ndarray:
    vectors: torch.Tensor = latents.static if code == "static" else latents.dynamic.flatten(1)
    return vectors.double().numpy()
