"""The model card of a checkpoint, written from its config and metrics: nothing is typed by hand."""

from __future__ import annotations

import json
from pathlib import Path

from seqdisent.checkpoint import CARD, JUDGE, METRICS, read_config
from seqdisent.data.spec import DatasetSpec
from seqdisent.evaluation.report import rows


def write_card(folder: Path) -> None:
    """Write ``README.md`` of a checkpoint folder from what the folder says of itself."""
    folder, config = read_config(folder)
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    spec = DatasetSpec.from_json(config["dataset"])
    recipe = config["recipe"]
    what = "judge (a supervised classifier)" if config["model"] == JUDGE else config["model"].upper()
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
    header, table = rows(metrics)
    lines = [
        f"## Measured on {metrics['sequences']} {metrics['split']} sequences",
        "",
        "Percent, with 95 % intervals over test data.",
        "",
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(row) + " |" for row in table),
        "",
    ]
    if "error" in metrics:
        error, joint = metrics["error"], metrics["swap"]["joint"]["kept"]
        lines += [
            f"All factors kept in one swap: {100 * joint['value']:.1f} % of {metrics['pairs']} pairs. "
            f"Squared error a sequence {error['squared_error_per_sequence']:.1f} (the training mean "
            f"scores {error['training_mean_squared_error_per_sequence']:.0f}), PSNR {error['psnr_db']:.1f} dB.",
            "",
            "## Known failures",
            "",
            *_failures(metrics),
            "",
        ]
    return lines


def _failures(metrics: dict) -> list[str]:
    """What the numbers themselves show to be wrong: lost factors and leaking codes."""
    found = []
    for name, swap in metrics["swap"].items():
        if name != "joint" and swap["kept"]["high"] < 0.99:
            found.append(
                f"- {name} is lost in {100 * (1 - swap['kept']['value']):.1f} % of swaps "
                f"({100 * swap['off_target']['value']:.1f} % show the other sequence's value where they differ)."
            )
    for code, factors in metrics["probes"].items():
        for name, probe in factors.items():
            floor = max(probe["majority"], probe["chance"])
            if not probe["wanted"] and probe["accuracy"]["low"] > floor:
                found.append(
                    f"- The {code} code leaks {name}: a linear probe reads it in "
                    f"{100 * probe['accuracy']['value']:.0f} % (chance {100 * probe['chance']:.0f} %)."
                )
    return found or ["- None found by these measurements."]
