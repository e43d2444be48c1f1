"""An example of a file of codes: made-up ones, with a leak that is hidden where simple probes do not find it."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np

NAME = "example-codes.npz"
SEQUENCES, CHARACTERS, STEPS = 600, 120, 6
COLOURS = np.array(["red", "green", "blue", "black"])
MOTIONS = np.array(["walk", "jump", "wave"])
NOISE = 0.01
# Of the colour in the dynamic code; the clusters of the motions are a hundred times as far apart.
LEAK = 0.04
CLUSTERS = 4.0


@lru_cache(maxsize=1)
def content() -> bytes:
    """The file.

    The static code contains the colour, the dynamic code the motion and the speed. The dynamic code also contains the
    colour: a small offset inside the cluster of each motion, in a direction of its own for each.
    """
    rng = np.random.default_rng(0)
    character = np.arange(SEQUENCES) % CHARACTERS
    colour = character % len(COLOURS)
    motion = rng.integers(len(MOTIONS), size=SEQUENCES)
    speed = rng.uniform(0.5, 2.0, SEQUENCES)

    static = np.eye(len(COLOURS))[colour] + rng.normal(0, 0.1, (SEQUENCES, len(COLOURS)))
    centre = CLUSTERS * np.eye(len(MOTIONS))[motion]
    offset = LEAK * np.eye(len(COLOURS))[(colour + motion) % len(COLOURS)]
    step = np.linspace(0, 1, STEPS)[:, None]
    dynamic = np.concatenate([centre, offset, speed[:, None]], 1)[:, None]
    dynamic = dynamic + NOISE * rng.normal(size=(SEQUENCES, STEPS, dynamic.shape[2]))
    dynamic[..., -1:] *= step

    buffer = io.BytesIO()
    arrays = {
        "static": static.astype(np.float32),
        "dynamic": dynamic.astype(np.float32),
        "static/colour": COLOURS[colour],
        "dynamic/motion": MOTIONS[motion],
        "dynamic/speed": speed,
        "groups": character,
    }
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
