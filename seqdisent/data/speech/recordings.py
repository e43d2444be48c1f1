"""What the audio data sets share: from recordings and labels to sequences of WORLD frames.

A sequence is a whole recording of up to ``spec.frames`` steps of 20 ms, with a mask; or, in the mode of the papers,
a segment of 200 ms, so that an utterance is a run of segments (Li & Mandt 2018, section 4.3).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from seqdisent.audio import vocoder
from seqdisent.audio.prepare import RATE_HZ
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import data_root, fetch_archive
from seqdisent.data.source import DownloadedSource, Progress, Root, UserSource
from seqdisent.io import Arrays, cached_arrays
from seqdisent.spec import DatasetSpec, Factor

SEGMENT_STEPS = round(0.2 / vocoder.STEP_SECONDS)
FRONT_END = "world-1"  # changes whenever analyse does: what was kept of an older one is not used


@dataclass(frozen=True)
class Recording:
    """One clip and what is known of it.

    Args:
        wave: int16 ``[n]`` at 16 kHz, prepared by :func:`seqdisent.audio.prepare.prepare`.
        labels: for each factor of the data set a class index, or a number; -1 (NaN) is missing. Of a dynamic factor
            one for all steps, or one a step ``[n]``.
        source: recordings of one source are not independent.
        utterance: number of the file that it was cut from, if any was cut; by default each is its own.
    """

    wave: np.ndarray
    labels: Mapping[str, float | np.ndarray]
    source: int
    utterance: int | None = None


ReadRecordings = Callable[[str, Root], Sequence[Recording]]


def load_recordings(
    spec: DatasetSpec, recordings: ReadRecordings, split: str, root: Root = None
) -> SequenceDataset:
    """A split; ``x`` is ``[B, T, 2, 67]``, :mod:`seqdisent.audio.vocoder` frames two by two.

    Args:
        recordings: (split, root) -> the recordings of a split.
    """
    return recording_dataset(spec, recordings(split, root))


def archive_source(
    spec: DatasetSpec,
    read: Callable[[str, Root], SequenceDataset],
    archive: str,
    check: Callable[[Path], None],
) -> DownloadedSource:
    """Recordings from an archive that must be downloaded first.

    Args:
        read: (split, root) -> its sequences.
        archive: name of the file in the data folder.
        check: raises :class:`~seqdisent.data.download.DataNotReady` if a file is not the archive expected.
    """

    def verify(root: Root) -> None:
        check(data_root(root) / archive)

    def download(root: Root, progress: Progress | None) -> int:
        fetched = fetch_archive(spec.name, spec.source.url, data_root(root) / archive, check)
        if progress:
            progress(1, 1)
        return fetched

    return DownloadedSource(spec, read, verify, download)


def user_recordings(
    outline: DatasetSpec, declare: Callable[[Root], DatasetSpec], recordings: ReadRecordings
) -> UserSource:
    """Recordings that only the user has.

    Args:
        declare: root -> the declaration; raises :class:`~seqdisent.data.download.DataNotReady` with what to do.
        recordings: (split, root) -> the recordings of a split.
    """

    def read(split: str, root: Root) -> SequenceDataset:
        return recording_dataset(declare(root), recordings(split, root))

    return UserSource(outline, declare, read)


def to_int16(wave: np.ndarray) -> np.ndarray:
    """A float waveform in [-1, 1] as int16."""
    return np.round(np.clip(wave, -1, 1) * 32767).astype(np.int16)


def audio_spec(seconds: float, **fields) -> DatasetSpec:
    """The declaration of an audio data set whose recordings last at most ``seconds``."""
    return DatasetSpec(
        modality="speech",
        event_shape=vocoder.EVENT_SHAPE,
        frames=round(seconds / vocoder.STEP_SECONDS),
        rate_hz=1 / vocoder.STEP_SECONDS,
        value_range=(-7.0, 9.0),
        identity=("speaker",),
        **fields,
    )


def in_segments(spec: DatasetSpec) -> DatasetSpec:
    """The same data in segments of 200 ms; ``splits`` still counts recordings."""
    return replace(
        spec,
        name=f"{spec.name}-segments",
        title=f"{spec.title}, segments of 200 ms",
        frames=SEGMENT_STEPS,
    )


def recording_dataset(
    spec: DatasetSpec, recordings: Sequence[Recording], progress: Progress | None = None
) -> SequenceDataset:
    """Recordings as a split, each a sequence, or several where ``spec`` is made of segments.

    Steps that do not exist, or have no label, get -1 (NaN) of every dynamic factor.
    """
    if not recordings:
        raise ValueError(f"{spec.name}: no recordings in this split")
    frames = analyse_all([r.wave for r in recordings], progress)
    if (
        spec.bandwidth_hz
    ):  # what resampling left above is no speech, and tells one microphone from another
        above = np.flatnonzero(spec.bandwidth_hz < vocoder.BAND_HZ)
        for found in frames:
            found[:, above] = (vocoder.FLOOR_DB - vocoder.CENTRE_DB) / vocoder.DB
    rows: list[
        tuple[np.ndarray, int, np.ndarray, int, int]
    ] = []  # steps, length, waveform, recording, first step
    for number, (recording, found) in enumerate(zip(recordings, frames, strict=True)):
        per_row = spec.frames * vocoder.STEP_FRAMES
        # Pieces of a recording that is longer than a sequence only in the mode of segments.
        starts = range(0, len(found), per_row) if spec.frames == SEGMENT_STEPS else (0,)
        for start in starts:
            piece = found[start : start + per_row]
            if start and len(piece) < per_row:
                continue  # a last piece that is not whole tells little
            steps, length = vocoder.to_steps(piece, spec.frames)
            hop = round(vocoder.FRAME_SECONDS * RATE_HZ)
            sound = recording.wave[start * hop : (start + length * vocoder.STEP_FRAMES) * hop]
            rows.append((steps, length, sound, number, start // vocoder.STEP_FRAMES))
    taken = [recordings[number] for *_, number, _ in rows]
    utterance = [
        n if r.utterance is None else r.utterance for r, (*_, n, _) in zip(taken, rows, strict=True)
    ]

    def static(factor: Factor) -> np.ndarray:
        return np.array(
            [r.labels[factor.name] for r in taken], np.float64 if factor.continuous else np.int64
        )

    def dynamic(factor: Factor) -> np.ndarray:
        labels = np.full((len(rows), spec.frames), np.nan if factor.continuous else -1)
        for row, recording, (_, length, _, _, first) in zip(labels, taken, rows, strict=True):
            known = np.asarray(recording.labels[factor.name])
            known = known[first : first + length] if known.ndim else np.repeat(known, length)
            row[: len(known)] = known
        return labels

    return SequenceDataset(
        spec,
        np.stack([steps for steps, *_ in rows]),
        {f.name: static(f) for f in spec.static_factors},
        {f.name: dynamic(f) for f in spec.dynamic_factors},
        source=np.array([r.source for r in taken]),
        lengths=np.array([length for _, length, *_ in rows]),
        recordings=tuple(sound for _, _, sound, *_ in rows),
        utterance=np.array(utterance),
    )


def analyse_all(waves: Sequence[np.ndarray], progress: Progress | None = None) -> list[np.ndarray]:
    """:func:`~seqdisent.audio.vocoder.analyse` of int16 waveforms on all cores; kept in the cache folder."""
    digest = hashlib.sha256(FRONT_END.encode())
    for wave in waves:
        digest.update(np.int64(len(wave)).tobytes() + wave.tobytes())

    def analyse_now() -> Arrays:
        return {"frames": np.concatenate(_analyse_in_parallel(waves, progress))}

    frames = cached_arrays("frames", digest.hexdigest()[:32], analyse_now)["frames"]
    ends = np.cumsum([len(wave) // 160 + 1 for wave in waves])
    return np.split(frames.astype(np.float32), ends[:-1])


def _analyse_in_parallel(
    waves: Sequence[np.ndarray], progress: Progress | None
) -> list[np.ndarray]:
    tasks = (delayed(_analyse)(wave) for wave in waves)
    found = []
    for frames in Parallel(_workers(len(waves)), return_as="generator")(tasks):
        found.append(frames)
        if progress:
            progress(len(found), len(waves))
    return found


def _analyse(wave: np.ndarray) -> np.ndarray:
    """Frames in half precision, which is a few hundredths of a decibel."""
    return vocoder.analyse(wave / 32767).astype(np.float16)


def _workers(clips: int) -> int:
    """Starting processes takes longer than a few clips."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return 1 if clips < 40 else cores
