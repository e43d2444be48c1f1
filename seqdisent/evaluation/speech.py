"""Measures of speech alone, all of them on waveforms: pitch, distortion, and content.

A judge predicts the classes that it was trained on. Pitch needs no judge, and neither does content where no training
recording has it: a swap is compared with real recordings of the donor.
"""

from __future__ import annotations

from collections.abc import Sequence

import librosa
import numpy as np
import pyworld
from scipy.fft import dct

from seqdisent.audio import vocoder
from seqdisent.audio.distortion import distortion
from seqdisent.audio.prepare import RATE_HZ
from seqdisent.audio.waveforms import waveforms
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Subject
from seqdisent.evaluation.progress import Progress
from seqdisent.evaluation.schema import (
    ContentTransfer,
    DistortionScore,
    PitchTransfer,
    Speech,
    SpeechDistortion,
)
from seqdisent.evaluation.statistics import ClusterBootstrap
from seqdisent.evaluation.swap import independent_sources
from seqdisent.types import Latents

PAIRS = 300
APART_SEMITONES = 3.0  # pairs whose median pitches differ by at least as much form a group
RECONSTRUCTED = 40  # recordings behind the distortion


def speech_report(
    subject: Subject,
    data: SequenceDataset,
    latents: Latents,
    *,
    pairs: int = PAIRS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Speech:
    """Pitch, distortion and content of swaps.

    Args:
        data: a split with recordings.
        latents: posterior means of ``data``.

    Returns:
        Pitch: for pairs of different sex (if sex is a factor) and pairs whose median pitches are at least 3 semitones
        apart, how often the median pitch of the swap is nearer to the donor's than to the source's. Distortion: of
        the vocoder alone and of the model's reconstruction, against the recording. Content: how often the swap is
        nearest to the donor's recording with the source's content, among recordings of the donor with every content
        of the split.
    """
    assert data.recordings is not None
    rng = np.random.default_rng(seed)
    recordings = [wave / 32767.0 for wave in data.recordings]
    hz = np.array(
        [vocoder.median_pitch_hz(_recorded_frames(data, row)) for row in range(len(data))]
    )
    distortions = _distortion(subject, data, latents, recordings, rng)
    a, b = _pairs_of_speakers(data, hz, pairs, rng)
    swapped: list[np.ndarray] = []
    for start in range(0, len(a), BATCH):
        rows = slice(start, start + BATCH)
        swapped += waveforms(subject.decode(latents[a[rows]].with_static(latents[b[rows]])))
        if progress:
            progress(min(start + BATCH, len(a)), len(a))
    swapped_hz = np.array([median_pitch(wave) for wave in swapped])
    groups = {"apart": _semitones(hz[a], hz[b]) >= APART_SEMITONES}
    if "sex" in data.static:
        groups["sex"] = data.static["sex"][a] != data.static["sex"][b]
    speaker = independent_sources(data)
    bootstrap = ClusterBootstrap(speaker[a], speaker[b])
    pitch = {
        name: _pitch_transfer(swapped_hz, hz[a], hz[b], chosen, bootstrap)
        for name, chosen in groups.items()
        if chosen.any()
    }
    return Speech(pairs, distortions, pitch, _content(data, swapped, a, b, rng, bootstrap))


def _pitch_transfer(
    swapped_hz: np.ndarray,
    source_hz: np.ndarray,
    donor_hz: np.ndarray,
    chosen: np.ndarray,
    bootstrap: ClusterBootstrap,
) -> PitchTransfer:
    """Pitches of swaps, sources and donors, each ``[n]``; a swap without a pitch is not nearer to the donor.

    Args:
        chosen: the pairs that count, bool ``[n]``.
    """
    to_donor = _semitones(swapped_hz, donor_hz)
    to_source = _semitones(swapped_hz, source_hz)
    nearer = np.nan_to_num(to_donor, nan=np.inf) < to_source
    return PitchTransfer(
        nearer_donor=bootstrap.rate(nearer, chosen),
        chance=0.5,
        pairs=int(chosen.sum()),
        semitones_to_donor=float(np.nanmedian(to_donor[chosen])),
        semitones_source_to_donor=float(np.median(_semitones(source_hz, donor_hz)[chosen])),
        unvoiced=int(np.isnan(swapped_hz[chosen]).sum()),
    )


def _semitones(a_hz: np.ndarray, b_hz: np.ndarray) -> np.ndarray:
    """The distance of two pitches in semitones."""
    return np.abs(12 * np.log2(a_hz / b_hz))


def median_pitch(wave: np.ndarray) -> float:
    """Median fundamental frequency over the voiced part of a waveform at 16 kHz, in Hz; NaN if none is voiced."""
    hz, _ = pyworld.harvest(
        np.ascontiguousarray(wave, np.float64), RATE_HZ, vocoder.LOWEST_HZ, vocoder.HIGHEST_HZ, 10.0
    )
    return float(np.median(hz[hz > 0])) if (hz > 0).any() else float("nan")


def _pairs_of_speakers(
    data: SequenceDataset, hz: np.ndarray, pairs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random pairs of different speakers whose pitch is known, half of them of different sex if there are two."""
    voiced = np.flatnonzero(~np.isnan(hz))
    a, b = rng.choice(voiced, (2, 40 * pairs))
    allowed = a != b
    if "speaker" in data.static:
        allowed &= data.static["speaker"][a] != data.static["speaker"][b]
    rows = np.flatnonzero(allowed)
    if "sex" in data.static:
        differ = data.static["sex"][a[rows]] != data.static["sex"][b[rows]]
        other_sex = rows[differ][: pairs // 2]
        same_sex = rows[~differ][: pairs - pairs // 2]
        rows = np.concatenate([other_sex, same_sex])
    return a[rows[:pairs]], b[rows[:pairs]]


def _distortion(
    subject: Subject,
    data: SequenceDataset,
    latents: Latents,
    recordings: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> SpeechDistortion:
    rows = np.sort(rng.permutation(len(data))[:RECONSTRUCTED])
    highest_hz = data.spec.bandwidth_hz or RATE_HZ / 2
    originals = [recordings[row] for row in rows]
    return SpeechDistortion(
        vocoder=_mean_distortion(originals, waveforms(data[rows]), highest_hz),
        reconstruction=_mean_distortion(
            originals, waveforms(subject.decode(latents[rows])), highest_hz
        ),
        recordings=len(rows),
    )


def _mean_distortion(
    originals: Sequence[np.ndarray], waves: Sequence[np.ndarray], highest_hz: float
) -> DistortionScore:
    found = [
        distortion(original, wave, highest_hz)
        for original, wave in zip(originals, waves, strict=True)
    ]
    mean = {key: float(np.nanmean([one[key] for one in found])) for key in found[0]}
    return DistortionScore(**mean)


def _content(
    data: SequenceDataset,
    swapped: Sequence[np.ndarray],
    a: np.ndarray,
    b: np.ndarray,
    rng: np.random.Generator,
    bootstrap: ClusterBootstrap,
) -> ContentTransfer | None:
    """Is a swap nearest to the donor's real recording of the same content?"""
    if not data.spec.dynamic_factors or "speaker" not in data.static:
        return None
    name = data.spec.dynamic_factors[0].name
    content, speaker = data.sequence_labels()[name], data.static["speaker"]
    contents = np.unique(content[content >= 0])
    rows_of = {
        (who, what): np.flatnonzero((speaker == who) & (content == what))
        for who in np.unique(speaker)
        for what in contents
    }
    right = np.zeros(len(a), bool)
    compared = np.zeros(len(a), bool)
    for pair in rng.permutation(len(a)):
        if compared.sum() >= PAIRS // 3:
            break
        source, donor = a[pair], b[pair]
        # The donor sequence is left out: its static code is part of the swap.
        candidates = {
            what: [row for row in rows_of[speaker[donor], what] if row != donor]
            for what in contents
        }
        if content[source] < 0 or not all(candidates.values()):
            continue
        cepstra = _cepstra(vocoder.analyse(swapped[pair]))
        # One recording for each content, drawn before any is compared.
        chosen = {what: int(rng.choice(rows)) for what, rows in candidates.items()}
        distance = {
            what: _warped_distance(cepstra, _cepstra(_recorded_frames(data, row)))
            for what, row in chosen.items()
        }
        nearest = min(distance, key=lambda what: distance[what])
        right[pair] = nearest == content[source]
        compared[pair] = True
    if not compared.any():
        return None
    return ContentTransfer(name, bootstrap.rate(right, compared), 1 / len(contents))


def _recorded_frames(data: SequenceDataset, row: int) -> np.ndarray:
    return vocoder.to_frames(data.frames[np.array([row])][0], data.steps[row])


def _cepstra(frames: np.ndarray) -> np.ndarray:
    """Mel cepstra ``[n, 20]`` of frames ``[n, 67]``, without the first (the level), each centred over the clip."""
    cepstra = dct(frames[:, vocoder.ENVELOPE], norm="ortho", axis=1)[:, 1:21]
    return cepstra - cepstra.mean(0)


def _warped_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance along the best alignment (dynamic time warping)."""
    cost, path = librosa.sequence.dtw(a.T, b.T)
    return float(cost[-1, -1] / len(path))
