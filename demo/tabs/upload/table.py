"""The part of the Upload tab for tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, tables, uploads
from demo.core.catalog import Loaded
from demo.core.messages import ColumnChoice
from demo.core.tables import TableUpload
from demo.errors import RequestError
from demo.tabs.base import Page
from demo.tabs.swap.payload import stage_of_one
from demo.tabs.upload import table_payload
from demo.tabs.upload.part import Arrival, UploadPart
from demo.tabs.upload.views import columns_form, findings_list
from demo.web import components, files
from demo.web.events import MAPS, Updates, message_of
from seqdisent.data import DatasetSpec
from seqdisent.data.timeseries.fit_table import needs
from seqdisent.tables.read_csv import MAX_MEGABYTES

HOW = (
    "**Upload a table** (CSV, a row a time): the model was trained on {title} and takes {needs}. You see what is made "
    "of your columns and can correct it, see whether it is in the training distribution, and can swap baselines."
)
PRIVATE = (
    f"At most {MAX_MEGABYTES} MB. Your table is kept in memory only and forgotten after an hour, or when you upload "
    "the next one; the file that your browser sends is deleted as soon as it is read."
)


class TablePart(UploadPart):
    """A file, what was found in it, a form for its columns, and what the model sees of it."""

    modality = "timeseries"
    kind = "of series"
    one = "a table"
    stage_id = "sd-own-plots"
    swap_label = "Swap baselines"
    downloadable = True

    file: gr.File
    found: gr.HTML
    form: gr.HTML
    clip: gr.HTML

    def layout(self) -> None:
        with gr.Column(visible=False) as self.box:
            with gr.Row(elem_classes="sd-own"):
                with gr.Column(scale=4, min_width=280):
                    # Any file: whether it is a table is decided by its content.
                    self.file = gr.File(
                        label="Your table (CSV)",
                        type="filepath",
                        height=132,
                        elem_id="sd-own-file",
                    )
                    gr.Markdown(PRIVATE, elem_classes="sd-warning")
                    self.form = columns_form(elem_id="sd-own-roles")
                with gr.Column(scale=5, min_width=280):
                    self.found = findings_list(elem_id="sd-own-read")
            self.clip = components.stage(self.modality, "Your table", elem_id="sd-own-course")

    def explanation(self, spec: DatasetSpec) -> str:
        return HOW.format(title=spec.title, needs=needs(spec))

    def outputs(self) -> list[Block]:
        return [self.file, self.found, self.form, self.clip]

    def arrivals(self, page: Page) -> list[dict[str, Any]]:
        # A large table takes seconds to read, and must not hold up swaps.
        shared = {"shows_progress": self.found, "limits": MAPS}
        return [
            {"event": self.file.upload, "fn": self._take, "inputs": [self.file], **shared},
            {"event": self.form.correct, "fn": self._correct, "inputs": [], **shared},
        ]

    def _take(self, name: str, path: str | None, key: str | None) -> Arrival:
        """A file has come."""
        uploads.STORE.forget(key)
        try:
            sheet = tables.read(name, *files.take(path))
        except RequestError as error:
            return Arrival({**self.cleared(), self.found: table_payload.refused(error)})
        it = catalog.load(name)
        try:
            return self._shown(it, tables.make(name, sheet.key))
        except RequestError as error:  # the columns can still be chosen
            updates: Updates = {
                **self.cleared(),
                self.found: table_payload.refused(error, sheet, it),
                self.form: table_payload.form(it, sheet, None),
            }
            return Arrival(updates, sheet.key)

    def _correct(self, name: str, key: str | None, event: gr.EventData) -> Arrival:
        """Columns, a series or a start were chosen; what was there stays if the choice does not fit."""
        try:
            kept = uploads.STORE.get_for(name, key)
        except RequestError as error:
            return Arrival({self.found: table_payload.refused(error)}, keeps_former=True)
        it = catalog.load(name)
        sheet = tables.sheet_of(name, kept.key)
        former = kept if isinstance(kept, TableUpload) else None
        plan = sheet.plan
        try:
            plan = table_payload.chosen(sheet, former, message_of(event, ColumnChoice))
            return self._shown(it, tables.make(name, kept.key, plan))
        except RequestError as error:
            shown = replace(sheet, plan=plan)
            updates: Updates = {
                self.found: table_payload.refused(error, former or sheet, it),
                self.form: table_payload.form(it, shown, former, str(error)),
            }
            return Arrival(updates, keeps_former=True)

    def _shown(self, it: Loaded, upload: TableUpload) -> Arrival:
        updates: Updates = {
            self.file: None,
            self.found: table_payload.findings(it, upload),
            self.form: table_payload.form(it, upload.sheet, upload),
            self.clip: stage_of_one(it, upload.original),
        }
        return Arrival(updates, upload.key)
