"""What the commands ``swap`` and ``sample`` do: pictures as an animation, speech as a sound, series as a table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from seqdisent.checkpoint import load_checkpoint
from seqdisent.commands import UsageError
from seqdisent.data import load_dataset
from seqdisent.data.spec import DatasetSpec
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
    """

    spec: DatasetSpec
    names: tuple[str, ...]
    batch: Sequences
    log_scale: tuple[Tensor | None, ...]
    columns: int
    starts: tuple[np.datetime64 | None, ...]
    donors: tuple[tuple[int, int], ...] = ()


@torch.inference_mode()
def swap(args: Namespace, console: Console) -> None:
    """Write A, B and both swaps."""
    model, spec = load_checkpoint(args.checkpoint)
    clips = load_dataset(spec.name, "test", args.data_root)
    for number in (args.a, args.b):
        _check_row(number, len(clips))
    path, write = _writer(args.output, "swap", spec)
    batch = clips[[args.a, args.b]]
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    b_like_a, a_like_b = model.swap(latents[:1], latents[1:])
    swapped = Latents.cat([a_like_b, b_like_a])
    told = model.likelihood(swapped)
    whole = Sequences(torch.cat([batch.x, told.mean]), torch.cat([batch.mask, swapped.mask]))
    starts = (None, None) if clips.starts is None else tuple(clips.starts[[args.a, args.b]])
    path.write_bytes(write(Clips(
        spec, ("a", "b", "a_like_b", "b_like_a"), whole, (None, None, *told.log_std), 2, (*starts, *starts[::-1]),
        ((0, 0), (1, 1), (0, 1), (1, 0)),
    )))  # fmt: skip
    order = {"audio": "in turn", "series": "by these names: a, b, a_like_b, b_like_a"}
    console.print(
        f"{path}: sequences {args.a} (A) and {args.b} (B), A's static with B's dynamics, "
        f"B's static with A's dynamics, {order.get(spec.modality, 'above, then below')}",
        highlight=False,
    )


@torch.inference_mode()
def sample(args: Namespace, console: Console) -> None:
    """Write sequences drawn from the prior."""
    model, spec = load_checkpoint(args.checkpoint)
    frames = spec.frames if args.frames is None else args.frames
    if not 1 <= args.n <= 64:
        raise UsageError(f"-n must be between 1 and 64, got {args.n}")
    if not 1 <= frames <= 500:
        raise UsageError(f"--frames must be between 1 and 500, got {frames}")
    path, write = _writer(args.output, "sample", spec)
    kept, mask = {}, None
    for name, number in (("static", args.static_of), ("dynamic", args.dynamic_of)):
        if number is not None:
            clips = load_dataset(spec.name, "test", args.data_root)
            _check_row(number, len(clips))
            codes = model.encode(clips[number].x, clips[number].mask, sample=False).latents
            code = getattr(codes, name)
            kept[name] = code.expand(args.n, *code.shape[1:])
            mask = codes.mask.expand(args.n, -1) if name == "dynamic" else mask
    generator = torch.Generator().manual_seed(args.seed)
    told = model.likelihood(model.sample(args.n, frames, generator=generator, **kept))
    mask = torch.ones(told.mean.shape[:2], dtype=torch.bool) if mask is None else mask
    names = tuple(f"sample {number}" for number in range(args.n))
    columns = min(args.n, max(1, round(args.n**0.5 * 1.5)))
    path.write_bytes(write(Clips(
        spec, names, Sequences(told.mean, mask), tuple(told.log_std), columns, (None,) * args.n
    )))  # fmt: skip
    kind = "windows" if spec.modality == "series" else "frames"
    console.print(f"{path}: {args.n} sequences of {mask.shape[1]} {kind}, seed {args.seed}", highlight=False)


def _writer(output: Path | None, command: str, spec: DatasetSpec) -> tuple[Path, Callable[[Clips], bytes]]:
    """Where to write, and what makes the content; the first suffix of a modality is the default."""
    what, writers = WRITERS[spec.modality]
    if command == "swap":
        writers = {suffix: write for suffix, write in writers.items() if suffix != "npz"}
    path = output or Path(f"{command}.{next(iter(writers))}")
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in writers:
        raise UsageError(f"{path}: {spec.name} has {what}; write to {_listed(writers)}")
    return path, writers[suffix]


def _animation(suffix: str) -> Callable[[Clips], bytes]:
    """Pictures in a grid that plays in step, enlarged four times."""

    def write(clips: Clips) -> bytes:
        from seqdisent.views import media

        tiled = media.tile(list(media.to_uint8(clips.batch.x)), clips.columns)
        return media.ENCODERS[suffix](media.upscale(tiled, 4), clips.spec.rate_hz)

    return write


def _wav(clips: Clips) -> bytes:
    """Speech in turn, with pauses."""
    from seqdisent.audio.clips import wav_bytes
    from seqdisent.evaluation.hearing import waveforms
    from seqdisent.views import sound

    return wav_bytes(sound.in_turn(sound.at_one_level(waveforms(clips.batch))))


def _courses(clips: Clips) -> list:
    from seqdisent.views.series import course

    parts = zip(clips.batch.x, clips.batch.mask, clips.log_scale, clips.starts, strict=True)
    return [course(*one) for one in parts]


def _csv(clips: Clips) -> bytes:
    from seqdisent.views.series import csv

    return csv(dict(zip(clips.names, _courses(clips), strict=True)), clips.spec).encode()


def _npz(clips: Clips) -> bytes:
    from seqdisent.views.series import npz

    return npz(_courses(clips), clips.spec)


def _plots(clips: Clips) -> bytes:
    """Plots of all variables; behind a swap the measured series that gave its course."""
    from seqdisent.views.series_figure import DONORS, Tile, figure

    courses = _courses(clips)
    tiles = [Tile(name, one) for name, one in zip(clips.names, courses, strict=True)]
    for row, (look, course) in enumerate(clips.donors):
        behind = (courses[course], DONORS[course]) if row >= len(DONORS) else ()
        title = f"{'AB'[look]}'s static, {'AB'[course]}'s dynamics" if behind else f"{'AB'[row]}, real"
        tiles[row] = Tile(title, courses[row], DONORS[look], *behind)
    return figure(tiles, clips.spec, clips.columns)


# modality -> what it is called, and what its files are written by
WRITERS: dict[str, tuple[str, dict[str, Callable[[Clips], bytes]]]] = {
    "video": ("pictures", {suffix: _animation(suffix) for suffix in ("mp4", "gif", "webp")}),
    "audio": ("sound", {"wav": _wav}),
    "series": ("series", {"csv": _csv, "png": _plots, "npz": _npz}),
}


def _listed(suffixes) -> str:
    return " or ".join(", ".join(f".{suffix}" for suffix in suffixes).rsplit(", ", 1))


def _check_row(number: int, rows: int) -> None:
    if not 0 <= number < rows:
        raise UsageError(f"there is no test sequence {number}; they are numbered 0 to {rows - 1}")
