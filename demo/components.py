"""The components that gradio does not have: each a fixed container that a script fills.

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


def _script(*names: str) -> str:
    """A script behind the helpers that it uses: each component's runs in a scope of its own."""
    return "".join((STATIC / f"{name}.js").read_text(encoding="utf-8") for name in ("dom", *names))


def stage(**settings) -> gr.HTML:
    """Plays the clips of a swap in step. ``value`` is :func:`demo.payloads.stage`."""
    return gr.HTML(
        html_template='<div class="sd-stage" role="region" aria-label="Swap"></div>',
        js_on_load=_script("player", "stage"), apply_default_css=False, **settings,
    )  # fmt: skip


def chooser(side: Literal["A", "B"], **settings) -> gr.HTML:
    """Chooses a sequence. ``value`` is :func:`demo.payloads.chooser`, ``gallery`` its pictures.

    Triggers ``pick`` with ``{index}``, ``wish`` with ``{factors}`` and ``more`` with ``{}``.
    """
    return gr.HTML(
        html_template=f'<div class="sd-chooser" data-side="{side}"></div>', js_on_load=_script("chooser"),
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
        html_template='<div class="sd-maps"></div>', js_on_load=_script("theme", "maps"), head=head,
        apply_default_css=False, atlas=None, colours=None, chosen=None, **settings,
    )  # fmt: skip


def leakage(**settings) -> gr.HTML:
    """Verdicts and heat maps. ``value`` is the JSON text of :func:`demo.report_payloads.page`."""
    return gr.HTML(
        html_template='<div class="sd-leakage"></div>', js_on_load=_script("heat", "verdicts", "leakage"),
        apply_default_css=False, **settings,
    )  # fmt: skip


def timeline(**settings) -> gr.HTML:
    """Leakage over time.

    ``value`` is the JSON text of :func:`demo.report_payloads.curves`, ``clips`` is
    :func:`demo.report_payloads.clips`.
    """
    return gr.HTML(
        html_template='<div class="sd-timeline" role="region" aria-label="Leakage over time"></div>',
        js_on_load=_script("theme", "player", "timeline"), apply_default_css=False, clips=None, **settings,
    )  # fmt: skip
