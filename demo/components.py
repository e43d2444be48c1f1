"""The three components that gradio does not have: each a fixed container that a script fills.

A template never holds a value: scripts put text on the page with ``textContent`` only. They are functions,
not subclasses, because gradio builds a component anew from its arguments when an event updates it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import gradio as gr
import plotly

STATIC = Path(__file__).parent / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def _script(name: str) -> str:
    """A script behind the helpers that all of them use: each runs in a scope of its own."""
    return "".join((STATIC / part).read_text(encoding="utf-8") for part in ("dom.js", name))


def stage(**settings) -> gr.HTML:
    """Plays the clips of a swap in step. ``value`` is :func:`demo.payloads.stage`."""
    return gr.HTML(
        html_template='<div class="sd-stage" role="region" aria-label="Swap"></div>',
        js_on_load=_script("stage.js"), apply_default_css=False, **settings,
    )  # fmt: skip


def chooser(side: Literal["A", "B"], **settings) -> gr.HTML:
    """Chooses a sequence. ``value`` is :func:`demo.payloads.chooser`, ``gallery`` its pictures.

    Triggers ``pick`` with ``{index}``, ``wish`` with ``{factors}`` and ``more`` with ``{}``.
    """
    return gr.HTML(
        html_template=f'<div class="sd-chooser" data-side="{side}"></div>', js_on_load=_script("chooser.js"),
        apply_default_css=False, gallery=None, **settings,
    )  # fmt: skip


def maps(**settings) -> gr.HTML:
    """Two linked scatter plots.

    ``value`` is the JSON text of :func:`demo.payloads.points`, ``atlas`` its pictures; ``colours`` is
    ``[static map's factor, dynamic map's factor]``, ``chosen`` is ``[a, b]``.

    Triggers ``point`` with ``{index, side}``.
    """
    # Relative to the page, so that it works behind a proxy; loaded when the tab is first seen.
    head = f'<script src="gradio_api/file={PLOTLY.as_posix()}"></script>'
    return gr.HTML(
        html_template='<div class="sd-maps"></div>', js_on_load=_script("maps.js"), head=head,
        apply_default_css=False, atlas=None, colours=None, chosen=None, **settings,
    )  # fmt: skip
