"""The order of the training sequences: a function of (seed, epoch) alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from seqdisent.training.config import TrainConfig


class BatchOrder(Sampler[list[int]]):
    """The rows of every step of an epoch for one of several processes.

    Args:
        rows: training sequences.
        rank: number of this process.
        world: number of processes; each gets every ``world``-th row of a batch.
    """

    def __init__(self, rows: int, config: TrainConfig, seed: int, rank: int, world: int) -> None:
        self.rows = rows
        self.config = config
        self.seed = seed
        self.rank = rank
        self.world = world
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before an epoch, also after a resume."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.config.steps_in(self.epoch)

    def __iter__(self) -> Iterator[list[int]]:
        size = self.config.batch_size * self.config.passages(self.epoch)
        needed = len(self) * size
        passes = math.ceil(needed / self.rows)
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.cat([torch.randperm(self.rows, generator=generator) for _ in range(passes)])
        for batch in order[:needed].split(size):
            yield batch[self.rank :: self.world].tolist()
