"""Files of time series: a table, plots, or arrays."""

from __future__ import annotations

from seqdisent.media import timeseries
from seqdisent.media.clips import Clips, Writer
from seqdisent.media.timeseries import SeriesClip
from seqdisent.media.timeseries_figure import DONOR_COLOURS, Tile, draw_figure


def csv(clips: Clips) -> bytes:
    """All clips in one table, a row a step."""
    named = dict(zip(clips.names, _series(clips), strict=True))
    return timeseries.csv(named, clips.spec).encode()


def arrays(clips: Clips) -> bytes:
    """NPZ of medians and bands: see :func:`seqdisent.media.timeseries.npz`."""
    return timeseries.npz(_series(clips), clips.spec)


def plots(clips: Clips) -> bytes:
    """PNG of all variables of all clips; behind each swapped clip the real series that gave its dynamic code."""
    series = _series(clips)
    tiles = [Tile(name, one) for name, one in zip(clips.names, series, strict=True)]
    for row, (static, dynamic) in enumerate(clips.donors):
        is_real = row < len(DONOR_COLOURS)
        if is_real:
            tiles[row] = Tile(f"{'AB'[row]}, real", series[row], DONOR_COLOURS[static])
            continue
        title = f"{'AB'[static]}'s static, {'AB'[dynamic]}'s dynamics"
        tiles[row] = Tile(
            title, series[row], DONOR_COLOURS[static], series[dynamic], DONOR_COLOURS[dynamic]
        )
    return draw_figure(tiles, clips.spec, clips.columns)


def _series(clips: Clips) -> list[SeriesClip]:
    parts = zip(clips.batch.x, clips.batch.mask, clips.log_scale, clips.starts, strict=True)
    return [timeseries.series_clip(*one) for one in parts]


WRITERS: dict[str, Writer] = {"csv": csv, "png": plots, "npz": arrays}
