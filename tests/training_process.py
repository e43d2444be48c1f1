"""A small training run as its own process: ``python training_process.py FOLDER STEPS [devices]``."""

from __future__ import annotations

import sys
from pathlib import Path

import lightning
import numpy as np
from conftest import build

from seqdisent.data import load_dataset
from seqdisent.training.resume import save_state
from seqdisent.training.schedule import TrainConfig
from seqdisent.training.trainer import fit


def run(folder, steps: int = 24, *, resume: bool = False, seed: int = 3, model=None, **options):
    """Train the small perturbed DSVAE on 40 drawn sequences; returns the model and fit's report."""
    lightning.seed_everything(seed, verbose=False)
    model = build("dsvae-perturbed") if model is None else model
    model.train()
    train, validation = (
        load_dataset("sprites", split).select(np.arange(40)) for split in ("train", "validation")
    )
    config = TrainConfig(
        steps=steps, batch_size=8, epoch_steps=6, warmup_steps=4, learning_rate=1e-3
    )
    options = {"accelerator": "cpu", "devices": 1, **options}
    made = fit(
        model,
        train,
        validation,
        config,
        folder,
        seed=seed,
        resume=resume,
        progress=False,
        **options,
    )
    return model, made


if __name__ == "__main__":
    devices = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    strategy = "ddp" if devices > 1 else "auto"
    model, made = run(sys.argv[1], int(sys.argv[2]), devices=devices, strategy=strategy)
    save_state(dict(model.state_dict()), Path(sys.argv[1]) / f"rank{made['rank']}.safetensors")
