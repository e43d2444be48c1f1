"""The judge: a supervised classifier of every factor, trained on training sequences only.

A judge scores swaps, so its accuracy on real test sequences is reported with every score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.checkpoint import (
    JUDGE,
    CheckpointError,
    checkpoints_root,
    load_weights,
    prepare,
    read_config,
)
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.report_file import load_report
from seqdisent.evaluation.schema import Rate, ReportError
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

    All factors are predicted from the full sequence. The label of a dynamic one is that of the first frame (in the
    sprites every frame has the same action).
    """

    def __init__(self, spec: DatasetSpec, config: JudgeConfig = JudgeConfig()) -> None:
        super().__init__()
        self.spec, self.config = spec, config
        self.frame_encoder = frame_encoder(spec, config.frame)
        self.sequence_encoder = SequenceEncoder(config.frame.features, config.hidden)
        # Continuous factors have no classes.
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
        """Cross-entropy of every factor in nats; missing labels are left out."""
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
        return {
            name: probability.argmax(-1) for name, probability in self.probabilities(batch).items()
        }


def sequence_labels(batch: Sequences) -> dict[str, Tensor]:
    """One label for each sequence and factor ``[B]``; that of a dynamic factor is its first frame's."""
    return {**batch.static, **{name: value[:, 0] for name, value in batch.dynamic.items()}}


def hide_unseen_classes(train: SequenceDataset, data: SequenceDataset) -> SequenceDataset:
    """``data`` with labels of classes that do not occur in ``train`` made missing: a judge cannot predict them."""
    seen = train.labels()

    def hidden(labels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: _hide_unseen(value, seen[name]) for name, value in labels.items()}

    return replace(data, static=hidden(data.static), dynamic=hidden(data.dynamic))


def _hide_unseen(labels: np.ndarray, seen: np.ndarray) -> np.ndarray:
    if labels.dtype.kind == "f":
        return labels
    return np.where(np.isin(labels, seen), labels, -1)


def is_informative(accuracy: Rate, chance: float) -> bool:
    """Whether a judge is right on real test sequences more often than by chance.

    The lower end of the interval decides, or the value where there is no interval.
    """
    bound = accuracy.value if math.isnan(accuracy.low) else accuracy.low
    return bound > chance


def load_judge(
    dataset: str, root: str | Path | None = None, device: str = "cpu"
) -> tuple[Judge | None, dict[str, Rate]]:
    """The judge of a data set and its accuracy on real test sequences by factor.

    Args:
        root: the checkpoints folder; the default one if not given.

    Returns:
        ``(None, {})`` if there is no judge; no accuracies if it has not been measured.

    Raises:
        seqdisent.checkpoint.CheckpointError: if the judge is there but damaged.
    """
    folder = (Path(root) if root else checkpoints_root()) / f"{JUDGE}-{dataset}"
    if not folder.is_dir():
        return None, {}
    folder, config = read_config(folder)
    try:
        frame = FrameConfig(**config["config"]["frame"])
        settings = JudgeConfig(**{**config["config"], "frame": frame})
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder}: the judge's config is damaged: {error!r}") from error
    judge = Judge(DatasetSpec.from_json(config["dataset"]), settings)
    load_weights(judge, folder)
    try:
        report = load_report(folder)
    except ReportError as error:
        raise CheckpointError(str(error)) from error
    accuracy = report.judge if report is not None and report.judge is not None else {}
    return prepare(judge, device), accuracy
