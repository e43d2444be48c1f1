"""Time series as a picture: tiles side by side, in each a plot of every variable, all on common scales."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seqdisent.data.timeseries.normalise import in_units, scaled, step_seconds, with_unit
from seqdisent.media.timeseries import BAND_REACH, BAND_SHARE, SeriesClip
from seqdisent.spec import DatasetSpec, Variable

Colour = tuple[int, int, int]
DONOR_COLOURS: tuple[Colour, Colour] = ((194, 87, 0), (0, 114, 178))  # A and B, as on the page
INK: Colour = (60, 60, 60)
GREY: Colour = (110, 110, 110)
RULE: Colour = (225, 225, 225)
PAPER: Colour = (255, 255, 255)
# Sizes of a plot, and of what is around it.
WIDTH = 300
HEIGHT = 72
GAP = 16
HEAD = 48
FOOT = 26
LEFT = 46
BAND_MARGIN = 0.4  # of the height of the lines: what a band may have above and below them
OVERSAMPLING = 2  # drawn larger, then reduced: smooth lines
TICK_HOURS = (1, 3, 6, 12, 24, 48, 72, 168, 336, 720)
MAX_TICKS = 5
MAX_MARKS = 4
PLAIN_TEXT = str.maketrans(  # characters that Pillow's font lacks
    {"µ": "u", "³": "3", "²": "2", "·": "-", "’": "'"}
)


@dataclass(frozen=True)
class Tile:
    """A series to draw, and perhaps another one faintly behind it."""

    title: str
    clip: SeriesClip
    colour: Colour = INK
    behind: SeriesClip | None = None
    behind_colour: Colour = INK


@dataclass(frozen=True)
class _Axis:
    """The vertical axis of a variable, in deviations, and where it is on the page."""

    low: float
    high: float
    top: float

    def place(self, values: np.ndarray | float) -> np.ndarray:
        """Vertical positions; what is beyond the axis is drawn at its end."""
        share = (self.high - np.clip(values, self.low, self.high)) / (self.high - self.low)
        return self.top + HEIGHT * share


def draw_figure(tiles: Sequence[Tile], spec: DatasetSpec, columns: int) -> bytes:
    """A PNG of tiles in reading order: the value as a line, the 80 % band of a decoder behind it, gaps left open."""
    plots_height = len(spec.variables) * (HEIGHT + GAP)
    tile_width, tile_height = LEFT + WIDTH + GAP, HEAD + plots_height + FOOT
    rows = -(-len(tiles) // columns)
    width, height = GAP + columns * tile_width, rows * tile_height + FOOT + GAP
    page = Image.new("RGB", (OVERSAMPLING * width, OVERSAMPLING * height), PAPER)
    pen = _Pen(page)
    longest = max(len(tile.clip) for tile in tiles)
    spans = [_span(tiles, c) for c in range(len(spec.variables))]
    for i, tile in enumerate(tiles):
        row, column = divmod(i, columns)
        left, top = GAP + column * tile_width + LEFT, row * tile_height
        pen.text(left, top + 8, tile.title, tile.colour, 14)
        for c, variable in enumerate(spec.variables):
            low, high = spans[c]
            axis = _Axis(low, high, top + HEAD + c * (HEIGHT + GAP))
            _plot(pen, tile, c, variable, axis, left, longest)
        bottom = top + HEAD + plots_height - GAP
        for step, label in ticks(tile.clip, spec, longest):
            pen.text(left + WIDTH * step / longest, bottom + 4, label, GREY, 10, "ma")
    legend = (
        f"Band: {BAND_SHARE:.0%} of the decoder's distribution. "
        "Faint: the real series that gave the dynamic code."
    )
    pen.text(GAP + LEFT, height - FOOT, legend, GREY, 11)
    buffer = io.BytesIO()
    page.reduce(OVERSAMPLING).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def ticks(clip: SeriesClip, spec: DatasetSpec, longest: int) -> list[tuple[float, str]]:
    """(step, label) of marks on a time axis: dates or hours of the day where they are known, else time elapsed.

    Args:
        longest: steps of the axis.
    """
    steps_an_hour = 3600 / step_seconds(spec)
    total = longest / steps_an_hour
    fitting = [spacing for spacing in TICK_HOURS if total / spacing <= MAX_TICKS]
    spacing = fitting[0] if fitting else total / MAX_TICKS
    count = int(total / spacing) + 1
    hours = [k * spacing for k in range(count) if k * spacing < total * 0.98]
    return [(hour * steps_an_hour, _tick_label(clip, hour, spacing, total)) for hour in hours]


def _tick_label(clip: SeriesClip, hour: float, spacing: float, total: float) -> str:
    """What an axis of ``total`` hours says ``hour`` hours from its beginning."""
    if clip.start is None:
        return f"{hour / 24:g} d" if total > 96 else f"{hour:g} h"
    seconds = np.timedelta64(round(3600 * hour), "s")
    moment = (clip.start.astype("M8[s]") + seconds).item()
    return f"{moment:%H:%M}" if spacing < 24 else f"{moment.day} {moment:%b}"


def scale_marks(low: float, high: float, variable: Variable) -> list[tuple[float, str]]:
    """(place, label) of at most four marks between two places in deviations, at round numbers in units."""
    ends = in_units(np.array([[low], [high]]), [variable])
    bottom, top = float(ends[0, 0]), float(ends[1, 0])
    marks = []
    if variable.log:
        decades = [digit * 10.0**power for power in range(9) for digit in (1, 3)]
        marks = [value for value in (0.0, *decades) if bottom <= value <= top]
        spacing = -(-len(marks) // MAX_MARKS) or 1
        marks = marks[::spacing]
    if len(marks) < 2:
        marks = _even_marks(bottom, top)
    if not marks:
        return []
    places = scaled(np.array(marks).reshape(-1, 1), [variable])[:, 0]
    return [(float(place), f"{value:.6g}") for place, value in zip(places, marks, strict=True)]


def _even_marks(bottom: float, top: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, as few as two steps apart from end to end."""
    step = 10 ** np.floor(np.log10((top - bottom) / 2))
    for multiple in (5, 2, 1):
        if (top - bottom) / (multiple * step) >= 2 or multiple == 1:
            step *= multiple
            break
    first, last = int(np.ceil(bottom / step)), int(np.floor(top / step))
    return [step * k for k in range(first, last + 1)]


def _span(tiles: Sequence[Tile], c: int) -> tuple[float, float]:
    """The ends of an axis, in deviations: all values, and of the bands as much as leaves the lines room."""
    clips = [clip for tile in tiles for clip in (tile.clip, tile.behind) if clip is not None]
    values = np.concatenate([clip.x[:, c] for clip in clips])
    values = values[np.isfinite(values)]
    if not len(values):
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    lowest, highest = low, high
    for clip in clips:
        if clip.scale is not None and len(clip):
            reach = BAND_REACH * clip.scale[:, c]
            lowest = min(lowest, float((clip.x[:, c] - reach).min()))
            highest = max(highest, float((clip.x[:, c] + reach).max()))
    margin = BAND_MARGIN * (high - low)
    low, high = max(low - margin, lowest), min(high + margin, highest)
    return (low, high) if high - low > 1e-3 else (low - 0.5, high + 0.5)


def _plot(
    pen: _Pen, tile: Tile, c: int, variable: Variable, axis: _Axis, left: float, longest: int
) -> None:
    """The plot of one variable."""

    def across(steps: np.ndarray) -> np.ndarray:
        return left + WIDTH * (steps + 0.5) / longest

    for value, label in scale_marks(axis.low, axis.high, variable):
        height = float(axis.place(value))
        pen.line(np.array([(left, height), (left + WIDTH, height)]), RULE, 0.7)
        pen.text(left - 5, height, label, GREY, 10, "rm")
    clip = tile.clip
    if clip.scale is not None and len(clip):
        reach = BAND_REACH * clip.scale[:, c]
        steps = across(np.arange(len(clip)))
        upper = np.stack([steps, axis.place(clip.x[:, c] + reach)], 1)
        lower = np.stack([steps, axis.place(clip.x[:, c] - reach)], 1)
        pen.area(np.concatenate([upper, lower[::-1]]), _tint(tile.colour))
    layers = [(clip, tile.colour, 1.3)]
    if tile.behind is not None:
        layers.insert(0, (tile.behind, _tint(tile.behind_colour, 0.45), 1.0))
    for drawn, colour, thickness in layers:
        for run in runs(drawn.x[:, c]):
            points = np.stack([across(run), axis.place(drawn.x[run, c])], 1)
            if len(run) > 1:
                pen.line(points, colour, thickness)
            else:
                pen.dot(points[0], colour)
    pen.text(left, axis.top - 9, with_unit(variable), INK, 10, "lm")


def runs(values: np.ndarray) -> list[np.ndarray]:
    """Stretches of steps that were measured, so that gaps are never joined."""
    observed = np.flatnonzero(np.isfinite(values))
    if not len(observed):
        return []
    gaps = np.flatnonzero(np.diff(observed) > 1)
    return np.split(observed, gaps + 1)


def _tint(colour: Colour, strength: float = 0.2) -> Colour:
    """A colour thinned with white."""
    red, green, blue = (round(255 - strength * (255 - part)) for part in colour)
    return red, green, blue


class _Pen:
    """Draws in the units of the page: an array of points is ``[n, 2]``."""

    def __init__(self, page: Image.Image) -> None:
        self.draw = ImageDraw.Draw(page)
        self.fonts = {size: ImageFont.load_default(OVERSAMPLING * size) for size in (10, 11, 14)}

    def line(self, points: np.ndarray, colour: Colour, thickness: float) -> None:
        pixels = (OVERSAMPLING * points).ravel().tolist()
        self.draw.line(pixels, colour, round(OVERSAMPLING * thickness), "curve")

    def area(self, points: np.ndarray, colour: Colour) -> None:
        self.draw.polygon((OVERSAMPLING * points).ravel().tolist(), colour)

    def dot(self, point: np.ndarray, colour: Colour) -> None:
        self.draw.circle((OVERSAMPLING * point).tolist(), OVERSAMPLING * 1.2, colour)

    def text(
        self, x: float, y: float, text: str, colour: Colour, size: int, anchor: str = "la"
    ) -> None:
        position = OVERSAMPLING * x, OVERSAMPLING * y
        self.draw.text(position, text.translate(PLAIN_TEXT), colour, self.fonts[size], anchor)
