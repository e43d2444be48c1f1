"""Time series: windows ``[steps, variables]`` of measured variables, in deviations of the training split."""

from __future__ import annotations

import math

import numpy as np
import torch

from seqdisent.data.timeseries.normalise import in_units
from seqdisent.media import export_timeseries
from seqdisent.modalities.base import Limits, Modality, Nouns
from seqdisent.modalities.features import COMMON, Feature, Reconstruction
from seqdisent.spec import DatasetSpec, Variable

MISSING = Feature(
    "missing part",
    "%",
    0,
    ratio=False,
    meaning="the model must guess more than it is used to",
    least=2.0,
)


class TimeSeries(Modality):
    """Recordings of several variables: the static code is what is usual there, the dynamic code what happens."""

    name = "timeseries"
    title = "time series"
    nouns = Nouns(
        sequence="sequence",
        step="window",
        static="baseline",
        dynamic="dynamics",
        static_question="who or where it is",
        dynamic_question="what happens",
        output="series",
        input="tables",
        swap="{dynamic}'s dynamics at {static}'s baseline",
    )
    limits = Limits(frames=500, amount=200_000, unit="values")
    writers = export_timeseries.WRITERS
    swap_order = "by these names: a, b, a_like_b, b_like_a"
    has_variables = True

    def features(self, spec: DatasetSpec) -> dict[str, Feature]:
        levels = {
            _level_key(v): Feature(f"typical {v.name}", v.unit, None, two_sided=True, ratio=v.log)
            for v in spec.variables
        }
        return COMMON | {"missing": MISSING} | levels

    def measure_features(
        self, reconstruction: Reconstruction, spec: DatasetSpec
    ) -> dict[str, np.ndarray]:
        batch, observed = reconstruction.batch, reconstruction.observed
        existing = batch.mask.sum(1) * math.prod(spec.event_shape)
        missing = 100 * (1 - observed.flatten(1).sum(1) / existing)
        values = torch.where(observed, batch.x, torch.nan).flatten(1, -2)
        levels = in_units(values.nanmedian(1).values, spec.variables)
        found = {"missing": missing.numpy()}
        for column, variable in enumerate(spec.variables):
            found[_level_key(variable)] = levels[:, column]
        return found

    def steps_label(self, spec: DatasetSpec) -> str:
        return f"windows of {spec.event_shape[0]}"

    def amount_per_step(self, spec: DatasetSpec) -> int:
        return math.prod(spec.event_shape)


def _level_key(variable: Variable) -> str:
    return f"level of {variable.name}"


TIMESERIES = TimeSeries()
