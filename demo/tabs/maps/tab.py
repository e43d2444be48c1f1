"""The Maps tab: both kinds of codes of the same sequences, side by side and linked."""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr

from demo.core import generation, reports, service, uploads
from demo.core.text import numbers
from demo.tabs.maps import payload as map_payloads
from demo.tabs.swap import payload as payloads
from demo.web import components
from seqdisent.projections import maps as projections
from seqdisent.spec import DatasetSpec, Factor

WARNING = (
    "**Clusters are a picture, not evidence.** t-SNE and UMAP can show groups that are not there and hide "
    "ones that are; *trustworthiness* (1 is best) says how far neighbours on the map are neighbours among "
    "the codes. If the static map sorts itself by action, word or weather, look closer: something may leak. If it does "
    "not, that proves nothing."
)
ALIKE = ("all alike", "")
GUESTS = ("guest", "guest_b")
COLOURS = 9  # that the page can tell apart
LEAK, BACK = "Show me the leak", "Show what belongs"


@dataclass(frozen=True)
class Parts:
    """The tab's components."""

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
    drawn: gr.State


def layout() -> Parts:
    """The tab's components, inside the current tab."""
    with gr.Row(elem_classes="sd-map-menus"):
        method = gr.Dropdown(
            [(label, name) for name, label in projections.METHODS.items()],
            value="pca",
            label="Projection",
            min_width=120,
            elem_id="sd-method",
        )
        size = gr.Dropdown(
            list(projections.SIZES), value=service.MAP_SIZE, label="Sequences", min_width=120
        )
        colours = tuple(
            gr.Dropdown([], label=f"Colour: {part} map", min_width=150, elem_id=f"sd-colour-{part}")
            for part in ("static", "dynamic")
        )
        sized = gr.Dropdown(
            [ALIKE], value="", label="Size of points", min_width=130, elem_id="sd-sized"
        )
        leak = gr.Button(LEAK, min_width=210, scale=0, elem_id="sd-leak")
    view = components.maps(elem_id="sd-maps")
    with gr.Row(elem_classes="sd-map-foot"):
        status = gr.Markdown("", elem_id="sd-map-status")
        see = gr.Button(
            "See the swap →", variant="primary", scale=0, min_width=180, elem_id="sd-see"
        )
    gr.Markdown(WARNING, elem_classes="sd-warning")
    with gr.Accordion("The same without a mouse: choose by number, read as a table", open=False):
        with gr.Row(elem_classes="sd-by-number"):
            number = gr.Number(
                0, label="Sequence", precision=0, minimum=0, min_width=120, elem_id="sd-number"
            )
            make = tuple(
                gr.Button(f"Make it {side}", min_width=110, elem_id=f"sd-make-{side.lower()}")
                for side in "AB"
            )
        read = gr.Button("Show the maps as a table", size="sm", elem_id="sd-read")
        table = gr.Dataframe(
            visible=False,
            interactive=False,
            max_height=360,
            label="Points of both maps; selecting a row fills the number",
        )
    return Parts(
        view,
        method,
        size,
        colours,
        sized,
        leak,
        number,
        make,
        read,
        table,
        status,
        see,
        gr.State(None),
    )


def prepare(name: str) -> tuple:
    """The menus of a checkpoint: numbers, colours with what belongs, sizes, and the button's words."""
    dataset = service.load(name).dataset
    size = gr.update(choices=list(service.map_sizes(dataset)), value=service.map_size(dataset))
    names = [f.name for f in dataset.spec.factors]
    colours = (gr.update(choices=names, value=value) for value in belonging(name))
    sizes = [(f"by {f.name}", f.name) for f in numbers(dataset.spec)]
    return size, *colours, gr.update(choices=[ALIKE, *sizes], value="", visible=bool(sizes)), LEAK


def colour(name: str, static: str, dynamic: str, sized: str = "") -> tuple:
    """Updates of (the maps, the button) for colours and sizes."""
    kinds = {f.name: f.kind for f in service.spec_of(name).factors}
    leaking = kinds.get(static) == "dynamic" and kinds.get(dynamic) == "static"
    return gr.update(colours=[static, dynamic], sized=sized), BACK if leaking else LEAK


def other_colours(name: str, static: str, dynamic: str, sized: str = "") -> tuple:
    """Colours by what leaked most, or by what belongs if the former are shown: (both menus, the maps, the button)."""
    leaking = colour(name, static, dynamic, sized)[1] == BACK
    chosen = belonging(name) if leaking else reports.leaked_most(name)
    return (*chosen, *colour(name, *chosen, sized))


def belonging(name: str) -> tuple[str, str]:
    """Factors that the colours of the two maps should show, if nothing leaks."""
    spec = service.spec_of(name)
    return _telling(spec.static_factors, spec)[-1].name, _telling(spec.dynamic_factors, spec)[
        0
    ].name


def _telling(factors: tuple[Factor, ...], spec: DatasetSpec) -> list[Factor]:
    """Those of some factors, else of all, that colours show best: with classes, and a colour for each."""
    classes = [f for f in factors if not f.continuous]
    few = [f for f in classes if 2 < len(f.classes) <= COLOURS]
    return few or classes or list(factors or spec.factors)


def first_method(name: str) -> str:
    """The projection to begin with: t-SNE if it is there, else PCA, which takes no time."""
    size = service.map_size(service.load(name).dataset)
    return "tsne" if service.map_made(name, size, "tsne") else "pca"


def draw(
    name: str,
    n: int,
    method: str,
    colours: tuple[str, str],
    pair: tuple[service.Ref | None, ...],
    new_pictures: bool,
    progress: gr.Progress | None = None,
) -> dict:
    """Both maps, with pictures of their points if those are other sequences than before."""
    it = service.load(name)
    report = (lambda share, words: progress(share, desc=words)) if progress else None
    maps = service.maps(name, n, method, report)
    pictures = {"atlas": map_payloads.atlas(it, n)} if new_pictures else {}
    points = json.dumps(map_payloads.points(it, maps, method))
    return gr.update(value=points, colours=list(colours), **marks(*pair), **pictures)


def read(name: str, n: int, method: str) -> dict:
    """The table of both maps."""
    it = service.load(name)
    headers, rows = map_payloads.table(it, service.maps(name, n, method))
    return gr.update(value={"headers": headers, "data": rows}, visible=True)


def selected(event: gr.SelectData) -> int:
    """The sequence of a row of the table."""
    return int(event.row_value[0])


def chosen(name: str, a: service.Ref, b: service.Ref) -> tuple:
    """Marks of the pair on the maps, and the pair in words."""
    it = service.load(name)
    known = [f" (sequence {one})" if isinstance(one, int) else "" for one in (a, b)]
    words = [f"**{'AB'[i]}**{known[i]} {payloads.caption(it, one)}" for i, one in enumerate((a, b))]
    gone = {guest: None for guest, one in zip(GUESTS, (a, b), strict=True) if isinstance(one, int)}
    return gr.update(**marks(a, b), **gone), "<br>".join(words)


def marks(a: service.Ref | None, b: service.Ref | None) -> dict:
    """What the maps are told of the pair: its points."""
    return {"chosen": [one if isinstance(one, int) else None for one in (a, b)]}


def guests(name: str, n: int, method: str, a: service.Ref, b: service.Ref) -> dict:
    """The same of what was made and is not among the points: where it would be."""
    it = service.load(name)
    found: dict[str, dict | None] = dict.fromkeys(GUESTS)
    for guest, side, one in zip(GUESTS, "AB", (a, b), strict=True):
        if not isinstance(one, int):
            found[guest] = uploads.locate(it, generation.source(it, one), n, method) | {
                "name": f"{side}, made"
            }
    return found
