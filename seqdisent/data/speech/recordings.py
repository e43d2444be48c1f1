"""What the audio data sets share: from recordings and labels to sequences of WORLD frames.

A sequence is a whole recording of up to ``spec.frames`` steps of 20 ms, with a mask; or, in the mode of the papers,
a segment of 200 ms, so that an utterance is a run of segments (Li & Mandt 2018, section 4.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from joblib import Parallel, cpu_count, delayed

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
    """One clip and its labels.

    Args:
        wave: int16 ``[n]`` at 16 kHz, prepared by :func:`seqdisent.audio.prepare.prepare`.
        labels: for each factor of the data set a class index, or a number; -1 (NaN) is missing. Of a dynamic factor
            one for all steps, or one a step ``[n]``.
        source: recordings of one source are not independent.
        utterance: number of the file that it was cut from; None if it is a complete file.
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


@dataclass(frozen=True)
class _Row:
    """One sequence: a recording, or a segment of one.

    Args:
        steps: ``[T, 2, 67]``, padded.
        length: how many of the steps exist.
        wave: the waveform of those that exist, int16.
        recording: number of the recording.
        first_step: its first step in the recording.
    """

    steps: np.ndarray
    length: int
    wave: np.ndarray
    recording: int
    first_step: int


def recording_dataset(
    spec: DatasetSpec, recordings: Sequence[Recording], progress: Progress | None = None
) -> SequenceDataset:
    """Recordings as a split, each a sequence, or several where ``spec`` is made of segments.

    Steps that do not exist, or have no label, get -1 (NaN) of every dynamic factor.

    Raises:
        ValueError: if there are no recordings.
    """
    if not recordings:
        raise ValueError(f"{spec.name}: no recordings in this split")
    frames = analyse_all([recording.wave for recording in recordings], progress)
    if spec.bandwidth_hz:
        _silence_above(frames, spec.bandwidth_hz)
    rows: list[_Row] = []
    for number, (recording, found) in enumerate(zip(recordings, frames, strict=True)):
        rows += _rows_of(recording, number, found, spec.frames)
    taken = [recordings[row.recording] for row in rows]
    utterances = []
    for row, recording in zip(rows, taken, strict=True):
        is_whole = recording.utterance is None
        utterances.append(row.recording if is_whole else recording.utterance)
    return SequenceDataset(
        spec,
        np.stack([row.steps for row in rows]),
        {factor.name: _static_labels(factor, taken) for factor in spec.static_factors},
        {
            factor.name: _dynamic_labels(factor, rows, taken, spec.frames)
            for factor in spec.dynamic_factors
        },
        source=np.array([recording.source for recording in taken]),
        lengths=np.array([row.length for row in rows]),
        recordings=tuple(row.wave for row in rows),
        utterance=np.array(utterances),
    )


def _silence_above(frames: list[np.ndarray], bandwidth_hz: float) -> None:
    """Set the bands above a frequency to the floor, in place.

    Resampling leaves no speech there, but traces by which microphones can be distinguished.
    """
    above = np.flatnonzero(bandwidth_hz < vocoder.BAND_HZ)
    for found in frames:
        found[:, above] = (vocoder.FLOOR_DB - vocoder.CENTRE_DB) / vocoder.DB


def _rows_of(
    recording: Recording, number: int, frames: np.ndarray, steps_per_row: int
) -> Iterator[_Row]:
    """The sequence of a recording, or its segments; a last segment that is incomplete is left out."""
    frames_per_row = steps_per_row * vocoder.STEP_FRAMES
    hop = round(vocoder.FRAME_SECONDS * RATE_HZ)
    is_segmented = steps_per_row == SEGMENT_STEPS
    starts = range(0, len(frames), frames_per_row) if is_segmented else range(1)
    for start in starts:
        piece = frames[start : start + frames_per_row]
        if start and len(piece) < frames_per_row:
            continue
        steps, length = vocoder.to_steps(piece, steps_per_row)
        wave = recording.wave[start * hop : (start + length * vocoder.STEP_FRAMES) * hop]
        yield _Row(steps, length, wave, number, start // vocoder.STEP_FRAMES)


def _static_labels(factor: Factor, recordings: Sequence[Recording]) -> np.ndarray:
    labels = [recording.labels[factor.name] for recording in recordings]
    return np.array(labels, np.float64 if factor.continuous else np.int64)


def _dynamic_labels(
    factor: Factor, rows: Sequence[_Row], recordings: Sequence[Recording], steps: int
) -> np.ndarray:
    """Labels ``[N, T]``; a label of a whole recording is repeated for the steps that exist."""
    labels = np.full((len(rows), steps), np.nan if factor.continuous else -1)
    for target, row, recording in zip(labels, rows, recordings, strict=True):
        label = np.asarray(recording.labels[factor.name])
        if label.ndim == 0:
            label = np.full(row.first_step + row.length, label)
        known = label[row.first_step : row.first_step + row.length]
        target[: len(known)] = known
    return labels


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
    """Processes for so many clips: starting them takes longer than to analyse a few clips."""
    return 1 if clips < 40 else cpu_count()
