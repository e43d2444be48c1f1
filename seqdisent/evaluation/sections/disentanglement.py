"""Section: DCI and MIG over the dimensions of both codes, the dynamic one as its mean over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from seqdisent.evaluation.codes import Codes
from seqdisent.evaluation.disentanglement import dci, histogram_mig, independent_factors, mig
from seqdisent.evaluation.schema import Disentanglement, Report
from seqdisent.evaluation.sections.base import Context, Section
from seqdisent.evaluation.splits import Splits, first_labels, share_a_class
from seqdisent.evaluation.statistics import ClusterBootstrap
from seqdisent.evaluation.swap import independent_sources


def _measure(context: Context, report: Report) -> Report:
    train, test = context.codes.train, context.codes.test
    names = _scored_factors(context)
    if len(names) < 2:
        return report  # disentanglement compares factors
    train_labels = {name: first_labels(train.labels[name]) for name in names}
    test_labels = {name: first_labels(test.labels[name]) for name in names}
    static, dynamic = test.mean.static.shape[1], test.mean.dynamic.shape[2]
    blocks = {"static": slice(0, static), "dynamic": slice(static, static + dynamic)}
    codes = _joined(test)
    rate = ClusterBootstrap(independent_sources(context.test)).rate
    found = Disentanglement(
        dci=dci(_joined(train), train_labels, codes, test_labels, blocks=blocks, rate=rate),
        mig=mig(codes, test_labels),
        histogram_mig=histogram_mig(codes, test_labels),
    )
    return replace(report, disentanglement=found)


def _scored_factors(context: Context) -> list[str]:
    """Factors with classes that are not combinations of others.

    The measures are not defined for missing labels, nor for factors without a class that occurs in training.
    """
    codes = context.codes
    labels = {}
    for factor in context.spec.factors:
        if factor.continuous:
            continue
        values = first_labels(codes.test.labels[factor.name])
        if (values >= 0).all() and _shares_a_class(factor.name, codes):
            labels[factor.name] = values
    return independent_factors(labels)


def _shares_a_class(name: str, codes: Splits) -> bool:
    return share_a_class(codes.train.labels[name], codes.test.labels[name])


def _joined(codes: Codes) -> np.ndarray:
    """Static code and mean dynamic code, ``[N, S + D]``."""
    dynamic = codes.mean.timeline(1).mean(1)
    return torch.cat([codes.mean.static, dynamic], 1).numpy()


def _applies(context: Context) -> bool:
    return context.sample.full


DISENTANGLEMENT = Section("disentanglement", _measure, _applies)
