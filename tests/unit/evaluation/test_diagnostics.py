"""Active units: dimensions of a code, directions of a pruned one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqdisent.evaluation.codes import Codes
from seqdisent.evaluation.diagnostics import diagnose
from seqdisent.types import Latents

N, STEPS = 200, 8


def codes_of(static: torch.Tensor, dynamic: torch.Tensor) -> Codes:
    """Codes with these posterior means, and a divergence of 2 nats a sequence."""
    mean = Latents(static, dynamic)
    return Codes(
        mean,
        mean,
        torch.full(static.shape, 2 / static.shape[1]),
        torch.full((N, STEPS), 2 / STEPS),
        {},
        np.arange(N),
    )


def low_rank(size: int, rank: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    coordinates = torch.randn(N, rank, generator=generator)
    return coordinates @ torch.randn(rank, size, generator=generator) + 3.0


def test_active_units_of_a_pruned_code_are_its_directions() -> None:
    codes = codes_of(low_rank(128, 11, 0), low_rank(STEPS * 16, 10, 1).unflatten(1, (STEPS, 16)))
    found = diagnose(codes, ("static", "dynamic"))
    assert (found.static.active_units, found.static.units) == (11, 128)
    # Steps are pruned as one code.
    assert (found.dynamic.active_units, found.dynamic.units) == (10, 128)
    assert found.static.pruned and found.dynamic.pruned
    assert found.static.kl_nats == pytest.approx(2, rel=1e-4) and not found.static.collapsed
    assert len(found.dynamic.kl_nats_by_step) == STEPS


def test_active_units_of_other_codes_are_dimensions() -> None:
    static = low_rank(8, 8, 0)
    static[:, 5:] *= 1e-3
    found = diagnose(codes_of(static, low_rank(STEPS * 4, 10, 1).unflatten(1, (STEPS, 4))))
    assert (found.static.active_units, found.static.units) == (5, 8)
    assert (found.dynamic.active_units, found.dynamic.units) == (4, 4)
    assert not found.static.pruned and not found.dynamic.pruned


def test_a_code_that_never_varies_has_collapsed() -> None:
    constant = codes_of(torch.ones(N, 4), torch.zeros(N, STEPS, 2))
    assert diagnose(constant, ("static",)).static.collapsed
