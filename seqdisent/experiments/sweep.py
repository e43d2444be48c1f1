"""Many models of one kind: each is trained once, or gone on with, or found trained."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from seqdisent.data import load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.recipes import Recipe


@lru_cache(maxsize=3)
def split(dataset: str, name: str) -> SequenceDataset:
    """A split in memory; those of one data set are composed once, those of two are not held together."""
    return load_dataset(dataset, name).in_memory()


def trained(
    recipe: Recipe,
    folder: Path,
    about: dict[str, object],
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
    import lightning

    from seqdisent.checkpoint import CONFIG, round_to_half, save_checkpoint
    from seqdisent.training.trainer import fit

    to = folder / "checkpoint"
    if (to / CONFIG).is_file():
        return to
    lightning.seed_everything(seed, verbose=False)
    model = recipe.build()
    config = recipe.train if steps is None else replace(recipe.train, steps=steps)
    data = (split(recipe.dataset, name) for name in ("train", "validation"))
    made = fit(model, *data, config, folder, seed=seed, resume=True, progress=progress, **options)
    made.pop("rank")
    round_to_half(model)
    return save_checkpoint(to, model, kind=recipe.kind, recipe={**about, "seed": seed, **made})
