"""Files of time series: a table, plots, or arrays."""

from __future__ import annotations

from seqdisent.media import timeseries
from seqdisent.media.clips import Clips, Writer
from seqdisent.media.timeseries import Course
from seqdisent.media.timeseries_figure import DONORS, Tile, figure


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
        is_real = row < len(DONORS)
        if is_real:
            tiles[row] = Tile(f"{'AB'[row]}, real", series[row], DONORS[static])
            continue
        title = f"{'AB'[static]}'s static, {'AB'[dynamic]}'s dynamics"
        tiles[row] = Tile(title, series[row], DONORS[static], series[dynamic], DONORS[dynamic])
    return figure(tiles, clips.spec, clips.columns)


def _series(clips: Clips) -> list[Course]:
    parts = zip(clips.batch.x, clips.batch.mask, clips.log_scale, clips.starts, strict=True)
    return [timeseries.course(*one) for one in parts]


WRITERS: dict[str, Writer] = {"csv": csv, "png": plots, "npz": arrays}
