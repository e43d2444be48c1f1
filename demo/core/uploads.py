"""What visitors upload: as the model sees it, on the maps, and in a swap.

:mod:`demo.core.recordings` and :mod:`demo.core.tables` read what comes; :mod:`demo.core.upload_store` keeps it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from demo.core import code_maps, pairs, swapping, text
from demo.core.catalog import Loaded, load
from demo.core.swapping import Swap
from demo.core.upload_store import UploadStore
from demo.errors import RequestError
from demo.modalities.base import SourceClip
from seqdisent.data import SequenceDataset
from seqdisent.evaluation import out_of_distribution
from seqdisent.evaluation.out_of_distribution import Comparison, Reference
from seqdisent.projections import maps
from seqdisent.types import Latents, Sequences

NEIGHBOURS = 5
STORE = UploadStore()


@dataclass(frozen=True, eq=False)
class Upload:
    """What a visitor uploaded, as a model sees it.

    Args:
        key: the token under which it is kept.
        checkpoint: that it was prepared for.
        original: it as a side of a swap.
        notes: a sentence for each thing that was done to it, or found in it.
        latents: posterior means, a batch of one.
        comparison: with test sequences; without measures where there are too few of them.
    """

    key: str
    checkpoint: str
    original: SourceClip
    notes: tuple[str, ...]
    latents: Latents
    comparison: Comparison

    @property
    def size(self) -> int:
        """Bytes that count in the store; an upload without a table is small."""
        return 0

    @property
    def batch(self) -> Sequences:
        """What the model sees, and its mask."""
        return self.original.batch


def is_ready(key: str | None) -> bool:
    """Whether an upload is there and fits its checkpoint."""
    return key is not None and isinstance(STORE.get(key), Upload)


def swap(checkpoint: str, key: str, index: int) -> Swap:
    """The upload as A and a test sequence as B. A has no labels: the judge's reading of it is compared with nothing."""
    return swapping.swap(checkpoint, _get(checkpoint, key).original, index)


def place(checkpoint: str, key: str, n: int, method: str) -> dict[str, Any]:
    """Where an upload lies on the two maps of ``n`` test sequences (:func:`demo.core.code_maps.maps`).

    Returns:
        ``static`` and ``dynamic`` (x, y); ``exact``: whether the map's own projection put it there (PCA), or it was
        placed among its nearest neighbours by code; ``neighbours``: for each map the positions in the split of the
        nearest sequences on it by code, nearest first.
    """
    return locate(load(checkpoint), _get(checkpoint, key).original, n, method)


def locate(it: Loaded, one: SourceClip, n: int, method: str) -> dict[str, Any]:
    """The same of any sequence that is not on the maps."""
    pair = code_maps.maps(it.name, n, method)
    with _MEASURING:
        known = _codes(it, len(pair.rows))
    codes = maps.encode_rows(it.model, _alone(it.dataset, one.batch), np.arange(1))
    found: dict[str, Any] = {"exact": method == "pca", "neighbours": {}}
    for part, code, others in zip(("static", "dynamic"), codes, known, strict=True):
        plane = getattr(pair, part).astype(np.float64)
        distances = np.linalg.norm(others.astype(np.float64) - code, axis=1)
        near = np.argsort(distances, kind="stable")[:NEIGHBOURS]
        if method == "pca":
            position = _project(code[0], others, plane)
        else:
            # The small constants keep a point on top of another one finite.
            weights = 1 / (distances[near] + 1e-9 * distances.mean() + 1e-30)
            position = weights @ plane[near] / weights.sum()
        found[part] = position.tolist()
        found["neighbours"][part] = pair.rows[near].tolist()
    return found


def warm(checkpoint: str) -> None:
    """Measure the test sequences, so that the first visitor need not wait."""
    known(load(checkpoint))


@torch.inference_mode()
def examine(
    it: Loaded, one: SourceClip, source_values: Mapping[str, float] | None = None
) -> tuple[Latents, Comparison]:
    """Codes of an upload, and its comparison with test sequences.

    Args:
        source_values: measures of the file that it was read from, which the model does not see.
    """
    latents = it.model.encode(one.batch.x, one.batch.mask, sample=False).latents
    reference = known(it)
    if reference is None:
        return latents, Comparison({}, (), "")
    return latents, reference.compare(one.batch, source_values)


def known(it: Loaded) -> Reference | None:
    """Measures of the sequences on the maps; None if they are too few."""
    with _MEASURING:  # what two visitors need at once is measured once
        return _reference(it)


_MEASURING = threading.Lock()


def _get(checkpoint: str, key: str) -> Upload:
    upload = STORE.get_for(checkpoint, key)
    if not isinstance(upload, Upload):
        raise RequestError("The columns do not fit this checkpoint yet: choose them first.")
    return upload


@lru_cache(maxsize=4)
def _reference(it: Loaded) -> Reference | None:
    data = it.dataset.select(pairs.shown_rows(it.dataset))
    if len(data) < out_of_distribution.FEWEST:
        return None
    noun = text.terms(it.spec).sequence
    return out_of_distribution.reference(
        it.model, data, description=f"{len(data)} test {noun}s of {it.spec.title}"
    )


@lru_cache(maxsize=8)
def _codes(it: Loaded, n: int) -> tuple[np.ndarray, np.ndarray]:
    return maps.encode_rows(it.model, it.dataset, maps.choose_rows(len(it.dataset), n))


def _alone(like: SequenceDataset, batch: Sequences) -> SequenceDataset:
    """One sequence as a split, to be encoded exactly as those on the maps are."""
    lengths = None if like.lengths is None else batch.mask.sum(1).numpy()
    return SequenceDataset(like.spec, batch.x.numpy(), {}, {}, lengths=lengths)


def _project(code: np.ndarray, others: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Where the PCA that put ``others [N, F]`` on ``plane [N, 2]`` puts one more code: its axes follow from both."""
    mean = np.mean(others, 0, dtype=np.float64)
    # The plane is U S, so the axes V are C' U / S.
    axes = (others - mean).T @ (plane / np.maximum(np.square(plane).sum(0), 1e-30))
    return (code - mean) @ axes
