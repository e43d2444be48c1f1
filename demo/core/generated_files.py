"""Files of what a wish made."""

from __future__ import annotations

import io

import numpy as np

from demo.core import requests as wishes
from demo.core.catalog import ServiceError
from demo.core.generation import Result
from seqdisent.audio.prepare import wav_bytes
from seqdisent.media import audio, timeseries, video

# What comes first is what is made where nothing is asked for.
FORMATS = {
    "video": ("webp", "gif", "mp4", "npz"),
    "speech": ("wav", "npz"),
    "timeseries": ("csv", "npz"),
}
SCALE = 3  # of pixels


def save(result: Result, kind: str, number: int | None = None) -> bytes:
    """A file of all that was made, in one grid or in turn, or of one of them alone.

    Args:
        kind: of video "webp", "gif", "mp4"; of sound "wav"; of series "csv"; of all "npz": the codes, "static"
            ``[n, S]`` and "dynamic" ``[n, K, D]``, "steps" ``[n]`` that exist, and what was made of them: "frames"
            (uint8 ``[n, T, H, W, 3]``), "waves" (16 kHz, zeros behind the shorter ones), or what
            :func:`seqdisent.media.timeseries.npz` writes.
        number: which one, from 0; None for all.

    Raises:
        ServiceError: for another kind.
    """
    spec = result.spec
    if kind not in FORMATS[spec.modality]:
        makes = {"video": "pictures", "speech": "sound", "timeseries": "series"}[spec.modality]
        raise ServiceError(
            f"Formats: {', '.join(FORMATS[spec.modality])}; not {str(kind)[:20]!r}. "
            f"This checkpoint makes {makes}."
        )
    rows = list(range(len(result))) if number is None else [number]
    clips = [result.clips[row] for row in rows]
    if kind == "npz":
        return _arrays(result, rows)
    if kind == "wav":
        return wav_bytes(audio.in_turn(clips))
    if kind == "csv":
        return timeseries.csv(
            {f"sample {row}": one for row, one in zip(rows, clips, strict=True)}, spec
        ).encode()
    columns = min(3 if len(clips) == wishes.TILES else 4, len(clips))
    return video.ENCODERS[kind](
        video.upscale(video.tile(clips, columns=columns), SCALE), spec.rate_hz
    )


def _arrays(result: Result, rows: list[int]) -> bytes:
    latents, clips = result.latents[rows], [result.clips[row] for row in rows]
    arrays = {"static": latents.static.numpy(), "dynamic": latents.dynamic.numpy()}
    arrays["steps"] = np.full(len(rows), latents.dynamic.shape[1])
    if latents.mask is not None:
        arrays["steps"] = latents.mask.sum(1).numpy()
    if result.batch is None:
        arrays["frames"] = result.clips[rows]
    elif result.spec.modality == "timeseries":
        arrays |= np.load(io.BytesIO(timeseries.npz(clips, result.spec)))
    else:
        longest = max(map(len, clips))
        arrays["waves"] = np.stack([np.pad(wave, (0, longest - len(wave))) for wave in clips])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
