"""Which front and back end? ``python -m seqdisent.experiments.vocoder_comparison FILE...`` measures
what each leaves of recordings.

Mel-cepstral distortion (Kubichek 1993) between a recording and what becomes of it on the way through, the error of
the pitch, and how often voiced and unvoiced frames are mistaken. All are measured by one analysis at 5 ms that
belongs to neither.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyworld
from rich.console import Console
from rich.table import Table
from scipy.fft import dct

from seqdisent.audio import prepare, vocoder
from seqdisent.audio.prepare import RATE_HZ

INAUDIBLE_DB = -80.0  # envelopes are compared down to here (a clip's level is -23 dBFS)
COEFFICIENTS = 24
ACTIVE_DB = 40.0  # frames down to this far below the loudest count


def griffin_lim(wave: np.ndarray, mels: int = 80) -> np.ndarray:
    """Through a log-mel spectrogram of ``mels`` bands and back (Griffin & Lim 1984, 32 iterations)."""
    import librosa

    mel = librosa.feature.melspectrogram(
        y=wave, sr=RATE_HZ, n_fft=1024, hop_length=160, n_mels=mels
    )
    return librosa.feature.inverse.mel_to_audio(
        mel, sr=RATE_HZ, n_fft=1024, hop_length=160, n_iter=32
    )


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "WORLD, 64 bands, 10 ms": lambda wave: vocoder.synthesise(vocoder.analyse(wave)),
    "log-mel 80, Griffin-Lim": griffin_lim,
}


def distortion(a: np.ndarray, b: np.ndarray, highest_hz: float = RATE_HZ / 2) -> dict[str, float]:
    """What differs between two waveforms of the same words in the same time.

    Returns:
        ``mcd_db`` (rms difference of the log envelopes over the mel scale, from 24 cepstral coefficients without
        the first, in dB), ``pitch_cents`` (median error where both are voiced; NaN if nowhere) and
        ``voicing`` (share of frames on which they disagree).
    """
    one, other = _analysis(a, highest_hz), _analysis(b, highest_hz)
    n = min(len(one[1]), len(other[1]))
    (cepstra, hz, level), (theirs, their_hz, _) = (
        [part[:n] for part in found] for found in (one, other)
    )
    active = level > level.max() - ACTIVE_DB
    both = active & (hz > 0) & (their_hz > 0)
    return {
        "mcd_db": float(np.sqrt(np.square(cepstra - theirs).sum(1))[active].mean()),
        "pitch_cents": float(1200 * np.median(np.abs(np.log2(hz[both] / their_hz[both]))))
        if both.any()
        else np.nan,
        "voicing": float(np.mean((hz > 0)[active] != (their_hz > 0)[active])),
    }


def _analysis(wave: np.ndarray, highest_hz: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cepstra ``[n, 24]`` whose Euclidean distance is in dB, pitch in Hz and level in dB, every 5 ms."""
    wave = np.ascontiguousarray(wave, np.float64)
    hz, times = pyworld.harvest(wave, RATE_HZ, vocoder.LOWEST_HZ, vocoder.HIGHEST_HZ, 5.0)
    power = pyworld.cheaptrick(wave, hz, times, RATE_HZ)
    mels = 1127 * np.log1p(np.fft.rfftfreq(2 * power.shape[1] - 2, 1 / RATE_HZ) / 700)
    points = np.linspace(0, 1127 * np.log1p(highest_hz / 700), 64)
    decibels = np.maximum(10 * np.log10(np.maximum(power, 1e-20)), INAUDIBLE_DB)
    bands = np.stack([np.interp(points, mels, row) for row in decibels])
    # By Parseval: orthonormal coefficients over sqrt(64) are the root mean square over the mel scale.
    cepstra = dct(bands, norm="ortho", axis=1)[:, 1 : COEFFICIENTS + 1] / np.sqrt(len(points))
    return cepstra, hz, 10 * np.log10(np.maximum(power.mean(1), 1e-20))


def main(arguments: list[str] | None = None) -> None:
    """Print a table of every way over the given recordings."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("files", nargs="+", type=Path, help="recordings: wav, flac, ogg, mp3")
    options.add_argument(
        "--highest-hz", type=float, default=RATE_HZ / 2, help="compare up to here (4000 for 8 kHz)"
    )
    args = options.parse_args(arguments)
    waves = [prepare.read(path, max_seconds=10).wave for path in args.files]
    table = Table(
        "front and back end",
        "distortion, dB",
        "pitch error, cents",
        "voicing error, %",
        "seconds a second",
        title=f"{len(waves)} recordings, {sum(map(len, waves)) / RATE_HZ:.0f} s",
    )
    for name, through in WAYS.items():
        started = time.perf_counter()
        made = [through(wave) for wave in waves]
        seconds = time.perf_counter() - started
        found = [distortion(a, b, args.highest_hz) for a, b in zip(waves, made, strict=True)]
        mean = {key: float(np.nanmean([f[key] for f in found])) for key in found[0]}
        table.add_row(
            name,
            f"{mean['mcd_db']:.2f}",
            f"{mean['pitch_cents']:.1f}",
            f"{100 * mean['voicing']:.1f}",
            f"{seconds / (sum(map(len, waves)) / RATE_HZ):.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
