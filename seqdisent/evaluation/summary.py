"""``python -m seqdisent.evaluation.summary``: every checkpoint's metrics as one Markdown table."""

from __future__ import annotations

import json

from seqdisent.checkpoint import METRICS, checkpoints_root, list_checkpoints

HEADER = (
    "checkpoint", "skin", "pants", "top", "hair", "action", "motion", "direction", "all at once",
    "squared error (training mean)", "identity in the dynamic code", "direction in the static code",
)  # fmt: skip
FACTORS = HEADER[1:8]


def table() -> str:
    """Factors kept in a swap (%), the reconstruction error, and what linear probes find off target."""
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    for name in list_checkpoints():
        metrics = json.loads((checkpoints_root() / name / METRICS).read_text(encoding="utf-8"))
        if "swap" not in metrics:
            continue
        percent = lambda rate: f"{100 * rate['value']:.1f}"
        kept = [percent(metrics["swap"][f]["kept"]) for f in (*FACTORS, "joint")]
        error = metrics["error"]
        identity = [percent(metrics["probes"]["dynamic"][f]["accuracy"]) for f in FACTORS[:4]]
        lines.append(
            "| " + " | ".join([
                f"`{name}`", *kept,
                f"{error['squared_error_per_sequence']:.0f} "
                f"({error['training_mean_squared_error_per_sequence']:.0f})",
                " / ".join(identity), percent(metrics["probes"]["static"]["direction"]["accuracy"]),
            ]) + " |"
        )  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
