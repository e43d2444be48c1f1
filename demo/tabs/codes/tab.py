"""The Your codes tab: the leakage report and the maps of any model's codes, from a file."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import code_example, code_uploads
from demo.core.code_uploads import BOUNDS, MEASURED, CodeUpload
from demo.core.upload_store import SECONDS
from demo.errors import RequestError
from demo.tabs.base import Page, Tab
from demo.tabs.codes import payload
from demo.tabs.leakage.tab import heat_maps
from demo.tabs.maps.tab import METHODS, scatter
from demo.tabs.upload.findings import refused
from demo.tabs.upload.views import findings_list
from demo.web import components, files
from demo.web.events import CODES, MAPS, QUIET, READING, Updates, friendly, updating

HOW = (
    "**What leaks in the codes of your model?** No code of the model is needed: save its codes and some labels with "
    "`numpy.savez`, as arrays `static` [N, S], `dynamic` [N, K, D], labels `static/NAME` [N] and `dynamic/NAME` [N] or "
    "[N, K], and, if you have them, `groups` [N] (of sequences that are not independent) and `split` [N]."
)
PRIVATE = (
    f"Taken are files of {BOUNDS}. Nothing in a file is ever unpickled; it is deleted as soon as it is read, and the "
    "codes are kept in memory only and forgotten after an hour, or when you upload the next ones."
)
EFFORT = (
    f"At most {MEASURED:,} sequences are measured here, with linear probes, trees and nearest neighbours, which takes "
    "about half a minute on two cores, and longer if codes are large and factors many."
)


class CodesTab(Tab):
    """A file, what was read from it, its report, and its maps."""

    id = "codes"
    label = "Your codes"

    file: gr.File
    use_example: gr.Button
    save_example: gr.Button
    found: gr.HTML
    results: gr.Column  # shown once there are codes
    measure: gr.Button
    cancel: gr.Button
    status: gr.HTML  # the progress, or why there is no report
    report: gr.Column  # shown once there is a report
    view: gr.HTML
    buttons: dict[str, gr.Button]
    saved: gr.DownloadButton
    method: gr.Dropdown
    colours: tuple[gr.Dropdown, gr.Dropdown]
    maps: gr.HTML
    key: gr.State  # the token of the codes

    def layout(self) -> None:
        gr.Markdown(HOW, elem_classes="sd-how")
        with gr.Row():
            with gr.Column(scale=4, min_width=280):
                # Any file: whether it is an NPZ is decided by its content.
                self.file = gr.File(
                    label="Your codes (NPZ)",
                    type="filepath",
                    height=132,
                    elem_id="sd-codes-file",
                )
                with gr.Row():
                    self.use_example = gr.Button(
                        "Try an example", size="sm", elem_id="sd-codes-example"
                    )
                    self.save_example = gr.Button(
                        "Download the example", size="sm", elem_id="sd-codes-save-example"
                    )
                gr.Markdown(PRIVATE, elem_classes="sd-warning")
            with gr.Column(scale=5, min_width=280):
                self.found = findings_list(elem_id="sd-codes-read")
        # Not among what is shown late, lest it be shown too.
        self.saved = components.hidden_download("sd-codes-saved")
        with gr.Column(visible=False) as self.results:
            self._layout_results()
        self.key = gr.State(None, time_to_live=SECONDS, delete_callback=code_uploads.forget)

    def _layout_results(self) -> None:
        gr.Markdown(EFFORT)
        with gr.Row():
            self.measure = gr.Button(
                "Measure", variant="primary", scale=0, min_width=170, elem_id="sd-codes-measure"
            )
            self.cancel = gr.Button(
                "Cancel", interactive=False, scale=0, min_width=120, elem_id="sd-codes-cancel"
            )
        self.status = findings_list(elem_id="sd-codes-status")
        with gr.Column(visible=False) as self.report:
            self.view = heat_maps(elem_id="sd-codes-leakage")
            _, self.buttons = components.download_row(payload.FORMATS, "sd-codes-save-")
        with gr.Row(elem_classes="sd-map-menus"):
            self.method = gr.Dropdown(
                METHODS, value="pca", label="Projection", min_width=120, elem_id="sd-codes-method"
            )
            self.colours = (_colour_menu("static"), _colour_menu("dynamic"))
        self.maps = scatter("foreign", elem_id="sd-codes-maps")

    def connect(self, page: Page) -> None:
        arrival: dict[str, Any] = {
            "outputs": self._arrival_outputs(),
            "api_visibility": "private",
            "show_progress_on": self.found,
            "trigger_mode": "always_last",
            **READING,
        }
        self.file.upload(updating(self._take), [self.file, self.key], **arrival)
        self.use_example.click(updating(self._take_example), self.key, **arrival)
        components.save_on(
            self.save_example.click, friendly(save_example), None, self.saved, **READING
        )
        busy: list[Block] = [self.measure, self.cancel, self.status]
        self.measure.click(self._begin, None, busy, queue=False, **QUIET).then(
            updating(self._measure),
            self.key,
            [self.status, self.report, self.view],
            api_visibility="private",
            show_progress_on=self.status,
            **CODES,
        ).then(self._end, None, busy[:2], queue=False, **QUIET)
        self.cancel.click(code_uploads.stop, self.key, None, queue=False, **QUIET)
        self.method.select(
            updating(self._draw),
            [self.key, self.method, *self.colours],
            [self.maps, self.status],
            api_visibility="private",
            show_progress_on=self.maps,
            **MAPS,
        )
        for menu in self.colours:
            menu.select(self._colour, list(self.colours), self.maps, queue=False, **QUIET)
        for suffix, button in self.buttons.items():
            save = friendly(partial(save_report, suffix))
            components.save_on(button.click, save, self.key, self.saved, **READING)

    def _arrival_outputs(self) -> list[Block]:
        shown = [self.file, self.found, self.key, self.results, self.status, self.report, self.view]
        return [*shown, self.method, *self.colours, self.maps]

    def _take(self, path: str | None, former: str | None) -> Updates:
        """A file has come."""
        code_uploads.forget(former)
        try:
            content, _ = files.take(path)
            return self._shown(code_uploads.read(content))
        except RequestError as error:
            nothing = {self.file: None, self.key: None, self.results: gr.update(visible=False)}
            return {**nothing, self.found: refused(error)}

    def _take_example(self, former: str | None) -> Updates:
        """The example in the place of a file."""
        code_uploads.forget(former)
        return self._shown(code_uploads.read(code_example.content()))

    def _shown(self, upload: CodeUpload) -> Updates:
        """What was read, and its maps; nothing is measured yet."""
        names = [factor.name for factor in upload.arrays.factors]
        colours = [_first(upload, "static"), _first(upload, "dynamic")]
        maps = payload.points(upload, code_uploads.maps(upload, "pca"), "pca")
        updates: Updates = {
            self.file: None,
            self.found: payload.findings(upload),
            self.key: upload.key,
            self.results: gr.update(visible=True),
            self.status: None,
            self.report: gr.update(visible=False),
            self.view: None,
            self.method: "pca",
            self.maps: gr.update(value=maps, colours=colours),
        }
        for menu, colour in zip(self.colours, colours, strict=True):
            updates[menu] = gr.update(choices=names, value=colour)
        return updates

    def _begin(self) -> Updates:
        return {
            self.measure: gr.update(interactive=False),
            self.cancel: gr.update(interactive=True),
            self.status: None,
        }

    def _end(self) -> Updates:
        return {
            self.measure: gr.update(interactive=True),
            self.cancel: gr.update(interactive=False),
        }

    def _measure(self, key: str | None, progress: gr.Progress = gr.Progress()) -> Updates:
        def report_progress(share: float, doing: str) -> None:
            progress(share, desc=doing)

        try:
            upload = code_uploads.find(key)
            report = code_uploads.measure(upload, report_progress)
        except RequestError as error:
            return {self.status: refused(error)}
        return {
            self.status: None,
            self.report: gr.update(visible=True),
            self.view: payload.page(upload, report),
        }

    def _draw(
        self,
        key: str | None,
        method: str,
        static: str,
        dynamic: str,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """The maps by another projection."""

        def report_progress(share: float, doing: str) -> None:
            progress(share, desc=doing)

        try:
            upload = code_uploads.find(key)
            maps = code_uploads.maps(upload, method, report_progress)
        except RequestError as error:
            return {self.status: refused(error)}
        points = payload.points(upload, maps, method)
        return {self.maps: gr.update(value=points, colours=[static, dynamic])}

    def _colour(self, static: str, dynamic: str) -> dict[str, Any]:
        return gr.update(colours=[static, dynamic])


def _colour_menu(part: str) -> gr.Dropdown:
    return gr.Dropdown(
        [], label=f"Colour: {part} map", min_width=150, elem_id=f"sd-codes-colour-{part}"
    )


def _first(upload: CodeUpload, kind: str) -> str:
    """The first factor that belongs in a code, else the first of all."""
    names = [factor.name for factor in upload.arrays.factors if factor.kind == kind]
    return [*names, upload.arrays.factors[0].name][0]


def save_example() -> str:
    """Path of the example."""
    return files.keep(code_example.content(), code_example.NAME)


def save_report(suffix: str, key: str | None) -> str:
    """Path of a file of the report that is shown."""
    report = code_uploads.find(key).report
    if report is None:
        raise RequestError("There is no report yet: measure first.")
    return files.keep(payload.file_of(report, suffix).encode(), f"codes-leakage.{suffix}")
