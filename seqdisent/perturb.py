"""Information perturbation: two views of a sequence that each hide what the other code should hold.

The papers' objective cannot tell a static factor that never changes (identity) from a dynamic one
that happens not to change within a sequence (the direction a character faces): either code may
hold either. Perturbing the *inputs of the posteriors* breaks the tie without labels: the
static posterior sees a frame that may be mirrored, the dynamic posterior a sequence whose colours
are scrambled, while the decoder must still restore the original. What a view cannot tell, its code
cannot hold. The idea is that of C-DSVAE's content and motion augmentations (Bai et al. 2021) and
of NANSY's information perturbation for speech (Choi et al. 2021), used here without a contrastive
or adversarial term. Perturbation happens in training only.
"""

from __future__ import annotations

import torch
from torch import Tensor


def scramble_colours(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One random colour map for each sequence of ``x [B, T, C, H, W]`` in 0..1; shapes stay.

    Channels are remixed by random convex weights, then each goes through a random tone curve:
    a power, and for half of them a fold ``|v - a|``, so that not even light and dark keep order.
    """
    b, _, c = x.shape[:3]
    uniform = lambda *shape: torch.rand(*shape, generator=generator).to(x.device)
    weights = (-uniform(b, c, c).clamp_min(1e-6).log()).square()  # sparse: often near a permutation
    mixed = torch.einsum("boi,btihw->btohw", weights / weights.sum(-1, keepdim=True), x)
    gamma = torch.exp2(uniform(b, 1, c, 1, 1) * 2.4 - 1.2)
    fold = uniform(b, 1, c, 1, 1) * (uniform(b, 1, c, 1, 1) < 0.5)
    mixed = mixed.clamp(1e-4, 1).pow(gamma)
    return (mixed - fold).abs() / torch.maximum(fold, 1 - fold)


def mirror(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of ``x [B, T, C, H, W]`` mirrored left to right with probability one half."""
    flip = (torch.rand(len(x), generator=generator) < 0.5).to(x.device)
    return torch.where(flip[:, None, None, None, None], x.flip(-1), x)


def _colours_and_mirror(x: Tensor, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
    return mirror(x, generator), scramble_colours(x, generator)


# name -> function(x, generator) -> (view of the static posterior, view of the dynamic posterior)
PERTURBATIONS = {
    "none": lambda x, generator: (x, x),
    "colours": lambda x, generator: (x, scramble_colours(x, generator)),
    "colours+mirror": _colours_and_mirror,
}
