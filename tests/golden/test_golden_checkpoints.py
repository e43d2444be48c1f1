"""Every shipped checkpoint encodes, decodes, swaps, samples and scores as it did when the values were stored.

A number may differ by 2e-4 of itself and of the root mean square of its tensor. Float32 sums taken in another order
(other vector instructions, other libraries, more threads) differ by at most 1e-5 after these networks; a changed
weight, constant or order of operations differs by more than the tolerance. Noise comes from a seeded generator of the
CPU, whose stream PyTorch keeps.

Inputs are real test sequences where the data set is embedded in the package, else a sum of sine waves in the value
range. Voices are embedded, but take minutes to synthesise, so they have sine waves too. A stored file says which input
it is for, so that the declaration of a data set is not needed here.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seqdisent
from tests.golden.golden_values import FOLDER, Tolerance, check, differences, load, summary

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
EMBEDDED = ("sprites", "sprites-32", "moving-digits", "bouncing-balls", "waves")  # and quickly made
ROWS = [3, 250, 599]  # of their test splits
SEQUENCES = 3  # of a generated input
RELATIVE, OF_SCALE = 2e-4, 2e-4


def names() -> list[str]:
    """Every model and every judge in the folder of checkpoints."""
    return sorted(path.parent.name for path in CHECKPOINTS.glob("*/config.json"))


@pytest.mark.parametrize("name", names())
def test_checkpoint_computes_what_it_did(name: str) -> None:
    stored = load(f"checkpoints/{name}")
    check(compare(stored, current(name, stored["input"])), f"checkpoints/{name}")


def test_no_values_are_left_of_a_removed_checkpoint() -> None:
    assert sorted(path.stem for path in (FOLDER / "checkpoints").glob("*.json")) == names()


def test_a_checkpoint_without_values_fails_with_the_command() -> None:
    with pytest.raises(AssertionError, match=r"tests\.golden\.make checkpoints/dbse-unknown"):
        load("checkpoints/dbse-unknown")


def compare(stored: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Differences between two results of :func:`current`."""

    def tolerance(path: tuple) -> Tolerance:
        if path[0] == "input" or path[-1] == "shape":
            return Tolerance()
        tensor: Any = stored
        for key in path:
            if isinstance(tensor, dict) and "rms" in tensor:
                return Tolerance(RELATIVE, OF_SCALE * tensor["rms"])
            tensor = tensor[key]
        return Tolerance(RELATIVE)

    return differences(stored, found, tolerance)


# -- what is computed ----------------------------------------------------------------------------


def current(name: str, about: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything that is compared of one checkpoint.

    Args:
        about: the input, as of :func:`choose_input`, which it defaults to.
    """
    compute = _judge if name.startswith("judge-") else _model
    return compute(name, about)


@torch.inference_mode()
def _model(name: str, about: dict[str, Any] | None) -> dict[str, Any]:
    model, spec = seqdisent.load_checkpoint(CHECKPOINTS / name)
    about = about or choose_input(spec)
    batch = make_input(about)
    encoding = model.encode(batch.x, batch.mask, sample=False)
    codes = encoding.latents
    first, second = model.swap(codes[:1], codes[1:2])
    drawn = model.sample(2, generator=_generator())
    decoded = model.decode(drawn)
    likely = seqdisent.Sequences(decoded, torch.ones(decoded.shape[:2], dtype=torch.bool))
    return {
        "input": about,
        "x": summary(batch.x.nan_to_num()),
        "static": {part: summary(getattr(encoding.static, part)) for part in ("mean", "log_std")},
        "dynamic": {
            part: summary(_existing(getattr(encoding.dynamic, part), batch.mask))
            for part in ("mean", "log_std")
        },
        "decoded": summary(_existing(model.decode(codes), batch.mask)),
        "swapped": [summary(_existing(model.decode(one), one.mask)) for one in (first, second)],
        "sampled": {
            "static": summary(drawn.static),
            "dynamic": summary(drawn.dynamic),
            "decoded": summary(decoded),
        },
        "loss": _loss(model.loss(batch, _generator())),
        # A generated input is far from the data, and its squared error hides the constants of the likelihood.
        "loss_of_samples": _loss(model.loss(likely, _generator())),
    }


@torch.inference_mode()
def _judge(name: str, about: dict[str, Any] | None) -> dict[str, Any]:
    judge, accuracy = _load_judge(name.removeprefix("judge-"))
    about = about or choose_input(judge.spec)
    batch = make_input(about)
    logits = judge(batch.x, batch.mask)
    return {
        "input": about,
        "x": summary(batch.x.nan_to_num()),
        "logits": {factor: summary(one) for factor, one in logits.items()},
        "loss": _loss(judge.loss(batch)),
        "accuracy": {factor: rate.value for factor, rate in accuracy.items()},
    }


def _load_judge(dataset: str):
    """The judge of a data set and its accuracy: the only use of a module that is not public."""
    from seqdisent.evaluation.judge import load_judge

    return load_judge(dataset, CHECKPOINTS)


def _loss(loss: seqdisent.LossTerms) -> dict[str, Any]:
    return {
        "terms": {name: summary(term) for name, term in loss.terms.items()},
        "weights": dict(loss.weights),
        "total": float(loss.total),
    }


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _existing(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Values ``[B, T, ...]`` with 0 at steps that do not exist: what is computed there has no meaning."""
    return torch.where(mask.view(*mask.shape, *[1] * (values.ndim - 2)), values, 0.0)


# -- inputs --------------------------------------------------------------------------------------


def choose_input(spec: seqdisent.DatasetSpec) -> dict[str, Any]:
    """The input for a checkpoint, as plain values."""
    if spec.name in EMBEDDED:
        return {"dataset": spec.name, "rows": ROWS}
    shape = [SEQUENCES, spec.frames, *spec.event_shape]
    classes = [factor for factor in spec.factors if factor.classes]
    return {
        "shape": shape,
        "range": list(spec.value_range),
        # Pictures are never shorter than the data set's length.
        "lengths": [spec.frames] * SEQUENCES
        if len(shape) == 5
        else [spec.frames, spec.frames * 2 // 3, 5],
        "missing": spec.likelihood == "scaled",
        **{
            kind: {factor.name: len(factor.classes) for factor in classes if factor.kind == kind}
            for kind in ("static", "dynamic")
        },
    }


def make_input(about: dict[str, Any]) -> seqdisent.Sequences:
    """The batch that :func:`choose_input` describes."""
    if "dataset" in about:
        return _split(about["dataset"])[about["rows"]]
    shape, (low, high) = about["shape"], about["range"]
    b, t, *event = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in shape), indexing="ij")
    place = sum((2 + axis) * grid for axis, grid in enumerate(event))
    wave = (
        0.5 * np.sin(0.13 * place + 0.5 * b)
        + 0.3 * np.sin(0.4 * t + 2 * b)
        + 0.2 * np.sin(0.37 * place * (1 + b) + t)
    )
    x = (low + high) / 2 + (high - low) / 4 * wave
    if about["missing"]:
        number = np.arange(x.size).reshape(shape)
        x[number % 11 == 3] = np.nan
        x[1, 2] = np.nan  # a step of which nothing is known
    mask = np.arange(shape[1]) < np.array(about["lengths"])[:, None]
    sequence, step = np.indices(mask.shape)
    return seqdisent.Sequences(
        torch.from_numpy(x.astype(np.float32)),
        torch.from_numpy(mask),
        {factor: torch.arange(shape[0]) % classes for factor, classes in about["static"].items()},
        {
            factor: torch.from_numpy((sequence + step // 2) % classes)
            for factor, classes in about["dynamic"].items()
        },
    )


@lru_cache(maxsize=2)
def _split(dataset: str):
    return seqdisent.load_dataset(dataset, "test")
