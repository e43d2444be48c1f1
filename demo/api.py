"""The endpoints that programs call: typed, checked and documented."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio import FileData

from demo import page as events
from demo.core import generated_files as made_files
from demo.core import generation, reports, service
from demo.core import requests as wishes
from demo.modalities import timeseries as courses
from demo.tabs.leakage import payload as report_payloads
from demo.tabs.maps import payload as map_payloads
from demo.web import files
from seqdisent.evaluation.schema import to_plain


def swap(checkpoint: str, a: int, b: int, format: str = "") -> tuple[dict[str, Any], FileData]:
    """Exchange the static codes of two test sequences.

    Args:
        checkpoint: name of a checkpoint, for example "dbse-sprites".
        a: position of the first sequence in the test split, from 0.
        b: position of the second sequence.
        format: of pictures "webp" (also if ""), "gif" or "mp4" (the 2x2: A, A moves like B, B moves like A, B),
            or "png" (every frame of A, B, A again, A moves like B, B moves like A, B again).
            Of sound "wav" (also if ""; A, B's words in A's voice, A's words in B's voice and B in turn, 0.3 s
            apart), "wav:" and one of "a", "b", "a_again", "b_again", "a_like_b" (A's voice, B's words) or "b_like_a"
            for that clip alone, or "png" (spectrograms of the four). 16 bits, mono, 16 kHz, all equally loud.
            Of series "csv" (also if ""; all six clips by these names, a row a step: "time" in ISO 8601, or "hours" from
            the beginning where dates are unknown; of each variable the value, "low" and "high", with its unit in
            brackets; of what the model made the median and the ends of the 80 % interval, of the measured A and B the
            value alone, empty where it is missing), or "png" (plots of all six).

    Returns:
        The factors of both ("unknown" where there is no label) and, of each generated clip, the judge's verdicts if
        there is a judge and: of pictures, PSNR in dB (null where no real sequence exists); of sound, how far
        the spectrum of a rebuilt clip is from the recording's in dB, and the median pitch in Hz of all six clips
        (null where nothing is voiced); of series, with the unit of every variable, how far a rebuilt clip is from the
        measurements ("mean_absolute" in that unit, "deviations" of the training data, the share "inside" the 80 %
        interval) and the "correlation" of every generated clip with the series that gave its course (null where
        nothing was measured). And the file.
    """
    spec = service.spec_of(checkpoint)
    made = service.swap(checkpoint, a, b)
    names = {clip: service.CLIPS[clip] for clip in service.DONORS}
    report = {
        "checkpoint": checkpoint,
        "dataset": spec.name,
        "a": made.a,
        "b": made.b,
        "factors": {"a": dict(made.factors[0]), "b": dict(made.factors[1])},
        "verdicts": verdicts(made),
    }
    if spec.modality == "speech":
        report["error_db"] = {names[clip]: error for clip, error in made.error_db.items()}
        report["median_pitch_hz"] = pitches(made)
    elif spec.modality == "timeseries":
        report |= figures(made)
    else:
        report["psnr_db"] = {label: made.psnr_db[clip] for clip, label in names.items()}
    kind = format or {"speech": "wav", "timeseries": "csv"}.get(spec.modality, "webp")
    return report, swapped(made, kind, f"{checkpoint}-{made.a}-{made.b}")


def encode(checkpoint: str, index: int) -> dict[str, Any]:
    """Posterior means of one test sequence.

    Args:
        checkpoint: name of a checkpoint.
        index: position of the sequence in the test split, from 0.

    Returns:
        "static" (S numbers), "dynamic" (K lists of D numbers; of a recording of sound as many as it has steps of
        20 ms, of series as many as there are windows) and the "factors" of the sequence.
    """
    latents = service.encode(checkpoint, index)
    dynamic = latents.dynamic[0] if latents.mask is None else latents.dynamic[0][latents.mask[0]]
    return {
        "factors": service.describe(service.load(checkpoint).dataset, index),
        "static": latents.static[0].tolist(),
        "dynamic": dynamic.tolist(),
    }


def sample(
    checkpoint: str,
    n: int = 4,
    seed: int = 0,
    keep: str = "",
    index: int = 0,
    length: int = 0,
    temperature: float = 1.0,
    mode: str = "roll",
    b: int = 1,
    weights: list[float] | None = None,
    path: str = "spherical",
    what: str = "static",
    code: str = "static",
    dimension: int = 0,
    static_dims: list[int] | None = None,
    dynamic_dims: list[int] | None = None,
    steps: list[int] | None = None,
    prefix: int = 0,
    format: str = "",
) -> FileData:
    """Sequences that the model makes: drawn, between two, along a dimension, swapped in part, or continued.

    The same for the same arguments. What does not belong to the mode does not count.

    Args:
        checkpoint: name of a checkpoint.
        n: how many, 1 to 17. A partial swap makes three.
        seed: seed of the draws, a whole number from 0.
        keep: of "roll": "static" or "dynamic" keeps that code of a test sequence; "" draws both.
        index: the test sequence that is A: whose code is kept, and where the other modes begin.
        length: of "roll" and "continue": frames (of sound steps of 20 ms, of series windows), at most 500; 0 is the
            length of the data set's. At most 8,000,000 pixels, 3000 steps of sound or 200,000 values in all.
        temperature: of "roll" and "continue": what standard deviations are multiplied by, 0 (the most likely) to 2.
        mode: "roll" (draw codes), "interpolate" (from A to B), "traverse" (move one dimension of A's code), "partial"
            (A with parts of B; then with all of that code of B; then A rebuilt) or "continue" (futures of A's
            beginning).
        b: the test sequence that is B, of "interpolate" and "partial".
        weights: of "interpolate" shares of B, 0 to 1; of "traverse" values, -10 to 10 (a static dimension is set to
            them, a dynamic one shifted by them); none for n evenly spaced ones, 0 to 1 or -3 to 3.
        path: of "interpolate": "spherical" or "linear".
        what: of "interpolate": "static", "dynamic" or "both".
        code: of "traverse": "static" or "dynamic".
        dimension: of "traverse", from 0.
        static_dims: of "partial": dimensions of the static code that are B's.
        dynamic_dims: of "partial": dimensions of the dynamic code that are B's, at the chosen steps or at all.
        steps: of "partial": steps, from 0; without dimensions, the whole dynamic code at these is B's.
        prefix: of "continue": how many frames of A are given; 0 is half of them.
        format: of pictures "webp" (also if ""), "gif" or "mp4"; of sound "wav" (in turn); of series "csv", as of
            /swap; of all "npz": "static" [n, S], "dynamic" [n, K, D], "steps" [n] and what was made of them
            ("frames" [n, T, H, W, 3], "waves" at 16 kHz, or "low", "median" and "high" [n, steps, variables]).

    Returns:
        The file.
    """
    it = service.load(checkpoint)
    wish = wishes.read(
        it,
        {
            "mode": mode,
            "a": index,
            "b": b,
            "n": n,
            "seed": seed,
            "keep": keep,
            "frames": length,
            "temperature": temperature,
            "what": what,
            "path": path,
            "weights": weights or [],
            "code": code,
            "dimension": dimension,
            "static": static_dims or [],
            "dynamic": dynamic_dims or [],
            "steps": steps or [],
            "prefix": prefix,
        },
    )
    kind = format or made_files.FORMATS[it.spec.modality][0]
    name = "sample" if mode == "roll" else mode
    return _file(made_files.save(generation.make(wish), kind), f"{checkpoint}-{name}-{seed}.{kind}")


def map(checkpoint: str, n: int = 0, method: str = "pca") -> dict[str, Any]:
    """Both maps of the same test sequences.

    Args:
        checkpoint: name of a checkpoint.
        n: sequences on a map: 296, 888 or 2664, or all where there are fewer; 0 is what the app shows at first.
        method: "pca", "tsne" or "umap".

    Returns:
        "ids" (positions in the test split), "static" and "dynamic" (N pairs of numbers), "trust"
        (trustworthiness of both) and of every factor its classes, its unit if it is a number and the labels (-1 or
        null where unknown); where they come and go within a sequence, the mean or the most frequent one, as "said".
    """
    it = service.load(checkpoint)
    n = n or service.map_size(it.dataset)
    return map_payloads.points(it, service.maps(checkpoint, n, method), method)


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
        "checkpoint": checkpoint,
        "stand_in": stand_in,
        "smaller_sample": found.live,
        "leakage": to_plain(found.leakage),
        "how": report_payloads.how(found),
        "versions": found.report.versions,
        "weights_sha256_16": found.report.weights_sha256_16,
    }
    if compare:
        if service.spec_of(compare).name != service.spec_of(checkpoint).name:
            raise service.ServiceError(
                f"{compare} has other data than {checkpoint}: their figures do not compare."
            )
        differences, why = reports.difference(found, reports.measure(compare))
        answer |= {
            "compare": compare,
            "differences": [to_plain(one) for one in differences],
            "no_differences": why,
        }
    return answer


def connect() -> None:
    """Add the endpoints to the app that is being built."""
    for function in (swap, encode, sample, map, leakage):
        limits = events.MAPS if function in (map, leakage) else events.MODEL
        gr.api(events.friendly(function), api_name=function.__name__, **limits)


def verdicts(made: service.Swap) -> dict:
    """What the judge sees in each generated clip."""
    return {
        service.CLIPS[clip]: {
            v.factor: {"expected": v.expected, "seen": v.seen} for v in made.verdicts[clip]
        }
        for clip in service.DONORS
    }


def figures(made: service.Swap) -> dict:
    """Errors and correlations of each generated clip of series."""
    clips = {service.CLIPS[clip]: (clip, *donors) for clip, donors in service.DONORS.items()}
    return courses.figures(made.clips, clips, made.spec)


def pitches(made: service.Swap) -> dict[str, float | None]:
    """Median pitch in Hz of each clip of sound."""
    return {name: one.median_hz for name, one in zip(service.CLIPS, made.clips, strict=True)}


def swapped(made: service.Swap, kind: str, name: str) -> FileData:
    """A file of a swap."""
    content = service.export(made, kind)
    suffix, _, clip = kind.partition(":")
    return _file(content, "-".join(filter(None, [name, clip])) + f".{suffix}")


def _file(content: bytes, name: str) -> FileData:
    return FileData(path=files.keep(content, name), orig_name=name)
