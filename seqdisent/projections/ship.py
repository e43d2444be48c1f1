"""``python -m seqdisent.projections.ship CHECKPOINT``: compute maps and put them in the folder of the checkpoint."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from seqdisent.checkpoint import read_config
from seqdisent.io import Arrays, write_npz
from seqdisent.projections.maps import SHIPPED, compute_all
from seqdisent.projections.methods import METHODS


def ship(
    checkpoint: str | Path, counts: Sequence[int] = (), methods: Sequence[str] = tuple(METHODS)
) -> Path:
    """Put the maps of a checkpoint in its folder, in place of those that are there; the path of the file.

    Args:
        counts: sequences on a map; by default those that the app offers.
    """
    folder, _ = read_config(checkpoint)
    arrays: Arrays = {}
    for key, maps in compute_all(checkpoint, counts, methods):
        arrays |= {f"{key}-{name}": array for name, array in maps.items()}
        print(f"{folder.name}: {key}, trustworthiness {maps['trust'].round(3)}")
    path = folder / SHIPPED
    write_npz(path, arrays)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Compute the maps of checkpoints and put them in their folders."
    )
    parser.add_argument("checkpoint", nargs="+", help="name in the checkpoints folder, or a folder")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=(), help="sequences on a map (default: as the app)"
    )
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    arguments = parser.parse_args()
    for checkpoint in arguments.checkpoint:
        print(ship(checkpoint, arguments.sizes, arguments.methods))


if __name__ == "__main__":
    main()
