"""Data that users bring themselves: a copy of TIMIT, and a folder of their own recordings. All of it is made here."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import seqdisent
from seqdisent.audio import prepare, vocoder
from seqdisent.audio.prepare import RATE_HZ
from seqdisent.cli.main import main
from seqdisent.data import dataset_outline, is_ready
from seqdisent.data.download import DataNotReady
from seqdisent.data.speech import audio_folder, timit
from seqdisent.data.speech import recordings as speech
from seqdisent.data.speech.recordings import Recording
from seqdisent.models.dbse import DBSEConfig
from seqdisent.nn.config import FrameConfig
from tests.fixtures.recordings import encoded

STEP = 320  # samples
HIGH = {"iy": True, "aa": False}  # whose sound lies above 2 kHz here


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEQDISENT_DATA", raising=False)


def voice(seconds: float, hz: float, high: bool = False, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Harmonics of a pitch, most of them around 3 kHz or around 800 Hz."""
    t, k = np.arange(round(seconds * rate_hz)) / rate_hz, np.arange(1, int(3900 / hz))
    weights = np.exp(-(((k * hz - (3000 if high else 800)) / 400) ** 2)) + 0.01
    return (0.1 * weights @ np.sin(2 * np.pi * hz * k[:, None] * t + k[:, None])).astype(np.float32)


def spoken(phones: list[tuple[str, float]], hz: float) -> tuple[np.ndarray, str]:
    """A recording of (phone, seconds), faint noise where it is silent, and its ``.PHN`` file."""
    parts, lines, at = [], [], 0
    for phone, seconds in phones:
        parts.append(
            voice(seconds, hz, HIGH[phone]) if phone in HIGH else np.zeros(round(seconds * RATE_HZ))
        )
        lines.append(f"{at} {at + len(parts[-1])} {phone}\n")
        at += len(parts[-1])
    return np.concatenate(parts) + 2e-5 * np.random.default_rng(0).normal(size=at), "".join(lines)


SHORT = [("h#", 0.1), ("aa", 0.2), ("iy", 0.15), ("h#", 0.1)]


def write_timit(
    top: Path, speakers: dict[str, str], *, kind: str = "NIST", upper: bool = True, said=SHORT
) -> Path:
    """A miniature of TIMIT: region and speaker -> sentences, each a sum of harmonics with phones beside."""
    case = str.upper if upper else str.lower
    for number, (place, sentences) in enumerate(speakers.items()):
        folder = top / case(place)
        folder.mkdir(parents=True)
        for sentence in sentences.split():
            wave, phones = spoken(said, 100 + 30 * number)
            (folder / f"{case(sentence)}.{case('wav')}").write_bytes(encoded(wave, RATE_HZ, kind))
            (folder / f"{case(sentence)}.{case('phn')}").write_text(phones)
            (folder / f"{case(sentence)}.{case('txt')}").write_text("0 100 Words.\n")
    return top


SMALL = {
    "train/dr1/fcjf0": "sa1 si648 sx37",
    "train/dr8/mbcg0": "sx37",
    "test/dr1/faks0": "si943 sa2",
    "test/dr4/mroa0": "sx67",
    "test/dr2/mtas1": "sa1 sx37 sx67",
    "test/dr7/fdhc0": "si929",
    "test/dr3/mtdb9": "sx9",
}


def pitches(data) -> list[float]:
    return [
        vocoder.median_pitch_hz(vocoder.to_frames(x, n))
        for x, n in zip(data.frames, data.steps, strict=True)
    ]


# -- TIMIT -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("below", "kind", "upper"),
    [
        ("timit/TIMIT", "NIST", True),
        ("TIMIT", "WAV", True),
        ("timit/timit", "WAV", False),
        ("", "NIST", False),
    ],
)
def test_timit_is_found_in_every_usual_tree(tmp_path, below, kind, upper):
    write_timit(tmp_path / below, SMALL, kind=kind, upper=upper)
    spec = seqdisent.dataset_spec("timit", tmp_path)
    assert is_ready("timit", tmp_path) and is_ready("timit-segments", tmp_path)
    assert spec.splits == (
        ("train", 3),
        ("validation", 2),
        ("test", 3),
    )  # no SA sentence, no speaker of neither list
    assert spec.factor("speaker").classes == ("FAKS0", "FCJF0", "FDHC0", "MBCG0", "MROA0", "MTAS1")
    assert spec.factor("sentence").classes == ("SI648", "SI929", "SI943", "SX37", "SX67")
    assert [f.kind for f in spec.factors] == ["static"] * 3 + ["dynamic"] * 2 and spec.identity == (
        "speaker",
    )
    assert len(spec.factor("phone").classes) == 39
    assert seqdisent.DatasetSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_timit_names_in_mixed_case(tmp_path):
    tree = write_timit(tmp_path / "Timit", SMALL)
    (tree / "TEST").rename(tree / "test")
    (tree / "TRAIN" / "DR1" / "FCJF0").rename(tree / "TRAIN" / "DR1" / "fcjf0")
    (tree / "test" / "DR7").rename(tree / "test" / "dr7")
    file = tree / "TRAIN" / "DR8" / "MBCG0" / "SX37.WAV"
    file.rename(file.with_name("sx37.Wav"))
    assert [len(part) for part in timit.utterances(tmp_path).values()] == [3, 2, 3]
    assert all(u.phn for part in timit.utterances(tmp_path).values() for u in part)


def test_timit_splits_hold_what_the_papers_say(tmp_path):
    write_timit(tmp_path / "timit", SMALL)
    data = {
        split: seqdisent.load_dataset("timit", split, tmp_path)
        for split in ("train", "validation", "test")
    }
    name = lambda part, factor: [
        part.spec.factor(factor).classes[i] for i in part.sequence_labels()[factor]
    ]
    assert name(data["train"], "speaker") == ["FCJF0", "FCJF0", "MBCG0"]
    assert name(data["validation"], "speaker") == ["FAKS0", "MROA0"]
    assert name(data["test"], "speaker") == ["FDHC0", "MTAS1", "MTAS1"]
    assert name(data["test"], "sex") == ["woman", "man", "man"]
    assert name(data["test"], "dialect") == ["Western", "Northern", "Northern"]
    assert name(data["test"], "sentence") == ["SI929", "SX37", "SX67"]
    for part in data.values():
        batch = part[:]
        assert part.spec == seqdisent.dataset_spec(
            "timit", tmp_path
        )  # one declaration for all splits
        assert batch.x.shape == (len(part), 100, 2, vocoder.CHANNELS) and batch.dynamic[
            "phone"
        ].shape == (
            len(part),
            100,
        )
        assert (batch.dynamic["phone"][~batch.mask] == -1).all() and (
            batch.dynamic["phone"][batch.mask] >= 0
        ).all()
        assert batch.dynamic["phone"].dtype == torch.int64
        assert np.array_equal(
            part.sources, part.static["speaker"]
        )  # utterances of a speaker are not independent
    assert pitches(data["test"]) == pytest.approx([250, 220, 220], rel=0.02)
    with pytest.raises(ValueError, match="no split 'dev'"):
        seqdisent.load_dataset("timit", "dev", tmp_path)


def high_steps(data, row: int) -> np.ndarray:
    """For each step, whether its sound lies around 3 kHz rather than around 800 Hz."""
    frames = data.frames[row][: data.steps[row], :, vocoder.ENVELOPE].mean(1)
    around = lambda hz: frames[:, np.abs(vocoder.BAND_HZ - hz) < 300].mean(1)
    return around(3000) > around(800)


LONG = [
    ("h#", 0.31),
    *[("aa", 0.113), ("iy", 0.107), ("aa", 0.083), ("iy", 0.171)] * 5,
    ("h#", 0.2),
]


def test_phones_are_those_that_are_heard(tmp_path):
    """Even of an utterance that was trimmed and cut: labels fit as they are, and worse by 20 ms either way."""
    write_timit(tmp_path / "timit", {**SMALL, "test/dr5/mbpm0": "sx5"})
    folder = tmp_path / "timit" / "TEST" / "DR5" / "MBPM0"
    wave, phones = spoken([("h#", 0.81), ("aa", 0.05), *LONG], 110)
    sf.write(folder / "SX5.WAV", wave, RATE_HZ, format="NIST", subtype="PCM_16")
    (folder / "SX5.PHN").write_text(phones)
    data = seqdisent.load_dataset("timit", "test", tmp_path)
    row = data.static["speaker"].tolist().index(data.spec.factor("speaker").classes.index("MBPM0"))
    assert data.steps[row] > 90
    high, names = (
        high_steps(data, row),
        np.array(timit.PHONES)[data.dynamic["phone"][row, : data.steps[row]]],
    )
    fits = lambda shift: np.mean(
        [
            high[t] == HIGH[names[t + shift]]
            for t in range(1, len(names) - 1)
            if names[t + shift] in HIGH and names[t] in HIGH
        ]
    )
    assert fits(0) > 0.95 and fits(0) > fits(1) + 0.05 and fits(0) > fits(-1) + 0.05


def test_a_step_has_the_phone_in_its_middle(tmp_path):
    path = tmp_path / "SX1.PHN"
    path.write_text("100 1000 h#\n1000 2000 AX-H\n2000 3000 q\n\n3000 4000 zzz\n4000 5000 eng\n")
    names = lambda start, length: [
        timit.PHONES[i] if i >= 0 else "" for i in timit.phones(path, start, length)
    ]
    # Middles lie at start + 80, + 400, + 720, ... samples.
    assert names(0, 5400) == ["", *["sil"] * 2, *["ah"] * 3, *[""] * 7, *["ng"] * 3, ""]
    assert names(920, 640) == ["ah", "ah"] and names(919, 320) == ["sil"]
    path.write_text("nonsense\n")
    with pytest.raises(DataNotReady, match="SX1.PHN is not a file of phones"):
        timit.phones(path, 0, 100)
    # Lee and Hon fold all of TIMIT's 61 labels but q.
    assert len(timit.FOLDED.keys() - {"sil"}) == 60 and "q" not in timit.FOLDED
    assert set(timit.FOLDED.values()) == set(range(39))


def test_without_phone_files_the_phone_is_unknown(tmp_path):
    tree = write_timit(tmp_path / "timit", SMALL)
    (tree / "TEST" / "DR7" / "FDHC0" / "SI929.PHN").unlink()
    phone = seqdisent.load_dataset("timit", "test", tmp_path).dynamic["phone"]
    assert (phone[0] == -1).all() and (phone[1:, :5] >= 0).all()
    for path in tree.rglob("*.PHN"):
        path.unlink()
    data = seqdisent.load_dataset("timit", "test", tmp_path)
    assert (
        set(data.dynamic) == {"sentence"} and (data[0].dynamic["sentence"][data[0].mask] >= 0).all()
    )


def test_timit_segments_are_runs_of_whole_utterances(tmp_path):
    write_timit(tmp_path / "timit", SMALL)
    folder = tmp_path / "timit" / "TEST" / "DR2" / "MTAS1"
    wave, phones = spoken(
        [("h#", 0.2), *LONG[1:-1], ("h#", 0.2)], 110
    )  # 2.4 s of sound, more than a sequence holds
    sf.write(folder / "SX37.WAV", wave, RATE_HZ, format="NIST", subtype="PCM_16")
    (folder / "SX37.PHN").write_text(phones)
    data = seqdisent.load_dataset("timit-segments", "test", tmp_path)
    assert (
        data.spec.name == "timit-segments" and data.spec.frames == 10 and (data.steps == 10).all()
    )
    assert data.spec.splits[-1] == ("test", 3)  # utterances
    rows = np.flatnonzero(data.utterance == 1)
    assert len(rows) == 12 and len(np.unique(data.dynamic["sentence"][rows])) == 1
    clip = prepare.read(folder / "SX37.WAV", max_seconds=10)
    whole = timit.phones(folder / "SX37.PHN", clip.start, len(clip.wave))
    assert np.array_equal(data.dynamic["phone"][rows].ravel(), whole[:120])
    assert np.array_equal(
        np.concatenate([data.recordings[r] for r in rows]), speech.to_int16(clip.wave)[: 120 * STEP]
    )
    assert np.unique(data.utterance).tolist() == [0, 1, 2] and len(np.unique(data.sources)) == 2


def test_a_part_of_timit_without_one_of_the_lists_is_refused(tmp_path):
    def without(*places):
        shutil.rmtree(tmp_path / "timit", ignore_errors=True)
        write_timit(tmp_path / "timit", {p: s for p, s in SMALL.items() if p not in places})
        with pytest.raises(DataNotReady) as error:
            seqdisent.dataset_spec("timit", tmp_path)
        return str(error.value)

    assert "24 speakers of the core test (folder TEST)" in without(
        "test/dr2/mtas1", "test/dr7/fdhc0"
    )
    assert "50 speakers of the development set" in without("test/dr1/faks0", "test/dr4/mroa0")
    assert "training speakers (folder TRAIN)" in without("train/dr1/fcjf0", "train/dr8/mbcg0")


def test_compressed_recordings_are_explained_and_converted_ones_preferred(tmp_path):
    tree = write_timit(tmp_path / "timit", SMALL)
    whole = {path: path.read_bytes() for path in tree.rglob("*.WAV")}
    for path, content in whole.items():
        head = content[:1024].replace(
            b"sample_coding -s3 pcm", b"sample_coding -s26 pcm,embedded-shorten-v2.00"
        )
        path.write_bytes(head[:1024] + b"ajkg" + bytes(500))
    assert not is_ready("timit", tmp_path)
    for path, content in whole.items():
        path.with_name(f"{path.name}.wav").write_bytes(content)
    assert (
        is_ready("timit", tmp_path) and len(seqdisent.load_dataset("timit", "train", tmp_path)) == 3
    )
    (tree / "TEST" / "DR7" / "FDHC0" / "SI929.WAV.wav").unlink()
    with pytest.raises(
        DataNotReady, match="SI929.WAV is a compressed SPHERE file.*sph2pipe -f wav"
    ):
        seqdisent.load_dataset("timit", "test", tmp_path)
    (tree / "TEST" / "DR7" / "FDHC0" / "SI929.WAV").write_bytes(b"not sound")
    with pytest.raises(DataNotReady, match="FDHC0: SI929.WAV .*not sound"):
        seqdisent.load_dataset("timit", "test", tmp_path)


@pytest.mark.parametrize("name", ["timit", "timit-segments", "audio-folder"])
def test_what_is_not_there_is_explained(tmp_path, capsys, name):
    assert not is_ready(name, tmp_path) and not is_ready(name, tmp_path / "nowhere")
    outline = dataset_outline(name)
    assert outline.name == name and "speaker" in [f.name for f in outline.factors]
    for call in (
        lambda: seqdisent.dataset_spec(name, tmp_path),
        lambda: seqdisent.load_dataset(name, "test", tmp_path),
    ):
        with pytest.raises(DataNotReady):
            call()
    assert main(["data", name, "--data-root", str(tmp_path)]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    wanted = {
        "timit": [
            "LDC93S1",
            "https://catalog.ldc.upenn.edu/LDC93S1",
            "timit/TRAIN/DR1",
            "--data-root",
        ],
        "audio-folder": [
            "2 speakers with 3 sound files each are needed",
            "audio-folder/SPEAKER/ANYTHING.wav",
        ],
    }
    assert (
        all(words in printed for words in wanted[name.removesuffix("-segments")])
        and "Traceback" not in printed
    )


def test_commands_tell_of_what_is_there_and_what_is_not(tmp_path, monkeypatch, capsys):
    from rich.console import Console

    from seqdisent.cli import catalog

    monkeypatch.setattr(catalog, "DATASETS", ("timit", "audio-folder"))
    monkeypatch.setenv("SEQDISENT_DATA", str(tmp_path))
    write_timit(tmp_path / "timit", SMALL)
    catalog.list_all(None, Console(width=240))
    printed = capsys.readouterr().out
    assert "3 train / 2 validation / 3 test" in printed and "seqdisent data audio-folder" in printed
    assert main(["data", "timit"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "3 train / 2 validation / 3 test recordings" in printed and "speaker (6)" in printed


def test_a_checkpoint_keeps_the_declaration_it_was_trained_with(tmp_path):
    """Evaluation asks for the data by the name in the checkpoint; the same folder gives the same declaration."""
    write_timit(tmp_path / "timit", SMALL)
    small = DBSEConfig(
        static_size=4, dynamic_size=2, hidden=8, frame=FrameConfig("mlp", features=8)
    )
    model = seqdisent.build_model("dbse", seqdisent.dataset_spec("timit", tmp_path), small)
    folder = seqdisent.save_checkpoint(tmp_path / "c", model, kind="dbse", recipe={})
    _, spec = seqdisent.load_checkpoint(folder)
    assert seqdisent.load_dataset(spec.name, "test", tmp_path).spec == spec


def test_a_recipe_is_built_for_the_data_in_the_folder_given(tmp_path):
    from seqdisent.recipes import recipe

    write_timit(tmp_path / "timit", SMALL)
    own = dataclasses.replace(recipe("dsvae-fsdd"), dataset="timit")
    assert own.build(tmp_path).spec == seqdisent.dataset_spec("timit", tmp_path)
    with pytest.raises(DataNotReady):
        own.build(tmp_path / "nowhere")


# -- a folder of recordings ------------------------------------------------------------------------


def write_folder(top: Path, names: list[str], seconds: float = 0.15) -> Path:
    """Sounds at these paths; each speaker (the first folder) has a pitch, and no two files are alike."""
    speakers = sorted({name.split("/")[0] for name in names})
    for number, name in enumerate(names):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        wave = voice(seconds, 110 + 60 * speakers.index(path.parent.name) + number % 3)
        path.write_bytes(encoded(wave, RATE_HZ, path.suffix[1:].upper(), None))
    return top


def numbered(speakers: str, count: int) -> list[str]:
    return [f"{who}/{i}.wav" for who in speakers for i in range(count)]


def test_a_folder_of_every_format(tmp_path):
    names = [
        f"{who}/take.{kind}" for who in ("ben", "anna") for kind in ("wav", "flac", "ogg", "MP3")
    ]
    write_folder(tmp_path / "audio-folder", [*names, "chris/only.wav"], 0.25)
    spec = seqdisent.dataset_spec("audio-folder", tmp_path)
    assert spec.factor("speaker").classes == ("anna", "ben", "chris") and not spec.dynamic_factors
    assert spec.splits == (("train", 5), ("validation", 2), ("test", 2))
    every = {
        split: seqdisent.load_dataset("audio-folder", split, tmp_path) for split, _ in spec.splits
    }
    assert [len(data) for data in every.values()] == [5, 2, 2]
    for split, data in every.items():
        batch = data[:]
        assert batch.x.shape == (len(data), 100, 2, vocoder.CHANNELS) and batch.x.isfinite().all()
        wanted = {0, 1, 2} if split == "train" else {0, 1}
        assert set(data.static["speaker"]) == wanted and data.dynamic == {} and data.spec == spec
        assert pitches(data) == pytest.approx(110 + 60 * data.static["speaker"], rel=0.06)


def test_splits_are_by_file_and_do_not_change(tmp_path):
    write_folder(tmp_path, numbered("ab", 30) + numbered("c", 3))
    found = audio_folder.files(tmp_path)  # the folder itself, since it was named
    parts = {who: audio_folder._parts(sounds) for who, sounds in found.items()}
    assert {who: [len(p) for p in part.values()] for who, part in parts.items()} == {
        "a": [3, 3, 24],
        "b": [3, 3, 24],
        "c": [1, 1, 1],
    }
    for who, part in parts.items():
        names = [path for split in part.values() for path in split]
        assert len(names) == len(set(names)) == len(found[who])
    assert [p.name for p in parts["a"]["test"]] != [p.name for p in parts["b"]["test"]]
    shutil.copytree(tmp_path, tmp_path / "elsewhere" / "audio-folder")
    again = audio_folder.files(tmp_path / "elsewhere")
    assert [[p.name for p in s] for s in again.values()] == [
        [p.name for p in s] for s in found.values()
    ]


def test_long_files_become_sequences_of_one_utterance(tmp_path):
    write_folder(tmp_path, numbered("ab", 3))
    longest = audio_folder._parts(audio_folder.files(tmp_path)["a"])["test"][0]
    pause = np.zeros(2 * RATE_HZ) + 1e-6 * np.random.default_rng(0).normal(size=2 * RATE_HZ)
    wave = np.concatenate([voice(2.0, 110), pause, voice(2.6, 110)])
    longest.write_bytes(encoded(wave))
    data = seqdisent.load_dataset("audio-folder", "test", tmp_path)
    assert data.static["speaker"].tolist() == [0, 0, 0, 1] and data.utterance.tolist() == [
        0,
        0,
        0,
        1,
    ]
    assert data.sources.tolist() == data.utterance.tolist()
    assert data.steps[:3].tolist() == [100, 100, 30] and [len(r) for r in data.recordings[:2]] == [
        32000,
        32000,
    ]


def test_a_label_in_front_of_every_name_is_what_is_said(tmp_path):
    says = [
        f"{who}/{word}{rest}.wav"
        for who in "ab"
        for word in ("Yes", "no")
        for rest in ("_1", "-2", "_3_a", "-4")
    ]
    spec = seqdisent.dataset_spec("audio-folder", write_folder(tmp_path / "1", says))
    assert spec.factor("label").classes == ("no", "yes") and spec.factor("label").kind == "dynamic"
    found = audio_folder.files(tmp_path / "1")
    batch = seqdisent.load_dataset("audio-folder", "test", tmp_path / "1")[:]
    labels, wanted = (
        batch.dynamic["label"],
        [float(sounds[0].name.startswith("Yes")) for sounds in found.values()],
    )
    assert [
        row[there].float().mean() for row, there in zip(labels, batch.mask, strict=True)
    ] == wanted
    assert (labels[~batch.mask] == -1).all()
    # No label; one that nobody else says; the same for all.
    same = [name.replace("Yes", "no_") for name in says]
    for number, names in enumerate(([*says, "a/plain.wav"], [*says, "a/maybe_1.wav"], same), 2):
        assert not seqdisent.dataset_spec(
            "audio-folder", write_folder(tmp_path / str(number), names)
        ).dynamic_factors
    many = {who: [Path(f"{i}_x.wav") for i in range(51)] for who in "ab"}
    assert (
        audio_folder._labels(many) == ()
        and len(audio_folder._labels({w: s[:50] for w, s in many.items()})) == 50
    )


def test_unusable_files_are_named_and_skipped(tmp_path):
    write_folder(tmp_path, numbered("ab", 5))
    train = audio_folder._parts(audio_folder.files(tmp_path)["a"])["train"]
    train[0].write_text("Dear diary")
    train[1].write_bytes(encoded(np.zeros(RATE_HZ)))
    with pytest.warns(UserWarning) as caught:
        data = seqdisent.load_dataset("audio-folder", "train", tmp_path)
    told = str(caught[0].message)
    assert (
        "2 of 6 files of the train split" in told
        and f"a/{train[0].name}" in told
        and "silence" in told
    )
    assert len(data) == 4 and data.utterance.tolist() == [2, 3, 4, 5]
    for path in tmp_path.rglob("*.wav"):
        path.write_text("Dear diary")
    with pytest.raises(DataNotReady, match="6 of 6 files"):
        seqdisent.load_dataset("audio-folder", "train", tmp_path)


def test_hidden_files_and_links_that_leave_are_left_alone(tmp_path):
    outside = write_folder(tmp_path / "outside", ["eve/1.wav"])
    top = write_folder(tmp_path / "top", numbered("ab", 3))
    shutil.copy(top / "a" / "0.wav", top / "a" / "._0.wav")
    shutil.copytree(top / "a", top / ".trash")
    (top / "a" / "notes.txt").write_text("about a")
    (top / "loose.wav").write_bytes((top / "a" / "0.wav").read_bytes())
    (top / "eve").symlink_to(outside / "eve")
    (top / "a" / "out.wav").symlink_to(outside / "eve" / "1.wav")
    (top / "a" / "in.wav").symlink_to(top / "b" / "0.wav")
    (top / "a" / "loop.wav").symlink_to(top / "a" / "loop.wav")
    found = audio_folder.files(top)
    assert {who: sorted(p.name for p in s) for who, s in found.items()} == {
        "a": ["0.wav", "1.wav", "2.wav", "in.wav"],
        "b": ["0.wav", "1.wav", "2.wav"],
    }


def test_too_few_and_too_many_files(tmp_path, monkeypatch):
    top = write_folder(tmp_path / "audio-folder", numbered("a", 12) + numbered("b", 2))
    with pytest.raises(
        DataNotReady,
        match=r"2 speakers with 3 sound files each are needed, and .* has 1 such \(.*: 2,",
    ):
        seqdisent.load_dataset("audio-folder", "train", tmp_path)
    write_folder(top, ["b/2.wav"])
    assert is_ready("audio-folder", tmp_path)
    monkeypatch.setattr(audio_folder, "MAX_FILES", 8)
    with pytest.warns(UserWarning, match="of 15 files, up to 4 of each speaker are used"):
        assert (
            sum(count for _, count in seqdisent.dataset_spec("audio-folder", tmp_path).splits) == 7
        )


# -- what they share -------------------------------------------------------------------------------


def test_labels_of_a_step_and_of_a_recording():
    spec = dataclasses.replace(
        timit.OUTLINE,
        factors=(
            seqdisent.Factor("who", "static", ("a", "b")),
            seqdisent.Factor("what", "dynamic", ("x", "y")),
            seqdisent.Factor("how", "dynamic"),
        ),
    )
    wave = speech.to_int16(voice(0.21, 120))  # 3360 samples: 11 whole steps of frames
    steps = np.array([0, 1, 1, 0])
    made = speech.recording_dataset(
        spec,
        [
            Recording(wave, {"who": 1, "what": steps, "how": np.linspace(0, 1, 30)}, source=7),
            Recording(wave, {"who": 0, "what": 1, "how": 0.5}, source=7),
        ],
    )
    length = made.steps[0]
    assert (
        made.dynamic["what"][0, :5].tolist() == [0, 1, 1, 0, -1]
        and (made.dynamic["what"][0, 4:] == -1).all()
    )
    assert (made.dynamic["what"][1, :length] == 1).all() and (
        made.dynamic["what"][1, length:] == -1
    ).all()
    assert (
        np.isfinite(made.dynamic["how"][0]).sum()
        == length
        == np.isfinite(made.dynamic["how"][1]).sum()
    )
    assert made.static["who"].tolist() == [1, 0] and made.static["who"].dtype == np.int64
    assert made.sources.tolist() == [7, 7] and made.utterance.tolist() == [0, 1]


def test_a_clip_says_where_it_begins():
    rng = np.random.default_rng(0)
    x = 2e-5 * rng.normal(size=3 * RATE_HZ)
    x[16_000:24_000] += voice(0.5, 130)
    for rate_hz, source in ((RATE_HZ, x), (2 * RATE_HZ, np.repeat(x, 2))):
        clip = prepare.prepare(source, rate_hz)
        assert 16_000 - 0.07 * RATE_HZ < clip.start < 16_000
        part = x[clip.start : clip.start + len(clip.wave)]
        assert np.corrcoef(part[:8000], clip.wave[:8000])[0, 1] > 0.99
