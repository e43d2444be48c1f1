"""``seqdisent swap`` and ``seqdisent sample``: write sequences that a model generated."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from seqdisent.checkpoint import load_checkpoint
from seqdisent.cli.common import Commands, add_checkpoint, add_data_root, line_printer
from seqdisent.data import DatasetSpec, SequenceDataset, load_dataset
from seqdisent.errors import UsageError
from seqdisent.io import write_bytes
from seqdisent.media.clips import Clips
from seqdisent.modalities import modality_of
from seqdisent.models import SequentialVAE, latent_ops
from seqdisent.types import Latents, Sequences

LARGEST = 2**26  # values of all frames together: a quarter of a gigabyte
CODES = {"both": "both codes", "static": "the static code", "dynamic": "the dynamic code"}


def add_commands(commands: Commands) -> None:
    """Add ``swap`` and ``sample``."""
    parser = commands.add(
        "swap", swap, "swap two test sequences and write an animation, a sound or a table"
    )
    add_checkpoint(parser)
    parser.add_argument("a", type=int, help="number of a test sequence")
    parser.add_argument("b", type=int, help="number of another")
    _add_output(parser, "swap", ".csv or .png", ".mp4, .gif or .webp")
    add_data_root(parser)

    parser = commands.add(
        "sample", sample, "generate sequences: sampled, continued, or between two others"
    )
    add_checkpoint(parser)
    add = parser.add_argument
    add("-n", type=int, default=6, help="how many (default: 6, at most 64)")
    add("--frames", type=int, help="how long, any length (default: as the training data)")
    add("--seed", type=int, default=0, help="of the samples (default: 0)")
    add("--temperature", type=float, default=1.0, help="0, the most likely, to 2 (default: 1)")
    add("--static-of", type=int, help="keep the static code of this test sequence")
    add("--dynamic-of", type=int, help="keep the dynamic code of this test sequence")
    add("--continue-of", type=int, help="continue the first frames of this test sequence")
    add("--prefix", type=int, help="how many first frames are kept (default: half of them)")
    add("--between", type=int, nargs=2, metavar=("A", "B"), help="from one sequence to another")
    add(
        "--what",
        default="both",
        choices=("static", "dynamic", "both"),
        help="which code goes from A to B (default: both)",
    )
    add(
        "--path",
        default="spherical",
        choices=("spherical", "linear"),
        help="by which way (default: spherical)",
    )
    _add_output(parser, "sample", ".csv, .png or .npz", ".mp4, .gif, .webp or .npz")
    add_data_root(parser)


def _add_output(parser: ArgumentParser, default: str, series: str, pictures: str) -> None:
    formats = f"{pictures} of pictures; .wav of speech; {series} of series"
    parser.add_argument(
        "-o", "--output", type=Path, help=f"{formats} (default: {default}.mp4, .wav or .csv)"
    )


@torch.inference_mode()
def swap(args: Namespace, console: Console) -> None:
    """Write A, B and both swaps."""
    model, spec = load_checkpoint(args.checkpoint)
    modality = modality_of(spec)
    data = load_dataset(spec.name, "test", args.data_root)
    for number in (args.a, args.b):
        _check_row(number, len(data))
    path, write = modality.writer(args.output, "swap", spec)
    batch = data[[args.a, args.b]]
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    b_like_a, a_like_b = model.swap(latents[:1], latents[1:])
    swapped = Latents.cat([a_like_b, b_like_a])
    swapped_mask = batch.mask if swapped.mask is None else swapped.mask
    predicted = model.likelihood(swapped)
    start_a, start_b = (None, None) if data.starts is None else data.starts[[args.a, args.b]]
    clips = Clips(
        spec,
        names=("a", "b", "a_like_b", "b_like_a"),
        batch=Sequences(
            torch.cat([batch.x, predicted.mean]), torch.cat([batch.mask, swapped_mask])
        ),
        log_scale=(None, None, *predicted.log_std),
        columns=2,
        starts=(start_a, start_b, start_b, start_a),
        donors=((0, 0), (1, 1), (0, 1), (1, 0)),
    )
    write_bytes(path, write(clips))
    line_printer(console)(
        f"{path}: sequences {args.a} (A) and {args.b} (B), A's static with B's dynamics, "
        f"B's static with A's dynamics, {modality.swap_order}"
    )


@torch.inference_mode()
def sample(args: Namespace, console: Console) -> None:
    """Write generated sequences: sampled from the prior, continued, or between two others."""
    model, spec = load_checkpoint(args.checkpoint)
    _check_sample(args, spec)
    path, write = modality_of(spec).writer(args.output, "sample", spec)
    generator = torch.Generator().manual_seed(args.seed)
    if args.between is not None:
        latents, description = _between(args, model, _test_data(args, spec))
    elif args.continue_of is not None:
        latents, description = _continued(args, model, _test_data(args, spec), generator)
    else:
        latents, description = _sampled(args, model, generator)
    n, steps = latents.dynamic.shape[:2]
    _check_size(n, steps, spec)
    predicted = model.likelihood(latents)
    mask = latents.mask
    if mask is None:
        mask = torch.ones(n, steps, dtype=torch.bool)
    columns = n
    if args.between is None:
        columns = min(n, max(1, round(n**0.5 * 1.5)))  # wider than high, as screens are
    clips = Clips(
        spec,
        names=tuple(f"sample {number}" for number in range(n)),
        batch=Sequences(predicted.mean, mask),
        log_scale=tuple(predicted.log_std),
        columns=columns,
        starts=(None,) * n,
        latents=latents,
    )
    write_bytes(path, write(clips))
    step = modality_of(spec).nouns.step
    line_printer(console)(f"{path}: {n} sequences of {steps} {step}s, {description}")


def _test_data(args: Namespace, spec: DatasetSpec) -> SequenceDataset:
    return load_dataset(spec.name, "test", args.data_root)


def _between(args: Namespace, model: SequentialVAE, data: SequenceDataset) -> tuple[Latents, str]:
    """Latents from one test sequence to another, and their description."""
    first, last = args.between
    a, b = _encoded(model, data, first), _encoded(model, data, last)
    weights = torch.linspace(0, 1, args.n).tolist()
    latents = latent_ops.interpolate(a, b, weights, what=args.what, path=args.path)
    return latents, f"{CODES[args.what]} from sequence {first} to {last}, {args.path}"


def _continued(
    args: Namespace, model: SequentialVAE, data: SequenceDataset, generator: torch.Generator
) -> tuple[Latents, str]:
    """Latents that continue the first frames of a test sequence, and their description."""
    full = data[_check_row(args.continue_of, len(data))]
    available = int(full.mask.sum())
    prefix = max(1, available // 2) if args.prefix is None else args.prefix
    length = args.frames or model.spec.frames
    if length <= prefix:
        raise UsageError(
            f"--frames ({length}) must be more than --prefix ({prefix}), or nothing comes after it"
        )
    if not 1 <= prefix <= available:
        raise UsageError(
            f"--prefix must be between 1 and {available}, the length of the sequence; got {prefix}"
        )
    seen = latent_ops.encode_prefix(model, full.x, prefix, full.mask)
    start = latent_ops.repeat(seen, args.n)
    latents = model.extend(
        start, length - prefix, temperature=args.temperature, generator=generator
    )
    note = ""
    if model.fixed_frames is not None:
        note = " (encoded with the rest in view: this model was pruned for full sequences)"
    description = (
        f"{prefix} of test sequence {args.continue_of}{note} and what may come after them, "
        f"{_randomness(args)}"
    )
    return latents, description


def _sampled(
    args: Namespace, model: SequentialVAE, generator: torch.Generator
) -> tuple[Latents, str]:
    """Latents from the prior, of which one code may be that of a test sequence, and their description."""
    description = _randomness(args)
    kept: dict[str, Any] = {}
    mask = None
    if args.static_of is not None or args.dynamic_of is not None:
        data = _test_data(args, model.spec)
        if args.static_of is not None:
            codes = latent_ops.repeat(_encoded(model, data, args.static_of), args.n)
            kept["static"] = codes.static
            description += f", static code of test sequence {args.static_of}"
        if args.dynamic_of is not None:
            codes = latent_ops.repeat(_encoded(model, data, args.dynamic_of), args.n)
            kept["dynamic"], mask = codes.dynamic, codes.mask
            description += f", dynamic code of test sequence {args.dynamic_of}"
    latents = model.sample(
        args.n, args.frames, temperature=args.temperature, generator=generator, **kept
    )
    return replace(latents, mask=mask), description


def _randomness(args: Namespace) -> str:
    if args.temperature == 1:
        return f"seed {args.seed}"
    return f"seed {args.seed}, temperature {args.temperature:g}"


def _encoded(model: SequentialVAE, data: SequenceDataset, number: int) -> Latents:
    """The posterior means of a test sequence, a batch of one."""
    one = data[_check_row(number, len(data))]
    return model.encode(one.x, one.mask, sample=False).latents


def _check_sample(args: Namespace, spec: DatasetSpec) -> None:
    """Raise :class:`UsageError` if options are out of range, or exclude each other."""
    if not 1 <= args.n <= 64:
        raise UsageError(f"-n must be between 1 and 64, got {args.n}")
    if not 0 <= args.temperature <= 2:
        raise UsageError(
            f"--temperature must be between 0 (the most likely) and 2, got {args.temperature:g}"
        )
    if args.frames is not None and args.frames < 1:
        raise UsageError(f"--frames must be at least 1, got {args.frames}")
    keeps_a_code = args.static_of is not None or args.dynamic_of is not None
    ways = {
        "--between": args.between is not None,
        "--continue-of": args.continue_of is not None,
        "--static-of or --dynamic-of": keeps_a_code,
    }
    chosen = [way for way, is_chosen in ways.items() if is_chosen]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} cannot be had at once: choose one")
    if args.frames and (args.dynamic_of is not None or args.between):
        raise UsageError(
            "--frames is for sampled dynamics: leave it out, the dynamics of a sequence have its length"
        )
    if args.prefix is not None and args.continue_of is None:
        raise UsageError("--prefix is how much of --continue-of is kept: give that too")
    _check_size(args.n, args.frames or spec.frames, spec)


def _check_size(n: int, frames: int, spec: DatasetSpec) -> None:
    """Raise :class:`UsageError` for more values than are held at once."""
    most = max(1, LARGEST // (n * math.prod(spec.event_shape)))
    if frames > most:
        raise UsageError(
            f"{n} sequences of {frames} frames are too many to hold: with -n {n} ask for at most {most}"
        )


def _check_row(number: int, rows: int) -> int:
    """The number of a test sequence; raises :class:`UsageError` if there is none."""
    if not 0 <= number < rows:
        raise UsageError(f"there is no test sequence {number}; they are numbered 0 to {rows - 1}")
    return number
