"""The one procedure that trains a model or a judge and saves it. The command line and all sweeps call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import lightning as L
import torch
from torch import nn

from seqdisent.checkpoint import SavedModel, save_checkpoint
from seqdisent.data.dataset import SequenceDataset
from seqdisent.models import SequentialVAE, pruning, quantisation
from seqdisent.training.config import TrainConfig
from seqdisent.training.trainer import check_run_folder, fit
from seqdisent.weights import round_to_half

Splits = tuple[SequenceDataset, SequenceDataset]  # training and validation


class TrainingTask(Protocol):
    """What is trained on what; :class:`seqdisent.recipes.Recipe` is one."""

    @property
    def kind(self) -> str:
        """A name in :data:`seqdisent.models.MODELS`, or ``"judge"``."""

    @property
    def train(self) -> TrainConfig: ...

    @property
    def prune(self) -> bool:
        """Whether codes are pruned after training (:mod:`seqdisent.models.pruning`)."""

    @property
    def quantise(self) -> bool:
        """Whether pruned codes are quantised (:mod:`seqdisent.models.quantisation`)."""

    def build(self, root: str | Path | None = None) -> nn.Module:
        """A freshly initialised model or judge."""

    def load(self, root: str | Path | None = None) -> Splits:
        """The training and the validation split."""


@dataclass(frozen=True)
class Trained:
    """A checkpoint that was written: its folder, and the model in it."""

    folder: Path
    model: nn.Module


def train_and_save(
    task: TrainingTask,
    folder: Path,
    run: Path,
    *,
    name: str,
    command: str,
    seed: int,
    resume: bool = False,
    progress: bool = True,
    data_root: Path | None = None,
    data: Splits | None = None,
    record: Mapping[str, Any] | None = None,
    write_card: Callable[[Path], None] | None = None,
    **trainer_options: Any,
) -> Trained | None:
    """Load the data, build, fit, round to half precision, change the codes as the task asks, and write a checkpoint.

    Nothing is evaluated: ``seqdisent evaluate`` does that.

    Args:
        folder: of the checkpoint; one that is there is replaced.
        run: folder of states and logs.
        name: of the recipe or point, for the record.
        command: the exact command that repeats this, for the record.
        seed: of weights, data order and noise.
        resume: go on with the run in ``run``.
        data_root: where the data are.
        data: the two splits, if they are already loaded.
        record: further entries of ``recipe`` in the checkpoint's ``config.json``.
        write_card: writes the model card of the folder.
        trainer_options: passed to :func:`seqdisent.training.trainer.fit`.

    Returns:
        The checkpoint; ``None`` in a process other than the first.

    Raises:
        DataNotReady: if the data must be downloaded first.
        RunExists: if ``run`` holds a run and ``resume`` is false.
        TrainingDiverged: on a NaN or exploding loss.
    """
    check_run_folder(run, resume)
    train, validation = task.load(data_root) if data is None else data
    if task.train.steps * task.train.batch_size > len(train):
        # Composed once; a run that sees less than one pass composes sequences as it goes.
        train, validation = train.in_memory(), validation.in_memory()
    L.seed_everything(seed, verbose=False)
    model = task.build(data_root)
    result = fit(
        model,
        train,
        validation,
        task.train,
        run,
        seed=seed,
        resume=resume,
        progress=progress,
        **trainer_options,
    )
    facts = asdict(result)
    rank = facts.pop("rank")
    if rank != 0:
        return None
    round_to_half(model)
    if task.prune:
        assert isinstance(model, SequentialVAE)  # a judge has no codes
        model, _ = pruning.prune_codes(model.eval(), train)
        facts["prune_tolerance"] = pruning.TOLERANCE
    if task.quantise:
        assert isinstance(model, SequentialVAE)
        model, codes = quantisation.quantise_codes(model, train, validation)
        facts["quantise_tolerance"] = quantisation.TOLERANCE
        facts["code_bits"] = {code: round(found.bits, 3) for code, found in codes.items()}
    facts["torch"] = torch.__version__
    made_by = {
        "name": name,
        "command": command,
        "seed": seed,
        **facts,
        "train": asdict(task.train),
        **(record or {}),
    }
    # Modules annotate their attributes, which nn.Module hides from the type checker.
    saved = cast(SavedModel, model)
    save_checkpoint(folder, saved, kind=task.kind, recipe=made_by)
    if write_card is not None:
        write_card(folder)
    return Trained(folder, model)
