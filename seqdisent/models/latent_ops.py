"""What people do with codes beside a swap: interpolate, traverse, and swap in part.

Everything here takes and gives :class:`~seqdisent.types.Latents`; drawing and going on are the model's
(:meth:`~seqdisent.models.SequentialVAE.sample`, :meth:`~seqdisent.models.SequentialVAE.extend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from seqdisent.models import SequentialVAE
from seqdisent.types import Latents

Path = Literal["spherical", "linear"]
What = Literal["static", "dynamic", "both"]
PATHS, WHATS = ("spherical", "linear"), ("static", "dynamic", "both")


def between(a: Tensor, b: Tensor, w: Tensor, path: Path = "spherical") -> Tensor:
    """Codes from ``a`` (at ``w = 0``) to ``b`` (at 1), all of which broadcast; the last axis is the code.

    Spherical: the angle moves at a constant rate and the length linearly, so that a code between two draws from
    N(0, I) is as long as a draw (Shoemake 1985; White, arXiv 1609.04468). Codes that point the same way, or opposite
    ways, have no arc between them: these, and codes of length zero, are joined by a line.
    """
    if path not in PATHS:
        raise ValueError(f"no path {path!r}; choose from {list(PATHS)}")
    line = torch.lerp(a, b, w)
    if path == "linear":
        return line
    size = lambda code: code.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    one, other = a / size(a), b / size(b)
    angle = torch.acos((one * other).sum(-1, keepdim=True).clamp(-1, 1))
    sine = torch.sin(angle)
    arc = (torch.sin((1 - w) * angle) * one + torch.sin(w * angle) * other) / sine.clamp_min(1e-12)
    has_arc = (sine > 1e-4) & (size(a) > 1e-9) & (size(b) > 1e-9)
    return torch.where(has_arc, arc * torch.lerp(size(a), size(b), w), line)


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
        what: ``"static"`` and ``"dynamic"`` move that code and keep the other of ``a``; ``"both"`` moves whole
            sequences. Dynamics move step by step; of sequences of different lengths a step exists where either has it.

    Raises:
        ValueError: for an unknown ``what`` or ``path``, no weights, or more than one sequence on a side.
    """
    if what not in WHATS:
        raise ValueError(f"no interpolation of {what!r}; choose from {list(WHATS)}")
    if not len(weights) or len(a) != 1 or len(b) != 1:
        raise ValueError(
            f"give one sequence at each end and some weights, not {len(a)}, {len(b)} and {len(weights)}"
        )
    w = torch.as_tensor(weights, dtype=a.static.dtype)[:, None]
    static = (
        between(a.static, b.static, w, path) if what != "dynamic" else a.static.expand(len(w), -1)
    )
    if what == "static":
        return replace(repeat(a, len(w)), static=static)
    dynamic = between(a.dynamic, b.dynamic, w[..., None], path)
    return Latents(static, dynamic, _either(a, b, len(w)))


def traverse(
    latents: Latents, code: Literal["static", "dynamic"], dimension: int, values: Sequence[float]
) -> Latents:
    """One sequence, a batch of one, for each value: a static dimension *set* to it, a dynamic one *shifted* by it.

    Values are in standard deviations of the prior of s; a dynamic dimension moves alike at all steps, so that what
    happens in it stays to be seen.

    Raises:
        ValueError: for a dimension that the code does not have.
    """
    held = getattr(latents, code)
    if not 0 <= dimension < held.shape[-1]:
        raise ValueError(
            f"the {code} code has dimensions 0 to {held.shape[-1] - 1}, not {dimension}"
        )
    many = repeat(latents, len(values))
    moved = getattr(many, code).clone()
    to = torch.as_tensor(values, dtype=moved.dtype)
    if code == "static":
        moved[:, dimension] = to
    else:
        moved[:, :, dimension] += to[:, None]
    return replace(many, **{code: moved})


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
        static: dimensions of the static code that are ``b``'s.
        dynamic: dimensions of the dynamic code that are ``b``'s, at the chosen steps.
        steps: steps, counted from 0; none with dynamic dimensions means all steps, and steps without dynamic
            dimensions take the whole of the dynamic code there.

    Raises:
        ValueError: if nothing is chosen, or something that is not there.
    """
    if not (len(static) or len(dynamic) or len(steps)):
        raise ValueError("a partial swap of nothing changes nothing: choose dimensions or steps")
    k = min(a.dynamic.shape[1], b.dynamic.shape[1])
    for name, chosen, count in (
        ("static dimensions", static, a.static.shape[1]),
        ("dynamic dimensions", dynamic, a.dynamic.shape[2]),
        ("steps that both have", steps, k),
    ):
        if any(not 0 <= one < count for one in chosen):
            raise ValueError(f"there are {count} {name}, counted from 0; not {sorted(chosen)}")
    s, z = a.static.clone(), a.dynamic.clone()
    s[:, list(static)] = b.static[:, list(static)]
    if len(dynamic) or len(steps):
        rows = torch.as_tensor(list(steps) or range(k))[:, None]
        columns = torch.as_tensor(list(dynamic) or range(z.shape[2]))[None]
        z[:, rows, columns] = b.dynamic[:, rows, columns]
    return replace(a, static=s, dynamic=z)


def beginning(model: SequentialVAE, x: Tensor, steps: int, mask: Tensor | None = None) -> Latents:
    """Codes of the first ``steps`` of ``x [1, T, *event]``, to go on from; what comes after them is not seen.

    All of these steps must exist; ``mask [1, T]`` says which others do.

    A model whose dynamic code was cut for one length (``config.dynamic_rank``) reads whole sequences only: of such a
    one these are codes that were read with the rest in view.

    Raises:
        ValueError: if there are not so many steps.
    """
    if not 1 <= steps <= x.shape[1]:
        raise ValueError(
            f"a beginning is 1 to {x.shape[1]} steps, the length of the sequence; not {steps}"
        )
    if model.config.dynamic_rank:
        whole = model.encode(x, mask, sample=False).latents
        return Latents(whole.static, whole.dynamic[:, :steps])
    return model.encode(x[:, :steps], sample=False).latents


def repeat(latents: Latents, n: int) -> Latents:
    """A batch of one, ``n`` times."""
    many = lambda code: None if code is None else code.expand(n, *code.shape[1:])
    return Latents(many(latents.static), many(latents.dynamic), many(latents.mask))


def _either(a: Latents, b: Latents, n: int) -> Tensor | None:
    if a.mask is None or b.mask is None:
        return None
    return (a.mask | b.mask).expand(n, -1)
