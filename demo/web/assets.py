"""The page's scripts and styles.

Scripts are ES modules that import each other. They are served from a folder whose name changes with their content, so
that no browser mixes those of two versions.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Sequence
from pathlib import Path

import plotly
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

DEMO = Path(__file__).parents[1]
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

mimetypes.add_type(
    "text/javascript", ".js"
)  # some systems say otherwise, and browsers then refuse modules


class _Scripts(StaticFiles):
    """The scripts of a folder and nothing else."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path.endswith(".js") else ("", None)


def _version() -> str:
    digest = hashlib.sha256()
    for path in sorted(DEMO.rglob("*.js")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


FOLDER = f"scripts-{_version()}"


def routes() -> list[Mount]:
    """Where the scripts are served."""
    return [Mount(f"/{FOLDER}", app=_Scripts(directory=DEMO))]


def style_sheets() -> list[Path]:
    """The styles of the page, then those of the tabs that have some."""
    return [DEMO / "web" / "style.css", *sorted((DEMO / "tabs").glob("*/style.css"))]


def mounting(script: str, triggers: Sequence[str] = ()) -> str:
    """JavaScript that a component runs when it is loaded: it hands the component to a module's ``mount``.

    Args:
        script: path of the module in this folder's parent. It is relative to the page, so that it works behind a proxy.
        triggers: names of the events that the module triggers.
    """
    listed = ", ".join(f'"{name}"' for name in triggers)
    return (
        f"/* triggers: {listed} */ "  # gradio takes the names of custom events from here
        f'import(new URL("{FOLDER}/{script}", document.baseURI).href)'
        ".then((module) => module.mount({ element, props, trigger, watch, server }));"
    )
