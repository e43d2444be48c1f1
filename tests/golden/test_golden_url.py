"""An address brings back the page: checkpoint, tab, pair, projection and generation request.

Without a browser: the events that gradio runs when a page loads are run on the app's own functions, one after the
other, and the state is read from the components by their element ids. A browser test shows that a page is really
restored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import gradio as gr
import pytest
from gradio.blocks import Block
from gradio.helpers import special_args
from playwright.sync_api import Page
from starlette.datastructures import QueryParams

from tests.golden.golden_values import Tolerance, check, differences, load, use_shipped

STAGES = ("sd-stage", "sd-sound", "sd-series")
_REQUEST = {
    "mode": "roll",
    "a": 5,
    "n": 3,
    "seed": 7,
    "keep": "static",
    "frames": 0,
    "temperature": 1.0,
}
_NESTED = "[" * 3000
ADDRESSES = {
    "empty": {},
    "swap-pair": {"checkpoint": "dsvae-sprites", "tab": "swap", "a": 17, "b": 203},
    "generated-pair": {
        "checkpoint": "vast-sprites",
        "a": json.dumps({"of": _REQUEST, "number": 1}),
        "b": 9,
    },
    # Its maps are shipped. Projection and colours are not in addresses so far: the usual ones are shown.
    "maps": {
        "checkpoint": "vast-waves",
        "tab": "maps",
        "a": 5,
        "b": 6,
        "method": "umap",
        "static": "level",
        "dynamic": "event",
        "n": 296,
    },
    "leakage": {
        "checkpoint": "vast-waves",
        "tab": "leakage",
        "a": 1,
        "b": 2,
        "compare": "dsvae-sprites",
    },
    "leakage-of-sprites": {
        "checkpoint": "vast-sprites",
        "tab": "leakage",
        "compare": "dsvae-sprites",
    },
    **{
        f"generate-{mode}": {
            "checkpoint": "vast-waves",
            "tab": "generate",
            "a": 8,
            "b": 13,
            "mode": mode,
            **fields,
        }
        for mode, fields in {
            "roll": {"seed": 42, "keep": "static", "frames": 5, "temperature": 0.5},
            "interpolate": {"what": "both", "path": "linear"},
            "traverse": {"code": "dynamic", "dimension": 3},
            "partial": {"static": "0,3,2", "dynamic": "1", "steps": "0,1,2,3"},
            "continue": {"prefix": 3, "frames": 9, "seed": 1, "temperature": 0},
        }.items()
    },
    "generate-impossible": {
        "tab": "generate",
        "mode": "traverse",
        "code": "dynamic",
        "dimension": 99,
    },
    "unknown-checkpoint": {"checkpoint": "dbse-unknown", "a": 3, "b": 4, "tab": "leakage"},
    "judge": {"checkpoint": "judge-sprites", "a": 3, "b": 4},
    "data-not-ready": {"checkpoint": "vast-lpc-sprites", "a": 3, "b": 4, "tab": "leakage"},
    "pair-out-of-range": {"a": -1, "b": 99999999999},
    "malicious": {
        "checkpoint": "../../etc",
        "tab": "__class__",
        "a": "<script>alert(1)</script>",
        "b": "\0",
        "mode": "<b>",
        "seed": "9" * 5000,
        "static": "," * 9000,
        "temperature": "nan",
    },
    "malicious-pair": {
        "a": _NESTED,
        "b": json.dumps({"of": {"mode": "roll", "a": {"of": None}}, "number": 1e999}),
    },
    "malicious-generate": {
        "tab": "generate",
        "mode": "partial",
        "static": "1,__import__,2",
        "dynamic": "-1",
        "steps": "1e9",
    },
}


# -- the page without a browser ------------------------------------------------------------------


class Visit:
    """One visitor's page: what its components hold after the events of its arrival."""

    def __init__(self, app: gr.Blocks, query: str) -> None:
        self.app, self.request = app, SimpleNamespace(query_params=QueryParams(query))
        self.properties: dict[int, dict[str, Any]] = {}
        self.sent: dict[int, list[str]] = {}  # every text that a component was sent, in order
        self.by_id = {
            one.elem_id: one for one in app.blocks.values() if getattr(one, "elem_id", None)
        }
        self._trigger(app._id, "load")
        tab = self.get("sd-tabs", "selected")
        for opened in (one for one in self.by_id["sd-tabs"].children if one.id == tab):
            self._trigger(opened._id, "select")

    def get(self, name: str, what: str = "value") -> Any:
        """A property of the component with this element id."""
        return self._get(self.by_id[name], what)

    def message(self, name: str) -> Any:
        """The value of a component, whose JSON text is parsed."""
        value = self.get(name)
        return json.loads(value) if isinstance(value, str) and value else value

    def messages(self, name: str) -> list[Any]:
        """All JSON texts that a component was sent, parsed."""
        return [json.loads(text) for text in self.sent.get(self.by_id[name]._id, ())]

    def _get(self, component, what: str = "value") -> Any:
        changed = self.properties.get(component._id, {})
        if what in changed:
            return changed[what]
        props = getattr(component, "props", None) or {}
        return props[what] if what in props else getattr(component, what, None)

    def _trigger(self, target: int, event: str) -> None:
        for one in list(self.app.fns.values()):
            if (target, event) in one.targets:
                self._run(one)

    def _run(self, event) -> None:
        if event.fn is not None:
            inputs = [self._get(component) for component in event.inputs]
            arguments = special_args(event.fn, inputs, self.request)[0]
            returned = event.fn(*arguments)
            for component, value in _values(event.outputs, returned):
                changes = _changes(value)
                self.properties.setdefault(component._id, {}).update(changes)
                if changes.get("value") and isinstance(changes["value"], str):
                    self.sent.setdefault(component._id, []).append(changes["value"])
        for following in list(self.app.fns.values()):
            if following.trigger_after == event._id and not following.trigger_only_on_failure:
                self._run(following)


def _values(outputs: list[Any], returned: Any) -> list[tuple[Any, Any]]:
    """What an event's answer is for each component: by component, or in the order of the outputs."""
    if isinstance(returned, dict) and returned and all(isinstance(key, Block) for key in returned):
        return list(returned.items())
    if not outputs or returned == gr.skip():
        return []
    values = returned if len(outputs) > 1 else (returned,)
    return list(zip(outputs, values, strict=True))


def _changes(value: Any) -> dict[str, Any]:
    """What an event's answer changes of a component: an update, a component with new settings, or a value."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        return {name: one for name, one in value.items() if name != "__type__"}
    if isinstance(value, gr.blocks.Block):
        return dict(value.constructor_args)
    return {"value": value}


# -- what is compared ----------------------------------------------------------------------------


def current(app: gr.Blocks, asked: dict[str, Any]) -> dict[str, Any]:
    """The state of the page at an address."""
    visit = Visit(app, urlencode(asked))
    shown = {name: visit.message(name) for name in STAGES if visit.get(name)}
    tab = visit.get("sd-tabs", "selected")
    return {
        "checkpoint": visit.get("sd-checkpoint"),
        "tab": tab,
        "download_offered": bool(visit.get("sd-notice")) and not shown,
        "stages": {name: _stage(stage) for name, stage in shown.items()},
        "choosers": [_chooser(visit.message(f"sd-choose-{side}")) for side in "ab"],
        "colours": [visit.get(f"sd-colour-{part}") for part in ("static", "dynamic")],
        "marks": visit.get("sd-maps", "chosen"),
        "maps": _maps(visit) if tab == "maps" else None,
        "leakage": _leakage(visit) if tab == "leakage" else None,
        "generate": _generate(visit) if tab == "generate" else None,
    }


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    return {
        "checkpoint": stage["checkpoint"],
        "pair": [stage["a"], stage["b"]],
        "clips": [_clip(tile, "sheet" in stage) for tile in stage["tiles"]],
    }


def _clip(tile: dict[str, Any], picture: bool) -> dict[str, Any]:
    judged = {
        verdict["factor"]: [verdict["expected"], verdict["seen"]] for verdict in tile["verdict"]
    }
    psnr = tile["quality"] if picture else None
    return {"clip": tile["clip"], "kind": tile["kind"], "psnr": psnr, "judged": judged}


def _chooser(chooser: dict[str, Any] | None) -> dict[str, Any] | None:
    if not chooser:
        return None
    factors = {factor["name"]: factor["value"] for factor in chooser["factors"]}
    return {"checkpoint": chooser["checkpoint"], "sequence": chooser["index"], "factors": factors}


def _maps(visit: Visit) -> dict[str, Any]:
    points = visit.message("sd-maps")
    return {
        "projection": visit.get("sd-method"),
        "sequences": len(points["ids"]),
        "factors": sorted(points["factors"]),
        "colours": visit.get("sd-maps", "colours"),
    }


def _leakage(visit: Visit) -> dict[str, Any] | None:
    message = visit.message("sd-leakage")
    if not message:
        return None
    levels = [
        {
            f"{verdict['code']} {verdict['factor']}": verdict["level"]
            for verdict in report["verdicts"]
        }
        for report in message["reports"]
    ]
    return {"verdicts": levels}


def _generate(visit: Visit) -> dict[str, Any] | None:
    """What the address asks the tab for, and what its script then requests from the server.

    The first message holds the request of the address. A request that is refused is followed by the usual one.
    """
    messages = visit.messages("sd-generate")
    if not messages:
        return None
    linked = next((message["linked"] for message in messages if message["linked"]), None)
    pair = {key: messages[-1][key] for key in ("checkpoint", "a", "b")}
    (answer,) = visit.by_id["sd-generate"].server_fns
    answered = answer(json.dumps({**pair, "request": linked or {"mode": "roll"}}))
    return {
        "in_address": linked,
        "refused": "refused" in answered,
        "request": answered.get("request"),
        "sequences": len(answered.get("tiles", ())),
    }


def tolerance(path: tuple) -> Tolerance:
    """Decibels are shown with one digit, and may be rounded to its neighbour."""
    return Tolerance(absolute=0.11) if "clips" in path else Tolerance()


@pytest.mark.parametrize("name", ADDRESSES)
def test_address_brings_back_the_page(shipped_app: gr.Blocks, shipped: None, name: str) -> None:
    stored = load("url")
    assert set(stored) == set(ADDRESSES)
    check(differences(stored[name], current(shipped_app, ADDRESSES[name]), tolerance), "url")


# -- the page in a browser -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def app_url(shipped_app: gr.Blocks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app with the shipped checkpoints; the fixture ``page`` opens it."""
    from demo.app import launch_options

    with pytest.MonkeyPatch.context() as patch:
        use_shipped(patch, tmp_path_factory.mktemp("shipped"))
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        settings = {
            "prevent_thread_lock": True,
            "quiet": True,
            "server_name": "127.0.0.1",
            **launch_options(),
        }
        _, url, _ = shipped_app.launch(**settings)
        yield url
        shipped_app.close()


def test_browser_shows_what_an_address_names(shipped: None, page: Page, app_url: str) -> None:
    page.goto(
        f"{app_url}?{urlencode({'checkpoint': 'vast-waves', 'tab': 'maps', 'a': 17, 'b': 203})}"
    )
    page.wait_for_selector('#sd-series [data-pair="17,203"]', state="attached")
    page.wait_for_selector('#sd-maps [data-chosen="17,203"]')
    assert page.get_by_role("tab", name="Maps").get_attribute("aria-selected") == "true"
    assert page.locator("#sd-checkpoint input").input_value() == "VAST · Made-up waves"
    assert page.locator("#sd-method input").input_value() == "t-SNE"
    chosen = [
        page.locator(f"#sd-choose-{side} [data-index]").first.get_attribute("data-index")
        for side in "ab"
    ]
    assert chosen == ["17", "203"]
