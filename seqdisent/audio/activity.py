"""Where in a waveform there is speech. Waves are float ``[n]``, mono at 16 kHz."""

from __future__ import annotations

import numpy as np

from seqdisent.audio.loudness import HOP_SAMPLES, levels

# In hops: what is kept around the active part, and what is not worth trimming. In a margin of 20 ms too little is
# left to measure the noise in, and trimming twice would remove an s.
MARGIN = 8
SLACK = 6
# Levels that count as active, below the loudest: of the wave, and of its difference.
WAVE_DB = 38.0
DIFFERENCE_DB = 36.0


def active_span(wave: np.ndarray) -> tuple[int, int]:
    """First and last sample (exclusive) of what is not silence, with 40 ms on both sides.

    Trimmed until nothing changes, so that a trimmed wave stays as it is.
    """
    wave_levels = levels(wave)
    # The difference raises hissing sounds: a soft s lies 40 dB and more below the vowel after it.
    difference_levels = levels(np.diff(wave, prepend=wave[:1]))
    first, last = 0, len(wave_levels)
    while True:
        active = _active(wave_levels[first:last], WAVE_DB)
        active |= _active(difference_levels[first:last], DIFFERENCE_DB)
        hops = np.flatnonzero(active)
        if not len(hops):
            break
        start = first + hops[0] - MARGIN
        stop = first + hops[-1] + 1 + MARGIN
        if start <= first + SLACK:
            start = first
        if stop >= last - SLACK:
            stop = last
        if (start, stop) == (first, last):
            break
        first, last = start, stop
    return int(first) * HOP_SAMPLES, min(int(last) * HOP_SAMPLES, len(wave))


def _active(found: np.ndarray, below_db: float) -> np.ndarray:
    """Hops within ``below_db`` of the loudest and, where noise reaches further up, 6 dB above the noise."""
    peak = found.max()
    # The windows of the outermost hops are cut short, or faded.
    noise = found[3:-3].min(initial=peak)
    above_noise = min(noise * 10**0.6, peak * 10**-2.2)
    return found > max(peak * 10 ** (-below_db / 10), above_noise)


def busiest_passage(wave: np.ndarray, length: int) -> int:
    """Start of the ``length`` samples with most speech: amplitudes are summed, or a bang would outweigh words."""
    sums = np.concatenate([[0.0], np.cumsum(np.sqrt(levels(wave)))])
    hops = -(-length // HOP_SAMPLES)
    start = int(np.argmax(sums[hops:] - sums[:-hops])) if len(sums) > hops else 0
    return min(start, (len(wave) - length) // HOP_SAMPLES) * HOP_SAMPLES
