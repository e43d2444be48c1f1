"""Series as a picture: tiles side by side, in each a plot of every variable, all on common scales."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seqdisent.data.timeseries.normalise import in_units, scaled, step_seconds, with_unit
from seqdisent.media.timeseries import REACH, SHARE, Course
from seqdisent.spec import DatasetSpec, Variable

DONORS = ((194, 87, 0), (0, 114, 178))  # A and B, as on the page
INK = (60, 60, 60)
GREY, RULE, PAPER = (110, 110, 110), (225, 225, 225), (255, 255, 255)
WIDTH, HEIGHT, GAP, HEAD, FOOT, LEFT = (
    300,
    72,
    16,
    48,
    26,
    46,
)  # of a plot, and what stands around it
ROOM = 0.4  # of the height of the lines, that a band may have above and below them
FINE = 2  # drawn larger, then reduced: smooth lines
PLAIN = str.maketrans(
    {"µ": "u", "³": "3", "²": "2", "·": "-", "’": "'"}
)  # what Pillow's font lacks


@dataclass(frozen=True)
class Tile:
    """A course to draw, and perhaps another one faintly behind it."""

    title: str
    course: Course
    colour: tuple[int, int, int] = INK
    behind: Course | None = None
    behind_colour: tuple[int, int, int] = INK


def figure(tiles: Sequence[Tile], spec: DatasetSpec, columns: int) -> bytes:
    """A PNG of tiles in reading order: the value as a line, the 80 % band of a decoder behind it, gaps left open."""
    stack = len(spec.variables) * (HEIGHT + GAP)
    across, down = LEFT + WIDTH + GAP, HEAD + stack + FOOT
    rows = -(-len(tiles) // columns)
    size = (GAP + columns * across, rows * down + FOOT + GAP)
    page = Image.new("RGB", tuple(FINE * side for side in size), PAPER)
    pen = _Pen(page)
    longest = max(len(tile.course) for tile in tiles)
    spans = [_span(tiles, c) for c in range(len(spec.variables))]
    for i, tile in enumerate(tiles):
        left, top = GAP + (i % columns) * across + LEFT, (i // columns) * down
        pen.text(left, top + 8, tile.title, tile.colour, 14)
        for c, variable in enumerate(spec.variables):
            _plot(pen, tile, c, variable, spans[c], left, top + HEAD + c * (HEIGHT + GAP), longest)
        for step, label in ticks(tile.course, spec, longest):
            pen.text(
                left + WIDTH * step / longest, top + HEAD + stack - GAP + 4, label, GREY, 10, "ma"
            )
    said = f"Band: {SHARE:.0%} of what the decoder thinks possible. Faint: the measured series whose course it has."
    pen.text(GAP + LEFT, size[1] - FOOT, said, GREY, 11)
    buffer = io.BytesIO()
    page.reduce(FINE).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def ticks(one: Course, spec: DatasetSpec, longest: int, most: int = 5) -> list[tuple[float, str]]:
    """(step, label) of marks on a time axis: dates or hours of the day where they are known, else time elapsed."""
    hour = 3600 / step_seconds(spec)
    total = longest / hour
    wide = next(
        (w for w in (1, 3, 6, 12, 24, 48, 72, 168, 336, 720) if total / w <= most), total / most
    )
    at = [k * wide for k in range(int(total / wide) + 1) if k * wide < total * 0.98]
    if one.start is None:
        return [(h * hour, f"{h / 24:g} d" if total > 96 else f"{h:g} h") for h in at]
    moments = [
        (one.start.astype("M8[s]") + np.timedelta64(round(3600 * h), "s")).item() for h in at
    ]
    says = "{0:%H:%M}" if wide < 24 else "{0.day} {0:%b}"
    return [(h * hour, says.format(moment)) for h, moment in zip(at, moments, strict=True)]


def scale_marks(low: float, high: float, variable: Variable) -> list[tuple[float, str]]:
    """(place, label) of at most four marks between two places in deviations, at round numbers in units."""
    bottom, top = (float(in_units(np.full((1, 1), end), [variable])[0, 0]) for end in (low, high))
    rounds = [0.0, *(m * 10.0**p for p in range(9) for m in (1, 3))] if variable.log else []
    found = [v for v in rounds if bottom <= v <= top]
    found = found[:: -(-len(found) // 4) or 1]
    if len(found) < 2:
        step = 10 ** np.floor(np.log10((top - bottom) / 2))
        step *= next(m for m in (5, 2, 1) if (top - bottom) / (m * step) >= 2 or m == 1)
        found = [
            step * k for k in range(int(np.ceil(bottom / step)), int(np.floor(top / step)) + 1)
        ]
    places = scaled(np.array(found).reshape(-1, 1), [variable])[:, 0] if found else []
    return [(float(place), f"{value:.6g}") for place, value in zip(places, found, strict=True)]


def _span(tiles: Sequence[Tile], c: int) -> tuple[float, float]:
    """From where to where an axis goes, in deviations: all values, and of the bands as much as leaves them room."""
    courses = [one for tile in tiles for one in (tile.course, tile.behind) if one is not None]
    values = np.concatenate([one.x[:, c] for one in courses])
    values = values[np.isfinite(values)]
    if not len(values):
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    bands = [
        one.x[:, c] + side * REACH * one.scale[:, c]
        for one in courses
        if one.scale is not None
        for side in (-1, 1)
    ]
    ends = np.concatenate([values, *bands])
    room = ROOM * (high - low)
    low, high = max(low - room, float(ends.min())), min(high + room, float(ends.max()))
    return (low, high) if high - low > 1e-3 else (low - 0.5, high + 0.5)


def _plot(
    pen: _Pen,
    tile: Tile,
    c: int,
    variable: Variable,
    span: tuple[float, float],
    left: float,
    top: float,
    longest: int,
) -> None:
    low, high = span
    place = lambda values: top + HEIGHT * (high - np.clip(values, low, high)) / (high - low)
    for at, label in scale_marks(low, high, variable):
        pen.line([(left, place(at)), (left + WIDTH, place(at))], RULE, 0.7)
        pen.text(left - 5, place(at), label, GREY, 10, "rm")
    across = lambda steps: left + WIDTH * (steps + 0.5) / longest
    one = tile.course
    if one.scale is not None and len(one):
        reach = REACH * one.scale[:, c]
        steps = across(np.arange(len(one)))
        upper, lower = place(one.x[:, c] + reach), place(one.x[:, c] - reach)
        pen.area(
            np.concatenate([np.stack([steps, upper], 1), np.stack([steps, lower], 1)[::-1]]),
            _tint(tile.colour),
        )
    for drawn, colour, thick in (
        (tile.behind, _tint(tile.behind_colour, 0.45), 1.0),
        (one, tile.colour, 1.3),
    ):
        if drawn is None:
            continue
        for run in runs(drawn.x[:, c]):
            points = np.stack([across(run), place(drawn.x[run, c])], 1)
            pen.line(points, colour, thick) if len(run) > 1 else pen.dot(points[0], colour)
    pen.text(left, top - 9, with_unit(variable), INK, 10, "lm")


def runs(values: np.ndarray) -> list[np.ndarray]:
    """Stretches of steps that were measured, so that gaps are never joined."""
    there = np.flatnonzero(np.isfinite(values))
    return np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(there) else []


def _tint(colour: tuple[int, int, int], strength: float = 0.2) -> tuple[int, int, int]:
    return tuple(round(255 - strength * (255 - part)) for part in colour)


class _Pen:
    """Draws in the units of the page."""

    def __init__(self, page: Image.Image) -> None:
        self.draw = ImageDraw.Draw(page)
        self.fonts = {size: ImageFont.load_default(FINE * size) for size in (10, 11, 14)}

    def line(self, points, colour, thick: float) -> None:
        self.draw.line(
            (FINE * np.asarray(points)).ravel().tolist(), colour, round(FINE * thick), "curve"
        )

    def area(self, points: np.ndarray, colour) -> None:
        self.draw.polygon((FINE * points).ravel().tolist(), colour)

    def dot(self, at: np.ndarray, colour) -> None:
        self.draw.circle((FINE * at).tolist(), FINE * 1.2, colour)

    def text(self, x: float, y: float, words: str, colour, size: int, anchor: str = "la") -> None:
        self.draw.text(
            (FINE * x, FINE * y), words.translate(PLAIN), colour, self.fonts[size], anchor
        )
