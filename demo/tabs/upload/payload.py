"""What the tab for a visitor's own recording is sent, and tells programs."""

from __future__ import annotations

import json
from functools import lru_cache

from demo.core import service
from demo.core.recordings import Recording
from demo.tabs.swap import payload as payloads

MEANING = (
    "The model has not heard anything like this, so what it makes of it may sound wrong; "
    "it takes {one} of at most {seconds:.1f} s."
)
INSIDE = (
    "It lies within {known} in all that is measured. That is no promise: a voice can be foreign in ways that are not "
    "measured."
)
NEAREST = {
    "speech": {"static": "Nearest known voices", "dynamic": "Nearest in what is said"},
    "timeseries": {"static": "Nearest in level", "dynamic": "Nearest in course"},
}


def refused(error: Exception) -> str:
    """Why a recording was not taken."""
    return json.dumps({"refused": str(error)})


def findings(it: service.Loaded, upload: Recording) -> str:
    """What was done to a recording, and whether the model knows its like."""
    pitch = (
        "nothing in it has a pitch"
        if upload.pitch_hz is None
        else f"median pitch {upload.pitch_hz:.0f} Hz"
    )
    parts = [part("facts", "What the model sees", [], f"{upload.seconds:.2f} s, {pitch}.")]
    if upload.outside.warnings:
        longest = it.spec.frames / it.spec.rate_hz
        meaning = MEANING.format(
            one="a word or two" if longest <= 1.5 else "a phrase", seconds=longest
        )
        parts.insert(
            0, part("outside", "⚠ Outside what the model knows", upload.outside.warnings, meaning)
        )
    elif upload.outside.reference:
        parts.append(
            part(
                "inside",
                "Is it like what the model knows?",
                [],
                INSIDE.format(known=upload.outside.reference),
            )
        )
    done = "What was done to it" if upload.notes else "Nothing was done to it"
    lead = "" if upload.notes else "It came as the model wants it."
    return json.dumps({"parts": [*parts, part("notes", done, upload.notes, lead)]})


def neighbours(it: service.Loaded, placed: dict) -> str:
    """The test sequences whose codes are nearest."""
    titles = NEAREST[it.spec.modality]
    return json.dumps(
        {
            "parts": [
                part(code, title, named(it, placed["neighbours"][code]))
                for code, title in titles.items()
            ]
        }
    )


def named(it: service.Loaded, rows: list[int]) -> list[str]:
    """Test recordings in words: "theo says seven (412)"."""
    return [f"{payloads.caption(it, row)} ({row})" for row in rows]


@lru_cache(maxsize=8)
def choices(it: service.Loaded) -> tuple[tuple[str, int], ...]:
    """(label, position) of the recordings on the maps, by name."""
    rows = service.shown_rows(it.dataset).tolist()
    return tuple(sorted(zip(named(it, rows), rows, strict=True)))


def part(kind: str, title: str, items: list[str] | tuple[str, ...], lead: str = "") -> dict:
    """A heading, a sentence and a list, as the findings show them."""
    return {"kind": kind, "title": title, "items": list(items), "lead": lead}
