"""Model cards list every difference between a checkpoint and the published settings of its method."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from seqdisent.data import dataset_outline
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.vast import VASTConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes.base import sigma
from seqdisent.reporting.model_card import model_card
from seqdisent.reporting.published import compare, parts
from seqdisent.training.config import TrainConfig

DCGAN = FrameConfig("dcgan", width=64, features=256)
AS_PUBLISHED = DBSEConfig(static_size=256, dynamic_size=256, hidden=64, sigma=sigma(5), frame=DCGAN)


def checkpoint(model: str, config, dataset: str = "sprites", **training) -> dict[str, Any]:
    """A ``config.json``."""
    train = TrainConfig(**{"steps": 5000, "batch_size": 32, "learning_rate": 2e-3, **training})
    return {
        "package": "0.1.0",
        "model": model,
        "config": asdict(config),
        "dataset": dataset_outline(dataset).to_json(),
        "recipe": {"train": asdict(train)},
    }


def test_published_settings_differ_in_training_alone():
    found = compare(checkpoint("dbse", AS_PUBLISHED))
    assert [line.split(" ")[0] for line in found.differences] == ["batch", "the"]
    assert "0.988 % of the published budget, 2,000 passes over the 8,100 sequences" in found.budget


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"static_weight": 5.0}, "weight of the static KL 5 (published: 1)"),
        ({"dynamic_weight": 0.5}, "weight of the dynamic KL 0.5 (published: 1)"),
        ({"sigma": sigma(60)}, "weight of the squared error 60 (published: 5)"),
        ({"sigma": None}, "weight of the squared error: learned (published: 5)"),
        ({"anchor_weight": 1.0}, "weight of the anchor, relative to that of the squared error 1"),
        ({"anchor": 3}, "anchor: frame 3, counted from 0 (published: first frame)"),
        ({"static_size": 128}, "static size 128 (published: 256)"),
        ({"hidden": 128}, "units of the recurrent networks 128 (published: 64)"),
        ({"transition": "linear"}, "transition: linear (published: stochastic)"),
        ({"frame": FrameConfig()}, "frame networks: space-to-depth, width 48 (published: DCGAN"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_difference_is_listed(changes, line):
    plain = compare(checkpoint("dbse", AS_PUBLISHED)).differences
    found = compare(checkpoint("dbse", replace(AS_PUBLISHED, **changes))).differences
    (added,) = set(found) - set(plain)
    assert added.startswith(line)


def test_a_weighted_dsvae_is_no_published_one():
    config = checkpoint("dsvae", DSVAEConfig(static_weight=10.0), "bouncing-balls")
    assert "weight of the static KL 10 (published: 1)" in compare(config).differences
    card = model_card("dsvae-balls", config, None)
    assert "## Difference to published settings" in card and "static KL 10 (published: 1)" in card


def test_the_parts_of_vast_are_listed():
    assert parts(checkpoint("dbse", AS_PUBLISHED)) == []
    plain = VASTConfig()
    assert parts(checkpoint("vast", plain)) == []
    config = replace(plain, augmentation="voice", static_rank=4, random_anchor=True)
    card = model_card("vast-clips", checkpoint("vast", config), None)
    for part in ("training: voice", "pruned to 4 directions", "random anchors in training"):
        assert part in card
    assert "our own method" in card


def test_a_model_of_no_paper_is_not_compared():
    assert compare({**checkpoint("dbse", AS_PUBLISHED), "model": "my-model"}) is None
