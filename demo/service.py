"""What the app does, as plain functions: no gradio, and nothing here belongs to one visitor.

Sequences are named by their position in the *test* split, which no model was trained on.
"""

from __future__ import annotations

import threading

import numpy as np
import torch

from demo import courses, originals, sounds, words
from demo.originals import Original
from demo.sequences import (
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
from demo.sounds import Sound
from demo.store import (
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
from demo.swapped import (
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
from demo.words import UNKNOWN, headline_factors
from seqdisent.audio.clips import wav_bytes
from seqdisent.data import SequenceDataset
from seqdisent.evaluation.hearing import as_judged
from seqdisent.types import Latents, Sequences
from seqdisent.views import media, projections, sound
from seqdisent.views.series import Course, csv

__all__ = [  # the store, the sequences and what a swap is are part of the service
    "A", "A_AGAIN", "A_LIKE_B", "B", "B_AGAIN", "B_LIKE_A", "CLIPS", "DONORS", "MAP_SIZE", "SHOWN", "SPLIT", "Judge",
    "Loaded", "Original", "ServiceError", "Sound", "Swap", "Verdict", "caption", "check_index", "checkpoints",
    "data_ready", "default_checkpoint", "describe", "export", "fetch_data", "first_pair", "headline_factors", "labels",
    "load", "map_size", "map_sizes", "nearest", "random_pair", "shown_rows", "spec_of", "title",
]  # fmt: skip
MAX_SAMPLES = 16


@torch.inference_mode()
def swap(name: str, a: int | Original, b: int | Original) -> Swap:
    """Encode a pair, exchange its static codes, decode everything.

    Args:
        a: position in the test split, or a recording from outside (:mod:`demo.originals`).
        b: the same.
    """
    it = load(name)
    pair = tuple(one if isinstance(one, Original) else originals.from_split(it.dataset, one) for one in (a, b))
    x, mask = (torch.cat([getattr(one.batch, part) for one in pair]) for part in ("x", "mask"))
    latents = it.model.encode(x, None if it.dataset.lengths is None else mask, sample=False).latents
    codes = Latents.cat([latents[look : look + 1].with_dynamic(latents[m : m + 1]) for look, m in DONORS.values()])
    told = it.model.likelihood(codes)
    made = sounds.everywhere(told.mean, codes.mask)
    verdicts = _verdicts(it, pair, made)
    if it.spec.modality == "series":
        clips = courses.of_pair(pair, told, made.mask, [motion for _, motion in DONORS.values()])
        return Swap(it.spec, pair, clips, {}, {}, verdicts)
    if it.spec.modality == "audio":
        errors = {
            clip: sounds.error_db(made, row, pair[look].batch)
            for row, (clip, (look, motion)) in enumerate(DONORS.items()) if look == motion
        }  # fmt: skip
        return Swap(it.spec, pair, sounds.of_pair(pair, made), {}, errors, verdicts)
    pixels = made.x.clamp(0, 1)
    psnr = {
        clip: _psnr(pixels[row], _truth(it.dataset, pair[look], pair[motion]))
        for row, (clip, (look, motion)) in enumerate(DONORS.items())
    }
    return Swap(it.spec, pair, media.to_uint8(torch.cat([x, pixels])), psnr, {}, verdicts)


def _verdicts(it: Loaded, pair: tuple[Original, Original], made: Sequences) -> dict[int, tuple[Verdict, ...]]:
    """What the judge says of every generated clip, of the factors of which a sequence has one label."""
    seen = it.judge.classify(as_judged(made, it.spec)) if it.judge else {}
    seen = {name: labels for name, labels in seen.items() if not words.changing(it.spec, it.spec.factor(name))}
    verdicts = {}
    for row, (clip, (look, motion)) in enumerate(DONORS.items()):
        donors = {f.name: pair[look if f.kind == "static" else motion] for f in it.spec.factors if f.name in seen}
        verdicts[clip] = tuple(
            Verdict(name, donor.factors.get(name, UNKNOWN), it.spec.factor(name).classes[int(seen[name][row])])
            for name, donor in donors.items()
        )
    return verdicts


def _truth(dataset: SequenceDataset, look: Original, motion: Original) -> torch.Tensor | None:
    """The real sequence ``[T, *event]`` with one's static and the other's dynamic labels, if any."""
    if look.index is None or motion.index is None:
        return None
    match = np.ones(len(dataset), bool)
    for values in dataset.static.values():
        match &= values == values[look.index]
    for values in dataset.dynamic.values():
        match &= (values == values[motion.index]).all(1)
    found = np.flatnonzero(match)
    return dataset[int(found[0])].x[0] if len(found) else None


def _psnr(made: torch.Tensor, truth: torch.Tensor | None) -> float | None:
    """Peak signal-to-noise ratio in dB (values are in 0..1), at most 99."""
    if truth is None:
        return None
    return float(-10 * torch.log10((made - truth).square().mean().clamp_min(10**-9.9)))


@torch.inference_mode()
def encode(name: str, index: int) -> Latents:
    """Posterior means of one sequence, a batch of one."""
    it = load(name)
    some = it.dataset[check_index(it.dataset, index)]
    return it.model.encode(some.x, None if it.dataset.lengths is None else some.mask, sample=False).latents


@torch.inference_mode()
def sample(
    name: str, n: int, seed: int, keep: str | None = None, index: int = 0
) -> np.ndarray | list[np.ndarray] | list[Course]:  # fmt: skip
    """Draws from the prior: uint8 ``[n, T, H, W, 3]``, ``n`` equally loud waveforms, float32 at 16 kHz, or courses.

    Args:
        keep: ``"static"`` or ``"dynamic"`` takes that code from sequence ``index``, draws the other.
    """
    it = load(name)
    if not 1 <= n <= MAX_SAMPLES:
        raise ServiceError(f"Ask for 1 to {MAX_SAMPLES} samples, not {n}.")
    if not 0 <= seed < 2**63:
        raise ServiceError("A seed is a whole number from 0 to 2^63 - 1.")
    if keep not in (None, "static", "dynamic"):
        raise ServiceError("keep is 'static', 'dynamic' or nothing.")
    kept, mask = {}, None
    if keep:
        codes = encode(name, index)
        code = getattr(codes, keep)
        kept = {keep: code.expand(n, *code.shape[1:])}
        mask = codes.mask.expand(n, -1) if keep == "dynamic" and codes.mask is not None else None
    latents = it.model.sample(n, generator=torch.Generator().manual_seed(seed), **kept)
    told = it.model.likelihood(latents)
    made = sounds.everywhere(told.mean, mask)
    if it.spec.modality == "series":
        return courses.of_batch(told, made.mask)
    return sounds.of_batch(made) if it.spec.modality == "audio" else media.to_uint8(made.x.clamp(0, 1))


def sample_file(made: np.ndarray | list[np.ndarray] | list[Course], name: str) -> tuple[bytes, str]:
    """What :func:`sample` drew as a file, and its suffix."""
    spec = spec_of(name)
    if spec.modality == "series":
        return csv({f"sample {number}": one for number, one in enumerate(made)}, spec).encode(), "csv"
    if spec.modality == "audio":
        return wav_bytes(sound.in_turn(made)), "wav"
    tiled = media.upscale(media.tile(list(made), columns=min(4, len(made))), 3)
    return media.animated_webp(tiled, spec.rate_hz), "webp"


@torch.inference_mode()
def hear(name: str, index: int) -> np.ndarray:
    """The recording of a test sequence at the common loudness, float32 ``[n]`` at 16 kHz."""
    dataset = load(name).dataset
    if dataset.recordings is None:
        raise ServiceError(f"{title(name)} has no sound.")
    return sounds.recording(dataset.recordings[check_index(dataset, index)])


def maps(name: str, n: int, method: str, progress: projections.Progress | None = None) -> projections.MapPair:
    """Both maps of ``n`` test sequences, shipped or cached if they can be."""
    it = load(name)
    n, sizes = min(n, len(it.dataset)), map_sizes(it.dataset)
    if n not in sizes:
        raise ServiceError(f"A map shows {', '.join(map(str, sizes))} sequences, not {n}.")
    if method not in projections.METHODS:
        raise ServiceError(f"Projections: {', '.join(projections.METHODS)}; not {str(method)[:20]!r}.")
    with _MAPS_LOCK:  # what two visitors ask for at once is made once
        key = (it, n, method)
        if key not in _MAPS:
            if len(_MAPS) >= 32:
                _MAPS.pop(next(iter(_MAPS)))
            _MAPS[key] = projections.maps(name, it.model, it.dataset, n=n, method=method, progress=progress)
        return _MAPS[key]


_MAPS: dict[tuple[Loaded, int, str], projections.MapPair] = {}
_MAPS_LOCK = threading.Lock()


def map_made(name: str, n: int, method: str) -> bool:
    """Whether a map can be shown at once."""
    it = load(name)
    return projections.made(name, it.dataset, min(n, len(it.dataset)), method)
