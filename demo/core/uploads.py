"""What visitors bring: as the model will see it, on the maps, and in a swap.

It is kept in memory only, under a token that cannot be guessed: the last :data:`MOST` of all visitors, and of tables no
more than :data:`MEGABYTES` in all, each until :func:`forget` is called or, at the first request after :data:`SECONDS`,
for that long. Nothing is written to disk here. :mod:`demo.core.recordings` and :mod:`demo.core.tables` read what comes.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch

from demo.core import service
from demo.core import text as words
from demo.core.service import Loaded, ServiceError, Swap
from demo.core.sources import Original
from seqdisent.data import SequenceDataset
from seqdisent.evaluation import out_of_distribution
from seqdisent.evaluation.out_of_distribution import Comparison, Reference
from seqdisent.projections import maps
from seqdisent.types import Latents, Sequences

MOST, SECONDS, MEGABYTES = 64, 3600.0, 512
NEIGHBOURS = 5


class Kept(Protocol):
    """Something that is kept for a visitor."""

    key: str
    size: int  # bytes, if they count


@dataclass(frozen=True, eq=False)
class Upload:
    """What a visitor brought, as a model sees it.

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
    outside: Comparison
    size = 0

    @property
    def batch(self) -> Sequences:
        """What the model sees, and its mask."""
        return self.original.batch


def new_key() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(16)


def keep(it: Kept) -> None:
    """Keep something under its key, in the place of what was there; what is oldest may have to go."""
    with _LOCK:
        _drop_old()
        _KEPT.pop(it.key, None)
        _KEPT[it.key] = time.monotonic(), it
        while len(_KEPT) > MOST or (
            len(_KEPT) > 1 and sum(one.size for _, one in _KEPT.values()) > MEGABYTES * 2**20
        ):
            _KEPT.popitem(last=False)


def get(key: str) -> Kept:
    """What is kept under a token; ServiceError if it is no longer."""
    with _LOCK:
        _drop_old()
        try:
            return _KEPT[key][1]
        except (KeyError, TypeError):  # what cannot be a key is no key
            raise ServiceError(
                "What you brought is no longer kept; record it again, or upload it again."
            ) from None


def of(checkpoint: str, key: str) -> Kept:
    """The same, if it is for a checkpoint: length, bandwidth and variables differ."""
    found = get(key)
    if found.checkpoint != checkpoint:
        raise ServiceError(
            "It was prepared for another checkpoint; record it again, or upload it again, for this one."
        )
    return found


def forget(key: str) -> None:
    """Drop what is kept under a token now, if it is."""
    with _LOCK:
        _KEPT.pop(key, None)


def swap(checkpoint: str, key: str, index: int) -> Swap:
    """The upload as A and a test sequence as B; nobody knows what A is, so of it the judge is heard, not compared."""
    return service.swap(checkpoint, _get(checkpoint, key).original, index)


def place(checkpoint: str, key: str, n: int, method: str) -> dict:
    """Where an upload lies on the two maps of ``n`` test sequences (:func:`demo.core.service.maps`).

    Returns:
        ``static`` and ``dynamic`` (x, y); ``exact``: whether the map's own projection put it there (PCA), or it was
        placed among its nearest neighbours by code; ``neighbours``: for each map the positions in the split of the
        nearest sequences on it by code, nearest first.
    """
    return locate(service.load(checkpoint), _get(checkpoint, key).original, n, method)


def locate(it: Loaded, one: Original, n: int, method: str) -> dict:
    """The same of any sequence that is not on the maps."""
    pair = service.maps(it.name, n, method)
    with _MEASURING:
        known = _codes(it, len(pair.rows))
    codes = maps.encode_rows(it.model, _alone(it.dataset, one.batch), np.arange(1))
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
    """Measure what a model knows, so that the first visitor need not wait."""
    known(service.load(checkpoint))


@torch.inference_mode()
def seen(
    it: Loaded, one: Original, source_values: Mapping[str, float] | None = None
) -> tuple[Latents, Comparison]:
    """Codes of what a visitor brought, and whether it is like what the model knows."""
    latents = it.model.encode(one.batch.x, one.batch.mask, sample=False).latents
    reference = known(it)
    if reference is None:
        return latents, Comparison({}, (), "")
    return latents, reference.compare(one.batch, source_values)


def known(it: Loaded) -> Reference | None:
    """What the sequences on the map tell about what the model knows; None if they are too few."""
    with _MEASURING:  # what two visitors need at once is measured once
        return _reference(it)


_KEPT: OrderedDict[str, tuple[float, Kept]] = OrderedDict()  # the oldest first
_LOCK, _MEASURING = threading.Lock(), threading.Lock()


def _drop_old() -> None:
    while _KEPT and time.monotonic() - next(iter(_KEPT.values()))[0] > SECONDS:
        _KEPT.popitem(last=False)


def _get(checkpoint: str, key: str) -> Upload:
    upload = of(checkpoint, key)
    if not isinstance(upload, Upload):
        raise ServiceError("The columns do not fit this checkpoint yet: choose them first.")
    return upload


@lru_cache(maxsize=4)
def _reference(it: Loaded) -> Reference | None:
    data = it.dataset.select(service.shown_rows(it.dataset))
    if len(data) < out_of_distribution.FEWEST:
        return None
    description = f"{len(data)} test {words.roles(it.spec).one}s of {it.spec.title}"
    return out_of_distribution.reference(it.model, data, description=description)


@lru_cache(maxsize=8)
def _codes(it: Loaded, n: int) -> tuple[np.ndarray, np.ndarray]:
    return maps.encode_rows(it.model, it.dataset, maps.choose_rows(len(it.dataset), n))


def _alone(like: SequenceDataset, batch: Sequences) -> SequenceDataset:
    """One sequence as a split, to be coded exactly as those on the maps are."""
    lengths = None if like.lengths is None else batch.mask.sum(1).numpy()
    return SequenceDataset(like.spec, batch.x.numpy(), {}, {}, lengths=lengths)


def _principal(code: np.ndarray, others: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Where the PCA that put ``others [N, F]`` on ``plane [N, 2]`` puts one more: its axes follow from both."""
    mean = np.mean(others, 0, dtype=np.float64)
    # The plane is U S, so the axes V are C' U / S.
    axes = (others - mean).T @ (plane / np.maximum(np.square(plane).sum(0), 1e-30))
    return (code - mean) @ axes
