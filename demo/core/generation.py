"""Sequences that a model generates apart from a swap: the same for the same request, and none is kept for long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch

from demo.core import requests, sources
from demo.core.catalog import Loaded, load
from demo.core.pairs import shown_rows
from demo.core.requests import GeneratedRef, GenerationRequest, Ref
from demo.errors import RequestError
from demo.modalities import view_of
from demo.modalities.base import SourceClip
from seqdisent.data import DatasetSpec
from seqdisent.models import latent_ops
from seqdisent.projections import maps
from seqdisent.types import Latents, Sequences

CHUNK = 256  # steps that are decoded at once
SPREAD = 64  # sequences that the standard deviation of each dimension is taken over


@dataclass(frozen=True, eq=False)
class GenerationResult:
    """What a request generated.

    Args:
        request: with the lengths that were 0 filled in.
        latents: of all ``n``.
        batch: of speech and time series, the means, as models see them.
        clips: uint8 ``[n, T, H, W, 3]``, ``n`` equally loud waveforms, float32 at 16 kHz, or ``n`` series.
        notes: what a reader should know about how it was generated.
    """

    request: GenerationRequest
    spec: DatasetSpec
    latents: Latents
    batch: Sequences | None
    clips: Any
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.latents)


Generated = tuple[Latents, tuple[str, ...]]  # codes, and notes on them


def generate(request: GenerationRequest) -> GenerationResult:
    """Codes and clips of a request of :func:`demo.core.requests.parse_request`.

    Raises:
        RequestError: for lengths that do not fit.
    """
    return _generate(load(request.checkpoint), request)


def source(it: Loaded, one: Ref) -> SourceClip:
    """A sequence of the test split, or a generated one, as a side of a pair."""
    return _source(it, requests.read_ref(it, one))


def codes(it: Loaded, one: Ref) -> Latents:
    """Its posterior means, a batch of one; those of the last few sequences are remembered."""
    return _codes(it, requests.read_ref(it, one))


def encode(name: str, index: int) -> Latents:
    """Posterior means of one test sequence, a batch of one."""
    return codes(load(name), index)


def length(it: Loaded, one: Ref) -> int:
    """The steps that it has."""
    return int(source(it, one).batch.mask.sum())


def spread(it: Loaded) -> dict[str, list[float]]:
    """Standard deviation of each dimension of both codes over some test sequences."""
    return _spread(it)


@lru_cache(maxsize=4)
@torch.inference_mode()
def _generate(it: Loaded, request: GenerationRequest) -> GenerationResult:
    request = _with_lengths(it, request)
    latents, notes = _MODES[request.mode](it, request)
    view = view_of(it.spec)
    # A few sequences at a time, to bound the memory.
    rows = max(1, CHUNK // latents.dynamic.shape[1])
    parts = []
    for first in range(0, len(latents), rows):
        parts.append(view.decoded(it.model.likelihood(latents[first : first + rows])))
    batch, clips = view.collect(parts, latents.mask)
    return GenerationResult(request, it.spec, latents, batch, clips, notes)


def _with_lengths(it: Loaded, request: GenerationRequest) -> GenerationRequest:
    """A request with the lengths that were 0; RequestError if they do not go together or are too much."""
    frames = request.frames or it.spec.frames
    prefix = request.prefix
    if request.mode == "continue":
        there = length(it, request.a)
        prefix = prefix or max(1, there // 2)
        if prefix > there:
            raise RequestError(
                f"prefix: at most {there}, because A has {there} {requests.steps_label(it.spec)}."
            )
        if frames <= prefix:
            raise RequestError(
                f"prefix: {prefix} given steps leave nothing to generate in a length of {frames}. Ask for a longer "
                "sequence, or give fewer steps."
            )
    elif request.mode != "roll" or request.keep == "dynamic":
        frames = 0  # it is as long as what it is generated from
    requests.check_size(it.spec, request.n, frames or it.spec.frames)
    return request.model_copy(update={"frames": frames, "prefix": prefix})


def _sample(it: Loaded, request: GenerationRequest) -> Generated:
    kept, mask = {}, None
    if request.keep:
        given = latent_ops.repeat(codes(it, request.a), request.n)
        kept[request.keep] = getattr(given, request.keep)
        mask = given.mask if request.keep == "dynamic" else None
    latents = it.model.sample(
        request.n,
        request.frames or None,
        temperature=request.temperature,
        generator=_generator(request),
        **kept,
    )
    notes: tuple[str, ...] = ()
    if request.temperature == 0:
        notes = ("At temperature 0 nothing is random: all of them are the same.",)
    return replace(latents, mask=mask), notes


def _extrapolate(it: Loaded, request: GenerationRequest) -> Generated:
    given = source(it, request.a).batch
    start = latent_ops.encode_prefix(it.model, given.x, request.prefix, given.mask)
    notes: tuple[str, ...] = ()
    if it.model.fixed_frames is not None:
        notes += (
            "This model encodes full sequences: the codes of the given steps may depend on later ones.",
        )
    latents = it.model.extend(
        latent_ops.repeat(start, request.n),
        request.frames - request.prefix,
        temperature=request.temperature,
        generator=_generator(request),
    )
    if it.model.config.transition == "deterministic":
        notes += (
            "Noise enters this model only at the first step: given steps have a single continuation.",
        )
    elif request.temperature == 0:
        notes += ("At temperature 0 there is a single continuation: the most likely one.",)
    return latents, notes


def _interpolate(it: Loaded, request: GenerationRequest) -> Generated:
    a, b = codes(it, request.a), codes(it, request.b)
    return latent_ops.interpolate(a, b, request.weights, what=request.what, path=request.path), ()


def _traverse(it: Loaded, request: GenerationRequest) -> Generated:
    a = codes(it, request.a)
    return latent_ops.traverse(a, request.code, request.dimension, request.weights), ()


def _partial(it: Loaded, request: GenerationRequest) -> Generated:
    a, b = codes(it, request.a), codes(it, request.b)
    common = min(length(it, request.a), length(it, request.b))
    if any(step >= common for step in request.steps):
        raise RequestError(
            f"steps: 0 to {common - 1}, because A and B have {common} {requests.steps_label(it.spec)} in common."
        )
    some = latent_ops.partial_swap(
        a, b, static=request.static, dynamic=request.dynamic, steps=request.steps
    )
    everything = a.with_static(b) if request.static else a
    if request.dynamic or request.steps:
        everything = everything.with_dynamic(b)
    return Latents.cat([some, everything, a]), ()


_MODES: dict[str, Callable[[Loaded, GenerationRequest], Generated]] = {
    "roll": _sample,
    "interpolate": _interpolate,
    "traverse": _traverse,
    "partial": _partial,
    "continue": _extrapolate,
}


def _generator(request: GenerationRequest) -> torch.Generator:
    return torch.Generator().manual_seed(request.seed)


@lru_cache(maxsize=64)
def _source(it: Loaded, one: Ref) -> SourceClip:
    if not isinstance(one, GeneratedRef):
        return sources.from_split(it.dataset, one)
    view = view_of(it.spec)
    batch = view.batch_of(_generate(it, one.request), one.number)
    steps, frames = batch.x.shape[1], it.spec.frames
    label = requests.steps_label(it.spec)
    caption = f"generated: {requests.describe(it.spec, one)}"
    if steps < frames and it.dataset.lengths is None:
        raise RequestError(
            f"This model takes {frames} {label}, and this has {steps}: generate at least as many to use it as a source."
        )
    if steps > frames:
        caption += f" (its first {frames} {label})"
    # Behind a shorter one its last step is repeated and masked, as in the data.
    kept = torch.arange(frames).clamp_max(steps - 1)
    exists = torch.arange(frames) < steps
    batch = Sequences(batch.x[:, kept], batch.mask[:, kept] & exists)
    wave = view.waveform(batch)
    return SourceClip("generated sequence", caption, {}, batch, wave, generated=one)


@lru_cache(maxsize=64)
@torch.inference_mode()
def _codes(it: Loaded, one: Ref) -> Latents:
    batch = _source(it, one).batch
    mask = None if it.dataset.lengths is None else batch.mask
    return it.model.encode(batch.x, mask, sample=False).latents


@lru_cache(maxsize=8)
def _spread(it: Loaded) -> dict[str, list[float]]:
    static, dynamic = maps.encode_rows(it.model, it.dataset, shown_rows(it.dataset)[:SPREAD])
    dynamic = dynamic.reshape(-1, it.model.config.dynamic_size)
    return {"static": static.std(0).round(3).tolist(), "dynamic": dynamic.std(0).round(3).tolist()}
