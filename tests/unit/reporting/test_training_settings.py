"""What must be in sight where two checkpoints are compared."""

from __future__ import annotations

from seqdisent.reporting.training_settings import training_settings

MODEL = {
    "static_size": 128,
    "dynamic_size": 16,
    "static_rank": 10,
    "dynamic_rank": 0,
    "sigma": 120**-0.5,
    "static_weight": 5.0,
    "dynamic_weight": 2.0,
}
CONFIG = {
    "config": MODEL,
    "dataset": {"likelihood": "gaussian"},
    "recipe": {"steps": 6000, "train": {"batch_size": 32}},
}


def test_budget_weights_and_sizes_of_a_checkpoint() -> None:
    found = training_settings(CONFIG)
    assert found.budget == "192,000 sequences"
    assert found.weights == "60 : 5 : 2"
    assert found.sizes == "128 (10 directions) / 16"
    assert all(part in found.sentence for part in (found.budget, found.weights, found.sizes))


def test_what_is_not_known_is_not_made_up() -> None:
    assert training_settings({**CONFIG, "recipe": {"steps": 6000}}).budget == "6,000 steps"
    assert training_settings({**CONFIG, "recipe": {}}).budget == "an unknown number of sequences"
    learned = {**CONFIG, "config": {**MODEL, "sigma": None}}
    assert training_settings(learned).weights == "learned scale : 5 : 2"
    scaled = {**CONFIG, "dataset": {"likelihood": "scaled"}}
    assert training_settings(scaled).weights == "learned scale : 5 : 2"
