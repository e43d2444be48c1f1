"""What a judge sees of a sequence: pictures as they are, speech as a sound.

A judge of speech hears the *waveform*, as people do: recordings as they were recorded, and what a model made after
the vocoder has turned it into sound. It learns from both kinds of training recordings, those that went through the
vocoder and those that did not, so that the vocoder alone does not sway it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from seqdisent.data.dataset import SequenceDataset
from seqdisent.spec import DatasetSpec
from seqdisent.types import Sequences

MELS = 64
FLOOR_DB, CENTRE_DB, DB = -80.0, -40.0, 20.0
LEVEL_DB = -23.0


def judged_spec(spec: DatasetSpec) -> DatasetSpec:
    """The declaration of what a judge of this data sees."""
    if spec.modality != "audio":
        return spec
    from seqdisent.audio.vocoder import STEP_FRAMES

    return replace(spec, event_shape=(STEP_FRAMES, MELS))


def judged_data(data: SequenceDataset, *, rebuilt: bool = False) -> SequenceDataset:
    """A split as a judge sees it.

    Args:
        rebuilt: of speech, each recording once more as it sounds after the vocoder (for training).
    """
    if data.spec.modality != "audio":
        return data
    assert data.recordings is not None
    spec = judged_spec(data.spec)
    seen = [_log_mel(wave / 32767, spec.frames) for wave in data.recordings]
    rows = np.arange(len(data))
    if rebuilt:
        seen += [_log_mel(wave, spec.frames) for wave in waveforms(data[rows])]
        rows = np.tile(rows, 2)
    heard = data.select(rows)
    frames, lengths = (np.stack(part) for part in zip(*seen, strict=True))
    return replace(
        heard, spec=spec, frames=frames, lengths=np.minimum(lengths, heard.steps), recordings=None
    )


def as_judged(batch: Sequences, spec: DatasetSpec) -> Sequences:
    """What a model made of data declared by ``spec``, as its judge sees it; labels go along."""
    if spec.modality != "audio":
        return batch
    seen = [_log_mel(wave, batch.x.shape[1]) for wave in waveforms(batch)]
    frames = torch.from_numpy(np.stack([steps for steps, _ in seen]))
    return replace(batch, x=frames)


def waveforms(batch: Sequences) -> list[np.ndarray]:
    """The sound of WORLD steps ``[B, T, 2, 67]``, each as long as its mask: float32 ``[n]`` at 16 kHz."""
    from seqdisent.audio.vocoder import synthesise, to_frames

    lengths = batch.mask.sum(1).tolist()
    return [
        synthesise(to_frames(x, n)) for x, n in zip(batch.x.cpu().numpy(), lengths, strict=True)
    ]


def _log_mel(wave: np.ndarray, steps: int) -> tuple[np.ndarray, int]:
    """Log-mel steps ``[steps, 2, 64]`` of a waveform brought to one level, and how many of them are sound."""
    import librosa

    from seqdisent.audio.prepare import RATE_HZ, loudness_db
    from seqdisent.audio.vocoder import FRAME_SECONDS, STEP_FRAMES

    hop = round(FRAME_SECONDS * RATE_HZ)
    loudness = loudness_db(wave)
    gain = 10 ** ((LEVEL_DB - loudness) / 20) if np.isfinite(loudness) else 1.0
    power = librosa.feature.melspectrogram(
        y=np.asarray(gain * wave, np.float32), sr=RATE_HZ, n_fft=512, hop_length=hop, n_mels=MELS
    )
    decibels = 10 * np.log10(np.maximum(power.T, 10 ** (FLOOR_DB / 10)))
    frames = ((decibels - CENTRE_DB) / DB).astype(np.float32)
    length = int(np.clip(len(frames) // STEP_FRAMES, 1, steps))
    index = np.minimum(np.arange(steps * STEP_FRAMES), min(length * STEP_FRAMES, len(frames)) - 1)
    return frames[index].reshape(steps, STEP_FRAMES, MELS), length
