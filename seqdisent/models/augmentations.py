"""Augmentations of the posteriors' inputs: two views of a sequence that each hide what the other code should hold.

The papers' objective cannot distinguish a static factor that never changes (identity) from a dynamic one that happens
not to change within a sequence (the direction a character faces): either code may hold either. Augmenting the *inputs
of the posteriors* breaks this symmetry without labels: the static posterior is given a frame that may be mirrored, the
dynamic posterior a sequence whose colours are scrambled, while the decoder must still reconstruct the original. What
cannot be predicted from a view, its code cannot hold. The idea is that of C-DSVAE's content and motion augmentations
(Bai et al. 2021) and of NANSY's information perturbation for speech (Choi et al. 2021), used here without a contrastive
or adversarial term. Augmentation happens in training only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from seqdisent.audio.vocoder import APERIODICITY, BANDS, CENTRE_DB, DB, ENVELOPE, OCTAVE, PITCH
from seqdisent.errors import UsageError

# -- of disguise_voice -----------------------------------------------------------------------------
LEAST_SPREAD = 0.05  # of a band, in units of the envelope (20 dB)
WARP = 0.2  # largest stretch of the envelope, natural logarithm
EQUALISER_TERMS, EQUALISER_DB = 8, 4.0  # cosine terms, and the largest amplitude of each
NOISE_FLOOR_DB, NOISE_FLOOR_RANGE_DB = -62.5, 17.5  # middle and half width of the range
BLUR_BANDS = 4
NOISE = 0.3  # standard deviation in units of the envelope: 6 dB
PITCH_RANGE = 0.4  # largest scaling of the pitch's movement, natural logarithm
PITCH_SHIFT = OCTAVE * 4 / 12  # four semitones, in units of the pitch


class Views(NamedTuple):
    """What the posteriors are given, both ``[B, T, *event]``; the same tensor if neither is augmented."""

    static: Tensor
    dynamic: Tensor


Augmentation = Callable[[Tensor, Tensor, torch.Generator | None], Views]


def no_augmentation(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Views:
    """Both posteriors are given the sequence as it is."""
    return Views(x, x)


def colours_and_mirror(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Views:
    """For video: the static posterior is given mirrored frames, the dynamic one scrambled colours."""
    mirrored = mirror(x, generator)
    return Views(static=mirrored, dynamic=scramble_colours(x, generator))


def disguised_voice(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Views:
    """For speech: the dynamic posterior is given a disguised voice."""
    return Views(static=x, dynamic=disguise_voice(x, mask, generator))


# VASTConfig.augmentation -> function(x [B, T, *event], mask [B, T], generator)
AUGMENTATIONS: dict[str, Augmentation] = {
    "none": no_augmentation,
    "colours+mirror": colours_and_mirror,
    "voice": disguised_voice,
}


def augmentation(name: str) -> Augmentation:
    """The augmentation called ``name``; ``ValueError`` names those there are."""
    if name not in AUGMENTATIONS:
        raise UsageError(f"no augmentation {name!r}; choose from {sorted(AUGMENTATIONS)}")
    return AUGMENTATIONS[name]


def scramble_colours(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One random colour map for each sequence of ``x [B, T, C, H, W]`` in 0..1; shapes in the image stay.

    Channels are remixed by random convex weights, then each goes through a random tone curve: a power, and for half
    of them a fold ``|v - a|``, so that not even light and dark keep their order.
    """
    b, _, c = x.shape[:3]

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(x.device)

    # Sparse weights: the remixing is often close to a permutation.
    weights = (-uniform(b, c, c).clamp_min(1e-6).log()).square()
    weights = weights / weights.sum(-1, keepdim=True)
    mixed = torch.einsum("boi,btihw->btohw", weights, x)
    power = torch.exp2(uniform(b, 1, c, 1, 1) * 2.4 - 1.2)
    fold = uniform(b, 1, c, 1, 1)
    is_folded = uniform(b, 1, c, 1, 1) < 0.5
    fold = fold * is_folded
    toned = mixed.clamp(1e-4, 1).pow(power)
    return (toned - fold).abs() / torch.maximum(fold, 1 - fold)


def mirror(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of ``x [B, T, C, H, W]`` mirrored left to right with probability one half."""
    flip = (torch.rand(len(x), generator=generator) < 0.5).to(x.device)
    return torch.where(flip[:, None, None, None, None], x.flip(-1), x)


def disguise_voice(x: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each sequence of WORLD steps ``x [B, T, 2, 67]`` as if spoken by another speaker in another room.

    The mean and the spread of every band, of its pitch and its breath are replaced by those of another sequence of the
    batch (as AdaIN does: Chou et al. 2019). Then the vocal tract is stretched or shrunk by up to a fifth (the envelope
    along the mel scale), the movements of the pitch are scaled, a random smooth equaliser, a noise floor between -80
    and -45 dB and noise of 6 dB in every band are added, detail finer than four bands is blurred, and the breath is
    removed. NANSY (Choi et al. 2021) perturbs the waveform in this way.

    Args:
        mask: ``[B, T]``, true where a step exists.
    """
    sequences = len(x)

    def uniform(*shape: int) -> Tensor:
        """Uniform in -1..1."""
        return (torch.rand(*shape, generator=generator) * 2 - 1).to(x.device)

    def masked_mean(values: Tensor) -> Tensor:
        """Mean of ``[B, T, 2, C]`` over the existing frames, ``[B, 1, 1, C]``."""
        return (values * exists).sum((1, 2), keepdim=True) / frames

    donor = torch.randperm(sequences, generator=generator).to(x.device)
    exists = mask[..., None, None].to(x)
    frames = exists.sum((1, 2), keepdim=True) * x.shape[2]

    envelope = x[..., ENVELOPE]
    mean = masked_mean(envelope)
    spread = masked_mean((envelope - mean).square()).sqrt().clamp_min(LEAST_SPREAD)
    envelope = (envelope - mean) * (spread[donor] / spread) + mean[donor]
    warped = _stretch_bands(envelope, torch.exp(WARP * uniform(sequences, 1)))

    amplitudes = uniform(sequences, EQUALISER_TERMS) * EQUALISER_DB / DB
    equaliser = (amplitudes @ _cosines(EQUALISER_TERMS, BANDS).to(x))[:, None, None]
    floor_db = NOISE_FLOOR_DB + NOISE_FLOOR_RANGE_DB * uniform(sequences, 1, 1, 1)
    floor = (floor_db - CENTRE_DB) / DB
    blurred = _blur_bands(torch.maximum(warped + equaliser, floor))
    noise = torch.randn(blurred.shape, generator=generator).to(x.device)

    pitch = x[..., PITCH, None]
    pitch_mean = masked_mean(pitch)
    movement = (pitch - pitch_mean) * torch.exp(PITCH_RANGE * uniform(sequences, 1, 1, 1))
    shift = PITCH_SHIFT * uniform(sequences, 1, 1, 1)

    disguised = x.clone()
    disguised[..., ENVELOPE] = blurred + NOISE * noise
    disguised[..., PITCH, None] = movement + pitch_mean[donor] + shift
    disguised[..., APERIODICITY] = 0
    return disguised


def _stretch_bands(envelope: Tensor, factor: Tensor) -> Tensor:
    """``envelope [B, ..., bands]`` resampled along its last axis: band ``i`` becomes band ``factor * i``.

    Args:
        factor: ``[B, 1]``. Positions are interpolated linearly; past the last band the last band is repeated.
    """
    bands = envelope.shape[-1]
    position = torch.arange(bands, device=envelope.device, dtype=factor.dtype) * factor
    low = position.detach().floor().clamp_max(bands - 1).long()
    high = (low + 1).clamp_max(bands - 1)
    fraction = (position - low).clamp(0, 1)
    middle_axes = [1] * (envelope.ndim - 2)
    shape = (len(envelope), *middle_axes, bands)

    def at(index: Tensor) -> Tensor:
        return envelope.gather(-1, index.view(shape).expand_as(envelope))

    return torch.lerp(at(low), at(high), fraction.view(shape).to(envelope))


def _cosines(terms: int, bands: int) -> Tensor:
    """Smooth curves over the bands, ``[terms, bands]``."""
    band = torch.arange(bands)[None]
    term = torch.arange(terms)[:, None]
    return torch.cos(torch.pi / bands * band * term)


def _blur_bands(envelope: Tensor) -> Tensor:
    """``[B, T, 2, bands]`` without detail finer than :data:`BLUR_BANDS`."""
    bands = envelope.shape[-1]
    rows = envelope.flatten(0, 2)[:, None]
    coarse = torch.nn.functional.avg_pool1d(rows, BLUR_BANDS)
    smooth = torch.nn.functional.interpolate(coarse, size=bands, mode="linear")
    return smooth[:, 0].view_as(envelope)
