"""Speech as pictures and as files: spectrograms, clips at one loudness, clips one after the other.

A wave is float32 ``[n]`` at 16 kHz.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.signal import stft

from seqdisent.audio.prepare import RATE_HZ, TARGET_DB, loudness_db

PEAK = 0.99
# Spectrograms: an even step of pitch is an even step upwards, so that voices can be seen as well as vowels.
BANDS, LOWEST_HZ, HIGHEST_HZ = 96, 60.0, 8000.0
HOP, WINDOW, FFT = 160, 640, 1024
FLOOR_DB, TOP_DB = -90.0, -25.0  # of waves at the common level; a full-scale sine is 0
# Pixels of a sheet of spectrograms.
PLOT_WIDTH, PLOT_HEIGHT, TITLE_HEIGHT, GAP = 420, 220, 26, 16
# From silence to the loudest, as red, green, blue: readable in grey, and neither A's orange nor B's blue.
RAMP = ((255, 255, 255), (214, 207, 232), (137, 117, 184), (72, 42, 122), (24, 8, 46))


def at_one_level(waves: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Waves brought to one loudness: -23 dBFS, or what the peaks of all of them allow. Silence stays silence."""
    loudness = [loudness_db(wave) for wave in waves]
    audible = [i for i, level in enumerate(loudness) if np.isfinite(level)]
    highest = [loudness[i] + 20 * np.log10(PEAK / np.abs(waves[i]).max()) for i in audible]
    level = min([TARGET_DB, *highest])
    gain = {i: np.float32(10 ** ((level - loudness[i]) / 20)) for i in audible}
    return [np.asarray(wave, np.float32) * gain.get(i, 1) for i, wave in enumerate(waves)]


def in_turn(waves: Sequence[np.ndarray], gap_seconds: float = 0.3) -> np.ndarray:
    """Waves one after the other with silence between them."""
    gap = np.zeros(round(gap_seconds * RATE_HZ), np.float32)
    parts = [part for wave in waves for part in (wave, gap)]
    return np.concatenate(parts[:-1])


def spectrogram(wave: np.ndarray) -> np.ndarray:
    """Loudness over time and frequency, uint8 ``[frames, 96]``: a row every 10 ms, low frequencies first.

    Bands are evenly spaced in octaves from 60 Hz to 8 kHz; 0 is -90 dB and less, 255 is -25 dB and more.
    """
    wave = np.asarray(wave, np.float32)
    padded = np.pad(wave, (0, max(0, WINDOW - len(wave))))
    _, _, spectrum = stft(
        padded, RATE_HZ, nperseg=WINDOW, noverlap=WINDOW - HOP, nfft=FFT, padded=False
    )
    frames = max(1, len(wave) // HOP)
    power = 4 * np.square(np.abs(spectrum.T[:frames])) @ _filters()
    decibels = 10 * np.log10(np.maximum(power, 1e-12))
    position = np.clip((decibels - FLOOR_DB) / (TOP_DB - FLOOR_DB), 0, 1)
    return (255 * position).round().astype(np.uint8)


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """Weights ``[bins, 96]`` that add to 1 in each band: triangles at least as wide as the bins are apart."""
    bins = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
    centres = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS)
    half = np.maximum(centres * (centres[1] / centres[0] - 1), bins[1])
    weight = np.maximum(0, 1 - np.abs(bins[:, None] - centres) / half)
    return weight / weight.sum(0)


def picture(shades: np.ndarray, width: int, height: int) -> np.ndarray:
    """A spectrogram as a grey picture, uint8 ``[height, width]``: time to the right, high frequencies above."""
    image = Image.fromarray(np.ascontiguousarray(shades.T[::-1]))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def coloured(shades: np.ndarray) -> np.ndarray:
    """Shades uint8 ``[...]`` as colours ``[..., 3]``, dark on white."""
    positions = np.linspace(0, 255, len(RAMP))
    channels = [np.interp(np.arange(256), positions, channel) for channel in np.array(RAMP).T]
    return np.stack(channels, 1).round().astype(np.uint8)[shades]


def sheet(waves: Sequence[np.ndarray], names: Sequence[str], columns: int = 2) -> np.ndarray:
    """Named spectrograms on one time scale in reading order, ``[H, W, 3]``."""
    longest = max(len(wave) for wave in waves)
    rows = -(-len(waves) // columns)
    tile_width, tile_height = PLOT_WIDTH + GAP, TITLE_HEIGHT + PLOT_HEIGHT + GAP
    page = Image.new("RGB", (columns * tile_width + GAP, rows * tile_height + GAP), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for i, (wave, name) in enumerate(zip(waves, names, strict=True)):
        row, column = divmod(i, columns)
        left, top = GAP + column * tile_width, GAP + row * tile_height
        draw.text((left, top), f"{name} ({len(wave) / RATE_HZ:.2f} s)", "black", font)
        top += TITLE_HEIGHT
        width = max(1, round(PLOT_WIDTH * len(wave) / longest))
        shades = picture(spectrogram(wave), width, PLOT_HEIGHT)
        page.paste(Image.fromarray(coloured(shades)), (left, top))
        draw.rectangle((left, top, left + PLOT_WIDTH, top + PLOT_HEIGHT), outline="grey")
    return np.asarray(page)
