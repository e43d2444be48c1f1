"""Data sets, by name. The table is lazy: a source is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.spec import DatasetSpec, Factor, Source

FSDD_SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
# name -> a module, or an object in one, with SPEC, load(split, root), and, if it needs a download, fetch() and
# is_ready(). What users bring themselves has spec(root) and an outline in place of SPEC, and is_ready().
DATASETS = {
    "sprites": "seqdisent.data.video.sprites",
    "sprites-32": "seqdisent.data.video.sprites_32",
    "lpc-sprites": "seqdisent.data.video.lpc_sprites",
    "bouncing-balls": "seqdisent.data.video.bouncing_balls:SMALL",
    "bouncing-balls-64": "seqdisent.data.video.bouncing_balls:LARGE",
    "moving-digits": "seqdisent.data.video.moving_digits",
    "voices": "seqdisent.data.speech.voices:VOICES",
    "fsdd": "seqdisent.data.speech.fsdd:FSDD",
    "fsdd-segments": "seqdisent.data.speech.fsdd:SEGMENTS",
    **{
        f"fsdd-without-{who}": f"seqdisent.data.speech.fsdd:WITHOUT_{who.upper()}"
        for who in FSDD_SPEAKERS
    },
    "emodb": "seqdisent.data.speech.emodb:EMODB",
    "timit": "seqdisent.data.speech.timit:TIMIT",
    "timit-segments": "seqdisent.data.speech.timit:SEGMENTS",
    "waves": "seqdisent.data.timeseries.waves:WAVES",
    "air-quality": "seqdisent.data.timeseries.air_quality:MONTHLY",
    "air-quality-days": "seqdisent.data.timeseries.air_quality:DAILY",
    "etth1": "seqdisent.data.timeseries.etth1:ETTH1",
    "etth1-interleaved": "seqdisent.data.timeseries.etth1:MIXED",
    "physionet2012": "seqdisent.data.timeseries.physionet:SET_A",
    **{
        f"physionet2012-{which}": f"seqdisent.data.timeseries.physionet:SET_{which.upper()}"
        for which in "bc"
    },
    "csv": "seqdisent.data.timeseries.csv_tables:CSV",
    "audio-folder": "seqdisent.data.speech.audio_folder:AUDIO_FOLDER",
}


def source_module(name: str):
    """What loads a data set; ``ValueError`` names the data sets there are."""
    if name not in DATASETS:
        raise UsageError(f"no data set {name!r}; choose from {sorted(DATASETS)}")
    module, _, attribute = DATASETS[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def dataset_spec(name: str, root: str | Path | None = None) -> DatasetSpec:
    """The declaration of a data set, without loading it.

    Args:
        root: where the data are, as of :func:`load_dataset`; it matters to what users bring themselves.

    Raises:
        seqdisent.data.download.DataNotReady: if users must bring the data, and have not.
    """
    source = source_module(name)
    return source.SPEC if hasattr(source, "SPEC") else source.spec(root)


def dataset_outline(name: str) -> DatasetSpec:
    """The declaration as far as it is known without the data: what users bring has no classes and no counts in it."""
    source = source_module(name)
    return source.SPEC if hasattr(source, "SPEC") else source.outline


def is_ready(name: str, root: str | Path | None = None) -> bool:
    """Whether the data can be loaded now, without a download."""
    check = getattr(source_module(name), "is_ready", None)
    return check is None or check(root)


def load_dataset(
    name: str, split: str = "train", root: str | Path | None = None
) -> SequenceDataset:
    """One split of a data set.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``.
        root: folder that holds the data; by default ``SEQDISENT_DATA``, else the user's cache.

    Raises:
        ValueError: for an unknown name or split.
        seqdisent.data.download.DataNotReady: if the data must be downloaded first.
    """
    return source_module(name).load(split, root)


__all__ = [
    "DATASETS",
    "DatasetSpec",
    "Factor",
    "SequenceDataset",
    "Source",
    "dataset_outline",
    "dataset_spec",
    "is_ready",
    "load_dataset",
]
