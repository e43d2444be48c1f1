"""Sound files of every kind, good and bad, on their way to a model."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
import soundfile as sf

from seqdisent.audio import decode, prepare
from seqdisent.audio.prepare import RATE_HZ, AudioError
from tests.fixtures.recordings import encoded, said, word

FORMATS = [
    ("WAV", "PCM_U8"),
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
    ("NIST", "PCM_16"),
]


@pytest.mark.parametrize(("kind", "coding"), FORMATS)
def test_every_format_gives_the_same_clip(kind, coding) -> None:
    wanted = prepare.prepare(word(), RATE_HZ).wave
    clip = prepare.read(encoded(word(), RATE_HZ, kind, coding))
    assert clip.wave.dtype == np.float32 and clip.wave.ndim == 1
    assert prepare.loudness_db(clip.wave) == pytest.approx(-23, abs=0.5)
    assert said(clip, "8 bits") == (coding == "PCM_U8")
    if len(clip.wave) == len(wanted):
        assert np.corrcoef(clip.wave, wanted)[0, 1] > 0.98
    else:  # MP3 and Vorbis smear silence, so the ends may differ
        assert abs(len(clip.wave) - len(wanted)) < 0.1 * RATE_HZ and kind in ("OGG", "MP3")


def test_the_same_in_gives_the_same_out() -> None:
    source = encoded(word(lead=0.3), 22_050)
    first, second = prepare.read(source), prepare.read(source)
    assert (first.wave == second.wave).all() and first.notes == second.notes
    given = word()
    prepare.prepare(given, RATE_HZ)
    assert (given == word()).all()  # what is given is not touched


def test_only_the_first_ninety_seconds_are_looked_at() -> None:
    long = np.tile(word(2.0), 60)
    started = time.process_time()
    clip = prepare.read(encoded(long, 8_000, "FLAC"))
    assert (
        "Only the first 90.0 s were looked at." in clip.notes and time.process_time() - started < 3
    )
    samples, rate_hz, _ = decode.decode(encoded(long, 8_000, "FLAC"))
    assert len(samples) == 90 * rate_hz + 1


def test_every_type_of_number_is_read_at_its_own_scale() -> None:
    wanted = prepare.prepare(word(level=0.2), RATE_HZ).wave
    for given in (
        (word(level=0.2) * 2**15).astype(np.int16),
        (word(level=0.2) * 2**31).astype(np.int32),
        word(level=0.2).astype(np.float64),
        word(level=0.2)[:, None],
    ):
        assert np.abs(prepare.prepare(given, RATE_HZ).wave - wanted).max() < 2e-3
    shouted = prepare.prepare(word(level=0.2) * 2**15, RATE_HZ)
    assert said(shouted, "read as 16-bit numbers") and np.abs(shouted.wave - wanted).max() < 2e-3


def test_eight_bits_are_noticed_in_any_wrapping() -> None:
    eight = np.round(word(level=0.3) * 127) / 128
    for source in (
        encoded(eight, coding="PCM_U8"),
        encoded(eight),
        encoded(word(level=0.3), coding="ULAW"),
    ):
        assert said(prepare.read(source), "8 bits a sample")
    as_bytes = (eight * 128 + 128).astype(np.uint8)
    assert said(prepare.prepare(as_bytes, RATE_HZ), "8 bits a sample")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty (0 bytes)"),
        (encoded(np.zeros(0)), "a header but no samples"),
        (b"Dear diary, today I recorded nothing.\n" * 40, "is text, not sound"),
        (b"%PDF-1.7" + bytes(900), "is a PDF"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(900), "is an MP4 or M4A recording"),
        (np.random.default_rng(0).bytes(5_000), "cannot be read as sound"),
        (encoded(np.zeros(900))[:30], "cannot be read as sound"),
        (encoded(np.zeros((900, 9))), "It has 9 channels: give 1 to 8"),
        (encoded(np.zeros(900), 2_000), "2,000 Hz is not usable: give 4,000 to 192,000 Hz"),
        (encoded(np.zeros(900), 384_000), "384,000 Hz is not usable"),
        (bytes(25 * 2**20 + 1), "larger than 25 MB"),
    ],
)
def test_what_is_not_sound_is_refused_by_name(content, words, tmp_path) -> None:
    path = tmp_path / "my voice.wav"
    path.write_bytes(content)
    for source, name in (
        (content, "The file"),
        (path, "my voice.wav"),
        (str(path), "my voice.wav"),
    ):
        with pytest.raises(AudioError) as error:
            prepare.read(source)
        message = str(error.value)
        assert words in message and (name in message or "Hz" in words or "channels" in words)
        assert str(tmp_path) not in message and "BytesIO" not in message and message.endswith(".")


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path) -> None:
    for missing in (tmp_path / "gone.wav", str(tmp_path)):
        with pytest.raises(AudioError, match=r"^There is no file called [\w.-]+\.$"):
            prepare.read(missing)


@pytest.mark.parametrize(
    ("kind", "coding"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III")]
)
def test_a_truncated_file_gives_what_is_there_and_says_so(kind, coding) -> None:
    whole = encoded(np.tile(word(2.0), 3), RATE_HZ, kind, coding)
    clip = prepare.read(whole[: len(whole) * 6 // 10])
    assert said(clip, "ends before its header says") and len(clip.wave) > 1.5 * RATE_HZ
    assert not said(prepare.read(whole), "ends before")


def test_lengths_that_headers_make_up_cost_nothing() -> None:
    honest = encoded(word())
    for length in (2**30, 2**32 - 1):  # the second is what programs write that cannot know
        lying = bytearray(honest)
        lying[4:8] = lying[40:44] = length.to_bytes(4, "little")
        started = time.process_time()
        clip = prepare.read(bytes(lying))
        assert time.process_time() - started < 1 and len(clip.wave) == len(
            prepare.read(honest).wave
        )
        assert said(clip, "ends before its header says") == (length == 2**30)
    flac = bytearray(encoded(word(), kind="FLAC"))
    flac[21:26] = bytes([flac[21] | 0x0F]) + b"\xff" * 4  # 2**36 - 1 samples
    started = time.process_time()
    assert (
        said(prepare.read(bytes(flac)), "ends before its header says")
        and time.process_time() - started < 1
    )


def test_wav_bytes_are_16_bit_wav_and_come_back() -> None:
    wave = word(level=0.3)
    with sf.SoundFile(io.BytesIO(prepare.wav_bytes(wave))) as file:
        assert (file.format, file.subtype, file.samplerate, file.channels) == (
            "WAV",
            "PCM_16",
            RATE_HZ,
            1,
        )
        assert np.abs(file.read(dtype="float32") - wave).max() < 2**-14
    loud, _ = sf.read(io.BytesIO(prepare.wav_bytes(np.array([3.0, -3.0, 1.0, -1.0]))))
    assert (np.sign(loud) == [1, -1, 1, -1]).all() and (np.abs(loud) > 0.999).all()
    with pytest.raises(ValueError, match="NaN"):
        prepare.wav_bytes(np.array([np.nan]))


def test_damaged_files_raise_nothing_but_audio_errors() -> None:
    rng = np.random.default_rng(0)
    whole = [encoded(word(0.3), RATE_HZ, kind, coding) for kind, coding in FORMATS if kind != "MP3"]
    for i in range(200):
        damaged = bytearray(whole[i % len(whole)])
        for position in rng.integers(0, 120 if i % 2 else len(damaged), 6):
            damaged[position] = rng.integers(256)
        try:
            assert np.isfinite(prepare.read(bytes(damaged)).wave).all()
        except AudioError as error:
            assert str(error)


def test_half_a_second_takes_milliseconds() -> None:
    source = encoded(word(0.5, 8_000), 8_000)
    prepare.read(source)
    took = []
    for _ in range(9):
        started = time.process_time()
        prepare.read(source, bandwidth_hz=3_400)
        took.append(time.process_time() - started)
    assert min(took) < 0.02  # 3 ms on the machine that this was written on
