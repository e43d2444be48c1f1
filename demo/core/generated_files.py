"""Files of generated sequences."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from demo.core.generation import GenerationResult
from demo.errors import RequestError
from demo.modalities import view_of


def save(result: GenerationResult, kind: str, number: int | None = None) -> bytes:
    """A file of everything that was generated, in one grid or in turn, or of one sequence alone.

    Args:
        kind: of video "webp", "gif", "mp4"; of speech "wav"; of time series "csv"; of all "npz": the codes, "static"
            ``[n, S]`` and "dynamic" ``[n, K, D]``, "steps" ``[n]`` that exist, and what was decoded: "frames"
            (uint8 ``[n, T, H, W, 3]``), "waves" (16 kHz, zeros behind the shorter ones), or the arrays of
            :func:`seqdisent.media.timeseries.npz`.
        number: which one, from 0; None for all.

    Raises:
        RequestError: for another kind.
    """
    view = view_of(result.spec)
    if kind not in view.generated_formats:
        raise RequestError(
            f"format: one of {', '.join(view.generated_formats)}; not {str(kind)[:20]!r}. "
            f"This checkpoint generates {view.modality.nouns.output}."
        )
    rows = list(range(len(result))) if number is None else [number]
    if kind != "npz":
        return view.save_generated(result, kind, rows)
    latents = result.latents[rows]
    steps = np.full(len(rows), latents.dynamic.shape[1])
    if latents.mask is not None:
        steps = latents.mask.sum(1).numpy()
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        "static": latents.static.numpy(),
        "dynamic": latents.dynamic.numpy(),
        "steps": steps,
        **view.generated_arrays(result, rows),
    }
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
