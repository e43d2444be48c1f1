"""What a recipe is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from seqdisent.checkpoint import JUDGE
from seqdisent.data import dataset_spec
from seqdisent.evaluation.judge import Judge
from seqdisent.modalities import modality_of
from seqdisent.models import build_model
from seqdisent.models.config import VAEConfig
from seqdisent.training.schedule import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """What to train on what, and for how long.

    Args:
        kind: a model's name, or ``"judge"``.
        config: the model's config; ``None`` for a judge.
        cut: after training, cut both codes down to their signal (:mod:`seqdisent.models.pruning`).
    """

    kind: str
    dataset: str
    config: VAEConfig | None
    train: TrainConfig
    cut: bool = False

    def build(self, root: str | Path | None = None) -> nn.Module:
        """A freshly initialised model or judge for the recipe's data set, which is in ``root``."""
        spec = dataset_spec(self.dataset, root)
        if self.kind == JUDGE:
            return Judge(modality_of(spec).judge_spec(spec))
        return build_model(self.kind, spec, self.config)


def sigma(weight: float) -> float:
    """The likelihood's sigma for a published weight of the summed squared error: ``(2 w) ** -0.5``."""
    return (2 * weight) ** -0.5


def judge(dataset: str, steps: int = 1000) -> Recipe:
    """The judge of a data set."""
    return Recipe(JUDGE, dataset, None, TrainConfig(steps=steps, learning_rate=2e-3))


def by_name(*functions: Callable[[], Recipe]) -> dict[str, Callable[[], Recipe]]:
    """The part of the table of recipes that these functions make."""
    return {function.__name__.replace("_", "-"): function for function in functions}
