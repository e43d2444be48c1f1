"""What watches a training run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import lightning as L

from seqdisent.errors import TrainingDiverged


class DivergenceGuard(L.Callback):
    """Stops a run whose loss is not finite, or far above the loss of the first step.

    Lightning's ``EarlyStopping(check_finite, divergence_threshold)`` ends a run as if it had finished, and its
    threshold is absolute; here a run that diverged is an error, and must not be saved as a checkpoint.

    Args:
        state: file of the last state, which the message names.
        factor: the loss may rise above its start by so many times the start's magnitude.

    Raises:
        TrainingDiverged: from within a step or a validation.
    """

    def __init__(self, state: Path, factor: float = 10.0) -> None:
        self.state = state
        self.factor = factor
        self.start: float | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"start": self.start}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.start = state_dict["start"]

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        self._check(float(outputs["loss"].detach()), trainer.global_step, "training")

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        loss = trainer.callback_metrics.get("validation/loss_nats")
        if loss is not None and not trainer.sanity_checking:
            self._check(float(loss), trainer.global_step, "validation")

    def _check(self, loss: float, step: int, split: str) -> None:
        if self.start is None and math.isfinite(loss):
            self.start = loss
        if math.isfinite(loss) and loss <= self._limit():
            return
        start = "not finite" if self.start is None else f"{self.start:.1f}"
        kept = "no state was written yet"
        if self.state.exists():
            kept = f"the last good state is {self.state}"
        raise TrainingDiverged(
            f"{split} loss is {loss:.4g} nats at step {step} (at the start it was {start}); {kept}. "
            "Try a lower --learning-rate, or resume with another --seed."
        )

    def _limit(self) -> float:
        if self.start is None:
            return math.inf
        return self.start + self.factor * max(1.0, abs(self.start))
