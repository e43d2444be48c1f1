"""How it is said: a glottal source and noise through the moving resonances of a vocal tract."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft, signal
from scipy.ndimage import gaussian_filter1d

from seqdisent.data.speech.voices_art.speakers import SPEAKERS, Speaker
from seqdisent.data.speech.voices_art.words import MOVEMENTS, REFERENCE_CM, WORDS, Word

RATE_HZ = 16_000
LEVEL_DB = -23.0  # of the active part, root mean square, before the take's own variation

_HOP = 80  # samples between two shapes of the tract: 5 ms
_RING = 720  # room for the ring of the narrowest resonance, down to -65 dB; a multiple of _HOP
_HISS = 320  # the same for the wide bands of frication
_OVERSAMPLING = 2
_TABLE = 1 << 14  # points in one glottal cycle: the error of the nearest is inaudible
_EDGE = 0.030  # seconds of silence at either end
# Standard deviations of the smoothing that turns held targets into movements, in seconds: the
# tongue is slower than the larynx and the narrowing of a consonant.
_TONGUE, _LEVELS = 0.022, 0.007
_HIGHER = (
    (5500, 500),
    (6500, 800),
    (7500, 1100),
)  # F6 to F8 of the reference tract, with bandwidths
_NOSE = (270.0, 100.0)  # its resonance and bandwidth
_INDEX = {speaker.name: index for index, speaker in enumerate(SPEAKERS)}
_DECIMATE = signal.firwin(61, 0.48, window=("kaiser", 7.0))
_FADE = signal.get_window("hann", 2 * _HOP)  # adds up to one at every hop
_SOFT = signal.butter(1, 2500, fs=RATE_HZ)  # the noise of breath falls by 6 dB an octave
_HIGH_PASS = signal.butter(2, 45, "highpass", fs=RATE_HZ, output="sos")


@dataclass(frozen=True)
class _Tracks:
    """The course of a take, one row every ``_HOP`` samples; levels are linear, frequencies in Hz."""

    pitch: np.ndarray  # [F] semitones from the speaker's mean
    formants: np.ndarray  # [F, 5]
    bandwidths: np.ndarray  # [F, 5]
    levels: np.ndarray  # [F, 3]: voicing, aspiration, frication
    frication: np.ndarray  # [F, 2]: centre, bandwidth
    zero: np.ndarray  # [F]


def say(speaker: Speaker | int, word: int, take: int = 0) -> np.ndarray:
    """A speaker says a word once more: float32 ``[n]`` in [-1, 1] at 16 kHz, about 0.45 to 0.9 s.

    Takes differ in duration (12 % at most), pitch (one semitone at most), level, timing and formants.

    Args:
        speaker: an index into :data:`SPEAKERS`, or any voice.
        word: an index into :data:`WORDS`.
        take: any integer from 0; the same take is always the same sound.

    Raises:
        ValueError: if there is no such speaker or word, or the take is negative.
    """
    if not isinstance(speaker, Speaker):
        speaker = SPEAKERS[_integer("speaker", speaker, len(SPEAKERS))]
    word, take = _integer("word", word, len(WORDS)), _integer("take", take, None)
    seed = _INDEX.get(speaker.name, len(SPEAKERS) + zlib.crc32(speaker.name.encode()))
    rng = np.random.default_rng((seed, word, take))
    level_db = LEVEL_DB + rng.uniform(-1.5, 1.5)
    tracks = _plan(WORDS[word], rng)
    scale = REFERENCE_CM / speaker.tract_cm
    voiced, frication = _sources(tracks, speaker, rng)
    sound = _through(voiced, *_tract(tracks, scale), _RING)
    sound += _through(frication, *_narrowing(tracks, scale), _HISS)
    sound = signal.sosfilt(_HIGH_PASS, sound)
    fade = np.sin(np.linspace(0, np.pi / 2, RATE_HZ // 100)) ** 2
    sound[: fade.size] *= fade
    sound[-fade.size :] *= fade[::-1]
    gain = 10 ** (level_db / 20) / active_rms(sound)
    return (sound * min(gain, 0.98 / np.abs(sound).max())).astype(np.float32)


def active_rms(sound: np.ndarray) -> float:
    """Root mean square of the 20 ms stretches less than 25 dB below the loudest."""
    size = RATE_HZ // 50
    power = np.square(sound[: sound.size // size * size], dtype=float).reshape(-1, size).mean(-1)
    return float(np.sqrt(power[power > power.max() * 10**-2.5].mean()))


def _integer(name: str, value: object, count: int | None) -> int:
    if (
        isinstance(value, (int, np.integer))
        and not isinstance(value, bool)
        and 0 <= value < (count or np.inf)
    ):
        return int(value)
    raise ValueError(
        f"{name} must be an integer from 0{f' to {count - 1}' if count else ''}, not {value!r}"
    )


def _plan(word: Word, rng: np.random.Generator) -> _Tracks:
    """The word as this take says it: varied, and smoothed from targets to movements."""
    targets = word.targets
    rows = np.array(
        [(*t.formants, t.zero_hz, t.frication_hz, *t.bandwidths, t.frication_band) for t in targets]
    )
    rows[:, :5] *= np.exp(0.012 * np.clip(rng.standard_normal((len(targets), 5)), -2, 2))
    levels = np.array([(t.voicing, t.aspiration, t.frication) for t in targets])
    levels *= 10 ** (rng.uniform(-1, 1, (len(targets), 1)) / 20)
    seconds = np.array([t.seconds for t in targets])
    varied = seconds * rng.uniform(0.93, 1.07, len(targets))
    seconds = varied * (seconds.sum() / varied.sum()) * rng.uniform(0.88, 1.12)
    offset = rng.uniform(-1, 1)

    ends = np.round((_EDGE + np.cumsum(seconds)) * RATE_HZ / _HOP).astype(int)
    edge = round(_EDGE * RATE_HZ / _HOP)
    held = np.diff(ends, prepend=edge)
    silent = np.zeros((1, 3))
    sigma = lambda s: s * RATE_HZ / _HOP
    levels = np.repeat(np.concatenate([silent, levels, silent]), (edge, *held, edge), axis=0)
    held[0] += edge  # the mouth is in place before the sound starts
    held[-1] += edge
    rows = np.exp(
        gaussian_filter1d(
            np.log(np.repeat(rows, held, axis=0)), sigma(_TONGUE), axis=0, mode="nearest"
        )
    )
    levels = gaussian_filter1d(levels, sigma(_LEVELS), axis=0)
    share = np.clip((np.arange(len(rows)) - edge) / (ends[-1] - edge), 0, 1)
    levels *= np.interp(share, (0, 0.65, 1), (1, 1, 0.5))[:, None]  # words die away
    pitch = gaussian_filter1d(
        np.interp(share, *zip(*MOVEMENTS[word.movement], strict=True)), sigma(0.03)
    )
    pitch += offset - np.average(pitch, weights=levels[:, 0])  # the mean stays the speaker's own
    return _Tracks(pitch, rows[:, :5], rows[:, 7:12], levels, rows[:, [6, 12]], rows[:, 5])


@lru_cache(maxsize=64)
def _cycle(pitch_hz: float, breathiness: float) -> tuple[np.ndarray, np.ndarray]:
    """One glottal cycle, each ``[_TABLE]``: the derivative of the flow, and how open the glottis is.

    Rosenberg's pulse, whose spectrum falls by 12 dB an octave, with a return phase that falls by 6 more
    above a corner. The derivative stands for the radiation from the lips. Its harmonics end where neither
    a rise of nine semitones can alias nor a fall of nine leave a hole below half the rate.
    """
    phase = np.arange(_TABLE) / _TABLE
    rise, fall = 0.40 + 0.12 * breathiness, 0.16 + 0.12 * breathiness  # shares of the cycle
    flow = np.where(
        phase < rise,
        0.5 - 0.5 * np.cos(np.pi * phase / rise),
        np.cos(np.pi / 2 * np.clip((phase - rise) / fall, 0, 1)),
    )
    harmonic = np.arange(_TABLE // 2 + 1)
    corner_hz = 5500 * (1000 / 5500) ** breathiness
    spectrum = fft.rfft(flow) * 2j * np.pi * harmonic / (1 + 1j * harmonic * pitch_hz / corner_hz)
    spectrum[harmonic * pitch_hz > RATE_HZ / 2 * np.sqrt(3)] = 0
    cycle = fft.irfft(spectrum)
    return (cycle / cycle.std()).astype(np.float32), flow.astype(np.float32)


def _sources(
    tracks: _Tracks, speaker: Speaker, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The sound of the glottis and that of a narrowing, each ``[n]``."""
    n = len(tracks.pitch) * _HOP
    noise, hiss = rng.standard_normal((2, n))  # drawn first: the same for every pitch
    knots, times = np.arange(len(tracks.pitch)) * _HOP, np.arange(n)
    voicing, aspiration, frication = (np.interp(times, knots, level) for level in tracks.levels.T)
    fine = np.arange(n * _OVERSAMPLING) / _OVERSAMPLING
    step = np.interp(fine, knots, speaker.pitch_hz * 2 ** (tracks.pitch / 12)) / (
        RATE_HZ * _OVERSAMPLING
    )
    cycles = np.cumsum(step).astype(int)
    jitter, shimmer = rng.standard_normal((2, cycles[-1] + 20)).clip(-2, 2)
    phase = rng.random() + np.cumsum(step * (1 + 0.006 * jitter[cycles]))
    cycle, opening = _cycle(speaker.pitch_hz, speaker.breathiness)
    whole = phase.astype(int)
    place = ((phase - whole) * _TABLE).astype(int)
    pulses = signal.resample_poly(
        cycle[place] * (1 + 0.04 * shimmer[whole]), 1, _OVERSAMPLING, window=_DECIMATE
    )
    noise = signal.lfilter(*_SOFT, noise)
    # Breath is loudest while the glottis is open; in "h" it stays open.
    breath = (
        0.04 * 10**speaker.breathiness * voicing * (0.3 + 0.7 * opening[place[::_OVERSAMPLING]])
    )
    return voicing * pulses + (breath + 0.3 * aspiration) * noise, frication * hiss


def _resonance(hz: np.ndarray, band: np.ndarray) -> np.ndarray:
    """Denominators of second-order resonances, ``[F, 3]``; they fade out towards half the rate."""
    band = band + 4 * np.maximum(hz - 7000, 0)
    hz = np.minimum(hz, RATE_HZ / 2)
    radius = np.exp(-np.pi * band / RATE_HZ)
    return np.stack(
        [np.ones_like(hz), -2 * radius * np.cos(2 * np.pi * hz / RATE_HZ), radius**2 + 0 * hz],
        axis=-1,
    )


def _cascade(polynomials: list[np.ndarray]) -> np.ndarray:
    """Products of polynomials, row by row: ``[F, 2 k + 1]`` from k times ``[F, 3]``."""
    product, *rest = polynomials
    for p in rest:
        wider = np.zeros((len(p), product.shape[1] + 2))
        for i in range(3):
            wider[:, i : i + product.shape[1]] += p[:, i : i + 1] * product
        product = wider
    return product


def _tract(tracks: _Tracks, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators of the vocal tract, of gain 1 at 0 Hz, and of the nose."""
    still = np.ones(len(tracks.pitch))
    poles = [
        _resonance(scale * hz, scale * band)
        for hz, band in zip(tracks.formants.T, tracks.bandwidths.T, strict=True)
    ]
    poles += [_resonance(scale * hz * still, scale * band) for hz, band in (*_HIGHER, _NOSE)]
    zero = _resonance(scale * tracks.zero, scale * _NOSE[1])
    denominator = _cascade(poles)
    return zero * (denominator.sum(-1) / zero.sum(-1))[:, None], denominator


def _narrowing(tracks: _Tracks, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators of the band of frication, of unit power for white noise."""
    hz, band = tracks.frication.T
    pole = _resonance(hz * scale**0.4, band)
    zero = np.array([[1.0, 0.0, -1.0]]) * np.ones((len(pole), 1))
    numerator, denominator = _cascade([zero, zero]), _cascade([pole, pole])
    response = fft.rfft(numerator, 64) / fft.rfft(denominator, 64)
    return numerator / np.sqrt(np.mean(np.abs(response) ** 2, axis=-1, keepdims=True)), denominator


def _through(
    source: np.ndarray, numerator: np.ndarray, denominator: np.ndarray, size: int
) -> np.ndarray:
    """A source ``[n]`` through one filter every ``_HOP`` samples, faded from each to the next; ``[n]``.

    Hann windows that add up to one cut the source; each piece rings out for ``size`` samples through its
    own filter. Unlike a filter whose coefficients change under way, this cannot click, and all run at once.
    """
    padded = np.pad(source, (_HOP, _HOP))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HOP)[::_HOP][: len(numerator)]
    (live,) = np.nonzero(pieces.any(axis=1))
    pieces = pieces[live] * _FADE
    driven = np.zeros(
        (live.size, size), np.float32
    )  # the poles need double precision, this does not
    for i, taps in enumerate(numerator[live].T):
        driven[:, i : i + 2 * _HOP] += taps[:, None] * pieces
    rung = fft.irfft(
        fft.rfft(driven) / fft.rfft(denominator[live], size).astype(np.complex64), size
    )
    out = np.zeros((len(numerator) + size // _HOP, _HOP))
    for k in range(size // _HOP):
        out[live + k] += rung[:, k * _HOP : (k + 1) * _HOP]
    return out.ravel()[_HOP : _HOP + source.size]
