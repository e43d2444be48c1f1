"""The tab for a recording or a table of one's own: as the model sees it, on the maps, and swapped with any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from demo.core import service, uploads
from demo.tabs.maps import tab as maps
from demo.tabs.swap import payload as payloads
from demo.tabs.swap.tab import FORMATS
from demo.tabs.upload import payload as voice_payloads
from demo.tabs.upload import recording as own_voice
from demo.tabs.upload import table as own_table
from demo.web import components, files
from seqdisent.projections import maps as projections

BRINGING = {"speech": own_voice, "timeseries": own_table}
WHAT = {"speech": ("of sound", "a voice"), "timeseries": ("of series", "a table")}
SWAP = {"speech": "Swap voices", "timeseries": "Swap levels"}
NO_GUESTS = "This checkpoint takes pictures, and none can be brought."
CHOOSE = " To bring {one}, choose a checkpoint {kind} above: {names}."
NONE = "This checkpoint takes pictures, and there is none of sound or series in this app's folder."


@dataclass(frozen=True)
class Parts:
    """The tab's components."""

    other: gr.Markdown
    work: gr.Column
    how: gr.Markdown
    bring: dict[str, own_voice.Parts | own_table.Parts]
    made: gr.Column  # what is to be seen once something has come
    partner: gr.Dropdown
    swap: gr.Button
    stages: dict[str, gr.HTML]
    saving: gr.Row
    formats: list[tuple[str, gr.Button]]
    file: gr.DownloadButton
    method: gr.Dropdown
    view: gr.HTML
    near: gr.HTML
    key: gr.State
    shown: gr.State  # with whom it was swapped
    drawn: gr.State

    @property
    def kept(self) -> list:
        """What :func:`bring` fills, and then the parts of a modality."""
        return [self.key, self.made, self.saving, self.shown, *self.stages.values()]

    @property
    def words(self) -> list:
        """What :func:`prepare` fills."""
        voice, table = (self.bring[kind] for kind in BRINGING)
        boxes = [parts.box for parts in self.bring.values()]
        return [
            self.other,
            self.work,
            self.how,
            *boxes,
            self.partner,
            self.method,
            self.swap,
            *self.kept,
            *voice.heard,
            *table.read,
        ]


def layout() -> Parts:
    """The tab's components, inside the current tab."""
    other = gr.Markdown(visible=False, elem_id="sd-own-other")
    with gr.Column(visible=False) as work:
        how = gr.Markdown(elem_classes="sd-how")
        bring = {kind: module.layout() for kind, module in BRINGING.items()}
        with gr.Column(visible=False) as made:
            with gr.Row(elem_classes="sd-map-menus"):
                partner = gr.Dropdown(
                    [], label="Swap with", min_width=200, elem_id="sd-own-partner"
                )
                swap = gr.Button(
                    SWAP["speech"], variant="primary", scale=0, min_width=170, elem_id="sd-own-swap"
                )
            stages = {
                "speech": components.sound_stage(elem_id="sd-own-stage"),
                "timeseries": components.series_stage(elem_id="sd-own-plots"),
            }
            with gr.Row(elem_classes="sd-downloads", visible=False) as saving:
                gr.HTML("<span>Download</span>", apply_default_css=False)
                formats = [
                    (
                        suffix,
                        gr.Button(name, size="sm", min_width=60, elem_id=f"sd-own-save-{suffix}"),
                    )
                    for suffix, name in FORMATS["timeseries"].items()
                ]
                file = gr.DownloadButton(visible="hidden", elem_id="sd-own-saved")
            method = gr.Dropdown(
                [(label, name) for name, label in projections.METHODS.items()],
                value="pca",
                label="Projection of the maps",
                scale=0,
                min_width=160,
                elem_id="sd-own-method",
            )
            view = components.maps("guest", elem_id="sd-own-maps")
            near = components.findings(elem_id="sd-own-near")
    key = gr.State(None, time_to_live=uploads.SECONDS, delete_callback=uploads.forget)
    return Parts(
        other,
        work,
        how,
        bring,
        made,
        partner,
        swap,
        stages,
        saving,
        formats,
        file,
        method,
        view,
        near,
        key,
        gr.State(None),
        gr.State(None),
    )


def prepare(name: str) -> tuple:
    """Values of :attr:`Parts.words` for a checkpoint; what was brought for another one is put away."""
    spec = service.spec_of(name)
    empty = (*_kept(None), *own_voice.NOTHING, *own_table.NOTHING)
    boxes = tuple(gr.update(visible=kind == spec.modality) for kind in BRINGING)
    if spec.modality not in BRINGING:
        other = gr.update(value=_others(), visible=True)
        return other, gr.update(visible=False), "", *boxes, gr.skip(), gr.skip(), gr.skip(), *empty
    it = service.load(name)
    partner = gr.update(
        choices=list(voice_payloads.choices(it)), value=service.first_pair(it.dataset)[1]
    )
    how = BRINGING[spec.modality].how(spec)
    shown = gr.update(visible=False), gr.update(visible=True)
    return *shown, how, *boxes, partner, "pca", SWAP[spec.modality], *empty


def _others() -> str:
    """Which checkpoints take something that can be brought."""
    names = {
        kind: [n for n in service.checkpoints() if service.spec_of(n).modality == kind]
        for kind in BRINGING
    }
    known = [
        CHOOSE.format(one=one, kind=kind, names=", ".join(names[modality]))
        for modality, (kind, one) in WHAT.items()
        if names[modality]
    ]
    return NO_GUESTS + "".join(known) if known else NONE


def _kept(key: str | None) -> tuple:
    """Values of :attr:`Parts.kept`: nothing is swapped yet."""
    return (
        key,
        gr.update(visible=_fits(key)),
        gr.update(visible=False),
        None,
        *(None for _ in BRINGING),
    )


def _fits(key: str | None) -> bool:
    return key is not None and isinstance(uploads.get(key), uploads.Upload)


def bring(function: Callable) -> Callable:
    """Values of :attr:`Parts.kept` before those of a function that gives the key first, or skips it."""

    def brought(*arguments) -> tuple:
        key, *parts = function(*arguments)
        stay = isinstance(key, dict)  # then what was there stays
        return *((gr.skip(),) * (4 + len(BRINGING)) if stay else _kept(key)), *parts

    return brought


def swap(name: str, key: str, partner: int) -> tuple:
    """(The stages, whether there is something to save, with whom, the marks on the maps)."""
    made, it = uploads.swap(name, key, partner), service.load(name)
    clips = payloads.STAGES[it.spec.modality](it, made)
    stages = (clips if kind == it.spec.modality else None for kind in BRINGING)
    # Clips of sound are saved one by one.
    return (
        *stages,
        gr.update(visible=it.spec.modality == "timeseries"),
        partner,
        gr.update(chosen=[None, partner]),
    )


def save(suffix: str):
    """A file of the swap that is shown."""

    def saved(name: str, key: str, partner: int) -> str:
        content = service.export(uploads.swap(name, key, partner), suffix)
        return files.keep(content, f"{name}-yours-{partner}.{suffix}")

    return saved


def place(
    name: str,
    key: str | None,
    method: str,
    partner: int,
    drawn: list | None,
    progress: gr.Progress | None = None,
) -> tuple:
    """(The maps with the guest on them, its neighbours, what is drawn)."""
    if not _fits(key):
        return gr.skip(), gr.skip(), drawn
    it = service.load(name)
    n, asked = service.map_size(it.dataset), [name, method]
    view = {"chosen": [None, partner]}
    if drawn != asked:  # points are sent once
        pictures = drawn is None or drawn[0] != name
        view = maps.draw(name, n, method, maps.belonging(name), (None, partner), pictures, progress)
    found = uploads.place(name, key, n, method)
    return gr.update(**{**view, "guest": found}), voice_payloads.neighbours(it, found), asked
