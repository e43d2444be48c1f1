"""What the code imports is declared, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
# Needed without an import of their own: plug-ins that other libraries load, and programs.
INDIRECT = {"tensorboard"}


def imported() -> set[str]:
    """The top-level modules that the package and the app import, without those of Python and of this repository."""
    modules = set()
    for folder in ("seqdisent", "demo"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module.partition(".")[0])
    local = {path.stem for path in (ROOT / "demo").iterdir()} | {"seqdisent", "demo"}
    return modules - set(sys.stdlib_module_names) - local


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(groups: tuple[str, ...]) -> set[str]:
    """The distributions that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = list(project["dependencies"])
    for group in groups:
        requirements += project["optional-dependencies"][group]
    names = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {normalised(name[0]) for name in names if name is not None}


def distributions(module: str) -> set[str]:
    """The installed distributions that have a module; itself if none is known."""
    return {normalised(name) for name in packages_distributions().get(module, [module])}


@pytest.mark.parametrize("module", sorted(imported()))
def test_what_is_imported_is_declared(module):
    assert distributions(module) & declared(("train",)), f"{module} is imported and not declared"


def test_what_is_declared_is_imported():
    used = set().union(*(distributions(module) for module in imported()))
    assert declared(("train",)) - used - INDIRECT == set()


def test_what_the_app_needs_is_pinned():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normalised(line.partition("==")[0]) for line in lines if "==" in line}
    assert declared(()) <= pinned
