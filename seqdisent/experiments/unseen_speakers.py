"""``python -m seqdisent.experiments.unseen_speakers CHECKPOINT...``: what becomes of voices that a model never heard.

For models trained without a speaker (``dbse-fsdd-without-NAME``): swaps between seen speakers, swaps in which the words
are the unseen speaker's, and swaps in which the voice is. The judge knows every speaker, from training takes.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import SequenceDataset, load_dataset
from seqdisent.errors import UsageError
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.judge import load_judge
from seqdisent.evaluation.statistics import success_rate
from seqdisent.modalities import modality_of
from seqdisent.reporting.tables import percent

PAIRS = 300
GROUPS = ("seen to seen", "unseen words", "unseen voice")


def unseen_speaker(data: SequenceDataset, train: SequenceDataset) -> int:
    """The one speaker of a test split whom training never heard; ``ValueError`` if there is not exactly one."""
    left = np.setdiff1d(data.static["speaker"], train.static["speaker"])
    if len(left) != 1:
        raise UsageError(
            f"{data.spec.name} leaves {len(left)} speakers out; give a model of fsdd-without-NAME"
        )
    return int(left[0])


@torch.inference_mode()
def measure(checkpoint: str | Path, *, pairs: int = PAIRS, seed: int = 0) -> dict[str, Any]:
    """Swaps of one model: for each of :data:`GROUPS` how often the donor's voice and the source's digit are heard.

    Returns:
        ``speaker`` and, by group, ``voice`` and ``digit`` (rates with 95 % intervals over pairs) and ``source`` (how
        often the source's voice is heard instead).
    """
    model, spec = load_checkpoint(checkpoint)
    data, train = (load_dataset(spec.name, split) for split in ("test", "train"))
    left = unseen_speaker(data, train)
    judge, _ = load_judge(spec.judged_by)
    codes = ModelSubject(model).codes(data).mean
    who, said = data.static["speaker"], data.sequence_labels()["digit"]
    rng = np.random.default_rng(seed)
    out, seen = np.flatnonzero(who == left), np.flatnonzero(who != left)
    found: dict[str, Any] = {"speaker": spec.factor("speaker").classes[left], "pairs": pairs}
    for group, sources, donors in zip(GROUPS, (seen, out, seen), (seen, seen, out), strict=True):
        a, b = rng.choice(sources, 20 * pairs), rng.choice(donors, 20 * pairs)
        keep = np.flatnonzero(who[a] != who[b])[:pairs]
        a, b = a[keep], b[keep]
        made = ModelSubject(model).decode(codes[a].with_static(codes[b]))
        heard = {
            name: v.numpy()
            for name, v in judge.classify(modality_of(spec).judge_batch(made, spec)).items()
        }
        found[group] = {
            "voice": success_rate(heard["speaker"] == who[b]),
            "source": success_rate(heard["speaker"] == who[a]),
            "digit": success_rate(heard["digit"] == said[a]),
        }
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print a table, and write it as JSON if asked."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("checkpoints", nargs="+", help="models trained on fsdd-without-NAME")
    options.add_argument("--to", type=Path, help="write the figures to this JSON file")
    args = options.parse_args(arguments)
    results = [measure(checkpoint) for checkpoint in args.checkpoints]
    table = Table(
        "left out", *(f"{group}: {what}" for group in GROUPS for what in ("voice", "digit"))
    )
    plain = []
    for found in results:
        rates = {g: {k: asdict(r) for k, r in found[g].items()} for g in GROUPS}
        plain.append({**{k: v for k, v in found.items() if k not in GROUPS}, **rates})
        table.add_row(
            found["speaker"], *(percent(found[g][k]) for g in GROUPS for k in ("voice", "digit"))
        )
    Console(width=180).print(table)
    if args.to:
        args.to.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
