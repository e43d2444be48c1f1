"""Time series in the app: plots with intervals, errors and correlations, and tables."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from demo.errors import RequestError
from demo.modalities.base import ModalityView, SourceClip, full_batch
from demo.modalities.swap_clips import CLIPS, DONORS, SHOWN, donors
from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.distributions import DiagonalGaussian
from seqdisent.media import sparklines, timeseries, timeseries_figure
from seqdisent.media.timeseries import SeriesClip
from seqdisent.types import Sequences

if TYPE_CHECKING:
    from demo.core.generation import GenerationResult
    from demo.core.swapping import Swap

THUMBNAIL = (96, 64)  # pixels
MISSING = -(2**15)


class TimeSeriesView(ModalityView):
    """Recordings of several variables."""

    name = "timeseries"
    stage_id = "series"
    save_id_prefix = "sd-save-series-"
    sources = "sources"
    explanation = "**B's dynamics at A's baseline** must rise and fall when B does, around what is usual for A."
    swap_formats = {"csv": "All six (CSV)", "png": "Plots (PNG)"}
    default_swap_format = "csv"
    generated_formats = ("csv", "npz")
    one_label_per_sequence = False
    nearest_titles = {"static": "Nearest in baseline", "dynamic": "Nearest in dynamics"}
    sequence_noun = "recording"

    def thumbnails(self, data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
        return sparklines.draw(data, rows, *THUMBNAIL)[..., None].repeat(3, 3)

    def strip(self, data: SequenceDataset, row: int, width: int, height: int) -> np.ndarray:
        alone = data.select(np.array([row]))
        return sparklines.draw(alone, np.array([0]), width, height)[0]

    def swap_clips(
        self, pair: Sequence[SourceClip], likelihood: DiagonalGaussian, generated: Sequences
    ) -> tuple[SeriesClip, ...]:
        # The time of a generated clip is that of the donor of its dynamics.
        starts = [pair[dynamic].start for _, dynamic in DONORS.values()]
        return (*map(measured, pair), *decoded_series(likelihood, generated.mask, starts))

    def figures(self, swap: Swap) -> dict[str, Any]:
        """Units, errors and correlations, by clip and variable."""
        variables = swap.spec.variables
        names = [variable.name for variable in variables]
        errors: dict[str, dict[str, Any]] = {}
        correlations: dict[str, dict[str, Any]] = {}
        for clip, (static, dynamic) in DONORS.items():
            generated = swap.clips[clip]
            if static == dynamic:
                found = timeseries.reconstruction_errors(generated, swap.clips[static], variables)
                errors[CLIPS[clip]] = dict(zip(names, found, strict=True))
            follows = timeseries.correlations(generated, swap.clips[dynamic])
            correlations[CLIPS[clip]] = dict(zip(names, follows, strict=True))
        units = {variable.name: variable.unit for variable in variables}
        return {"units": units, "error": errors, "correlation": correlations}

    def save_swap(self, swap: Swap, kind: str, scale: int) -> bytes:
        """ "csv" (all six, step by step) or "png" (plots; behind a generated clip the donor of its dynamics)."""
        if kind == "csv":
            named = dict(zip(CLIPS, swap.clips, strict=True))
            return timeseries.csv(named, swap.spec).encode()
        if kind != "png":
            raise RequestError(
                f"Formats: csv, png; not {kind[:20]!r}. This checkpoint makes series."
            )
        tiles = [self._figure_tile(swap, clip) for clip in SHOWN]
        return timeseries_figure.draw_figure(tiles, swap.spec, columns=3)

    def _figure_tile(self, swap: Swap, clip: int) -> timeseries_figure.Tile:
        colours = timeseries_figure.DONOR_COLOURS
        static, dynamic = donors(clip)
        title, series = swap.title(clip), swap.clips[clip]
        if clip not in DONORS:
            return timeseries_figure.Tile(title, series, colours[static])
        behind = swap.clips[dynamic], colours[dynamic]
        return timeseries_figure.Tile(title, series, colours[static], *behind)

    def stage(self, swap: Swap, message: dict[str, Any], name: str) -> dict[str, Any]:
        for tile in message["tiles"]:
            clip = tile["clip"]
            donor = swap.clips[donors(clip)[1]] if clip in DONORS else None
            real = donor if tile["kind"] == "recon" else None
            tile |= series_message(swap.clips[clip], swap.spec, real, donor)
        return message | axes(swap.spec)

    def stage_of_one(
        self, spec: DatasetSpec, clip: SourceClip, message: dict[str, Any]
    ) -> dict[str, Any]:
        message["tiles"][0] |= series_message(measured(clip), spec)
        return message | axes(spec)

    def collect(
        self, parts: Sequence[DiagonalGaussian], mask: torch.Tensor | None
    ) -> tuple[Sequences, list[SeriesClip]]:
        likelihood = DiagonalGaussian(
            torch.cat([part.mean for part in parts]), torch.cat([part.log_std for part in parts])
        )
        batch = full_batch(likelihood.mean, mask)
        return batch, decoded_series(likelihood, batch.mask)

    def save_generated(self, result: GenerationResult, kind: str, rows: Sequence[int]) -> bytes:
        named = {f"sample {row}": result.clips[row] for row in rows}
        return timeseries.csv(named, result.spec).encode()

    def generated_arrays(
        self, result: GenerationResult, rows: Sequence[int]
    ) -> dict[str, np.ndarray]:
        """The arrays of :func:`seqdisent.media.timeseries.npz`."""
        content = timeseries.npz([result.clips[row] for row in rows], result.spec)
        with np.load(io.BytesIO(content)) as stored:
            return dict(stored)

    def fill_tiles(
        self,
        result: GenerationResult,
        sources: Sequence[SourceClip],
        tiles: Sequence[dict[str, Any]],
        name: str,
    ) -> dict[str, Any]:
        series = [*map(measured, sources), *result.clips]
        for tile, one in zip(tiles, series, strict=True):
            tile |= series_message(one, result.spec)
        return axes(result.spec)


def measured(clip: SourceClip) -> SeriesClip:
    """A measured series."""
    return timeseries.series_clip(clip.batch.x[0], clip.batch.mask[0], start=clip.start)


def decoded_series(
    likelihood: DiagonalGaussian,
    mask: torch.Tensor,
    starts: Sequence[np.datetime64 | None] | None = None,
) -> list[SeriesClip]:
    """Generated series with the decoder's uncertainty."""
    rows = range(len(mask))
    starts = starts or [None] * len(mask)
    return [
        timeseries.series_clip(
            likelihood.mean[row], mask[row], likelihood.log_std[row], starts[row]
        )
        for row in rows
    ]


def axes(spec: DatasetSpec) -> dict[str, Any]:
    """The variables and the time axis for the page."""
    return {
        "variables": [asdict(variable) for variable in spec.variables],
        "shown": timeseries.representative_variables(spec.variables),
        "seconds": step_seconds(spec),
        "reach": timeseries.BAND_REACH,
        "share": timeseries.BAND_SHARE,
    }


def series_message(
    series: SeriesClip,
    spec: DatasetSpec,
    real: SeriesClip | None = None,
    donor: SeriesClip | None = None,
) -> dict[str, Any]:
    """A series for the page.

    Args:
        real: the measured series that it reconstructs.
        donor: the measured series that gave its dynamics.
    """
    errors = None
    if real is not None:
        errors = []
        for error in timeseries.reconstruction_errors(series, real, spec.variables):
            errors.append({name: _four_digits(value) for name, value in error.items()})
    correlations = None
    if donor is not None:
        correlations = [_four_digits(value) for value in timeseries.correlations(series, donor)]
    start = None
    if series.start is not None:
        start = f"{series.start.astype('M8[s]')}Z"
    means = timeseries.averages(series, spec.variables)
    return {
        "x": packed(series.x),
        "scale": None if series.scale is None else packed(series.scale),
        "steps": len(series),
        "start": start,
        "averages": [_four_digits(mean) for mean in means],
        "errors": errors,
        "correlations": correlations,
    }


def packed(values: np.ndarray) -> str:
    """Numbers ``[steps, C]`` as thousandths in base64, 16 bits each, little-endian; -32768 is missing."""
    thousandths = np.nan_to_num(values * 1000, nan=MISSING).round().clip(MISSING, 2**15 - 1)
    return base64.b64encode(thousandths.astype("<i2").tobytes()).decode("ascii")


def _four_digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
