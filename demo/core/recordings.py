"""Recordings that visitors upload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from demo.core import uploads
from demo.core.catalog import Loaded, load, spec_of, title
from demo.core.upload_store import new_key
from demo.errors import RequestError
from demo.modalities import view_of
from demo.modalities.speech import source_from_wave
from seqdisent.audio import loudness, prepare, vocoder
from seqdisent.audio.prepare import AudioError, Clip

NAME = "your recording"


@dataclass(frozen=True, eq=False)
class Recording(uploads.Upload):
    """A recording as a model sees it: ``x [1, T, 2, 67]``."""

    @property
    def wave(self) -> np.ndarray:
        """What the model sees as sound: float32 ``[n]`` at 16 kHz."""
        assert self.original.wave is not None
        return self.original.wave

    @property
    def seconds(self) -> float:
        return len(self.wave) / prepare.RATE_HZ

    @property
    def pitch_hz(self) -> float | None:
        """Median pitch; None if nothing in it is voiced."""
        steps = int(self.batch.mask.sum())
        hz = vocoder.median_pitch_hz(vocoder.to_frames(self.batch.x[0].numpy(), steps))
        return None if np.isnan(hz) else hz


def read(checkpoint: str, content: bytes | Path, name: str = "") -> Recording:
    """A sound file, by its content or path.

    Args:
        name: of the file, for people.

    Raises:
        RequestError: for a checkpoint of something else, and for what :func:`seqdisent.audio.prepare.read` refuses.
    """
    if not name and isinstance(content, Path):
        name = content.name
    return _keep(checkpoint, partial(prepare.read, content), Path(name).name[:80] or NAME)


def record(checkpoint: str, rate_hz: int, samples: np.ndarray) -> Recording:
    """What a microphone gave: ``[n]`` or ``[n, channels]`` of int16, int32, uint8 or floats in -1..1.

    Raises:
        RequestError: for a checkpoint of something else, and for what :func:`seqdisent.audio.prepare.prepare` refuses.
    """
    if samples is None:
        raise RequestError("There are no samples in it: nothing was recorded. Try again.")
    return _keep(checkpoint, partial(prepare.prepare, samples, rate_hz), NAME)


def _keep(checkpoint: str, read_clip: Callable[..., Clip], name: str) -> Recording:
    it = _load(checkpoint)
    read_clip = partial(read_clip, max_seconds=it.spec.frames / it.spec.rate_hz)
    band = it.spec.bandwidth_hz
    try:
        clip = read_clip(bandwidth_hz=band)
        removed = {}
        if band is not None:
            removed["above_band"] = 100 * _energy_above(read_clip().wave, band)
    except AudioError as error:
        raise RequestError(str(error)) from error
    except (TypeError, ValueError, OverflowError) as error:  # a rate or array that is none
        raise RequestError(
            "This is not a recording: a sample rate and an array of samples are needed."
        ) from error
    original = source_from_wave(it.spec, clip.wave, NAME, name)
    examined = uploads.examine(it, original, removed)
    upload = Recording(new_key(), checkpoint, original, clip.notes, *examined)
    uploads.STORE.keep(upload)
    return upload


def _load(checkpoint: str) -> Loaded:
    modality = view_of(spec_of(checkpoint)).modality  # before anything is loaded
    if not modality.has_waveform:
        raise RequestError(
            f"{title(checkpoint)} takes {modality.nouns.input}, not sound: choose a voice checkpoint."
        )
    return load(checkpoint)


def _energy_above(wave: np.ndarray, band_hz: float) -> float:
    """Share of the energy of ``[n]`` above a frequency."""
    below = loudness.low_passed(wave, band_hz, prepare.RATE_HZ)
    kept = np.square(below, dtype=np.float64).sum()
    return float(np.clip(1 - kept / np.square(wave, dtype=np.float64).sum(), 0, 1))
