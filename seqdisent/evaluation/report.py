"""``seqdisent evaluate``: measure a checkpoint once on test data, print it, keep it beside it."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from seqdisent import __version__
from seqdisent.checkpoint import JUDGE, METRICS, checkpoint_hash, load_checkpoint, read_config
from seqdisent.data import load_dataset
from seqdisent.evaluation.judge import load_judge
from seqdisent.evaluation.probes import linear_probes
from seqdisent.evaluation.swap import (
    encode_dataset,
    judge_accuracy,
    reconstruction_error,
    swap_report,
)  # fmt: skip

PROBE_TRAIN = 4000  # training sequences behind a probe and behind the constant baseline


class NoJudge(RuntimeError):
    """There is no judge for the data set; the message says how to train one."""


def evaluate(
    name_or_path: str | Path,
    *,
    split: str = "test",
    pairs: int = 2000,
    seed: int = 0,
    data_root: str | Path | None = None,
    judges: str | Path | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure a model or a judge.

    Args:
        split: the split to score; anything but ``"test"`` is for development.
        pairs: random pairs behind the swap scores.
        seed: of the pairs and of the sampled codes.
        judges: folder with the judge; the checkpoints folder by default.

    Returns:
        Plain types, as in ``metrics.json``.

    Raises:
        NoJudge: if the data set has no judge.
    """
    folder, config = read_config(name_or_path)
    dataset = config["dataset"]["name"]
    data = load_dataset(dataset, split, data_root).in_memory()
    made = {
        "checkpoint": folder.name,
        "weights_sha256_16": checkpoint_hash(folder),
        "split": split,
        "sequences": len(data),
        "seed": seed,
        "versions": {
            "seqdisent": __version__,
            "torch": torch.__version__.split("+")[0],
            "python": platform.python_version(),
        },
    }
    judge, judge_metrics = load_judge(dataset, judges or (folder.parent if config["model"] == JUDGE else None))
    if judge is None:
        raise NoJudge(f"no judge for {dataset}; train one with `seqdisent train judge-{dataset}`")
    if config["model"] == JUDGE:
        return {**made, "judge": judge_accuracy(judge, data)}

    model, _ = load_checkpoint(folder)
    train = load_dataset(dataset, "train", data_root)
    rows = np.sort(np.random.default_rng(seed).permutation(len(train))[:PROBE_TRAIN])
    train = train.select(rows)
    with Progress(console=console or Console(stderr=True), transient=True) as bar:

        def step(label: str):
            task = bar.add_task(label)
            return lambda done, total: bar.update(task, completed=done, total=total)

        latents = encode_dataset(model, data, step(f"encoding {len(data)} {split} sequences"))
        train_latents = encode_dataset(model, train, step(f"encoding {len(train)} training sequences"))
        constant = torch.from_numpy(train.frames[::8].mean(0) / 255).float().permute(0, 3, 1, 2)
        report = swap_report(model, judge, data, latents, pairs=pairs, seed=seed, progress=step(f"{pairs} swaps"))
        bar.add_task("linear probes on both codes", total=None)
        probes = linear_probes(train_latents, train, latents, data)
    return {
        **made,
        "judge": judge_metrics.get("judge") or judge_accuracy(judge, data),
        "error": reconstruction_error(model, data, latents, constant),
        **report,
        "probe_train_sequences": len(train),
        "probes": probes,
    }


def write_metrics(name_or_path: str | Path, metrics: dict[str, Any]) -> Path:
    """Keep the report in the checkpoint folder, and bring its model card up to date."""
    from seqdisent.evaluation.card import write_card

    folder, _ = read_config(name_or_path)
    path = folder / METRICS
    path.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    write_card(folder)
    return path


def percent(rate: dict[str, float] | None) -> str:
    """``99.2 [98.7, 99.5]``, or a dash where there is nothing to measure."""
    if not rate or not rate["n"]:
        return "-"
    return f"{100 * rate['value']:.1f} [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"


def rows(metrics: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The report as one table: header and a row for each factor, in percent with 95 % intervals."""
    if "swap" not in metrics:
        return ["factor", "judge on real"], [[k, percent(v)] for k, v in metrics["judge"].items()]
    header = [
        "factor", "chance", "judge on real", "judge on reconstructions", "kept in a swap",
        "other's value instead", "kept, other code sampled", "probe: static code",
        "probe: dynamic code",
    ]  # fmt: skip
    table = []
    for name, swap in metrics["swap"].items():
        if name == "joint":
            continue
        sampled = [metrics[w][name].get("kept") for w in ("static_sampled", "dynamics_sampled")]
        table.append([
            name, f"{100 * swap['chance']:.1f}", percent(metrics["judge"].get(name)),
            percent(metrics["reconstruction"][name]), percent(swap["kept"]),
            percent(swap["off_target"]), percent(next(filter(None, sampled), None)),
            *(percent(metrics["probes"][code][name]["accuracy"]) for code in ("static", "dynamic")),
        ])  # fmt: skip
    return header, table


def print_report(metrics: dict[str, Any], console: Console) -> None:
    """The report for people: narrow enough for a terminal of 80 columns."""
    header, table = rows(metrics)
    title = f"{metrics['checkpoint']} on {metrics['sequences']} {metrics['split']} sequences"
    # Swaps first, then what the codes themselves hold; each repeats factor and chance.
    groups = [[0, 1, 2, 3, 4, 5], [0, 1, 6, 7, 8]] if "swap" in metrics else [range(len(header))]
    for group in groups:
        view = Table(title=f"{title}, % [95 % interval]")
        for index in group:
            view.add_column(header[index], justify="left" if index == 0 else "right")
        for row in table:
            view.add_row(*(row[index].replace(" [", "\n[") for index in group))
        console.print(view)
    if "swap" in metrics:
        console.print(
            f"All factors kept in one swap: {percent(metrics['swap']['joint']['kept'])} % of "
            f"{metrics['pairs']} random pairs."
        )
        e = metrics["error"]
        console.print(
            f"Squared error a sequence: {e['squared_error_per_sequence']:.1f} ± "
            f"{1.96 * e['standard_error']:.1f} (training mean: "
            f"{e['training_mean_squared_error_per_sequence']:.0f}), PSNR {e['psnr_db']:.1f} dB."
        )
        console.print(
            "A clean static code reads chance on dynamic factors, a clean dynamic code chance on static "
            "ones: a judge cannot see that, a probe can."
        )
