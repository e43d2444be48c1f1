"""What a recipe is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from seqdisent.checkpoint import JUDGE
from seqdisent.data import dataset_spec, load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.judge import Judge, hide_unseen_classes
from seqdisent.modalities import modality_of
from seqdisent.models import build_model
from seqdisent.models.config import VAEConfig
from seqdisent.training.config import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """What to train on what, and for how long: a task of :func:`seqdisent.training.run.train_and_save`.

    Args:
        kind: a model's name, or ``"judge"``.
        dataset: name of the data set.
        config: the model's config; ``None`` for a judge.
        train: length and speed of training.
        prune: after training, reduce both codes to the subspace that carries signal
            (:mod:`seqdisent.models.pruning`).
        quantise: after pruning, replace codes by entries of codebooks (:mod:`seqdisent.models.quantisation`).
    """

    kind: str
    dataset: str
    config: VAEConfig | None
    train: TrainConfig
    prune: bool = False
    quantise: bool = False

    def build(self, root: str | Path | None = None) -> nn.Module:
        """A freshly initialised model or judge for the data set, which is in ``root``.

        Raises:
            DataNotReady: if the user must supply the data, and has not.
        """
        spec = dataset_spec(self.dataset, root)
        if self.kind == JUDGE:
            return Judge(modality_of(spec).judge_spec(spec))
        return build_model(self.kind, spec, self.config)

    def load(self, root: str | Path | None = None) -> tuple[SequenceDataset, SequenceDataset]:
        """The training and the validation split, for a judge as a judge sees them.

        Raises:
            DataNotReady: if the data must be downloaded first.
        """
        train = load_dataset(self.dataset, "train", root)
        validation = load_dataset(self.dataset, "validation", root)
        if self.kind != JUDGE:
            return train, validation
        modality = modality_of(train.spec)
        judged_train = modality.judge_dataset(train, with_reconstructions=True)
        judged_validation = modality.judge_dataset(validation)
        return judged_train, hide_unseen_classes(train, judged_validation)


def sigma(weight: float) -> float:
    """The likelihood's sigma for a published weight of the summed squared error: ``(2 w) ** -0.5``."""
    return (2 * weight) ** -0.5


def judge(dataset: str, steps: int = 1000) -> Recipe:
    """The judge of a data set."""
    return Recipe(JUDGE, dataset, None, TrainConfig(steps, learning_rate=2e-3))


def by_name(*functions: Callable[[], Recipe]) -> dict[str, Callable[[], Recipe]]:
    """Recipe functions by the names that users type: ``vast_sprites`` is ``"vast-sprites"``."""
    return {function.__name__.replace("_", "-"): function for function in functions}
