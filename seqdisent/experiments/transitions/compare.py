"""What :mod:`.rollouts` measured of every transition and seed, put together: numbers, and a clip to look at."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import ttest_ind

from seqdisent.data.video.bouncing_balls import SMALL
from seqdisent.evaluation.statistics import over_seeds
from seqdisent.experiments.transitions.measure import AFTER, FUTURES, HORIZONS, RESULTS, SEEN
from seqdisent.experiments.transitions.points import POINTS
from seqdisent.media import video
from seqdisent.models import SequentialVAE

LENGTHS, MANY = (25, 50, 100, 200, 400), 9  # frames, and sequences at once, that are timed
CLIP = "futures.webp"
PAIR = ("stochastic", "deterministic")
# What the transitions are compared by: figure -> what it is, and whether more is better
CHIEF = {
    f"bound/{SEEN}/total": (f"negative bound, nats a frame, {SEEN} frames", False),
    f"bound/{SEEN + AFTER}/total": (f"the same, {SEEN + AFTER} frames", False),
    **{
        f"prediction/{who}/{h}": (f"squared error, {who}, {h} ahead", False)
        for h in HORIZONS
        for who in (f"best of {FUTURES}", "one")
    },
    **{
        f"centres/best of {FUTURES}/{h}": (f"centres off by, pixels, {h} ahead", False)
        for h in HORIZONS[:4]
    },
    **{
        f"physics/{who}/{name}": (f"{title}, {where}", better)
        for who, where in (("future", "after 32 true frames"), ("prior", "from the prior alone"))
        for name, title, better in (
            ("number kept", "right number of balls", True),
            ("overlap", "pairs that overlap", False),
            ("outside", "balls outside the box", False),
            ("energy kept", "energy within 10 %", True),
            ("speed distance", "speeds from real ones", False),
        )
        if (who, name) != ("prior", "energy kept")
    },
}


def collect(run: Path) -> dict[str, dict[str, Any]]:
    """By transition ``{"seeds", "figures"}``: every figure's mean over seeds, its 95 % interval (Student's t) and its
    values by seed; a figure that some seed could not tell is left out."""
    found = {}
    for point in POINTS:
        paths = sorted(run.glob(f"{point}-s*/{RESULTS}"))
        told = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        if not told:
            continue
        values = {
            name: [one["figures"][name]["value"] for one in told] for name in told[0]["figures"]
        }
        found[point] = {
            "seeds": [int(path.parent.name.rpartition("-s")[2]) for path in paths],
            "sequences": told[0]["n"],
            "figures": {
                name: {**over_seeds(by), "by_seed": by}
                for name, by in values.items()
                if None not in by
            },
        }
    return found


def differences(points: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Stochastic less deterministic for every chief figure, with Welch's 95 % interval over seeds, and who is better:
    ``"neither"`` where the interval holds 0. Nothing unless both have two seeds."""
    rows = []
    if not all(name in points and len(points[name]["seeds"]) > 1 for name in PAIR):
        return rows
    for name, (title, more) in CHIEF.items():
        if not all(name in points[one]["figures"] for one in PAIR):
            continue
        a, b = (points[one]["figures"][name]["by_seed"] for one in PAIR)
        value = float(np.mean(a) - np.mean(b))
        low = high = value  # without any spread the test has nothing to say
        if np.ptp(a) or np.ptp(b):
            low, high = map(float, ttest_ind(a, b, equal_var=False).confidence_interval())
        better = PAIR[int((value > 0) != more)] if low > 0 or high < 0 else "neither"
        rows.append(
            {
                "figure": name,
                "title": title,
                "value": value,
                "low": low,
                "high": high,
                "better": better,
            }
        )
    return rows


@torch.inference_mode()
def timings(model: SequentialVAE, threads: int = 2) -> dict[str, float]:
    """Seconds to draw and decode 9 sequences, by length; the quickest of three times."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    found = {}
    for frames in LENGTHS:
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            model.decode(model.sample(MANY, frames))
            taken.append(time.perf_counter() - began)
        found[str(frames)] = min(taken)
    torch.set_num_threads(before)
    return found


@torch.inference_mode()
def futures(models: list[SequentialVAE]) -> bytes:
    """A WebP that plays in step: in rows the first test sequences of one, two and three balls; in columns the real
    one, then what each model draws of it. A white frame is round what the models see; after it each goes on by itself.
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
    return video.animated_webp(
        video.tile(clips, len(columns), gap=6), SMALL.outline.rate_hz, lossless=False
    )


def write_results(results: dict[str, Any], folder: Path) -> Path:
    """``results.json`` and ``results.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    from seqdisent.experiments.transitions.tables import tables

    (folder / "results.md").write_text(tables(results), encoding="utf-8")
    return folder
