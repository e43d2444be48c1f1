"""The synthetic voices: each of a speaker's numbers and each word measured back from the sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg, signal
from sklearn.linear_model import LogisticRegression

from seqdisent.data.speech.voices_art import MOVEMENTS, RATE_HZ, SPEAKERS, WORDS, Speaker, say

NAMES = [word.name for word in WORDS]
FRAME, STEP = 640, 160  # 40 ms every 10 ms
# Samples, and thousandths of root mean square, of the takes of four speakers. Not a hash: the last
# bits differ between processors.
GOLDEN = {
    (0, 0, 0): (10160, 72.153),
    (13, 3, 1): (11280, 77.249),
    (30, 7, 2): (8480, 60.797),
    (47, 11, 3): (10800, 75.721),
}


def frames(sound: np.ndarray) -> np.ndarray:
    """Frames within 25 dB of the loudest, ``[F, FRAME]``."""
    cut = np.lib.stride_tricks.sliding_window_view(sound.astype(float), FRAME)[::STEP]
    power = np.square(cut).mean(-1)
    return cut[power > power.max() * 10**-2.5]


def correlation(cut: np.ndarray) -> np.ndarray:
    """Normalised autocorrelation of each frame, without the bias of the window: ``[F, FRAME // 2]``."""
    window = np.hanning(FRAME)
    auto = lambda x: np.fft.irfft(np.abs(np.fft.rfft(x, 2 * FRAME)) ** 2)[..., : FRAME // 2]
    own = auto(cut * window)
    return own / own[:, :1] / (auto(window) / auto(window)[0])


def pitch(sound: np.ndarray, near_hz: float) -> np.ndarray:
    """Fundamental frequency of the voiced frames within half an octave of ``near_hz``, in order: ``[V]``."""
    low = signal.sosfiltfilt(signal.butter(4, 900, fs=RATE_HZ, output="sos"), sound)
    lags = np.arange(
        int(RATE_HZ / near_hz / 2**0.5), int(min(RATE_HZ / near_hz * 2**0.5, FRAME // 2 - 2))
    )
    score = correlation(frames(low))
    peak = lags[score[:, lags].argmax(1)]
    rows = np.arange(len(score))
    left, top, right = (score[rows, peak + i] for i in (-1, 0, 1))
    fine = peak + (left - right) / (2 * (left - 2 * top + right))
    return RATE_HZ / fine[top > 0.6]


def formants(sound: np.ndarray) -> np.ndarray:
    """The first three resonances of the frames, in Hz, by linear prediction: ``[3]``."""
    sound = signal.resample_poly(sound.astype(float), 11, 16)
    found = []
    for cut in np.lib.stride_tricks.sliding_window_view(np.diff(sound, prepend=0), 500)[::200]:
        cut = cut * np.hamming(500)
        auto = np.fft.irfft(np.abs(np.fft.rfft(cut, 1024)) ** 2)[:13]
        roots = np.roots([1, *-linalg.solve_toeplitz(auto[:-1], auto[1:])])
        roots = roots[(roots.imag > 0) & (np.abs(roots) > 0.87)]
        hz = np.sort(np.angle(roots)) * 11_000 / 2 / np.pi
        found.append(hz[hz > 200][:3])
    return np.median([f for f in found if len(f) == 3], axis=0)


def harmonicity(sound: np.ndarray, pitch_hz: float) -> float:
    """Highest autocorrelation about the pitch period between 1.5 and 4 kHz, where breath is heard."""
    band = signal.sosfiltfilt(
        signal.butter(4, (1500, 4000), "bandpass", fs=RATE_HZ, output="sos"), sound
    )
    lags = np.arange(int(RATE_HZ / pitch_hz / 1.4), int(RATE_HZ / pitch_hz * 1.4))
    return float(np.median(correlation(frames(band))[:, lags].max(1)))


def test_speakers_are_spread_and_their_numbers_nearly_independent() -> None:
    assert len({s.name for s in SPEAKERS}) == len(SPEAKERS) == 48
    for sex, pitches, tracts in (
        ("woman", (170, 260), (13.2, 15.2)),
        ("man", (85, 145), (15.8, 18.2)),
    ):
        group = [s for s in SPEAKERS if s.sex == sex]
        assert len(group) == 24
        numbers = np.array([(np.log(s.pitch_hz), s.tract_cm, s.breathiness) for s in group])
        assert np.allclose(numbers.min(0), (np.log(pitches[0]), tracts[0], 0), atol=0.01)
        assert np.allclose(numbers.max(0), (np.log(pitches[1]), tracts[1], 1), atol=0.01)
        assert np.abs(np.corrcoef(numbers.T) - np.eye(3)).max() < 0.05
        unit = (numbers - numbers.min(0)) / np.ptp(numbers, axis=0)
        apart = np.linalg.norm(unit[:, None] - unit, axis=-1)
        assert apart[~np.eye(24, dtype=bool)].min() > 0.19


def test_words_are_distinct_and_as_long_as_promised() -> None:
    assert len(set(NAMES)) == 12
    assert {word.movement for word in WORDS} == set(MOVEMENTS)
    assert all(0.45 <= word.seconds <= 0.9 for word in WORDS)


def test_a_take_is_always_the_same_and_takes_differ() -> None:
    for (speaker, word, take), (size, level) in GOLDEN.items():
        sound = say(speaker, word, take)
        assert np.array_equal(sound, say(SPEAKERS[speaker], np.int64(word), take))
        assert sound.size == size
        assert 1000 * np.sqrt(np.square(sound, dtype=float).mean()) == pytest.approx(
            level, rel=1e-3
        )
    takes = [say(5, 1, take) for take in range(8)]
    seconds = (
        np.array([take.size for take in takes]) / RATE_HZ - 0.06
    )  # without the silence at the ends
    assert len({take.size for take in takes}) > 4
    assert np.all(np.abs(seconds / WORDS[1].seconds - 1) < 0.13)
    heights = 12 * np.log2(
        [pitch(take, SPEAKERS[5].pitch_hz).mean() / SPEAKERS[5].pitch_hz for take in takes]
    )
    assert heights.std() > 0.2 and np.abs(heights).max() < 1.4


def test_every_take_is_clean() -> None:
    for speaker in range(0, 48, 5):
        for word in range(12):
            sound = say(speaker, word, speaker)
            assert sound.dtype == np.float32 and sound.ndim == 1
            assert 0.45 * RATE_HZ < sound.size < 0.95 * RATE_HZ
            assert np.isfinite(sound).all() and 0.1 < np.abs(sound).max() < 0.9
            rms = np.sqrt(np.square(frames(sound)).mean())
            assert abs(20 * np.log10(rms) + 23) < 2.5
            assert abs(sound.mean()) < 0.002 * rms
            assert np.abs(sound[[0, -1]]).max() == 0
            assert np.abs(np.diff(sound)).max() < 6 * rms  # recorded speech: 5 to 15
            assert 6 < 20 * np.log10(np.abs(sound).max() / rms) < 18


def test_energy_lies_where_that_of_speech_does() -> None:
    for speaker in (4, 12, 22, 28, 33):
        sound = np.concatenate([say(speaker, word) for word in range(12)])
        hz, power = signal.welch(sound, RATE_HZ, nperseg=512)
        share = lambda low, high, hz=hz, power=power: (
            power[(hz >= low) & (hz < high)].sum() / power.sum()
        )
        assert share(0, 1000) > 0.75 and share(4000, 8000) < 0.04
        assert share(0, 1000) > share(1000, 2000) > share(2000, 8000) / 2 > 0


def test_pitch_is_the_speakers() -> None:
    for speaker in range(0, 48, 9):
        asked = SPEAKERS[speaker].pitch_hz
        found = [
            np.log2(pitch(say(speaker, word, take), asked)).mean()
            for word in range(12)
            for take in (0, 1)
        ]
        assert 2 ** np.mean(found) == pytest.approx(asked, rel=0.03)


def test_pitch_moves_as_the_word_says() -> None:
    for word, name in enumerate(NAMES):
        tracks = [12 * np.log2(pitch(say(s, word), SPEAKERS[s].pitch_hz)) for s in (3, 20, 28, 44)]
        thirds = [[np.median(part) for part in np.array_split(track, 5)] for track in tracks]
        start, _, middle, _, end = np.median(thirds, axis=0)
        movement = WORDS[word].movement
        if movement == "fall":
            assert start - end > 4.5, name
        elif movement == "rise":
            assert end - start > 4.5, name
        elif movement == "level":
            assert np.ptp([start, middle, end]) < 1, name
        else:
            assert middle - end > 3 and middle - start > 1.5, name


def test_formants_are_the_vowels_and_scale_with_the_tract() -> None:
    # The two vowels of "wai": "a" ends at 0.3 s, "i" is held to the end. A low voice shows formants well.
    lengths = np.array([13.2, 14.5, 16.0, 17.5, 18.2])
    for share, target in (((0.38, 0.52), (740, 1200, 2500)), ((0.78, 0.95), (290, 2250, 3000))):
        found = []
        for tract in lengths:
            voice = replace(SPEAKERS[28], pitch_hz=100, tract_cm=tract, breathiness=0.1)
            takes = [say(voice, NAMES.index("wai"), take) for take in range(3)]
            found.append(
                np.mean(
                    [formants(x[int(share[0] * x.size) : int(share[1] * x.size)]) for x in takes],
                    axis=0,
                )
            )
        expected = np.array(target) * 17.5 / lengths[:, None]
        assert np.all(np.abs(np.array(found) / expected - 1) < 0.08)
        for formant in np.transpose(found)[1:]:
            assert np.polyfit(np.log(lengths), np.log(formant), 1)[0] == pytest.approx(-1, abs=0.15)


def test_breath_makes_a_voice_less_harmonic() -> None:
    for sex in ("w", "m"):
        voice = next(s for s in SPEAKERS if s.name == f"{sex}14")
        breaths = [replace(voice, breathiness=b) for b in (0, 0.25, 0.5, 0.75, 1)]
        level = [word for word in range(12) if WORDS[word].movement == "level"]
        found = [
            np.mean([harmonicity(say(v, w, t), v.pitch_hz) for w in level for t in (0, 1)])
            for v in breaths
        ]
        assert all(np.diff(found) < -0.004) and found[0] - found[-1] > 0.3, found


def test_one_number_changed_leaves_the_rest_of_the_take_alone() -> None:
    voice = SPEAKERS[30]
    plain, longer = say(voice, 6), say(replace(voice, tract_cm=voice.tract_cm - 2), 6)
    assert plain.size == longer.size
    assert not np.allclose(plain, longer, atol=0.01)
    ratio = np.median(pitch(plain, voice.pitch_hz)) / np.median(pitch(longer, voice.pitch_hz))
    assert ratio == pytest.approx(1, abs=0.01)


def test_words_are_recognised_from_unheard_speakers() -> None:
    def picture(sound: np.ndarray) -> np.ndarray:
        power = signal.stft(sound, RATE_HZ, nperseg=512, noverlap=352)[2]
        bands = np.log(
            np.add.reduceat(np.abs(power) ** 2, np.unique(np.geomspace(3, 250, 24).astype(int)))
            + 1e-8
        )
        return np.stack(
            [np.interp(np.linspace(0, 1, 16), np.linspace(0, 1, b.size), b) for b in bands]
        ).ravel()

    x = np.array([[picture(say(s, w)) for w in range(12)] for s in range(0, 48, 4)])
    heard = np.arange(len(x)) % 3 != 0
    words = np.tile(np.arange(12), (len(x), 1))
    flat = lambda a, keep: a[keep].reshape(-1, *a.shape[2:])
    judge = LogisticRegression(C=0.01, max_iter=300).fit(flat(x, heard), flat(words, heard))
    assert judge.score(flat(x, ~heard), flat(words, ~heard)) >= 0.95


@pytest.mark.parametrize(
    "bad",
    [(48, 0, 0), (-1, 0, 0), (0, 12, 0), (0, 1.5, 0), ("w01", 0, 0), (0, 0, -1), (0, True, 0)],
)
def test_say_refuses_what_there_is_not(bad: tuple) -> None:
    with pytest.raises(ValueError, match="must be an integer from 0"):
        say(*bad)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sex": "child"},
        {"pitch_hz": 20},
        {"tract_cm": 30},
        {"breathiness": 1.2},
        {"pitch_hz": float("nan")},
    ],
)
def test_a_speaker_refuses_impossible_numbers(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
        Speaker(
            **{"name": "x", "sex": "man", "pitch_hz": 100, "tract_cm": 17, "breathiness": 0} | wrong
        )


def test_any_voice_may_speak() -> None:
    for pitch_hz, tract_cm, breathiness in ((60, 21, 0), (400, 11, 1), (400, 11, 0)):
        for word in range(12):
            sound = say(Speaker("nobody", "woman", pitch_hz, tract_cm, breathiness), word)
            assert np.isfinite(sound).all() and np.abs(sound).max() < 1
