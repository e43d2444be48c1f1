"""Waveforms of the WORLD steps that speech models decode."""

from __future__ import annotations

import numpy as np

from seqdisent.audio.vocoder import synthesise, to_frames
from seqdisent.types import Sequences


def waveforms(batch: Sequences) -> list[np.ndarray]:
    """Synthesise WORLD steps ``[B, T, 2, 67]``, each as long as its mask.

    Returns:
        B waveforms, float32 ``[n]`` at 16 kHz.
    """
    steps = batch.x.cpu().numpy()
    lengths = batch.mask.sum(1).tolist()
    return [synthesise(to_frames(x, n)) for x, n in zip(steps, lengths, strict=True)]
