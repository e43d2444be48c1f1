"""Recordings that visitors bring, kept as :mod:`demo.core.uploads` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from demo.core import service, uploads
from demo.core import sources as originals
from demo.core.service import Loaded, ServiceError
from seqdisent.audio import loudness, vocoder
from seqdisent.audio import prepare as clips
from seqdisent.audio.prepare import AudioError, Clip

NAME = "your recording"


@dataclass(frozen=True, eq=False)
class Recording(uploads.Upload):
    """A recording as a model sees it: ``x [1, T, 2, 67]``."""

    @property
    def wave(self) -> np.ndarray:
        """What the model sees as sound: float32 ``[n]`` at 16 kHz."""
        return self.original.wave

    @property
    def seconds(self) -> float:
        return len(self.wave) / clips.RATE_HZ

    @property
    def pitch_hz(self) -> float | None:
        """Median pitch, None if nothing in it is voiced."""
        hz = vocoder.median_pitch_hz(
            vocoder.to_frames(self.batch.x[0].numpy(), int(self.batch.mask.sum()))
        )
        return None if np.isnan(hz) else hz


def read(checkpoint: str, content: bytes | Path, name: str = "") -> Recording:
    """A sound file, by its content or path.

    Args:
        name: of the file, for people.

    Raises:
        ServiceError: for a checkpoint of something else, and for what :func:`seqdisent.audio.prepare.read` refuses.
    """
    name = name or (content.name if isinstance(content, Path) else "")
    return _keep(checkpoint, partial(clips.read, content), Path(name).name[:80] or NAME)


def record(checkpoint: str, rate_hz: int, samples: np.ndarray) -> Recording:
    """What a microphone gave: ``[n]`` or ``[n, channels]`` of int16, int32, uint8 or floats in -1..1.

    Raises:
        ServiceError: for a checkpoint of something else, and for what :func:`seqdisent.audio.prepare.prepare` refuses.
    """
    if samples is None:
        raise ServiceError("There are no samples in it: nothing was recorded. Try again.")
    return _keep(checkpoint, partial(clips.prepare, samples, rate_hz), NAME)


def _keep(checkpoint: str, prepare: Callable[..., Clip], name: str) -> Recording:
    it = _load(checkpoint)
    prepare = partial(prepare, max_seconds=it.spec.frames / it.spec.rate_hz)
    band = it.spec.bandwidth_hz
    try:
        clip = prepare(bandwidth_hz=band)
        removed = {} if band is None else {"above_band": 100 * _above(prepare().wave, band)}
    except AudioError as error:
        raise ServiceError(str(error)) from error
    except (TypeError, ValueError, OverflowError) as error:  # a rate or array that is none
        raise ServiceError(
            "This is not a recording: a sample rate and an array of samples are needed."
        ) from error
    original = originals.from_wave(it.spec, clip.wave, NAME, name)
    upload = Recording(
        uploads.new_key(), checkpoint, original, clip.notes, *uploads.seen(it, original, removed)
    )
    uploads.keep(upload)
    return upload


def _load(checkpoint: str) -> Loaded:
    modality = service.spec_of(checkpoint).modality  # before anything is loaded
    if modality != "speech":
        takes = {"video": "pictures", "timeseries": "tables"}[modality]
        raise ServiceError(
            f"{service.title(checkpoint)} takes {takes}, not sound: choose a voice checkpoint."
        )
    return service.load(checkpoint)


def _above(wave: np.ndarray, band_hz: float) -> float:
    """Share of the energy of ``[n]`` above a frequency."""
    kept = np.square(loudness.low_passed(wave, band_hz, clips.RATE_HZ), dtype=np.float64).sum()
    return float(np.clip(1 - kept / np.square(wave, dtype=np.float64).sum(), 0, 1))
