"""The endpoints that programs call: typed, checked and documented."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio import FileData

from demo import events, files, payloads, report_payloads, reports, service
from seqdisent.views import media


def swap(checkpoint: str, a: int, b: int, format: str = "webp") -> tuple[dict[str, Any], FileData]:
    """Exchange the static codes of two test sequences.

    Args:
        checkpoint: name of a checkpoint, for example "dbse-sprites".
        a: position of the first sequence in the test split, from 0.
        b: position of the second sequence.
        format: "webp", "gif" or "mp4" (the 2x2: A, A moves like B, B moves like A, B), or "png"
            (every frame of A, B, A again, A moves like B, B moves like A, B again).

    Returns:
        The factors of both, PSNR in dB of each generated clip (null where no real sequence exists),
        the judge's verdicts if there is a judge; and the picture.
    """
    made = service.swap(checkpoint, a, b)
    spec = service.spec_of(checkpoint)
    names = {
        service.A_AGAIN: "a_again", service.A_LIKE_B: "a_like_b",
        service.B_LIKE_A: "b_like_a", service.B_AGAIN: "b_again",
    }  # fmt: skip
    report = {
        "checkpoint": checkpoint, "dataset": spec.name, "a": made.a, "b": made.b,
        "factors": {"a": made.factors[0], "b": made.factors[1]},
        "psnr_db": {label: made.psnr_db[clip] for clip, label in names.items()},
        "verdicts": {
            label: {v.factor: {"expected": v.expected, "seen": v.seen} for v in made.verdicts[clip]}
            for clip, label in names.items()
        },
    }  # fmt: skip
    picture = service.export(made, format, spec.rate_hz)
    return report, _file(picture, f"{checkpoint}-{made.a}-{made.b}.{format}")


def encode(checkpoint: str, index: int) -> dict[str, Any]:
    """Posterior means of one test sequence.

    Args:
        checkpoint: name of a checkpoint.
        index: position of the sequence in the test split, from 0.

    Returns:
        "static" (S numbers), "dynamic" (K lists of D numbers) and the "factors" of the sequence.
    """
    latents = service.encode(checkpoint, index)
    return {
        "factors": service.describe(service.load(checkpoint).dataset, index),
        "static": latents.static[0].tolist(),
        "dynamic": latents.dynamic[0].tolist(),
    }


def sample(checkpoint: str, n: int = 4, seed: int = 0, keep: str = "", index: int = 0) -> FileData:
    """Sequences drawn from the prior, the same for the same seed, as an animated WebP.

    Args:
        checkpoint: name of a checkpoint.
        n: how many, 1 to 16.
        seed: seed of the draw.
        keep: "static" or "dynamic" keeps that code of a test sequence; "" draws both.
        index: the test sequence whose code is kept.
    """
    clips = service.sample(checkpoint, n, seed, keep or None, index)
    tiled = media.upscale(media.tile(list(clips), columns=min(4, n)), 3)
    content = media.animated_webp(tiled, service.spec_of(checkpoint).rate_hz)
    return _file(content, f"{checkpoint}-sample-{seed}.webp")


def map(checkpoint: str, n: int = service.MAP_SIZE, method: str = "pca") -> dict[str, Any]:
    """Both maps of the same test sequences.

    Args:
        checkpoint: name of a checkpoint.
        n: sequences on a map: 296, 888 or 2664.
        method: "pca", "tsne" or "umap".

    Returns:
        "ids" (positions in the test split), "static" and "dynamic" (N pairs of numbers), "trust"
        (trustworthiness of both) and the labels of every factor.
    """
    it = service.load(checkpoint)
    return payloads.points(it, service.maps(checkpoint, n, method), method)


def leakage(checkpoint: str, compare: str = "", stand_in: str = "") -> dict[str, Any]:
    """What each code tells of each factor: accuracies, bits, intervals, nulls and verdicts.

    The report that came with the checkpoint, or else a measurement on a smaller sample that is made now and
    kept, which takes half a minute.

    Args:
        checkpoint: name of a checkpoint.
        compare: name of a second checkpoint of the same data, for paired differences; "" for none.
        stand_in: "oracle", "leaky", "untrained" or "shuffled" puts a model with known codes in the
            checkpoint's place, to see what the report says of it; "" measures the checkpoint itself.

    Returns:
        "leakage" (sample sizes, "factors", "cells", "steps" and "verdicts"), "smaller_sample" (whether it was
        measured by this app), "how" (how it was measured, in sentences), "versions" and "weights_sha256_16".
        With ``compare`` also "differences" (bits of the first minus bits of the second, paired by test
        sequence, 95 % intervals) or, where there can be none, "no_differences" says why.
    """
    found = reports.measure(checkpoint, stand_in)
    answer = {
        "checkpoint": checkpoint, "stand_in": stand_in, "smaller_sample": found.live,
        "leakage": found.leakage, "how": report_payloads.how(found),
        **{key: found.report[key] for key in ("versions", "weights_sha256_16")},
    }  # fmt: skip
    if compare:
        if service.spec_of(compare).name != service.spec_of(checkpoint).name:
            raise service.ServiceError(f"{compare} has other data than {checkpoint}: their figures do not compare.")
        differences, why = reports.difference(found, reports.measure(compare))
        answer |= {"compare": compare, "differences": reports.plain(differences), "no_differences": why}
    return answer


def connect() -> None:
    """Add the endpoints to the app that is being built."""
    for function in (swap, encode, sample, map, leakage):
        limits = events.MAPS if function in (map, leakage) else events.MODEL
        gr.api(events.friendly(function), api_name=function.__name__, **limits)


def _file(content: bytes, name: str) -> FileData:
    return FileData(path=files.keep(content, name), orig_name=name)
