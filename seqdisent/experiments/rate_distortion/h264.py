"""H.264 as a baseline: the bits that a codec which was not fitted to a data set needs for each clip, at what quality.

Every clip is one stream, as every sequence has its own codes. Encoded by libx264 with full colour (yuv444p), its
slowest usual preset, tuned for PSNR.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

import imageio_ffmpeg
import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Progress

CRFS = (6, 12, 18, 24, 30, 36, 42, 48, 51)  # constant rate factors; 51 is the worst there is
CLIPS = 100  # a process each: a thousand would take minutes
SLICES = (
    1,
    5,
)  # types of units that hold pictures; the others are headers (SPS, PPS) and notes (SEI)
START = re.compile(rb"\x00?\x00\x00\x01")


def stream(clip: np.ndarray, crf: float) -> bytes:
    """The raw stream (Annex B, no container) of a clip uint8 ``[T, H, W, 3]``.

    Raises:
        RuntimeError: if the encoder fails, with its message.
    """
    _, height, width, _ = clip.shape
    options = [
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv444p",
        "-preset",
        "veryslow",
        "-tune",
        "psnr",
        "-threads",
        "1",
    ]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i", "-"]
    return _ffmpeg(
        [*source, *options, "-crf", str(crf), "-f", "h264", "-"],
        np.ascontiguousarray(clip).tobytes(),
    )


def decoded(streams: Sequence[bytes], shape: tuple[int, int, int, int]) -> np.ndarray:
    """The clips of some streams, uint8 ``[N, T, H, W, 3]``, each of the given ``shape``: one stream after the other."""
    out = _ffmpeg(
        ["-f", "h264", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], b"".join(streams)
    )
    return np.frombuffer(out, np.uint8).reshape(len(streams), *shape)


def picture_bytes(raw: bytes) -> int:
    """Bytes of a stream without what is the same for every clip: parameter sets (SPS, PPS) and notes (SEI)."""
    starts = list(START.finditer(raw))
    ends = [*(start.start() for start in starts[1:]), len(raw)]
    count = 0
    for start, end in zip(starts, ends, strict=True):
        unit_type = raw[start.end()] & 31
        if unit_type in SLICES:
            count += end - start.start()
    return count


def curve(
    data: SequenceDataset,
    *,
    clips: int = CLIPS,
    crfs: Sequence[float] = CRFS,
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Quality against bits of a split of pictures, best quality first.

    Args:
        clips: evenly spread sequences that are encoded.

    Returns:
        For each rate factor ``crf``, ``psnr_db`` over all values, ``bits`` a frame of the full streams, and
        ``picture_bits`` a frame without headers and notes.
    """
    rows = np.unique(np.linspace(0, len(data) - 1, min(clips, len(data))).astype(int))
    real = np.asarray(data.frames[rows])
    found = []
    for number, crf in enumerate(crfs, 1):
        streams = [stream(clip, crf) for clip in real]
        difference = decoded(streams, real.shape[1:]).astype(np.float32) - real
        error = np.square(difference).mean(dtype=np.float64)
        frames = real.shape[0] * real.shape[1]
        found.append(
            {
                "crf": crf,
                "psnr_db": float(10 * np.log10(255**2 / max(error, 1e-9))),
                "bits": 8 * sum(map(len, streams)) / frames,
                "picture_bits": 8 * sum(map(picture_bytes, streams)) / frames,
            }
        )
        if progress:
            progress(number, len(crfs))
    return found


def at_quality(found: list[dict[str, float]], psnr_db: float) -> dict[str, float]:
    """The point of a :func:`curve` at a PSNR: between two rate factors all figures lie on a straight line, bits on a
    logarithmic one. Beyond either end it is that end; ``psnr_db`` is the quality of the result."""
    points = sorted(found, key=lambda point: point["psnr_db"])
    quality = [point["psnr_db"] for point in points]

    def interpolated(name: str) -> float:
        return float(np.interp(psnr_db, quality, [point[name] for point in points]))

    def log_interpolated(name: str) -> float:
        logarithms = np.log([point[name] for point in points])
        return float(np.exp(np.interp(psnr_db, quality, logarithms)))

    return {
        "crf": interpolated("crf"),
        "psnr_db": interpolated("psnr_db"),
        "bits": log_interpolated("bits"),
        "picture_bits": log_interpolated("picture_bits"),
    }


def _ffmpeg(arguments: list[str], given: bytes) -> bytes:
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments],
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"ffmpeg failed: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout
