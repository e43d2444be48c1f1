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

from seqdisent.nn.voice import stretched

BLUR, HISS = 4, 0.3  # bands; units of the envelope, 20 dB


def scramble_colours(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Tensor:
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


def mirror(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of ``x [B, T, C, H, W]`` mirrored left to right with probability one half."""
    flip = (torch.rand(len(x), generator=generator) < 0.5).to(x.device)
    return torch.where(flip[:, None, None, None, None], x.flip(-1), x)


def _colours_and_mirror(
    x: Tensor, mask: Tensor, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    return mirror(x, mask, generator), scramble_colours(x, mask, generator)


def shift(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of ``x [B, T, C, H, W]`` moved as a whole by a random way, round the edges."""
    ways = (torch.rand(len(x), 2, generator=generator) * torch.tensor(x.shape[-2:])).long().tolist()
    return torch.stack([one.roll(way, (-2, -1)) for one, way in zip(x, ways, strict=True)])


def disguise_voice(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of WORLD steps ``x [B, T, 2, 67]`` as if another speaker had said it somewhere else.

    The mean and the spread of every band, of its pitch and its breath are taken off and those of another sequence of
    the batch put on (as AdaIN does: Chou et al. 2019);
    then the vocal tract stretches or shrinks by up to a fifth (the envelope along the mel scale), the movements of
    the pitch shrink or grow, a random smooth equaliser, a noise floor between -80 and -45 dB and hiss of 6 dB in every
    band are added, detail finer than four bands is blurred, and the breath is taken out. NANSY (Choi et al. 2021)
    perturbs the waveform so.
    """
    from seqdisent.audio.vocoder import BREATH, CENTRE_DB, DB, ENVELOPE, OCTAVE, PITCH

    b = len(x)
    uniform = lambda *shape: (torch.rand(*shape, generator=generator) * 2 - 1).to(x.device)
    other = torch.randperm(b, generator=generator).to(x.device)
    there = mask[..., None, None].to(x)
    count = there.sum((1, 2), keepdim=True) * x.shape[2]
    mean_of = lambda part: (part * there).sum((1, 2), keepdim=True) / count

    envelope = x[..., ENVELOPE]
    mean = mean_of(envelope)
    spread = mean_of((envelope - mean).square()).sqrt().clamp_min(0.05)
    envelope = (envelope - mean) * (spread[other] / spread) + mean[other]
    bands = envelope.shape[-1]
    warped = stretched(envelope, torch.exp(0.2 * uniform(b, 1)))
    waves = torch.cos(
        torch.pi / bands * torch.arange(bands, device=x.device)[None] * torch.arange(8)[:, None]
    )
    equaliser = ((uniform(b, 8) * 4.0 / DB) @ waves.to(x))[:, None, None]
    floor = (-62.5 + 17.5 * uniform(b, 1, 1, 1) - CENTRE_DB) / DB

    pitch = x[..., PITCH, None]
    hidden = torch.maximum(warped + equaliser, floor)
    blurred = torch.nn.functional.avg_pool1d(hidden.flatten(0, 2)[:, None], BLUR)
    blurred = torch.nn.functional.interpolate(blurred, size=bands, mode="linear")[:, 0].view_as(
        hidden
    )
    hiss = torch.randn(hidden.shape, generator=generator).to(x.device)
    out = x.clone()
    out[..., ENVELOPE] = blurred + HISS * hiss
    moved = (pitch - mean_of(pitch)) * torch.exp(0.4 * uniform(b, 1, 1, 1)) + mean_of(pitch)[other]
    out[..., PITCH, None] = moved + (OCTAVE * 4 / 12) * uniform(b, 1, 1, 1)
    out[..., BREATH] = 0
    return out


# name -> function(x, mask, generator) -> (view of the static posterior, view of the dynamic posterior)
PERTURBATIONS = {
    "none": lambda x, mask, generator: (x, x),
    "colours": lambda x, mask, generator: (x, scramble_colours(x, mask, generator)),
    "colours+mirror": _colours_and_mirror,
    "shift": lambda x, mask, generator: (shift(x, mask, generator), x),
    "voice": lambda x, mask, generator: (x, disguise_voice(x, mask, generator)),
}
