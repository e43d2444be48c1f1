"""Sequential VAEs. A method is one file here and one line in :mod:`seqdisent.models.registry`."""

from seqdisent.models.base import SequentialVAE
from seqdisent.models.factory import build_model, config_from_json
from seqdisent.models.registry import MODELS, model_class

__all__ = ["MODELS", "SequentialVAE", "build_model", "config_from_json", "model_class"]
