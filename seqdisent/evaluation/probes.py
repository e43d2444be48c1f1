"""Leakage read from the codes themselves: what a linear probe finds in each of the two."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.swap import Rate
from seqdisent.types import Latents


def linear_probes(
    train: Latents, train_data: SequenceDataset, test: Latents, test_data: SequenceDataset
) -> dict[str, dict[str, dict[str, Any]]]:
    """Test accuracy of logistic regression from each code to each factor.

    The dynamic code is read as a whole sequence (steps concatenated). Codes are standardised on
    training codes; nothing is tuned.

    Returns:
        ``{"static" | "dynamic": {factor: {"accuracy": rate, "majority": ..., "chance": ...,
        "wanted": whether this code is the one that should hold the factor}}}``.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    learn, truth = train_data.sequence_labels(), test_data.sequence_labels()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for code in ("static", "dynamic"):
        found[code] = {}
        for factor in test_data.spec.factors:
            probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
            probe.fit(_flat(getattr(train, code)), learn[factor.name])
            hits = probe.predict(_flat(getattr(test, code))) == truth[factor.name]
            most = np.bincount(learn[factor.name]).argmax()
            found[code][factor.name] = {
                "accuracy": asdict(Rate.of(hits)),
                "majority": float(np.mean(truth[factor.name] == most)),
                "chance": 1 / len(factor.classes),
                "wanted": factor.kind == code,
            }
    return found


def _flat(code: Tensor) -> np.ndarray:
    return code.flatten(1).numpy()
