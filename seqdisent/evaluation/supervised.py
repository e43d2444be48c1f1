"""A network of equal size that is told the labels: the bound that a representation without labels is held against."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.spec import DatasetSpec
from seqdisent.evaluation.downstream import Answer
from seqdisent.evaluation.tasks import Task
from seqdisent.models.base import SequentialVAE
from seqdisent.nn import SequenceEncoder
from seqdisent.nn.frames import FrameConfig, frame_encoder

STEPS, BATCH, RATE, EVERY, PATIENCE = 1500, 32, 1e-3, 50, 6


class SupervisedNetwork(nn.Module):
    """Frame encoder, bidirectional LSTM and a linear head: ``[B, K, *event] -> [B, out]`` or ``[B, K, out]``.

    Args:
        hidden: units of the LSTM in each direction.
        out: classes, or 1 for a number.
        every_step: answer at every step, or once a sequence.
    """

    def __init__(self, spec: DatasetSpec, frame: FrameConfig, hidden: int, out: int, *, every_step: bool) -> None:
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
    return made(min(range(8, 257, 8), key=lambda h: abs(sum(p.numel() for p in made(h).parameters()) - wanted)))


def supervised(
    task: Task, model: SequentialVAE, splits: tuple[SequenceDataset, SequenceDataset, SequenceDataset], seed: int
) -> Answer:
    """Train on training, stop by validation, ask about test.

    Args:
        model: what it is to be as large as.
        splits: training, validation and test.
    """
    torch.manual_seed(seed)
    train, held, test = splits
    network = of_equal_size(model, task)
    optimizer = torch.optim.Adam(network.parameters(), RATE, weight_decay=1e-4)
    continuous = train.spec.factor(task.factor).continuous
    known = train.labels()[task.factor]
    known = known[np.isfinite(known) if continuous else known >= 0]
    centre, spread = (float(known.mean()), float(known.std())) if continuous else (0.0, 1.0)

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
    network.eval()
    with torch.inference_mode():
        batch = test[: len(test)]
        said = network(batch.x, batch.mask)
    y = batch.labels[task.factor].numpy()
    there = np.isfinite(y) if continuous else y >= 0
    source = test.sources if y.ndim == 1 else np.repeat(test.sources[:, None], y.shape[1], 1)
    told = (said[..., 0] * spread + centre) if continuous else said.softmax(-1)
    return Answer(told.numpy()[there], y[there], source[there], "network of equal size, with labels")
