"""Speech: steps of two WORLD frames ``[2, 67]``, 20 ms long.

A judge of speech sees spectrograms of *waveforms*: recordings as they were recorded, and decoded sequences after the
vocoder has synthesised them. It is trained on recordings with and without a pass through the vocoder, so that the
vocoder alone does not sway it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from seqdisent.audio import log_mel, vocoder
from seqdisent.audio.waveforms import waveforms
from seqdisent.data.dataset import SequenceDataset
from seqdisent.media import export_speech
from seqdisent.modalities.base import JudgeBudget, Limits, Modality, Nouns
from seqdisent.modalities.features import COMMON, Feature, Reconstruction, SourceFeature
from seqdisent.spec import DatasetSpec
from seqdisent.types import Sequences

FEATURES = {
    "pitch": Feature("median pitch", "Hz", 0, two_sided=True),
    "voiced": Feature("voiced part", "%", 0, two_sided=True, ratio=False),
    "duration": Feature("length", "s", 2, two_sided=True),
    "envelope": Feature(
        "error of the rebuilt spectrum", "dB", meaning="the model cannot rebuild it well"
    ),
}
ABOVE_BAND = SourceFeature(
    Feature("energy above the band of the training recordings", "%", ratio=False),
    # What was filtered out has no counterpart in the known recordings, so the bound is a rule.
    highest=50.0,
    warning="Most of its energy, {value}, is above the band of the training recordings.",
)


class Speech(Modality):
    """Recordings of speakers: the static code is the voice, the dynamic code the words."""

    name = "speech"
    title = "speech"
    nouns = Nouns(
        sequence="recording",
        step="step",
        static="voice",
        dynamic="words",
        static_question="whose voice it is",
        dynamic_question="what is said",
        output="sound",
        input="sound",
        swap="{dynamic}'s words in {static}'s voice",
    )
    limits = Limits(frames=500, amount=3000, unit="steps")
    # A judge that needs the waveform of every clip is slow.
    judge_budget = JudgeBudget(anchors=5, anchor_pairs=100, sweep_pairs=200)
    writers = export_speech.WRITERS
    swap_order = "in turn"
    has_waveform = True

    def judge_spec(self, spec: DatasetSpec) -> DatasetSpec:
        return replace(spec, event_shape=log_mel.EVENT_SHAPE)

    def judge_dataset(
        self, data: SequenceDataset, *, with_reconstructions: bool = False
    ) -> SequenceDataset:
        assert data.recordings is not None, f"{data.spec.name} has no recordings"
        spec = self.judge_spec(data.spec)
        waves = [wave / 32767 for wave in data.recordings]
        rows = np.arange(len(data))
        if with_reconstructions:
            waves += waveforms(data[rows])
            rows = np.tile(rows, 2)
        seen = [log_mel.log_mel_steps(wave, spec.frames) for wave in waves]
        selected = data.select(rows)
        return replace(
            selected,
            spec=spec,
            frames=np.stack([steps for steps, _ in seen]),
            lengths=np.minimum([length for _, length in seen], selected.steps),
            recordings=None,
        )

    def judge_batch(self, batch: Sequences, spec: DatasetSpec) -> Sequences:
        steps = batch.x.shape[1]
        seen = [log_mel.log_mel_steps(wave, steps)[0] for wave in waveforms(batch)]
        return replace(batch, x=torch.from_numpy(np.stack(seen)))

    def features(self, spec: DatasetSpec) -> dict[str, Feature]:
        return FEATURES | COMMON

    def measure_features(
        self, reconstruction: Reconstruction, spec: DatasetSpec
    ) -> dict[str, np.ndarray]:
        batch = reconstruction.batch
        steps = batch.mask.sum(1).numpy()
        frames = [vocoder.to_frames(x, n) for x, n in zip(batch.x.numpy(), steps, strict=True)]
        voiced = [np.mean(vocoder.pitch_hz(one) > 0) for one in frames]
        return {
            "envelope": vocoder.DB * reconstruction.root_mean_square_error(vocoder.ENVELOPE),
            "pitch": np.array([vocoder.median_pitch_hz(one) for one in frames]),
            "voiced": 100 * np.array(voiced),
            "duration": steps / spec.rate_hz,
        }

    @property
    def source_features(self) -> dict[str, SourceFeature]:
        return {"above_band": ABOVE_BAND}

    def steps_label(self, spec: DatasetSpec) -> str:
        return f"steps of {1000 / spec.rate_hz:g} ms"

    def amount_per_step(self, spec: DatasetSpec) -> int:
        return 1


SPEECH = Speech()
