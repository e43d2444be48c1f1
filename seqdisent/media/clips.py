"""The clips that go into one file, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents, Sequences


@dataclass(frozen=True)
class Clips:
    """The content of a file.

    Args:
        spec: the declaration of their data set.
        names: of the N clips.
        batch: the clips, ``[N, T, *event]``.
        log_scale: for each clip the logarithm of the decoder's scale, ``[T, *event]``; None for real clips.
        columns: of the grid that pictures and plots are laid out in.
        starts: when each clip begins, where that is known.
        donors: of a swap, the rows of the clips that gave each clip its static and its dynamic code.
        latents: the codes that the clips were decoded from, if all were.
    """

    spec: DatasetSpec
    names: tuple[str, ...]
    batch: Sequences
    log_scale: tuple[Tensor | None, ...]
    columns: int
    starts: tuple[np.datetime64 | None, ...]
    donors: tuple[tuple[int, int], ...] = ()
    latents: Latents | None = None


Writer = Callable[[Clips], bytes]
