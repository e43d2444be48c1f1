"""Sprites, as in both papers: 1,296 Liberated Pixel Cup characters in 9 actions of 8 frames.

Sheets and composition follow Li & Mandt (2018): see :data:`FIRST_CELLS` and :data:`CYCLES`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from seqdisent.data import download
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import DownloadedSource, Progress, Root
from seqdisent.data.video.layers import (
    LAYERS,
    MOTIONS,
    SPLITS,
    VALUES,
    dynamic_factors,
    layered_dataset,
)
from seqdisent.spec import DatasetSpec, Factor, Source

COMMIT = "3ce4048c5227802bd8f1888e293fd3afdba91c0c"
FOLDER = "lpc-sprites"
# From the bottom up: one folder of sheets for each of LAYERS, then the shoes that everyone wears.
SHEETS = ("body", "bottomwear", "topwear", "hair")
SHOES = "shoes/1.png"
CELL, CELLS_PER_ROW = 64, 13
# First cell of each motion seen from the front, left and right; cell = 13 * row + column.
FIRST_CELLS = {"walk": (131, 118, 144), "spellcast": (26, 13, 39), "slash": (182, 169, 195)}
# The eight frames, as offsets from the first cell. Walking shows the last cell first.
CYCLES = {
    "walk": (7, 0, 1, 2, 3, 4, 5, 6),
    "spellcast": (0, 1, 2, 3, 4, 5, 4, 6),
    "slash": (0, 1, 2, 3, 4, 5, 4, 0),
}

SPEC = DatasetSpec(
    name="lpc-sprites",
    title="LPC sprites",
    modality="video",
    event_shape=(3, 64, 64),
    frames=8,
    rate_hz=8.0,
    value_range=(0.0, 1.0),
    factors=(
        Factor("skin", "static", ("light", "tanned", "grey", "pale blue", "brown", "dark")),
        Factor("pants", "static", ("white", "gold armour", "red", "metal armour", "teal", "green")),
        Factor("top", "static", ("maroon", "blue shirt", "white", "metal", "leather", "jacket")),
        Factor("hair", "static", ("green", "blue", "orange", "white", "red", "purple")),
        *dynamic_factors(),
    ),
    source=Source(
        url=f"https://raw.githubusercontent.com/YingzhenLi/Sprites/{COMMIT}/",
        licence="CC-BY-SA 3.0 or GPL 3.0",
        credit="Liberated Pixel Cup artists (lpc.opengameart.org); selection by Li & Mandt (2018)",
        download_bytes=390306,
    ),
    splits=SPLITS,
)


def check(root: Root = None) -> None:
    """Raise :class:`~seqdisent.data.download.DataNotReady` unless every sheet is there and complete."""
    download.verify(download.data_root(root) / FOLDER, CHECKSUMS, SPEC.name)


def fetch(root: Root = None, progress: Progress | None = None) -> int:
    """Download the sheets that are not there yet; returns how many. See :func:`download.fetch`."""
    folder = download.data_root(root) / FOLDER
    return download.fetch(SPEC.name, SPEC.source.url, CHECKSUMS, folder, progress)


def load(split: str, root: Root = None) -> SequenceDataset:
    """A split by character: 900 train, 100 validation, 296 test characters in 9 actions each."""
    return layered_dataset(SPEC, _layers(download.data_root(root) / FOLDER), split)


@lru_cache(maxsize=2)
def _layers(folder: Path) -> tuple[np.ndarray, ...]:
    """RGBA sheets ``[values, actions, frames, 64, 64, 4]``, bottom up."""
    download.verify(folder, CHECKSUMS, SPEC.name)
    sheets = [
        np.stack([_actions(folder / name / f"{value}.png") for value in range(VALUES)])
        for name in SHEETS
    ]
    assert len(sheets) == len(LAYERS)
    return (*sheets, _actions(folder / SHOES)[None])


def _actions(path: Path) -> np.ndarray:
    """The nine actions of one sheet: uint8 ``[9, 8, 64, 64, 4]``."""
    with Image.open(path) as image:
        sheet = np.asarray(image.convert("RGBA"))
    rows = sheet.shape[0] // CELL
    cells = (
        sheet.reshape(rows, CELL, CELLS_PER_ROW, CELL, 4).swapaxes(1, 2).reshape(-1, CELL, CELL, 4)
    )
    return np.stack(
        [
            cells[[first + offset for offset in CYCLES[motion]]]
            for motion in MOTIONS
            for first in FIRST_CELLS[motion]
        ]
    )


# sha256 of every sheet at COMMIT.
CHECKSUMS = {
    "body/0.png": "27d1ac78db37c42f35a20d15c42705efc5e58d47c236cc01423879d4f797f151",
    "body/1.png": "1535e9228357b884df80f777a0d1dac10ac35e550e4d8d077105ccad014a1460",
    "body/2.png": "7c241033b4897501cb3721b6c3a9ebfa94b13db10a539edbd9bcc3e0c2a4bcb9",
    "body/3.png": "055f5aa33fc112d8444b42fce2cf50608a9fbbf2466c54ceaa46c777589a717a",
    "body/4.png": "57f3b9c510482379aba9a32fc0de7d48e9cbe3dc40f2447283547f773b77ca72",
    "body/5.png": "91e49453aeab5ebbb4fd2b48253812895dcfb4cb1829b84e24425c66de8f04ff",
    "bottomwear/0.png": "4ec356c488e272fde2d2d0d722b12a80217871e41161d43ba784caf243969ec2",
    "bottomwear/1.png": "0674312eaa4ab548f8bb31ef95d7dbd46b41555758cec51bd6c3e9fac9a0f936",
    "bottomwear/2.png": "3b464feb0d20ff34b0ca2a6d1fd00766ad86e2229c3d56ff91379fe27588a893",
    "bottomwear/3.png": "b366e84ea0519d06cf693f51e0ee2f9ac32b3132d27c75dfdc4b6f52fca072de",
    "bottomwear/4.png": "4ed7e7702e4f50b9692c0043be04b7296a108d85ea97230fb50d13c150d98771",
    "bottomwear/5.png": "a5c5e7e33f13fe5ad37b5836a5a74fb0d2094a0877c2146961b88688ff85840d",
    "topwear/0.png": "b917edcf2b3c35d51ef57a6fad67557c5edf048785bea29db09a640d09ac9a90",
    "topwear/1.png": "e33c6cb31ed1268a2c0dc73b665b1c9b9420e22baf3321880222bdb22682368b",
    "topwear/2.png": "2b9b8fefa08894b7ea536cd62b86d494aefe6e54495c5c1d83460827b13b6448",
    "topwear/3.png": "807f5b628592f6747e2814be9435963069dba6c360577168c02f57bbe903433d",
    "topwear/4.png": "b51b17878503877e179ce4f9231713bf2b2d2d666c3ec9ee29f4e784469867a2",
    "topwear/5.png": "1b6049d43f83ebfda857cc405d1936ac9fd80be480fa6ad239024a6a75ad0372",
    "hair/0.png": "e4007b0635a239ad16cdebfe90759349ccc73dfc6836c9d19625714be185f43d",
    "hair/1.png": "fa6369f84d3310705df6d8ca8c9d515a7d211e73d2826c50a9cb5bb285652c66",
    "hair/2.png": "1b8046752be7233e829ebe9b11048e171d8d181ee6f68e07042b34f57bb8af0d",
    "hair/3.png": "333783285c5fd94ff434ae5000d2da39aac7940269f173119eaa70d34c8acfa1",
    "hair/4.png": "24df8e9b291cbd444f6c4d12d35b3d43d909cd13f04e6401e0fd8ab10216d5a2",
    "hair/5.png": "4dd471cc20e0b1cf71adcaab01c88598767e5cfe680adacdf560ca91574f17ae",
    "shoes/1.png": "d56a561616a20a12030d2d40a52eeec63e6d048871bf3b6994221869362151f1",
}


LPC_SPRITES = DownloadedSource(SPEC, load, check, fetch)
