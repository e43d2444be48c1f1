"""All transitions and seeds together: figures, differences, timings, and a clip to look at."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import ttest_ind

from seqdisent.data.video.bouncing_balls import SMALL
from seqdisent.evaluation.statistics import over_seeds
from seqdisent.experiments.sweep import Say, seeds_in
from seqdisent.experiments.transitions.measure import (
    AFTER,
    FUTURES,
    HORIZONS,
    RESULTS,
    SEEN,
    settings,
)
from seqdisent.experiments.transitions.points import POINTS, sweep_run
from seqdisent.media import video
from seqdisent.models import SequentialVAE

LENGTHS, MANY = (25, 50, 100, 200, 400), 9  # frames, and sequences at once, that are timed
CLIP = "futures.webp"
PAIR = ("stochastic", "deterministic")


def _chief() -> dict[str, tuple[str, bool]]:
    chief = {
        f"bound/{SEEN}/total": (f"negative bound, nats a frame, {SEEN} frames", False),
        f"bound/{SEEN + AFTER}/total": (f"the same, {SEEN + AFTER} frames", False),
    }
    for horizon in HORIZONS:
        for who in (f"best of {FUTURES}", "one"):
            title = f"squared error, {who}, {horizon} ahead"
            chief[f"prediction/{who}/{horizon}"] = (title, False)
    for horizon in HORIZONS[:4]:
        title = f"centres off by, pixels, {horizon} ahead"
        chief[f"centres/best of {FUTURES}/{horizon}"] = (title, False)
    measures = {
        "number kept": ("right number of balls", True),
        "overlap": ("pairs that overlap", False),
        "outside": ("balls outside the box", False),
        "energy kept": ("energy within 10 %", True),
        "speed distance": ("speeds from real ones", False),
    }
    for who, where in (("future", "after 32 true frames"), ("prior", "from the prior alone")):
        for name, (title, more_is_better) in measures.items():
            if (who, name) != ("prior", "energy kept"):  # the masses of samples are unknown
                chief[f"physics/{who}/{name}"] = (f"{title}, {where}", more_is_better)
    return chief


# What the transitions are compared by: figure -> what it is, and whether more is better.
CHIEF = _chief()


def collect(root: Path, say: Say = print) -> dict[str, dict[str, Any]]:
    """Every transition that has been measured, its seeds together; stale measurements are left out.

    Returns:
        By transition ``{"seeds", "sequences", "figures"}``: of every figure the mean over seeds, its 95 % interval
        (Student's t) and its values by seed. A figure that was not measurable with some seed is left out.
    """
    needed = settings()
    found: dict[str, dict[str, Any]] = {}
    for point in POINTS:
        by_seed = {}
        for seed in seeds_in(root, point):
            figures = sweep_run(point, seed, root).measured(RESULTS, needed, say)
            if figures is not None:
                by_seed[seed] = figures
        if by_seed:
            found[point] = {
                "seeds": list(by_seed),
                "sequences": needed["sequences"],
                "figures": _over_seeds(list(by_seed.values())),
            }
    return found


def _over_seeds(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    figures = {}
    for name in seeds[0]:
        values = [figures_of_seed[name]["value"] for figures_of_seed in seeds]
        if None not in values:
            figures[name] = {**over_seeds(values), "by_seed": values}
    return figures


def differences(points: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Stochastic less deterministic for every chief figure, with Welch's 95 % interval over seeds, and which is better:
    ``"neither"`` where the interval holds 0. Nothing unless both have two seeds."""
    rows: list[dict[str, Any]] = []
    if not all(name in points and len(points[name]["seeds"]) > 1 for name in PAIR):
        return rows
    first, second = (points[name]["figures"] for name in PAIR)
    for name, (title, more_is_better) in CHIEF.items():
        if name not in first or name not in second:
            continue
        a, b = first[name]["by_seed"], second[name]["by_seed"]
        value = float(np.mean(a) - np.mean(b))
        low = high = value
        if np.ptp(a) or np.ptp(b):  # without any spread there is no interval
            interval = ttest_ind(a, b, equal_var=False).confidence_interval()
            low, high = float(interval.low), float(interval.high)
        better = "neither"
        if low > 0 or high < 0:
            first_is_better = (value > 0) == more_is_better
            better = PAIR[0] if first_is_better else PAIR[1]
        row = {"figure": name, "title": title, "value": value, "low": low, "high": high}
        rows.append({**row, "better": better})
    return rows


@torch.inference_mode()
def timings(model: SequentialVAE, threads: int = 2) -> dict[str, float]:
    """Seconds to sample and decode 9 sequences, by length; the quickest of three times."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    found = {}
    for frames in LENGTHS:
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            model.decode(model.sample(MANY, frames))
            seconds.append(time.perf_counter() - started)
        found[str(frames)] = min(seconds)
    torch.set_num_threads(before)
    return found


@torch.inference_mode()
def futures(models: list[SequentialVAE]) -> bytes:
    """A WebP that plays in step: in rows the first test sequences of one, two and three balls; in columns the real
    one, then a future by each model. A white frame surrounds what the models see; after it each continues alone.
    """
    data = SMALL.of_length("test", SEEN + AFTER, 50)
    number = data.static["number"]
    x = data[[int(np.flatnonzero(number == k)[0]) for k in np.unique(number)]].x
    columns = [x]
    for model in models:
        generator = torch.Generator().manual_seed(0)
        start = model.encode(x[:, :SEEN], generator=generator).latents
        columns.append(model.decode(model.extend(start, AFTER, generator=generator)))
    clips = [
        video.upscale(video.to_uint8(column[row]), 3) for row in range(len(x)) for column in columns
    ]
    for clip in clips:
        for edge in (clip[:SEEN, :2], clip[:SEEN, -2:], clip[:SEEN, :, :2], clip[:SEEN, :, -2:]):
            edge[:] = 255
    tiled = video.tile(clips, len(columns), gap=6)
    return video.animated_webp(tiled, SMALL.outline.rate_hz, lossless=False)
