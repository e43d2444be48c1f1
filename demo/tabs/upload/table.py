"""The part of the tab for one's own where a table comes in, and its columns are put right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import gradio as gr

from demo.core import service, tables, uploads
from demo.core.service import ServiceError
from demo.core.tables import Sheet, TableUpload
from demo.tabs.swap import payload as payloads
from demo.tabs.swap.tab import sent
from demo.tabs.upload import table_payload as table_payloads
from demo.web import components, files
from seqdisent.data import DatasetSpec
from seqdisent.data.timeseries.fit_table import needs
from seqdisent.tables.read_csv import MAX_MEGABYTES

HOW = (
    "**Upload a table** (CSV, a row a time): the model knows {title} and takes {needs}. You see what is made of your "
    "columns and can put it right, see how far it lies from what the model knows, and can trade levels."
)
PRIVATE = (
    f"At most {MAX_MEGABYTES} MB. Your table is kept in memory only and forgotten after an hour, or when you bring the "
    "next one; the file that your browser sends is deleted as soon as it is read."
)
NOTHING = (None, None, None, None)


@dataclass(frozen=True)
class Parts:
    """The components."""

    box: gr.Column
    file: gr.File
    found: gr.HTML
    form: gr.HTML
    clip: gr.HTML

    @property
    def read(self) -> list:
        """What :func:`take` and :func:`correct` fill, behind the key."""
        return [self.file, self.found, self.form, self.clip]


def layout() -> Parts:
    """The components, inside the current tab."""
    with gr.Column(visible=False) as box:
        with gr.Row(elem_classes="sd-own"):
            with gr.Column(scale=4, min_width=280):
                # Any file: what is no table is told by what is in it.
                file = gr.File(
                    label="Your table (CSV)", type="filepath", height=132, elem_id="sd-own-file"
                )
                gr.Markdown(PRIVATE, elem_classes="sd-warning")
                form = components.roles(elem_id="sd-own-roles")
            with gr.Column(scale=5, min_width=280):
                found = components.findings(elem_id="sd-own-read")
        clip = components.series_stage("Your table", elem_id="sd-own-course")
    return Parts(box, file, found, form, clip)


def how(spec: DatasetSpec) -> str:
    """What to do, in words."""
    return HOW.format(title=spec.title, needs=needs(spec))


def take(name: str, path: str | None, key: str | None) -> tuple:
    """A file has come: its key, or None, and values of :attr:`Parts.read`."""
    uploads.forget(key)
    try:
        sheet = tables.read(name, *files.take(path))
    except ServiceError as error:
        return None, None, table_payloads.refused(error), None, None
    it = service.load(name)
    try:
        return _made(it, tables.make(name, sheet.key))
    except ServiceError as error:  # the columns can still be chosen
        return (
            sheet.key,
            None,
            table_payloads.refused(error, sheet, it),
            table_payloads.form(it, sheet, None),
            None,
        )


def correct(name: str, key: str | None, event: gr.EventData) -> tuple:
    """Columns, a series or a beginning were chosen: the same, and what was there stays if the choice is a bad one."""
    stay = (gr.skip(),) * 5
    try:
        held = uploads.of(name, key)
    except ServiceError as error:
        return *stay[:2], table_payloads.refused(error), *stay[3:]
    it, former = service.load(name), held if isinstance(held, TableUpload) else None
    sheet: Sheet = tables.sheet_of(name, key)
    plan = None
    try:
        plan = table_payloads.chosen(sheet, former, sent(event))
        return _made(it, tables.make(name, key, plan))
    except ServiceError as error:
        form = table_payloads.form(it, replace(sheet, plan=plan or sheet.plan), former, str(error))
        return *stay[:2], table_payloads.refused(error, former or sheet, it), form, gr.skip()


def _made(it: service.Loaded, upload: TableUpload) -> tuple:
    return (
        upload.key,
        None,
        table_payloads.findings(it, upload),
        table_payloads.form(it, upload.sheet, upload),
        payloads.series_clip(it, upload.original),
    )
