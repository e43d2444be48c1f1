"""The Upload tab: a user's recording or table as the model sees it, on the maps, and swapped with any test sequence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, pairs, swapping, uploads
from demo.core.messages import Pick
from demo.core.upload_store import SECONDS
from demo.modalities import view_named
from demo.tabs.base import Page, Tab
from demo.tabs.maps.tab import METHODS, draw, expected_colours, scatter
from demo.tabs.swap.payload import stage
from demo.tabs.upload import findings
from demo.tabs.upload.part import Arrival, UploadPart
from demo.tabs.upload.recording import RecordingPart
from demo.tabs.upload.table import TablePart
from demo.tabs.upload.views import findings_list
from demo.web import components, files
from demo.web.events import MAPS, MODEL, QUIET, Updates, friendly, message_of, updating

PARTS: tuple[type[UploadPart], ...] = (RecordingPart, TablePart)
NO_UPLOADS = "This checkpoint takes no uploads."
OTHERS = " Your own data work with these checkpoints {kind}, which take {one}: {names}."
NONE = " Nor does any other checkpoint in this app's folder."


class UploadTab(Tab):
    """A part for each modality that takes uploads, and what they share: swaps and maps."""

    id = "voice"  # as in the addresses of earlier versions
    label = "Your data"

    other: gr.Markdown
    work: gr.Column
    how: gr.Markdown
    parts: dict[str, UploadPart]
    results: gr.Column  # shown once there is an upload
    partner: gr.Dropdown
    swap: gr.Button
    stages: dict[str, gr.HTML]
    row: gr.Row
    buttons: dict[str, gr.Button]
    file: gr.DownloadButton
    method: gr.Dropdown
    view: gr.HTML
    near: gr.HTML
    key: gr.State  # the token of the upload
    swapped: gr.State  # the test sequence that it was swapped with
    drawn: gr.State  # [checkpoint, method] of the maps that the view has

    def layout(self) -> None:
        self.other = gr.Markdown(visible=False, elem_id="sd-own-other")
        with gr.Column(visible=False) as self.work:
            self.how = gr.Markdown(elem_classes="sd-how")
            self.parts = {}
            for kind in PARTS:
                self.parts[kind.modality] = kind()
                self.parts[kind.modality].layout()
            with gr.Column(visible=False) as self.results:
                self._layout_results()
        self.key = gr.State(None, time_to_live=SECONDS, delete_callback=forget)
        self.swapped = gr.State(None)
        self.drawn = gr.State(None)

    def _layout_results(self) -> None:
        with gr.Row(elem_classes="sd-map-menus"):
            self.partner = gr.Dropdown(
                [], label="Swap with", min_width=200, elem_id="sd-own-partner"
            )
            self.swap = gr.Button(
                "Swap", variant="primary", scale=0, min_width=170, elem_id="sd-own-swap"
            )
        self.stages = {
            modality: components.stage(modality, elem_id=part.stage_id)
            for modality, part in self.parts.items()
        }
        formats: dict[str, str] = {}
        for part in self.parts.values():
            if part.downloadable:
                formats |= view_named(part.modality).swap_formats
        self.row, self.buttons = components.download_row(formats, "sd-own-save-", visible=False)
        self.file = components.hidden_download("sd-own-saved")
        self.method = gr.Dropdown(
            METHODS,
            value="pca",
            label="Projection of the maps",
            scale=0,
            min_width=160,
            elem_id="sd-own-method",
        )
        self.view = scatter("guest", elem_id="sd-own-maps")
        self.near = findings_list(elem_id="sd-own-near")

    def checkpoint_outputs(self) -> list[Block]:
        boxes: list[Block] = [part.box for part in self.parts.values()]
        fixed = [self.other, self.work, self.how, self.partner, self.method, self.swap]
        return [*fixed, *boxes, *self._kept_outputs()]

    def show_checkpoint(self, name: str) -> Updates:
        """What a checkpoint takes; an upload for another one is put away."""
        spec = catalog.spec_of(name)
        updates = self._kept(None)
        for part in self.parts.values():
            updates |= part.cleared()
            updates[part.box] = gr.update(visible=False)
        chosen = self.parts.get(spec.modality)
        if chosen is None:
            updates[self.other] = gr.update(value=self.others(), visible=True)
            updates[self.work] = gr.update(visible=False)
            return updates
        it = catalog.load(name)
        partner = pairs.first_pair(it.dataset)[1]
        return {
            **updates,
            self.other: gr.update(visible=False),
            self.work: gr.update(visible=True),
            self.how: chosen.explanation(spec),
            chosen.box: gr.update(visible=True),
            self.partner: gr.update(choices=list(findings.choices(it)), value=partner),
            self.method: "pca",
            self.swap: chosen.swap_label,
        }

    def others(self) -> str:
        """Which checkpoints take uploads."""
        listed = ""
        names_of: defaultdict[str, list[str]] = defaultdict(list)
        for name in catalog.checkpoints():
            names_of[catalog.spec_of(name).modality].append(name)
        for modality, part in self.parts.items():
            names = names_of[modality]
            if names:
                listed += OTHERS.format(kind=part.kind, one=part.one, names=", ".join(names))
        return NO_UPLOADS + (listed or NONE)

    def _kept_outputs(self) -> list[Block]:
        """What an upload changes."""
        components_of_parts = [one for part in self.parts.values() for one in part.outputs()]
        shared = [self.key, self.results, self.row, self.swapped, *self.stages.values()]
        return [*shared, *components_of_parts]

    def _kept(self, key: str | None) -> Updates:
        """An upload, which is not swapped yet."""
        return {
            self.key: key,
            self.results: gr.update(visible=uploads.is_ready(key)),
            self.row: gr.update(visible=False),
            self.swapped: None,
            **dict.fromkeys(self.stages.values()),
        }

    def connect(self, page: Page) -> None:
        page.handles[self.id].select(friendly(warm), page.checkpoint, None, **QUIET, **MAPS)
        for part in self.parts.values():
            for arrival in part.arrivals(page):
                self._connect_arrival(page, **arrival)
        self.method.select(**self._placing(page))
        swapping_event = self._swapping(page)
        self.swap.click(**swapping_event)
        for suffix, button in self.buttons.items():
            components.save_on(
                button.click,
                friendly(partial(save_swap, suffix)),
                [page.checkpoint, self.key, self.swapped],
                self.file,
                **MODEL,
            )
        self.view.point(friendly(picked_partner), page.checkpoint, self.partner, **QUIET).success(
            **swapping_event
        )

    def _connect_arrival(
        self,
        page: Page,
        event: Callable[..., Any],
        fn: Callable[..., Arrival],
        inputs: list[Block],
        shows_progress: Block,
        limits: dict[str, Any],
    ) -> None:
        @wraps(fn)
        def arrive(*arguments: Any) -> Updates:
            arrival = fn(*arguments)
            if arrival.keeps_former:
                return arrival.updates
            return {**self._kept(arrival.key), **arrival.updates}

        event(
            updating(arrive),
            [page.checkpoint, *inputs, self.key],
            self._kept_outputs(),
            api_visibility="private",
            show_progress_on=shows_progress,
            trigger_mode="always_last",  # of choices that come fast the last counts
            **limits,
        ).then(**self._placing(page))

    def _placing(self, page: Page) -> dict[str, Any]:
        """The event that shows the upload on the maps."""
        return {
            "fn": updating(self._place),
            "inputs": [page.checkpoint, self.key, self.method, self.partner, self.drawn],
            "outputs": [self.view, self.near, self.drawn],
            "api_visibility": "private",
            "show_progress_on": self.view,
            **MAPS,
        }

    def _place(
        self,
        name: str,
        key: str | None,
        method: str,
        partner: int,
        drawn: list[str] | None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        if key is None or not uploads.is_ready(key):
            return {}
        it = catalog.load(name)
        n = pairs.map_size(it.dataset)
        view: dict[str, Any] = gr.update(chosen=[None, partner])
        if drawn != [name, method]:  # points are sent once
            new_pictures = drawn is None or drawn[0] != name
            pair = (None, partner)
            view = draw(name, n, method, expected_colours(name), pair, new_pictures, progress)
        found = uploads.place(name, key, n, method)
        return {
            self.view: {**view, "guest": found},
            self.near: findings.neighbours(it, found),
            self.drawn: [name, method],
        }

    def _swapping(self, page: Page) -> dict[str, Any]:
        """The event that swaps the upload with the chosen test sequence."""
        stages: list[Block] = list(self.stages.values())
        return {
            "fn": updating(self._swap),
            "inputs": [page.checkpoint, self.key, self.partner],
            "outputs": [*stages, self.row, self.swapped, self.view],
            "api_visibility": "private",
            "show_progress_on": stages,
            **MODEL,
        }

    def _swap(self, name: str, key: str, partner: int) -> Updates:
        it = catalog.load(name)
        found = uploads.swap(name, key, partner)
        modality = it.spec.modality
        return {
            **dict.fromkeys(self.stages.values()),
            self.stages[modality]: stage(it, found),
            self.row: gr.update(visible=self.parts[modality].downloadable),
            self.swapped: partner,
            self.view: gr.update(chosen=[None, partner]),
        }


def forget(key: str | None) -> None:
    """Drop an upload whose visitor is gone."""
    uploads.STORE.forget(key)


def warm(name: str | None) -> None:
    """Measure the test sequences while the visitor speaks, or looks for a file."""
    if name is None or not catalog.is_shown(name):
        return
    takes_uploads = {part.modality: True for part in PARTS}
    if takes_uploads.get(catalog.spec_of(name).modality):
        uploads.warm(name)


def save_swap(suffix: str, name: str, key: str, partner: int) -> str:
    """Path of a file of the swap that is shown."""
    content = swapping.export(uploads.swap(name, key, partner), suffix)
    return files.keep(content, f"{name}-yours-{partner}.{suffix}")


def picked_partner(name: str, event: gr.EventData) -> int:
    """A click on a point: the test sequence to swap with."""
    return pairs.check_index(catalog.load(name).dataset, message_of(event, Pick).index)
