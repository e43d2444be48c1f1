"""What happens when in a training run: its length, its learning rate, and the order of the data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import Sampler


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast to train.

    Args:
        steps: optimizer steps.
        batch_size: sequences a step, over all processes.
        learning_rate: peak rate of Adam; linear warm-up, then a cosine to zero.
        warmup_steps: steps of the warm-up.
        epoch_steps: steps between validations; the state for a resume is written at each.
        short_epochs: epochs at the beginning in which a step sees an eighth of each sequence, of eight times as many
            sequences: what stays is learned from many sequences, what moves from long ones.
    """

    steps: int
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 200
    epoch_steps: int = 250
    short_epochs: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "epoch_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def share(self, epoch: int) -> int:
        """Into how many parts sequences are cut in an epoch, of which a step sees one."""
        return 8 if epoch < self.short_epochs else 1

    @property
    def epochs(self) -> int:
        """Validations in the whole run; the last epoch may be shorter."""
        return math.ceil(self.steps / self.epoch_steps)

    def rate(self, step: int) -> float:
        """The learning rate at a step, as a fraction of its peak."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        return min(1.0, (step + 1) / self.warmup_steps) * cosine


class BatchOrder(Sampler[list[int]]):
    """The rows of every step of an epoch for one process: a function of (seed, epoch) alone."""

    def __init__(self, rows: int, config: TrainConfig, seed: int, rank: int, world: int) -> None:
        self.rows, self.config, self.seed = rows, config, seed
        self.rank, self.world, self.epoch = rank, world, 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning says which epoch comes, also after a resume."""
        self.epoch = epoch

    def __len__(self) -> int:
        return min(
            self.config.epoch_steps, self.config.steps - self.epoch * self.config.epoch_steps
        )

    def __iter__(self) -> Iterator[list[int]]:
        size = self.config.batch_size * self.config.share(self.epoch)
        needed = len(self) * size
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        passes = math.ceil(needed / self.rows)
        order = torch.cat([torch.randperm(self.rows, generator=generator) for _ in range(passes)])
        for batch in order[:needed].split(size):
            yield batch[self.rank :: self.world].tolist()
