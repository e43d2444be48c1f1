"""The components that gradio does not have: each a fixed container that a script fills.

A template never holds a value: scripts put text on the page with ``textContent`` only. They are functions,
not subclasses, because gradio builds a component anew from its arguments when an event updates it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import gradio as gr
import plotly

from demo.core import service
from demo.tabs.generate.payload import answer
from seqdisent.audio.prepare import wav_bytes
from seqdisent.media import video

DEMO = Path(__file__).parents[1]
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def _script(*names: str) -> str:
    """A script behind the helpers that it uses: each component's runs in a scope of its own."""
    return "".join((DEMO / name).read_text(encoding="utf-8") for name in ("web/dom.js", *names))


def hear(wanted: object) -> str:
    """A test recording as a ``data:`` address, "" if there is none.

    Scripts call it past the queue: it runs no model.

    Args:
        wanted: ``[checkpoint, position in the test split]``; anybody can send anything.
    """
    if not isinstance(wanted, list) or len(wanted) != 2:
        return ""
    try:
        return video.data_uri(wav_bytes(service.hear(*wanted)), "audio/wav")
    except service.ServiceError:
        return ""


def stage(**settings) -> gr.HTML:
    """Plays the clips of a swap in step. ``value`` is :func:`demo.tabs.swap.payload.stage`, None for sound."""
    return gr.HTML(
        html_template='<div class="sd-stage" role="region" aria-label="Swap" hidden></div>',
        js_on_load=_script("web/player.js", "web/judge.js", "modalities/video_stage.js"),
        apply_default_css=False,
        **settings,
    )


def sound_stage(label: str = "Swap", **settings) -> gr.HTML:
    """Shows and plays the clips of a swap of sound, or a recording alone.

    ``value`` is ``sound_stage`` or ``sound_clip`` of :mod:`demo.tabs.swap.payload`, None for video.
    """
    return gr.HTML(
        html_template=f'<div class="sd-stage" role="region" aria-label="{label}" hidden></div>',
        js_on_load=_script(
            "web/theme.js",
            "web/judge.js",
            "web/audio.js",
            "web/spectrogram.js",
            "modalities/speech_clip.js",
            "modalities/speech_stage.js",
        ),
        apply_default_css=False,
        **settings,
    )


def series_stage(label: str = "Swap", **settings) -> gr.HTML:
    """Plots the clips of a swap of series, or a series alone.

    ``value`` is ``series_stage`` or ``series_clip`` of :mod:`demo.tabs.swap.payload`, None for others.
    """
    return gr.HTML(
        html_template=f'<div class="sd-stage sd-series" role="region" aria-label="{label}" hidden></div>',
        js_on_load=_script(
            "web/judge.js",
            "modalities/timeseries_axes.js",
            "modalities/timeseries_plot.js",
            "modalities/timeseries_stage.js",
        ),
        apply_default_css=False,
        **settings,
    )


# What shows the clips of each modality.
STAGES = {"video": stage, "speech": sound_stage, "timeseries": series_stage}


def generate(**settings) -> gr.HTML:
    """What a model makes beside a swap: controls, and the clips in step. ``value`` is
    :func:`demo.tabs.generate.tab.show`; what is shown the script asks :func:`demo.tabs.generate.payload.answer` for.

    Triggers ``random`` with ``{}``, ``take`` with ``{wish, number, to}`` (to "A", "B" or
    "maps") and ``save`` with ``{wish, number, format}``; wishes are JSON text of what
    :func:`demo.core.requests.read` takes.
    """
    return gr.HTML(
        html_template='<div class="sd-generate" role="region" aria-label="Generate"></div>',
        js_on_load=_script(
            "web/theme.js",
            "web/player.js",
            "web/judge.js",
            "web/audio.js",
            "web/spectrogram.js",
            "modalities/speech_clip.js",
            "modalities/timeseries_axes.js",
            "modalities/timeseries_plot.js",
            "tabs/generate/code_picker.js",
            "tabs/generate/form.js",
            "tabs/generate/tiles.js",
            "tabs/generate/view.js",
        ),
        server_functions=[answer],
        apply_default_css=False,
        **settings,
    )


def chooser(side: Literal["A", "B"], **settings) -> gr.HTML:
    """Chooses a sequence.

    ``value``, ``gallery`` and ``titles`` are ``chooser``, ``gallery`` and ``titles`` of :mod:`demo.tabs.swap.payload`.

    Triggers ``pick`` with ``{index}``, ``wish`` with ``{factors}`` and ``more`` with ``{}``.
    """
    return gr.HTML(
        html_template=f'<div class="sd-chooser" data-side="{side}"></div>',
        js_on_load=_script(
            "web/theme.js",
            "web/audio.js",
            "web/spectrogram.js",
            "tabs/swap/title_search.js",
            "tabs/swap/chooser.js",
        ),
        server_functions=[hear],
        apply_default_css=False,
        gallery=None,
        titles=None,
        **settings,
    )


def maps(kind: Literal["pair", "guest"] = "pair", **settings) -> gr.HTML:
    """Two linked scatter plots.

    ``value`` is the JSON text of :func:`demo.tabs.maps.payload.points`, ``atlas`` its pictures; ``colours`` is
    ``[static map's factor, dynamic map's factor]``, ``sized`` the factor that points are large by, or "";
    ``chosen`` is ``[a, b]``. On maps for a guest, which is not of the split, a click chooses B; ``guest`` is
    :func:`demo.core.uploads.place`, ``guest_b`` the same of B.

    Triggers ``point`` with ``{index, side}``.
    """
    # Relative to the page, so that it works behind a proxy; loaded when the tab is first seen.
    head = f'<script src="gradio_api/file={PLOTLY.as_posix()}"></script>'
    return gr.HTML(
        html_template=f'<div class="sd-maps sd-maps-{kind}"></div>',
        head=head,
        js_on_load=_script(
            "web/theme.js",
            "web/audio.js",
            "web/spectrogram.js",
            "tabs/maps/scatter.js",
            "tabs/maps/view.js",
        ),
        server_functions=[hear],
        apply_default_css=False,
        atlas=None,
        colours=None,
        sized="",
        chosen=None,
        guest=None,
        guest_b=None,
        **settings,
    )


def findings(**settings) -> gr.HTML:
    """Lists in plain words, or what was refused. ``value`` is the JSON text of :mod:`demo.tabs.upload.payload`."""
    return gr.HTML(
        html_template='<div class="sd-findings" role="status"></div>',
        js_on_load=_script("tabs/upload/findings.js"),
        apply_default_css=False,
        **settings,
    )


def roles(**settings) -> gr.HTML:
    """A form for what the columns of a table are.

    ``value`` is :func:`demo.tabs.upload.table_payload.form`, None for none.

    Triggers ``correct`` with the positions chosen, as :func:`demo.tabs.upload.table_payload.chosen` takes them.
    """
    return gr.HTML(
        html_template='<form class="sd-roles" aria-label="What the columns are" hidden></form>',
        js_on_load=_script("tabs/upload/columns_form.js"),
        apply_default_css=False,
        **settings,
    )


def leakage(**settings) -> gr.HTML:
    """Verdicts and heat maps. ``value`` is the JSON text of :func:`demo.tabs.leakage.payload.page`."""
    return gr.HTML(
        html_template='<div class="sd-leakage"></div>',
        js_on_load=_script(
            "tabs/leakage/heatmap.js", "tabs/leakage/verdicts.js", "tabs/leakage/view.js"
        ),
        apply_default_css=False,
        **settings,
    )


def timeline(**settings) -> gr.HTML:
    """Leakage over time.

    ``value`` is the JSON text of :func:`demo.tabs.leakage.payload.curves`, ``clips`` is
    :func:`demo.tabs.leakage.payload.clips`.
    """
    return gr.HTML(
        html_template='<div class="sd-timeline" role="region" aria-label="Leakage over time"></div>',
        js_on_load=_script(
            "web/theme.js",
            "web/audio.js",
            "web/spectrogram.js",
            "web/player.js",
            "tabs/leakage/timeline.js",
        ),
        server_functions=[hear],
        apply_default_css=False,
        clips=None,
        **settings,
    )
