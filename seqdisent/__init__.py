"""seqdisent: sequential disentanglement that is measured, not claimed.

>>> import seqdisent
>>> model, spec = seqdisent.load_checkpoint("vast-sprites")
>>> clips = seqdisent.load_dataset("sprites", "test")[:2]
>>> a, b = (model.encode(x[None], sample=False).latents for x in clips.x)
>>> a_moves_like_b = model.decode(model.swap(a, b)[1])
"""

from typing import TYPE_CHECKING, Any

from seqdisent.checkpoint import list_checkpoints, load_checkpoint, save_checkpoint
from seqdisent.data import DATASETS, DatasetSpec, Factor, dataset_spec, load_dataset
from seqdisent.distributions import DiagonalGaussian
from seqdisent.models import MODELS, SequentialVAE, build_model
from seqdisent.types import Encoding, Latents, LossTerms, Sequences
from seqdisent.version import __version__

if TYPE_CHECKING:
    from seqdisent.evaluation.arrays import leakage

__all__ = [
    "__version__",
    "DATASETS",
    "MODELS",
    "DatasetSpec",
    "DiagonalGaussian",
    "Encoding",
    "Factor",
    "Latents",
    "LossTerms",
    "SequentialVAE",
    "Sequences",
    "build_model",
    "dataset_spec",
    "leakage",
    "list_checkpoints",
    "load_checkpoint",
    "load_dataset",
    "save_checkpoint",
]


def __getattr__(name: str) -> Any:
    """Imports what is heavy when it is first used: probes need scikit-learn, which takes seconds to import."""
    if name == "leakage":
        from seqdisent.evaluation.arrays import leakage

        return leakage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
