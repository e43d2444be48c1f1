"""The endpoints that programs call: typed, checked and documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio import FileData

from demo.core import (
    catalog,
    code_maps,
    code_uploads,
    generated_files,
    generation,
    pairs,
    recordings,
    reports,
    requests,
    swapping,
    tables,
    uploads,
)
from demo.core.swapping import Swap
from demo.errors import RequestError
from demo.modalities import swap_clips, view_of
from demo.tabs.codes import payload as codes_payload
from demo.tabs.leakage import payload as leakage_payload
from demo.tabs.maps import payload as maps_payload
from demo.web import files
from demo.web.events import CODES, MAPS, MODEL, friendly
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.evaluation.schema import to_plain

MOST = 500  # series and starts that are named


def swap(checkpoint: str, a: int, b: int, format: str = "") -> tuple[dict[str, Any], FileData]:
    """Exchange the static codes of two test sequences.

    Args:
        checkpoint: name of a checkpoint, for example "vast-sprites".
        a: position of the first sequence in the test split, from 0.
        b: position of the second sequence.
        format: of pictures "webp" (also if ""), "gif" or "mp4" (the 2x2: A, A moves like B, B moves like A, B),
            or "png" (every frame of A, B, A again, A moves like B, B moves like A, B again).
            Of sound "wav" (also if ""; A, B's words in A's voice, A's words in B's voice and B in turn, 0.3 s
            apart), "wav:" and one of "a", "b", "a_again", "b_again", "a_like_b" (A's voice, B's words) or "b_like_a"
            for that clip alone, or "png" (spectrograms of the four). 16 bits, mono, 16 kHz, all equally loud.
            Of series "csv" (also if ""; all six clips by these names, a row a step: "time" in ISO 8601, or "hours" from
            the beginning where dates are unknown; of each variable the value, "low" and "high", with its unit in
            brackets; of generated clips the median and the ends of the 80 % interval, of the measured A and B the value
            alone, empty where it is missing), or "png" (plots of all six).

    Returns:
        The factors of both ("unknown" where there is no label) and, of each generated clip, the judge's verdicts if
        there is a judge and: of pictures, PSNR in dB (null where no real sequence exists); of sound, how far
        the spectrum of a reconstruction is from the recording's in dB, and the median pitch in Hz of all six clips
        (null where nothing is voiced); of series, with the unit of every variable, how far a reconstruction is from the
        measurements ("mean_absolute" in that unit, "deviations" of the training data, the share "inside" the 80 %
        interval) and the "correlation" of every generated clip with the series that gave its dynamics (null where
        nothing was measured). And the file.
    """
    spec = catalog.spec_of(checkpoint)
    found = swapping.swap(checkpoint, a, b)
    view = view_of(spec)
    factors_a, factors_b = found.factors
    report = {
        "checkpoint": checkpoint,
        "dataset": spec.name,
        "a": found.a,
        "b": found.b,
        "factors": {"a": dict(factors_a), "b": dict(factors_b)},
        "verdicts": _verdicts(found),
        **view.figures(found),
    }
    kind = format or view.default_swap_format
    return report, _swap_file(found, kind, f"{checkpoint}-{found.a}-{found.b}")


def encode(checkpoint: str, index: int) -> dict[str, Any]:
    """Posterior means of one test sequence.

    Args:
        checkpoint: name of a checkpoint.
        index: position of the sequence in the test split, from 0.

    Returns:
        "static" (S numbers), "dynamic" (K lists of D numbers; of a recording of sound as many as it has steps of
        20 ms, of series as many as there are windows) and the "factors" of the sequence.
    """
    latents = generation.encode(checkpoint, index)
    dynamic = latents.dynamic[0] if latents.mask is None else latents.dynamic[0][latents.mask[0]]
    return {
        "factors": pairs.describe(catalog.load(checkpoint).dataset, index),
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
    """Generated sequences: sampled, interpolated, along a dimension, swapped in part, or extrapolated.

    The same for the same arguments. Arguments of other modes are ignored.

    Args:
        checkpoint: name of a checkpoint.
        n: how many, 1 to 17. A partial swap makes three.
        seed: of the random numbers, a whole number from 0.
        keep: of "roll": "static" or "dynamic" keeps that code of a test sequence; "" samples both.
        index: the test sequence that is A: whose code is kept, and where the other modes start.
        length: of "roll" and "continue": frames (of sound steps of 20 ms, of series windows), at most 500; 0 is the
            length of the data set's. At most 8,000,000 pixels, 3000 steps of sound or 200,000 values in all.
        temperature: of "roll" and "continue": what standard deviations are multiplied by, 0 (the most likely) to 2.
        mode: "roll" (sample codes from the prior), "interpolate" (from A to B), "traverse" (move along one dimension of
            A's code), "partial" (A with parts of B; then with all of that code of B; then the reconstruction of A) or
            "continue" (extrapolations of the first steps of A).
        b: the test sequence that is B, of "interpolate" and "partial".
        weights: of "interpolate" shares of B, 0 to 1; of "traverse" values, -10 to 10 (a static dimension is set to
            them, a dynamic one shifted by them); none for n evenly spaced ones, 0 to 1 or -3 to 3.
        path: of "interpolate": "spherical" or "linear".
        what: of "interpolate": "static", "dynamic" or "both".
        code: of "traverse": "static" or "dynamic".
        dimension: of "traverse", from 0.
        static_dims: of "partial": dimensions of the static code that are B's.
        dynamic_dims: of "partial": dimensions of the dynamic code that are B's, at the chosen steps or at all.
        steps: of "partial": steps, from 0; without dimensions, the full dynamic code at these is B's.
        prefix: of "continue": how many frames of A are given; 0 is half of them.
        format: of pictures "webp" (also if ""), "gif" or "mp4"; of sound "wav" (in turn); of series "csv", as of
            /swap; of all "npz": "static" [n, S], "dynamic" [n, K, D], "steps" [n] and what was decoded
            ("frames" [n, T, H, W, 3], "waves" at 16 kHz, or "low", "median" and "high" [n, steps, variables]).

    Returns:
        The file.
    """
    it = catalog.load(checkpoint)
    request = requests.parse_request(
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
    kind = format or view_of(it.spec).generated_formats[0]
    content = generated_files.save(generation.generate(request), kind)
    name = "sample" if mode == "roll" else mode
    return _file(content, f"{checkpoint}-{name}-{seed}.{kind}")


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
    it = catalog.load(checkpoint)
    n = n or pairs.map_size(it.dataset)
    return maps_payload.points(it, code_maps.maps(checkpoint, n, method), method)


def leakage(checkpoint: str, compare: str = "", stand_in: str = "") -> dict[str, Any]:
    """What each code contains about each factor: accuracies, bits, intervals, chance levels and verdicts.

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
        "how": leakage_payload.how(found),
        "versions": found.report.versions,
        "weights_sha256_16": found.report.weights_sha256_16,
    }
    if compare:
        if catalog.spec_of(compare).name != catalog.spec_of(checkpoint).name:
            raise RequestError(
                f"{compare} has other data than {checkpoint}: their figures do not compare."
            )
        differences, why = reports.difference(found, reports.measure(compare))
        answer |= {
            "compare": compare,
            "differences": [to_plain(one) for one in differences],
            "no_differences": why,
        }
    return answer


def voice(
    checkpoint: str, file: FileData, b: int = 0, format: str = "wav"
) -> tuple[dict[str, Any], FileData]:
    """An uploaded recording: as the model sees it, compared with test recordings, and swapped with one of them.

    Args:
        checkpoint: name of a checkpoint of sound, for example "vast-voices".
        file: WAV, FLAC, OGG, MP3 or what else libsndfile reads, up to 25 MB. It is deleted when it was read.
        b: position of the test recording to swap with, from 0. The file is A.
        format: "wav", "wav:" and a clip's name, or "png", as of /swap.

    Returns:
        "notes" (a sentence for each thing that was done to the recording), "warnings" (what about it lies
        "outside" the test recordings it is compared with), "pitch_hz" (median, null if nothing is voiced),
        "seconds", "nearest" test recordings by static and by dynamic code (positions and captions, nearest first),
        "map" (its place on /map of the same checkpoint by PCA), "factors" of b, the judge's "verdicts" and
        "median_pitch_hz" of all six clips. And the file of the swap, which the app keeps for some hours.
    """
    upload = recordings.read(checkpoint, *files.take(file))
    try:
        report, found = _placed(checkpoint, upload, b)
    finally:
        uploads.STORE.forget(upload.key)
    figures = view_of(found.spec).figures(found)
    report |= {
        "pitch_hz": upload.pitch_hz,
        "seconds": upload.seconds,
        "median_pitch_hz": figures["median_pitch_hz"],
    }
    return report, _swap_file(found, format, f"{checkpoint}-yours-{b}")


def table(
    checkpoint: str, file: FileData, b: int = 0, roles: str = "", format: str = "csv"
) -> tuple[dict[str, Any], FileData]:
    """An uploaded table: as the model sees it, compared with test sequences, and swapped with one of them.

    Args:
        checkpoint: name of a checkpoint of series, for example "vast-waves".
        file: CSV or other text, a row a time, up to 25 MB. It is deleted when it was read.
        b: position of the test sequence to swap with, from 0. The table is A.
        roles: what the columns are, where their names do not say; a JSON object with any of "time" (a column, or a list
            of columns to be joined; "" if rows are the steps), "id" (columns that identify the series), "columns" (by
            variable of the model the column; "" for none), "names" (of a table with a row a value: the columns of
            names and of values), "series" (which one; else the one with the fewest missing values) and "start" (when
            it begins, in ISO 8601 or "step 24"; else the latest stretch with the fewest missing values).
        format: "csv" or "png", as of /swap.

    Returns:
        "roles" (as they were taken), "series" and "starts" (what may be chosen, the first 500), "notes" (a sentence for
        each thing that was found or done), "warnings" (what looks like another unit, or lies "outside" the test
        sequences it is compared with), "missing" (the share of each variable), "step_seconds", "steps", "nearest" test
        sequences by static and by dynamic code (positions and captions, nearest first), "map" (its place on /map of the
        same checkpoint by PCA), "factors" of b, the judge's "verdicts", and the errors and correlations of /swap. And
        the file of the swap, which the app keeps for some hours.
    """
    sheet = tables.read(checkpoint, *files.take(file))
    try:
        plan = tables.plan_from(sheet, _parsed_roles(roles))
        upload = tables.make(checkpoint, sheet.key, plan)
        report, found = _placed(checkpoint, upload, b)
    finally:
        uploads.STORE.forget(sheet.key)
    fitted, spec = upload.fitted, found.spec
    names = [variable.name for variable in spec.variables]
    report |= {
        "warnings": tables.warnings(upload),
        "roles": _roles(upload),
        "series": list(fitted.series[:MOST]),
        "starts": list(fitted.starts[:MOST]),
        "missing": dict(zip(names, tables.missing(upload).tolist(), strict=True)),
        "step_seconds": step_seconds(spec),
        "steps": fitted.windows * spec.event_shape[0],
        **view_of(spec).figures(found),
    }
    return report, _swap_file(found, format, f"{checkpoint}-yours-{b}")


def codes(file: FileData) -> dict[str, Any]:
    """What leaks in the codes of any model: the report of a file of codes, measured within about half a minute.

    Args:
        file: NPZ with "static" [N, S], "dynamic" [N, K, D], labels "static/NAME" [N] and "dynamic/NAME" [N] or [N, K]
            and, if there are any, "groups" [N] and "split" [N]; within the bounds that the app states. It is deleted
            when it was read, and nothing in it is ever unpickled.

    Returns:
        "report" (as of `seqdisent leakage --json`, with "summary" and "leakage": "factors", "cells", "steps" and
        "verdicts"), "sequences" in the file, "measured" (how many of these were used) and "how" (how it was measured,
        in sentences).
    """
    content, _ = files.take(file)
    upload = code_uploads.read(content)
    try:
        report = code_uploads.measure(upload)
    finally:
        code_uploads.forget(upload.key)
    return {
        "report": to_plain(report),
        "sequences": upload.total,
        "measured": len(upload.arrays),
        "how": codes_payload.how(upload, report),
    }


ENDPOINTS: dict[Callable[..., Any], dict[str, Any]] = {
    swap: MODEL,
    encode: MODEL,
    sample: MODEL,
    map: MAPS,
    leakage: MAPS,
    voice: MODEL,
    table: MODEL,
    codes: CODES,
}


def connect() -> None:
    """Add the endpoints to the app that is being built."""
    for endpoint, limits in ENDPOINTS.items():
        gr.api(friendly(endpoint), api_name=endpoint.__name__, **limits)


def _verdicts(found: Swap) -> dict[str, dict[str, dict[str, str]]]:
    """What the judge sees in each generated clip."""
    verdicts = {}
    for clip in swap_clips.DONORS:
        verdicts[swap_clips.CLIPS[clip]] = {
            one.factor: {"expected": one.expected, "seen": one.seen} for one in found.verdicts[clip]
        }
    return verdicts


def _swap_file(found: Swap, kind: str, name: str) -> FileData:
    content = swapping.export(found, kind)
    suffix, _, clip = kind.partition(":")
    stem = f"{name}-{clip}" if clip else name
    return _file(content, f"{stem}.{suffix}")


def _file(content: bytes, name: str) -> FileData:
    return FileData(path=files.keep(content, name), orig_name=name)


def _parsed_roles(roles: str) -> Any:
    try:
        return json.loads(roles) if roles else {}
    except (ValueError, TypeError, RecursionError):
        raise RequestError(
            'roles: JSON, as {"time": "when", "columns": {"PM2.5": "pm25"}}.'
        ) from None


def _placed(checkpoint: str, upload: uploads.Upload, b: int) -> tuple[dict[str, Any], Swap]:
    """The report of both kinds of uploads, and the swap."""
    it = catalog.load(checkpoint)
    found = uploads.swap(checkpoint, upload.key, b)
    placed = uploads.place(checkpoint, upload.key, pairs.map_size(it.dataset), "pca")
    nearest = {}
    for code, rows in placed["neighbours"].items():
        nearest[code] = [{"index": row, "caption": pairs.caption(it.dataset, row)} for row in rows]
    report = {
        "checkpoint": checkpoint,
        "dataset": it.spec.name,
        "b": found.b,
        "notes": list(upload.notes),
        "warnings": list(upload.comparison.warnings),
        "outside": upload.comparison.reference,
        "map": {code: placed[code] for code in nearest},
        "nearest": nearest,
        "factors": dict(found.factors[1]),
        "verdicts": _verdicts(found),
    }
    return report, found


def _roles(upload: tables.TableUpload) -> dict[str, Any]:
    """What the columns were taken for, as ``roles`` are given."""
    plan = upload.sheet.plan
    return {
        "time": plan.roles.time or "",
        "id": list(plan.roles.id),
        "names": list(plan.roles.long or ()),
        "columns": plan.columns,
        "series": upload.fitted.chosen,
        "start": upload.fitted.start_label,
    }
