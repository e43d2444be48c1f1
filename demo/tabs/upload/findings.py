"""What the Upload tab says about a recording, and which test sequences are nearest: JSON text for the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from demo.core import pairs
from demo.core.catalog import Loaded
from demo.core.recordings import Recording
from demo.core.uploads import Upload
from demo.modalities import view_of

OUT_OF_DISTRIBUTION = "⚠ Possibly out of distribution"
IN_DISTRIBUTION = "Is it in the training distribution?"
MEANING = (
    "It differs from the test recordings, so what the model generates from it may sound wrong; "
    "the model takes {one} of at most {seconds:.1f} s."
)
INSIDE = (
    "It lies within {reference} in everything that is measured. That is no promise: a {noun} can be unusual in ways "
    "that are not measured."
)
DONE, NOT_DONE = "What was done to it", "Nothing was done to it"


def refused(error: Exception) -> str:
    """Why a recording was not taken."""
    return json.dumps({"refused": str(error)})


def findings(it: Loaded, upload: Recording) -> str:
    """What was done to a recording, and whether it is like the test recordings."""
    pitch = "nothing in it has a pitch"
    if upload.pitch_hz is not None:
        pitch = f"median pitch {upload.pitch_hz:.0f} Hz"
    parts = [part("facts", "What the model sees", [], f"{upload.seconds:.2f} s, {pitch}.")]
    longest = it.spec.frames / it.spec.rate_hz
    one = "a word or two" if longest <= 1.5 else "a phrase"
    meaning = MEANING.format(one=one, seconds=longest)
    warned = comparison(upload, upload.comparison.warnings, meaning, "voice")
    parts = [*warned, *parts] if upload.comparison.warnings else [*parts, *warned]
    if upload.notes:
        parts.append(part("notes", DONE, upload.notes))
    else:
        parts.append(part("notes", NOT_DONE, [], "It came as the model needs it."))
    return json.dumps({"parts": parts})


def comparison(
    upload: Upload, warnings: Sequence[str], meaning: str, noun: str
) -> list[dict[str, Any]]:
    """Whether an upload is like the test sequences; nothing if it was not compared."""
    if warnings:
        return [part("outside", OUT_OF_DISTRIBUTION, warnings, meaning)]
    reference = upload.comparison.reference
    if not reference:
        return []
    return [part("inside", IN_DISTRIBUTION, [], INSIDE.format(reference=reference, noun=noun))]


def neighbours(it: Loaded, placed: dict[str, Any]) -> str:
    """The test sequences whose codes are nearest."""
    parts = []
    for code, title in view_of(it.spec).nearest_titles.items():
        parts.append(part(code, title, named(it, placed["neighbours"][code])))
    return json.dumps({"parts": parts})


def named(it: Loaded, rows: list[int]) -> list[str]:
    """Test sequences in words: "theo says seven (412)"."""
    return [f"{pairs.caption(it.dataset, row)} ({row})" for row in rows]


@lru_cache(maxsize=8)
def choices(it: Loaded) -> tuple[tuple[str, int], ...]:
    """(label, position) of the sequences on the maps, by name."""
    rows = pairs.shown_rows(it.dataset).tolist()
    return tuple(sorted(zip(named(it, rows), rows, strict=True)))


def part(kind: str, title: str, items: Sequence[str], lead: str = "") -> dict[str, Any]:
    """A heading, a sentence and a list, as the findings show them."""
    return {"kind": kind, "title": title, "items": list(items), "lead": lead}
