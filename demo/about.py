"""About: what this is, and where the data come from."""

from __future__ import annotations

import gradio as gr

from demo.core import catalog
from seqdisent.data import DATASETS, dataset_outline

TEXT = """
A sequential disentanglement model splits a sequence into one **static** code (what stays the same) and a
**dynamic** code for every frame (what changes). If that split is clean, swapping the static codes of two
sequences swaps the identity and nothing else. Every sequence shown is of the *test* split: no model was
trained on it. Test characters do not occur in the training split; test recordings are other takes, mostly of speakers
of the training split.

**Sound.** The WORLD vocoder analyses speech into pitch, spectral envelope and aperiodicity, every 10 ms; the
model sees those, and the vocoder synthesises what it generates, so that a *reconstruction* has the errors of both the
vocoder and the model. Clips that are compared are levelled to one loudness (-23 dBFS over what is active, lower where a
peak would be clipped). Spectrograms have an even step for every octave from 60 Hz to 8 kHz and the same colours in all
tiles. **Spectrum ... dB from the recording's** is the root mean square difference of the spectral envelopes.

**PSNR** is the peak signal-to-noise ratio in decibels of values between 0 and 1: 20 dB is a mean squared
error of 0.01 a value, 30 dB of 0.001. A swap is compared with the real sequence of that character in that
action.

**Bits** are the information about a factor that the strongest of several probes can use: linear, perceptrons, ensembles
of trees and nearest neighbours, of the code and of what is left of it when the factors that belong in it are taken out,
of all steps, their mean and single steps. Probes are trained on training sequences and chosen on validation; the
maximum is the factor's entropy. **Chance level** is the same with probes trained on shuffled labels, **p** the
permutation test of the shown probe. Leaks are planted in made-up codes to find the **detection limit**: what is smaller
would be missed.

Keys, when a picture is focused: space plays and pauses, the arrows step. Nothing sounds by itself. The address
of the page keeps the pair. Methods: DSVAE (Li & Mandt, 2018), DBSE (Berman et al., 2024) and VAST, our own, which
adds to DBSE augmented views, pooled and modulated paths, other anchors and pruned codes.
"""


def layout() -> None:
    """An accordion at the foot of the page."""
    with gr.Accordion("About, data and licences", open=False):
        gr.Markdown(TEXT)
        for name in DATASETS:
            try:
                spec = dataset_outline(name)
            except ImportError:
                continue
            source = spec.source
            parts = [f"**{spec.title}**", source.licence, source.credit, source.url]
            gr.Markdown(" · ".join(filter(None, parts)))
        for name, config in catalog.checkpoints().items():
            model, dataset = config["model"].upper(), config["dataset"]["title"]
            gr.Markdown(f"`{name}` · {model} trained on {dataset}")
