"""Sequences that a model makes beside a swap: the same for the same wish, and nothing of them is kept for long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from demo.core import requests as wishes
from demo.core import sources as originals
from demo.core.catalog import Loaded, ServiceError, load
from demo.core.pairs import shown_rows
from demo.core.requests import Made, Ref, Wish
from demo.core.sources import Original
from demo.modalities import speech as sounds
from demo.modalities import timeseries as courses
from seqdisent.data import DatasetSpec
from seqdisent.data.dataset import values
from seqdisent.distributions import DiagonalGaussian
from seqdisent.media import video
from seqdisent.media.timeseries import Course
from seqdisent.models import latent_ops
from seqdisent.projections import maps
from seqdisent.types import Latents, Sequences

CHUNK = 256  # steps that are decoded at once
SPREAD = 64  # sequences that tell how lively each dimension is


@dataclass(frozen=True, eq=False)
class Result:
    """What a wish made.

    Args:
        wish: with what stood at 0 filled in.
        latents: of all ``n``.
        batch: of sound and series, the means, as models see them.
        clips: uint8 ``[n, T, H, W, 3]``, ``n`` equally loud waveforms, float32 at 16 kHz, or courses.
        notes: what a reader should know of how it was made.
    """

    wish: Wish
    spec: DatasetSpec
    latents: Latents
    batch: Sequences | None
    clips: np.ndarray | list[np.ndarray] | list[Course]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.latents)


def make(wish: Wish) -> Result:
    """Codes and clips of a wish that :func:`demo.core.requests.read` has checked.

    Raises:
        ServiceError: for lengths that do not fit.
    """
    return _make(load(wish.checkpoint), wish)


def source(it: Loaded, one: Ref) -> Original:
    """A sequence of the test split, or one that was made, as a side of a pair."""
    return _source(it, wishes.ref(it, one))


def codes(it: Loaded, one: Ref) -> Latents:
    """Its posterior means, a batch of one; those of the last few sequences are remembered."""
    return _codes(it, wishes.ref(it, one))


def length(it: Loaded, one: Ref) -> int:
    """The steps that it has."""
    return int(source(it, one).batch.mask.sum())


def spread(it: Loaded) -> dict[str, list[float]]:
    """Standard deviation of each dimension of both codes over some test sequences: the lively ones change something."""
    return _spread(it)


@lru_cache(maxsize=4)
@torch.inference_mode()
def _make(it: Loaded, wish: Wish) -> Result:
    wish, latents, notes = _DRAWING[wish.mode](it, _filled(it, wish))
    told = _told(it, latents)
    if it.spec.modality == "video":
        return Result(wish, it.spec, latents, None, told, notes)
    batch = sounds.everywhere(told.mean, latents.mask)
    clips = (
        sounds.of_batch(batch)
        if it.spec.modality == "speech"
        else courses.of_batch(told, batch.mask)
    )
    return Result(wish, it.spec, latents, batch, clips, notes)


def _filled(it: Loaded, wish: Wish) -> Wish:
    """A wish with the lengths that stood at 0; ServiceError if they do not go together or are too much."""
    held = length(it, wish.a) if wish.mode != "roll" or wish.keep else 0
    frames, prefix = wish.frames or it.spec.frames, wish.prefix
    if wish.mode == "continue":
        prefix = prefix or max(1, held // 2)
        if prefix > held:
            raise ServiceError(
                f"A has {held} {wishes.steps_of(it.spec)}: no beginning of {prefix}."
            )
        if frames <= prefix:
            raise ServiceError(
                f"A beginning of {prefix} leaves nothing to draw in a length of {frames}: make it longer, or give less."
            )
    elif wish.mode != "roll" or wish.keep == "dynamic":
        frames = 0  # it is as long as what it is made of
    wishes.check_size(it.spec, wish.n, frames or it.spec.frames)
    return replace(wish, frames=frames, prefix=prefix)


def _roll(it: Loaded, wish: Wish) -> tuple[Wish, Latents, tuple[str, ...]]:
    kept, mask = {}, None
    if wish.keep:
        own = latent_ops.repeat(codes(it, wish.a), wish.n)
        kept = {wish.keep: getattr(own, wish.keep)}
        mask = own.mask if wish.keep == "dynamic" else None
    drawn = it.model.sample(
        wish.n,
        wish.frames or None,
        temperature=wish.temperature,
        generator=_generator(wish),
        **kept,
    )
    notes = (
        ("At temperature 0 nothing is left to chance: all of them are the same.",)
        if wish.temperature == 0
        else ()
    )
    return wish, replace(drawn, mask=mask), notes


def _continue(it: Loaded, wish: Wish) -> tuple[Wish, Latents, tuple[str, ...]]:
    known, notes = source(it, wish.a).batch, ()
    start = latent_ops.encode_prefix(it.model, known.x, wish.prefix, known.mask)
    if it.model.config.dynamic_rank:
        notes = (
            "This model reads sequences whole: the codes of the beginning may know something of what came after.",
        )
    options = {"temperature": wish.temperature, "generator": _generator(wish)}
    made = it.model.extend(latent_ops.repeat(start, wish.n), wish.frames - wish.prefix, **options)
    if it.model.config.transition == "deterministic":
        notes += (
            "Noise enters this model only at the first step: from one beginning there is one future.",
        )
    elif wish.temperature == 0:
        notes += ("At temperature 0 there is one future: the most likely one.",)
    return wish, made, notes


def _interpolate(it: Loaded, wish: Wish) -> tuple[Wish, Latents, tuple[str, ...]]:
    a, b = codes(it, wish.a), codes(it, wish.b)
    return wish, latent_ops.interpolate(a, b, wish.weights, what=wish.what, path=wish.path), ()


def _traverse(it: Loaded, wish: Wish) -> tuple[Wish, Latents, tuple[str, ...]]:
    return wish, latent_ops.traverse(codes(it, wish.a), wish.code, wish.dimension, wish.weights), ()


def _partial(it: Loaded, wish: Wish) -> tuple[Wish, Latents, tuple[str, ...]]:
    a, b = codes(it, wish.a), codes(it, wish.b)
    common = min(length(it, wish.a), length(it, wish.b))
    if any(step >= common for step in wish.steps):
        raise ServiceError(
            f"A and B have {common} {wishes.steps_of(it.spec)} in common, counted from 0."
        )
    some = latent_ops.partial_swap(a, b, static=wish.static, dynamic=wish.dynamic, steps=wish.steps)
    every = a.with_static(b) if wish.static else a
    if wish.dynamic or wish.steps:
        every = every.with_dynamic(b)
    return wish, Latents.cat([some, every, a]), ()


_DRAWING = {
    "roll": _roll,
    "interpolate": _interpolate,
    "traverse": _traverse,
    "partial": _partial,
    "continue": _continue,
}


def _generator(wish: Wish) -> torch.Generator:
    return torch.Generator().manual_seed(wish.seed)


def _told(it: Loaded, latents: Latents) -> np.ndarray | DiagonalGaussian:
    """What a decoder says, a few sequences at a time: pictures at once as bytes, a quarter of the memory."""
    rows = max(1, CHUNK // latents.dynamic.shape[1])
    parts = [
        it.model.likelihood(latents[first : first + rows]) for first in range(0, len(latents), rows)
    ]
    if it.spec.modality == "video":
        return np.concatenate([video.to_uint8(part.mean.clamp(0, 1)) for part in parts])
    return DiagonalGaussian(
        *(torch.cat([getattr(part, name) for part in parts]) for name in ("mean", "log_std"))
    )


@lru_cache(maxsize=64)
def _source(it: Loaded, one: Ref) -> Original:
    if not isinstance(one, Made):
        return originals.from_split(it.dataset, one)
    result, frames = _make(it, one.wish), it.spec.frames
    if result.batch is None:
        x = values(result.clips[one.number : one.number + 1])
        batch = Sequences(x, torch.ones(x.shape[:2], dtype=torch.bool))
    else:
        batch = Sequences(result.batch.x[[one.number]], result.batch.mask[[one.number]])
    made, caption = batch.x.shape[1], f"made: {wishes.said(it.spec, one)}"
    if made < frames and it.dataset.lengths is None:
        raise ServiceError(
            f"This model takes {frames} {wishes.steps_of(it.spec)}, and this has {made}: make it at least as long to "
            "use it as a source."
        )
    if made > frames:
        caption += f" (its first {frames} {wishes.steps_of(it.spec)})"
    some = torch.arange(frames).clamp_max(
        made - 1
    )  # behind a shorter one its last step, unheard, as in the data
    batch = Sequences(batch.x[:, some], batch.mask[:, some] & (torch.arange(frames) < made))
    wave = sounds.of_batch(batch)[0] if it.spec.modality == "speech" else None
    return Original("made sequence", caption, {}, batch, wave, made=one)


@lru_cache(maxsize=64)
@torch.inference_mode()
def _codes(it: Loaded, one: Ref) -> Latents:
    batch = _source(it, one).batch
    return it.model.encode(
        batch.x, None if it.dataset.lengths is None else batch.mask, sample=False
    ).latents


@lru_cache(maxsize=8)
def _spread(it: Loaded) -> dict[str, list[float]]:
    static, dynamic = maps.encode_rows(it.model, it.dataset, shown_rows(it.dataset)[:SPREAD])
    dynamic = dynamic.reshape(-1, it.model.config.dynamic_size)
    return {"static": static.std(0).round(3).tolist(), "dynamic": dynamic.std(0).round(3).tolist()}
