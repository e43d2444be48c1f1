"""A supervised network of equal size, with which a representation learned without labels is compared.

Its form is chosen on validation among :data:`CANDIDATES`. It also judges swaps: whose month does a swapped series show?
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.downstream_heads import HeadPredictions, raw_features
from seqdisent.evaluation.downstream_tasks import Task
from seqdisent.models.base import SequentialVAE
from seqdisent.nn import FrameConfig, SequenceEncoder, frame_encoder
from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents

STEPS, BATCH, RATE, EVERY, PATIENCE = 1500, 32, 1e-3, 50, 6


@dataclass(frozen=True)
class NetworkForm:
    """What is chosen on validation.

    Args:
        name: as reports show it.
        raw_features: whether a linear layer on :func:`~seqdisent.evaluation.downstream_heads.raw_features` is added to
            the output, so that logistic or linear regression on them is a special case of the network ("wide and deep":
            Cheng et al. 2016).
        mean_state: for one prediction a sequence, read the mean of the LSTM's states and not the last ones.
        dropout: before the head.
    """

    name: str
    raw_features: bool
    mean_state: bool
    dropout: float


CANDIDATES = (
    NetworkForm("LSTM", raw_features=False, mean_state=False, dropout=0.3),
    NetworkForm("LSTM and raw features", raw_features=True, mean_state=True, dropout=0.5),
)


class RawFeatures(nn.Module):
    """Statistics of the values, standardised by those of training data; 0 where there is none.

    Args:
        x: training sequences ``[N, K, W, C]``.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, x: np.ndarray, *, every_step: bool) -> None:
        super().__init__()
        self.every_step = every_step
        features = raw_features(x, every_step=every_step)
        features = features.reshape(-1, features.shape[-1])
        known = np.isfinite(features)
        count = known.sum(0).clip(1)
        centre = np.where(known, features, 0).sum(0) / count
        spread = np.sqrt((np.where(known, features - centre, 0) ** 2).sum(0) / count)
        self.register_buffer("centre", torch.from_numpy(centre))
        self.register_buffer("spread", torch.from_numpy(np.where(spread > 0, spread, 1)))

    def forward(self, x: Tensor) -> Tensor:
        """``[B, K, W, C]`` -> ``[B, F]`` or ``[B, K, F]``."""
        features = torch.from_numpy(raw_features(x.numpy(), every_step=self.every_step))
        return ((features - self.centre) / self.spread).nan_to_num(0.0).float()


class SupervisedNetwork(nn.Module):
    """Frame encoder, bidirectional LSTM and a linear head: ``[B, K, *event] -> [B, out]`` or ``[B, K, out]``.

    Args:
        hidden: units of the LSTM in each direction.
        out: classes, or 1 for a number.
        every_step: predict at every step, or once for each sequence.
        features: raw features, if the form has them.
    """

    def __init__(
        self,
        spec: DatasetSpec,
        frame: FrameConfig,
        hidden: int,
        out: int,
        form: NetworkForm,
        *,
        every_step: bool,
        features: RawFeatures | None = None,
    ) -> None:
        super().__init__()
        self.form = form
        self.frame_encoder = frame_encoder(spec, frame)
        self.sequence_encoder = SequenceEncoder(frame.features, hidden)
        self.head = nn.Sequential(nn.Dropout(form.dropout), nn.Linear(2 * hidden, out))
        self.every_step = every_step
        self.features = features
        if features is not None:
            self.wide = nn.Linear(len(features.centre), out)
            nn.init.zeros_(self.wide.weight)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        encoded = self.frame_encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        states, last = self.sequence_encoder(encoded, mask)
        output = self.head(self._read(states, last, mask))
        return output if self.features is None else output + self.wide(self.features(x))

    def _read(self, states: Tensor, last: Tensor, mask: Tensor) -> Tensor:
        """What the head sees."""
        if self.every_step:
            return states
        if not self.form.mean_state:
            return last
        exists = mask[..., None].to(states.dtype)
        return (states * exists).sum(1) / exists.sum(1)


def of_equal_size(
    model: SequentialVAE, task: Task, form: NetworkForm, features: RawFeatures | None = None
) -> SupervisedNetwork:
    """A network whose LSTM is as wide as makes it as large as the encoders of ``model``.

    Args:
        features: of the training split, if the form has them.
    """
    factor = model.spec.factor(task.factor)

    def network(hidden: int) -> SupervisedNetwork:
        return SupervisedNetwork(
            model.spec,
            model.config.frame,
            hidden,
            len(factor.classes) or 1,
            form,
            every_step=factor.kind == "dynamic",
            features=features,
        )

    not_encoders = ("frame_decoder", "prior", "log_sigma")
    target = sum(
        p.numel() for name, p in model.named_parameters() if not name.startswith(not_encoders)
    )

    def size_difference(hidden: int) -> int:
        return abs(sum(p.numel() for p in network(hidden).parameters()) - target)

    return network(min(range(8, 257, 8), key=size_difference))


@dataclass(frozen=True)
class SupervisedBaseline:
    """A network that was trained on the labels of a task.

    Args:
        centre, spread: of the training labels of a continuous factor; else 0 and 1.
        validation_loss: cross-entropy in nats, or absolute error in units of ``spread``.
    """

    task: Task
    network: SupervisedNetwork
    centre: float
    spread: float
    validation_loss: float

    @torch.inference_mode()
    def __call__(self, x: Tensor, mask: Tensor) -> np.ndarray:
        """Probabilities ``[B, C]`` or ``[B, K, C]``, or values ``[B]`` or ``[B, K]``, of ``x [B, K, *event]``."""
        output = self.network(x, mask)
        if output.shape[-1] > 1:
            return output.softmax(-1).numpy()
        return (output[..., 0] * self.spread + self.centre).numpy()

    def predict_test(self, test: SequenceDataset) -> HeadPredictions:
        """Its predictions for a full split."""
        batch = test[: len(test)]
        y = batch.labels[self.task.factor].numpy()
        known = is_labelled(test, self.task.factor)
        source = test.sources if y.ndim == 1 else np.repeat(test.sources[:, None], y.shape[1], 1)
        return HeadPredictions(
            self(batch.x, batch.mask)[known],
            y[known],
            source[known],
            self.network.form.name,
        )


def is_labelled(data: SequenceDataset, factor: str) -> np.ndarray:
    """Where a label is known, ``[N]`` or ``[N, K]``."""
    labels = data.labels()[factor]
    return np.isfinite(labels) if data.spec.factor(factor).continuous else labels >= 0


def choose_supervised(
    task: Task, model: SequentialVAE, train: SequenceDataset, validation: SequenceDataset, seed: int
) -> SupervisedBaseline:
    """Train every form, and return the network with the least loss on validation."""
    trained = [train_supervised(task, model, form, train, validation, seed) for form in CANDIDATES]
    return min(trained, key=lambda baseline: baseline.validation_loss)


def train_supervised(
    task: Task,
    model: SequentialVAE,
    form: NetworkForm,
    train: SequenceDataset,
    validation: SequenceDataset,
    seed: int,
) -> SupervisedBaseline:
    """Train a network on the training split, with early stopping on validation.

    Args:
        model: the network is as large as its encoders.
    """
    torch.manual_seed(seed)
    every_step = train.spec.factor(task.factor).kind == "dynamic"
    features = None
    if form.raw_features:
        features = RawFeatures(np.asarray(train.frames), every_step=every_step)
    network = of_equal_size(model, task, form, features)
    optimizer = torch.optim.Adam(network.parameters(), RATE, weight_decay=1e-4)
    continuous = train.spec.factor(task.factor).continuous
    values = train.labels()[task.factor][is_labelled(train, task.factor)]
    centre, spread = (float(values.mean()), float(values.std())) if continuous else (0.0, 1.0)

    def loss(data: SequenceDataset, rows: np.ndarray) -> Tensor:
        batch = data[rows]
        output, y = network(batch.x, batch.mask), batch.labels[task.factor]
        if continuous:
            known = torch.isfinite(y)
            return (output[..., 0] - (y - centre) / spread)[known].abs().mean()
        known = y >= 0
        return nn.functional.cross_entropy(output[known], y[known])

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
            value = float(loss(validation, np.arange(len(validation))))
        waited = 0 if value < best else waited + 1
        if not waited:
            best, kept = value, copy.deepcopy(network.state_dict())
        if waited == PATIENCE:
            break
    network.load_state_dict(kept)
    return SupervisedBaseline(task, network.eval(), centre, spread, float(best))


@dataclass(frozen=True)
class LabelTransfer:
    """Whose label swaps carry, in percent of ``pairs``; and the accuracy on real and reconstructed sequences."""

    right: float
    wrong: float
    real: float
    reconstructed: float
    pairs: int


@torch.inference_mode()
def label_transfer(
    judge: SupervisedBaseline, model: SequentialVAE, data: SequenceDataset, seed: int
) -> LabelTransfer | None:
    """Whose label a swap carries, predicted by a supervised network, over pairs in which the two labels differ.

    Every sequence gives its dynamic code once and, in another order, its static code once. A static factor should be
    the static donor's, a dynamic one the other's. Values that the model predicts to be missing are hidden from the
    network; with a model that predicts no presence, those that the donor of the dynamics lacks.

    Returns:
        None for a continuous factor, or if no two labels differ.
    """
    factor = data.spec.factor(judge.task.factor)
    if factor.continuous:
        return None
    batch = data[: len(data)]
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    donor = np.random.default_rng(seed).permutation(len(data))

    def decoded(codes: Latents) -> Tensor:
        present = ~torch.isnan(batch.x)
        if model.trains_presence:
            present = model.presence(codes) > 0.5
        return torch.where(present, model.decode(codes), torch.nan)

    truth = batch.labels[factor.name].numpy()
    known = is_labelled(data, factor.name)

    def accuracy(x: Tensor) -> float:
        predicted = judge(x, batch.mask).argmax(-1)
        return 100 * float((predicted == truth)[known].mean())

    differ = (truth != truth[donor]) & known & known[donor]
    if not differ.any():
        return None
    predicted = judge(decoded(latents.with_static(latents[donor])), batch.mask).argmax(-1)
    right, wrong = (truth[donor], truth) if factor.kind == "static" else (truth, truth[donor])
    return LabelTransfer(
        right=100 * float((predicted == right)[differ].mean()),
        wrong=100 * float((predicted == wrong)[differ].mean()),
        real=accuracy(batch.x),
        reconstructed=accuracy(decoded(latents)),
        pairs=int(differ.sum()),
    )
