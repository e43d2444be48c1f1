"""The tab for a recording of one's own: as the model sees it, on the maps, and swapped with any voice."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from demo import components, files, payloads, service, uploads, voice_payloads
from demo.service import ServiceError
from demo.tabs import maps
from seqdisent.views import projections

HOW = (
    "**Say a word**, or upload one: the model takes at most {seconds:.1f} s and knows {title}. You see what is left "
    "of it, how far it lies from what the model knows, and can trade voices."
)
PRIVATE = (
    "Your recording is kept in memory only and forgotten after an hour, or when you record the next one; "
    "the file that your browser sends is deleted as soon as it is read."
)
NO_SOUND = "This checkpoint takes pictures. To bring a voice, choose a checkpoint of sound above: {names}."
NONE = "This checkpoint takes pictures, and there is none of sound in this app's folder."


@dataclass(frozen=True)
class Parts:
    """The tab's components."""

    other: gr.Markdown
    work: gr.Column
    how: gr.Markdown
    audio: gr.Audio
    found: gr.HTML
    clip: gr.HTML
    made: gr.Column  # what is to be seen once there is a recording
    partner: gr.Dropdown
    swap: gr.Button
    stage: gr.HTML
    method: gr.Dropdown
    view: gr.HTML
    near: gr.HTML
    key: gr.State
    drawn: gr.State

    @property
    def words(self) -> list:
        """What :func:`prepare` fills."""
        return [self.other, self.work, self.how, self.partner, self.method, *self.heard]

    @property
    def heard(self) -> list:
        """What :func:`listen` fills."""
        return [self.key, self.audio, self.found, self.clip, self.made, self.stage]


def layout() -> Parts:
    """The tab's components, inside the current tab."""
    other = gr.Markdown(visible=False, elem_id="sd-own-other")
    with gr.Column(visible=False) as work:
        how = gr.Markdown(elem_classes="sd-how")
        with gr.Row(elem_classes="sd-own"):
            with gr.Column(scale=4, min_width=280):
                audio = gr.Audio(
                    sources=["microphone", "upload"], type="filepath", editable=False, buttons=[],
                    label="Your recording", elem_id="sd-own-audio",
                )  # fmt: skip
                gr.Markdown(PRIVATE, elem_classes="sd-warning")
                clip = components.sound_stage("Your recording", elem_id="sd-own-clip")
            with gr.Column(scale=5, min_width=280):
                found = components.findings(elem_id="sd-own-found")
        with gr.Column(visible=False) as made:
            with gr.Row(elem_classes="sd-map-menus"):
                partner = gr.Dropdown([], label="Swap with", min_width=200, elem_id="sd-own-partner")
                swap = gr.Button("Swap voices", variant="primary", scale=0, min_width=170, elem_id="sd-own-swap")
            stage = components.sound_stage(elem_id="sd-own-stage")
            method = gr.Dropdown(
                [(label, name) for name, label in projections.METHODS.items()], value="pca",
                label="Projection of the maps", scale=0, min_width=160, elem_id="sd-own-method",
            )  # fmt: skip
            view = components.maps("guest", elem_id="sd-own-maps")
            near = components.findings(elem_id="sd-own-near")
    key = gr.State(None, time_to_live=uploads.SECONDS, delete_callback=uploads.forget)
    return Parts(
        other, work, how, audio, found, clip, made, partner, swap, stage, method, view, near, key, gr.State(None)
    )


def prepare(name: str) -> tuple:
    """Values of :attr:`Parts.words` for a checkpoint; a recording for another one is put away."""
    spec = service.spec_of(name)
    if spec.modality != "audio":
        names = ", ".join(n for n in service.checkpoints() if service.spec_of(n).modality == "audio")
        other = NO_SOUND.format(names=names) if names else NONE
        return gr.update(value=other, visible=True), gr.update(visible=False), "", gr.skip(), gr.skip(), *_nothing()
    it = service.load(name)
    how = HOW.format(seconds=spec.frames / spec.rate_hz, title=spec.title)
    partner = gr.update(choices=list(voice_payloads.choices(it)), value=service.first_pair(it.dataset)[1])
    return gr.update(visible=False), gr.update(visible=True), how, partner, "pca", *_nothing()


def _nothing(why: str | None = None) -> tuple:
    return None, None, why, None, gr.update(visible=False), None


def listen(recorded: bool):
    """A recording or a file has come: values of :attr:`Parts.heard`."""

    def heard(name: str, path: str | None, key: str | None) -> tuple:
        uploads.forget(key)
        try:
            content, title = files.take(path)
            upload = uploads.read(name, content, "" if recorded else title)  # a recording has no name of its own
        except ServiceError as error:
            return _nothing(voice_payloads.refused(error))
        it = service.load(name)
        found, clip = voice_payloads.findings(it, upload), payloads.sound_clip(it, upload.original)
        return upload.key, None, found, clip, gr.update(visible=True), None

    return heard


def swap(name: str, key: str, partner: int) -> tuple:
    """(The six clips, the marks on the maps)."""
    made = uploads.swap(name, key, partner)
    return payloads.sound_stage(service.load(name), made), gr.update(chosen=[None, partner])


def place(
    name: str, key: str | None, method: str, partner: int, drawn: list | None, progress: gr.Progress | None = None
) -> tuple:
    """(The maps with the recording on them, its neighbours, what is drawn)."""
    if key is None:
        return gr.skip(), gr.skip(), drawn
    it = service.load(name)
    n, asked = service.map_size(it.dataset), [name, method]
    view = {"chosen": [None, partner]}
    if drawn != asked:  # points are sent once
        pictures = drawn is None or drawn[0] != name
        view = maps.draw(name, n, method, maps.belonging(name), (None, partner), pictures, progress)
    found = uploads.place(name, key, n, method)
    return gr.update(**{**view, "guest": found}), voice_payloads.neighbours(it, found), asked
