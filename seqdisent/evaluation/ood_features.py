"""Features of a sequence for :mod:`seqdisent.evaluation.out_of_distribution`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from seqdisent.data.timeseries.normalise import in_units
from seqdisent.models import SequentialVAE
from seqdisent.spec import DatasetSpec, Variable
from seqdisent.tables.match_variables import number
from seqdisent.types import Sequences, squared_error


@dataclass(frozen=True)
class Kind:
    """What is measured.

    Args:
        name: for people, in "The ..., 231 Hz, is above ...".
        digits: behind the point; None for three figures.
        two_sided: whether little of it is as foreign as much.
        ratio: whether it is compared on a logarithmic scale.
        meaning: what much of it says.
        least: smaller differences do not count.
    """

    name: str
    unit: str = ""
    digits: int | None = 1
    two_sided: bool = False
    ratio: bool = True
    meaning: str = ""
    least: float = 1e-6

    def words(self, value: float) -> str:
        """``"231 Hz"``."""
        figures = number(value) if self.digits is None else f"{value:,.{self.digits}f}"
        return f"{figures} {self.unit}".strip()


KINDS = {  # errors are root mean squares over the steps that exist, in dB and in units of x
    "pitch": Kind("median pitch", "Hz", 0, two_sided=True),
    "voiced": Kind("voiced part", "%", 0, two_sided=True, ratio=False),
    "duration": Kind("length", "s", 2, two_sided=True),
    "envelope": Kind(
        "error of the rebuilt spectrum", "dB", meaning="the model cannot rebuild it well"
    ),
    "error": Kind(
        "error of the rebuilt sequence", digits=3, meaning="the model cannot rebuild it well"
    ),
    "static": Kind(
        "distance of its static code from the nearest known ones", meaning="nobody known is like it"
    ),
    "dynamic": Kind(
        "distance of its mean dynamic code from the nearest known ones",
        meaning="none goes on like it",
    ),
}
ABOVE = Kind("energy above what the model hears", "%", ratio=False)
MISSING = Kind(
    "missing part",
    "%",
    0,
    ratio=False,
    meaning="the model must guess more than it is used to",
    least=2.0,
)


def kinds_of(spec: DatasetSpec) -> dict[str, Kind]:
    """What is measured of the sequences of a data set: of series also levels, and how much is missing."""
    if not spec.variables:
        return KINDS
    levels = {
        _level(v): Kind(f"typical {v.name}", v.unit, None, two_sided=True, ratio=v.log)
        for v in spec.variables
    }
    return KINDS | {"missing": MISSING} | levels


def _level(variable: Variable) -> str:
    return f"level of {variable.name}"


@torch.inference_mode()
def measured(
    model: SequentialVAE, batch: Sequences
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What is measured of each sequence ``[B]``, NaN where there is none, and its codes ``[B, F]``."""
    latents = model.encode(batch.x, batch.mask, sample=False).latents
    squared = squared_error(model.decode(latents), batch.x)
    there = ~batch.x.isnan() & batch.mask.reshape(*batch.mask.shape, *[1] * (batch.x.ndim - 2))
    steps = batch.mask.sum(1)
    mean = lambda some: (
        ((squared * there)[some].flatten(1).sum(1) / there[some].flatten(1).sum(1)).sqrt().numpy()
    )
    values = {"error": mean(...)}
    if model.spec.modality == "speech":
        from seqdisent.audio import vocoder

        frames = [
            vocoder.to_frames(x, n) for x, n in zip(batch.x.numpy(), steps.tolist(), strict=True)
        ]
        values["envelope"] = vocoder.DB * mean(vocoder.ENVELOPE)
        values["pitch"] = np.array([vocoder.median_pitch_hz(f) for f in frames])
        values["voiced"] = np.array([100 * (vocoder.pitch_hz(f) > 0).mean() for f in frames])
        values["duration"] = steps.numpy() / model.spec.rate_hz
    if model.spec.variables:
        values |= _of_series(batch, there, model.spec)
    codes = {"static": latents.static.numpy(), "dynamic": latents.timeline(1).mean(1).numpy()}
    return values, codes


def _of_series(batch: Sequences, there: torch.Tensor, spec: DatasetSpec) -> dict[str, np.ndarray]:
    """Level of each variable, its median in units, and the percentage of values that are missing."""
    values = torch.where(there, batch.x, torch.nan).flatten(1, -2)
    units = in_units(values.nanmedian(1).values, spec.variables)
    most = batch.mask.sum(1) * batch.x[0, 0].numel()
    missing = 100 * (1 - there.flatten(1).sum(1) / most)
    return {"missing": missing.numpy()} | {
        _level(v): units[:, c] for c, v in enumerate(spec.variables)
    }
