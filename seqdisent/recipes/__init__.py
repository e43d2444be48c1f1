"""Recipes: a model (or judge) on a data set with the settings that the shipped checkpoints have.

Each recipe is a Python function without arguments; an unknown name is an error.
"""

from __future__ import annotations

from collections.abc import Callable

from seqdisent.checkpoint import renaming_hint
from seqdisent.errors import UsageError
from seqdisent.recipes import speech, timeseries, video
from seqdisent.recipes.base import Recipe
from seqdisent.spec import DatasetSpec

RECIPES: dict[str, Callable[[], Recipe]] = {
    **video.RECIPES,
    **speech.RECIPES,
    **timeseries.RECIPES,
}


def recipe(name: str) -> Recipe:
    """The recipe called ``name``.

    Raises:
        UsageError: if there is none; the message lists those there are.
    """
    if name not in RECIPES:
        hint = renaming_hint(name, RECIPES) or f"choose from {sorted(RECIPES)}"
        raise UsageError(f"no recipe {name!r}; {hint}")
    return RECIPES[name]()


def judge_hint(spec: DatasetSpec) -> str:
    """How to get the judge of a data set, for messages; empty if there is no recipe for it."""
    name = f"judge-{spec.judged_by}"
    return f"train one with `seqdisent train {name}`" if name in RECIPES else ""


__all__ = ["RECIPES", "Recipe", "judge_hint", "recipe"]
