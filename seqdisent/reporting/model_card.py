"""The model card of a checkpoint, written from its config and metrics: nothing is typed by hand."""

from __future__ import annotations

import json
from pathlib import Path

from seqdisent.checkpoint import CARD, JUDGE, METRICS, read_config
from seqdisent.reporting.tables import (
    asked_words,
    downstream_rows,
    generation_rows,
    generation_words,
    leakage_rows,
    speech_rows,
    swap_rows,
    swap_words,
)
from seqdisent.spec import DatasetSpec


def write_card(folder: Path) -> None:
    """Write ``README.md`` of a checkpoint folder from what the folder says of itself."""
    folder, config = read_config(folder)
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    spec = DatasetSpec.from_json(config["dataset"])
    recipe = config["recipe"]
    what = (
        "judge (a supervised classifier)" if config["model"] == JUDGE else config["model"].upper()
    )
    lines = [
        f"# {folder.name}",
        "",
        f"A {what} trained on **{spec.title}** (`{spec.name}`).",
        "",
        "| | |",
        "|---|---|",
        f"| command | `{recipe.get('command', 'unknown')}` |",
        f"| seed | {recipe.get('seed', 'unknown')} (one seed: intervals below are over test data, not over seeds) |",
        f"| training | {recipe.get('steps', '?')} steps, {recipe.get('seconds', '?')} s |",
        f"| chosen by | best validation loss ({recipe.get('best_validation_loss_nats', float('nan')):.1f} nats) |",
        f"| data | {spec.source.credit}; {spec.source.licence}. {spec.source.url} |",
        *([f"| note | {recipe['note']} |"] if "note" in recipe else []),
        f"| weights | safetensors, rounded to half precision, package {config['package']} |",
        "",
    ]
    if metrics:
        lines += _measured(metrics)
    (folder / CARD).write_text("\n".join(lines), encoding="utf-8")


def _measured(metrics: dict) -> list[str]:
    lines = [f"## Measured on {metrics['sequences']} {metrics['split']} sequences", ""]
    if "leakage" in metrics:
        leakage = metrics["leakage"]
        lines += [
            "### What the codes know",
            "",
            "Usable information in bits, with 95 % intervals that resample the "
            f"{leakage['test_sources']} test sources. A code should tell the factors of its own kind and none of the "
            f"other's; a draw is what the decoder met in training.{asked_words(metrics)}",
            "",
            *_markdown(*leakage_rows(metrics)),
            "",
            *(
                f"- {v['text']}"
                for v in leakage["verdicts"]
                if v["level"] not in ("holds", "unmeasurable")
            ),
            *(f"- {words}" for words in metrics["health"]["words"]),
            "",
        ]
    if "judge" in metrics:
        lines += [
            "### What a judge sees",
            "",
            "Percent, with 95 % intervals over test data; H in nats.",
            "",
        ]
        lines += [*_markdown(*swap_rows(metrics)), ""]
    if "generation" in metrics:
        header, rows = generation_rows(metrics)
        lines += ["### Both codes from the prior", ""]
        lines += [*_markdown(header, rows), ""] if rows else []
        lines += [generation_words(metrics), ""]
    if "speech" in metrics:
        lines += ["### Heard as a waveform", "", *_markdown(*speech_rows(metrics)), ""]
    if "downstream" in metrics:
        lines += ["### What the codes are good for", "", *_markdown(*downstream_rows(metrics)), ""]
        lines += [
            line
            for task in metrics["downstream"]
            if task["swap"]
            for line in (swap_words(task), "")
        ]
    if "no_judge" in metrics:
        lines += [f"Swaps were not judged: {metrics['no_judge']}.", ""]
    if "error" in metrics:
        error = metrics["error"]
        lines += [
            f"Squared error a sequence {error['squared_error_per_sequence']:.1f} (the training mean "
            f"scores {error['training_mean_squared_error_per_sequence']:.0f}), PSNR {error['psnr_db']:.1f} dB.",
            "",
        ]
    if "swap" in metrics:
        joint = metrics["swap"]["joint"]["kept"]
        lines += [
            f"All factors kept in one swap: {100 * joint['value']:.1f} % of {metrics['pairs']} pairs.",
            "",
        ]
        lines += _failures(metrics)
    return lines


def _markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    cells = lambda row: (cell.replace("|", "\\|") for cell in row)  # H(y|x) is one cell
    return [f"| {' | '.join(cells(row))} |" for row in (header, ["---"] * len(header), *rows)]


def _failures(metrics: dict) -> list[str]:
    """What the numbers themselves show to be wrong beside the leaks above: factors lost in a swap."""
    found = [
        f"- {name} is lost in {100 * (1 - swap['kept']['value']):.1f} % of swaps "
        f"({100 * swap['off_target']['value']:.1f} % show the other sequence's value where they differ)."
        for name, swap in metrics["swap"].items()
        if name != "joint" and swap["kept"]["high"] < 0.99
    ]
    return ["## Known failures", "", *found, ""] if found else []
