"""What a model of bouncing balls says of sequences longer than those it was trained on, measured on *test* sequences.

* The bound: negative evidence lower bound in nats a frame, by one draw from the posterior, every term with weight 1.
* Prediction: the model sees 16 frames, and draws 20 futures. The best has the least squared error over all of it.
* Physics: what a tracker (:mod:`.tracking`) reads in the 100 frames after frame 32, of futures drawn after 32 true
  frames and of sequences drawn from the prior, beside real frames and the model's own drawing of real frames.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.video.bouncing_balls import SMALL
from seqdisent.errors import UsageError
from seqdisent.evaluation.statistics import Bootstrap
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
Figures = dict[str, dict[str, float | None]]


def measure_point(folder: Path, n: int = N) -> Figures:
    """Measure a checkpoint of bouncing balls on ``n`` test sequences, or find it measured: by name, the value and its
    95 % interval over sequences (:class:`.intervals.Bootstrap`).

    Raises:
        ValueError: if the checkpoint is of another data set.
    """
    kept = folder.parent / RESULTS
    if kept.is_file() and (found := json.loads(kept.read_text(encoding="utf-8")))["n"] == n:
        return found["figures"]
    model, spec = load_checkpoint(folder)
    if spec.name != SMALL.outline.name:
        raise UsageError(
            f"{folder} was trained on {spec.name}; rollouts are measured on {SMALL.outline.name}"
        )
    data = SMALL.of_length("test", SEEN + AFTER, n)
    figures = _plain({**bound(model, data), **prediction(model, data), **obedience(model, data)})
    kept.write_text(json.dumps({"n": n, "figures": figures}, indent=1) + "\n", encoding="utf-8")
    return figures


def measure_real(n: int = N) -> Figures:
    """The same of real frames, for comparison: predictions that need no model, physics, two halves of the real
    sequences against each other, and how right the tracker is about them."""
    data = SMALL.of_length("test", SEEN + AFTER, n)
    x = data[np.arange(n)].x
    train = SMALL.of_length("train", SEEN, MEAN_OF)
    mean = torch.stack([part.mean((0, 1)) for part in _batches(train, SEEN)]).mean(0)
    boot, figures = Bootstrap(np.arange(n)), {}
    for name, guess in (("last frame", x[:, PREFIX - 1]), ("training mean", mean)):
        for h in HORIZONS:
            error = _squared(guess, x[:, PREFIX + h - 1])
            figures[f"prediction/{name}/{h}"] = asdict(boot.mean(error.numpy()))
    stays = data.frames.made.position[:, PREFIX - 1]
    figures |= _centres("last frame", np.repeat(stays[:, None], len(HORIZONS), axis=1), data, boot)
    after = _after(track(x[:, SEEN - 1 :], _starts(data)))
    figures |= _physics("real", after, data, boot, after)
    halves = [Tracks(after.position[i::2], after.ink[i::2], after.radius[i::2]) for i in range(2)]
    figures["physics/real/speed distance"] = _sure(physics.speed_distance(*halves))
    for name, how in WORSE.items():
        right = against_simulator(track(worsened(x, *how)), data.frames.made, x.shape[-1])
        figures |= {f"tracker/{name}/{what}": _sure(value) for what, value in right.items()}
    return _plain(figures)


@torch.inference_mode()
def bound(model: SequentialVAE, data: SequenceDataset) -> Figures:
    """``bound/FRAMES/TERM`` in nats a frame, of sequences of as many frames as in training and of whole ones; ``total``
    is the negative bound."""
    boot, figures = Bootstrap(np.arange(len(data))), {}
    generator = torch.Generator().manual_seed(0)
    for frames in (SEEN, SEEN + AFTER):
        found = {name: [] for name in TERMS}
        for x in _batches(data, frames):
            mask = torch.ones(x.shape[:2], dtype=torch.bool)
            terms = model.loss(Sequences(x, mask), generator).terms
            for name in TERMS:
                found[name].append(terms[name] / frames)
        nats = {name: torch.cat(parts).numpy() for name, parts in found.items()}
        nats["total"] = sum(nats.values())
        figures |= {
            f"bound/{frames}/{name}": asdict(boot.mean(values)) for name, values in nats.items()
        }
    return figures


@torch.inference_mode()
def prediction(model: SequentialVAE, data: SequenceDataset) -> Figures:
    """``prediction/WHO/HORIZON``: squared error of the frame that many after the prefix, and ``centres/WHO/HORIZON``:
    how far its balls are from the true ones, in pixels.

    WHO is ``best of 20``, ``one`` (a single draw, on average), ``mean of 20`` (the mean picture; it has no centres), or
    ``reconstruction``, where the model sees the frames themselves.
    """
    longest, at = max(HORIZONS), torch.tensor(HORIZONS) - 1
    generator = torch.Generator().manual_seed(0)
    errors: dict[str, list[Tensor]] = {}
    centres: dict[str, list[np.ndarray]] = {}
    for x in _batches(data, PREFIX + longest):
        many = x[:, :PREFIX].repeat_interleave(FUTURES, dim=0)
        start = model.encode(many, generator=generator).latents
        future = model.extend(start, longest, generator=generator)
        drawn = _decoded(model, future, PREFIX).unflatten(0, (len(x), FUTURES))
        true = x[:, PREFIX:]
        error = _squared(drawn, true[:, None])  # [B, FUTURES, longest]
        best = error.sum(2).argmin(1)
        rows = torch.arange(len(x))
        seen = model.decode(model.encode(x, sample=False).latents)[:, PREFIX:]
        said = {
            f"best of {FUTURES}": error[rows, best],
            "one": error.mean(1),
            f"mean of {FUTURES}": _squared(drawn.mean(1), true),
            "reconstruction": _squared(seen, true),
        }
        pictures = {
            f"best of {FUTURES}": drawn[rows, best],
            "one": drawn[:, 0],
            "reconstruction": seen,
        }
        for who, told in said.items():
            errors.setdefault(who, []).append(told[:, at])
        for who, frames in pictures.items():
            centres.setdefault(who, []).append(track(frames[:, at]).position)
    boot, figures = Bootstrap(np.arange(len(data))), {}
    for who, parts in errors.items():
        for h, told in zip(HORIZONS, torch.cat(parts).numpy().T, strict=True):
            figures[f"prediction/{who}/{h}"] = asdict(boot.mean(told))
    for who, parts in centres.items():
        figures |= _centres(who, np.concatenate(parts), data, boot)
    return figures


@torch.inference_mode()
def obedience(model: SequentialVAE, data: SequenceDataset) -> Figures:
    """``physics/WHO/MEASURE`` (:func:`.physics.measures`), and ``speed distance`` to real balls; WHO is ``future``,
    ``prior`` or ``reconstruction``."""
    generator = torch.Generator().manual_seed(0)
    boot, start = Bootstrap(np.arange(len(data))), _starts(data)
    made: dict[str, list[Tensor]] = {"future": [], "prior": [], "reconstruction": []}
    true = []
    for x in _batches(data, SEEN + AFTER):
        encoded = model.encode(x[:, :SEEN], generator=generator).latents
        codes = {
            "future": model.extend(encoded, AFTER, generator=generator),
            "prior": model.sample(len(x), SEEN + AFTER, generator=generator),
            "reconstruction": model.encode(x, sample=False).latents,
        }
        for who, latents in codes.items():
            # What the prior has drawn begins to be counted and followed at frame 1.
            made[who].append(_decoded(model, latents, 0 if who == "prior" else SEEN - 1))
        true.append(x[:, SEEN - 1 :])
    real, figures = _after(track(torch.cat(true), start)), {}
    for who, parts in made.items():
        whole = track(torch.cat(parts), None if who == "prior" else start)
        number = None
        if who == "prior":  # it should have as many balls as most of its first frames have
            number = np.array([np.bincount(row).argmax() for row in whole.number[:, :SEEN]])
        figures |= _physics(
            who, _after(whole, 1 if number is None else SEEN), data, boot, real, number
        )
    return figures


def _physics(
    who: str,
    tracks: Tracks,
    data: SequenceDataset,
    boot: Bootstrap,
    real: Tracks,
    number: np.ndarray | None = None,
) -> Figures:
    """Measures of the frames after frame 32; where the number of balls is given the world is not known."""
    world = data.frames.made.world
    law = None
    if number is None:
        number, law = world.number, physics.Law(world.mass, world.gravity)
    told = physics.measures(tracks, number, law)
    some = lambda count: np.where(
        count > 0, count, np.nan
    )  # where nothing is seen, nothing can be wrong
    early = some(np.where(np.isnan(told["speed late"]), np.nan, told["speed early"]))
    found = {
        "number kept": boot.mean(told["number kept"]),
        "outside": boot.ratio(told["outside"], some(told["balls"])),
        "overlap": boot.ratio(told["overlap"], some(told["pairs"])),
        "speed late / early": boot.ratio(told["speed late"], early),
    }
    if law is not None:
        found["energy, median"] = boot.median(told["energy"])
        found["energy kept"] = boot.mean(told["energy kept"])
        found["energy known"] = boot.mean((~np.isnan(told["energy"])).astype(float))
    figures = {f"physics/{who}/{name}": asdict(value) for name, value in found.items()}
    figures[f"physics/{who}/speed distance"] = _sure(physics.speed_distance(tracks, real))
    return figures


def _centres(who: str, position: np.ndarray, data: SequenceDataset, boot: Bootstrap) -> Figures:
    """How far balls are from the true ones, in pixels, matched so that they are least far; and how many are seen.

    Args:
        position: of tracks at the horizons, ``[N, 6, K, 2]``.
    """
    figures = {}
    for number, h in enumerate(HORIZONS):
        far, seen = np.full(len(data), np.nan), np.zeros(len(data))
        for row, true in enumerate(data.frames.made.position[:, PREFIX + h - 1]):
            known, there = (part[~np.isnan(part[:, 0])] for part in (position[row, number], true))
            gaps = np.linalg.norm(known[:, None] - there[None], axis=2) * physics.PIXELS
            pairs = linear_sum_assignment(gaps)
            seen[row] = len(pairs[0]) / len(there)
            far[row] = gaps[pairs].mean() if len(pairs[0]) else np.nan
        figures[f"centres/{who}/{h}"] = asdict(boot.mean(far))
        figures[f"centres seen/{who}/{h}"] = asdict(boot.mean(seen))
    return figures


def _squared(made: Tensor, real: Tensor) -> Tensor:
    """Squared error of frames ``[..., 3, S, S]``, summed over what a frame is made of."""
    return (made - real).square().sum((-3, -2, -1))


def _decoded(model: SequentialVAE, latents: Latents, first: int) -> Tensor:
    """Frames from number ``first``, counted from 0, in 0..1."""
    return model.decode(Latents(latents.static, latents.dynamic[:, first:])).clamp(0, 1)


def _batches(data: SequenceDataset, frames: int) -> Iterator[Tensor]:
    """The first ``frames`` frames of all sequences, some at a time."""
    for first in range(0, len(data), BATCH):
        yield data[first : first + BATCH].x[:, :frames]


def _starts(data: SequenceDataset) -> np.ndarray:
    """Where the balls are in frame 32, the last that is seen, ``[N, 3, 2]``."""
    return data.frames.made.position[:, SEEN - 1]


def _after(tracks: Tracks, first: int = 1) -> Tracks:
    """The same balls from frame number ``first``, counted from 0."""
    return Tracks(tracks.position[:, first:], tracks.ink[:, first:], tracks.radius)


def _sure(value: float) -> dict[str, float | None]:
    """A figure of all sequences together, without an interval."""
    return {"value": value, "low": None, "high": None}


def _plain(figures: Figures) -> Figures:
    """The same with None for what could not be measured: JSON has no NaN."""
    known = lambda value: None if value is None or np.isnan(value) else value
    return {
        name: {key: known(value) for key, value in figure.items()}
        for name, figure in figures.items()
    }
