"""What the commands ``swap`` and ``sample`` do."""

from __future__ import annotations

import math
from argparse import Namespace
from dataclasses import replace

import torch
from rich.console import Console

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import DatasetSpec, SequenceDataset, load_dataset
from seqdisent.errors import UsageError
from seqdisent.media.clips import Clips
from seqdisent.modalities import modality_of
from seqdisent.models import SequentialVAE, latent_ops
from seqdisent.types import Latents, Sequences

LARGEST = 2**26  # values of all frames together: a quarter of a gigabyte


@torch.inference_mode()
def swap(args: Namespace, console: Console) -> None:
    """Write A, B and both swaps."""
    model, spec = load_checkpoint(args.checkpoint)
    clips = load_dataset(spec.name, "test", args.data_root)
    for number in (args.a, args.b):
        _check_row(number, len(clips))
    path, write = modality_of(spec).writer(args.output, "swap", spec)
    batch = clips[[args.a, args.b]]
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    b_like_a, a_like_b = model.swap(latents[:1], latents[1:])
    swapped = Latents.cat([a_like_b, b_like_a])
    told = model.likelihood(swapped)
    whole = Sequences(torch.cat([batch.x, told.mean]), torch.cat([batch.mask, swapped.mask]))
    starts = (None, None) if clips.starts is None else tuple(clips.starts[[args.a, args.b]])
    path.write_bytes(
        write(
            Clips(
                spec,
                ("a", "b", "a_like_b", "b_like_a"),
                whole,
                (None, None, *told.log_std),
                2,
                (*starts, *starts[::-1]),
                ((0, 0), (1, 1), (0, 1), (1, 0)),
            )
        )
    )
    console.print(
        f"{path}: sequences {args.a} (A) and {args.b} (B), A's static with B's dynamics, "
        f"B's static with A's dynamics, {modality_of(spec).swap_order}",
        highlight=False,
    )


@torch.inference_mode()
def sample(args: Namespace, console: Console) -> None:
    """Write sequences that nobody recorded: drawn, gone on with, or between two others."""
    model, spec = load_checkpoint(args.checkpoint)
    _check_sample(args, spec)
    path, write = modality_of(spec).writer(args.output, "sample", spec)
    generator = torch.Generator().manual_seed(args.seed)
    clips = None
    if any(
        number is not None
        for number in (args.static_of, args.dynamic_of, args.continue_of, args.between)
    ):
        clips = load_dataset(spec.name, "test", args.data_root)
    codes, said = _codes(args, model, clips, generator)
    n, steps = codes.dynamic.shape[:2]
    _check_size(n, steps, spec)
    told = model.likelihood(codes)
    mask = torch.ones(n, steps, dtype=torch.bool) if codes.mask is None else codes.mask
    names = tuple(f"sample {number}" for number in range(n))
    columns = n if args.between else min(n, max(1, round(n**0.5 * 1.5)))
    path.write_bytes(
        write(
            Clips(
                spec,
                names,
                Sequences(told.mean, mask),
                tuple(told.log_std),
                columns,
                (None,) * n,
                latents=codes,
            )
        )
    )
    step = modality_of(spec).nouns.step
    console.print(f"{path}: {n} sequences of {steps} {step}s, {said}", highlight=False)


def _codes(
    args: Namespace, model: SequentialVAE, clips: SequenceDataset | None, generator: torch.Generator
) -> tuple[Latents, str]:
    """What is to be decoded, and how it came about."""
    n, drawn = args.n, f"seed {args.seed}"
    drawn += f", temperature {args.temperature:g}" if args.temperature != 1 else ""
    options = {"temperature": args.temperature, "generator": generator}
    if args.between:
        a, b = (_encoded(model, clips, number) for number in args.between)
        weights = torch.linspace(0, 1, n).tolist()
        made = latent_ops.interpolate(a, b, weights, what=args.what, path=args.path)
        which = {"both": "both codes", "static": "the static code", "dynamic": "the dynamic code"}[
            args.what
        ]
        return made, f"{which} from sequence {args.between[0]} to {args.between[1]}, {args.path}"
    if args.continue_of is not None:
        whole = clips[_check_row(args.continue_of, len(clips))]
        there = int(whole.mask.sum())
        prefix = max(1, there // 2) if args.prefix is None else args.prefix
        length = args.frames or model.spec.frames
        if length <= prefix:
            raise UsageError(
                f"--frames ({length}) must be more than --prefix ({prefix}), or nothing comes after it"
            )
        if not 1 <= prefix <= there:
            raise UsageError(
                f"--prefix must be between 1 and {there}, the length of the sequence; got {prefix}"
            )
        seen = latent_ops.encode_prefix(model, whole.x, prefix, whole.mask)
        made = model.extend(latent_ops.repeat(seen, n), length - prefix, **options)
        view = (
            " (read with the rest in view: this model was cut for whole sequences)"
            if model.config.dynamic_rank
            else ""
        )
        return (
            made,
            f"{prefix} of test sequence {args.continue_of}{view} and what may come after them, {drawn}",
        )
    kept, mask = {}, None
    for name, number in (("static", args.static_of), ("dynamic", args.dynamic_of)):
        if number is not None:
            codes = latent_ops.repeat(_encoded(model, clips, number), n)
            kept[name] = getattr(codes, name)
            mask = codes.mask if name == "dynamic" else mask
            drawn += f", {name} code of test sequence {number}"
    return replace(model.sample(n, args.frames, **options, **kept), mask=mask), drawn


def _encoded(model: SequentialVAE, clips: SequenceDataset, number: int) -> Latents:
    one = clips[_check_row(number, len(clips))]
    return model.encode(one.x, one.mask, sample=False).latents


def _check_sample(args: Namespace, spec: DatasetSpec) -> None:
    if not 1 <= args.n <= 64:
        raise UsageError(f"-n must be between 1 and 64, got {args.n}")
    if not 0 <= args.temperature <= 2:
        raise UsageError(
            f"--temperature must be between 0 (the most likely) and 2, got {args.temperature:g}"
        )
    if args.frames is not None and args.frames < 1:
        raise UsageError(f"--frames must be at least 1, got {args.frames}")
    ways = {
        "--between": args.between,
        "--continue-of": args.continue_of,
        "--static-of or --dynamic-of": args.static_of
        if args.static_of is not None
        else args.dynamic_of,
    }
    if len(asked := [way for way, value in ways.items() if value is not None]) > 1:
        raise UsageError(f"{' and '.join(asked)} cannot be had at once: choose one")
    if args.frames and (args.dynamic_of is not None or args.between):
        raise UsageError(
            "--frames is for dynamics that are drawn: leave it out, kept dynamics have a length of their own"
        )
    if args.prefix is not None and args.continue_of is None:
        raise UsageError("--prefix says how much of --continue-of is kept: give that too")
    _check_size(args.n, args.frames or spec.frames, spec)


def _check_size(n: int, frames: int, spec: DatasetSpec) -> None:
    """All frames are held at once."""
    most = max(1, LARGEST // (n * math.prod(spec.event_shape)))
    if frames > most:
        raise UsageError(
            f"{n} sequences of {frames} frames are too many to hold: with -n {n} ask for at most {most}"
        )


def _check_row(number: int, rows: int) -> int:
    if not 0 <= number < rows:
        raise UsageError(f"there is no test sequence {number}; they are numbered 0 to {rows - 1}")
    return number
