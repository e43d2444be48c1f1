"""Training: a thin Lightning module around any loss, and :func:`fit`.

Everything random in a step is a function of (seed, step, rank), and the order of the data one of
(seed, epoch), so a run that was killed and resumed ends with the weights of a run left alone.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import nn
from torch.utils.data import DataLoader

from seqdisent.data.dataset import SequenceDataset
from seqdisent.training.resume import SafetensorsIO, load_state
from seqdisent.training.schedule import BatchOrder, TrainConfig
from seqdisent.types import LossTerms, Sequences

VALIDATION_SEED = 10_007


class TrainingDiverged(RuntimeError):
    """The loss is not a number or exploded; the last good state is on disk."""


class TrainingModule(L.LightningModule):
    """Gives any module with ``loss(batch, generator) -> LossTerms`` an optimizer and logs."""

    def __init__(
        self,
        model: nn.Module,
        train: SequenceDataset,
        validation: SequenceDataset,
        config: TrainConfig,
        seed: int,
    ) -> None:
        super().__init__()
        self.model, self.config, self.seed = model, config, seed
        self.data = {"train": train, "validation": validation}

    def training_step(self, batch: Sequences, index: int) -> torch.Tensor:
        step = self.global_step * self.trainer.world_size + self.global_rank
        generator = torch.Generator().manual_seed(self.seed + 7_919 * step)
        if (parts := self.config.share(self.current_epoch)) > 1:
            batch = _passage(
                batch, parts, generator
            )  # its loss stands for the whole: the steps of Adam stay as large
        terms = self.model.loss(batch, generator)
        self._log("train", terms, len(batch))
        return terms.total * parts

    def validation_step(self, batch: Sequences, index: int) -> None:
        generator = torch.Generator().manual_seed(VALIDATION_SEED + index)
        self._log("validation", self.model.loss(batch, generator), len(batch))

    def _log(self, split: str, terms: LossTerms, size: int) -> None:
        values = {f"{split}/{name}_nats": value.detach() for name, value in terms.means().items()}
        valid = split == "validation"
        options = {"batch_size": size, "on_step": not valid, "on_epoch": valid, "sync_dist": valid}
        self.log_dict(values, **options)
        self.log(f"{split}/loss_nats", terms.total.detach(), prog_bar=True, **options)

    def configure_optimizers(self):
        weights = [p for p in self.model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(weights, self.config.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.config.rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def train_dataloader(self) -> DataLoader:
        trainer = self.trainer
        order = BatchOrder(
            len(self.data["train"]), self.config, self.seed, trainer.global_rank, trainer.world_size
        )
        return DataLoader(self.data["train"], sampler=order, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        rows = list(range(len(self.data["validation"])))[
            self.trainer.global_rank :: self.trainer.world_size
        ]
        size = self.config.batch_size
        batches = [rows[i : i + size] for i in range(0, len(rows), size)]
        return DataLoader(self.data["validation"], sampler=batches, batch_size=None)


def _passage(batch: Sequences, parts: int, generator: torch.Generator) -> Sequences:
    """The same random passage of every sequence, one of ``parts`` parts long; their lengths must be alike."""
    if not batch.mask.all():
        raise ValueError("short epochs are for sequences of one length: set short_epochs to 0")
    frames = batch.x.shape[1]
    length = max(1, frames // parts)
    start = int(torch.randint(frames - length + 1, (1,), generator=generator))
    return Sequences(batch.x[:, start : start + length], batch.mask[:, start : start + length])


class Stopwatch(L.Callback):
    """Seconds of training, over all the sessions of a run that was resumed."""

    def __init__(self) -> None:
        self.before, self.started = 0.0, time.monotonic()

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def state_dict(self) -> dict:
        return {"seconds": self.seconds}

    def load_state_dict(self, state: dict) -> None:
        self.before, self.started = state["seconds"], time.monotonic()


class DivergenceGuard(L.Callback):
    """Stops with :class:`TrainingDiverged` when the loss is not finite, or far above its start."""

    def __init__(self, state: Path, factor: float = 10.0) -> None:
        self.state, self.factor, self.start = state, factor, None

    def state_dict(self) -> dict:
        return {"start": self.start}

    def load_state_dict(self, state: dict) -> None:
        self.start = state["start"]

    def on_train_batch_end(self, trainer, module, outputs, batch, index) -> None:
        self._check(float(outputs["loss"].detach()), trainer, "training")

    def on_validation_end(self, trainer, module) -> None:
        value = trainer.callback_metrics.get("validation/loss_nats")
        if value is not None and not trainer.sanity_checking:
            self._check(float(value), trainer, "validation")

    def _check(self, loss: float, trainer: L.Trainer, where: str) -> None:
        if self.start is None and math.isfinite(loss):
            self.start = loss
        limit = (
            math.inf if self.start is None else self.start + self.factor * max(1, abs(self.start))
        )
        if not math.isfinite(loss) or loss > limit:
            kept = (
                f"the last good state is {self.state}"
                if self.state.exists()
                else "no state was written yet"
            )
            raise TrainingDiverged(
                f"{where} loss is {loss:.4g} nats at step {trainer.global_step} (it started at "
                f"{self.start if self.start is None else round(self.start, 1)}); {kept}. "
                "Try a lower --learning-rate, or resume with another --seed."
            )


def fit(
    model: nn.Module,
    train: SequenceDataset,
    validation: SequenceDataset,
    config: TrainConfig,
    folder: str | Path,
    *,
    seed: int = 0,
    resume: bool = False,
    progress: bool = True,
    stop_after: int | None = None,
    **trainer_options,
) -> dict[str, float]:
    """Train ``model`` in place and leave it with the weights of the best *validation* loss.

    Args:
        folder: run folder: ``last.safetensors`` and ``best.safetensors`` (states to resume from),
            ``csv/`` and ``tensorboard/`` logs.
        resume: go on from ``last.safetensors`` if it is there.
        stop_after: stop after this many epochs; the run can be resumed.
        trainer_options: passed to :class:`lightning.Trainer` (accelerator, devices, num_nodes,
            strategy, precision).

    Returns:
        ``rank`` of this process, ``steps``, ``seconds`` of all sessions, ``best_validation_loss_nats``.

    Raises:
        TrainingDiverged: on a NaN or exploding loss.
        FileExistsError: if ``folder`` holds a run and ``resume`` is false.
    """
    folder = Path(folder)
    last = folder / "last.safetensors"
    if last.exists() and not resume:
        raise FileExistsError(
            f"{folder} holds a run; use --resume to go on with it, or another --run folder"
        )
    keep = ModelCheckpoint(
        folder,
        "best",
        monitor="validation/loss_nats",
        save_last=True,
        enable_version_counter=False,
        auto_insert_metric_name=False,
        save_on_train_epoch_end=True,  # a state from inside an epoch does not resume at its next step
    )
    keep.FILE_EXTENSION = ".safetensors"
    watch = Stopwatch()
    callbacks = [watch, DivergenceGuard(last), keep]
    if progress:
        callbacks.append(TQDMProgressBar(refresh_rate=10))
    trainer = L.Trainer(
        # Epochs, not max_steps: counting in steps, Lightning skips the epoch after a resume.
        max_epochs=config.epochs if stop_after is None else min(stop_after, config.epochs),
        callbacks=callbacks,
        logger=[CSVLogger(folder, "csv"), TensorBoardLogger(folder, "tensorboard")],
        plugins=[SafetensorsIO()],
        use_distributed_sampler=False,  # BatchOrder already shares the rows between processes
        num_sanity_val_steps=0,
        enable_model_summary=False,
        enable_progress_bar=progress,
        log_every_n_steps=min(25, config.epoch_steps),
        reload_dataloaders_every_n_epochs=0,
        **trainer_options,
    )
    module = TrainingModule(model, train, validation, config, seed)
    trainer.fit(module, ckpt_path=str(last) if resume and last.exists() else None)
    best = load_state(folder / "best.safetensors")["state_dict"]
    model.load_state_dict({k.removeprefix("model."): v for k, v in best.items()})
    return {
        "rank": trainer.global_rank,
        "steps": trainer.global_step,
        "seconds": round(watch.seconds, 1),
        "best_validation_loss_nats": float(keep.best_model_score),
    }
