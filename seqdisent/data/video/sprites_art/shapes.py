"""Signed distances (negative inside) to ellipses, bones, limbs and hems, in every pose at once."""

from __future__ import annotations

import numpy as np

SIZE = 64
X, Y = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
X, Y = X[None].astype(np.float32), Y[None].astype(np.float32)


def xy(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates of points ``[P, 2]``, each ``[P, 1, 1]``."""
    point = np.asarray(point, np.float32).reshape(-1, 2)
    return point[:, 0, None, None], point[:, 1, None, None]


def ellipse(centre: np.ndarray, rx: float, ry: float) -> np.ndarray:
    """Distance ``[P, H, W]`` to an ellipse around ``centre`` ``[P, 2]`` (exact for a circle)."""
    x, y = xy(centre)
    return (np.hypot((X - x) / rx, (Y - y) / ry) - 1) * min(rx, ry)


def taper(start: np.ndarray, end: np.ndarray, first: float, last: float) -> np.ndarray:
    """Distance ``[P, H, W]`` to a bone that narrows from radius ``first`` to ``last``."""
    (x, y), (u, v) = xy(start), xy(np.asarray(end) - start)
    dx, dy = X - x, Y - y
    t = np.clip((dx * u + dy * v) / (u * u + v * v + 1e-6), 0, 1)
    return np.hypot(dx - t * u, dy - t * v) - (first + (last - first) * t)


def chain(joints: np.ndarray, first: float, last: float) -> np.ndarray:
    """Distance ``[P, H, W]`` to a limb of two bones, ``joints`` ``[3, P, 2]``."""
    middle = (first + last) / 2
    return np.minimum(
        taper(joints[0], joints[1], first, middle), taper(joints[1], joints[2], middle, last)
    )


def above(y: np.ndarray | float) -> np.ndarray:
    """Distance to the half-plane above ``y`` ``[P]``: a straight hem."""
    return Y - np.asarray(y, np.float32).reshape(-1, 1, 1)
