"""A thin Lightning module around anything with a loss."""

from __future__ import annotations

from typing import Any, Protocol, cast

import lightning as L
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.training.config import TrainConfig
from seqdisent.training.sampler import BatchOrder
from seqdisent.types import LossTerms, Sequences

VALIDATION_SEED = 10_007


class HasLoss(Protocol):
    """What can be trained: every model, and the judge."""

    def loss(self, batch: Sequences, generator: torch.Generator | None = None) -> LossTerms: ...


class TrainingModule(L.LightningModule):
    """Optimizer, logs and data loaders of a run.

    Everything random in a step is a function of (seed, step, rank).

    Args:
        model: has ``loss(batch, generator) -> LossTerms``.
    """

    def __init__(
        self,
        model: nn.Module,
        train: SequenceDataset,
        validation: SequenceDataset,
        config: TrainConfig,
        seed: int,
    ) -> None:
        super().__init__()
        self.model = model
        self.config = config
        self.seed = seed
        self.train_data = train
        self.validation_data = validation

    def training_step(self, batch: Sequences, batch_idx: int) -> Tensor:
        step = self.global_step * self.trainer.world_size + self.global_rank
        generator = torch.Generator().manual_seed(self.seed + 7_919 * step)
        parts = self.config.passages(self.current_epoch)
        if parts > 1:
            batch = random_passage(batch, parts, generator)
        terms = self._loss(batch, generator)
        self._log_terms("train", terms, len(batch))
        # The loss of a passage stands for that of the full sequence, so that gradients keep their scale.
        return terms.total * parts

    def validation_step(self, batch: Sequences, batch_idx: int) -> None:
        generator = torch.Generator().manual_seed(VALIDATION_SEED + batch_idx)
        self._log_terms("validation", self._loss(batch, generator), len(batch))

    def _loss(self, batch: Sequences, generator: torch.Generator) -> LossTerms:
        return cast(HasLoss, self.model).loss(batch, generator)

    def _log_terms(self, split: str, terms: LossTerms, size: int) -> None:
        values = {f"{split}/{name}_nats": value.detach() for name, value in terms.means().items()}
        validating = split == "validation"
        options: dict[str, Any] = {
            "batch_size": size,
            "on_step": not validating,
            "on_epoch": validating,
            "sync_dist": validating,
        }
        self.log_dict(values, **options)
        self.log(f"{split}/loss_nats", terms.total.detach(), prog_bar=True, **options)

    def configure_optimizers(self) -> Any:
        weights = [p for p in self.model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(weights, self.config.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.config.rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def train_dataloader(self) -> DataLoader:
        rank, world = self.trainer.global_rank, self.trainer.world_size
        order = BatchOrder(len(self.train_data), self.config, self.seed, rank, world)
        return DataLoader(self.train_data, sampler=order, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        rank, world = self.trainer.global_rank, self.trainer.world_size
        rows = list(range(rank, len(self.validation_data), world))
        size = self.config.batch_size
        batches = [rows[start : start + size] for start in range(0, len(rows), size)]
        return DataLoader(self.validation_data, sampler=batches, batch_size=None)


def random_passage(batch: Sequences, parts: int, generator: torch.Generator) -> Sequences:
    """The same random passage of every sequence, a ``parts``-th of its length.

    Raises:
        UsageError: if sequences have different lengths.
    """
    if not batch.mask.all():
        raise UsageError("short epochs are for sequences of one length: set short_epochs to 0")
    frames = batch.x.shape[1]
    length = max(1, frames // parts)
    start = int(torch.randint(frames - length + 1, (1,), generator=generator))
    return Sequences(batch.x[:, start : start + length], batch.mask[:, start : start + length])
