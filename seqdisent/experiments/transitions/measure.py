"""What is measured of a model of bouncing balls, on *test* sequences longer than those of training.

* The bound: negative evidence lower bound in nats a frame, with one posterior sample and every term with weight 1.
* Prediction: the model sees 16 frames and generates 20 futures. The best has the least squared error over all of it.
* Physics: what a tracker (:mod:`.ball_tracker`) finds in the 100 frames after frame 32, of futures generated after 32
  true frames and of sequences generated from the prior, compared with real frames and with reconstructed ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.video.ball_simulator import Trajectories
from seqdisent.data.video.bouncing_balls import SMALL, BallFrames
from seqdisent.errors import UsageError
from seqdisent.evaluation.statistics import Bootstrap
from seqdisent.experiments.sweep import Say, SweepRun
from seqdisent.experiments.transitions import ball_physics as physics
from seqdisent.experiments.transitions.ball_tracker import (
    WORSE,
    Tracks,
    against_simulator,
    track,
    worsened,
)
from seqdisent.models import SequentialVAE
from seqdisent.types import Latents, Sequences

N = 200  # test sequences
SEEN, AFTER = 32, 100  # frames of training, and after them
PREFIX, FUTURES, HORIZONS = 16, 20, (1, 4, 8, 16, 32, 84)
BATCH = 10  # sequences at once
MEAN_OF = 1000  # training sequences that the mean frame is of
RESULTS = "rollouts.json"
TERMS = ("reconstruction", "static_kl", "dynamic_kl")
Figure = dict[str, float | None]  # value, and low and high of its 95 % interval
Figures = dict[str, Figure]


def settings() -> dict[str, int]:
    """What the figures depend on besides the model."""
    return {"sequences": N, "futures": FUTURES}


def measure_point(run: SweepRun, say: Say = print) -> Figures:
    """Measure a trained transition, or find it measured: see :func:`measure_checkpoint`."""
    return run.measure(RESULTS, settings(), lambda: measure_checkpoint(run.checkpoint), say)


def measure_checkpoint(folder: Path) -> Figures:
    """By name of a figure, the value and its 95 % interval over the first :data:`N` test sequences.

    Raises:
        UsageError: if the checkpoint is of another data set.
    """
    model, spec = load_checkpoint(folder)
    if spec.name != SMALL.outline.name:
        raise UsageError(
            f"{folder} was trained on {spec.name}; rollouts are measured on {SMALL.outline.name}"
        )
    data = SMALL.of_length("test", SEEN + AFTER, N)
    return _plain({**bound(model, data), **prediction(model, data), **obedience(model, data)})


def measure_real() -> Figures:
    """The same of real frames, for comparison: predictions that need no model, physics, two halves of the real
    sequences against each other, and how accurate the tracker is about them."""
    data = SMALL.of_length("test", SEEN + AFTER, N)
    x = data[np.arange(N)].x
    boot = Bootstrap(np.arange(N))
    figures = _baseline_predictions(x, data, boot)
    after = _after(track(x[:, SEEN - 1 :], _starts(data)))
    figures |= _physics("real", after, data, boot, after)
    halves = [
        Tracks(after.position[part::2], after.ink[part::2], after.radius[part::2])
        for part in range(2)
    ]
    figures["physics/real/speed distance"] = _without_interval(physics.speed_distance(*halves))
    for name, how in WORSE.items():
        found = track(worsened(x, *how))
        right = against_simulator(found, _trajectories(data), x.shape[-1])
        for what, value in right.items():
            figures[f"tracker/{name}/{what}"] = _without_interval(value)
    return _plain(figures)


def _baseline_predictions(x: Tensor, data: SequenceDataset, boot: Bootstrap) -> Figures:
    """Predictions without a model: the last frame that was seen, and the mean frame of training."""
    train = SMALL.of_length("train", SEEN, MEAN_OF)
    mean = torch.stack([part.mean((0, 1)) for part in _batches(train, SEEN)]).mean(0)
    figures: Figures = {}
    for name, guess in (("last frame", x[:, PREFIX - 1]), ("training mean", mean)):
        for horizon in HORIZONS:
            error = _squared(guess, x[:, PREFIX + horizon - 1])
            figures[f"prediction/{name}/{horizon}"] = asdict(boot.mean(error.numpy()))
    last = _trajectories(data).position[:, PREFIX - 1]
    constant = np.repeat(last[:, None], len(HORIZONS), axis=1)
    return figures | _centres("last frame", constant, data, boot)


@torch.inference_mode()
def bound(model: SequentialVAE, data: SequenceDataset) -> Figures:
    """``bound/FRAMES/TERM`` in nats a frame, of sequences of as many frames as in training and of full ones; ``total``
    is the negative bound."""
    boot = Bootstrap(np.arange(len(data)))
    figures: Figures = {}
    generator = torch.Generator().manual_seed(0)
    for frames in (SEEN, SEEN + AFTER):
        found: dict[str, list[Tensor]] = {name: [] for name in TERMS}
        for x in _batches(data, frames):
            mask = torch.ones(x.shape[:2], dtype=torch.bool)
            terms = model.loss(Sequences(x, mask), generator).terms
            for name in TERMS:
                found[name].append(terms[name] / frames)
        nats = {name: torch.cat(parts).numpy() for name, parts in found.items()}
        nats["total"] = np.sum([nats[name] for name in TERMS], axis=0)
        for name, values in nats.items():
            figures[f"bound/{frames}/{name}"] = asdict(boot.mean(values))
    return figures


@torch.inference_mode()
def prediction(model: SequentialVAE, data: SequenceDataset) -> Figures:
    """``prediction/WHO/HORIZON``: squared error of the frame that many after the prefix, and ``centres/WHO/HORIZON``:
    how far its balls are from the true ones, in pixels.

    WHO is ``best of 20``, ``one`` (a single future, on average), ``mean of 20`` (the mean picture; it has no centres),
    or ``reconstruction``, where the model sees the frames themselves.
    """
    longest, at = max(HORIZONS), torch.tensor(HORIZONS) - 1
    generator = torch.Generator().manual_seed(0)
    errors: dict[str, list[Tensor]] = {}
    centres: dict[str, list[np.ndarray]] = {}
    for x in _batches(data, PREFIX + longest):
        many = x[:, :PREFIX].repeat_interleave(FUTURES, dim=0)
        start = model.encode(many, generator=generator).latents
        future = model.extend(start, longest, generator=generator)
        generated = _decoded(model, future, PREFIX).unflatten(0, (len(x), FUTURES))
        true = x[:, PREFIX:]
        error = _squared(generated, true[:, None])  # [B, FUTURES, longest]
        best = error.sum(2).argmin(1)
        rows = torch.arange(len(x))
        reconstructed = model.decode(model.encode(x, sample=False).latents)[:, PREFIX:]
        batch_errors = {
            f"best of {FUTURES}": error[rows, best],
            "one": error.mean(1),
            f"mean of {FUTURES}": _squared(generated.mean(1), true),
            "reconstruction": _squared(reconstructed, true),
        }
        pictures = {
            f"best of {FUTURES}": generated[rows, best],
            "one": generated[:, 0],
            "reconstruction": reconstructed,
        }
        for who, values in batch_errors.items():
            errors.setdefault(who, []).append(values[:, at])
        for who, frames in pictures.items():
            centres.setdefault(who, []).append(track(frames[:, at]).position)
    boot = Bootstrap(np.arange(len(data)))
    figures: Figures = {}
    for who, parts in errors.items():
        by_horizon = torch.cat(parts).numpy().T
        for horizon, values in zip(HORIZONS, by_horizon, strict=True):
            figures[f"prediction/{who}/{horizon}"] = asdict(boot.mean(values))
    for who, positions in centres.items():
        figures |= _centres(who, np.concatenate(positions), data, boot)
    return figures


@torch.inference_mode()
def obedience(model: SequentialVAE, data: SequenceDataset) -> Figures:
    """``physics/WHO/MEASURE`` (:func:`.ball_physics.measures`), and ``speed distance`` to real balls; WHO is
    ``future``, ``prior`` or ``reconstruction``."""
    generator = torch.Generator().manual_seed(0)
    boot = Bootstrap(np.arange(len(data)))
    start = _starts(data)
    generated: dict[str, list[Tensor]] = {"future": [], "prior": [], "reconstruction": []}
    true = []
    for x in _batches(data, SEEN + AFTER):
        encoded = model.encode(x[:, :SEEN], generator=generator).latents
        codes = {
            "future": model.extend(encoded, AFTER, generator=generator),
            "prior": model.sample(len(x), SEEN + AFTER, generator=generator),
            "reconstruction": model.encode(x, sample=False).latents,
        }
        for who, latents in codes.items():
            # Samples from the prior are counted and followed from frame 1.
            first = 0 if who == "prior" else SEEN - 1
            generated[who].append(_decoded(model, latents, first))
        true.append(x[:, SEEN - 1 :])
    real = _after(track(torch.cat(true), start))
    figures: Figures = {}
    for who, parts in generated.items():
        if who == "prior":
            tracks = track(torch.cat(parts))
            # It should have as many balls as most of its first frames have.
            number = np.array([np.bincount(row).argmax() for row in tracks.number[:, :SEEN]])
            figures |= _physics(who, _after(tracks, SEEN), data, boot, real, number)
        else:
            tracks = track(torch.cat(parts), start)
            figures |= _physics(who, _after(tracks), data, boot, real)
    return figures


def _physics(
    who: str,
    tracks: Tracks,
    data: SequenceDataset,
    boot: Bootstrap,
    real: Tracks,
    number: np.ndarray | None = None,
) -> Figures:
    """Measures of the frames after frame 32.

    Args:
        number: of balls in each sequence, ``[N]``, where masses and gravity are unknown (samples from the prior).
    """
    world = _trajectories(data).world
    law = None
    if number is None:
        number, law = world.number, physics.Law(world.mass, world.gravity)
    found = physics.measures(tracks, number, law)
    early = np.where(np.isnan(found["speed late"]), np.nan, found["speed early"])
    estimates = {
        "number kept": boot.mean(found["number kept"]),
        "outside": boot.ratio(found["outside"], _nan_for_none(found["balls"])),
        "overlap": boot.ratio(found["overlap"], _nan_for_none(found["pairs"])),
        "speed late / early": boot.ratio(found["speed late"], _nan_for_none(early)),
    }
    if law is not None:
        estimates["energy, median"] = boot.median(found["energy"])
        estimates["energy kept"] = boot.mean(found["energy kept"])
        estimates["energy known"] = boot.mean((~np.isnan(found["energy"])).astype(float))
    figures = {f"physics/{who}/{name}": asdict(value) for name, value in estimates.items()}
    distance = physics.speed_distance(tracks, real)
    figures[f"physics/{who}/speed distance"] = _without_interval(distance)
    return figures


def _nan_for_none(count: np.ndarray) -> np.ndarray:
    """Counts with NaN for 0: where nothing is seen, nothing can be wrong."""
    return np.where(count > 0, count, np.nan)


def _centres(who: str, position: np.ndarray, data: SequenceDataset, boot: Bootstrap) -> Figures:
    """How far balls are from the true ones, in pixels, matched so that the sum is least; and the share that is seen.

    Args:
        position: of tracks at the horizons, ``[N, 6, K, 2]``.
    """
    figures: Figures = {}
    for number, horizon in enumerate(HORIZONS):
        distance, seen = np.full(len(data), np.nan), np.zeros(len(data))
        for row, true in enumerate(_trajectories(data).position[:, PREFIX + horizon - 1]):
            found = _present(position[row, number])
            expected = _present(true)
            gaps = np.linalg.norm(found[:, None] - expected[None], axis=2) * physics.PIXELS
            pairs = linear_sum_assignment(gaps)
            matched = len(pairs[0])
            seen[row] = matched / len(expected)
            if matched:
                distance[row] = gaps[pairs].mean()
        figures[f"centres/{who}/{horizon}"] = asdict(boot.mean(distance))
        figures[f"centres seen/{who}/{horizon}"] = asdict(boot.mean(seen))
    return figures


def _present(position: np.ndarray) -> np.ndarray:
    """The positions ``[K, 2]`` that are not NaN."""
    return position[~np.isnan(position[:, 0])]


def _trajectories(data: SequenceDataset) -> Trajectories:
    """What the simulator knows of the frames."""
    assert isinstance(data.frames, BallFrames)
    return data.frames.made


def _squared(predicted: Tensor, real: Tensor) -> Tensor:
    """Squared error of frames ``[..., 3, S, S]``, summed over channels and pixels."""
    return (predicted - real).square().sum((-3, -2, -1))


def _decoded(model: SequentialVAE, latents: Latents, first: int) -> Tensor:
    """Frames from number ``first``, counted from 0, in 0..1."""
    return model.decode(Latents(latents.static, latents.dynamic[:, first:])).clamp(0, 1)


def _batches(data: SequenceDataset, frames: int) -> Iterator[Tensor]:
    """The first ``frames`` frames of all sequences, some at a time."""
    for first in range(0, len(data), BATCH):
        yield data[first : first + BATCH].x[:, :frames]


def _starts(data: SequenceDataset) -> np.ndarray:
    """Where the balls are in frame 32, the last that is seen, ``[N, 3, 2]``."""
    return _trajectories(data).position[:, SEEN - 1]


def _after(tracks: Tracks, first: int = 1) -> Tracks:
    """The same balls from frame number ``first``, counted from 0."""
    return Tracks(tracks.position[:, first:], tracks.ink[:, first:], tracks.radius)


def _without_interval(value: float) -> Figure:
    """A figure of all sequences together."""
    return {"value": value, "low": None, "high": None}


def _plain(figures: Figures) -> Figures:
    """The same with None for what could not be measured: JSON has no NaN."""

    def plain(value: float | None) -> float | None:
        return None if value is None or np.isnan(value) else value

    return {
        name: {key: plain(value) for key, value in figure.items()}
        for name, figure in figures.items()
    }
