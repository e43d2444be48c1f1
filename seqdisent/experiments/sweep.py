"""Many models of one kind: each is trained once, or gone on with, or found trained."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from seqdisent.checkpoint import CONFIG
from seqdisent.data import load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.recipes import Recipe
from seqdisent.reporting.model_card import write_card


@lru_cache(maxsize=3)
def split(dataset: str, name: str) -> SequenceDataset:
    """A split in memory; those of one data set are composed once, those of two are not held together."""
    return load_dataset(dataset, name).in_memory()


def trained(
    recipe: Recipe,
    folder: Path,
    about: dict[str, str],
    *,
    seed: int,
    steps: int | None = None,
    progress: bool = False,
    **options,
) -> Path:
    """The checkpoint folder ``folder/checkpoint`` of a recipe for one seed.

    Args:
        folder: of the run; it is resumed.
        about: recorded in the checkpoint: name and command.
        steps: instead of the recipe's.
        options: passed to :func:`seqdisent.training.trainer.fit`.
    """
    to = folder / "checkpoint"
    if (to / CONFIG).is_file():
        return to
    # Lightning takes seconds to import, and points that are already trained do not need it.
    from seqdisent.training.run import train_and_save

    if steps is not None:
        recipe = replace(recipe, train=replace(recipe.train, steps=steps))
    data = (split(recipe.dataset, "train"), split(recipe.dataset, "validation"))
    train_and_save(
        recipe,
        to,
        folder,
        seed=seed,
        resume=True,
        progress=progress,
        data=data,
        write_card=write_card,
        **about,
        **options,
    )
    return to
