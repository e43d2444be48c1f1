"""Which control does what: the wiring between the tabs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import gradio as gr

from demo import download_panel as data
from demo.core import service
from demo.tabs.generate import tab as generate
from demo.tabs.leakage import tab as leakage
from demo.tabs.maps import tab as maps
from demo.tabs.swap import tab as swap
from demo.tabs.upload import tab as own

# One visitor's model work at a time; maps may take seconds and must not hold up swaps.
MODEL = {"concurrency_id": "model", "concurrency_limit": 1}
MAPS = {"concurrency_id": "maps", "concurrency_limit": 1}
# A link to this page brings the tab back.
REMEMBER = """() => {
  const url = new URL(location.href);
  url.searchParams.set("tab", "%s");
  history.replaceState(history.state, "", url);
}"""


@dataclass(frozen=True)
class Page:
    """Every component that an event reads or fills."""

    checkpoint: gr.Dropdown
    notice: data.Parts
    work: gr.Column
    tabs: gr.Tabs
    tab: dict[str, gr.Tab]
    where: gr.State  # which of them is open
    swap: swap.Parts
    generate: generate.Parts
    leakage: leakage.Parts
    maps: maps.Parts
    voice: own.Parts


def friendly(function: Callable) -> Callable:
    """What a visitor can put right becomes a message, not a stack trace."""

    @wraps(function)
    def guarded(*arguments, **named):
        try:
            return function(*arguments, **named)
        except service.ServiceError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return guarded


def choices() -> list[tuple[str, str]]:
    """(label, name) of every checkpoint for the menu."""
    return [(service.title(n), n) for n in service.checkpoints()]


def connect(app: gr.Blocks, page: Page) -> tuple:
    """Attach every event of the page; returns those after which there is another checkpoint, or a visitor."""
    s, m = page.swap, page.maps
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    pair = [page.checkpoint, s.a, s.b]
    marks = [m.view, m.status]
    everything = [
        page.checkpoint,
        page.work,
        page.notice.box,
        page.notice.words,
        page.notice.button,
        *s.outputs,
        *s.words,
        page.leakage.compare,
        m.size,
        *m.colours,
        m.sized,
        m.leak,
        *marks,
        *page.voice.words,
    ]

    def with_marks(function: Callable) -> Callable:
        """A change of the pair also moves the marks on the maps: one round trip, no second event."""

        @wraps(function)
        def both(*arguments) -> tuple:
            out = function(*arguments)
            return (*out, *maps.chosen(arguments[0], out[0], out[1]))

        return friendly(both)

    def open_checkpoint(name: str | None, a: str | None, b: str | None, seeds: list[int]) -> tuple:
        """Show a checkpoint with a pair, or say what it needs first."""
        blank = (gr.skip(),) * (len(everything) - 5)
        menu = gr.update(choices=choices(), value=name)
        if name is None or not service.data_ready(service.spec_of(name).name):
            return (menu, gr.update(visible=False), *data.show(name), *blank)
        it = service.load(name)
        pair = [generate.ref_in_link(it, one) for one in (a, b)]
        shown = swap.show(name, *(service.first_pair(it.dataset) if None in pair else pair))
        pictures = swap.galleries(name, seeds)
        choosers = [
            {**value, **picture} for value, picture in zip(shown[-2:], pictures, strict=True)
        ]
        return (
            menu,
            gr.update(visible=True),
            *data.show(name),
            *shown[:-2],
            *choosers,
            *swap.prepare(name),
            leakage.prepare(name),
            *maps.prepare(name),
            *maps.chosen(name, shown[0], shown[1]),
            *own.prepare(name),
        )

    @friendly
    def arrive(seeds: list[int], request: gr.Request) -> tuple:
        """A visitor comes, perhaps by a link that names a pair."""
        asked = dict(request.query_params)
        name = asked.get("checkpoint")
        name = name if name in service.checkpoints() else service.default_checkpoint()
        method = (
            maps.first_method(name)
            if name and service.data_ready(service.spec_of(name).name)
            else "pca"
        )
        where = asked.get("tab") if asked.get("tab") in page.tab else next(iter(page.tab))
        opened = open_checkpoint(name, asked.get("a"), asked.get("b"), seeds)
        return (*opened, method, gr.Tabs(selected=where), where, generate.asked_by_link(asked))

    @friendly
    def change(name: str, seeds: list[int]) -> tuple:
        return open_checkpoint(name, None, None, seeds)

    @friendly
    def download(name: str, seeds: list[int], progress: gr.Progress = gr.Progress()) -> tuple:
        trouble = data.download(name, progress)
        return (*open_checkpoint(name, None, None, seeds), trouble)

    all_of_it = [*everything, m.method, page.tabs, page.where, page.generate.linked]
    arrived = app.load(arrive, [s.seeds], all_of_it, **quiet, **MODEL)
    changed = page.checkpoint.select(
        change, [page.checkpoint, s.seeds], everything, **quiet, **MODEL
    )
    changed.then(**drawing(page))
    for event in (arrived, changed):
        event.then(**_reporting(page))
    for name, tab in page.tab.items():
        selected = tab.select(lambda name=name: name, None, page.where, queue=False, **quiet)
        tab.select(None, js=REMEMBER % name)
        if name in OPENING:
            selected.then(**OPENING[name](page))
    page.notice.button.click(
        download,
        [page.checkpoint, s.seeds],
        [*everything, page.notice.progress],
        api_visibility="private",
        concurrency_id="download",
        concurrency_limit=1,
        show_progress_on=page.notice.progress,
    )

    # Swap
    outputs = [*s.outputs, *marks]
    s.random.click(with_marks(swap.choose_random), [page.checkpoint], outputs, **quiet, **MODEL)
    for side, chooser in enumerate(s.choosers):
        chooser.pick(with_marks(swap.pick(side)), pair, outputs, **quiet, **MODEL)
        chooser.wish(with_marks(swap.wish(side)), pair, outputs, **quiet, **MODEL)
        chooser.more(
            friendly(swap.more(side)), [page.checkpoint, s.seeds], [s.seeds, chooser], **quiet
        )
    for suffix, button in s.formats:
        button.click(
            friendly(swap.save(suffix)),
            pair,
            s.file,
            api_visibility="private",
            show_progress="minimal",
            **MODEL,
        ).success(fn=None, js="() => document.querySelector('#sd-file')?.click()")

    # Leakage
    k = page.leakage
    report = [page.checkpoint, k.compare]

    def ask(name: str, choice: str) -> list | dict:
        """What a choice needs to have measured; a number makes every wish a new one."""
        missing = leakage.missing(name, choice)
        return [missing, time.time()] if missing else gr.skip()

    @friendly
    def measure(wanted: list, progress: gr.Progress = gr.Progress()) -> str:
        return leakage.measure(wanted[0], progress)

    k.compare.select(**_reporting(page)).then(friendly(ask), report, k.wanted, **quiet)
    k.measure.click(friendly(ask), report, k.wanted, **quiet)
    k.wanted.change(
        measure, k.wanted, k.progress, api_visibility="private", show_progress_on=k.progress, **MAPS
    ).then(**_reporting(page))
    for suffix, button in k.formats.items():
        button.click(
            friendly(leakage.save(suffix)),
            page.checkpoint,
            k.file,
            api_visibility="private",
            show_progress="minimal",
        ).success(fn=None, js="() => document.querySelector('#sd-report-file')?.click()")

    # Maps
    for control in (m.method, m.size):
        control.select(**drawing(page))  # a menu sends `input` twice
    for control in (*m.colours, m.sized):
        control.select(
            friendly(maps.colour),
            [page.checkpoint, *m.colours, m.sized],
            [m.view, m.leak],
            queue=False,
            **quiet,
        )
    m.leak.click(
        friendly(maps.other_colours),
        [page.checkpoint, *m.colours, m.sized],
        [*m.colours, m.view, m.leak],
        queue=False,
        **quiet,
    )

    @friendly
    def point(name: str, a: service.Ref, b: service.Ref, event: gr.EventData) -> tuple:
        return swap.pick(int(swap.sent(event).get("side") == "B"))(name, a, b, event)

    m.view.point(with_marks(point), pair, outputs, **quiet, **MODEL)
    for side, button in enumerate(m.make):
        button.click(with_marks(swap.by_number(side)), [*pair, m.number], outputs, **quiet, **MODEL)

    m.read.click(
        friendly(maps.read),
        [page.checkpoint, m.size, m.method],
        m.table,
        api_visibility="private",
        **MAPS,
    )

    m.table.select(maps.selected, None, m.number, queue=False, **quiet)
    m.see.click(lambda: gr.Tabs(selected="swap"), None, page.tabs, queue=False, **quiet)
    return arrived, changed


def _reporting(page: Page) -> dict:
    """An event that shows the leakage reports that there are: quick, so that nobody waits for it in a queue."""
    s, k = page.swap, page.leakage

    @friendly
    def report(where, name, choice, a, b, shown) -> tuple:
        if where != "leakage" or not name or not service.data_ready(service.spec_of(name).name):
            return (gr.skip(),) * len(k.outputs)
        return leakage.show(name, choice, a, b, shown)

    inputs = [page.where, page.checkpoint, k.compare, s.a, s.b, k.shown]
    return {
        "fn": report,
        "inputs": inputs,
        "outputs": k.outputs,
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_limit": 4,
    }


def drawing(page: Page) -> dict:
    """An event that draws the maps."""
    s, m = page.swap, page.maps

    @friendly
    def draw(
        where, drawn, name, n, method, static, dynamic, a, b, progress: gr.Progress = gr.Progress()
    ):
        # Points are sent once; coming back to the tab only moves the marks.
        asked = [name, n, method]
        if where != "maps" or not service.data_ready(service.spec_of(name).name):
            return gr.skip(), gr.skip(), drawn
        if drawn == asked:
            return (
                gr.update(**maps.marks(a, b), **maps.guests(name, n, method, a, b)),
                gr.skip(),
                drawn,
            )
        new_pictures = drawn is None or drawn[:2] != asked[:2]
        view = maps.draw(name, n, method, (static, dynamic), (a, b), new_pictures, progress)
        return view | maps.guests(name, n, method, a, b), gr.update(visible=False), asked

    inputs = [page.where, m.drawn, page.checkpoint, m.size, m.method, *m.colours, s.a, s.b]
    outputs = [m.view, m.table, m.drawn]
    return {
        "fn": draw,
        "inputs": inputs,
        "outputs": outputs,
        "api_visibility": "private",
        "show_progress_on": m.view,
        **MAPS,
    }


OPENING = {"leakage": _reporting, "maps": drawing}  # what opening a tab does
