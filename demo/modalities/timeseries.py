"""Series: made from what a model says, compared with what was measured, saved."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import torch

from demo.core.catalog import ServiceError
from demo.core.sources import Original
from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.distributions import DiagonalGaussian
from seqdisent.media import sparklines, timeseries, timeseries_figure
from seqdisent.media.timeseries import Course

THUMBNAIL = (96, 64)  # pixels
MISSING = -(2**15)


def of_pair(
    pair: Sequence[Original], told: DiagonalGaussian, mask: torch.Tensor, donors: Sequence[int]
) -> tuple[Course, ...]:
    """The series of a pair, then what a model made.

    Args:
        donors: which of the pair has the dynamics, and so the time, of each that was made.
    """
    return (*map(of_one, pair), *of_batch(told, mask, [pair[side].start for side in donors]))


def of_one(one: Original) -> Course:
    """A measured series."""
    return timeseries.course(one.batch.x[0], one.batch.mask[0], start=one.start)


def of_batch(
    told: DiagonalGaussian, mask: torch.Tensor, starts: Sequence | None = None
) -> list[Course]:
    """What a model made."""
    starts = starts or [None] * len(mask)
    return [
        timeseries.course(told.mean[row], mask[row], told.log_std[row], start)
        for row, start in enumerate(starts)
    ]


def thumbnails(dataset: SequenceDataset, rows: np.ndarray) -> np.ndarray:
    """Small grey plots of series, uint8 ``[N, 64, 96, 3]``."""
    return sparklines.pictures(dataset, rows, *THUMBNAIL)[..., None].repeat(3, 3)


def save(
    named: Mapping[str, Course],
    kind: str,
    titles: Mapping[str, str],
    donors: Mapping[str, tuple[str, str]],
    spec: DatasetSpec,
) -> bytes:
    """A file of the clips of a swap: "csv", or "png" with the measured series behind what has its course.

    Args:
        donors: of each clip that was made, the clips that gave its static and its dynamic code.

    Raises:
        ServiceError: for another kind.
    """
    if kind == "csv":
        return timeseries.csv(named, spec).encode()
    if kind != "png":
        raise ServiceError(f"Formats: csv, png; not {kind[:20]!r}. This checkpoint makes series.")
    colours = dict(zip("ab", timeseries_figure.DONORS, strict=True))
    tiles = []
    for name, title in titles.items():
        look, course = donors.get(name, (name, None))
        behind = (named[course], colours[course]) if course else ()
        tiles.append(timeseries_figure.Tile(title, named[name], colours[look], *behind))
    return timeseries_figure.figure(tiles, spec, columns=3)


def figures(
    clips: Sequence[Course], made: Mapping[str, tuple[int, int, int]], spec: DatasetSpec
) -> dict:
    """Errors and correlations for programs, by clip and variable.

    Args:
        made: (clip, which of A and B gave its static code, which its dynamic code), by name.
    """
    names = [v.name for v in spec.variables]
    by_name = lambda values: dict(zip(names, values, strict=True))
    return {
        "units": by_name([v.unit for v in spec.variables]),
        "error": {
            name: by_name(timeseries.errors(clips[clip], clips[look], spec.variables))
            for name, (clip, look, motion) in made.items()
            if look == motion
        },
        "correlation": {
            name: by_name(timeseries.follows(clips[clip], clips[motion]))
            for name, (clip, _, motion) in made.items()
        },
    }


def about(spec: DatasetSpec) -> dict:
    """What the stage is told of the variables and of time."""
    return {
        "variables": [asdict(v) for v in spec.variables],
        "shown": timeseries.shown_first(spec.variables),
        "seconds": step_seconds(spec),
        "reach": timeseries.REACH,
        "share": timeseries.SHARE,
    }


def message(one: Course, real: Course | None, donor: Course | None, spec: DatasetSpec) -> dict:
    """A course for the stage.

    Args:
        real: what it should equal, if it is rebuilt.
        donor: the measured series whose course it should have.
    """
    return {
        "x": packed(one.x),
        "scale": None if one.scale is None else packed(one.scale),
        "steps": len(one),
        "start": None if one.start is None else str(one.start.astype("M8[s]")) + "Z",
        "averages": _short(timeseries.averages(one, spec.variables)),
        "errors": None
        if real is None
        else [
            {name: _short([value])[0] for name, value in off.items()}
            for off in timeseries.errors(one, real, spec.variables)
        ],
        "follows": None if donor is None else _short(timeseries.follows(one, donor)),
    }


def packed(values: np.ndarray) -> str:
    """Numbers ``[steps, C]`` as thousandths in base64, 16 bits each, little-endian; -32768 is missing."""
    thousandths = np.nan_to_num(values * 1000, nan=MISSING).round().clip(MISSING, 2**15 - 1)
    return base64.b64encode(thousandths.astype("<i2").tobytes()).decode("ascii")


def _short(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.4g}") for value in values]
