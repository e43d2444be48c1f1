"""Use of the codes: divergence from the prior, active units, collapse."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from seqdisent.evaluation.codes import Codes
from seqdisent.evaluation.schema import CodeDiagnostics, Diagnostics

# Variance of the posterior mean above which a unit counts as active (Burda et al., 2016).
ACTIVE_VARIANCE = 0.01
COLLAPSED_NATS = 0.5  # a code with less information about a sequence has collapsed


def diagnose(codes: Codes, pruned: Collection[str] = ()) -> Diagnostics:
    """Divergence from the prior and active units of both codes of a split.

    Args:
        pruned: the codes that were projected on a subspace (:mod:`seqdisent.models.pruning`), ``"static"``,
            ``"dynamic"``. All of their dimensions vary, but together, so directions are counted.
    """
    joined_steps = "dynamic" in pruned
    steps = tuple(codes.dynamic_kl.mean(0).tolist())
    dynamic = codes.mean.dynamic.flatten(1) if joined_steps else _existing_steps(codes)
    return Diagnostics(
        static=_diagnose(codes.mean.static, codes.static_kl, "static" in pruned),
        dynamic=_diagnose(dynamic, codes.dynamic_kl, joined_steps, steps),
    )


def _diagnose(
    code: Tensor, kl: Tensor, pruned: bool, kl_by_step: tuple[float, ...] = ()
) -> CodeDiagnostics:
    """Diagnostics of posterior means ``[n, D]`` with divergences ``[N, parts]``."""
    nats = float(kl.sum(1).mean())
    variances = torch.linalg.eigvalsh(torch.cov(code.double().T)) if pruned else code.var(0)
    active = int((variances > ACTIVE_VARIANCE).sum())
    return CodeDiagnostics(
        kl_nats=nats,
        units=code.shape[1],
        active_units=active,
        collapsed=nats < COLLAPSED_NATS or active == 0,
        kl_nats_by_step=kl_by_step,
        pruned=pruned,
    )


def _existing_steps(codes: Codes) -> Tensor:
    """The dynamic code of every step that exists, ``[steps, D]``."""
    mean = codes.mean
    return mean.dynamic.flatten(0, 1) if mean.mask is None else mean.dynamic[mean.mask]
