"""``python -m seqdisent.experiments.unseen_speakers CHECKPOINT...``: swaps with voices that a model was not trained on.

For models trained without a speaker (``vast-fsdd-without-NAME``): swaps between seen speakers, swaps in which the words
are the unseen speaker's, and swaps in which the voice is. The judge was trained on every speaker.
"""

from __future__ import annotations

import argparse
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
from seqdisent.io import write_json
from seqdisent.modalities import modality_of
from seqdisent.reporting.tables import percent

PAIRS = 300
GROUPS = ("seen to seen", "unseen words", "unseen voice")


def unseen_speaker(data: SequenceDataset, train: SequenceDataset) -> int:
    """The one speaker of a test split who is not in the training split; ``ValueError`` if there is not exactly one."""
    left = np.setdiff1d(data.static["speaker"], train.static["speaker"])
    if len(left) != 1:
        raise UsageError(
            f"{data.spec.name} leaves {len(left)} speakers out; give a model of fsdd-without-NAME"
        )
    return int(left[0])


@torch.inference_mode()
def measure(checkpoint: str | Path, *, pairs: int = PAIRS, seed: int = 0) -> dict[str, Any]:
    """Swaps of one model: for each of :data:`GROUPS` how often a judge finds the donor's voice and the source's digit.

    Returns:
        ``speaker`` and, by group, ``voice`` and ``digit`` (rates with 95 % intervals over pairs) and ``source`` (how
        often the source's voice is found instead).

    Raises:
        UsageError: if there is no judge.
    """
    model, spec = load_checkpoint(checkpoint)
    test, train = (load_dataset(spec.name, split) for split in ("test", "train"))
    left_out = unseen_speaker(test, train)
    judge, _ = load_judge(spec.judged_by)
    if judge is None:
        raise UsageError(f"no judge for {spec.name}: seqdisent train judge-{spec.judged_by}")
    modality = modality_of(spec)
    codes = ModelSubject(model).codes(test).mean
    speaker, digit = test.static["speaker"], test.sequence_labels()["digit"]
    unseen, seen = np.flatnonzero(speaker == left_out), np.flatnonzero(speaker != left_out)
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {"speaker": spec.factor("speaker").classes[left_out], "pairs": pairs}
    for group, sources, donors in zip(
        GROUPS, (seen, unseen, seen), (seen, seen, unseen), strict=True
    ):
        a, b = rng.choice(sources, 20 * pairs), rng.choice(donors, 20 * pairs)
        keep = np.flatnonzero(speaker[a] != speaker[b])[:pairs]
        a, b = a[keep], b[keep]
        swapped = ModelSubject(model).decode(codes[a].with_static(codes[b]))
        classes = judge.classify(modality.judge_batch(swapped, spec))
        voice = classes["speaker"].numpy()
        found[group] = {
            "voice": success_rate(voice == speaker[b]),
            "source": success_rate(voice == speaker[a]),
            "digit": success_rate(classes["digit"].numpy() == digit[a]),
        }
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print a table, and write it as JSON if asked."""
    description = (__doc__ or "").partition("\n")[0]
    options = argparse.ArgumentParser(description=description)
    options.add_argument("checkpoints", nargs="+", help="models trained on fsdd-without-NAME")
    options.add_argument("--to", type=Path, help="write the figures to this JSON file")
    args = options.parse_args(arguments)
    columns = [(group, figure) for group in GROUPS for figure in ("voice", "digit")]
    table = Table("left out", *(f"{group}: {figure}" for group, figure in columns))
    plain = []
    for checkpoint in args.checkpoints:
        found = measure(checkpoint)
        table.add_row(
            found["speaker"], *(percent(found[group][figure]) for group, figure in columns)
        )
        row = {"speaker": found["speaker"], "pairs": found["pairs"]}
        for group in GROUPS:
            row[group] = {figure: asdict(rate) for figure, rate in found[group].items()}
        plain.append(row)
    Console(width=180).print(table)
    if args.to:
        write_json(args.to, plain, indent=1)


if __name__ == "__main__":
    main()
