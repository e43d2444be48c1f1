"""The part of the Upload tab for recordings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, recordings, uploads
from demo.errors import RequestError
from demo.tabs.base import Page
from demo.tabs.swap.payload import stage_of_one
from demo.tabs.upload import findings
from demo.tabs.upload.part import Arrival, UploadPart
from demo.tabs.upload.views import findings_list
from demo.web import components, files
from demo.web.events import MODEL, Updates
from seqdisent.data import DatasetSpec

HOW = (
    "**Say a word**, or upload one: the model takes at most {seconds:.1f} s and was trained on {title}. You see what "
    "is left of it and whether it is in the training distribution, and can swap voices."
)
PRIVATE = (
    "Your recording is kept in memory only and forgotten after an hour, or when you record the next one; "
    "the file that your browser sends is deleted as soon as it is read."
)


class RecordingPart(UploadPart):
    """A microphone, what was found in the recording, and what the model sees of it."""

    modality = "speech"
    kind = "of sound"
    one = "a voice"
    stage_id = "sd-own-stage"
    swap_label = "Swap voices"

    audio: gr.Audio
    found: gr.HTML
    clip: gr.HTML

    def layout(self) -> None:
        with gr.Column(visible=False) as self.box, gr.Row(elem_classes="sd-own"):
            with gr.Column(scale=4, min_width=280):
                self.audio = gr.Audio(
                    sources=["microphone", "upload"],
                    type="filepath",
                    editable=False,
                    buttons=[],
                    label="Your recording",
                    elem_id="sd-own-audio",
                )
                gr.Markdown(PRIVATE, elem_classes="sd-warning")
                self.clip = components.stage(self.modality, "Your recording", elem_id="sd-own-clip")
            with gr.Column(scale=5, min_width=280):
                self.found = findings_list(elem_id="sd-own-found")

    def explanation(self, spec: DatasetSpec) -> str:
        return HOW.format(seconds=spec.frames / spec.rate_hz, title=spec.title)

    def outputs(self) -> list[Block]:
        return [self.audio, self.found, self.clip]

    def arrivals(self, page: Page) -> list[dict[str, Any]]:
        shared = {"inputs": [self.audio], "shows_progress": self.found, "limits": MODEL}
        return [
            {"event": self.audio.stop_recording, "fn": self._take(recorded=True), **shared},
            {"event": self.audio.upload, "fn": self._take(recorded=False), **shared},
        ]

    def _take(self, recorded: bool) -> Callable[..., Arrival]:
        def take(name: str, path: str | None, key: str | None) -> Arrival:
            """A recording or a file has come."""
            uploads.STORE.forget(key)
            try:
                content, title = files.take(path)
                # A recording has no name of its own.
                upload = recordings.read(name, content, "" if recorded else title)
            except RequestError as error:
                return Arrival({**self.cleared(), self.found: findings.refused(error)})
            it = catalog.load(name)
            updates: Updates = {
                self.audio: None,
                self.found: findings.findings(it, upload),
                self.clip: stage_of_one(it, upload.original),
            }
            return Arrival(updates, upload.key)

        return take
