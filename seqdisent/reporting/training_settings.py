"""What two checkpoints must have in common to be compared: training budget, weights of the loss, sizes of the codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Config = Mapping[str, Any]


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a checkpoint as texts.

    Args:
        budget: sequences seen in training.
        weights: reconstruction : static KL : dynamic KL, as the papers write them, of a summed squared error; where the
            scale of the likelihood is learned, the first is not a number.
        sizes: dimensions of the static code / of the dynamic code at a step, and directions left by pruning.
    """

    budget: str
    weights: str
    sizes: str

    @property
    def sentence(self) -> str:
        """All of them."""
        return f"Trained on {self.budget}; weights {self.weights}; code sizes {self.sizes}."


def training_settings(config: Config) -> TrainingSettings:
    """The settings in ``config.json`` of a model's checkpoint."""
    model = config["config"]
    learned = config["dataset"].get("likelihood") == "scaled" or model.get("sigma") is None
    reconstruction = "learned scale" if learned else f"{1 / (2 * model['sigma'] ** 2):.3g}"
    weights = f"{reconstruction} : {model['static_weight']:g} : {model['dynamic_weight']:g}"
    return TrainingSettings(_budget(config["recipe"]), weights, _sizes(model))


def _budget(recipe: Config) -> str:
    """Sequences seen; steps alone in checkpoints that do not record the batch size."""
    steps = recipe.get("steps")
    if steps is None:
        return "an unknown number of sequences"
    batch_size = recipe.get("train", {}).get("batch_size")
    if batch_size is None:
        return f"{steps:,} steps"
    return f"{steps * batch_size:,} sequences"


def _sizes(model: Config) -> str:
    static = _size(model["static_size"], model.get("static_rank", 0))
    dynamic = _size(model["dynamic_size"], model.get("dynamic_rank", 0))
    return f"{static} / {dynamic}"


def _size(dimensions: int, rank: int) -> str:
    return f"{dimensions} ({rank} directions)" if rank else f"{dimensions}"
