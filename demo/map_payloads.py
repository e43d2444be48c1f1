"""What the Maps tab's component is sent."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from demo import service, sounds, words
from demo.store import split_of
from seqdisent.views import media, projections

COLUMNS = 32  # of the thumbnail atlas


@lru_cache(maxsize=32)
def points(it: service.Loaded, pair: projections.MapPair, method: str) -> dict:
    """Both maps: positions, labels of every factor (-1 or null where unknown), and their classes."""
    values, roles = service.labels(it.dataset), words.roles(it.spec)
    return {
        "key": _key(it, len(pair.rows)),
        "ids": pair.rows.tolist(),
        "method": projections.METHODS[method],
        "static": _short(pair.static),
        "dynamic": _short(pair.dynamic),
        "trust": [round(t, 3) for t in pair.trust],
        "about": {"static": roles.who, "dynamic": roles.does},
        "sound": it.dataset.recordings is not None,
        "checkpoint": it.name,
        "factors": {
            f.name: {"classes": list(f.classes), "unit": f.unit, "values": _plain(values[f.name][pair.rows])}
            for f in it.spec.factors
        },
    }


def atlas(it: service.Loaded, n: int) -> dict:
    """A picture of every sequence on the maps, in the order of their points."""
    width, height = sounds.THUMBNAIL if it.dataset.recordings is not None else it.spec.event_shape[:0:-1]
    return {
        "key": _key(it, n), "uri": _atlas(it.spec.name, n), "columns": COLUMNS,
        "cell": [width, height],
    }  # fmt: skip


@lru_cache(maxsize=8)
def _atlas(dataset: str, n: int) -> str:
    data = split_of(dataset)
    rows = projections.choose_rows(len(data), n)
    if data.recordings is not None:
        return media.data_uri(
            media.webp(media.atlas(sounds.thumbnails(data, rows), COLUMNS), lossless=False), "image/webp"
        )
    # The third frame tells the actions apart better than the first.
    frame = min(2, data.spec.frames - 1)
    images = [data.frames[rows[i : i + 128]][:, frame] for i in range(0, len(rows), 128)]
    return media.data_uri(media.webp(media.atlas(np.concatenate(images), COLUMNS)), "image/webp")


def table(it: service.Loaded, pair: projections.MapPair) -> tuple[list[str], list[list]]:
    """The maps as a table: headers and rows."""
    names = [f.name for f in it.spec.factors]
    headers = ["sequence", *names, "static x", "static y", "dynamic x", "dynamic y"]
    values = service.labels(it.dataset)
    columns = [[words.value(f, v) for v in values[f.name][pair.rows]] for f in it.spec.factors]
    planes = np.concatenate([_short(pair.static), _short(pair.dynamic)], 1).tolist()
    return headers, [
        [int(row), *said, *xy] for row, said, xy in zip(pair.rows, zip(*columns, strict=True), planes, strict=False)
    ]


def _plain(values: np.ndarray) -> list[float | None]:
    """Labels for JSON: what is not a number is null."""
    return [None if value != value else value for value in values.tolist()]


def _short(plane: np.ndarray) -> list[list[float]]:
    """Four digits are more than a screen shows, and make the message half as long."""
    return [[float(f"{v:.4g}") for v in point] for point in plane]


def _key(it: service.Loaded, n: int) -> str:
    """Which sequences are on a map: a picture belongs to a point only if the keys agree."""
    return f"{it.name} {min(n, len(it.dataset))}"
