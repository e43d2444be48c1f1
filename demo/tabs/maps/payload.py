"""What the Maps tab's component is sent."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from demo.core import pairs, text
from demo.core.catalog import Loaded, split_of
from demo.modalities import view_of
from seqdisent.media import video
from seqdisent.projections import maps

COLUMNS = 32  # of the thumbnail atlas


@lru_cache(maxsize=32)
def points(it: Loaded, pair: maps.MapPair, method: str) -> dict[str, Any]:
    """Both maps: positions, labels of every factor (-1 or null where unknown), and their classes."""
    values = pairs.labels(it.dataset)
    terms, view = text.terms(it.spec), view_of(it.spec)
    titles = it.dataset.titles
    factors = {}
    for factor in it.spec.factors:
        factors[factor.name] = {
            "classes": list(factor.classes),
            "unit": factor.unit,
            "said": text.aggregation(it.spec, factor),
            "values": plain_labels(values[factor.name][pair.rows]),
        }
    return {
        "key": _key(it, len(pair.rows)),
        "ids": pair.rows.tolist(),
        "titles": None if titles is None else titles[pair.rows].tolist(),
        "method": maps.METHODS[method],
        "static": four_digits(pair.static),
        "dynamic": four_digits(pair.dynamic),
        "trust": [round(value, 3) for value in pair.trust],
        "about": {"static": terms.static_question, "dynamic": terms.dynamic_question},
        "sound": view.is_audible,
        "grey": view.coloured_by_page,
        "checkpoint": it.name,
        "factors": factors,
    }


def atlas(it: Loaded, n: int) -> dict[str, Any]:
    """A picture of every sequence on the maps, in the order of their points."""
    uri, cell = _atlas(it.spec.name, n)
    return {"key": _key(it, n), "uri": uri, "columns": COLUMNS, "cell": cell}


@lru_cache(maxsize=8)
def _atlas(dataset: str, n: int) -> tuple[str, list[int]]:
    data = split_of(dataset)
    view = view_of(data.spec)
    images = view.thumbnails(data, maps.choose_rows(len(data), n))
    content = video.webp(video.atlas(images, COLUMNS), lossless=not view.is_audible)
    height, width = images.shape[1:3]
    return video.data_uri(content, "image/webp"), [width, height]


def table(it: Loaded, pair: maps.MapPair) -> tuple[list[str], list[list[Any]]]:
    """The maps as a table: headers and rows."""
    names = [factor.name for factor in it.spec.factors]
    headers = ["sequence", *names, "static x", "static y", "dynamic x", "dynamic y"]
    values = pairs.labels(it.dataset)
    planes = np.concatenate([four_digits(pair.static), four_digits(pair.dynamic)], 1).tolist()
    rows = []
    for index, positions in zip(pair.rows, planes, strict=True):
        labels = [
            text.label(factor, values[factor.name][index], text.aggregation(it.spec, factor))
            for factor in it.spec.factors
        ]
        rows.append([int(index), *labels, *positions])
    return headers, rows


def plain_labels(values: np.ndarray) -> list[float | None]:
    """Labels for JSON: what is not a number is null."""
    return [None if value != value else value for value in values.tolist()]


def four_digits(plane: np.ndarray) -> list[list[float]]:
    """More than a screen shows; the message is then half as long."""
    return [[float(f"{value:.4g}") for value in point] for point in plane]


def _key(it: Loaded, n: int) -> str:
    """Which sequences are on a map: a picture belongs to a point only if the keys agree."""
    return f"{it.name} {min(n, len(it.dataset))}"
