"""Recordings that visitors bring, good and bad, through the functions behind the page."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import seqdisent
from demo.core import catalog, code_maps, generation, recordings, uploads
from demo.core import sources as originals
from demo.core.upload_store import SECONDS, UploadStore
from demo.errors import RequestError
from demo.modalities import swap_clips
from seqdisent.data import SequenceDataset
from seqdisent.data.speech.recordings import Recording, recording_dataset, to_int16
from seqdisent.data.speech.voices import SPEC
from seqdisent.data.speech.voices_art import SPEAKERS, WORDS, say
from seqdisent.evaluation import out_of_distribution
from seqdisent.evaluation.ood_features import Measured, measure
from seqdisent.modalities.speech import SPEECH
from seqdisent.nn.config import FrameConfig
from seqdisent.types import Encoding, Latents, Sequences
from tests.fixtures.app import forget_app

NAME, NARROW, PICTURES = "vast-voices", "vast-narrow", "vast-sprites"
RATE_HZ, KNOWN = 16_000, 24
pytestmark = pytest.mark.usefixtures("checkpoints")


def spoken(speaker: int, word: int, take: int) -> Recording:
    labels = {
        "speaker": speaker,
        "sex": 0,
        "pitch": 1.0,
        "tract": 1.0,
        "breathiness": 1.0,
        "word": word,
    }
    return Recording(to_int16(say(speaker, word, take)), labels, 0)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small untrained checkpoints of the spoken voices, of the same up to 4 kHz, and of pictures; few known voices."""
    folder = tmp_path_factory.mktemp("checkpoints")
    specs = {
        NAME: SPEC,
        NARROW: replace(SPEC, bandwidth_hz=4000.0),
        PICTURES: seqdisent.dataset_spec("sprites"),
    }
    for name, spec in specs.items():
        torch.manual_seed(0)
        config = seqdisent.models.model_class("vast").Config(
            static_size=8,
            dynamic_size=4,
            hidden=16,
            frame=FrameConfig("modulated", width=8, features=32),
        )
        model = seqdisent.build_model("vast", spec, config)
        seqdisent.save_checkpoint(folder / name, model, kind="vast", recipe={})
    some = [spoken(i * len(SPEAKERS) // KNOWN, i % len(WORDS), 0) for i in range(KNOWN)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQDISENT_CHECKPOINTS", str(folder))
        patch.setenv("SEQDISENT_CACHE", str(tmp_path_factory.mktemp("cache")))
        known = recording_dataset(SPEC, some)
        patch.setattr(seqdisent, "load_dataset", lambda name, split: known)
        forget_app()
        yield folder
    forget_app()


@pytest.fixture
def voice() -> np.ndarray:
    """A known speaker says a known word once more."""
    return say(0, 0, 7)


def wav(wave: np.ndarray, rate_hz: int = RATE_HZ, coding: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, wave, rate_hz, format="WAV", subtype=coding)
    return buffer.getvalue()


def resampled(wave: np.ndarray, rate_hz: int) -> np.ndarray:
    at = np.arange(len(wave) * rate_hz // RATE_HZ) * RATE_HZ / rate_hz
    return np.interp(at, np.arange(len(wave)), wave).astype(np.float32)


# -- what comes in -------------------------------------------------------------------------------


def test_an_upload_is_what_the_model_sees(voice) -> None:
    upload = recordings.read(NAME, wav(voice), "me.wav")
    assert upload.original.caption == "me.wav" and upload.checkpoint == NAME
    assert upload.batch.x.shape == (1, SPEC.frames, 2, 67) and upload.wave.dtype == np.float32
    steps = int(upload.batch.mask.sum())
    assert (
        upload.seconds == pytest.approx(steps * 0.02, abs=0.011)
        and upload.seconds <= SPEC.frames * 0.02
    )
    assert upload.pitch_hz == pytest.approx(SPEAKERS[0].pitch_hz, rel=0.15)
    model = catalog.load(NAME).model
    expected = model.encode(upload.batch.x, upload.batch.mask, sample=False).latents
    assert torch.equal(upload.latents.static, expected.static) and upload.latents.mask is not None
    assert set(upload.comparison.measures) == {
        "pitch",
        "voiced",
        "duration",
        "envelope",
        "error",
        "static",
        "dynamic",
    }
    assert uploads.STORE.get(upload.key) is upload


def test_the_same_recording_gives_the_same_upload(voice) -> None:
    one, other = (recordings.read(NAME, wav(voice)) for _ in range(2))
    assert one.key != other.key and one.notes == other.notes
    assert torch.equal(one.batch.x, other.batch.x) and torch.equal(
        one.latents.dynamic, other.latents.dynamic
    )
    assert one.comparison == other.comparison
    assert uploads.place(NAME, one.key, KNOWN, "pca") == uploads.place(
        NAME, other.key, KNOWN, "pca"
    )


def test_what_can_be_mended_is_and_is_told(voice, tmp_path) -> None:
    path = tmp_path / "me.wav"
    path.write_bytes(wav(np.tile(np.pad(voice, (0, RATE_HZ)), 61)[: 61 * RATE_HZ]))
    stereo = np.stack([resampled(voice, 96_000)] * 2, 1)
    hole = voice.copy()
    hole[5000] = np.nan
    two = to_int16(np.stack([resampled(voice, 48_000)] * 2, 1))
    made = {
        "are clipped": lambda: recordings.read(NAME, wav((20 * voice).clip(-1, 1))),
        "8 bits": lambda: recordings.read(NAME, wav(voice, coding="PCM_U8")),
        "Resampled from 96,000": lambda: recordings.read(NAME, wav(stereo, 96_000)),
        "Cut from": lambda: recordings.read(NAME, path),
        "interpolated": lambda: recordings.record(NAME, RATE_HZ, hole),
        "Mixed 2 channels": lambda: recordings.record(NAME, 48_000, two),
    }
    for words, make in made.items():
        upload = make()
        assert any(words in note for note in upload.notes), (words, upload.notes)
        assert upload.seconds <= SPEC.frames * 0.02 and torch.isfinite(upload.latents.static).all()
    assert recordings.read(NAME, path).original.caption == "me.wav"


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"", "is empty"),
        (b"Dear diary, I am no sound.\n" * 50, "is text, not sound"),
        (wav(np.zeros(RATE_HZ)), "This is silence"),
        (wav(np.full(800, 0.1)), "Too short"),
        (bytes(25 * 2**20 + 1), "larger than 25 MB"),
        (Path("nowhere/gone.wav"), "no file called gone.wav"),
        ((RATE_HZ, np.zeros(0, np.int16)), "nothing was recorded"),
        ((RATE_HZ, np.zeros((0, 2), np.int16)), "nothing was recorded"),
        ((RATE_HZ, None), "nothing was recorded"),
        ((RATE_HZ, np.full(RATE_HZ, np.nan)), "no numbers"),
        ((RATE_HZ, np.zeros(RATE_HZ)), "This is silence"),
        ((RATE_HZ, "hello"), "is not sound"),
        ((0, np.zeros(RATE_HZ)), "not usable"),
        ((float("nan"), np.zeros(RATE_HZ)), "a sample rate and an array"),
        (("fast", np.zeros(RATE_HZ)), "a sample rate and an array"),
    ],
)
def test_what_is_no_recording_is_refused_in_words(bad, words) -> None:
    with pytest.raises(RequestError, match=words):
        recordings.record(NAME, *bad) if isinstance(bad, tuple) else recordings.read(
            NAME, bad, "me.wav"
        )


def test_a_checkpoint_of_pictures_takes_no_sound(voice) -> None:
    for name, words in (
        (PICTURES, "takes pictures, not sound: choose a voice checkpoint"),
        ("none", "there is no 'none'"),
    ):
        with pytest.raises(RequestError, match=words):
            recordings.record(name, RATE_HZ, voice)


# -- what is kept --------------------------------------------------------------------------------


def test_few_are_kept_and_not_for_long(voice, monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(uploads, "STORE", UploadStore(most=3, timer=lambda: clock[0]))
    keys = [recordings.record(NAME, RATE_HZ, voice[: 4000 + 10 * i]).key for i in range(5)]
    assert (
        list(uploads.STORE) == keys[2:]
        and len(set(keys)) == 5
        and all(len(key) >= 22 for key in keys)
    )
    uploads.STORE.forget(keys[4])
    uploads.STORE.forget("unknown")
    for gone in (keys[0], keys[4], "unknown", None, [], 3):
        with pytest.raises(RequestError, match="no longer kept; record it again"):
            uploads.STORE.get(gone)
    clock[0] = SECONDS + 1
    with pytest.raises(RequestError, match="no longer kept"):
        uploads.swap(NAME, keys[3], 0)
    assert not len(uploads.STORE)


def test_an_upload_is_for_one_checkpoint(voice) -> None:
    key = recordings.record(NAME, RATE_HZ, voice).key
    with pytest.raises(RequestError, match="prepared for another checkpoint"):
        uploads.place(NARROW, key, KNOWN, "pca")


def test_visitors_at_the_same_time_get_their_own(voice) -> None:
    uploads._reference.cache_clear()
    cuts = [4000 + 500 * i for i in range(8)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda n: recordings.record(NAME, RATE_HZ, voice[:n]), cuts))
        placed = list(pool.map(lambda it: uploads.place(NAME, it.key, KNOWN, "pca"), made))
    assert len({it.key for it in made}) == 8
    for n, it, where in zip(cuts, made, placed, strict=True):
        alone = recordings.record(NAME, RATE_HZ, voice[:n])
        assert torch.equal(it.batch.x, alone.batch.x) and it.comparison == alone.comparison
        assert where == uploads.place(NAME, alone.key, KNOWN, "pca")


# -- where it lies, and what it makes ------------------------------------------------------------


def known_as_upload(index: int) -> uploads.Upload:
    """A test sequence as if it had been uploaded, without the way through a file."""
    it = catalog.load(NAME)
    latents = generation.encode(NAME, index)
    upload = recordings.Recording(
        f"known-{index}",
        NAME,
        originals.from_split(it.dataset, index),
        (),
        latents,
        out_of_distribution.Comparison({}, (), ""),
    )
    uploads.STORE.keep(upload)
    return upload


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_known_sequence_lies_on_its_own_point(method) -> None:
    pair = code_maps.maps(NAME, KNOWN, method)
    for index in (0, 11, KNOWN - 1):
        where = json.loads(
            json.dumps(uploads.place(NAME, known_as_upload(index).key, KNOWN, method))
        )
        row = int(np.flatnonzero(pair.rows == index)[0])
        assert where["exact"] == (method == "pca")
        for part in ("static", "dynamic"):
            plane = getattr(pair, part)
            assert where[part] == pytest.approx(
                plane[row].tolist(), abs=1e-3 * float(np.ptp(plane))
            )
            near = where["neighbours"][part]
            assert near[0] == index and len(set(near)) == 5


def test_a_swap_has_six_sounds_and_says_what_it_knows(voice, monkeypatch) -> None:
    upload = recordings.record(NAME, RATE_HZ, voice)
    it = catalog.load(NAME)
    judge = catalog.Judge(
        lambda batch: {n: torch.zeros(len(batch), dtype=torch.int64) for n in ("speaker", "word")},
        {"word": 0.9},
    )
    monkeypatch.setattr(catalog, "load", lambda name: replace(it, judge=judge))
    swap = uploads.swap(NAME, upload.key, 12)
    assert len(swap.clips) == 6 and all(len(sound.wave) for sound in swap.clips)
    assert swap.clips[swap_clips.A].seconds == upload.seconds
    assert swap.clips[swap_clips.B_LIKE_A].seconds == pytest.approx(
        upload.seconds, abs=0.011
    )  # whole steps
    assert swap.clips[swap_clips.A].median_hz == pytest.approx(upload.pitch_hz)
    kept = {clip: {v.factor: v.kept for v in verdicts} for clip, verdicts in swap.verdicts.items()}
    assert kept[swap_clips.A_AGAIN] == {"speaker": None, "word": None}  # nobody knows who that was
    assert (
        kept[swap_clips.B_LIKE_A]["word"] is None
        and kept[swap_clips.B_LIKE_A]["speaker"] is not None
    )
    assert (
        kept[swap_clips.A_LIKE_B]["speaker"] is None and kept[swap_clips.A_LIKE_B]["word"] is True
    )
    with pytest.raises(RequestError, match="numbered 0 to"):
        uploads.swap(NAME, upload.key, KNOWN)


# -- whether it is known -------------------------------------------------------------------------


def test_what_is_no_voice_raises_a_warning() -> None:
    rng, t = np.random.default_rng(0), np.arange(round(0.6 * RATE_HZ)) / RATE_HZ
    strange = {
        "noise": 0.1 * rng.normal(size=len(t)),
        "chord": 0.1 * sum(np.sin(2 * np.pi * hz * t) for hz in (261.6, 329.6, 392.0)),
        "hum": 0.003 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3))
        + 1e-5 * rng.normal(size=len(t)),
    }
    for name, wave in strange.items():
        found = recordings.record(NAME, RATE_HZ, wave).comparison
        assert (
            found.warnings and f"{KNOWN} test recordings of Made-up voices" in found.warnings[0]
        ), name
    assert recordings.record(NAME, RATE_HZ, strange["noise"]).pitch_hz is None


def test_what_lies_above_the_band_is_measured(voice) -> None:
    assert "above_band" not in recordings.record(NAME, RATE_HZ, voice).comparison.measures
    t = np.arange(len(voice)) / RATE_HZ
    whistled = 0.05 * voice + 0.1 * np.sin(2 * np.pi * 6000 * t)
    found = recordings.record(NARROW, RATE_HZ, whistled).comparison
    assert found.measures["above_band"].value > 90 and any(
        "above the band of the training" in w for w in found.warnings
    )
    assert recordings.record(NARROW, RATE_HZ, voice).comparison.measures["above_band"].value < 50


class Plain:
    """A model whose codes are a sequence's mean and what is left, and which rebuilds to a tenth."""

    spec = replace(SPEC, modality="video", event_shape=(3,), frames=4)

    def encode(self, x, mask, sample) -> Encoding:
        return Encoding(Latents(x.mean(1), x - 0.9 * x.mean(1, keepdim=True)), None, None)

    def decode(self, latents: Latents) -> torch.Tensor:
        return latents.dynamic + 0.8 * latents.static[:, None]


def series(n: int, seed: int, shift: float = 0.0) -> Sequences:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1, 3)) + 0.3 * rng.standard_t(4, size=(n, 4, 3)) + shift
    return Sequences(torch.from_numpy(x.astype(np.float32)), torch.ones(n, 4, dtype=torch.bool))


def test_few_of_what_is_known_raise_a_warning_and_most_that_is_foreign_does() -> None:
    share = {0.0: [], 8.0: []}
    for seed in range(6):
        known = SequenceDataset(Plain.spec, series(300, seed).x.numpy(), {}, {})
        reference = out_of_distribution.reference(Plain(), known, description="300 others")
        for shift, found in share.items():
            new = series(500, 100 + seed, shift)
            scores = reference.known.scores(reference.known.with_distances(measure(Plain(), new)))
            found.append(np.max(list(scores.values()), axis=0) > reference.bound)
        one = Sequences(new.x[:1], new.mask[:1])
        assert bool(reference.compare(one).warnings) == found[-1][0] and set(scores) == {
            "error",
            "static",
            "dynamic",
        }
    assert 0.005 < np.mean(share[0.0]) < 0.035 and np.mean(share[8.0]) > 0.95


def test_many_measures_do_not_add_up_to_many_alarms() -> None:
    rng = np.random.default_rng(0)
    features, source = SPEECH.features(SPEC), np.arange(1000)
    measured = Measured({key: np.exp(rng.normal(size=3000)) for key in features}, {})
    first, new = measured[:1000], measured[1000:]
    known = out_of_distribution.KnownFeatures(first, source, features)
    scores = np.stack(list(known.scores(new.values).values()))
    bound = out_of_distribution.joint_bound(first, source, features)
    assert (scores > bound).any(0).mean() < 0.035 < (scores > 1).any(0).mean()


def test_too_few_known_sequences_are_no_comparison(voice, monkeypatch) -> None:
    monkeypatch.setattr(out_of_distribution, "FEWEST", KNOWN + 1)
    uploads._reference.cache_clear()
    assert recordings.record(NAME, RATE_HZ, voice).comparison == out_of_distribution.Comparison(
        {}, (), ""
    )
    uploads._reference.cache_clear()
    with pytest.raises(ValueError, match=f"at least {KNOWN + 1}"):
        out_of_distribution.reference(Plain(), catalog.load(NAME).dataset, description="")
