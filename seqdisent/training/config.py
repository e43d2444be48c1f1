"""The length of a training run and its learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from seqdisent.errors import UsageError


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast to train.

    Args:
        steps: optimizer steps.
        batch_size: sequences in a step, over all processes.
        learning_rate: peak rate of Adam; a linear warm-up, then a cosine to zero.
        warmup_steps: steps of the warm-up.
        epoch_steps: steps between validations; the state for a resume is written at each.
        short_epochs: number of first epochs in which a step sees an eighth of each sequence, of eight times as many
            sequences: static factors are learned from many sequences, dynamics from long ones.

    Raises:
        UsageError: if a number of steps or sequences is below 1.
    """

    steps: int
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 200
    epoch_steps: int = 250
    short_epochs: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "epoch_steps"):
            value = getattr(self, name)
            if value < 1:
                raise UsageError(f"{name} must be at least 1, got {value}")

    @property
    def epochs(self) -> int:
        """Validations in the full run; the last epoch may be shorter."""
        return math.ceil(self.steps / self.epoch_steps)

    def passages(self, epoch: int) -> int:
        """The number of passages into which sequences are divided in an epoch; a step sees one of each sequence."""
        return 8 if epoch < self.short_epochs else 1

    def steps_in(self, epoch: int) -> int:
        """Optimizer steps in an epoch, counted from 0."""
        return min(self.epoch_steps, self.steps - epoch * self.epoch_steps)

    def rate(self, step: int) -> float:
        """The learning rate at a step, as a fraction of its peak."""
        warmup = min(1.0, (step + 1) / self.warmup_steps)
        progress = min(1.0, step / self.steps)
        return warmup * 0.5 * (1 + math.cos(math.pi * progress))
