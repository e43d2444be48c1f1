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


def disguise_voice(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of WORLD steps ``x [B, T, 2, 67]`` as if another speaker had said it somewhere else.

    The pitch moves by up to 8 semitones and its movements shrink or grow; the vocal tract stretches or shrinks by up
    to a fifth (the envelope along the mel scale); the recording goes through a random smooth equaliser, its contrast
    changes, and a noise floor between -80 and -45 dB hides what is below it; the breath changes. What NANSY does to
    the waveform (Choi et al. 2021), done to the frames.
    """
    from seqdisent.audio.world import BREATH, CENTRE_DB, DB, ENVELOPE, OCTAVE, PITCH

    b = len(x)
    uniform = lambda *shape: (torch.rand(*shape, generator=generator) * 2 - 1).to(x.device)
    envelope = x[..., ENVELOPE]
    bands = envelope.shape[-1]
    at = torch.arange(bands, device=x.device, dtype=x.dtype) * torch.exp(0.2 * uniform(b, 1))
    low = at.floor().clamp_max(bands - 1).long()
    high, part = (low + 1).clamp_max(bands - 1), (at - low).clamp(0, 1)
    pick = lambda index: envelope.gather(-1, index[:, None, None].expand_as(envelope))
    warped = pick(low) * (1 - part[:, None, None]) + pick(high) * part[:, None, None]
    waves = torch.cos(torch.pi / bands * torch.arange(bands, device=x.device)[None] * torch.arange(8)[:, None])
    equaliser = (uniform(b, 8) * 6.0 / DB) @ waves.to(x)
    centre = warped.mean(1, keepdim=True)
    heard = centre + (warped - centre) * (1 + 0.25 * uniform(b, 1, 1, 1)) + equaliser[:, None, None]
    floor = (-62.5 + 17.5 * uniform(b, 1, 1, 1) - CENTRE_DB) / DB
    pitch = x[..., PITCH]
    mean = pitch.mean((1, 2), keepdim=True)
    out = x.clone()
    out[..., ENVELOPE] = torch.maximum(heard, floor)
    out[..., PITCH] = (pitch - mean) * torch.exp(0.4 * uniform(b, 1, 1)) + mean + (OCTAVE * 8 / 12) * uniform(b, 1, 1)
    out[..., BREATH] = x[..., BREATH] + 0.5 * uniform(b, 1, 1)
    return out


# name -> function(x, generator) -> (view of the static posterior, view of the dynamic posterior)
PERTURBATIONS = {
    "none": lambda x, generator: (x, x),
    "colours": lambda x, generator: (x, scramble_colours(x, generator)),
    "colours+mirror": _colours_and_mirror,
    "voice": lambda x, generator: (x, disguise_voice(x, generator)),
}
