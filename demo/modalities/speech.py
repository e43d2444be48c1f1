"""Clips that are heard: made from what a model says, brought to one loudness, saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from demo.core.catalog import ServiceError
from demo.core.sources import Original
from seqdisent.audio import prepare, vocoder
from seqdisent.audio.waveforms import waveforms
from seqdisent.data import SequenceDataset
from seqdisent.media import audio, video
from seqdisent.types import Sequences

THUMBNAIL = (72, 48)  # of a spectrogram, pixels


@dataclass(frozen=True)
class Sound:
    """A clip and what is drawn of it.

    Args:
        wave: float32 ``[n]`` at 16 kHz.
        pitch_hz: every 10 ms, 0 where unvoiced.
    """

    wave: np.ndarray
    pitch_hz: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.wave) / prepare.RATE_HZ

    @property
    def median_hz(self) -> float | None:
        """Median pitch of the voiced parts, None if there are none."""
        voiced = self.pitch_hz[self.pitch_hz > 0]
        return float(np.median(voiced)) if len(voiced) else None


def of_pair(pair: Sequence[Original], made: Sequences) -> tuple[Sound, ...]:
    """The recordings of a pair, then what a model made, all equally loud."""
    waves = [np.asarray(one.wave) for one in pair] + waveforms(made)
    pitch = [_pitch(one.batch, 0) for one in pair] + [_pitch(made, row) for row in range(len(made))]
    return tuple(Sound(*both) for both in zip(audio.at_one_level(waves), pitch, strict=True))


def of_one(original: Original) -> Sound:
    """A recording as it was prepared."""
    return Sound(np.asarray(original.wave), _pitch(original.batch, 0))


def levelled(original: Original) -> Sound:
    """The same at the common loudness."""
    return Sound(audio.at_one_level([np.asarray(original.wave)])[0], _pitch(original.batch, 0))


def drawn(made: Sequences) -> list[Sound]:
    """What a model made, all equally loud, with its pitch."""
    return [Sound(wave, _pitch(made, row)) for row, wave in enumerate(of_batch(made))]


def of_batch(made: Sequences) -> list[np.ndarray]:
    """Waveforms of what a model made, all equally loud."""
    return audio.at_one_level(waveforms(made))


def recording(wave: np.ndarray) -> np.ndarray:
    """A recording (int16) as it is heard in galleries and on maps: at the common loudness."""
    return audio.at_one_level([wave.astype(np.float32) / 32767])[0]


def thumbnails(dataset: SequenceDataset, rows: np.ndarray) -> np.ndarray:
    """Small grey spectrograms of recordings, uint8 ``[N, 48, 72, 3]``."""
    shades = [audio.spectrogram(recording(dataset.recordings[row])) for row in rows]
    return np.stack([audio.picture(one, *THUMBNAIL) for one in shades])[..., None].repeat(3, 3)


def error_db(made: Sequences, row: int, real: Sequences) -> float:
    """Root mean square difference of two spectral envelopes of the same length in dB, down to -80 dB."""
    there = real.mask[0]
    bands = [
        np.maximum(
            part[there][..., vocoder.ENVELOPE].numpy() * vocoder.DB + vocoder.CENTRE_DB,
            vocoder.FLOOR_DB,
        )
        for part in (made.x[row], real.x[0])
    ]
    return float(np.sqrt(np.square(bands[0] - bands[1]).mean()))


def save(named: Mapping[str, Sound], kind: str, square: Mapping[str, str]) -> bytes:
    """A file of some clips.

    Args:
        square: names of the four that are compared, and their titles.
        kind: "wav" (those of ``square`` in turn), "wav:NAME" (one of them) or "png" (spectrograms of ``square``).

    Raises:
        ServiceError: for another kind.
    """
    base, _, name = kind.partition(":")
    some = [named[one].wave for one in square]
    if base == "wav" and name in named:
        return prepare.wav_bytes(named[name].wave)
    if kind == "wav":
        return prepare.wav_bytes(audio.in_turn(some))
    if kind == "png":
        return video.png(audio.sheet(some, list(square.values())))
    kinds = ", ".join(("wav", *(f"wav:{one}" for one in named), "png"))
    raise ServiceError(f"Formats: {kinds}; not {kind[:20]!r}. This checkpoint makes sound.")


def _pitch(batch: Sequences, row: int) -> np.ndarray:
    length = int(batch.mask[row].sum())
    return vocoder.pitch_hz(vocoder.to_frames(batch.x[row].detach().cpu().numpy(), length))


def everywhere(x: torch.Tensor, mask: torch.Tensor | None) -> Sequences:
    """A batch of sequences whose steps all exist unless a mask says otherwise."""
    return Sequences(x, torch.ones(x.shape[:2], dtype=torch.bool) if mask is None else mask)
