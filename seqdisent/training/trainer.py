"""Fitting a model: one call around Lightning's trainer.

Everything random in a step is a function of (seed, step, rank), and the order of the data one of
(seed, epoch), so a run that was killed and resumed ends with the weights of a run left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, Timer, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import nn

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import RunExists
from seqdisent.training.callbacks import DivergenceGuard
from seqdisent.training.config import TrainConfig
from seqdisent.training.module import TrainingModule
from seqdisent.training.state_io import SafetensorsIO, load_state

LAST, BEST = "last.safetensors", "best.safetensors"


@dataclass(frozen=True)
class FitResult:
    """What is known of a run that has ended.

    Args:
        rank: number of this process.
        steps: optimizer steps.
        seconds: of all sessions of a run that was resumed.
        best_validation_loss_nats: of the weights that the model has now.
    """

    rank: int
    steps: int
    seconds: float
    best_validation_loss_nats: float


def check_run_folder(folder: Path, resume: bool) -> None:
    """Refuse to overwrite a run.

    Raises:
        RunExists: if ``folder`` holds a run and ``resume`` is false.
    """
    if (folder / LAST).exists() and not resume:
        raise RunExists(
            f"{folder} holds a run; use --resume to go on with it, or another --run folder"
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
    **trainer_options: Any,
) -> FitResult:
    """Train ``model`` in place and leave it with the weights of the best *validation* loss.

    Args:
        model: has ``loss(batch, generator) -> LossTerms``.
        folder: run folder: ``last.safetensors`` and ``best.safetensors`` (states to resume from),
            ``csv/`` and ``tensorboard/`` logs.
        resume: go on from ``last.safetensors`` if it is there.
        stop_after: stop after this many epochs; the run can be resumed.
        trainer_options: passed to :class:`lightning.Trainer` (accelerator, devices, num_nodes,
            strategy, precision).

    Raises:
        TrainingDiverged: on a NaN or exploding loss.
        RunExists: if ``folder`` holds a run and ``resume`` is false.
    """
    folder = Path(folder)
    check_run_folder(folder, resume)
    last = folder / LAST
    states = _state_writer(folder)
    timer = Timer()
    callbacks: list[Callback] = [timer, DivergenceGuard(last), states]
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
    best = load_state(folder / BEST)["state_dict"]
    model.load_state_dict({name.removeprefix("model."): value for name, value in best.items()})
    assert states.best_model_score is not None  # it was read a line above
    return FitResult(
        rank=trainer.global_rank,
        steps=trainer.global_step,
        seconds=round(timer.time_elapsed("train"), 1),
        best_validation_loss_nats=float(states.best_model_score),
    )


def _state_writer(folder: Path) -> ModelCheckpoint:
    writer = ModelCheckpoint(
        folder,
        Path(BEST).stem,
        monitor="validation/loss_nats",
        save_last=True,
        enable_version_counter=False,
        auto_insert_metric_name=False,
        save_on_train_epoch_end=True,  # a state from inside an epoch does not resume at its next step
    )
    writer.FILE_EXTENSION = ".safetensors"
    return writer
