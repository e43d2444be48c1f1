"""Operations on codes: interpolate, traverse, swap in part, encode a prefix.

All of them take and return :class:`~seqdisent.types.Latents`; sampling and continuing are the model's
(:meth:`~seqdisent.models.base.SequentialVAE.sample`, :meth:`~seqdisent.models.base.SequentialVAE.extend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.types import Latents

Path = Literal["spherical", "linear"]
What = Literal["static", "dynamic", "both"]
PATHS: tuple[Path, ...] = ("spherical", "linear")
WHATS: tuple[What, ...] = ("static", "dynamic", "both")

LEAST_NORM = 1e-9  # of a code that has a direction
LEAST_SINE = 1e-4  # of the angle between two codes that have an arc between them


def interpolate_codes(a: Tensor, b: Tensor, w: Tensor, path: Path = "spherical") -> Tensor:
    """Codes from ``a`` (at ``w = 0``) to ``b`` (at 1), ``[..., N]``, all of which broadcast.

    Spherical: the angle changes at a constant rate and the norm linearly, so that a code between two samples of N(0, I)
    is as long as a sample (Shoemake 1985; White, arXiv 1609.04468). Codes of the same or the opposite direction have
    no arc between them: these, and codes of norm zero, are joined by a line.

    Raises:
        ValueError: for an unknown ``path``.
    """
    if path not in PATHS:
        raise UsageError(f"no path {path!r}; choose from {list(PATHS)}")
    line = torch.lerp(a, b, w)
    if path == "linear":
        return line
    norm_a = _norm(a)
    norm_b = _norm(b)
    direction_a = a / norm_a
    direction_b = b / norm_b
    cosine = (direction_a * direction_b).sum(-1, keepdim=True).clamp(-1, 1)
    angle = torch.acos(cosine)
    sine = torch.sin(angle)
    part_a = torch.sin((1 - w) * angle) * direction_a
    part_b = torch.sin(w * angle) * direction_b
    direction = (part_a + part_b) / sine.clamp_min(1e-12)
    arc = direction * torch.lerp(norm_a, norm_b, w)
    has_arc = (sine > LEAST_SINE) & (norm_a > LEAST_NORM) & (norm_b > LEAST_NORM)
    return torch.where(has_arc, arc, line)


def interpolate(
    a: Latents,
    b: Latents,
    weights: Sequence[float],
    *,
    what: What = "static",
    path: Path = "spherical",
) -> Latents:
    """A sequence for each weight, from ``a`` (at 0) to ``b`` (at 1); both are batches of one.

    Args:
        what: ``"static"`` and ``"dynamic"`` interpolate that code and keep the other code of ``a``; ``"both"``
            interpolates both. Dynamics are interpolated step by step; of sequences of different lengths a step exists
            where either has it.
        path: see :func:`interpolate_codes`.

    Raises:
        ValueError: for an unknown ``what`` or ``path``, no weights, or more than one sequence on a side.
    """
    if what not in WHATS:
        raise UsageError(f"no interpolation of {what!r}; choose from {list(WHATS)}")
    if not len(weights) or len(a) != 1 or len(b) != 1:
        raise UsageError(
            f"give one sequence at each end and some weights, not {len(a)}, {len(b)} and {len(weights)}"
        )
    w = torch.as_tensor(weights, dtype=a.static.dtype)[:, None]
    result = repeat(a, len(w))
    if what in ("static", "both"):
        result = replace(result, static=interpolate_codes(a.static, b.static, w, path))
    if what in ("dynamic", "both"):
        dynamic = interpolate_codes(a.dynamic, b.dynamic, w[..., None], path)
        result = replace(result, dynamic=dynamic, mask=_either_mask(a, b, len(w)))
    return result


def traverse(
    latents: Latents, code: Literal["static", "dynamic"], dimension: int, values: Sequence[float]
) -> Latents:
    """One sequence, a batch of one, for each value: a static dimension *set* to it, a dynamic one *shifted* by it.

    Args:
        dimension: of the code, counted from 0. A dynamic dimension is shifted alike at all steps, so that its movement
            stays.
        values: in standard deviations of the prior of s.

    Raises:
        ValueError: for a dimension that the code does not have.
    """
    size = getattr(latents, code).shape[-1]
    if not 0 <= dimension < size:
        raise UsageError(f"the {code} code has dimensions 0 to {size - 1}, not {dimension}")
    repeated = repeat(latents, len(values))
    new_values = torch.as_tensor(values, dtype=latents.static.dtype)
    if code == "static":
        static = repeated.static.clone()
        static[:, dimension] = new_values
        return replace(repeated, static=static)
    dynamic = repeated.dynamic.clone()
    dynamic[:, :, dimension] += new_values[:, None]
    return replace(repeated, dynamic=dynamic)


def partial_swap(
    a: Latents,
    b: Latents,
    *,
    static: Sequence[int] = (),
    dynamic: Sequence[int] = (),
    steps: Sequence[int] = (),
) -> Latents:
    """``a`` with the chosen parts of ``b``.

    Args:
        static: dimensions of the static code to take from ``b``.
        dynamic: dimensions of the dynamic code to take from ``b``, at the chosen steps.
        steps: steps, counted from 0; none with dynamic dimensions means all steps, and steps without dynamic dimensions
            take all dimensions there.

    Raises:
        ValueError: if nothing is chosen, or something that does not exist.
    """
    if not (len(static) or len(dynamic) or len(steps)):
        raise UsageError("a partial swap of nothing changes nothing: choose dimensions or steps")
    common_steps = min(a.dynamic.shape[1], b.dynamic.shape[1])
    _check_indices("static dimensions", static, a.static.shape[1])
    _check_indices("dynamic dimensions", dynamic, a.dynamic.shape[2])
    _check_indices("steps that both have", steps, common_steps)
    new_static = a.static.clone()
    new_static[:, list(static)] = b.static[:, list(static)]
    new_dynamic = a.dynamic.clone()
    if len(dynamic) or len(steps):
        chosen_steps = list(steps) or list(range(common_steps))
        chosen_dimensions = list(dynamic) or list(range(a.dynamic.shape[2]))
        rows = torch.as_tensor(chosen_steps)[:, None]
        columns = torch.as_tensor(chosen_dimensions)[None]
        new_dynamic[:, rows, columns] = b.dynamic[:, rows, columns]
    return replace(a, static=new_static, dynamic=new_dynamic)


def encode_prefix(
    model: SequentialVAE, x: Tensor, steps: int, mask: Tensor | None = None
) -> Latents:
    """Posterior means of the first ``steps`` of ``x [1, T, *event]``, to continue from; later steps are not read.

    A model that encodes sequences of one length only (:attr:`SequentialVAE.fixed_frames`) is given the full sequence:
    its codes depend on the later steps too.

    Args:
        steps: all of these must exist.
        mask: ``[1, T]``, true for the steps that exist; all exist by default.

    Raises:
        ValueError: if there are not so many steps.
    """
    if not 1 <= steps <= x.shape[1]:
        raise UsageError(
            f"a prefix is 1 to {x.shape[1]} steps, the length of the sequence; not {steps}"
        )
    if model.fixed_frames is not None:
        full = model.encode(x, mask, sample=False).latents
        return Latents(full.static, full.dynamic[:, :steps])
    return model.encode(x[:, :steps], sample=False).latents


def repeat(latents: Latents, n: int) -> Latents:
    """A batch of one, ``n`` times."""
    mask = latents.mask
    return Latents(
        latents.static.expand(n, -1),
        latents.dynamic.expand(n, -1, -1),
        None if mask is None else mask.expand(n, -1),
    )


def _norm(code: Tensor) -> Tensor:
    """``[..., N] -> [..., 1]``, never zero."""
    return code.norm(dim=-1, keepdim=True).clamp_min(1e-12)


def _check_indices(name: str, chosen: Sequence[int], count: int) -> None:
    if any(not 0 <= index < count for index in chosen):
        raise UsageError(f"there are {count} {name}, counted from 0; not {sorted(chosen)}")


def _either_mask(a: Latents, b: Latents, n: int) -> Tensor | None:
    """``[n, K]``: the steps that exist in ``a`` or in ``b``; ``None`` if all do."""
    if a.mask is None or b.mask is None:
        return None
    return (a.mask | b.mask).expand(n, -1)
