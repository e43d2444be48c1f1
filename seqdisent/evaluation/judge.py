"""The judge: a supervised classifier of every factor, trained on training sequences only.

A judge speaks about swaps, so its own accuracy on real test sequences stands beside every score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.checkpoint import (
    JUDGE,
    METRICS,
    CheckpointError,
    checkpoints_root,
    load_weights,
    prepare,
    read_config,
)
from seqdisent.data.dataset import SequenceDataset
from seqdisent.nn import FrameConfig, SequenceEncoder, frame_encoder
from seqdisent.spec import DatasetSpec
from seqdisent.types import LossTerms, Sequences


@dataclass(frozen=True)
class JudgeConfig:
    """Settings of a judge: hidden units of its LSTM, and its frame encoder."""

    hidden: int = 64
    frame: FrameConfig = FrameConfig(width=32, features=128)


class Judge(nn.Module):
    """Frame encoder -> bidirectional LSTM -> one linear head for each factor.

    Static factors are read from the whole sequence; so are dynamic ones, whose label is that of
    the sequence's first frame (in the sprites every frame carries the same action).
    """

    def __init__(self, spec: DatasetSpec, config: JudgeConfig = JudgeConfig()) -> None:
        super().__init__()
        self.spec, self.config = spec, config
        self.frame_encoder = frame_encoder(spec, config.frame)
        self.sequence_encoder = SequenceEncoder(config.frame.features, config.hidden)
        # Continuous factors have no classes for it to tell apart.
        self.heads = nn.ModuleDict(
            {
                f.name: nn.Linear(2 * config.hidden, len(f.classes))
                for f in spec.factors
                if not f.continuous
            }
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> dict[str, Tensor]:
        """Logits ``[B, classes]`` of every factor for ``x [B, T, *event]``."""
        if mask is None:
            mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        features = self.frame_encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        _, summary = self.sequence_encoder(features, mask)
        return {name: head(summary) for name, head in self.heads.items()}

    def loss(self, batch: Sequences, generator: torch.Generator | None = None) -> LossTerms:
        """Cross-entropy of every factor in nats; a judge is supervised, so labels enter here."""
        logits = self(batch.x, batch.mask)
        truth = sequence_labels(batch)
        terms = {
            name: nn.functional.cross_entropy(
                logits[name], truth[name], reduction="none", ignore_index=-1
            )
            for name in logits
        }
        return LossTerms(terms, dict.fromkeys(terms, 1.0))

    @torch.no_grad()
    def probabilities(self, batch: Sequences) -> dict[str, Tensor]:
        """The probability of every class of every factor, ``[B, classes]``.

        Args:
            batch: as a judge sees it (:meth:`seqdisent.modalities.Modality.judge_batch`).
        """
        return {name: logits.softmax(-1) for name, logits in self(batch.x, batch.mask).items()}

    def classify(self, batch: Sequences) -> dict[str, Tensor]:
        """The most likely class of every factor, int64 ``[B]``."""
        return {name: chance.argmax(-1) for name, chance in self.probabilities(batch).items()}


def sequence_labels(batch: Sequences) -> dict[str, Tensor]:
    """One label a sequence for every factor ``[B]``; a dynamic factor's is its first frame's."""
    return {**batch.static, **{name: value[:, 0] for name, value in batch.dynamic.items()}}


def known_to(train: SequenceDataset, data: SequenceDataset) -> SequenceDataset:
    """``data`` with labels of classes that ``train`` does not have made missing: no judge can be chosen by them."""

    def known(name: str, labels: np.ndarray) -> np.ndarray:
        return (
            labels
            if labels.dtype.kind == "f"
            else np.where(np.isin(labels, train.labels()[name]), labels, -1)
        )

    parts = {
        k: {n: known(n, v) for n, v in getattr(data, k).items()} for k in ("static", "dynamic")
    }
    return replace(data, **parts)


def knows(accuracy: dict[str, float], chance: float) -> bool:
    """Whether a judge knows anything of a factor: it is right on real test sequences more often than by chance.

    Args:
        accuracy: ``value`` and, where it was measured, ``low`` of its 95 % interval, which must be above chance.
    """
    return accuracy.get("low", accuracy["value"]) > chance


def load_judge(
    dataset: str, root: str | Path | None = None, device: str = "cpu"
) -> tuple[Judge | None, dict[str, Any]]:
    """The judge of a data set and its ``metrics.json``; ``(None, {})`` if there is no judge.

    Args:
        root: the checkpoints folder; the default one if not given.

    Raises:
        seqdisent.checkpoint.CheckpointError: if the judge is there but damaged.
    """
    folder = (Path(root) if root else checkpoints_root()) / f"{JUDGE}-{dataset}"
    if not folder.is_dir():
        return None, {}
    folder, config = read_config(folder)
    try:
        settings = JudgeConfig(
            **{**config["config"], "frame": FrameConfig(**config["config"]["frame"])}
        )
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder}: the judge's config is damaged: {error!r}") from error
    judge = Judge(DatasetSpec.from_json(config["dataset"]), settings)
    load_weights(judge, folder)
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    return prepare(judge, device), metrics
