"""What the app does, as plain functions: no gradio, and nothing here belongs to one visitor.

Sequences are named by their position in the *test* split, which no model was trained on.
"""

from __future__ import annotations

import threading

import numpy as np
import torch

from demo.core import generation
from demo.core import text as words
from demo.core.catalog import (
    SPLIT,
    Judge,
    Loaded,
    ServiceError,
    checkpoints,
    data_ready,
    default_checkpoint,
    fetch_data,
    load,
    spec_of,
    title,
)
from demo.core.pairs import (
    MAP_SIZE,
    caption,
    check_index,
    describe,
    first_pair,
    labels,
    map_size,
    map_sizes,
    nearest,
    random_pair,
    shown_rows,
)
from demo.core.requests import Made, Ref
from demo.core.sources import Original
from demo.core.swap import (
    A_AGAIN,
    A_LIKE_B,
    B_AGAIN,
    B_LIKE_A,
    CLIPS,
    DONORS,
    SHOWN,
    A,
    B,
    Swap,
    Verdict,
    export,
)
from demo.core.text import UNKNOWN, headline_factors
from demo.modalities import speech as sounds
from demo.modalities import timeseries as courses
from demo.modalities.speech import Sound
from seqdisent.data import SequenceDataset
from seqdisent.media import video
from seqdisent.modalities import modality_of
from seqdisent.projections import maps as projections
from seqdisent.types import Latents, Sequences

__all__ = [  # the store, the sequences and what a swap is are part of the service
    "A",
    "A_AGAIN",
    "A_LIKE_B",
    "B",
    "B_AGAIN",
    "B_LIKE_A",
    "CLIPS",
    "DONORS",
    "MAP_SIZE",
    "SHOWN",
    "SPLIT",
    "Judge",
    "Loaded",
    "Made",
    "Original",
    "Ref",
    "ServiceError",
    "Sound",
    "Swap",
    "Verdict",
    "caption",
    "check_index",
    "checkpoints",
    "data_ready",
    "default_checkpoint",
    "describe",
    "export",
    "fetch_data",
    "first_pair",
    "headline_factors",
    "labels",
    "load",
    "map_size",
    "map_sizes",
    "nearest",
    "random_pair",
    "shown_rows",
    "spec_of",
    "title",
]


@torch.inference_mode()
def swap(name: str, a: Ref | Original, b: Ref | Original) -> Swap:
    """Encode a pair, exchange its static codes, decode everything.

    Args:
        a: position in the test split, how it was made (:mod:`demo.core.requests`), or what a visitor brings
            (:mod:`demo.core.sources`).
        b: the same.
    """
    it = load(name)
    pair = tuple(one if isinstance(one, Original) else generation.source(it, one) for one in (a, b))
    x, mask = (torch.cat([getattr(one.batch, part) for one in pair]) for part in ("x", "mask"))
    latents = it.model.encode(x, None if it.dataset.lengths is None else mask, sample=False).latents
    codes = Latents.cat(
        [latents[look : look + 1].with_dynamic(latents[m : m + 1]) for look, m in DONORS.values()]
    )
    told = it.model.likelihood(codes)
    made = sounds.everywhere(told.mean, codes.mask)
    verdicts = _verdicts(it, pair, made)
    if it.spec.modality == "timeseries":
        clips = courses.of_pair(pair, told, made.mask, [motion for _, motion in DONORS.values()])
        return Swap(it.spec, pair, clips, {}, {}, verdicts)
    if it.spec.modality == "speech":
        errors = {
            clip: sounds.error_db(made, row, pair[look].batch)
            for row, (clip, (look, motion)) in enumerate(DONORS.items())
            if look == motion
        }
        return Swap(it.spec, pair, sounds.of_pair(pair, made), {}, errors, verdicts)
    pixels = made.x.clamp(0, 1)
    psnr = {
        clip: _psnr(pixels[row], _truth(it.dataset, pair[look], pair[motion]))
        for row, (clip, (look, motion)) in enumerate(DONORS.items())
    }
    return Swap(it.spec, pair, video.to_uint8(torch.cat([x, pixels])), psnr, {}, verdicts)


def _verdicts(
    it: Loaded, pair: tuple[Original, Original], made: Sequences
) -> dict[int, tuple[Verdict, ...]]:
    """What the judge says of every generated clip, of the factors of which a sequence has one label."""
    seen = it.judge.classify(modality_of(it.spec).judge_batch(made, it.spec)) if it.judge else {}
    seen = {
        name: labels
        for name, labels in seen.items()
        if not words.changing(it.spec, it.spec.factor(name))
    }
    verdicts = {}
    for row, (clip, (look, motion)) in enumerate(DONORS.items()):
        donors = {
            f.name: pair[look if f.kind == "static" else motion]
            for f in it.spec.factors
            if f.name in seen
        }
        verdicts[clip] = tuple(
            Verdict(
                name,
                donor.factors.get(name, UNKNOWN),
                it.spec.factor(name).classes[int(seen[name][row])],
            )
            for name, donor in donors.items()
        )
    return verdicts


def _truth(dataset: SequenceDataset, look: Original, motion: Original) -> torch.Tensor | None:
    """The real sequence ``[T, *event]`` with one's static and the other's dynamic labels, if any."""
    if look.index is None or motion.index is None:
        return None
    if look.index == motion.index:
        return look.batch.x[0]
    match = np.ones(len(dataset), bool)
    for values in dataset.static.values():
        match &= values == values[look.index]
    for values in dataset.dynamic.values():
        # What is missing in both, like the course of a ball that is not there, is the same in both.
        same = (values == values[motion.index]) | (
            (values != values) & (values != values)[motion.index]
        )
        match &= same.all(1)
    found = np.flatnonzero(match)
    return dataset[int(found[0])].x[0] if len(found) else None


def _psnr(made: torch.Tensor, truth: torch.Tensor | None) -> float | None:
    """Peak signal-to-noise ratio in dB (values are in 0..1), at most 99."""
    if truth is None:
        return None
    return float(-10 * torch.log10((made - truth).square().mean().clamp_min(10**-9.9)))


def encode(name: str, index: int) -> Latents:
    """Posterior means of one sequence, a batch of one."""
    return generation.codes(load(name), index)


@torch.inference_mode()
def hear(name: str, index: int) -> np.ndarray:
    """The recording of a test sequence at the common loudness, float32 ``[n]`` at 16 kHz."""
    dataset = load(name).dataset
    if dataset.recordings is None:
        raise ServiceError(f"{title(name)} has no sound.")
    return sounds.recording(dataset.recordings[check_index(dataset, index)])


def maps(
    name: str, n: int, method: str, progress: projections.Progress | None = None
) -> projections.MapPair:
    """Both maps of ``n`` test sequences, shipped or cached if they can be."""
    it = load(name)
    n, sizes = min(n, len(it.dataset)), map_sizes(it.dataset)
    if n not in sizes:
        raise ServiceError(f"A map shows {', '.join(map(str, sizes))} sequences, not {n}.")
    if method not in projections.METHODS:
        raise ServiceError(
            f"Projections: {', '.join(projections.METHODS)}; not {str(method)[:20]!r}."
        )
    with _MAPS_LOCK:  # what two visitors ask for at once is made once
        key = (it, n, method)
        if key not in _MAPS:
            if len(_MAPS) >= 32:
                _MAPS.pop(next(iter(_MAPS)))
            _MAPS[key] = projections.maps(
                name, it.model, it.dataset, n=n, method=method, progress=progress
            )
        return _MAPS[key]


_MAPS: dict[tuple[Loaded, int, str], projections.MapPair] = {}
_MAPS_LOCK = threading.Lock()


def map_made(name: str, n: int, method: str) -> bool:
    """Whether a map can be shown at once."""
    it = load(name)
    return projections.made(name, it.dataset, min(n, len(it.dataset)), method)
