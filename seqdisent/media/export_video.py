"""Files of video clips: an animation of all in a grid, or arrays."""

from __future__ import annotations

import io
from functools import partial

import numpy as np

from seqdisent.media import video
from seqdisent.media.clips import Clips, Writer

SCALE = 4  # screen pixels to a pixel


def animation(clips: Clips, suffix: str) -> bytes:
    """All clips in a grid that plays in step, enlarged four times.

    Args:
        suffix: a key of :data:`seqdisent.media.video.ENCODERS`.
    """
    grid = video.tile(list(video.to_uint8(clips.batch.x)), clips.columns)
    return video.ENCODERS[suffix](video.upscale(grid, SCALE), clips.spec.rate_hz)


def arrays(clips: Clips) -> bytes:
    """NPZ of ``frames`` uint8 ``[N, T, H, W, 3]``, ``rate_hz``, and the codes.

    The codes are ``static`` ``[N, S]`` and ``dynamic`` ``[N, T, D]``; they are left out if not all clips were decoded.
    """
    content = {
        "frames": video.to_uint8(clips.batch.x),
        "rate_hz": np.array(clips.spec.rate_hz),
    }
    if clips.latents is not None:
        content["static"] = clips.latents.static.numpy()
        content["dynamic"] = clips.latents.dynamic.numpy()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **content)  # type: ignore[arg-type]
    return buffer.getvalue()


WRITERS: dict[str, Writer] = {
    "mp4": partial(animation, suffix="mp4"),
    "gif": partial(animation, suffix="gif"),
    "webp": partial(animation, suffix="webp"),
    "npz": arrays,
}
