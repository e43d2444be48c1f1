"""Speech for the tests: recordings of our own voices, analysed once a session."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

import seqdisent
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.speech import voices
from seqdisent.data.speech.recordings import recording_dataset
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.config import FrameConfig

SMALL = {"static_size": 6, "dynamic_size": 3, "hidden": 8}
MLP, MODULATED = FrameConfig("mlp", 4, 12), FrameConfig("modulated", 4, 12)
# One table drives every contract: name -> (model, config).
VARIANTS = {
    "dsvae-factorised": ("dsvae", DSVAEConfig(q="factorised", frame=MLP, **SMALL)),
    "dsvae-full": ("dsvae", DSVAEConfig(q="full", frame=MLP, **SMALL)),
    "dbse": ("dbse", DBSEConfig(frame=MLP, **SMALL)),
    "dbse-largest": ("dbse", DBSEConfig(frame=MODULATED, anchor_rule="largest", **SMALL)),
    "dbse-span": (
        "dbse",
        DBSEConfig(
            frame=FrameConfig("voice", 4, 12),
            anchor_rule="largest",
            anchor_span=5,
            perturb="voice",
            **SMALL,
        ),
    ),
    "dbse-agreeing": (
        "dbse",
        DBSEConfig(
            frame=MODULATED,
            anchor_rule="mean",
            anchor_span=3,
            random_anchor=True,
            agreement_weight=2.0,
            swap_weight=0.5,
            static_path="pooled",
            perturb="voice",
            **SMALL,
        ),
    ),
}


def build(variant: str) -> seqdisent.SequentialVAE:
    """A small untrained model of speech, the same at every call."""
    torch.manual_seed(0)
    name, config = VARIANTS[variant]
    return seqdisent.build_model(name, voices.SPEC, config).eval()


@cache
def spoken() -> SequenceDataset:
    """Forty test recordings of four women and four men, each saying five words."""
    every = voices.recordings("test")
    chosen = [r for r in every if r.labels["speaker"] in (0, 1, 2, 3, 24, 25, 26, 27)]
    rows = np.concatenate(
        [
            [i for i, r in enumerate(chosen) if r.labels["speaker"] == s][:5]
            for s in (0, 1, 2, 3, 24, 25, 26, 27)
        ]
    )
    return recording_dataset(voices.SPEC, [chosen[row] for row in rows])
