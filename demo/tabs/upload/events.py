"""Which control does what on the tab for a visitor's own recording or table."""

from __future__ import annotations

import gradio as gr

from demo import page as events
from demo.core import service, uploads
from demo.tabs.swap import tab as swap
from demo.tabs.upload import recording as own_voice
from demo.tabs.upload import tab as own
from demo.tabs.upload import table as own_table


def connect(page: events.Page) -> None:
    """Attach the events of the tab."""
    o, quiet = page.voice, {"api_visibility": "private", "show_progress": "hidden"}
    voice, table = o.bring["speech"], o.bring["timeseries"]

    def warm(name: str | None) -> None:
        """Measured while the visitor speaks, or looks for a file."""
        spec = service.spec_of(name) if name else None
        if spec and spec.modality in own.BRINGING and service.data_ready(spec.name):
            uploads.warm(name)

    @events.friendly
    def place(
        name,
        key,
        method,
        partner,
        drawn,
        progress: gr.Progress = gr.Progress(),
    ) -> tuple:
        return own.place(name, key, method, partner, drawn, progress)

    placing = {
        "fn": place,
        "inputs": [page.checkpoint, o.key, o.method, o.partner, o.drawn],
        "outputs": [o.view, o.near, o.drawn],
        "api_visibility": "private",
        "show_progress_on": o.view,
        **events.MAPS,
    }

    def correct(name: str, key: str | None, event: gr.EventData) -> tuple:
        return own.bring(own_table.correct)(name, key, event)

    page.tab["voice"].select(events.friendly(warm), page.checkpoint, None, **quiet, **events.MAPS)
    heard, read = (voice.found, voice.heard, events.MODEL), (table.found, table.read, events.MAPS)
    # A large table takes seconds to read, and must not hold up swaps; of choices that come fast the last counts.
    for event, brings, inputs, (where, parts, limits) in (
        (voice.audio.stop_recording, own.bring(own_voice.listen(True)), [voice.audio], heard),
        (voice.audio.upload, own.bring(own_voice.listen(False)), [voice.audio], heard),
        (table.file.upload, own.bring(own_table.take), [table.file], read),
        (table.form.correct, correct, [], read),
    ):
        event(
            brings,
            [page.checkpoint, *inputs, o.key],
            [*o.kept, *parts],
            api_visibility="private",
            show_progress_on=where,
            trigger_mode="always_last",
            **limits,
        ).then(**placing)
    o.method.select(**placing)
    trade = {
        "fn": events.friendly(own.swap),
        "inputs": [page.checkpoint, o.key, o.partner],
        "outputs": [*o.stages.values(), o.saving, o.shown, o.view],
        "api_visibility": "private",
        "show_progress_on": list(o.stages.values()),
        **events.MODEL,
    }
    o.swap.click(**trade)
    for suffix, button in o.formats:
        button.click(
            events.friendly(own.save(suffix)),
            [page.checkpoint, o.key, o.shown],
            o.file,
            api_visibility="private",
            show_progress="minimal",
            **events.MODEL,
        ).success(fn=None, js="() => document.querySelector('#sd-own-saved')?.click()")

    @events.friendly
    def point(name: str, event: gr.EventData) -> int:
        return service.check_index(service.load(name).dataset, swap.sent(event).get("index"))

    o.view.point(point, page.checkpoint, o.partner, **quiet).success(**trade)
