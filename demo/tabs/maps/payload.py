"""What the Maps tab's component is sent."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from demo.core import service
from demo.core import text as words
from demo.core.catalog import split_of
from demo.modalities import speech as sounds
from demo.modalities import timeseries as courses
from seqdisent.data import SequenceDataset
from seqdisent.media import video
from seqdisent.projections import maps

COLUMNS = 32  # of the thumbnail atlas


@lru_cache(maxsize=32)
def points(it: service.Loaded, pair: maps.MapPair, method: str) -> dict:
    """Both maps: positions, labels of every factor (-1 or null where unknown), and their classes."""
    values, roles = service.labels(it.dataset), words.roles(it.spec)
    return {
        "key": _key(it, len(pair.rows)),
        "ids": pair.rows.tolist(),
        "titles": None if it.dataset.titles is None else it.dataset.titles[pair.rows].tolist(),
        "method": maps.METHODS[method],
        "static": _short(pair.static),
        "dynamic": _short(pair.dynamic),
        "trust": [round(t, 3) for t in pair.trust],
        "about": {"static": roles.who, "dynamic": roles.does},
        "sound": it.dataset.recordings is not None,
        "grey": it.spec.modality != "video",
        "checkpoint": it.name,
        "factors": {
            f.name: {
                "classes": list(f.classes),
                "unit": f.unit,
                "said": words.changing(it.spec, f),
                "values": _plain(values[f.name][pair.rows]),
            }
            for f in it.spec.factors
        },
    }


def atlas(it: service.Loaded, n: int) -> dict:
    """A picture of every sequence on the maps, in the order of their points."""
    uri, cell = _atlas(it.spec.name, n)
    return {"key": _key(it, n), "uri": uri, "columns": COLUMNS, "cell": cell}


@lru_cache(maxsize=8)
def _atlas(dataset: str, n: int) -> tuple[str, list[int]]:
    data = split_of(dataset)
    images = thumbnails(data, maps.choose_rows(len(data), n))
    content = video.webp(video.atlas(images, COLUMNS), lossless=data.recordings is None)
    return video.data_uri(content, "image/webp"), list(images.shape[2:0:-1])


def thumbnails(data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
    """A small picture of each sequence, uint8 ``[N, H, W, 3]``: of video a frame, of others in grey."""
    if data.spec.modality != "video":
        return {"speech": sounds, "timeseries": courses}[data.spec.modality].thumbnails(data, rows)
    # The third frame tells the actions apart better than the first.
    frame = min(2, data.spec.frames - 1)
    return np.concatenate(
        [data.frames[rows[i : i + 128]][:, frame] for i in range(0, len(rows), 128)]
    )


def table(it: service.Loaded, pair: maps.MapPair) -> tuple[list[str], list[list]]:
    """The maps as a table: headers and rows."""
    names = [f.name for f in it.spec.factors]
    headers = ["sequence", *names, "static x", "static y", "dynamic x", "dynamic y"]
    values = service.labels(it.dataset)
    said = {f.name: words.changing(it.spec, f) for f in it.spec.factors}
    columns = [
        [words.value(f, v, said[f.name]) for v in values[f.name][pair.rows]]
        for f in it.spec.factors
    ]
    planes = np.concatenate([_short(pair.static), _short(pair.dynamic)], 1).tolist()
    return headers, [
        [int(row), *said, *xy]
        for row, said, xy in zip(pair.rows, zip(*columns, strict=True), planes, strict=False)
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
