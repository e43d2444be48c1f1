"""The endpoints for what programs bring: a recording or a table of their own."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
from gradio import FileData

from demo import api
from demo import page as events
from demo.core import recordings, service, tables, uploads
from demo.tabs.swap import payload as payloads
from demo.web import files
from seqdisent.data.timeseries.fit_table import Plan
from seqdisent.data.timeseries.normalise import step_seconds

MOST = 500  # series and beginnings that are named


def voice(
    checkpoint: str, file: FileData, b: int = 0, format: str = "wav"
) -> tuple[dict[str, Any], FileData]:
    """A recording of one's own: what the model makes of it, what it is like, and swapped with a test recording.

    Args:
        checkpoint: name of a checkpoint of sound, for example "dbse-voices".
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
        report, made = _placed(checkpoint, upload, b)
    finally:
        uploads.forget(upload.key)
    report |= {
        "pitch_hz": upload.pitch_hz,
        "seconds": upload.seconds,
        "median_pitch_hz": api.pitches(made),
    }
    return report, api.swapped(made, format, f"{checkpoint}-yours-{b}")


def table(
    checkpoint: str, file: FileData, b: int = 0, roles: str = "", format: str = "csv"
) -> tuple[dict[str, Any], FileData]:
    """A table of one's own: what the model makes of it, what it is like, and swapped with a test sequence.

    Args:
        checkpoint: name of a checkpoint of series, for example "dbse-waves".
        file: CSV or other text, a row a time, up to 25 MB. It is deleted when it was read.
        b: position of the test sequence to swap with, from 0. The table is A.
        roles: what the columns are, where the names do not tell; a JSON object with any of "time" (a column, or a list
            of columns to be joined; "" if rows are the steps), "id" (columns that tell the series apart), "columns" (by
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
        upload = tables.make(checkpoint, sheet.key, tables.asked(sheet, _json(roles)))
        report, made = _placed(checkpoint, upload, b)
    finally:
        uploads.forget(sheet.key)
    fitted, spec = upload.fitted, made.spec
    shares = zip(spec.variables, tables.missing(upload).tolist(), strict=True)
    report |= {
        "warnings": tables.warnings(upload),
        "roles": _roles(upload.sheet.plan, upload),
        "series": list(fitted.series[:MOST]),
        "starts": list(fitted.starts[:MOST]),
        "missing": {variable.name: share for variable, share in shares},
        "step_seconds": step_seconds(spec),
        "steps": fitted.windows * spec.event_shape[0],
        **api.figures(made),
    }
    return report, api.swapped(made, format, f"{checkpoint}-yours-{b}")


def connect() -> None:
    """Add the endpoints to the app that is being built."""
    gr.api(events.friendly(voice), api_name="voice", **events.MODEL)
    gr.api(events.friendly(table), api_name="table", **events.MODEL)


def _json(roles: str) -> Any:
    try:
        return json.loads(roles) if roles else {}
    except (ValueError, TypeError, RecursionError):
        raise service.ServiceError(
            'Roles are JSON, as {"time": "when", "columns": {"PM2.5": "pm25"}}.'
        ) from None


def _placed(checkpoint: str, upload: uploads.Upload, b: int) -> tuple[dict[str, Any], service.Swap]:
    """What is told of both, and the swap."""
    it = service.load(checkpoint)
    made = uploads.swap(checkpoint, upload.key, b)
    placed = uploads.place(checkpoint, upload.key, service.map_size(it.dataset), "pca")
    near = placed["neighbours"]
    return {
        "checkpoint": checkpoint,
        "dataset": it.spec.name,
        "b": made.b,
        "notes": list(upload.notes),
        "warnings": list(upload.outside.warnings),
        "outside": upload.outside.reference,
        "map": {part: placed[part] for part in near},
        "nearest": {
            part: [{"index": row, "caption": payloads.caption(it, row)} for row in rows]
            for part, rows in near.items()
        },
        "factors": dict(made.factors[1]),
        "verdicts": api.verdicts(made),
    }, made


def _roles(plan: Plan, upload: tables.TableUpload) -> dict[str, Any]:
    """What the columns were taken for, as ``roles`` are given."""
    return {
        "time": plan.roles.time or "",
        "id": list(plan.roles.id),
        "names": list(plan.roles.long or ()),
        "columns": plan.columns,
        "series": upload.fitted.chosen,
        "start": upload.fitted.start_label,
    }
