"""The Swap tab: choose two sequences, see their static codes exchanged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from demo.core import catalog, pairs, swapping, text
from demo.core.messages import FactorChoice, Pick
from demo.core.requests import Ref
from demo.errors import RequestError
from demo.modalities import VIEWS
from demo.tabs.base import Page, Pair, Tab
from demo.tabs.swap import payload
from demo.web import components, files
from demo.web.events import MODEL, QUIET, Updates, friendly, message_of

FURTHER_SEEDS = (3, 1000)  # of galleries that are asked for


class SwapTab(Tab):
    """The stages, a chooser for each side, and files of the swap."""

    id = "swap"
    label = "Swap"

    how: gr.Markdown
    random: gr.Button
    choosers: tuple[gr.HTML, gr.HTML]
    stages: dict[str, gr.HTML]
    rows: dict[str, gr.Row]
    buttons: list[tuple[str, gr.Button]]
    file: gr.DownloadButton

    def layout(self) -> None:
        with gr.Row(elem_classes="sd-lead"):
            self.how = gr.Markdown(elem_classes="sd-how")
            self.random = gr.Button(
                "Random pair", variant="primary", elem_id="sd-random", scale=0, min_width=150
            )
        with gr.Row(elem_classes="sd-bench"):
            with gr.Column(scale=3, min_width=200, elem_classes="sd-wing"):
                first = _chooser("A")
            with gr.Column(scale=7, min_width=300, elem_classes="sd-middle"):
                self._layout_stages()
            with gr.Column(scale=3, min_width=200, elem_classes="sd-wing"):
                second = _chooser("B")
        self.choosers = (first, second)

    def _layout_stages(self) -> None:
        self.stages, self.rows, self.buttons = {}, {}, []
        for view in VIEWS.values():
            self.stages[view.name] = components.stage(view.name, elem_id=f"sd-{view.stage_id}")
        for view in VIEWS.values():
            self.rows[view.name], buttons = components.download_row(
                dict(view.swap_formats), view.save_id_prefix, visible=False
            )
            self.buttons += buttons.items()
        self.file = components.hidden_download("sd-file")

    def checkpoint_outputs(self) -> list[Block]:
        return [self.how, *self.rows.values(), *self.choosers]

    def show_checkpoint(self, name: str) -> Updates:
        spec = catalog.spec_of(name)
        it = catalog.load(name)
        titles = payload.titles(it)
        updates: Updates = {self.how: text.terms(spec).explanation}
        for row in self.rows.values():
            updates[row] = gr.update(visible=False)
        updates[self.rows[spec.modality]] = gr.update(visible=True)
        for chooser, seed in zip(self.choosers, payload.FIRST_GALLERIES, strict=True):
            updates[chooser] = gr.update(gallery=payload.gallery(it, seed), titles=titles)
        return updates

    def pair_outputs(self) -> list[Block]:
        return [*self.stages.values(), *self.choosers]

    def show_pair(self, name: str, pair: Pair) -> Updates:
        it = catalog.load(name)
        swap = swapping.swap(name, pair.a, pair.b)
        updates: Updates = dict.fromkeys(self.stages.values())
        updates[self.stages[it.spec.modality]] = payload.stage(it, swap)
        for chooser, ref, note in zip(self.choosers, (pair.a, pair.b), pair.notes, strict=True):
            updates[chooser] = gr.update(value=payload.chooser(it, ref, note))
        return updates

    def connect(self, page: Page) -> None:
        page.choose_on(self.random.click, choose_random)
        for side, chooser in enumerate(self.choosers):
            page.choose_on(chooser.pick, choose_picked(side))
            page.choose_on(chooser.combine, choose_by_factors(side))
            chooser.more(
                friendly(other_gallery),
                page.checkpoint,
                chooser,
                **QUIET,
            )
        for suffix, button in self.buttons:
            save = friendly(partial(save_swap, suffix))
            components.save_on(button.click, save, page.pair, self.file, **MODEL)


def _chooser(side: str) -> gr.HTML:
    """Chooses a sequence.

    ``value``, ``gallery`` and ``titles`` are ``chooser``, ``gallery`` and ``titles`` of :mod:`demo.tabs.swap.payload`.
    Triggers ``pick`` with a :class:`demo.core.messages.Pick`, ``combine`` with a
    :class:`demo.core.messages.FactorChoice` and ``more`` with ``{}``.
    """
    return components.component(
        f'<div class="sd-chooser" data-side="{side}"></div>',
        "tabs/swap/chooser.js",
        triggers=("pick", "combine", "more"),
        server_functions=[components.hear],
        gallery=None,
        titles=None,
        elem_id=f"sd-choose-{side.lower()}",
    )


def other_gallery(name: str) -> dict[str, Any]:
    """Other sequences in a gallery."""
    seed = int(np.random.default_rng().integers(*FURTHER_SEEDS))
    return gr.update(gallery=payload.gallery(catalog.load(name), seed))


def choose_random(name: str, a: Ref, b: Ref) -> Pair:
    """Two sequences at random."""
    return Pair(*pairs.random_pair(catalog.load(name).dataset, np.random.default_rng()))


def with_side(side: int, ref: Ref, a: Ref, b: Ref, note: str = "") -> Pair:
    """A pair with another sequence on one side (0 is A, 1 is B)."""
    if side == 0:
        return Pair(ref, b, (note, ""))
    return Pair(a, ref, ("", note))


def choose_picked(side: int) -> Callable[..., Pair]:
    """A click in a gallery."""

    def choose(name: str, a: Ref, b: Ref, event: gr.EventData) -> Pair:
        return with_side(side, message_of(event, Pick).index, a, b)

    return choose


def choose_by_factors(side: int) -> Callable[..., Pair]:
    """The test sequence that has the chosen labels, or the nearest one with a note."""

    def choose(name: str, a: Ref, b: Ref, event: gr.EventData) -> Pair:
        it = catalog.load(name)
        choice = message_of(event, FactorChoice)
        classes = {f.name: len(f.classes) for f in text.headline_factors(it.spec)}
        for factor, label in choice.factors.items():
            if not 0 <= label < classes.get(factor, 0):
                raise RequestError(f"factors: {factor[:40]} has no class {label} in this data set.")
        index, missed = pairs.nearest(it.dataset, choice.factors, choice.changed)
        return with_side(side, index, a, b, payload.difference(it, index, missed))

    return choose


def save_swap(suffix: str, name: str, a: Ref, b: Ref) -> str:
    """Path of a file of the swap on the stage."""
    content = swapping.export(swapping.swap(name, a, b), suffix)
    pair = "-".join(str(one) if isinstance(one, int) else "generated" for one in (a, b))
    return files.keep(content, f"{name}-{pair}.{suffix}")
