"""``python -m seqdisent.experiments.vocoder_comparison FILE...``: the loss of analysis and synthesis, by vocoder.

Mel-cepstral distortion (Kubichek 1993) between a recording and its copy through the vocoder, the error of the pitch,
and how often voiced and unvoiced frames are confused. All are measured by one analysis at 5 ms that belongs to neither
vocoder.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
from rich.console import Console
from rich.table import Table

from seqdisent.audio import prepare, vocoder
from seqdisent.audio.distortion import distortion
from seqdisent.audio.prepare import RATE_HZ


def griffin_lim(wave: np.ndarray, mels: int = 80) -> np.ndarray:
    """Through a log-mel spectrogram of ``mels`` bands and back (Griffin & Lim 1984, 32 iterations)."""
    mel = librosa.feature.melspectrogram(
        y=wave, sr=RATE_HZ, n_fft=1024, hop_length=160, n_mels=mels
    )
    return librosa.feature.inverse.mel_to_audio(
        mel, sr=RATE_HZ, n_fft=1024, hop_length=160, n_iter=32
    )


def world(wave: np.ndarray) -> np.ndarray:
    """Through the vocoder of the speech data sets and back."""
    return vocoder.synthesise(vocoder.analyse(wave))


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "WORLD, 64 bands, 10 ms": world,
    "log-mel 80, Griffin-Lim": griffin_lim,
}


def main(arguments: list[str] | None = None) -> None:
    """Print a table of every way over the given recordings."""
    description = (__doc__ or "").partition("\n")[0]
    options = argparse.ArgumentParser(description=description)
    options.add_argument("files", nargs="+", type=Path, help="recordings: wav, flac, ogg, mp3")
    options.add_argument(
        "--highest-hz", type=float, default=RATE_HZ / 2, help="compare up to here (4000 for 8 kHz)"
    )
    args = options.parse_args(arguments)
    waves = [prepare.read(path, max_seconds=10).wave for path in args.files]
    seconds = sum(len(wave) for wave in waves) / RATE_HZ
    table = Table(
        "front and back end",
        "distortion, dB",
        "pitch error, cents",
        "voicing error, %",
        "seconds a second",
        title=f"{len(waves)} recordings, {seconds:.0f} s",
    )
    for name, through in WAYS.items():
        started = time.perf_counter()
        copies = [through(wave) for wave in waves]
        taken = time.perf_counter() - started
        found = [
            distortion(wave, copy, args.highest_hz)
            for wave, copy in zip(waves, copies, strict=True)
        ]
        mean = {key: float(np.nanmean([one[key] for one in found])) for key in found[0]}
        table.add_row(
            name,
            f"{mean['mcd_db']:.2f}",
            f"{mean['pitch_cents']:.1f}",
            f"{100 * mean['voicing']:.1f}",
            f"{taken / seconds:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
