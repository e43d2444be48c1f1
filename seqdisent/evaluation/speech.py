"""What is measured of speech alone, all of it on waveforms: pitch, distortion, and what was said.

The judge knows the classes it was trained on. Pitch needs no judge, and neither does the question of what was said
where no training recording says it: a swap is held against real recordings of the donor.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyworld
from scipy.fft import dct

from seqdisent.audio import vocoder
from seqdisent.audio.distortion import distortion
from seqdisent.audio.prepare import RATE_HZ
from seqdisent.audio.waveforms import waveforms
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Progress, Subject
from seqdisent.evaluation.statistics import success_rate
from seqdisent.types import Latents

PAIRS = 300
APART_SEMITONES = 3.0  # pairs of one sex are asked about if their pitches differ by as much
REBUILT = 40  # recordings behind the distortion


def speech_report(
    subject: Subject,
    data: SequenceDataset,
    latents: Latents,
    *,
    pairs: int = PAIRS,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict:
    """Pitch, distortion and content of swaps.

    Args:
        data: a split with recordings.
        latents: posterior means of ``data``.

    Returns:
        ``pitch``: for pairs of different sex (``"sex"``, if it is a factor) and pairs whose median pitches are at
        least 3 semitones apart (``"apart"``), how often the median pitch of the swap is nearer the donor's than the
        source's (chance: one half), and the median distance to the donor in semitones, with that of the source
        beside it; ``distortion``: mel-cepstral distortion in dB of the vocoder alone and of the model's
        reconstruction, against the recording; ``content``: how often the swap is nearest to the donor's recording
        with the source's content, among recordings of the donor with every content of the split.
    """
    rng = np.random.default_rng(seed)
    sounds = [wave / 32767.0 for wave in data.recordings]
    hz = np.array(
        [
            vocoder.median_pitch_hz(vocoder.to_frames(x, n))
            for x, n in zip(data.frames, data.steps, strict=True)
        ]
    )
    report: dict = {"pairs": pairs, "distortion": _distortion(subject, data, latents, sounds, rng)}
    a, b = _pairs_apart(data, hz, pairs, rng)
    swapped = []
    for start in range(0, len(a), BATCH):
        rows = slice(start, start + BATCH)
        swapped += waveforms(subject.decode(latents[a[rows]].with_static(latents[b[rows]])))
        if progress:
            progress(min(start + BATCH, len(a)), len(a))
    made = np.array([median_pitch(wave) for wave in swapped])
    semitones = lambda x, y: np.abs(12 * np.log2(x / y))
    to_donor, to_source = semitones(made, hz[b]), semitones(made, hz[a])
    groups = {"apart": semitones(hz[a], hz[b]) >= APART_SEMITONES}
    if "sex" in data.static:
        groups["sex"] = data.static["sex"][a] != data.static["sex"][b]
    report["pitch"] = {
        name: {
            "nearer_donor": asdict(
                success_rate(np.nan_to_num(to_donor, nan=np.inf)[chosen] < to_source[chosen])
            ),
            "chance": 0.5,
            "pairs": int(chosen.sum()),
            "semitones_to_donor": float(np.nanmedian(to_donor[chosen])),
            "semitones_source_to_donor": float(np.median(semitones(hz[a], hz[b])[chosen])),
            "unvoiced": int(np.isnan(made[chosen]).sum()),
        }
        for name, chosen in groups.items()
        if chosen.any()
    }
    report["content"] = _content(data, swapped, a, b, rng)
    return report


def median_pitch(wave: np.ndarray) -> float:
    """Median fundamental frequency over the voiced part of a waveform at 16 kHz, in Hz; NaN if none is voiced."""
    hz, _ = pyworld.harvest(
        np.ascontiguousarray(wave, np.float64), RATE_HZ, vocoder.LOWEST_HZ, vocoder.HIGHEST_HZ, 10.0
    )
    return float(np.median(hz[hz > 0])) if (hz > 0).any() else float("nan")


def _pairs_apart(
    data: SequenceDataset, hz: np.ndarray, pairs: int, rng
) -> tuple[np.ndarray, np.ndarray]:
    """Random pairs of different speakers whose pitch is known, half of them of different sex if there are two."""
    voiced = np.flatnonzero(~np.isnan(hz))
    a, b = rng.choice(voiced, (2, 40 * pairs))
    keep = a != b
    if "speaker" in data.static:
        keep &= data.static["speaker"][a] != data.static["speaker"][b]
    keep = np.flatnonzero(keep)
    if "sex" in data.static:
        differ = data.static["sex"][a[keep]] != data.static["sex"][b[keep]]
        keep = np.concatenate([keep[differ][: pairs // 2], keep[~differ][: pairs - pairs // 2]])
    return a[keep[:pairs]], b[keep[:pairs]]


def _distortion(subject: Subject, data: SequenceDataset, latents: Latents, sounds, rng) -> dict:
    rows = np.sort(rng.permutation(len(data))[:REBUILT])
    highest = data.spec.bandwidth_hz or RATE_HZ / 2
    ways = {
        "vocoder": waveforms(data[rows]),
        "reconstruction": waveforms(subject.decode(latents[rows])),
    }
    found = {}
    for name, waves in ways.items():
        each = [
            distortion(sounds[row], wave, highest) for row, wave in zip(rows, waves, strict=True)
        ]
        found[name] = {key: float(np.nanmean([e[key] for e in each])) for key in each[0]}
    return found | {"recordings": len(rows)}


def _content(
    data: SequenceDataset, swapped: list[np.ndarray], a: np.ndarray, b: np.ndarray, rng
) -> dict | None:
    """Is a swap nearest to what the donor's own recording of the same content sounds like?"""
    if not data.spec.dynamic_factors or "speaker" not in data.static:
        return None
    name = data.spec.dynamic_factors[0].name
    said, who = data.sequence_labels()[name], data.static["speaker"]
    contents = np.unique(said[said >= 0])
    by = {
        (w, c): np.flatnonzero((who == w) & (said == c)) for w in np.unique(who) for c in contents
    }
    right = []
    for i in rng.permutation(len(a)):
        if len(right) >= PAIRS // 3:
            break
        row, donor = a[i], b[i]
        # The donor's own sequence is left out: its static code has been in the swap.
        there = {c: [r for r in by[who[donor], c] if r != donor] for c in contents}
        if said[row] < 0 or not all(there.values()):
            continue
        mine = _cepstra(vocoder.analyse(swapped[i]))
        real = {c: int(rng.choice(rows)) for c, rows in there.items()}
        far = {
            c: _warped(mine, _cepstra(vocoder.to_frames(data.frames[r], data.steps[r])))
            for c, r in real.items()
        }
        right.append(min(far, key=far.get) == said[row])
    if not right:
        return None
    return {
        "factor": name,
        "nearest": asdict(success_rate(np.array(right))),
        "chance": 1 / len(contents),
    }


def _cepstra(frames: np.ndarray) -> np.ndarray:
    """Mel cepstra ``[n, 20]`` of frames ``[n, 67]``, without the first (the level), each centred over the clip."""
    cepstra = dct(frames[:, vocoder.ENVELOPE], norm="ortho", axis=1)[:, 1:21]
    return cepstra - cepstra.mean(0)


def _warped(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance along the best alignment (dynamic time warping)."""
    import librosa

    cost, path = librosa.sequence.dtw(a.T, b.T)
    return float(cost[-1, -1] / len(path))
