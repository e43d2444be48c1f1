"""What is measured of speech, on models whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seqdisent import Latents, Sequences
from seqdisent.audio import vocoder
from seqdisent.audio.distortion import distortion
from seqdisent.audio.waveforms import waveforms
from seqdisent.data.speech import voices
from seqdisent.data.speech.recordings import Recording, recording_dataset, to_int16
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.speech import _content, median_pitch, speech_report
from seqdisent.evaluation.splits import Splits, why_not_measurable
from seqdisent.evaluation.statistics import ClusterBootstrap
from seqdisent.experiments.vocoder_comparison import WAYS
from seqdisent.modalities.speech import SPEECH
from tests.fixtures.speech import build, spoken


class Parrot:
    """Codes are row numbers: it answers with a recording, of the dynamics' row or of the static code's."""

    def __init__(self, data, deaf: bool) -> None:
        self.data, self.deaf, self.spec = data, deaf, data.spec

    def decode(self, latents: Latents) -> Sequences:
        rows = latents.dynamic[:, 0, 0] if self.deaf else latents.static[:, 0]
        return self.data[rows.long().numpy()]

    def latents(self) -> Latents:
        row = torch.arange(len(self.data), dtype=torch.float32)
        steps = self.data.spec.frames
        mask = torch.arange(steps) < torch.from_numpy(self.data.steps)[:, None]
        return Latents(row[:, None], row[:, None, None].expand(-1, steps, 1), mask)


@pytest.mark.parametrize("deaf", [False, True])
def test_pitch_goes_where_the_voice_comes_from(deaf):
    """A parrot that hears only the dynamics keeps the source's pitch; one that hears only the static code does not."""
    data = spoken()
    parrot = Parrot(data, deaf)
    report = speech_report(parrot, data, parrot.latents(), pairs=16)
    for group in ("sex", "apart"):
        found = report.pitch[group]
        assert found.pairs > 5 and found.chance == 0.5
        assert found.nearer_donor.value == (0.0 if deaf else 1.0)
        assert 1 < found.nearer_donor.sources <= len(np.unique(data.static["speaker"]))
        assert (found.semitones_to_donor < 1) != deaf
    assert (
        report.distortion.vocoder == report.distortion.reconstruction
    )  # it does not change a frame


def test_what_was_said_is_looked_for_among_the_donors_own_recordings():
    """Each of four speakers says three words twice: a swap that sounds like one of them is nearest to it."""
    speakers, words = (0, 1, 24, 25), (0, 4, 9)
    said = [(s, w, take) for take in (6, 7) for s in speakers for w in words]
    waves = [voices.say(s, w, take) for s, w, take in said]
    labels = [
        {"speaker": s, "word": w, "sex": 0, "pitch": 0, "tract": 0, "breathiness": 0}
        for s, w, _ in said
    ]
    recordings = [
        Recording(to_int16(wave), at, n)
        for n, (wave, at) in enumerate(zip(waves, labels, strict=True))
    ]
    data = recording_dataset(voices.SPEC, recordings)
    a, b = np.array([0, 1, 2, 3]), np.array([14, 15, 16, 18])
    other_take = {(s, w): n for n, (s, w, take) in enumerate(said) if take == 7}
    right = [waves[other_take[said[j][0], said[i][1]]] for i, j in zip(a, b, strict=True)]
    wrong = [
        waves[other_take[said[j][0], said[i - 1 if i % 3 else i + 1][1]]]
        for i, j in zip(a, b, strict=True)
    ]
    for swapped, expected in ((right, 1.0), (wrong, 0.0)):
        speaker = data.static["speaker"]
        bootstrap = ClusterBootstrap(speaker[a], speaker[b])
        found = _content(data, swapped, a, b, np.random.default_rng(0), bootstrap)
        assert (found.nearest.n, found.nearest.sources) == (4, 2)
        assert found.nearest.value == expected and found.chance == pytest.approx(1 / 3)


def test_the_vocoder_keeps_what_griffin_lim_loses():
    waves = [wave / 32767 for wave in spoken().recordings[:4]]
    found = {
        name: [distortion(wave, through(wave)) for wave in waves] for name, through in WAYS.items()
    }
    mean = {
        name: {k: np.mean([f[k] for f in each]) for k in each[0]} for name, each in found.items()
    }
    ours, theirs = mean.values()
    assert ours["mcd_db"] < 4 and ours["pitch_cents"] < 20 and ours["voicing"] < 0.1
    assert ours["mcd_db"] < theirs["mcd_db"] or ours["pitch_cents"] < theirs["pitch_cents"]
    assert distortion(waves[0], waves[0]) == {"mcd_db": 0.0, "pitch_cents": 0.0, "voicing": 0.0}


def test_a_semitone_is_a_semitone():
    """Frames moved up by three semitones are heard three semitones higher; the tract stays where it was."""
    data = spoken()
    frames = vocoder.to_frames(data.frames[0], data.steps[0]).astype(np.float32)
    before = vocoder.synthesise(frames)
    frames[:, vocoder.PITCH] += 3 * vocoder.OCTAVE / 12
    after = vocoder.synthesise(frames)
    assert 12 * np.log2(median_pitch(after) / median_pitch(before)) == pytest.approx(3, abs=0.2)
    assert median_pitch(before) == pytest.approx(
        vocoder.median_pitch_hz(vocoder.to_frames(data.frames[0], data.steps[0])), rel=0.03
    )
    assert np.isnan(median_pitch(np.zeros(4000)))


def test_a_judge_hears_waveforms():
    data = spoken()
    spec = SPEECH.judge_spec(data.spec)
    assert spec.event_shape == (2, 64)
    heard = SPEECH.judge_dataset(data)
    assert len(heard) == len(data) and heard.frames.shape[2:] == (2, 64)
    twice = SPEECH.judge_dataset(data, with_reconstructions=True)
    assert len(twice) == 2 * len(data) and np.array_equal(twice.frames[: len(data)], heard.frames)
    rebuilt = SPEECH.judge_batch(data[:], data.spec)
    there = rebuilt.mask
    np.testing.assert_allclose(
        twice.frames[len(data) :][there.numpy()], rebuilt.x[there].numpy(), atol=1e-5
    )
    # The recording and what the vocoder makes of it sound alike; two recordings do not.
    one = np.abs(heard.frames - rebuilt.x.numpy())[there.numpy()].mean()
    other = np.abs(np.roll(heard.frames, 5, 0) - rebuilt.x.numpy())[there.numpy()].mean()
    assert one < 0.5 * other
    judge = Judge(spec).eval()
    said = judge.classify(heard[:3])
    assert set(said) == {"speaker", "sex", "word"}  # continuous factors have no classes
    louder = replace(
        data, recordings=tuple((wave * 0.5).astype(np.int16) for wave in data.recordings)
    )
    assert (
        np.abs(SPEECH.judge_dataset(louder).frames - heard.frames)[heard[:].mask.numpy()].mean()
        < 0.05
    )  # level does not matter


def test_codes_of_utterances_of_different_lengths_are_compared_in_parts():
    data = spoken()
    codes = ModelSubject(build("vast-agreeing")).codes(data)
    assert codes.mean.mask is not None and codes.mean.timeline(8).shape == (len(data), 8, 3)
    assert codes.labels["word"].shape == (len(data), 8) and (codes.labels["word"] >= 0).all()
    assert (codes.dynamic_kl[~codes.mean.mask] == 0).all()
    waves = waveforms(data[:3])
    assert [len(w) for w in waves] == [int(n) * 320 for n in data.steps[:3]]


def test_a_word_that_training_never_heard_is_not_measurable():
    data = spoken()
    codes = ModelSubject(build("dbse")).codes(data)
    other = replace(
        codes, labels={**codes.labels, "word": np.where(codes.labels["word"] == 0, 0, 11)}
    )
    unseen = replace(
        codes,
        labels={
            **codes.labels,
            "word": 1 + 0 * codes.labels["word"] + (np.arange(len(data)) % 2)[:, None],
        },
    )
    word = data.spec.factor("word")
    assert "no test sequence has a value" in why_not_measurable(word, Splits(other, other, unseen))
    assert why_not_measurable(word, Splits(codes, codes, codes)) == ""
