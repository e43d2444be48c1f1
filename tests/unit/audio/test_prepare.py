"""Recordings, good and bad, on their way to a model: what is repaired, what is refused, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from seqdisent.audio import loudness, prepare
from seqdisent.audio.activity import active_span
from seqdisent.audio.prepare import RATE_HZ, AudioError
from tests.fixtures.recordings import encoded, pitch_hz, refusal, said, word


def test_a_good_clip_stays_as_it_is_and_needs_no_notes() -> None:
    first = prepare.prepare(word(lead=0.4, tail=0.3), 44_100)
    assert len(first.notes) >= 2
    for again in (
        prepare.prepare(first.wave, RATE_HZ),
        prepare.read(prepare.wav_bytes(first.wave)),
    ):
        assert again.notes == () and len(again.wave) == len(first.wave)
        assert np.abs(again.wave - first.wave).max() < 1e-3


@pytest.mark.parametrize("below_db", [35, 38, 42, 60])
@pytest.mark.parametrize("seed", range(3))
def test_noise_is_trimmed_and_trimming_twice_is_trimming_once(below_db, seed) -> None:
    wave = word(1.2, lead=0.5, tail=0.4)
    noise = lfilter(
        [1], [1, -0.9], np.random.default_rng(seed).normal(size=len(wave))
    )  # rumbles more than it hisses
    wave += noise / noise.std() * 10 ** (-(27 + below_db) / 20)  # the vowels lie at -27 dBFS
    first = prepare.prepare(wave, RATE_HZ)
    assert said(first, "silence at the start") and 0.9 * RATE_HZ < len(first.wave) < 1.4 * RATE_HZ
    assert prepare.prepare(first.wave, RATE_HZ).notes == ()


def test_noise_that_swells_is_trimmed_once_and_for_all() -> None:
    rng = np.random.default_rng(0)
    wave = word(0.8, lead=0.8, tail=0.8)
    swell = np.interp(
        np.arange(len(wave)), [0, 0.8 * RATE_HZ, 1.6 * RATE_HZ, len(wave)], [-85, -70, -70, -85]
    )
    first = prepare.prepare(wave + rng.normal(size=len(wave)) * 10 ** (swell / 20), RATE_HZ)
    assert said(first, "Trimmed") and prepare.prepare(first.wave, RATE_HZ).notes == ()


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 48_000, 96_000, 192_000])
def test_resampling_keeps_the_pitch_and_the_length(rate_hz) -> None:
    t = np.arange(rate_hz) / rate_hz
    clip = prepare.prepare(0.3 * np.sin(2 * np.pi * 997 * t), rate_hz)
    assert said(clip, f"Resampled from {rate_hz:,} to 16,000 Hz")
    assert said(clip, "nothing above") == (rate_hz < RATE_HZ)
    assert pitch_hz(clip.wave) == pytest.approx(997, abs=0.1)
    assert len(clip.wave) == pytest.approx(RATE_HZ, abs=2)


def test_what_a_sample_rate_cannot_hold_does_not_fold_back() -> None:
    t = np.arange(48_000) / 48_000
    clip = prepare.prepare(
        0.3 * np.sin(2 * np.pi * 1_000 * t) + 0.3 * np.sin(2 * np.pi * 11_000 * t), 48_000
    )
    spectrum = np.abs(np.fft.rfft(clip.wave * np.hanning(len(clip.wave))))
    folded = round(5_000 * len(clip.wave) / RATE_HZ)
    assert spectrum[folded - 5 : folded + 6].max() < 1e-3 * spectrum.max()


def test_96_khz_stereo_becomes_mono_at_16() -> None:
    clip = prepare.read(encoded(np.stack([word(rate_hz=96_000), word(rate_hz=96_000)], 1), 96_000))
    assert (
        "Resampled from 96,000 to 16,000 Hz." in clip.notes
        and "Mixed 2 channels to one." in clip.notes
    )
    assert np.corrcoef(clip.wave, prepare.prepare(word(rate_hz=96_000), 96_000).wave)[0, 1] > 0.999


def test_channels_that_cancel_each_other_are_not_mixed() -> None:
    clip = prepare.prepare(np.stack([word(), -0.9 * word()], 1), RATE_HZ)
    assert said(clip, "cancel") and not said(clip, "Mixed")
    assert np.corrcoef(clip.wave, prepare.prepare(word(), RATE_HZ).wave)[0, 1] > 0.999


def test_a_minute_is_cut_to_the_passage_with_most_speech() -> None:
    rng = np.random.default_rng(0)
    minute = 2e-4 * rng.normal(size=61 * RATE_HZ)
    minute[round(33.0 * RATE_HZ) :][: 2 * RATE_HZ] += word(2.0)
    minute[round(10.0 * RATE_HZ) :][: RATE_HZ // 2] += word(0.5)
    minute[20 * RATE_HZ : 20 * RATE_HZ + 800] += 0.5  # a bang is not speech
    clip = prepare.read(encoded(minute))
    note = next(note for note in clip.notes if note.startswith("Cut from 61.0 s to"))
    assert "most speech" in note and float(note.split("from ")[-1].rstrip(" s.")) == pytest.approx(
        33, abs=0.15
    )
    assert 1.8 * RATE_HZ < len(clip.wave) <= 2 * RATE_HZ
    assert prepare.prepare(clip.wave, RATE_HZ).notes == ()


def test_a_cut_that_ends_in_a_pause_is_trimmed() -> None:
    clip = prepare.prepare(np.concatenate([word(0.9), word(0.3, lead=1.5)]), RATE_HZ)
    assert said(clip, "Cut from 2.7 s to") and len(clip.wave) < 1.1 * RATE_HZ
    assert prepare.prepare(clip.wave, RATE_HZ).notes == ()


def test_cuts_do_not_click() -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    clip = prepare.prepare(
        0.2 * np.cos(2 * np.pi * 200 * t) * (0.5 + np.sin(np.pi * t / 4)), RATE_HZ, max_seconds=1.5
    )
    peak = np.abs(clip.wave).max()
    assert len(clip.wave) == 1.5 * RATE_HZ and said(clip, "Cut from 4.0 s to 1.5 s")
    for edge in (clip.wave[:160], clip.wave[::-1][:160]):
        assert (
            abs(edge[0]) < 0.001 * peak
            and np.abs(edge[:20]).max() < 0.2 * peak < 0.5 * peak < np.abs(edge).max()
        )


def test_silence_at_the_ends_goes_and_is_counted() -> None:
    clip = prepare.prepare(word(0.8, lead=0.42, tail=0.3), RATE_HZ)
    (note,) = [note for note in clip.notes if note.startswith("Trimmed")]
    lead, tail = (float(part.split(" s")[0].split()[-1]) for part in note.split(" and "))
    assert " s of silence at the start and " in note and note.endswith(" s at the end.")
    assert lead == pytest.approx(0.42, abs=0.06) and tail == pytest.approx(0.3, abs=0.06)
    untrimmed = prepare.prepare(word(0.8, lead=0.42, tail=0.3), RATE_HZ, trim=False)
    assert not said(untrimmed, "Trimmed") and len(untrimmed.wave) == round(1.52 * RATE_HZ)


def test_a_soft_s_belongs_to_the_word() -> None:
    wave = word(0.8, lead=0.5, tail=0.5)
    levels = loudness.levels(wave)
    assert (
        38 < loudness.decibels(levels.max()) - loudness.decibels(levels[110:120].mean()) < 46
    )  # softer than 35 dB down
    start, end = active_span(wave)
    assert 0.44 * RATE_HZ <= start <= 0.5 * RATE_HZ and 1.3 * RATE_HZ <= end <= 1.36 * RATE_HZ


@pytest.mark.parametrize("level", [0.003, 0.02, 0.3])
def test_every_clip_is_equally_loud(level) -> None:
    clip = prepare.prepare(word(level=level), RATE_HZ)
    assert (
        prepare.loudness_db(clip.wave) == pytest.approx(-23, abs=0.5)
        and np.abs(clip.wave).max() <= 1
    )
    moved = -23 - prepare.loudness_db(word(level=level))
    assert said(clip, f"Level {'raised' if moved > 0 else 'lowered'} by {abs(moved):.1f} dB.")


def test_loudness_ignores_pauses() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 400 * np.arange(RATE_HZ) / RATE_HZ)
    assert prepare.loudness_db(tone) == pytest.approx(-23.01, abs=0.05)
    assert prepare.loudness_db(np.concatenate([tone, np.zeros(3 * RATE_HZ)])) == pytest.approx(
        -23.01, abs=0.2
    )
    assert prepare.loudness_db(np.zeros(RATE_HZ)) == -np.inf == prepare.loudness_db(np.zeros(0))


def test_an_offset_has_no_level() -> None:
    assert np.allclose(loudness.levels(word() + 0.3), loudness.levels(word()), rtol=1e-3, atol=1e-9)


def test_peaks_limit_the_level() -> None:
    wave = word(level=0.01)
    wave[6_000] = 0.9
    clip = prepare.prepare(wave, RATE_HZ)
    assert said(clip, "its peaks would have been clipped") and np.abs(
        clip.wave
    ).max() == pytest.approx(0.99, abs=1e-3)
    assert prepare.prepare(clip.wave, RATE_HZ).notes == ()


def test_clipping_is_found_and_only_clipping() -> None:
    too_loud = (4 * word(level=0.3)).clip(-1, 1)
    share = 100 * np.mean(np.abs(too_loud) >= 1)
    assert share > 2
    (note,) = [n for n in prepare.read(encoded(too_loud)).notes if "clipped" in n]
    assert (
        float(note.split()[0]) == pytest.approx(share, abs=0.15 * share)
        and "distortion stays" in note
    )
    quieter = prepare.prepare(0.3 * too_loud, RATE_HZ)  # turned down afterwards, it is as distorted
    assert said(quieter, "are clipped")
    t = np.arange(RATE_HZ) / RATE_HZ
    for clean in (word(), np.sin(2 * np.pi * 50 * t), np.sin(2 * np.pi * 1_000 * t)):
        for coding in ("PCM_16", "PCM_U8", "ULAW"):
            assert not said(prepare.read(encoded(clean, RATE_HZ, "WAV", coding)), "are clipped")


def test_a_constant_offset_is_removed() -> None:
    clip = prepare.prepare(word() + 0.1, RATE_HZ)
    assert said(clip, "constant offset of 10.0 %") and abs(clip.wave.mean()) < 1e-3
    assert np.abs(clip.wave - prepare.prepare(word(), RATE_HZ).wave).max() < 2e-3


def test_a_bandwidth_is_kept_and_told_only_if_it_matters() -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    two = 0.2 * np.sin(2 * np.pi * 1_000 * t) + 0.2 * np.sin(2 * np.pi * 6_000 * t)
    clip = prepare.prepare(two, RATE_HZ, bandwidth_hz=4_000)
    assert said(clip, "above 4,000 Hz, 50.0 % of the energy, was filtered out")
    spectrum = np.abs(np.fft.rfft(clip.wave * np.hanning(len(clip.wave))))
    assert spectrum[4_100:].max() < 1e-3 * spectrum.max()
    assert not said(prepare.prepare(two[:], RATE_HZ, bandwidth_hz=8_000), "filtered")
    low = prepare.prepare(0.2 * np.sin(2 * np.pi * 1_000 * t), RATE_HZ, bandwidth_hz=4_000)
    assert not said(low, "filtered") and pitch_hz(low.wave) == pytest.approx(1_000, abs=0.1)
    high = 0.2 * np.sin(2 * np.pi * 6_000 * t) * np.hanning(len(t))
    assert "All of its sound is above 4,000 Hz" in refusal((high, RATE_HZ), bandwidth_hz=4_000)


def test_a_few_samples_that_are_no_numbers_are_mended() -> None:
    wave = word()
    wave[[3_000, 5_000, 5_001]] = np.nan, np.inf, -np.inf
    clip = prepare.prepare(wave, RATE_HZ)
    assert said(clip, "3 samples were no numbers (NaN or infinite): interpolated.")
    assert np.abs(clip.wave - prepare.prepare(word(), RATE_HZ).wave).max() < 0.05
    assert said(prepare.read(encoded(wave, coding="FLOAT")), "3 samples were no numbers")


def test_many_or_long_runs_of_them_are_refused() -> None:
    scattered, run = word(), word(4.0)
    scattered[::50] = np.nan
    run[2_000:2_500] = np.nan  # under 1 %, but a hole
    for wave in (scattered, run, np.full(RATE_HZ, np.nan)):
        assert "no numbers (NaN or infinite): the recording is damaged" in refusal((wave, RATE_HZ))


def test_silence_is_refused() -> None:
    hiss = 5e-4 * np.random.default_rng(0).normal(size=RATE_HZ)
    for quiet in (np.zeros(RATE_HZ), np.full(RATE_HZ, 0.4), hiss):
        for message in (refusal((quiet, RATE_HZ)), refusal(encoded(quiet))):
            assert "This is silence" in message and "microphone" in message
    assert prepare.prepare(8 * hiss, RATE_HZ).wave.any()


def test_too_short_is_refused_with_the_seconds_found_and_needed() -> None:
    assert "0.05 s of sound, and 0.10 s are needed" in refusal((word(0.5)[2_000:2_800], RATE_HZ))
    beep = np.zeros(RATE_HZ)
    beep[8_000:8_800] = 0.2 * np.sin(np.arange(800))
    message = refusal((beep, RATE_HZ), min_seconds=0.3)
    assert "Too short: 0.1" in message and "0.30 s are needed" in message
    with pytest.raises(ValueError, match="min_seconds <= max_seconds"):
        prepare.prepare(word(), RATE_HZ, min_seconds=3)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "words"),
    [
        (np.zeros(0), RATE_HZ, "no samples"),
        (np.zeros((RATE_HZ, 0)), RATE_HZ, "no samples"),
        (np.zeros((2, RATE_HZ)), RATE_HZ, "as [samples, channels]"),
        (np.zeros((9, 9, 9)), RATE_HZ, "is not sound"),
        (np.zeros(RATE_HZ, np.int64), RATE_HZ, "type int64"),
        (np.zeros(RATE_HZ, bool), RATE_HZ, "type bool"),
        (np.zeros(RATE_HZ, complex), RATE_HZ, "type complex128"),
        (np.full(RATE_HZ, 1e20), RATE_HZ, "Samples reach 1e+20"),
        (np.zeros(RATE_HZ), 0, "0 Hz is not usable"),
    ],
)
def test_arrays_that_are_not_sound_are_refused(samples, rate_hz, words) -> None:
    assert words in refusal((samples, rate_hz))


def test_no_array_makes_nan_or_goes_beyond_one() -> None:
    rng, heard = np.random.default_rng(0), 0
    for _ in range(250):
        n, channels = int(rng.integers(1, 9_000)), int(rng.integers(1, 9))
        x = rng.normal(size=(n, channels)) ** int(rng.integers(1, 6)) * 10 ** rng.uniform(-4, 9)
        x += rng.choice([0, 0, 1e3, -0.5])
        x[: int(rng.integers(0, n + 1))] *= rng.choice([1, 0])
        x[rng.random(x.shape) < rng.choice([0, 0, 1e-4, 0.1])] = rng.choice(
            [np.nan, np.inf, -np.inf]
        )
        bandwidth_hz = rng.choice([None, 300.0, 3_400.0, 4_000.0])
        try:
            clip = prepare.prepare(
                x, int(rng.integers(4_000, 192_001)), min_seconds=0.01, bandwidth_hz=bandwidth_hz
            )
        except AudioError:
            continue
        heard += 1
        assert (
            np.isfinite(clip.wave).all()
            and np.abs(clip.wave).max() <= 1
            and len(clip.wave) <= 2 * RATE_HZ
        )
    assert heard > 30
