"""The part of the tab for one's own where a recording comes in."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from demo.core import recordings, service, uploads
from demo.core.service import ServiceError
from demo.tabs.swap import payload as payloads
from demo.tabs.upload import payload as voice_payloads
from demo.web import components, files
from seqdisent.data import DatasetSpec

HOW = (
    "**Say a word**, or upload one: the model takes at most {seconds:.1f} s and knows {title}. You see what is left "
    "of it, how far it lies from what the model knows, and can trade voices."
)
PRIVATE = (
    "Your recording is kept in memory only and forgotten after an hour, or when you record the next one; "
    "the file that your browser sends is deleted as soon as it is read."
)
NOTHING = (None, None, None)


@dataclass(frozen=True)
class Parts:
    """The components."""

    box: gr.Column
    audio: gr.Audio
    found: gr.HTML
    clip: gr.HTML

    @property
    def heard(self) -> list:
        """What :func:`listen` fills, behind the key."""
        return [self.audio, self.found, self.clip]


def layout() -> Parts:
    """The components, inside the current tab."""
    with gr.Column(visible=False) as box, gr.Row(elem_classes="sd-own"):
        with gr.Column(scale=4, min_width=280):
            audio = gr.Audio(
                sources=["microphone", "upload"],
                type="filepath",
                editable=False,
                buttons=[],
                label="Your recording",
                elem_id="sd-own-audio",
            )
            gr.Markdown(PRIVATE, elem_classes="sd-warning")
            clip = components.sound_stage("Your recording", elem_id="sd-own-clip")
        with gr.Column(scale=5, min_width=280):
            found = components.findings(elem_id="sd-own-found")
    return Parts(box, audio, found, clip)


def how(spec: DatasetSpec) -> str:
    """What to do, in words."""
    return HOW.format(seconds=spec.frames / spec.rate_hz, title=spec.title)


def listen(recorded: bool):
    """A recording or a file has come: its key, or None, and values of :attr:`Parts.heard`."""

    def heard(name: str, path: str | None, key: str | None) -> tuple:
        uploads.forget(key)
        try:
            content, title = files.take(path)
            upload = recordings.read(
                name, content, "" if recorded else title
            )  # a recording has no name of its own
        except ServiceError as error:
            return None, None, voice_payloads.refused(error), None
        it = service.load(name)
        return (
            upload.key,
            None,
            voice_payloads.findings(it, upload),
            payloads.sound_clip(it, upload.original),
        )

    return heard
