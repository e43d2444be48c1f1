"""What is measured of a point: the bits that its codes cost, and the quality that they buy.

The bits of a code are its KL divergence from the prior: the cost of conveying a *posterior sample* with the best code
there is (bits back; neither the networks nor a remainder count). So quality is that of decoding a posterior sample.
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

from seqdisent.audio import vocoder
from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import dataset_outline
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import BATCH, Codes, ModelSubject, Subject
from seqdisent.evaluation.judge import Judge, load_judge
from seqdisent.evaluation.leakage import CELLS_ONLY, measure
from seqdisent.evaluation.reconstruction import reconstruction_error, training_mean
from seqdisent.evaluation.sample import subset
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.swap import judge_real, swap_report
from seqdisent.experiments.rate_distortion.h264 import curve
from seqdisent.experiments.rate_distortion.points import Point
from seqdisent.experiments.sweep import Figures, Say, SweepRun, module_hash, split
from seqdisent.io import write_json
from seqdisent.modalities import modality_of
from seqdisent.types import Latents

RESULTS = "point.json"
LEARN, HOLD, ASK = 1800, 300, 600  # training, validation and test sequences behind the probes
CHEAP = replace(CELLS_ONLY, permutations=19, resamples=50)
CURVE = "h264-{}.json"


def point_judge(point: Point) -> Judge | None:
    """The judge of a point's swaps; ``None`` without a judge, and of a model without a static code."""
    if point.recipe.kind != "dsvae":
        return None
    judge, _ = load_judge(dataset_outline(point.recipe.dataset).judged_by)
    return judge


def settings(point: Point) -> dict[str, Any]:
    """What the figures of a point depend on besides the model."""
    judge = point_judge(point)
    modality = modality_of(dataset_outline(point.recipe.dataset))
    return {
        "learn": LEARN,
        "hold": HOLD,
        "ask": ASK,
        "pairs": modality.judge_budget.sweep_pairs,
        "judge": None if judge is None else module_hash(judge),
    }


def measure_point(point: Point, run: SweepRun, say: Say = print) -> Figures:
    """Measure a trained point, or find it measured: see :func:`figures`.

    A point that was measured before there was a judge is measured again when there is one.
    """

    def measured() -> Figures:
        model, _ = load_checkpoint(run.checkpoint)
        data = probe_data(point.recipe.dataset)
        return figures(ModelSubject(model), point_judge(point), data, run.seed)

    return run.measure(RESULTS, settings(point), measured, say)


def probe_data(dataset: str) -> tuple[SequenceDataset, SequenceDataset, SequenceDataset]:
    """The sequences that probes learn from and are chosen on, and the full test split."""
    learn = subset(split(dataset, "train"), LEARN, 0)
    hold = subset(split(dataset, "validation"), HOLD, 0)
    return learn, hold, split(dataset, "test")


def figures(
    subject: Subject,
    judge: Judge | None,
    data: tuple[SequenceDataset, SequenceDataset, SequenceDataset],
    seed: int = 0,
) -> Figures:
    """Everything that is measured of one model, as plain numbers; None where there is nothing to measure.

    Args:
        data: training, validation and test sequences.

    Returns:
        ``psnr_db`` and, of speech, ``envelope_db`` of decoding a posterior sample, with those of the training mean
        (``mean_psnr_db``, ``mean_envelope_db``); ``static_bits``, ``dynamic_bits`` and their sum ``bits`` a frame;
        ``leak/CODE`` and ``leak/CODE (draw)``, bits in posterior means and in a posterior sample about factors that
        do not belong in the code, out of ``entropy/CODE``; ``moving_r2``, the mean R² of continuous dynamic factors
        from the static code; ``swap`` (all factors at once), ``swap_chance``, ``swap_judge`` (the judge's accuracy on
        real sequences); ``judge``: whether there was one.
    """
    learn, _, test = data
    splits = Splits.of(subject, data, seed)
    constant = training_mean(learn)
    error = reconstruction_error(subject, test, splits.test.sample, constant)
    ratio = error.training_mean_squared_error_per_sequence / error.squared_error_per_sequence
    found: Figures = {
        "psnr_db": error.psnr_db,
        "mean_psnr_db": error.psnr_db - 10 * np.log10(ratio),
    }
    if modality_of(test.spec).has_waveform:
        found |= envelope_errors(subject, test, splits.test.sample, constant)
    found |= bits_a_frame(splits.test, test.steps)
    found |= _leaks(splits, test)
    found |= {"swap": None, "swap_chance": None, "swap_judge": None, "judge": judge is not None}
    if judge is not None:
        found |= _swaps(subject, judge, test, splits.test.mean, seed)
    return {name: _plain_number(value) for name, value in found.items()}


def _plain_number(value: Any) -> float | bool | None:
    if value is None or isinstance(value, bool):
        return value
    return float(value)


def _swaps(
    subject: Subject, judge: Judge, test: SequenceDataset, latents: Latents, seed: int
) -> dict[str, float]:
    """How often swaps keep all factors at once, by chance too, and how often the judge is right on real sequences."""
    real = judge_real(judge, test)
    pairs = modality_of(test.spec).judge_budget.sweep_pairs
    swaps = swap_report(subject, judge, test, latents, real, pairs=pairs, seed=seed)
    truth = test.sequence_labels()
    right = np.ones(len(test), dtype=bool)
    for name, probabilities in real.items():
        missing = truth[name] < 0
        right &= (probabilities.argmax(1) == truth[name]) | missing
    return {
        "swap": swaps.all_kept.value,
        "swap_chance": swaps.all_kept_chance,
        "swap_judge": float(right.mean()),
    }


def bits_a_frame(codes: Codes, steps: np.ndarray) -> dict[str, float]:
    """KL of both codes in bits, over all frames that exist (``steps [N]``): the static one is spread over them."""
    frames = steps.sum()
    static = float(codes.static_kl.double().sum()) / np.log(2) / frames
    dynamic = float(codes.dynamic_kl.double().sum()) / np.log(2) / frames
    return {"static_bits": static, "dynamic_bits": dynamic, "bits": static + dynamic}


def envelope_errors(
    subject: Subject, data: SequenceDataset, latents: Latents, constant: Tensor
) -> dict[str, float]:
    """Error of the spectral envelope in dB: root mean square over each recording, averaged over recordings.

    Args:
        constant: the training mean, ``[T, *event]``, for comparison.

    Returns:
        ``envelope_db`` of what is decoded from ``latents``, and ``mean_envelope_db`` of ``constant``.
    """
    errors: dict[str, list[Tensor]] = {"envelope_db": [], "mean_envelope_db": []}
    with torch.inference_mode():
        for start in range(0, len(data), BATCH):
            batch = data[start : start + BATCH]
            decoded = subject.decode(latents[start : start + BATCH]).x
            for name, predicted in (("envelope_db", decoded), ("mean_envelope_db", constant)):
                difference = (predicted - batch.x)[..., vocoder.ENVELOPE]
                squared = difference.square().flatten(2).mean(2) * batch.mask
                per_recording = (squared.sum(1) / batch.mask.sum(1)).sqrt()
                errors[name].append(vocoder.DB * per_recording)
    return {name: float(torch.cat(parts).mean()) for name, parts in errors.items()}


def _leaks(splits: Splits, test: SequenceDataset) -> dict[str, float | None]:
    """Bits about factors that do not belong in a code, by the usual probes on a smaller sample."""
    if not splits.test.mean.static.shape[1]:
        splits = Splits(*(_with_constant_static(codes) for codes in splits.parts()))
    asked = np.sort(np.random.default_rng(0).permutation(len(test))[:ASK])
    leakage, _ = measure(replace(splits, test=splits.test[asked]), test.spec.factors, effort=CHEAP)
    found: dict[str, float | None] = {}
    for code in ("static", "dynamic"):
        found[f"leak/{code}"] = leakage.off_target_bits(code)
        found[f"leak/{code} (draw)"] = leakage.off_target_bits(code, "sample")
        found[f"entropy/{code}"] = leakage.off_target_entropy_bits(code)
    r2 = []
    for factor in leakage.factors:
        score = leakage.best("static", factor.name)
        if factor.kind == "dynamic" and score is not None and score.measure == "r2":
            r2.append(score.score.value)
    return found | {"moving_r2": float(np.mean(r2)) if r2 else None}


def _with_constant_static(codes: Codes) -> Codes:
    """Codes whose static part, which has no dimensions, is a constant of one dimension: probes need one."""

    def constant(latents: Latents) -> Latents:
        return replace(latents, static=latents.static.new_zeros(len(latents), 1))

    return replace(codes, mean=constant(codes.mean), sample=constant(codes.sample))


def codec_curve(dataset: str, root: Path) -> list[dict[str, float]]:
    """The curve of H.264 on the test split, kept in the folder of the sweep; empty for data that are not video."""
    if not modality_of(dataset_outline(dataset)).has_pixels:
        return []
    kept = root / CURVE.format(dataset)
    if not kept.is_file():
        write_json(kept, curve(split(dataset, "test")), indent=1)
    return json.loads(kept.read_text(encoding="utf-8"))
