"""Quality against bits: what the codes of each model of :mod:`seqdisent.experiments.rate_distortion.points`
cost, and what they are worth.

The bits of a code are its KL divergence from the prior, what it costs to convey a *draw* from the posterior with the
best code there is (bits back; neither the networks nor a remainder count). So quality is that of decoding a draw.
All figures are of test sequences.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import dataset_outline
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Codes, ModelSubject, Subject
from seqdisent.evaluation.judge import load_judge
from seqdisent.evaluation.leakage import Effort, measure
from seqdisent.evaluation.report import few, mean_sequence
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.swap import judge_real, reconstruction_error, swap_report
from seqdisent.experiments.frontier.measure import RESULTS
from seqdisent.experiments.rate_distortion.h264 import curve
from seqdisent.experiments.rate_distortion.points import Point, train_point
from seqdisent.experiments.readme_tables import off_target_bits
from seqdisent.experiments.sweep import split
from seqdisent.modalities import modality_of
from seqdisent.reporting.tables import headline
from seqdisent.types import Latents

LEARN, HOLD, ASK = 1800, 300, 600  # training, validation and test sequences behind the probes
CHEAP = Effort(steps=False, nulls=False, permutations=19, draws=50, epochs=0.4)
CURVE = "h264-{}.json"


def measure_point(point: Point, seed: int, run: Path, **options) -> dict[str, Any]:
    """Train and measure one point, or find it done: figures, with ``judge`` saying whether swaps were judged.

    A point that was measured before there was a judge is measured again when there is one.

    Args:
        options: passed to :func:`seqdisent.experiments.rate_distortion.train_point`.
    """
    dataset = point.recipe.dataset
    kept = run / f"{point.name}-s{seed}" / RESULTS
    judge, _ = load_judge(dataset) if point.recipe.kind == "dsvae" else (None, {})
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if judge is None or found["judge"]:
            return found
    folder = train_point(point, seed, run, **options)
    found = figures(ModelSubject(load_checkpoint(folder)[0]), judge, measured_on(dataset), seed)
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def measured_on(dataset: str) -> tuple[SequenceDataset, SequenceDataset, SequenceDataset]:
    """What probes learn from and are chosen on, and the whole test split."""
    learn, hold = few(split(dataset, "train"), LEARN, 0), few(split(dataset, "validation"), HOLD, 0)
    return learn, hold, split(dataset, "test")


def figures(
    subject: Subject, judge, data: tuple[SequenceDataset, ...], seed: int = 0
) -> dict[str, Any]:
    """Everything that is measured of one model, as plain numbers; None where there is nothing to measure.

    Args:
        data: training, validation and test sequences.

    Returns:
        ``psnr_db`` and, of speech, ``envelope_db`` of decoding a draw, with those of the training mean
        (``mean_psnr_db``, ``mean_envelope_db``); ``static_bits``, ``dynamic_bits`` and their sum ``bits`` a frame;
        ``leak/CODE`` and ``leak/CODE (draw)``, bits that a code tells of the other's classes, out of
        ``entropy/CODE``; ``moving_r2``, the mean R² of continuous dynamic factors from the static code;
        ``swap`` (all factors at once), ``swap_chance``, ``swap_judge`` (the judge's own on real sequences);
        ``judge``: whether there was one.
    """
    learn, hold, test = data
    splits = Splits.of(subject, data, seed)
    constant = mean_sequence(learn)
    error = reconstruction_error(subject, test, splits.test.sample, constant)
    lost = error["training_mean_squared_error_per_sequence"] / error["squared_error_per_sequence"]
    found = {"psnr_db": error["psnr_db"], "mean_psnr_db": error["psnr_db"] - 10 * np.log10(lost)}
    modality = modality_of(test.spec)
    if modality.has_waveform:
        found |= envelope_errors(subject, test, splits.test.sample, constant)
    found |= bits_a_frame(splits.test, test.steps) | _leaks(splits, test)
    found |= {"swap": None, "swap_chance": None, "swap_judge": None, "judge": judge is not None}
    if judge is not None:
        real = judge_real(judge, test)
        pairs = modality.judge_budget.sweep_pairs
        joint = swap_report(subject, judge, test, splits.test.mean, real, pairs=pairs, seed=seed)[
            "swap"
        ]["joint"]
        truth = test.sequence_labels()
        right = np.all(
            [(said.argmax(1) == truth[n]) | (truth[n] < 0) for n, said in real.items()], axis=0
        )
        found |= {
            "swap": joint["kept"]["value"],
            "swap_chance": joint["chance"],
            "swap_judge": float(right.mean()),
        }
    return {k: v if v is None or isinstance(v, bool) else float(v) for k, v in found.items()}


def bits_a_frame(codes: Codes, steps: np.ndarray) -> dict[str, float]:
    """KL of both codes in bits, over all frames that exist (``steps [N]``): the static one is spread over them."""
    static, dynamic = (
        float(kl.double().sum()) / np.log(2) / steps.sum()
        for kl in (codes.static_kl, codes.dynamic_kl)
    )
    return {"static_bits": static, "dynamic_bits": dynamic, "bits": static + dynamic}


def envelope_errors(
    subject: Subject, data: SequenceDataset, latents: Latents, constant: Tensor
) -> dict[str, float]:
    """Error of the spectral envelope in dB, root mean square of each recording and their mean: of what is decoded,
    and of the training mean ``constant [T, *event]``."""
    from seqdisent.audio import vocoder

    errors: dict[str, list[Tensor]] = {"envelope_db": [], "mean_envelope_db": []}
    with torch.inference_mode():
        for start in range(0, len(data), BATCH):
            batch = data[start : start + BATCH]
            made = subject.decode(latents[start : start + BATCH]).x
            for name, said in (("envelope_db", made), ("mean_envelope_db", constant)):
                squared = (said - batch.x)[..., vocoder.ENVELOPE].square().flatten(2).mean(
                    2
                ) * batch.mask
                errors[name].append(vocoder.DB * (squared.sum(1) / batch.mask.sum(1)).sqrt())
    return {name: float(torch.cat(parts).mean()) for name, parts in errors.items()}


def _leaks(splits: Splits, test: SequenceDataset) -> dict[str, float | None]:
    """Bits in the cells that should be empty, by the usual probes on a smaller sample."""
    if not splits.test.mean.static.shape[1]:  # to a probe, a code of no numbers is a constant
        blank = lambda codes: replace(codes, static=codes.static.new_zeros(len(codes), 1))
        splits = Splits(
            *(replace(c, mean=blank(c.mean), sample=blank(c.sample)) for c in splits.parts())
        )
    asked = np.sort(np.random.default_rng(0).permutation(len(test))[:ASK])
    section, _ = measure(replace(splits, test=splits.test[asked]), test.spec.factors, effort=CHEAP)
    said: dict[str, Any] = {"leakage": section}
    found: dict[str, float | None] = {}
    for code in ("static", "dynamic"):
        for reading, tag in (("mean", ""), ("sample", " (draw)")):
            value, entropy = off_target_bits(said, code, reading)
            found[f"leak/{code}{tag}"], found[f"entropy/{code}"] = (
                (value, entropy) if entropy else (None, None)
            )
    moving = [
        f["name"] for f in section["factors"] if f["kind"] == "dynamic" and not f["not_measurable"]
    ]
    r2 = [
        cell["r2"]["value"] for name in moving if "r2" in (cell := headline(said, "static", name))
    ]
    return found | {"moving_r2": float(np.mean(r2)) if r2 else None}


def codec_curve(dataset: str, run: Path) -> list[dict[str, float]]:
    """The curve of H.264 on the test split, or the one that is kept in the run folder; empty where H.264 has no say."""
    if not modality_of(dataset_outline(dataset)).has_pixels:
        return []
    kept = run / CURVE.format(dataset)
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(
            json.dumps(curve(split(dataset, "test")), indent=1) + "\n", encoding="utf-8"
        )
    return json.loads(kept.read_text(encoding="utf-8"))
