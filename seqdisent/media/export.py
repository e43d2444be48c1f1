"""Files of what was made: pictures as an animation, speech as a sound, series as a table, or arrays of anything."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents, Sequences


@dataclass(frozen=True)
class Clips:
    """What a file is made of.

    Args:
        spec: what the data set declares.
        names: of the clips.
        batch: the clips.
        log_scale: of what a decoder says, the logarithm of the scale, ``[K, *event]``; None of real clips.
        columns: of the grid that pictures and plots are in.
        starts: of series, when each begins, where that is known.
        donors: of a swap, the clips whose static and whose dynamic code each has.
        latents: the codes that the clips were decoded from, if all were.
    """

    spec: DatasetSpec
    names: tuple[str, ...]
    batch: Sequences
    log_scale: tuple[Tensor | None, ...]
    columns: int
    starts: tuple[np.datetime64 | None, ...]
    donors: tuple[tuple[int, int], ...] = ()
    latents: Latents | None = None


def writer(
    output: Path | None, command: str, spec: DatasetSpec
) -> tuple[Path, Callable[[Clips], bytes]]:
    """Where to write, and what makes the content; the first suffix of a modality is the default.

    Raises:
        ValueError: for a suffix that the modality has no files of.
    """
    what, writers = WRITERS[spec.modality]
    if command == "swap":
        writers = {suffix: write for suffix, write in writers.items() if suffix != "npz"}
    path = output or Path(f"{command}.{next(iter(writers))}")
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in writers:
        raise ValueError(f"{path}: {spec.name} has {what}; write to {_listed(writers)}")
    return path, writers[suffix]


def _animation(suffix: str) -> Callable[[Clips], bytes]:
    """Pictures in a grid that plays in step, enlarged four times."""

    def write(clips: Clips) -> bytes:
        from seqdisent.media import video

        tiled = video.tile(list(video.to_uint8(clips.batch.x)), clips.columns)
        return video.ENCODERS[suffix](video.upscale(tiled, 4), clips.spec.rate_hz)

    return write


def _wav(clips: Clips) -> bytes:
    """Speech in turn, with pauses."""
    from seqdisent.audio.prepare import wav_bytes
    from seqdisent.evaluation.judge_inputs import waveforms
    from seqdisent.media import audio

    return wav_bytes(audio.in_turn(audio.at_one_level(waveforms(clips.batch))))


def _courses(clips: Clips) -> list:
    from seqdisent.media.timeseries import course

    parts = zip(clips.batch.x, clips.batch.mask, clips.log_scale, clips.starts, strict=True)
    return [course(*one) for one in parts]


def _csv(clips: Clips) -> bytes:
    from seqdisent.media.timeseries import csv

    return csv(dict(zip(clips.names, _courses(clips), strict=True)), clips.spec).encode()


def _series_npz(clips: Clips) -> bytes:
    from seqdisent.media.timeseries import npz

    return npz(_courses(clips), clips.spec)


def _npz(clips: Clips) -> bytes:
    """``frames`` uint8 ``[n, T, H, W, 3]``, ``rate_hz``, and the codes ``static [n, S]`` and ``dynamic [n, T, D]``."""
    from seqdisent.media import video

    codes = (
        {}
        if clips.latents is None
        else {n: getattr(clips.latents, n).numpy() for n in ("static", "dynamic")}
    )
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, frames=video.to_uint8(clips.batch.x), rate_hz=clips.spec.rate_hz, **codes
    )
    return buffer.getvalue()


def _plots(clips: Clips) -> bytes:
    """Plots of all variables; behind a swap the measured series that gave its course."""
    from seqdisent.media.timeseries_figure import DONORS, Tile, figure

    courses = _courses(clips)
    tiles = [Tile(name, one) for name, one in zip(clips.names, courses, strict=True)]
    for row, (look, course) in enumerate(clips.donors):
        behind = (courses[course], DONORS[course]) if row >= len(DONORS) else ()
        title = (
            f"{'AB'[look]}'s static, {'AB'[course]}'s dynamics" if behind else f"{'AB'[row]}, real"
        )
        tiles[row] = Tile(title, courses[row], DONORS[look], *behind)
    return figure(tiles, clips.spec, clips.columns)


# modality -> what it is called, and what its files are written by
WRITERS: dict[str, tuple[str, dict[str, Callable[[Clips], bytes]]]] = {
    "video": (
        "pictures",
        {**{suffix: _animation(suffix) for suffix in ("mp4", "gif", "webp")}, "npz": _npz},
    ),
    "audio": ("sound", {"wav": _wav}),
    "series": ("series", {"csv": _csv, "png": _plots, "npz": _series_npz}),
}


def _listed(suffixes) -> str:
    return " or ".join(", ".join(f".{suffix}" for suffix in suffixes).rsplit(", ", 1))
