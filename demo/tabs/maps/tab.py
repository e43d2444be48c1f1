"""The Maps tab: both kinds of codes of the same sequences, next to each other and linked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, code_maps, generation, pairs, reports, text, uploads
from demo.core.messages import Address, PointPick
from demo.core.requests import Ref
from demo.errors import RequestError
from demo.tabs.base import Page, Pair, Tab
from demo.tabs.maps import payload
from demo.tabs.swap.payload import caption
from demo.tabs.swap.tab import with_side
from demo.web import components
from demo.web.assets import PLOTLY
from demo.web.events import MAPS, QUIET, Updates, friendly, message_of, updating
from seqdisent.projections import maps as projections
from seqdisent.spec import DatasetSpec, Factor

WARNING = (
    "**Clusters are a picture, not evidence.** t-SNE and UMAP can show groups that are not there and hide "
    "ones that are; *trustworthiness* (1 is best) is how far neighbours on the map are neighbours among "
    "the codes. If the static map sorts itself by action, word or weather, look closer: something may leak. If it does "
    "not, that proves nothing."
)
SAME_SIZE = ("same size", "")
GUESTS = ("guest", "guest_b")  # properties of the view: A and B where they are not among the points
COLOURS = 9  # that the page can tell apart
LEAK, BACK = "Show me the leak", "Show what is expected"
METHODS = [(label, name) for name, label in projections.METHODS.items()]


class MapsTab(Tab):
    """The maps, their menus, and the same as a table."""

    id = "maps"
    label = "Maps"

    view: gr.HTML
    method: gr.Dropdown
    size: gr.Dropdown
    colours: tuple[gr.Dropdown, gr.Dropdown]
    sized: gr.Dropdown
    leak: gr.Button
    number: gr.Number
    make: tuple[gr.Button, gr.Button]
    read: gr.Button
    table: gr.Dataframe
    status: gr.Markdown
    see: gr.Button
    drawn: gr.State  # [checkpoint, sequences, method] of the maps that the view has

    def layout(self) -> None:
        with gr.Row(elem_classes="sd-map-menus"):
            self._layout_menus()
        self.view = scatter("pair", elem_id="sd-maps")
        with gr.Row(elem_classes="sd-map-foot"):
            self.status = gr.Markdown("", elem_id="sd-map-status")
            self.see = gr.Button(
                "See the swap →", variant="primary", scale=0, min_width=180, elem_id="sd-see"
            )
        gr.Markdown(WARNING, elem_classes="sd-warning")
        with gr.Accordion("Choose by number, or read as a table (keyboard)", open=False):
            self._layout_table()
        self.drawn = gr.State(None)

    def _layout_menus(self) -> None:
        self.method = gr.Dropdown(
            METHODS, value="pca", label="Projection", min_width=120, elem_id="sd-method"
        )
        self.size = gr.Dropdown(
            list(projections.SIZES), value=pairs.MAP_SIZE, label="Sequences", min_width=120
        )
        self.colours = (_colour_menu("static"), _colour_menu("dynamic"))
        self.sized = gr.Dropdown(
            [SAME_SIZE], value="", label="Size of points", min_width=130, elem_id="sd-sized"
        )
        self.leak = gr.Button(LEAK, min_width=210, scale=0, elem_id="sd-leak")

    def _layout_table(self) -> None:
        with gr.Row(elem_classes="sd-by-number"):
            self.number = gr.Number(
                0, label="Sequence", precision=0, minimum=0, min_width=120, elem_id="sd-number"
            )
            self.make = (
                gr.Button("Make it A", min_width=110, elem_id="sd-make-a"),
                gr.Button("Make it B", min_width=110, elem_id="sd-make-b"),
            )
        self.read = gr.Button("Show the maps as a table", size="sm", elem_id="sd-read")
        self.table = gr.Dataframe(
            visible=False,
            interactive=False,
            max_height=360,
            label="Points of both maps; selecting a row fills the number",
        )

    def checkpoint_outputs(self) -> list[Block]:
        return [self.size, *self.colours, self.sized, self.leak]

    def show_checkpoint(self, name: str) -> Updates:
        """The menus of a checkpoint, with the colours that are expected if nothing leaks."""
        dataset = catalog.load(name).dataset
        names = [factor.name for factor in dataset.spec.factors]
        sizes = [(f"by {f.name}", f.name) for f in text.numbers(dataset.spec)]
        updates: Updates = {
            self.size: gr.update(
                choices=list(pairs.map_sizes(dataset)), value=pairs.map_size(dataset)
            ),
            self.sized: gr.update(choices=[SAME_SIZE, *sizes], value="", visible=bool(sizes)),
            self.leak: LEAK,
        }
        for menu, factor in zip(self.colours, expected_colours(name), strict=True):
            updates[menu] = gr.update(choices=names, value=factor)
        return updates

    def pair_outputs(self) -> list[Block]:
        return [self.view, self.status]

    def show_pair(self, name: str, pair: Pair) -> Updates:
        """Marks of the pair on the maps, and the pair in words."""
        it = catalog.load(name)
        refs = (pair.a, pair.b)
        gone: dict[str, None] = {}
        lines = []
        for side, guest, ref in zip("AB", GUESTS, refs, strict=True):
            position = ""
            if isinstance(ref, int):
                gone[guest] = None
                position = f" (sequence {ref})"
            lines.append(f"**{side}**{position} {caption(it, ref)}")
        return {
            self.view: gr.update(**marks(*refs), **gone),
            self.status: "<br>".join(lines),
        }

    def arrival_outputs(self) -> list[Block]:
        return [self.method]

    def show_arrival(self, address: Address) -> Updates:
        """The projection to begin with: t-SNE if it is there, else PCA, which takes no time."""
        name = address.checkpoint
        if name is None or not catalog.is_shown(name):
            return {self.method: "pca"}
        size = pairs.map_size(catalog.load(name).dataset)
        return {self.method: "tsne" if code_maps.available(name, size, "tsne") else "pca"}

    def opening(self, page: Page) -> dict[str, Any]:
        menus = [self.size, self.method, *self.colours]
        return {
            "fn": updating(self._open),
            "inputs": [page.open_tab, self.drawn, page.checkpoint, *menus, page.a, page.b],
            "outputs": [self.view, self.table, self.drawn],
            "api_visibility": "private",
            "show_progress_on": self.view,
            **MAPS,
        }

    def _open(
        self,
        open_tab: str,
        drawn: list[Any] | None,
        name: str | None,
        n: int,
        method: str,
        static: str,
        dynamic: str,
        a: Ref,
        b: Ref,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """Draw the maps. Points are sent once: coming back to the tab only moves the marks."""
        if open_tab != self.id or name is None or not catalog.is_shown(name):
            return {}
        asked = [name, n, method]
        where = guests(name, n, method, a, b)
        if drawn == asked:
            return {self.view: gr.update(**marks(a, b), **where)}
        new_pictures = drawn is None or drawn[:2] != asked[:2]
        view = draw(name, n, method, (static, dynamic), (a, b), new_pictures, progress)
        return {
            self.view: {**view, **where},
            self.table: gr.update(visible=False),
            self.drawn: asked,
        }

    def connect(self, page: Page) -> None:
        for menu in (self.method, self.size):
            menu.select(**self.opening(page))  # a menu sends `input` twice
        colouring = [page.checkpoint, *self.colours, self.sized]
        for menu in (*self.colours, self.sized):
            menu.select(
                updating(self._colour), colouring, [self.view, self.leak], queue=False, **QUIET
            )
        self.leak.click(
            updating(self._toggle_leak),
            colouring,
            [*self.colours, self.view, self.leak],
            queue=False,
            **QUIET,
        )
        page.choose_on(self.view.point, choose_point)
        for side, button in enumerate(self.make):
            page.choose_on(button.click, choose_number(side), self.number)
        self.read.click(
            friendly(read_table),
            [page.checkpoint, self.size, self.method],
            self.table,
            api_visibility="private",
            **MAPS,
        )
        self.table.select(selected_number, None, self.number, queue=False, **QUIET)
        self.see.click(see_swap, None, page.frame, queue=False, **QUIET)

    def _colour(self, name: str, static: str, dynamic: str, sized: str) -> Updates:
        """Other colours or sizes."""
        view = gr.update(colours=[static, dynamic], sized=sized)
        label = BACK if shows_leak(name, static, dynamic) else LEAK
        return {self.view: view, self.leak: label}

    def _toggle_leak(self, name: str, static: str, dynamic: str, sized: str) -> Updates:
        """Colours by what leaks most, or the expected ones if the former are shown."""
        showing = shows_leak(name, static, dynamic)
        chosen = expected_colours(name) if showing else reports.leaked_most(name)
        menus: Updates = dict(zip(self.colours, chosen, strict=True))
        return {**menus, **self._colour(name, *chosen, sized)}


def scatter(kind: str, **settings: Any) -> gr.HTML:
    """Two linked scatter plots.

    ``value`` is the JSON text of :func:`demo.tabs.maps.payload.points`, ``atlas`` its pictures; ``colours`` is
    ``[static map's factor, dynamic map's factor]``, ``sized`` the factor that points are large by, or ""; ``chosen`` is
    ``[a, b]``. ``guest`` is :func:`demo.core.uploads.place` of A, ``guest_b`` of B, where they are not of the split.

    Triggers ``point`` with a :class:`demo.core.messages.PointPick`.

    Args:
        kind: "pair"; "guest" for maps on which A is always a guest and a click chooses B; "foreign" for maps of other
            models' codes, on which a click chooses nothing.
    """
    # Relative to the page, so that it works behind a proxy; loaded when the tab is first seen.
    head = f'<script src="gradio_api/file={PLOTLY.as_posix()}"></script>'
    return components.component(
        f'<div class="sd-maps sd-maps-{kind}"></div>',
        "tabs/maps/view.js",
        triggers=("point",),
        head=head,
        server_functions=[components.hear],
        atlas=None,
        colours=None,
        sized="",
        chosen=None,
        guest=None,
        guest_b=None,
        **settings,
    )


def _colour_menu(part: str) -> gr.Dropdown:
    return gr.Dropdown([], label=f"Colour: {part} map", min_width=150, elem_id=f"sd-colour-{part}")


def expected_colours(name: str) -> tuple[str, str]:
    """Factors that the colours of the two maps should show, if nothing leaks."""
    spec = catalog.spec_of(name)
    static = _distinct(spec.static_factors, spec)[-1]
    dynamic = _distinct(spec.dynamic_factors, spec)[0]
    return static.name, dynamic.name


def _distinct(factors: tuple[Factor, ...], spec: DatasetSpec) -> list[Factor]:
    """Those of some factors, else of all, that colours show best: with classes, and a colour for each."""
    classes = [f for f in factors if not f.continuous]
    few = [f for f in classes if 2 < len(f.classes) <= COLOURS]
    return few or classes or list(factors or spec.factors)


def shows_leak(name: str, static: str, dynamic: str) -> bool:
    """Whether each map is coloured by a factor that does not belong in its code."""
    kinds = {factor.name: factor.kind for factor in catalog.spec_of(name).factors}
    return kinds.get(static) == "dynamic" and kinds.get(dynamic) == "static"


def draw(
    name: str,
    n: int,
    method: str,
    colours: tuple[str, str],
    pair: tuple[Ref | None, Ref | None],
    new_pictures: bool,
    progress: gr.Progress | None = None,
) -> dict[str, Any]:
    """Both maps, with pictures of their points if those are other sequences than before."""
    it = catalog.load(name)

    def report(share: float, doing: str) -> None:
        if progress is not None:
            progress(share, desc=doing)

    found = code_maps.maps(name, n, method, report)
    properties: dict[str, Any] = {"colours": list(colours), **marks(*pair)}
    if new_pictures:
        properties["atlas"] = payload.atlas(it, n)
    return gr.update(value=json.dumps(payload.points(it, found, method)), **properties)


def marks(a: Ref | None, b: Ref | None) -> dict[str, Any]:
    """The points of the pair, for the view."""
    return {"chosen": [one if isinstance(one, int) else None for one in (a, b)]}


def guests(name: str, n: int, method: str, a: Ref, b: Ref) -> dict[str, Any]:
    """Where generated sequences, which are not among the points, would be."""
    it = catalog.load(name)
    found: dict[str, Any] = dict.fromkeys(GUESTS)
    for guest, side, one in zip(GUESTS, "AB", (a, b), strict=True):
        if isinstance(one, int):
            continue
        place = uploads.locate(it, generation.source(it, one), n, method)
        found[guest] = {**place, "name": f"{side}, generated"}
    return found


def choose_point(name: str, a: Ref, b: Ref, event: gr.EventData) -> Pair:
    """A click on a point."""
    message = message_of(event, PointPick)
    return with_side("AB".index(message.side), message.index, a, b)


def choose_number(side: int) -> Callable[..., Pair]:
    """A number that was typed."""

    def choose(name: str, a: Ref, b: Ref, number: int | None) -> Pair:
        if number is None:
            raise RequestError("Sequence: type a number first.")
        return with_side(side, number, a, b)

    return choose


def read_table(name: str, n: int, method: str) -> dict[str, Any]:
    """The table of both maps."""
    it = catalog.load(name)
    headers, rows = payload.table(it, code_maps.maps(name, n, method))
    return gr.update(value={"headers": headers, "data": rows}, visible=True)


def selected_number(event: gr.SelectData) -> int:
    """The sequence of a row of the table."""
    return int(event.row_value[0])


def see_swap() -> gr.Tabs:
    """Open the Swap tab."""
    return gr.Tabs(selected="swap")
