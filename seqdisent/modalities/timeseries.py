"""Time series: windows ``[steps, variables]`` of measured variables, in deviations of the training split."""

from __future__ import annotations

import math

from seqdisent.media import export_timeseries
from seqdisent.modalities.base import Limits, Modality, Nouns
from seqdisent.spec import DatasetSpec


class TimeSeries(Modality):
    """Recordings of several variables: the static code is what is usual there, the dynamic code what happens."""

    name = "timeseries"
    title = "time series"
    nouns = Nouns(
        sequence="sequence",
        step="window",
        static="level",
        dynamic="trend",
        static_question="who or where it is",
        dynamic_question="what happens",
        output="series",
        input="tables",
        swap="{dynamic}'s trend at {static}'s level",
    )
    limits = Limits(frames=500, amount=200_000, unit="values")
    writers = export_timeseries.WRITERS
    swap_order = "by these names: a, b, a_like_b, b_like_a"
    has_variables = True

    def steps_label(self, spec: DatasetSpec) -> str:
        return f"windows of {spec.event_shape[0]}"

    def amount_per_step(self, spec: DatasetSpec) -> int:
        return math.prod(spec.event_shape)


TIMESERIES = TimeSeries()
