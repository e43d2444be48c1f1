"""What the tests share: small configs of every model, and a checkpoints folder made on the fly."""

from __future__ import annotations

import pytest
import torch

import seqdisent
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.config import FrameConfig

torch.set_num_threads(2)

SMALL = {
    "static_size": 6,
    "dynamic_size": 3,
    "hidden": 8,
    "frame": FrameConfig(width=4, features=12),
}
# One table drives every contract: name -> (model, config).
VARIANTS = {
    "dsvae-factorised": ("dsvae", DSVAEConfig(q="factorised", **SMALL)),
    "dsvae-full": ("dsvae", DSVAEConfig(q="full", **SMALL)),
    **{
        f"{name}-{how}": (name, config(transition=how, **SMALL))
        for name, config in (("dsvae", DSVAEConfig), ("dbse", DBSEConfig))
        for how in ("deterministic", "linear", "independent")
    },
    "dsvae-perturbed": ("dsvae", DSVAEConfig(perturb="colours+mirror", **SMALL)),
    "dbse": ("dbse", DBSEConfig(**SMALL)),
    "dbse-anchor-5": ("dbse", DBSEConfig(anchor=5, **SMALL)),
    "dbse-random-anchor": ("dbse", DBSEConfig(random_anchor=True, **SMALL)),
    "dbse-released": ("dbse", DBSEConfig(released=True, **SMALL)),
    "dbse-shifted": (
        "dbse",
        DBSEConfig(perturb="shift", random_anchor=True, anchor_rule="mean", **SMALL),
    ),
    "dbse-learned-sigma": ("dbse", DBSEConfig(sigma=None, perturb="colours", **SMALL)),
    "dbse-recipe": (
        "dbse",
        DBSEConfig(
            **{**SMALL, "frame": FrameConfig("modulated", 4, 12)},
            static_path="pooled",
            perturb="colours+mirror",
        ),
    ),
    "dbse-dcgan": ("dbse", DBSEConfig(**{**SMALL, "frame": FrameConfig("dcgan", 4, 12)})),
}


def build(variant: str) -> seqdisent.SequentialVAE:
    """A small untrained model, the same at every call."""
    torch.manual_seed(0)
    data = "sprites-32" if variant.endswith("-32") else "sprites"
    name, config = VARIANTS[variant.removesuffix("-32")]
    return seqdisent.build_model(name, seqdisent.dataset_spec(data), config).eval()


@pytest.fixture(params=VARIANTS)
def model(request) -> seqdisent.SequentialVAE:
    """Every model variant in turn."""
    return build(request.param)


@pytest.fixture(scope="session")
def clips() -> seqdisent.Sequences:
    """Five drawn test sequences."""
    return seqdisent.load_dataset("sprites", "test")[[0, 10, 200, 1000, 2000]]


@pytest.fixture(autouse=True)
def shipped_checkpoints(request, monkeypatch) -> None:
    """The app's tests point to a folder of their own; every other test means the shipped checkpoints."""
    if "checkpoints" not in request.fixturenames:
        monkeypatch.delenv("SEQDISENT_CHECKPOINTS", raising=False)
