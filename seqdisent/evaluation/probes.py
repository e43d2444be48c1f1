"""Probes: what a small predictor can predict from a code. Many independent ones are trained at once.

A probe is a linear predictor or a perceptron with one hidden layer. For classes it is a softmax
regression scored in bits against the entropy of the labels; for a continuous factor a least-squares
regression whose Gaussian error is measured on validation. What it gains over a predictor that does
not see the code is the *usable information* of the code (V-information: Xu et al., ICLR 2020, eq. 4),
sample by sample (Ethayarajh et al., ICML 2022, eq. 4).

One probe is one member of a stack of weights: all members see the same batches, and none shares a
weight with another, so their sum of losses trains each of them as if it were alone. That makes a
report with hundreds of probes a matter of seconds where a loop over scikit-learn takes an hour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.evaluation.schema import ProbeKind

LOG2 = math.log(2)
BATCH = 512


@dataclass(frozen=True)
class ProbeConfig:
    """A kind of probe and how it is trained.

    Args:
        hidden: units of the hidden layer; 0 for a linear probe.
        penalties: weights of the squared norm in the loss; the best on validation is taken.
        epochs: passes over the training codes; the best epoch on validation is taken.
        rate: peak learning rate of Adam; cosine to zero.
    """

    hidden: int
    penalties: tuple[float, ...]
    epochs: int
    rate: float


LINEAR = ProbeConfig(hidden=0, penalties=(1e-5, 1e-3), epochs=25, rate=0.1)
NONLINEAR = ProbeConfig(hidden=128, penalties=(1e-5, 1e-4), epochs=25, rate=0.01)
PROBES: dict[ProbeKind, ProbeConfig] = {"linear": LINEAR, "nonlinear": NONLINEAR}


@dataclass(frozen=True)
class Task:
    """A factor to be predicted: its labels in the three splits, each ``[N]``, or ``[V, N]`` if views differ.

    Class labels are integers from 0, -1 where missing; continuous ones are floats, NaN where missing.

    Args:
        classes: number of classes; 0 for a continuous factor.
        key: what :class:`Reading` objects are filed under.
    """

    key: object
    classes: int
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Reading:
    """What one probe, chosen on validation, predicts for every test sequence.

    Args:
        bits: usable information of each sequence ``[N]``; NaN where the label is missing.
        score: for classes 1 where right, else 0; for a continuous factor the squared error; ``[N]``.
        baseline: for a continuous factor the squared error of the training mean ``[N]``, else None.
        log2: for classes the log probability in bits of every class ``[N, C]``, else None.
        validation_bits: mean usable information on validation, by which probes are compared.
    """

    bits: np.ndarray
    score: np.ndarray
    baseline: np.ndarray | None
    log2: np.ndarray | None
    validation_bits: float


def read(
    train: Tensor,
    validation: Tensor,
    test: Tensor,
    tasks: list[Task],
    config: ProbeConfig,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[object, list[Reading]]:
    """Train a probe for every view and task, choose it on validation, and predict from the test codes.

    Args:
        train, validation, test: codes ``[V, N, d]``: V views of equal width, probed separately.
        tasks: what to predict.
        progress: called with (epochs done, epochs in all).

    Returns:
        For each task's key, one reading for each view.
    """
    whiten = _whitener(train)
    splits = [whiten(part) for part in (train, validation, test)]
    found: dict[object, list[Reading]] = {}
    kinds = [[t for t in tasks if t.classes], [t for t in tasks if not t.classes]]
    kinds = [kind for kind in kinds if kind]
    for number, kind in enumerate(kinds):
        stack = _Stack(splits, kind, config, seed)
        found |= stack.fit(_part_of(progress, number, len(kinds))).readings()
    return found


def _part_of(
    progress: Callable[[int, int], None] | None, part: int, parts: int
) -> Callable[[int, int], None] | None:
    """The progress of one of several equal parts."""
    if progress is None:
        return None

    def report(done: int, total: int) -> None:
        progress(part * total + done, parts * total)

    return report


class _Stack:
    """All probes of one kind (classes or continuous) on the same views."""

    def __init__(
        self, splits: list[Tensor], tasks: list[Task], config: ProbeConfig, seed: int
    ) -> None:
        self.splits, self.tasks, self.config = splits, tasks, config
        self.generator = torch.Generator().manual_seed(seed)
        self.continuous = not tasks[0].classes
        self.outputs = 1 if self.continuous else max(t.classes for t in tasks)
        views, _, width = splits[0].shape
        # A member is a task with a penalty: task-major.
        self.penalty = torch.tensor([p for _ in tasks for p in config.penalties])
        members = len(self.penalty)
        self.labels = [self._labels(part, views) for part in ("train", "validation", "test")]
        if self.continuous:
            self.centre, self.spread = _moments(self.labels[0])
        else:
            allowed = torch.arange(self.outputs) < torch.tensor([[t.classes] for t in tasks])
            self.mask = torch.zeros(len(tasks), 1, self.outputs).masked_fill(
                ~allowed[:, None], -torch.inf
            )
            self.mask = self.mask.repeat_interleave(len(config.penalties), 0)
        if config.hidden:
            self.weights = {
                "first": self._random(views, width, members * config.hidden) * width**-0.5,
                "first_bias": torch.zeros(views, 1, members * config.hidden),
                "last": self._random(views, members, config.hidden, self.outputs)
                * 0.1
                * config.hidden**-0.5,
            }
        else:
            self.weights = {"last": torch.zeros(views, width, members * self.outputs)}
        self.weights["bias"] = torch.zeros(views, members, 1, self.outputs)
        self.best = {name: weight.clone() for name, weight in self.weights.items()}
        self.best_loss = torch.full((views, members), torch.inf)

    def _random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator)

    def _labels(self, part: str, views: int) -> Tensor:
        """Labels of every task ``[V, tasks, N]``."""
        columns = [
            np.broadcast_to(getattr(t, part), (views, *np.shape(getattr(t, part))[-1:]))
            for t in self.tasks
        ]
        stacked = torch.from_numpy(np.stack(columns, 1))
        return stacked.float() if self.continuous else stacked.long()

    def _forward(self, x: Tensor, weights: dict[str, Tensor]) -> Tensor:
        """Outputs ``[V, members, n, C]`` for codes ``[V, n, d]``."""
        views, n, _ = x.shape
        if self.config.hidden:
            hidden = nn.functional.gelu(torch.baddbmm(weights["first_bias"], x, weights["first"]))
            hidden = hidden.view(views, n, -1, self.config.hidden).transpose(1, 2)
            out = hidden @ weights["last"]
        else:
            out = (x @ weights["last"]).view(views, n, -1, self.outputs).transpose(1, 2)
        return out + weights["bias"]

    def _loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Mean loss over labelled rows in nats (classes) or squared spreads: ``[V, members]``."""
        labels = labels.repeat_interleave(len(self.config.penalties), 1)
        if self.continuous:
            present = ~labels.isnan()
            centre, spread = (
                v.repeat_interleave(len(self.config.penalties), 1)
                for v in (self.centre, self.spread)
            )
            wanted = (labels.nan_to_num() - centre) / spread
            each = (outputs[..., 0] - wanted).square()
        else:
            present = labels >= 0
            each = -torch.log_softmax(outputs + self.mask, -1).gather(
                -1, labels.clamp_min(0)[..., None]
            )[..., 0]
        return (each * present).sum(-1) / present.sum(-1).clamp_min(1)

    def fit(self, progress: Callable[[int, int], None] | None) -> _Stack:
        config, x, labels = self.config, self.splits[0], self.labels[0]
        rows = x.shape[1]
        weights = list(self.weights.values())
        optimizer = torch.optim.Adam(weights, config.rate, fused=True)
        size = min(BATCH, max(64, rows // 16))  # few sequences must not mean few steps
        steps_an_epoch = math.ceil(rows / size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, config.epochs * steps_an_epoch
        )
        for weight in weights:
            weight.requires_grad_(True)
        for epoch in range(config.epochs):
            for batch in torch.randperm(rows, generator=self.generator).split(size):
                loss = self._loss(self._forward(x[:, batch], self.weights), labels[..., batch])
                optimizer.zero_grad()
                (loss.sum() + self._norms()).backward()
                optimizer.step()
                schedule.step()
            self._keep_best()
            if progress:
                progress(epoch + 1, config.epochs)
        return self

    def _norms(self) -> Tensor:
        """Every member's squared weights times its penalty, summed."""
        members = len(self.penalty)
        total = torch.zeros(())
        for name in ("first", "last"):
            if name in self.weights:
                weight = self.weights[name]
                by_member = (
                    weight
                    if weight.ndim == 4
                    else weight.unflatten(-1, (members, -1)).transpose(1, 2)
                )
                total = total + (by_member.square().sum((0, 2, 3)) * self.penalty).sum()
        return total

    @torch.no_grad()
    def _keep_best(self) -> None:
        loss = self._loss(self._forward(self.splits[1], self.weights), self.labels[1])
        better = loss < self.best_loss
        self.best_loss = torch.where(better, loss, self.best_loss)
        views, members = better.shape
        for name, weight in self.weights.items():
            if weight.ndim == 4:
                new = better[:, :, None, None]
            else:
                new = (
                    better[:, None, :, None]
                    .expand(-1, -1, -1, weight.shape[-1] // members)
                    .flatten(2)
                )
            self.best[name] = torch.where(new, weight, self.best[name])

    @torch.no_grad()
    def readings(self) -> dict[object, list[Reading]]:
        """Test readings of the member that was best on validation, for every view and task."""
        per = len(self.config.penalties)
        outputs = self._forward(self.splits[2], self.best)
        found = {}
        for t, task in enumerate(self.tasks):
            readings = []
            for v in range(len(outputs)):
                member = t * per + int(self.best_loss[v, t * per : (t + 1) * per].argmin())
                make = self._regression if self.continuous else self._classification
                readings.append(make(outputs[v, member], v, t, float(self.best_loss[v, member])))
            found[task.key] = readings
        return found

    def _classification(self, outputs: Tensor, v: int, t: int, validation_nats: float) -> Reading:
        classes = self.tasks[t].classes
        truth = self.labels[2][v, t]
        log2 = torch.log_softmax(outputs[:, :classes], -1) / LOG2
        known = truth >= 0
        at = truth.clamp_min(0)
        rarity = _rarity(truth, classes)
        bits = (log2.gather(1, at[:, None])[:, 0] + rarity[at]).masked_fill(~known, torch.nan)
        hits = (log2.argmax(1) == at).float().masked_fill(~known, torch.nan)
        held = self.labels[1][v, t]
        gained = float(_rarity(held, classes)[held[held >= 0]].mean()) - validation_nats / LOG2
        return Reading(bits.numpy(), hits.numpy(), None, log2.numpy(), gained)

    def _regression(self, outputs: Tensor, v: int, t: int, validation_loss: float) -> Reading:
        centre, spread = self.centre[v, t, 0], self.spread[v, t, 0]
        truth = (self.labels[2][v, t] - centre) / spread
        squared = (outputs[:, 0] - truth).square()
        # Estimated on validation, so that a lucky fit on test is not rewarded.
        variance = max(validation_loss, 1e-6)
        bits = 0.5 * (truth.square() - squared / variance) / LOG2 - 0.5 * math.log2(variance)
        unit = float(spread) ** 2
        return Reading(
            bits.numpy(),
            (squared * unit).numpy(),
            (truth.square() * unit).numpy(),
            None,
            -0.5 * math.log2(variance),
        )


def _whitener(train: Tensor) -> Callable[[Tensor], Tensor]:
    """An affine map of codes ``[V, N, d]`` to uncorrelated dimensions of unit variance in training.

    A linear probe loses nothing by it, and finds information in directions of little variance: from codes that are only
    standardised a probe of the same size recovers a third of the bits or less.
    """
    mean = train.mean(1, keepdim=True)
    centred = (train - mean).double()
    values, vectors = torch.linalg.eigh(centred.transpose(1, 2) @ centred / train.shape[1])
    floor = values.clamp_min(0).mean(-1, keepdim=True) * 1e-6 + 1e-12
    turn = (vectors * (values.clamp_min(0) + floor).rsqrt()[:, None]).float()
    # A direction that is constant in training must not explode on a test code that differs in it.
    return lambda codes: ((codes - mean) @ turn).clamp(-20, 20)


def _moments(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over the known labels: ``[V, tasks, 1]`` each."""
    known = ~labels.isnan()
    count = known.sum(-1, keepdim=True).clamp_min(1)
    centre = labels.nan_to_num().sum(-1, keepdim=True) / count
    spread = (((labels - centre).nan_to_num() ** 2).sum(-1, keepdim=True) / count).sqrt()
    return centre, spread.clamp_min(1e-12)


def _rarity(labels: Tensor, classes: int) -> Tensor:
    """-log2 of the share of every class among the known ``labels [N]``: its mean over them is their entropy."""
    counts = torch.bincount(labels[labels >= 0], minlength=classes).float()
    return -(counts / counts.sum().clamp_min(1)).clamp_min(1e-12).log2()
