"""The Swap tab: choose two sequences, see their static codes exchanged."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
import numpy as np

from demo.core import service
from demo.core.text import ROLES, roles
from demo.tabs.swap import payload as payloads
from demo.web import components, files

# What can be saved of each modality: a single clip of sound is saved from its tile.
FORMATS = {
    "video": {"gif": "GIF", "webp": "WebP", "mp4": "MP4", "png": "All frames (PNG)"},
    "speech": {"wav": "All four in turn (WAV)", "png": "Spectrograms (PNG)"},
    "timeseries": {"csv": "All six (CSV)", "png": "Plots (PNG)"},
}
# How the elements of each modality are called on the page: its stage and, before the suffix, its buttons.
NAMES = {"video": ("stage", ""), "speech": ("sound", "sound-"), "timeseries": ("series", "series-")}


@dataclass(frozen=True)
class Parts:
    """What other tabs need: the visitor's pair and the components that show it."""

    a: gr.State
    b: gr.State
    stages: tuple[gr.HTML, ...]
    choosers: tuple[gr.HTML, gr.HTML]
    how: gr.Markdown
    rows: tuple[gr.Row, ...]
    random: gr.Button
    formats: list[tuple[str, gr.Button]]
    file: gr.DownloadButton
    seeds: gr.State

    @property
    def outputs(self) -> list:
        """What :func:`show` fills."""
        return [self.a, self.b, *self.stages, *self.choosers]

    @property
    def words(self) -> list:
        """What :func:`prepare` fills."""
        return [self.how, *self.rows]


def layout() -> Parts:
    """The tab's components, inside the current tab."""
    a, b, seeds = gr.State(0), gr.State(1), gr.State(list(payloads.FIRST_GALLERIES))
    with gr.Row(elem_classes="sd-lead"):
        how = gr.Markdown(ROLES["video"].how, elem_classes="sd-how")
        random = gr.Button(
            "Random pair", variant="primary", elem_id="sd-random", scale=0, min_width=150
        )
    with gr.Row(elem_classes="sd-bench"):
        with gr.Column(scale=3, min_width=200, elem_classes="sd-wing"):
            first = components.chooser("A", elem_id="sd-choose-a")
        with gr.Column(scale=7, min_width=300, elem_classes="sd-middle"):
            stages = tuple(
                components.STAGES[kind](elem_id=f"sd-{name}") for kind, (name, _) in NAMES.items()
            )
            rows, formats = [], []
            for kind, (_, prefix) in NAMES.items():
                with gr.Row(elem_classes="sd-downloads", visible=kind == "video") as row:
                    gr.HTML("<span>Download</span>", apply_default_css=False)
                    formats += [
                        (
                            suffix,
                            gr.Button(
                                name, size="sm", min_width=60, elem_id=f"sd-save-{prefix}{suffix}"
                            ),
                        )
                        for suffix, name in FORMATS[kind].items()
                    ]
                rows.append(row)
            # A click makes the file; the page then clicks this one.
            file = gr.DownloadButton(visible="hidden", elem_id="sd-file")
        with gr.Column(scale=3, min_width=200, elem_classes="sd-wing"):
            second = components.chooser("B", elem_id="sd-choose-b")
    return Parts(a, b, stages, (first, second), how, tuple(rows), random, formats, file, seeds)


def prepare(name: str) -> tuple:
    """Values of :attr:`Parts.words` for a checkpoint."""
    spec = service.spec_of(name)
    return roles(spec).how, *(gr.update(visible=kind == spec.modality) for kind in NAMES)


def show(name: str, a: service.Ref, b: service.Ref, notes: tuple[str, str] = ("", "")) -> tuple:
    """Values of :attr:`Parts.outputs` for a pair."""
    it = service.load(name)
    swap = service.swap(name, a, b)
    made = payloads.STAGES[it.spec.modality](it, swap)
    return (
        *(one.ref for one in swap.pair),
        *(made if kind == it.spec.modality else None for kind in NAMES),
        gr.update(value=payloads.chooser(it, swap.pair[0].ref, notes[0])),
        gr.update(value=payloads.chooser(it, swap.pair[1].ref, notes[1])),
    )


def galleries(name: str, seeds: list[int]) -> tuple:
    """Updates that give both choosers their pictures, and the titles to search."""
    it = service.load(name)
    titles = payloads.titles(it)
    return tuple(gr.update(gallery=payloads.gallery(it, seed), titles=titles) for seed in seeds)


def choose_random(name: str) -> tuple:
    """A new pair for this visitor."""
    return show(name, *service.random_pair(service.load(name).dataset, np.random.default_rng()))


def sent(event: gr.EventData) -> dict:
    """What a component's script sent; anybody can send anything."""
    return event._data if isinstance(event._data, dict) else {}


def pick(side: int):
    """A click in a gallery."""

    def picked(name: str, a: service.Ref, b: service.Ref, event: gr.EventData) -> tuple:
        pair = [a, b]
        pair[side] = sent(event).get("index")
        return show(name, *pair)

    return picked


def by_number(side: int):
    """A number typed on the Maps tab."""
    return lambda name, a, b, number: show(name, *((a, number) if side else (number, b)))


def wish(side: int):
    """A choice by factors: the test character that has them, or the nearest with a note."""

    def wished(name: str, a: service.Ref, b: service.Ref, event: gr.EventData) -> tuple:
        it = service.load(name)
        known = {f.name: len(f.classes) for f in service.headline_factors(it.spec)}
        asked, changed = sent(event).get("factors"), sent(event).get("changed")
        if not isinstance(asked, dict) or any(
            not isinstance(v, int) or not 0 <= v < known.get(k, 0) for k, v in asked.items()
        ):
            raise gr.Error("Those factors are not of this data set.")
        pair, notes = [a, b], ["", ""]
        pair[side], missed = service.nearest(
            it.dataset, asked, changed if isinstance(changed, str) else ""
        )
        notes[side] = payloads.difference(it, pair[side], missed)
        return show(name, *pair, tuple(notes))

    return wished


def more(side: int):
    """Other characters in one gallery."""

    def shuffled(name: str, seeds: list[int]) -> tuple:
        seeds = list(seeds)
        seeds[side] = int(np.random.default_rng().integers(3, 1000))
        return seeds, gr.update(gallery=payloads.gallery(service.load(name), seeds[side]))

    return shuffled


def save(suffix: str):
    """A file of what is on the stage."""

    def saved(name: str, a: service.Ref, b: service.Ref) -> str:
        content = service.export(service.swap(name, a, b), suffix)
        pair = "-".join(str(one) if isinstance(one, int) else "made" for one in (a, b))
        return files.keep(content, f"{name}-{pair}.{suffix}")

    return saved
