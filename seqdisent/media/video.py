"""Pictures and clips as bytes: sprite sheets, strips, GIF, WebP, MP4.

A clip is uint8 ``[T, H, W, 3]``. Pixels are enlarged by whole numbers with nearest neighbour, so that what is seen is
what the model generated.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

# WebP's "quality" is the effort of compression where nothing is lost.
LOSSLESS_EFFORT = 30
LOSSY_QUALITY = 60


def to_uint8(x: Tensor | np.ndarray) -> np.ndarray:
    """Video ``[..., 3, H, W]`` in 0..1 (torch or NumPy) as uint8 ``[..., H, W, 3]``."""
    pixels = np.moveaxis(np.asarray(x, np.float32), -3, -1)
    return (pixels * 255).round().clip(0, 255).astype(np.uint8)


def upscale(clip: np.ndarray, factor: int) -> np.ndarray:
    """Each pixel of ``[T, H, W, 3]`` becomes ``factor`` x ``factor`` pixels."""
    if factor < 1:
        raise ValueError(f"factor must be at least 1, got {factor}")
    return clip.repeat(factor, axis=1).repeat(factor, axis=2)


def tile(clips: Sequence[np.ndarray], columns: int, gap: int = 2, fill: int = 128) -> np.ndarray:
    """Clips ``[T, H, W, 3]`` of one shape in a grid that plays in step: ``[T, H', W', 3]``."""
    frames, height, width, _ = clips[0].shape
    rows = -(-len(clips) // columns)
    shape = (frames, rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    out = np.full(shape, fill, np.uint8)
    for i, clip in enumerate(clips):
        y, x = (i // columns) * (height + gap), (i % columns) * (width + gap)
        out[:, y : y + height, x : x + width] = clip
    return out


def sheet(clips: np.ndarray) -> np.ndarray:
    """Sprite sheet ``[N*H, T*W, 3]`` of clips ``[N, T, H, W, 3]``: a row a clip, a column a frame."""
    n, t, h, w, c = clips.shape
    return clips.transpose(0, 2, 1, 3, 4).reshape(n * h, t * w, c)


def atlas(images: np.ndarray, columns: int) -> np.ndarray:
    """Pictures ``[N, H, W, 3]`` in reading order on a grid, black where the last row is short."""
    n, h, w, c = images.shape
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, h, w, c), np.uint8)
    padded[:n] = images
    return padded.reshape(rows, columns, h, w, c).swapaxes(1, 2).reshape(rows * h, columns * w, c)


def png(image: np.ndarray, effort: int = 4) -> bytes:
    """Lossless PNG of ``[H, W, 3]``; with an ``effort`` of 1 a tenth larger in half the time."""
    return _save(Image.fromarray(image), "PNG", compress_level=effort)


def webp(image: np.ndarray, lossless: bool = True) -> bytes:
    """WebP of ``[H, W, 3]``: of pixel art, without loss, about half the size of a PNG; of spectrograms a tenth."""
    quality = LOSSLESS_EFFORT if lossless else LOSSY_QUALITY
    return _save(Image.fromarray(image), "WEBP", lossless=lossless, quality=quality, method=1)


def data_uri(content: bytes, mime: str) -> str:
    """``data:`` address, for pictures that travel inside a message."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def animated_gif(clip: np.ndarray, rate_hz: float) -> bytes:
    """Endless GIF of ``[T, H, W, 3]``. One palette (at most 256 colours) serves all frames."""
    t, h, w, _ = clip.shape
    palette = Image.fromarray(clip.reshape(t * h, w, 3)).quantize(256, dither=Image.Dither.NONE)
    frames = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in clip]
    # GIF counts time in hundredths of a second.
    duration = max(20, round(100 / rate_hz) * 10)
    return _save(
        frames[0],
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=duration,
        loop=0,
        disposal=1,
        optimize=False,
    )


def animated_webp(clip: np.ndarray, rate_hz: float, lossless: bool = True) -> bytes:
    """Endless WebP of ``[T, H, W, 3]``; blurred clips are many times smaller with some loss."""
    quality = LOSSLESS_EFFORT if lossless else LOSSY_QUALITY
    frames = [Image.fromarray(f) for f in clip]
    return _save(
        frames[0],
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=round(1000 / rate_hz),
        loop=0,
        lossless=lossless,
        quality=quality,
        method=1,
        allow_mixed=False,
        minimize_size=False,
    )


def mp4(clip: np.ndarray, rate_hz: float, loops: int = 4) -> bytes:
    """H.264 MP4 of ``[T, H, W, 3]``, played ``loops`` times (a video does not repeat by itself).

    Odd heights and widths gain one grey pixel: yuv420p needs even ones.
    """
    import imageio.v2 as imageio  # imported here, when it is first needed: finding ffmpeg takes a moment

    clip = np.pad(
        clip, ((0, 0), (0, clip.shape[1] % 2), (0, clip.shape[2] % 2), (0, 0)), constant_values=128
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        writer = imageio.get_writer(
            path,
            format="FFMPEG",
            fps=rate_hz,
            codec="libx264",
            pixelformat="yuv420p",
            macro_block_size=2,
            output_params=["-crf", "14", "-movflags", "+faststart"],
            ffmpeg_log_level="error",
        )
        with writer:
            for frame in np.concatenate([clip] * loops):
                writer.append_data(frame)
        return path.read_bytes()


# suffix -> encoder of (clip, rate_hz)
ENCODERS = {"gif": animated_gif, "webp": animated_webp, "mp4": mp4}


def _save(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
