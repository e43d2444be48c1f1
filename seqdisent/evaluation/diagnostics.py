"""Use of the codes: divergence from the prior, active units, collapse."""

from __future__ import annotations

from torch import Tensor

from seqdisent.evaluation.codes import Codes
from seqdisent.evaluation.schema import CodeDiagnostics, Diagnostics

# Variance of the posterior mean above which a unit counts as active (Burda et al., 2016).
ACTIVE_VARIANCE = 0.01
COLLAPSED_NATS = 0.5  # a code with less information about a sequence has collapsed


def diagnose(codes: Codes) -> Diagnostics:
    """Divergence from the prior and active units of both codes of a split."""
    static = _diagnose(codes.mean.static, codes.static_kl)
    steps = tuple(codes.dynamic_kl.mean(0).tolist())
    dynamic = _diagnose(_existing_steps(codes), codes.dynamic_kl, steps)
    return Diagnostics(static, dynamic)


def _diagnose(code: Tensor, kl: Tensor, kl_by_step: tuple[float, ...] = ()) -> CodeDiagnostics:
    """Diagnostics of posterior means ``[n, D]`` with divergences ``[N, parts]``."""
    nats = float(kl.sum(1).mean())
    active = int((code.var(0) > ACTIVE_VARIANCE).sum())
    return CodeDiagnostics(
        kl_nats=nats,
        units=code.shape[1],
        active_units=active,
        collapsed=nats < COLLAPSED_NATS or active == 0,
        kl_nats_by_step=kl_by_step,
    )


def _existing_steps(codes: Codes) -> Tensor:
    """The dynamic code of every step that exists, ``[steps, D]``."""
    mean = codes.mean
    return mean.dynamic.flatten(0, 1) if mean.mask is None else mean.dynamic[mean.mask]
