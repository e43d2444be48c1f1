"""Linear predictors and perceptrons with one hidden layer, many independent ones trained at once.

One probe is one member of a stack of weights: all members see the same batches, and none shares a weight with another,
so their sum of losses trains each of them as if it were alone. Every member keeps the weights of its best epoch on
validation; training ends when no member has improved for some epochs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.evaluation.probes.tasks import Matrices, Prediction, Task
from seqdisent.evaluation.progress import Progress

BATCH = 512
MINIMUM_BATCH = 128
PATIENCE = 6  # epochs without an improvement of any member


@dataclass(frozen=True)
class PerceptronConfig:
    """A kind of probe and how it is trained.

    Args:
        hidden: units of the hidden layer; 0 for a linear probe.
        penalties: weights of the squared norm in the loss; each makes a member of its own.
        epochs: at most as many passes over the training codes.
        rate: peak learning rate of Adam; cosine to zero.
    """

    hidden: int
    penalties: tuple[float, ...]
    epochs: int
    rate: float


LINEAR = (PerceptronConfig(hidden=0, penalties=(1e-5, 1e-3), epochs=25, rate=0.1),)
MLP = (
    PerceptronConfig(hidden=32, penalties=(1e-4,), epochs=30, rate=0.01),
    PerceptronConfig(hidden=128, penalties=(1e-4,), epochs=30, rate=0.01),
)


def predict_linear(
    codes: Matrices, tasks: Sequence[Task], seed: int, progress: Progress | None
) -> dict[object, list[Prediction]]:
    """Softmax regression, or least squares, with two penalties."""
    return predict(codes, tasks, LINEAR, seed, progress)


def predict_mlp(
    codes: Matrices, tasks: Sequence[Task], seed: int, progress: Progress | None
) -> dict[object, list[Prediction]]:
    """Perceptrons of two sizes."""
    return predict(codes, tasks, MLP, seed, progress)


def predict(
    codes: Matrices,
    tasks: Sequence[Task],
    configs: Sequence[PerceptronConfig],
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[object, list[Prediction]]:
    """For each task's key the predictions of every config and penalty."""
    found: dict[object, list[Prediction]] = {task.key: [] for task in tasks}
    classes = [task for task in tasks if task.classes]
    continuous = [task for task in tasks if not task.classes]
    stacks = [
        _Stack(codes, some, config, seed)
        for config in configs
        for some in (classes, continuous)
        if some
    ]
    for number, stack in enumerate(stacks):
        stack.fit()
        for key, predictions in stack.predictions().items():
            found[key].extend(predictions)
        if progress:
            progress(number + 1, len(stacks))
    return found


class _Members(nn.Module):
    """Independent probes of one shape: ``[n, d] -> [members, n, C]``."""

    def __init__(
        self, members: int, width: int, hidden: int, outputs: int, generator: torch.Generator
    ) -> None:
        super().__init__()

        def random(*shape: int, scale: float) -> nn.Parameter:
            return nn.Parameter(scale * torch.randn(*shape, generator=generator))

        self.hidden = hidden
        if hidden:
            self.first = random(members, width, hidden, scale=width**-0.5)
            self.first_bias = nn.Parameter(torch.zeros(members, 1, hidden))
            self.last = random(members, hidden, outputs, scale=0.1 * hidden**-0.5)
        else:
            self.last = nn.Parameter(torch.zeros(members, width, outputs))
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, x: Tensor) -> Tensor:
        if self.hidden:
            x = nn.functional.gelu(x @ self.first + self.first_bias)
        return x @ self.last + self.bias

    def squared_norm(self) -> Tensor:
        """Of every member's weights, without biases: ``[members]``."""
        total = self.last.square().sum((1, 2))
        if self.hidden:
            total = total + self.first.square().sum((1, 2))
        return total


class _Stack:
    """All probes of one config for tasks of one kind (classes or continuous)."""

    def __init__(
        self, codes: Matrices, tasks: list[Task], config: PerceptronConfig, seed: int
    ) -> None:
        self.train, self.validation, self.test = (torch.from_numpy(part) for part in codes)
        self.tasks, self.config = tasks, config
        self.generator = torch.Generator().manual_seed(seed)
        self.continuous = not tasks[0].classes
        self.outputs = 1 if self.continuous else max(task.classes for task in tasks)
        # A member is a task with a penalty, task-major.
        self.penalty = torch.tensor([p for _ in tasks for p in config.penalties])
        self.labels = [self._labels(part) for part in ("train", "validation")]
        members, width = len(self.penalty), codes.train.shape[1]
        self.members = _Members(members, width, config.hidden, self.outputs, self.generator)
        allowed = torch.arange(self.outputs) < torch.tensor([[max(t.classes, 1)] for t in tasks])
        mask = torch.zeros(len(tasks), 1, self.outputs)
        mask = mask.masked_fill(~allowed[:, None], -torch.inf)
        self.mask = mask.repeat_interleave(len(config.penalties), 0)
        self.best = self._weights()
        self.best_loss = torch.full((members,), torch.inf)

    def _labels(self, part: str) -> Tensor:
        """Labels of every member ``[members, N]``; continuous ones standardised."""
        rows = []
        for task in self.tasks:
            labels = getattr(task, part)
            if self.continuous:
                centre, spread = _moments(task)
                labels = (labels - centre) / spread
            rows.append(labels)
        stacked = torch.from_numpy(np.stack(rows))
        stacked = stacked.float() if self.continuous else stacked.long()
        return stacked.repeat_interleave(len(self.config.penalties), 0)

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.members.named_parameters()}

    def _loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Mean loss over labelled rows in nats (classes) or squared spreads: ``[members]``."""
        if self.continuous:
            present = ~labels.isnan()
            each = (outputs[..., 0] - labels.nan_to_num()).square()
        else:
            present = labels >= 0
            log_probability = torch.log_softmax(outputs + self.mask, -1)
            each = -log_probability.gather(-1, labels.clamp_min(0)[..., None])[..., 0]
        return (each * present).sum(-1) / present.sum(-1).clamp_min(1)

    def fit(self) -> None:
        """Train every member."""
        x, labels = self.train, self.labels[0]
        rows = len(x)
        # Few sequences must not mean few steps.
        size = min(BATCH, max(MINIMUM_BATCH, rows // 16))
        steps = self.config.epochs * math.ceil(rows / size)
        optimizer = torch.optim.Adam(self.members.parameters(), self.config.rate, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        last_improvement = 0
        for epoch in range(self.config.epochs):
            for batch in torch.randperm(rows, generator=self.generator).split(size):
                loss = self._loss(self.members(x[batch]), labels[:, batch]).sum()
                loss = loss + (self.members.squared_norm() * self.penalty).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            if self._keep_best():
                last_improvement = epoch
            if epoch - last_improvement >= PATIENCE:
                break

    @torch.no_grad()
    def _keep_best(self) -> bool:
        """Keep the weights of members that are better on validation than ever; whether there are any."""
        loss = self._loss(self.members(self.validation), self.labels[1])
        better = loss < self.best_loss
        self.best_loss = torch.where(better, loss, self.best_loss)
        for name, value in self.members.named_parameters():
            self.best[name] = torch.where(better[:, None, None], value, self.best[name])
        return bool(better.any())

    @torch.no_grad()
    def predictions(self) -> dict[object, list[Prediction]]:
        """For each task's key the predictions of its members."""
        self.members.load_state_dict(self.best)
        outputs = [self.members(part) for part in (self.validation, self.test)]
        if not self.continuous:
            outputs = [torch.log_softmax(part + self.mask, -1) for part in outputs]
        members_of_task = len(self.config.penalties)
        found = {}
        for number, task in enumerate(self.tasks):
            members = range(number * members_of_task, (number + 1) * members_of_task)
            found[task.key] = [self._prediction(task, outputs, member) for member in members]
        return found

    def _prediction(self, task: Task, outputs: list[Tensor], member: int) -> Prediction:
        of_member = [part[member].numpy() for part in outputs]
        if self.continuous:
            centre, spread = _moments(task)
            return Prediction(*(part[:, 0] * spread + centre for part in of_member))
        return Prediction(*(part[:, : task.classes] for part in of_member))


def _moments(task: Task) -> tuple[float, float]:
    """Mean and standard deviation of the known training labels of a continuous factor."""
    return float(np.nanmean(task.train)), max(float(np.nanstd(task.train)), 1e-12)
