"""The components that gradio does not have: each a fixed container that a script fills.

A template never holds a value: scripts put text on the page with ``textContent`` only. They are functions,
not subclasses, because gradio builds a component anew from its arguments when an event updates it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demo.core import sources
from demo.errors import RequestError
from demo.web.assets import mounting
from seqdisent.audio.prepare import wav_bytes
from seqdisent.media import video


def component(template: str, script: str, triggers: Sequence[str] = (), **settings: Any) -> gr.HTML:
    """A container and the module that fills it (:func:`demo.web.assets.mounting`)."""
    return gr.HTML(
        html_template=template,
        js_on_load=mounting(script, triggers),
        apply_default_css=False,
        **settings,
    )


def hear(request: object) -> str:
    """A test recording as a ``data:`` address, "" if there is none.

    Scripts call it past the queue: it runs no model.

    Args:
        request: ``[checkpoint, position in the test split]``; anybody can send anything.
    """
    if not isinstance(request, list) or len(request) != 2:
        return ""
    try:
        return video.data_uri(wav_bytes(sources.recording(*request)), "audio/wav")
    except RequestError:
        return ""


def stage(modality: str, label: str = "Swap", **settings: Any) -> gr.HTML:
    """Shows and plays the clips of a swap, or one clip alone.

    ``value`` is the JSON text of :meth:`demo.modalities.base.ModalityView.stage`, None for other modalities.
    """
    return component(
        f'<div class="sd-stage" role="region" aria-label="{label}" hidden></div>',
        f"modalities/{modality}_stage.js",
        **settings,
    )


def download_row(
    formats: dict[str, str], id_prefix: str, visible: bool = True
) -> tuple[gr.Row, dict[str, gr.Button]]:
    """A row of buttons that save a file, and the buttons by suffix."""
    with gr.Row(elem_classes="sd-downloads", visible=visible) as row:
        gr.HTML("<span>Download</span>", apply_default_css=False)
        buttons = {
            suffix: gr.Button(label, size="sm", min_width=60, elem_id=f"{id_prefix}{suffix}")
            for suffix, label in formats.items()
        }
    return row, buttons


def hidden_download(elem_id: str) -> gr.DownloadButton:
    """Where a file is put when it is ready; :func:`save_on` then clicks it."""
    return gr.DownloadButton(visible="hidden", elem_id=elem_id)


def save_on(
    event: Callable[..., Any],
    save: Callable[..., str],
    inputs: Any,
    file: gr.DownloadButton,
    **limits: Any,
) -> None:
    """Make a file when an event occurs, and download it."""
    event(save, inputs, file, api_visibility="private", show_progress="minimal", **limits).success(
        fn=None, js=f"() => document.querySelector('#{file.elem_id}')?.click()"
    )
