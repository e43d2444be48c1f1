"""Recipes: a model (or judge) on a data set with the settings that the shipped checkpoints have.

Each recipe is a Python function without arguments; an unknown name is an error.
"""

from __future__ import annotations

from collections.abc import Callable

from seqdisent.recipes import balls, series, sprites, voices
from seqdisent.recipes.recipe import Recipe

RECIPES: dict[str, Callable[[], Recipe]] = {
    **sprites.RECIPES,
    **balls.RECIPES,
    **voices.RECIPES,
    **series.RECIPES,
}


def recipe(name: str) -> Recipe:
    """The recipe called ``name``; ``ValueError`` names the recipes there are."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; choose from {sorted(RECIPES)}")
    return RECIPES[name]()


__all__ = ["RECIPES", "Recipe", "recipe"]
