"""Speech in the app: clips that are equally loud, with spectrogram and pitch, and WAV files."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from demo.errors import RequestError
from demo.modalities.base import UNKNOWN, ModalityView, SourceClip, full_batch
from demo.modalities.swap_clips import CLIPS, DONORS, SQUARE
from seqdisent.audio import prepare, vocoder
from seqdisent.audio.waveforms import waveforms
from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.distributions import DiagonalGaussian
from seqdisent.media import audio, video
from seqdisent.types import Sequences

if TYPE_CHECKING:
    from demo.core.generation import GenerationResult
    from demo.core.swapping import Swap

THUMBNAIL = (72, 48)  # of a spectrogram, pixels
INT16 = 32767


@dataclass(frozen=True)
class Sound:
    """A clip and its pitch.

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
        """Median pitch of the voiced parts; None if there are none."""
        voiced = self.pitch_hz[self.pitch_hz > 0]
        return float(np.median(voiced)) if len(voiced) else None


class SpeechView(ModalityView):
    """Recordings of speakers."""

    name = "speech"
    stage_id = "sound"
    save_id_prefix = "sd-save-sound-"
    explanation = "**A's words in B's voice** must keep what A says, and sound like B."
    # A single clip is saved from its tile.
    swap_formats = {"wav": "All four in turn (WAV)", "png": "Spectrograms (PNG)"}
    default_swap_format = "wav"
    generated_formats = ("wav", "npz")
    captions_name_swaps = True
    nearest_titles = {"static": "Nearest known voices", "dynamic": "Nearest in what is said"}

    def thumbnails(self, data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
        recordings = _recordings(data)
        pictures = []
        for row in rows:
            shades = audio.spectrogram(at_common_level(recordings[row]))
            pictures.append(audio.picture(shades, *THUMBNAIL))
        return np.stack(pictures)[..., None].repeat(3, 3)

    def strip(self, data: SequenceDataset, row: int, width: int, height: int) -> np.ndarray:
        shades = audio.spectrogram(at_common_level(_recordings(data)[row]))
        return audio.picture(shades, width, height)

    def caption(self, content: str, others: Mapping[str, str]) -> str:
        """A recording in words: "theo says seven · happy"."""
        if "speaker" not in others:
            return super().caption(content, others)
        labels = dict(others)
        name = labels.pop("speaker")
        sentence = _speaker(name)
        if content:
            sentence += f" says {'something' if content == UNKNOWN else content}"
        known = [label for label in labels.values() if label != UNKNOWN]
        return " · ".join(filter(None, [sentence, ", ".join(known)]))

    def swap_clips(
        self, pair: Sequence[SourceClip], likelihood: DiagonalGaussian, generated: Sequences
    ) -> tuple[Sound, ...]:
        """The recordings, then what was generated, all equally loud."""
        waves = [np.asarray(one.wave) for one in pair] + waveforms(generated)
        pitch = [_pitch(one.batch, 0) for one in pair]
        pitch += [_pitch(generated, row) for row in range(len(generated))]
        levelled = audio.at_one_level(waves)
        return tuple(Sound(wave, hz) for wave, hz in zip(levelled, pitch, strict=True))

    def swap_quality(
        self, data: SequenceDataset, pair: Sequence[SourceClip], generated: Sequences
    ) -> dict[int, float | None]:
        """Of each reconstruction, how far its spectral envelope is from the recording's."""
        found: dict[int, float | None] = {}
        for row, (clip, (static, dynamic)) in enumerate(DONORS.items()):
            if static == dynamic:
                found[clip] = envelope_error_db(generated, row, pair[static].batch)
        return found

    def figures(self, swap: Swap) -> dict[str, Any]:
        errors = {CLIPS[clip]: error for clip, error in swap.quality_db.items()}
        return {"error_db": errors, "median_pitch_hz": median_pitch_hz(swap)}

    def save_swap(self, swap: Swap, kind: str, scale: int) -> bytes:
        """ "wav" (the square in turn), "wav:NAME" (one clip) or "png" (spectrograms of the square)."""
        named = dict(zip(CLIPS, swap.clips, strict=True))
        base, _, name = kind.partition(":")
        square = [swap.clips[clip].wave for clip in SQUARE]
        if base == "wav" and name in named:
            return prepare.wav_bytes(named[name].wave)
        if kind == "wav":
            return prepare.wav_bytes(audio.in_turn(square))
        if kind == "png":
            return video.png(audio.sheet(square, [swap.title(clip) for clip in SQUARE]))
        kinds = ", ".join(("wav", *(f"wav:{one}" for one in named), "png"))
        raise RequestError(f"Formats: {kinds}; not {kind[:20]!r}. This checkpoint makes sound.")

    def stage(self, swap: Swap, message: dict[str, Any], name: str) -> dict[str, Any]:
        for tile in message["tiles"]:
            clip = tile["clip"]
            tile["sound"] = sound_message(swap.clips[clip])
            tile["file"] = f"{name}-{CLIPS[clip]}.wav"
        return message | spectrogram_scale(swap.spec)

    def stage_of_one(
        self, spec: DatasetSpec, clip: SourceClip, message: dict[str, Any]
    ) -> dict[str, Any]:
        tile = message["tiles"][0]
        tile["sound"] = sound_message(prepared(clip))
        tile["file"] = f"{clip.name.replace(' ', '-')}.wav"
        return message | spectrogram_scale(spec)

    def collect(
        self, parts: Sequence[DiagonalGaussian], mask: torch.Tensor | None
    ) -> tuple[Sequences, list[np.ndarray]]:
        """The batch of means, and equally loud waveforms."""
        batch = full_batch(torch.cat([part.mean for part in parts]), mask)
        return batch, audio.at_one_level(waveforms(batch))

    def waveform(self, batch: Sequences) -> np.ndarray:
        return audio.at_one_level(waveforms(batch))[0]

    def save_generated(self, result: GenerationResult, kind: str, rows: Sequence[int]) -> bytes:
        return prepare.wav_bytes(audio.in_turn([result.clips[row] for row in rows]))

    def generated_arrays(
        self, result: GenerationResult, rows: Sequence[int]
    ) -> dict[str, np.ndarray]:
        """``waves`` at 16 kHz, with zeros behind the shorter ones."""
        waves = [result.clips[row] for row in rows]
        longest = max(len(wave) for wave in waves)
        return {"waves": np.stack([np.pad(wave, (0, longest - len(wave))) for wave in waves])}

    def fill_tiles(
        self,
        result: GenerationResult,
        sources: Sequence[SourceClip],
        tiles: Sequence[dict[str, Any]],
        name: str,
    ) -> dict[str, Any]:
        assert result.batch is not None
        sounds = [levelled(source) for source in sources]
        for row, wave in enumerate(result.clips):
            sounds.append(Sound(wave, _pitch(result.batch, row)))
        for tile, sound in zip(tiles, sounds, strict=True):
            tile["sound"] = sound_message(sound)
            tile["file"] = f"{name}-{tile['title'].replace(' ', '-')}.wav"
        return spectrogram_scale(result.spec)


def source_from_wave(spec: DatasetSpec, wave: np.ndarray, name: str, caption: str) -> SourceClip:
    """An uploaded recording, prepared by :func:`seqdisent.audio.prepare.prepare`: float ``[n]`` at 16 kHz.

    What is longer than the model's sequences is cut.
    """
    steps, length = vocoder.to_steps(vocoder.analyse(wave), spec.frames)
    kept = wave[: round(length * vocoder.STEP_SECONDS * prepare.RATE_HZ)]
    mask = torch.arange(spec.frames)[None] < length
    batch = Sequences(torch.from_numpy(steps[None]), mask)
    return SourceClip(name, caption, {}, batch, kept.astype(np.float32))


def prepared(clip: SourceClip) -> Sound:
    """A recording as loud as it was prepared."""
    return Sound(np.asarray(clip.wave), _pitch(clip.batch, 0))


def levelled(clip: SourceClip) -> Sound:
    """A recording at the common loudness."""
    return Sound(audio.at_one_level([np.asarray(clip.wave)])[0], _pitch(clip.batch, 0))


def at_common_level(recording: np.ndarray) -> np.ndarray:
    """A recording (int16 ``[n]``) at the common loudness, float32."""
    return audio.at_one_level([recording.astype(np.float32) / INT16])[0]


def median_pitch_hz(swap: Swap) -> dict[str, float | None]:
    """Median pitch in Hz of each clip of a swap; None where nothing is voiced."""
    return {name: sound.median_hz for name, sound in zip(CLIPS, swap.clips, strict=True)}


def envelope_error_db(generated: Sequences, row: int, real: Sequences) -> float:
    """Root mean square difference of two spectral envelopes of the same length in dB, down to -80 dB."""
    there = real.mask[0]
    envelopes = []
    for steps in (generated.x[row], real.x[0]):
        values = steps[there][..., vocoder.ENVELOPE].numpy()
        envelopes.append(np.maximum(values * vocoder.DB + vocoder.CENTRE_DB, vocoder.FLOOR_DB))
    return float(np.sqrt(np.square(envelopes[0] - envelopes[1]).mean()))


def sound_message(sound: Sound) -> dict[str, Any]:
    """A clip for the page: its file, its spectrogram (a byte a band, low ones first, a row every 10 ms), its pitch."""
    shades = audio.spectrogram(sound.wave)
    return {
        "uri": video.data_uri(prepare.wav_bytes(sound.wave), "audio/wav"),
        "seconds": round(sound.seconds, 4),
        "shades": base64.b64encode(shades.tobytes()).decode("ascii"),
        "pitch": sound.pitch_hz.round().astype(int).tolist(),
        "median": None if sound.median_hz is None else round(sound.median_hz),
    }


def spectrogram_scale(spec: DatasetSpec) -> dict[str, Any]:
    """The axes of spectrograms, and where the recordings of a data set end."""
    scale = {
        "bands": audio.BANDS,
        "low": audio.LOWEST_HZ,
        "high": audio.HIGHEST_HZ,
        "hop": audio.HOP / prepare.RATE_HZ,
    }
    return {"scale": scale, "bandwidth": spec.bandwidth_hz}


def _recordings(data: SequenceDataset) -> Sequence[np.ndarray]:
    if data.recordings is None:
        raise ValueError(f"{data.spec.name} has no recordings")
    return data.recordings


def _speaker(name: str) -> str:
    if name == UNKNOWN:
        return "an unknown speaker"
    return f"speaker {name}" if name[:1].isdigit() else name


def _pitch(batch: Sequences, row: int) -> np.ndarray:
    length = int(batch.mask[row].sum())
    return vocoder.pitch_hz(vocoder.to_frames(batch.x[row].detach().cpu().numpy(), length))
