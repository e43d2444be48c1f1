"""Does a sequence lie outside what a model knows? A few measures of it beside those of known sequences.

Only what is measured is seen: how well the model rebuilds it, whether codes like its own are known, and of sound its
pitch, voicing and length. A sequence can be foreign in another way (a new word in a known voice, say) and raise no
warning, and no warning does not mean that a swap will be good.

A warning is rare for what is known. Measures are brought to one scale, on which the 99th percentile of the known ones
is 1, and the bound on it is where only :data:`ALARMS` of the known sequences have *any* measure beyond (each compared
with the others, sequences of its own source left out). So a new sequence of the same kind raises a warning in about
that share of cases (conformal prediction; Vovk et al. 2005), however many measures there are; the promise holds for
sequences drawn like the known ones, and with few of them it is coarse: a share of 2 % needs 49 or more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from seqdisent.data.dataset import SequenceDataset
from seqdisent.models import SequentialVAE
from seqdisent.types import Sequences

ALARMS = 0.02
NEIGHBOURS = 5
FEWEST = 20  # known sequences
BATCH = 64
MOST_ABOVE = 50.0  # percent of the energy: what was filtered out is no part of the comparison, so this is a rule


@dataclass(frozen=True)
class Kind:
    """What is measured.

    Args:
        name: for people, in a sentence "The ..., 231 Hz, is above ...".
        two_sided: whether little of it is as foreign as much.
        ratio: whether it is compared on a logarithmic scale.
        meaning: what a high value says, to end the sentence.
    """

    name: str
    unit: str = ""
    digits: int = 1
    two_sided: bool = False
    ratio: bool = True
    meaning: str = ""

    def words(self, value: float) -> str:
        """``"231 Hz"``."""
        return f"{value:,.{self.digits}f} {self.unit}".strip()


KINDS = {
    "pitch": Kind("median pitch", "Hz", 0, two_sided=True),
    "voiced": Kind("voiced part", "%", 0, two_sided=True, ratio=False),
    "duration": Kind("length", "s", 2, two_sided=True),
    "envelope": Kind("error of the spectrum", "dB", meaning="the model cannot rebuild it well"),
    "error": Kind("error", digits=3, meaning="the model cannot rebuild it well"),
    "static": Kind("distance of its static code from the nearest known ones", meaning="nobody known is like it"),
    "dynamic": Kind("distance of its mean dynamic code from the nearest known ones", meaning="it goes on like nothing known"),
}  # fmt: skip
ABOVE = Kind("energy above what the model hears", "%", ratio=False)


@dataclass(frozen=True)
class Measure:
    """One measure of a sequence.

    Args:
        value: in ``unit``; NaN if there is none (the pitch of what is not voiced).
        percentile: it is higher than this percentage of the known ones; NaN without a value or known ones.
    """

    name: str
    value: float
    unit: str
    percentile: float
    words: str


@dataclass(frozen=True)
class Outside:
    """Measures of a sequence by key, and a sentence for each that lies beyond the known ones; none if it lies inside.

    Args:
        known: what it was compared with, in words.
    """

    measures: dict[str, Measure]
    warnings: tuple[str, ...]
    known: str


@dataclass(frozen=True, eq=False)
class Reference:
    """What a model knows, as far as it is measured; made by :func:`reference`.

    Args:
        known: what the sequences are, in words.
        values: for each measure ``[N]``.
        bound: warnings begin here, where 1 is the 99th percentile of a measure.
    """

    model: SequentialVAE
    known: str
    values: dict[str, np.ndarray]
    codes: dict[str, Neighbours]
    bound: float

    def compare(self, sequence: Sequences, above_band: float | None = None) -> Outside:
        """One sequence (a batch of one) with the known ones.

        Args:
            above_band: share of its energy, 0 to 1, that was filtered out since the model hears nothing there.
        """
        values, codes = _values(self.model, sequence)
        values |= {name: self.codes[name].distance(code) for name, code in codes.items()}
        found, warnings = {}, {}
        for key, known in self.values.items():
            kind, value, known = KINDS[key], float(values[key][0]), known[~np.isnan(known)]
            found[key] = Measure(kind.name, value, kind.unit, _percentile(value, known), kind.words(value))
            if scores(kind, known, values[key])[0] > self.bound:
                warnings[key] = self._sentence(kind, value, known)
        if "envelope" in warnings:  # the same once more, in a unit that says less
            warnings.pop("error", None)
        if above_band is not None:
            percent = 100 * above_band
            found["above_band"] = Measure(ABOVE.name, percent, ABOVE.unit, float("nan"), ABOVE.words(percent))
            if percent > MOST_ABOVE:
                warnings["above_band"] = f"Most of its energy, {ABOVE.words(percent)}, is above what the model hears."
        return Outside(found, tuple(warnings.values()), self.known)

    def _sentence(self, kind: Kind, value: float, known: np.ndarray) -> str:
        above = value > np.median(known)
        share = np.mean(known < value if above else known > value)
        ends = f"{kind.words(known.min()).removesuffix(kind.unit).strip()} to {kind.words(known.max())}"
        many = "all" if share == 1 else f"{100 * share:.1f} %"
        meaning = f": {kind.meaning}" if kind.meaning and above else ""
        return (
            f"The {kind.name}, {kind.words(value)}, is {'above' if above else 'below'} {many} of the "
            f"{self.known} ({ends}){meaning}."
        )


class Neighbours:
    """Distances from the nearest of known codes ``[N, F]``, in units of their spread in each direction."""

    def __init__(self, codes: np.ndarray) -> None:
        from sklearn.covariance import LedoitWolf  # imported when first needed

        # A shrunk covariance: a direction in which the known codes hardly differ must not drown all others.
        fit = LedoitWolf().fit(np.asarray(codes, np.float64))
        values, vectors = np.linalg.eigh(fit.covariance_)
        self._mean, self._turn = fit.location_, vectors / np.sqrt(np.maximum(values, 1e-12))
        self._known = self._whiten(codes)

    def _whiten(self, codes: np.ndarray) -> np.ndarray:
        return (np.asarray(codes, np.float64) - self._mean) @ self._turn

    def distance(self, codes: np.ndarray) -> np.ndarray:
        """Mean distance of ``[M, F]`` to the :data:`NEIGHBOURS` nearest known ones, ``[M]``."""
        return _nearest(self._whiten(codes), self._known)

    def distance_of_known(self, source: np.ndarray) -> np.ndarray:
        """The same of the known ones ``[N]`` to those of other sources ``[N]``, or to all others if sources are few."""
        if len(np.unique(source)) <= NEIGHBOURS:
            source = np.arange(len(source))
        return _nearest(self._known, self._known, source[:, None] == source)


def _nearest(codes: np.ndarray, known: np.ndarray, excluded: np.ndarray | bool = False) -> np.ndarray:
    from scipy.spatial.distance import cdist

    far = np.where(excluded, np.inf, cdist(codes, known))
    return np.partition(far, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS].mean(1)


def reference(
    model: SequentialVAE, data: SequenceDataset, *, known: str, progress: Callable[[int, int], None] | None = None
) -> Reference:
    """Measure known sequences.

    Args:
        data: sequences that are like those the model was trained on, but were not learned by heart: the test split.
        known: what they are, to follow "of the": ``"300 test recordings of Free Spoken Digits"``.

    Raises:
        ValueError: for fewer than 20 sequences.
    """
    if len(data) < FEWEST:
        raise ValueError(f"what is known must be at least {FEWEST} sequences, not {len(data)}")
    parts = []
    for start in range(0, len(data), BATCH):
        parts.append(_values(model, data[start : start + BATCH]))
        if progress:
            progress(min(start + BATCH, len(data)), len(data))
    joined = lambda i: {name: np.concatenate([part[i][name] for part in parts]) for name in parts[0][i]}
    values = joined(0)
    codes = {name: Neighbours(code) for name, code in joined(1).items()}
    values |= {name: found.distance_of_known(data.sources) for name, found in codes.items()}
    values = {key: values[key] for key in KINDS if key in values and not np.isnan(values[key]).all()}
    return Reference(model, known, values, codes, joint_bound(values))


def joint_bound(values: dict[str, np.ndarray], alarms: float = ALARMS) -> float:
    """Beyond what score :data:`ALARMS` of the sequences behind ``{measure: [N]}`` have a measure; at least 1."""
    highest = np.max([scores(KINDS[key], v[~np.isnan(v)], v) for key, v in values.items()], axis=0)
    rank = int(np.ceil((len(highest) + 1) * (1 - alarms)))
    return max(1.0, float(np.sort(highest)[min(rank, len(highest)) - 1]))


def scores(kind: Kind, known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far values ``[M]`` lie from the median of the known ones ``[N]``; 1 is the 99th percentile, NaN scores 0."""
    scale = (lambda x: np.log(np.maximum(x, 1e-9))) if kind.ratio else np.asarray
    tail = 0.5 if kind.two_sided else 1.0
    low, middle, high = np.percentile(scale(known), [tail, 50, 100 - tail])
    away = scale(values) - middle
    up, down = away / max(high - middle, 1e-6), -away / max(middle - low, 1e-6)
    return np.nan_to_num(np.maximum(up, down) if kind.two_sided else up)


def _percentile(value: float, known: np.ndarray) -> float:
    return float("nan") if np.isnan(value) else 100 * float(np.mean(known < value))


@torch.inference_mode()
def _values(model: SequentialVAE, batch: Sequences) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What is measured of each sequence ``[B]``, and its codes ``[B, F]``."""
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    squared = (model.decode(latents) - batch.x).square()
    steps = batch.mask.sum(1)
    mean = lambda each: ((each.flatten(2).mean(2) * batch.mask).sum(1) / steps).sqrt().numpy()
    values = {"error": mean(squared)}
    if model.spec.modality == "audio":
        from seqdisent.audio import world

        frames = [world.to_frames(x, n) for x, n in zip(batch.x.numpy(), steps.tolist(), strict=True)]
        values["envelope"] = world.DB * mean(squared[..., world.ENVELOPE])
        values["pitch"] = np.array([world.median_pitch_hz(f) for f in frames])
        values["voiced"] = np.array([100 * (world.pitch_hz(f) > 0).mean() for f in frames])
        values["duration"] = steps.numpy() / model.spec.rate_hz
    codes = {"static": latents.static.numpy(), "dynamic": latents.timeline(1).mean(1).numpy()}
    return values, codes
