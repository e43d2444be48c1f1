"""Which control does what on the tab for a visitor's own recording."""

from __future__ import annotations

import gradio as gr

from demo import events, service, uploads
from demo.tabs import own, swap


def connect(page: events.Page) -> None:
    """Attach the events of the tab."""
    o, quiet = page.voice, {"api_visibility": "private", "show_progress": "hidden"}

    def warm(name: str | None) -> None:
        """Measured while the visitor speaks."""
        if name and service.spec_of(name).modality == "audio" and service.data_ready(service.spec_of(name).name):
            uploads.warm(name)

    @events.friendly
    def place(
        name, key, method, partner, drawn, progress: gr.Progress = gr.Progress()  # noqa: B008
    ) -> tuple:  # fmt: skip
        return own.place(name, key, method, partner, drawn, progress)

    placing = {
        "fn": place, "inputs": [page.checkpoint, o.key, o.method, o.partner, o.drawn],
        "outputs": [o.view, o.near, o.drawn],
        "api_visibility": "private", "show_progress_on": o.view, **events.MAPS,
    }  # fmt: skip
    page.tab["voice"].select(events.friendly(warm), page.checkpoint, None, **quiet, **events.MAPS)
    for event, recorded in ((o.audio.stop_recording, True), (o.audio.upload, False)):
        event(
            own.listen(recorded), [page.checkpoint, o.audio, o.key], o.heard,
            api_visibility="private", show_progress_on=o.found, **events.MODEL,
        ).then(**placing)  # fmt: skip
    o.method.select(**placing)
    trade = {
        "fn": events.friendly(own.swap), "inputs": [page.checkpoint, o.key, o.partner], "outputs": [o.stage, o.view],
        "api_visibility": "private", "show_progress_on": o.stage, **events.MODEL,
    }  # fmt: skip
    o.swap.click(**trade)

    @events.friendly
    def point(name: str, event: gr.EventData) -> int:
        return service.check_index(service.load(name).dataset, swap.sent(event).get("index"))

    o.view.point(point, page.checkpoint, o.partner, **quiet).success(**trade)
