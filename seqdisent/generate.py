"""What the commands ``swap`` and ``sample`` do: pictures as an animation, speech as a sound."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from seqdisent.checkpoint import load_checkpoint
from seqdisent.commands import UsageError
from seqdisent.data import load_dataset
from seqdisent.data.spec import DatasetSpec
from seqdisent.types import Latents, Sequences


@torch.inference_mode()
def swap(args: Namespace, console: Console) -> None:
    """Write A, B and both swaps."""
    model, spec = load_checkpoint(args.checkpoint)
    clips = load_dataset(spec.name, "test", args.data_root)
    for number in (args.a, args.b):
        _check_row(number, len(clips))
    batch = clips[[args.a, args.b]]
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    b_like_a, a_like_b = model.swap(latents[:1], latents[1:])
    swapped = Latents.cat([a_like_b, b_like_a])
    whole = Sequences(torch.cat([batch.x, model.decode(swapped)]), torch.cat([batch.mask, swapped.mask]))
    path = args.output or _default("swap", spec)
    _write(path, whole, spec, columns=2)
    order = "in turn" if spec.modality == "audio" else "above, then below"
    console.print(
        f"{path}: sequences {args.a} (A) and {args.b} (B), A's static with B's dynamics, "
        f"B's static with A's dynamics, {order}",
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
    made = model.decode(model.sample(args.n, frames, generator=generator, **kept))
    mask = torch.ones(made.shape[:2], dtype=torch.bool) if mask is None else mask
    path = args.output or _default("sample", spec)
    _write(path, Sequences(made, mask), spec, columns=min(args.n, max(1, round(args.n**0.5 * 1.5))))
    console.print(f"{path}: {args.n} sequences of {made.shape[1]} frames, seed {args.seed}", highlight=False)


def _write(path: Path, batch: Sequences, spec: DatasetSpec, *, columns: int) -> None:
    """Speech in turn, with pauses; pictures in a grid that plays in step, enlarged four times."""
    suffix = path.suffix.lower().removeprefix(".")
    if spec.modality == "audio":
        from seqdisent.audio.clips import wav_bytes
        from seqdisent.evaluation.hearing import waveforms
        from seqdisent.views import sound

        if suffix != "wav":
            raise UsageError(f"{path}: {spec.name} is sound; write to .wav")
        path.write_bytes(wav_bytes(sound.in_turn(sound.at_one_level(waveforms(batch)))))
        return
    from seqdisent.views import media

    if suffix not in media.ENCODERS:
        raise UsageError(f"{path}: write to one of .{', .'.join(media.ENCODERS)}")
    clips: list[np.ndarray] = list(media.to_uint8(batch.x))
    path.write_bytes(media.ENCODERS[suffix](media.upscale(media.tile(clips, columns), 4), spec.rate_hz))


def _default(name: str, spec: DatasetSpec) -> Path:
    return Path(f"{name}.wav" if spec.modality == "audio" else f"{name}.mp4")


def _check_row(number: int, rows: int) -> None:
    if not 0 <= number < rows:
        raise UsageError(f"there is no test sequence {number}; they are numbered 0 to {rows - 1}")
