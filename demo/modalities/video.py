"""Video in the app: sprite sheets that play in step, PSNR, and animated files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from demo.errors import RequestError
from demo.modalities.base import ModalityView, SourceClip, full_batch
from demo.modalities.swap_clips import CLIPS, DONORS, SQUARE
from seqdisent.data import SequenceDataset
from seqdisent.data.dataset import values
from seqdisent.distributions import DiagonalGaussian
from seqdisent.media import video
from seqdisent.types import Sequences

if TYPE_CHECKING:
    from demo.core.generation import GenerationResult
    from demo.core.swapping import Swap

GENERATED_SCALE = 3  # screen pixels to a pixel
SHEET_WIDTH = 4096  # pixels: browsers refuse very wide pictures
MOST_PSNR_DB = 99.0
BATCH = 128  # thumbnails that are cut out at once


class VideoView(ModalityView):
    """Characters and scenes that move."""

    name = "video"
    stage_id = "stage"
    save_id_prefix = "sd-save-"
    shows_dynamic_numbers = False
    sources = "characters"
    explanation = "**A moves like B** must keep A's look and take B's motion."
    swap_formats = {"gif": "GIF", "webp": "WebP", "mp4": "MP4", "png": "All frames (PNG)"}
    default_swap_format = "webp"
    generated_formats = ("webp", "gif", "mp4", "npz")
    interpolation_stops = 17
    coloured_by_page = False
    judges_generated = True
    sequence_noun = "character"

    def thumbnails(self, data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
        # The third frame tells actions apart better than the first.
        frame = min(2, data.spec.frames - 1)
        batches = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
        return np.concatenate([data.frames[batch][:, frame] for batch in batches])

    def gallery_frames(self, data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
        return data.frames[rows]

    def film(self, data: SequenceDataset, rows: Sequence[int]) -> dict[str, Any]:
        frames = data.frames[np.array(rows)]
        return {
            "sheet": video.data_uri(video.webp(video.sheet(frames)), "image/webp"),
            "frames": data.spec.frames,
            "rate": data.spec.rate_hz,
            "cell": _cell(frames[0]),
        }

    def swap_clips(
        self, pair: Sequence[SourceClip], likelihood: DiagonalGaussian, generated: Sequences
    ) -> np.ndarray:
        real = torch.cat([one.batch.x for one in pair])
        return video.to_uint8(torch.cat([real, generated.x.clamp(0, 1)]))

    def swap_quality(
        self, data: SequenceDataset, pair: Sequence[SourceClip], generated: Sequences
    ) -> dict[int, float | None]:
        pixels = generated.x.clamp(0, 1)
        found: dict[int, float | None] = {}
        for row, (clip, (static, dynamic)) in enumerate(DONORS.items()):
            truth = ground_truth(data, pair[static], pair[dynamic])
            found[clip] = None if truth is None else psnr_db(pixels[row], truth)
        return found

    def figures(self, swap: Swap) -> dict[str, Any]:
        return {"psnr_db": {CLIPS[clip]: swap.quality_db[clip] for clip in DONORS}}

    def save_swap(self, swap: Swap, kind: str, scale: int) -> bytes:
        """All frames as "png", or the square of originals and swaps as "gif", "webp" or "mp4"."""
        if kind == "png":
            return video.png(video.upscale(video.sheet(swap.clips)[None], 2)[0])
        if kind not in video.ENCODERS:
            names = ", ".join((*video.ENCODERS, "png"))
            raise RequestError(
                f"Formats: {names}; not {kind[:20]!r}. This checkpoint makes pictures."
            )
        square = video.tile([swap.clips[clip] for clip in SQUARE], columns=2)
        return video.ENCODERS[kind](video.upscale(square, scale), swap.spec.rate_hz)

    def stage(self, swap: Swap, message: dict[str, Any], name: str) -> dict[str, Any]:
        """One sprite sheet, a row a clip and a column a frame."""
        return {
            **message,
            "sheet": video.data_uri(video.png(video.sheet(swap.clips)), "image/png"),
            "frames": swap.spec.frames,
            "rate": swap.spec.rate_hz,
            "cell": _cell(swap.clips[0]),
        }

    def decoded(self, likelihood: DiagonalGaussian) -> np.ndarray:
        # Bytes at once: a quarter of the memory.
        return video.to_uint8(likelihood.mean.clamp(0, 1))

    def collect(
        self, parts: Sequence[np.ndarray], mask: torch.Tensor | None
    ) -> tuple[Sequences | None, np.ndarray]:
        return None, np.concatenate(parts)

    def batch_of(self, result: GenerationResult, number: int) -> Sequences:
        return full_batch(values(result.clips[number : number + 1]))

    def save_generated(self, result: GenerationResult, kind: str, rows: Sequence[int]) -> bytes:
        clips = [result.clips[row] for row in rows]
        columns = 3 if len(clips) == 9 else min(4, len(clips))
        grid = video.upscale(video.tile(clips, columns=columns), GENERATED_SCALE)
        return video.ENCODERS[kind](grid, result.spec.rate_hz)

    def generated_arrays(
        self, result: GenerationResult, rows: Sequence[int]
    ) -> dict[str, np.ndarray]:
        """``frames``, uint8 ``[N, T, H, W, 3]``."""
        return {"frames": result.clips[list(rows)]}

    def fill_tiles(
        self,
        result: GenerationResult,
        sources: Sequence[SourceClip],
        tiles: Sequence[dict[str, Any]],
        name: str,
    ) -> dict[str, Any]:
        """One sheet: the frames of all clips, one after the other, in as many columns as fit."""
        clips = [video.to_uint8(source.batch.x[0]) for source in sources] + list(result.clips)
        longest = max(len(clip) for clip in clips)
        cell = _cell(clips[0])
        columns = min(longest, SHEET_WIDTH // cell[0])
        first = 0
        for tile, clip in zip(tiles, clips, strict=True):
            tile["first"] = first
            tile["frames"] = len(clip)
            first += len(clip)
        sheet = video.atlas(np.concatenate(clips), columns)
        uri = video.data_uri(video.png(sheet, effort=1), "image/png")
        return {"sheet": uri, "columns": columns, "cell": cell}


def _cell(clip: np.ndarray) -> list[int]:
    """Width and height of the frames of a clip ``[T, H, W, 3]``."""
    height, width = clip.shape[1:3]
    return [width, height]


def ground_truth(
    data: SequenceDataset, static: SourceClip, dynamic: SourceClip
) -> torch.Tensor | None:
    """The real sequence ``[T, *event]`` with the static labels of one clip and the dynamic labels of the other.

    None if the split has no such sequence, or if a clip is not of the split.
    """
    if static.index is None or dynamic.index is None:
        return None
    if static.index == dynamic.index:
        return static.batch.x[0]
    match = np.ones(len(data), bool)
    for labels in data.static.values():
        match &= labels == labels[static.index]
    for labels in data.dynamic.values():
        # What is missing in both, like the positions of a ball that is not there, is the same in both.
        missing = labels != labels
        same = (labels == labels[dynamic.index]) | (missing & missing[dynamic.index])
        match &= same.all(1)
    found = np.flatnonzero(match)
    return data[int(found[0])].x[0] if len(found) else None


def psnr_db(pixels: torch.Tensor, truth: torch.Tensor) -> float:
    """Peak signal-to-noise ratio of values in 0..1, at most 99 dB."""
    error = (pixels - truth).square().mean().clamp_min(10 ** (-MOST_PSNR_DB / 10))
    return float(-10 * torch.log10(error))
