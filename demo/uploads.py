"""Recordings that visitors bring: as the model will see them, on the maps, and in a swap.

They are kept in memory only, under a token that cannot be guessed: the last :data:`MOST` of all visitors, each until
:func:`forget` is called or, at the first request after :data:`SECONDS`, for that long. Nothing is written to disk here.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch

from demo import originals, service
from demo.originals import Original
from demo.service import Loaded, ServiceError, Swap
from seqdisent.audio import clips, measure, world
from seqdisent.audio.clips import AudioError, Clip
from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.evaluation import outside
from seqdisent.evaluation.outside import Outside, Reference
from seqdisent.types import Latents, Sequences
from seqdisent.views import projections

MOST, SECONDS = 64, 3600.0
NEIGHBOURS = 5
NAME = "your recording"


@dataclass(frozen=True, eq=False)
class Upload:
    """A recording as a model sees it.

    Args:
        key: the token under which it is kept.
        checkpoint: that it was prepared for.
        original: it as a side of a swap.
        notes: a sentence for each thing that was done to it, or found in it.
        latents: posterior means, a batch of one.
        outside: whether it is like what the model knows; without measures where too few sequences are known.
    """

    key: str
    checkpoint: str
    original: Original
    notes: tuple[str, ...]
    latents: Latents
    outside: Outside

    @property
    def wave(self) -> np.ndarray:
        """What the model sees as sound: float32 ``[n]`` at 16 kHz."""
        return self.original.wave

    @property
    def batch(self) -> Sequences:
        """What the model sees: ``x [1, T, 2, 67]`` and its mask."""
        return self.original.batch

    @property
    def seconds(self) -> float:
        return len(self.wave) / clips.RATE_HZ

    @property
    def pitch_hz(self) -> float | None:
        """Median pitch, None if nothing in it is voiced."""
        hz = world.median_pitch_hz(world.to_frames(self.batch.x[0].numpy(), int(self.batch.mask.sum())))
        return None if np.isnan(hz) else hz


def read(checkpoint: str, content: bytes | Path, name: str = "") -> Upload:
    """A sound file, by its content or path.

    Args:
        name: of the file, for people.

    Raises:
        ServiceError: for a checkpoint of pictures, and for what :func:`seqdisent.audio.clips.read` refuses.
    """
    name = name or (content.name if isinstance(content, Path) else "")
    return _keep(checkpoint, partial(clips.read, content), Path(name).name[:80] or NAME)


def record(checkpoint: str, rate_hz: int, samples: np.ndarray) -> Upload:
    """What a microphone gave: ``[n]`` or ``[n, channels]`` of int16, int32, uint8 or floats in -1..1.

    Raises:
        ServiceError: for a checkpoint of pictures, and for what :func:`seqdisent.audio.clips.prepare` refuses.
    """
    if samples is None:
        raise ServiceError("There are no samples in it: nothing was recorded. Try again.")
    return _keep(checkpoint, partial(clips.prepare, samples, rate_hz), NAME)


def get(key: str) -> Upload:
    """The upload of a token; ServiceError if it is no longer kept."""
    with _LOCK:
        _drop_old()
        try:
            return _KEPT[key][1]
        except (KeyError, TypeError):  # what cannot be a key is no key
            raise ServiceError("The recording is no longer kept; record it again.") from None


def forget(key: str) -> None:
    """Drop an upload now, if it is kept."""
    with _LOCK:
        _KEPT.pop(key, None)


def swap(checkpoint: str, key: str, index: int) -> Swap:
    """The upload as A and a test sequence as B; nobody knows what A is, so of it the judge is heard, not compared."""
    return service.swap(checkpoint, _get(checkpoint, key).original, index)


def place(checkpoint: str, key: str, n: int, method: str) -> dict:
    """Where an upload lies on the two maps of ``n`` test sequences (:func:`demo.service.maps`).

    Returns:
        ``static`` and ``dynamic`` (x, y); ``exact``: whether the map's own projection put it there (PCA), or it was
        placed among its nearest neighbours by code; ``neighbours``: for each map the positions in the split of the
        nearest sequences on it by code, nearest first.
    """
    upload, it = _get(checkpoint, key), service.load(checkpoint)
    pair = service.maps(checkpoint, n, method)
    with _MEASURING:
        known = _codes(it, len(pair.rows))
    codes = projections.encode_rows(it.model, _alone(it.spec, upload.batch), np.arange(1))
    found: dict = {"exact": method == "pca", "neighbours": {}}
    for part, own, others in zip(("static", "dynamic"), codes, known, strict=True):
        plane = np.float64(getattr(pair, part))
        far = np.linalg.norm(np.float64(others) - own, axis=1)
        near = np.argsort(far, kind="stable")[:NEIGHBOURS]
        if method == "pca":
            at = _principal(own[0], others, plane)
        else:
            weights = 1 / (far[near] + 1e-9 * far.mean() + 1e-30)
            at = weights @ plane[near] / weights.sum()
        found[part] = at.tolist()
        found["neighbours"][part] = pair.rows[near].tolist()
    return found


def warm(checkpoint: str) -> None:
    """Measure what a model of sound knows, so that the first visitor need not wait."""
    _known(_load(checkpoint))


def _keep(checkpoint: str, prepare: Callable[..., Clip], name: str) -> Upload:
    it = _load(checkpoint)
    prepare = partial(prepare, max_seconds=it.spec.frames / it.spec.rate_hz)
    band = it.spec.bandwidth_hz
    try:
        clip = prepare(bandwidth_hz=band)
        above = None if band is None else _above(prepare().wave, band)
    except AudioError as error:
        raise ServiceError(str(error)) from error
    except (TypeError, ValueError, OverflowError) as error:  # a rate or array that is none
        raise ServiceError("This is not a recording: a sample rate and an array of samples are needed.") from error
    original = originals.from_wave(it.spec, clip.wave, NAME, name)
    with torch.inference_mode():
        latents = it.model.encode(original.batch.x, original.batch.mask, sample=False).latents
    known = _known(it)
    found = known.compare(original.batch, above) if known else Outside({}, (), "")
    upload = Upload(secrets.token_urlsafe(16), checkpoint, original, clip.notes, latents, found)
    with _LOCK:
        _drop_old()
        _KEPT[upload.key] = time.monotonic(), upload
        while len(_KEPT) > MOST:
            _KEPT.popitem(last=False)
    return upload


_KEPT: OrderedDict[str, tuple[float, Upload]] = OrderedDict()  # the oldest first
_LOCK, _MEASURING = threading.Lock(), threading.Lock()


def _drop_old() -> None:
    while _KEPT and time.monotonic() - next(iter(_KEPT.values()))[0] > SECONDS:
        _KEPT.popitem(last=False)


def _get(checkpoint: str, key: str) -> Upload:
    upload = get(key)
    if upload.checkpoint != checkpoint:  # bandwidth and length differ
        raise ServiceError("The recording was prepared for another checkpoint; record it again for this one.")
    return upload


def _load(checkpoint: str) -> Loaded:
    if service.spec_of(checkpoint).modality != "audio":  # before anything is loaded
        raise ServiceError(f"{service.title(checkpoint)} takes pictures, not sound: choose a voice checkpoint.")
    return service.load(checkpoint)


def _above(wave: np.ndarray, band_hz: float) -> float:
    """Share of the energy of ``[n]`` above a frequency."""
    kept = np.square(measure.low_passed(wave, band_hz, clips.RATE_HZ), dtype=np.float64).sum()
    return float(np.clip(1 - kept / np.square(wave, dtype=np.float64).sum(), 0, 1))


def _known(it: Loaded) -> Reference | None:
    with _MEASURING:  # what two visitors need at once is measured once
        return _reference(it)


@lru_cache(maxsize=4)
def _reference(it: Loaded) -> Reference | None:
    """What the sequences on the map tell about what the model knows; None if they are too few."""
    data = it.dataset.select(service.shown_rows(it.dataset))
    if len(data) < outside.FEWEST:
        return None
    return outside.reference(it.model, data, known=f"{len(data)} test recordings of {it.spec.title}")


@lru_cache(maxsize=8)
def _codes(it: Loaded, n: int) -> tuple[np.ndarray, np.ndarray]:
    return projections.encode_rows(it.model, it.dataset, projections.choose_rows(len(it.dataset), n))


def _alone(spec: DatasetSpec, batch: Sequences) -> SequenceDataset:
    """One sequence as a split, to be coded exactly as those on the maps are."""
    return SequenceDataset(spec, batch.x.numpy(), {}, {}, lengths=batch.mask.sum(1).numpy())


def _principal(code: np.ndarray, others: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Where the PCA that put ``others [N, F]`` on ``plane [N, 2]`` puts one more: its axes follow from both."""
    mean = np.mean(others, 0, dtype=np.float64)
    # The plane is U S, so the axes V are C' U / S.
    axes = (others - mean).T @ (plane / np.maximum(np.square(plane).sum(0), 1e-30))
    return (code - mean) @ axes
