"""What is shown instead of the tabs while a checkpoint or its data are not there."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from demo.core import service
from seqdisent.data import dataset_outline


@dataclass(frozen=True)
class Parts:
    """The panel."""

    box: gr.Column
    words: gr.Markdown
    button: gr.Button
    progress: gr.Markdown


def layout() -> Parts:
    """The panel, hidden."""
    with gr.Column(visible=False, elem_classes="sd-notice") as box:
        words = gr.Markdown(elem_id="sd-notice")
        button = gr.Button("Download", variant="primary", elem_id="sd-download")
        progress = gr.Markdown(elem_id="sd-progress", min_height=60)
    return Parts(box, words, button, progress)


def show(name: str | None) -> tuple:
    """Updates of (box, words, button) for a checkpoint, or for none."""
    if name is None:
        words = (
            "### No checkpoint yet\nThe checkpoints folder holds no model. Train one with "
            "`seqdisent train dbse-sprites`, or start the app with `--checkpoints FOLDER`."
        )
        return gr.update(visible=True), words, gr.update(visible=False)
    spec = service.spec_of(name)
    if service.data_ready(spec.name):
        return gr.update(visible=False), "", gr.update(visible=False)
    source = dataset_outline(spec.name).source  # today's, not the one of the day of training
    words = (
        f"### {spec.title} is not on this machine yet\n"
        f"This checkpoint is shown with real test sequences, which come from their publisher.\n\n"
        f"- **Size** {_size(source.download_bytes)}\n- **Licence** {source.licence}\n"
        f"- **Credit** {source.credit}\n- **From** {source.url}"
    )
    return gr.update(visible=True), words, gr.update(visible=True, value=f"Download {spec.title}")


def download(name: str, progress: gr.Progress) -> str:
    """Fetch the data, with progress on the panel; returns what went wrong, or nothing."""
    progress(0, desc="Connecting")
    try:
        service.fetch_data(
            name, lambda done, total: progress((done, total), desc="Downloading", unit="files")
        )
    except service.ServiceError as error:
        return f"**The download did not succeed.** {error}"
    return ""


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else "not stated by the publisher; a few MB"
