"""What the app does, as plain functions: no gradio, and nothing here belongs to one visitor.

Sequences are named by their position in the *test* split: characters no model was trained on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

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
from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.data.spec import Factor
from seqdisent.types import Latents
from seqdisent.views import media, projections

__all__ = [  # the store is part of the service
    "SPLIT", "Judge", "Loaded", "ServiceError", "checkpoints", "data_ready", "default_checkpoint",
    "fetch_data", "load", "spec_of", "title",
]  # fmt: skip
MAX_SAMPLES = 16
MAP_SIZE = 888  # sequences on a map, unless asked otherwise
# The six clips of a swap, in the order of Swap.clips.
A, B, A_AGAIN, A_LIKE_B, B_LIKE_A, B_AGAIN = range(6)


@dataclass(frozen=True)
class Verdict:
    """What the judge sees in a clip for one factor, and what should be there."""

    factor: str
    expected: str
    seen: str

    @property
    def kept(self) -> bool:
        return self.expected == self.seen


@dataclass(frozen=True)
class Swap:
    """A pair and everything made of it.

    Args:
        clips: uint8 ``[6, T, H, W, 3]`` in the order of the constants above.
        factors: class names of A and of B, by factor.
        psnr_db: for each generated clip, PSNR against the real sequence it should equal (for a
            swap, the same character in the other's action), if the test split has that sequence.
        verdicts: for each generated clip, the judge's reading of each factor; empty without judge.
    """

    a: int
    b: int
    clips: np.ndarray
    factors: tuple[dict[str, str], dict[str, str]]
    psnr_db: dict[int, float | None]
    verdicts: dict[int, tuple[Verdict, ...]]


# -- sequences -----------------------------------------------------------------------------------


def headline_factors(spec: DatasetSpec) -> tuple[Factor, ...]:
    """The factors a visitor chooses by: the static ones and the first dynamic one.

    The other dynamic factors of the data sets here are parts of the first.
    """
    return (*spec.static_factors, *spec.dynamic_factors[:1])


def labels(dataset: SequenceDataset) -> dict[str, np.ndarray]:
    """One label a sequence, int ``[N]``, for every factor; a dynamic one's is its first frame's."""
    return {**dataset.static, **{name: value[:, 0] for name, value in dataset.dynamic.items()}}


def describe(dataset: SequenceDataset, index: int) -> dict[str, str]:
    """Class names of one sequence, by factor."""
    values = labels(dataset)
    return {f.name: f.classes[values[f.name][index]] for f in dataset.spec.factors}


def check_index(dataset: SequenceDataset, index: object) -> int:
    """A position in the split; ServiceError if it is not one."""
    whole = isinstance(index, (int, np.integer)) and not isinstance(index, bool)
    if not whole or not 0 <= index < len(dataset):
        raise ServiceError(f"Sequences are numbered 0 to {len(dataset) - 1}, not {str(index)[:40]}.")
    return int(index)


def nearest(dataset: SequenceDataset, wanted: Mapping[str, int]) -> tuple[int, list[str]]:
    """The sequence that shares most of the wanted labels, and the factors in which it differs.

    The dynamic factor is kept first, since every test character does every action.
    """
    values = labels(dataset)
    score = np.zeros(len(dataset))
    for name, value in wanted.items():
        score += (values[name] == value) * (10 if name in dataset.dynamic else 1)
    index = int(score.argmax())
    return index, [name for name, value in wanted.items() if values[name][index] != value]


def random_pair(dataset: SequenceDataset, rng: np.random.Generator) -> tuple[int, int]:
    """Two sequences that differ in every headline factor, so that a swap has the most to show."""
    values = np.stack([labels(dataset)[f.name] for f in headline_factors(dataset.spec)], 1)
    rows = shown_rows(dataset)
    a = int(rng.choice(rows))
    differing = (values[rows] != values[a]).sum(1)
    return a, int(rng.choice(rows[differing == differing.max()]))


def shown_rows(dataset: SequenceDataset) -> np.ndarray:
    """Sequences that the maps show by default: what the app proposes can then be found on them."""
    return projections.choose_rows(len(dataset), MAP_SIZE)


def first_pair(dataset: SequenceDataset) -> tuple[int, int]:
    """The pair that everyone sees first: the same one every time."""
    return random_pair(dataset, np.random.default_rng(4))


# -- what the model does -------------------------------------------------------------------------


@torch.inference_mode()
def swap(name: str, a: int, b: int) -> Swap:
    """Encode a pair, exchange its static codes, decode everything."""
    it = load(name)
    a, b = check_index(it.dataset, a), check_index(it.dataset, b)
    x = it.dataset[np.array([a, b])].x
    latents = it.model.encode(x, sample=False).latents
    first, second = latents[0:1], latents[1:2]
    b_like_a, a_like_b = it.model.swap(first, second)
    codes = [first, a_like_b, b_like_a, second]
    made = it.model.decode(Latents(torch.cat([c.static for c in codes]), torch.cat([c.dynamic for c in codes]))).clamp(
        0, 1
    )

    factors = (describe(it.dataset, a), describe(it.dataset, b))
    donors = {A_AGAIN: (0, 0), A_LIKE_B: (0, 1), B_LIKE_A: (1, 0), B_AGAIN: (1, 1)}
    seen = it.judge.classify(made) if it.judge else {}
    psnr, verdicts = {}, {}
    for row, (clip, (look, motion)) in enumerate(donors.items()):
        psnr[clip] = _psnr(made[row], _truth(it.dataset, (a, b)[look], (a, b)[motion]))
        expected = {f.name: factors[look if f.kind == "static" else motion][f.name] for f in it.spec.factors}
        verdicts[clip] = tuple(
            Verdict(name, value, it.spec.factor(name).classes[int(seen[name][row])])
            for name, value in expected.items()
            if name in seen
        )
    return Swap(a, b, media.to_uint8(torch.cat([x, made])), factors, psnr, verdicts)


def _truth(dataset: SequenceDataset, look: int, motion: int) -> torch.Tensor | None:
    """The real sequence ``[T, *event]`` with one's static and the other's dynamic labels, if any."""
    match = np.ones(len(dataset), bool)
    for values in dataset.static.values():
        match &= values == values[look]
    for values in dataset.dynamic.values():
        match &= (values == values[motion]).all(1)
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
    return it.model.encode(it.dataset[check_index(it.dataset, index)].x, sample=False).latents


@torch.inference_mode()
def sample(name: str, n: int, seed: int, keep: str | None = None, index: int = 0) -> np.ndarray:
    """Draws from the prior, uint8 ``[n, T, H, W, 3]``.

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
    kept = {}
    if keep:
        code = getattr(encode(name, index), keep)
        kept = {keep: code.expand(n, *code.shape[1:])}
    latents = it.model.sample(n, generator=torch.Generator().manual_seed(seed), **kept)
    return media.to_uint8(it.model.decode(latents).clamp(0, 1))


def export(it: Swap, suffix: str, rate_hz: float, scale: int = 4) -> bytes:
    """The 2x2 in step as GIF, WebP or MP4, or all six clips as a strip (PNG)."""
    if suffix == "png":
        return media.png(media.upscale(media.sheet(it.clips)[None], 2)[0])
    if suffix not in media.ENCODERS:
        raise ServiceError(f"Formats: {', '.join((*media.ENCODERS, 'png'))}; not {suffix[:20]!r}.")
    square = [it.clips[i] for i in (A, A_LIKE_B, B_LIKE_A, B)]
    return media.ENCODERS[suffix](media.upscale(media.tile(square, columns=2), scale), rate_hz)


def maps(name: str, n: int, method: str, progress: projections.Progress | None = None) -> projections.MapPair:
    """Both maps of ``n`` test sequences, shipped or cached if they can be."""
    it = load(name)
    n = min(n, len(it.dataset))
    if n not in {min(size, len(it.dataset)) for size in projections.SIZES}:
        raise ServiceError(f"A map shows {', '.join(map(str, projections.SIZES))} sequences, not {n}.")
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
