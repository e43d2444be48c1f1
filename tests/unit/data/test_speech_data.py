"""Speech that comes with the package or from an archive; the archives are made here, in the publishers' layout."""

from __future__ import annotations

import io
from zipfile import ZipFile

import numpy as np
import pytest
import soundfile

from seqdisent import DATASETS, dataset_spec, load_dataset
from seqdisent.audio import vocoder
from seqdisent.data import data_source, is_ready
from seqdisent.data.archive import contents as digest_of
from seqdisent.data.download import DataNotReady
from seqdisent.data.speech import emodb, fsdd, voices
from seqdisent.data.speech import recordings as speech
from tests.fixtures.speech import spoken


def sound(seed: int, seconds: float = 0.45, rate_hz: int = 8000) -> bytes:
    """A WAV file of a buzz with a pitch of its own."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    wave = sum(np.sin(2 * np.pi * (100 + 3 * seed % 80) * k * time) / k for k in range(1, 12))
    out = io.BytesIO()
    soundfile.write(out, 0.2 * wave + 1e-4 * rng.standard_normal(len(time)), rate_hz, format="WAV")
    return out.getvalue()


def archive(path, names, **options) -> None:
    with ZipFile(path, "w") as zipped:
        for seed, name in enumerate(names):
            zipped.writestr(name, sound(seed, **options))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """FSDD with two digits and four takes, and Emo-DB with three sentences."""
    folder = tmp_path_factory.mktemp("speech")
    archive(
        folder / "fsdd.zip",
        [
            f"free-spoken-digit-dataset-26eb/recordings/{digit}_{speaker}_{take}.wav"
            for digit in (0, 7)
            for speaker in fsdd.SPEAKERS
            for take in (1, 6, 8, 30)
        ],
    )
    archive(
        folder / "emodb.zip",
        [
            f"wav/{speaker}{sentence}{emotion}a.wav"
            for speaker in ("03", "08")
            for sentence in ("a01", "b02", "b09")
            for emotion in "FN"
        ],
        seconds=0.6,
        rate_hz=16_000,
    )
    return folder


@pytest.fixture(autouse=True)
def contents(root, monkeypatch, tmp_path_factory):
    """The loaders, told what the archives of the tests hold."""
    monkeypatch.setenv("SEQDISENT_CACHE", str(root / "cache"))
    monkeypatch.setattr(fsdd, "CONTENTS", digest_of(root / "fsdd.zip", ".wav"))
    monkeypatch.setattr(emodb, "RECORDINGS", 12)


def test_fsdd_is_split_by_take_and_labelled_by_name(root):
    splits = {split: load_dataset("fsdd", split, root) for split in ("train", "validation", "test")}
    assert {k: len(v) for k, v in splits.items()} == {"train": 24, "validation": 12, "test": 12}
    batch = splits["test"][:]
    assert batch.x.shape == (12, 50, *vocoder.EVENT_SHAPE) and batch.x.isfinite().all()
    assert sorted(set(batch.static["speaker"].tolist())) == [0, 1, 2, 3, 4, 5]
    assert batch.mask.sum(1).min() >= 10 and not batch.mask.all()
    assert (batch.dynamic["digit"][batch.mask] >= 0).all() and (
        batch.dynamic["digit"][~batch.mask] == -1
    ).all()
    # Recorded at 8 kHz: nothing is left above 4 kHz for a model to tell microphones by.
    above = batch.x[..., : vocoder.BANDS][..., vocoder.BAND_HZ > 4000]
    assert above.std() == 0
    recorded = splits["test"].recordings
    assert (
        recorded[0].dtype == np.int16 and abs(len(recorded[0]) / 320 - batch.mask[0].sum()) < 1.01
    )


def test_segments_are_runs_of_200_ms(root):
    whole, parts = load_dataset("fsdd", "test", root), load_dataset("fsdd-segments", "test", root)
    assert parts.spec.frames == 10 and len(parts) > len(whole)
    assert set(parts.utterance) == set(range(len(whole)))
    for number in (0, 5):
        mine = np.flatnonzero(parts.utterance == number)
        np.testing.assert_array_equal(parts.frames[mine[0]], whole.frames[number][:10])
        assert (parts.static["speaker"][mine] == whole.static["speaker"][number]).all()


def test_a_speaker_left_out_is_heard_in_the_test_split_only(root):
    name = "fsdd-without-theo"
    theo = fsdd.SPEAKERS.index("theo")
    for split in ("train", "validation"):
        assert theo not in load_dataset(name, split, root).static["speaker"]
    assert theo in load_dataset(name, "test", root).static["speaker"]
    assert dataset_spec(name).judge == "fsdd"
    assert {n for n in DATASETS if n.startswith("fsdd-without-")} == {
        f"fsdd-without-{who}" for who in fsdd.SPEAKERS
    }


def test_emodb_holds_out_sentences_and_knows_the_sexes(root):
    test, train = load_dataset("emodb", "test", root), load_dataset("emodb", "train", root)
    sentence = emodb.SENTENCES.index
    assert set(test.sequence_labels()["sentence"]) == {sentence("b09")}
    assert set(train.sequence_labels()["sentence"]) == {sentence("a01")}
    assert set(load_dataset("emodb", "validation", root).sequence_labels()["sentence"]) == {
        sentence("b02")
    }
    by = dict(zip(test.static["speaker"].tolist(), test.static["sex"].tolist(), strict=True))
    assert by == {0: 1, 1: 0}  # 03 is a man, 08 a woman
    assert {emodb.SPEC.factor("emotion").classes[e] for e in test.static["emotion"]} == {
        "happiness",
        "neutral",
    }


@pytest.mark.parametrize("name", ["fsdd", "emodb"])
def test_a_missing_or_damaged_archive_is_named(name, root, tmp_path):
    assert is_ready(name, root) and not is_ready(name, tmp_path)
    with pytest.raises(DataNotReady, match=f"seqdisent data {name}"):
        load_dataset(name, "test", tmp_path)
    (tmp_path / f"{name}.zip").write_bytes((root / f"{name}.zip").read_bytes()[:5000])
    with pytest.raises(DataNotReady, match="Delete it"):
        load_dataset(name, "test", tmp_path)
    archive(tmp_path / f"{name}.zip", ["recordings/0_theo_0.wav"])
    with pytest.raises(DataNotReady, match="Delete it"):
        load_dataset(name, "test", tmp_path)
    with pytest.raises(ValueError, match="no split 'dev'"):
        load_dataset(name, "dev", root)


def test_voices_declare_what_they_are():
    data = spoken()
    spec = voices.SPEC
    assert {f.name: (f.kind, f.unit) for f in spec.factors if f.continuous} == {
        "pitch": ("static", "Hz"),
        "tract": ("static", "cm"),
        "breathiness": ("static", "of 1"),
    }
    assert len(spec.factor("speaker").classes) >= 40 and len(spec.factor("word").classes) >= 10
    assert (data.static["sex"] == (data.static["speaker"] >= 24)).all()
    for name, count in spec.splits:
        takes = voices._TAKES[name]
        assert len(takes) == count == len(set(takes))
    for one in ("validation", "test"):  # every speaker and every word is heard in every split
        who, what, _ = (set(part) for part in zip(*voices._TAKES[one], strict=True))
        assert who == set(range(48)) and what == set(range(12))
    # The declared pitch is the pitch that is measured, but for a semitone from take to take.
    hz = np.array(
        [
            vocoder.median_pitch_hz(vocoder.to_frames(x, n))
            for x, n in zip(data.frames, data.steps, strict=True)
        ]
    )
    assert np.corrcoef(np.log(hz), np.log(data.static["pitch"]))[0, 1] > 0.85


def test_frames_are_analysed_once(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path))
    waves = [voices.recordings("test")[i].wave for i in (0, 40)]
    first = speech.analyse_all(waves)
    monkeypatch.setattr(vocoder, "analyse", lambda wave: pytest.fail("analysed again"))
    for one, other in zip(first, speech.analyse_all(waves), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(BaseException, match="analysed again"):
        speech.analyse_all(waves[:1])


def test_every_audio_set_has_a_source():
    for name in ("voices", "fsdd", "emodb", "timit", "audio-folder"):
        assert data_source(name).outline.name == name
