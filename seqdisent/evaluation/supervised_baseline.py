"""A network of equal size that is told the labels: what a representation without labels is held against.

It also judges swaps: whose month is it, that a swapped series shows?
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.downstream_heads import Answer
from seqdisent.evaluation.downstream_tasks import Task
from seqdisent.models.base import SequentialVAE
from seqdisent.nn import FrameConfig, SequenceEncoder, frame_encoder
from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents

STEPS, BATCH, RATE, EVERY, PATIENCE = 1500, 32, 1e-3, 50, 6


class SupervisedNetwork(nn.Module):
    """Frame encoder, bidirectional LSTM and a linear head: ``[B, K, *event] -> [B, out]`` or ``[B, K, out]``.

    Args:
        hidden: units of the LSTM in each direction.
        out: classes, or 1 for a number.
        every_step: answer at every step, or once a sequence.
    """

    def __init__(
        self, spec: DatasetSpec, frame: FrameConfig, hidden: int, out: int, *, every_step: bool
    ) -> None:
        super().__init__()
        self.frame_encoder = frame_encoder(spec, frame)
        self.sequence_encoder = SequenceEncoder(frame.features, hidden)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * hidden, out))
        self.every_step = every_step

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        features = self.frame_encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        states, summary = self.sequence_encoder(features, mask)
        return self.head(states if self.every_step else summary)


def of_equal_size(model: SequentialVAE, task: Task) -> SupervisedNetwork:
    """A network whose LSTM is as wide as makes it as large as the encoders of ``model``."""
    spec, frame = model.spec, model.config.frame
    factor = spec.factor(task.factor)
    made = lambda hidden: SupervisedNetwork(
        spec, frame, hidden, len(factor.classes) or 1, every_step=factor.kind == "dynamic"
    )
    unread = ("frame_decoder", "prior", "log_sigma")
    wanted = sum(p.numel() for name, p in model.named_parameters() if not name.startswith(unread))
    return made(
        min(
            range(8, 257, 8),
            key=lambda h: abs(sum(p.numel() for p in made(h).parameters()) - wanted),
        )
    )


@dataclass(frozen=True)
class Taught:
    """A network that was told the labels of a task."""

    task: Task
    network: SupervisedNetwork
    centre: float
    spread: float

    @torch.inference_mode()
    def __call__(self, x: Tensor, mask: Tensor) -> np.ndarray:
        """Probabilities ``[B, C]`` or ``[B, K, C]``, or values ``[B]`` or ``[B, K]``, of ``x [B, K, *event]``."""
        said = self.network(x, mask)
        told = said.softmax(-1) if said.shape[-1] > 1 else said[..., 0] * self.spread + self.centre
        return told.numpy()

    def answer(self, test: SequenceDataset) -> Answer:
        """What it says of a whole split."""
        batch = test[: len(test)]
        y = batch.labels[self.task.factor].numpy()
        there = known(test, self.task.factor)
        source = test.sources if y.ndim == 1 else np.repeat(test.sources[:, None], y.shape[1], 1)
        return Answer(
            self(batch.x, batch.mask)[there],
            y[there],
            source[there],
            "network of equal size, with labels",
        )


def known(data: SequenceDataset, factor: str) -> np.ndarray:
    """Where a label is known, ``[N]`` or ``[N, K]``."""
    labels = data.labels()[factor]
    return np.isfinite(labels) if data.spec.factor(factor).continuous else labels >= 0


def taught(
    task: Task, model: SequentialVAE, train: SequenceDataset, held: SequenceDataset, seed: int
) -> Taught:
    """Train a network on training, stop by validation.

    Args:
        model: what it is to be as large as.
    """
    torch.manual_seed(seed)
    network = of_equal_size(model, task)
    optimizer = torch.optim.Adam(network.parameters(), RATE, weight_decay=1e-4)
    continuous = train.spec.factor(task.factor).continuous
    values = train.labels()[task.factor][known(train, task.factor)]
    centre, spread = (float(values.mean()), float(values.std())) if continuous else (0.0, 1.0)

    def loss(data: SequenceDataset, rows: np.ndarray) -> Tensor:
        batch = data[rows]
        said, y = network(batch.x, batch.mask), batch.labels[task.factor]
        there = torch.isfinite(y) if continuous else y >= 0
        if continuous:
            return (said[..., 0] - (y - centre) / spread)[there].abs().mean()
        return nn.functional.cross_entropy(said[there], y[there])

    generator = np.random.default_rng(seed)
    best, kept, waited = np.inf, copy.deepcopy(network.state_dict()), 0
    for step in range(1, STEPS + 1):
        network.train()
        optimizer.zero_grad()
        loss(train, generator.integers(0, len(train), BATCH)).backward()
        optimizer.step()
        if step % EVERY:
            continue
        network.eval()
        with torch.inference_mode():
            value = float(loss(held, np.arange(len(held))))
        waited = 0 if value < best else waited + 1
        if not waited:
            best, kept = value, copy.deepcopy(network.state_dict())
        if waited == PATIENCE:
            break
    network.load_state_dict(kept)
    return Taught(task, network.eval(), centre, spread)


@torch.inference_mode()
def swap_judged(
    judge: Taught, model: SequentialVAE, data: SequenceDataset, seed: int
) -> dict[str, float] | None:
    """Whose label a swap carries, by a network that was told the labels; pairs in which the two differ.

    Every sequence gives its dynamics once and, in another order, its static code once. A static factor should be the
    static donor's, a dynamic one the other's. What the model says is missing, the network does not see; a model
    that does not say loses what the donor of the dynamics lacked.

    Returns:
        Percentages: ``right`` donor, ``wrong`` donor, and ``real`` and ``rebuilt``, the accuracy on real sequences
        and on reconstructions, and ``pairs``; None of a number, or if no two differ.
    """
    if data.spec.factor(judge.task.factor).continuous:
        return None
    batch = data[: len(data)]
    own = model.encode(batch.x, batch.mask, sample=False).latents
    donor = np.random.default_rng(seed).permutation(len(data))

    def made(latents: Latents) -> Tensor:
        there = (
            model.presence(latents) > 0.5 if model.config.presence_weight else ~torch.isnan(batch.x)
        )
        return torch.where(there, model.decode(latents), torch.nan)

    truth = batch.labels[judge.task.factor].numpy()
    there = known(data, judge.task.factor)
    differ = (truth != truth[donor]) & there & there[donor]
    if not differ.any():
        return None
    said = judge(made(own.with_static(own[donor])), batch.mask).argmax(-1)
    static = data.spec.factor(judge.task.factor).kind == "static"
    right, wrong = (truth[donor], truth) if static else (truth, truth[donor])
    accuracy = lambda x: 100 * float((judge(x, batch.mask).argmax(-1) == truth)[there].mean())
    return {
        "right": 100 * float((said == right)[differ].mean()),
        "wrong": 100 * float((said == wrong)[differ].mean()),
        "real": accuracy(batch.x),
        "rebuilt": accuracy(made(own)),
        "pairs": int(differ.sum()),
    }
