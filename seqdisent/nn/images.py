"""Networks between one frame and one feature vector.

``space-to-depth`` is the default: at the same quality it trains about an order of magnitude
faster on a CPU than ``dcgan``, the architecture of the released DBSE and C-DSVAE code, which is
kept for comparison.
"""

from __future__ import annotations

import torch
from torch import Tensor, channels_last, nn

from seqdisent.nn.config import FrameConfig, FrameNetworks
from seqdisent.nn.signals import DECODERS, MissingValues, step_encoder
from seqdisent.spec import DatasetSpec


def frame_networks(
    spec: DatasetSpec, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    """Frame networks for the events of ``spec``; the decoder reads codes of size S + D.

    Raises:
        ValueError: if the event or the kind is not supported.
    """
    if len(spec.event_shape) == 2:
        if config.kind not in DECODERS:
            raise ValueError(
                f"no networks {config.kind!r} for steps of a signal; choose from {sorted(DECODERS)}"
            )
        steps, channels = spec.event_shape
        # Of a scaled likelihood the decoder tells the mean of every value, its scale, and whether it is there.
        told = (steps, 3 * channels) if spec.likelihood == "scaled" else spec.event_shape
        decoder = DECODERS[config.kind](told, config, static_size, dynamic_size)
        return FrameNetworks(frame_encoder(spec, config), decoder)
    if len(spec.event_shape) != 3:
        raise ValueError(f"no frame networks for events of shape {spec.event_shape}")
    channels, height, width = spec.event_shape
    kinds = {"space-to-depth": _space_to_depth, "modulated": _modulated, "dcgan": _dcgan}
    if config.kind not in kinds:
        raise ValueError(f"no frame networks {config.kind!r}; choose from {sorted(kinds)}")
    if height != width or height not in (32, 64):
        raise ValueError(f"frames must be 32x32 or 64x64, got {height}x{width}")
    return kinds[config.kind](channels, height, config, static_size, dynamic_size)


def frame_encoder(spec: DatasetSpec, config: FrameConfig) -> nn.Module:
    """An encoder ``[N, *event] -> [N, G]`` alone, of whatever kind suits the event."""
    if len(spec.event_shape) == 2:
        steps, channels = spec.event_shape
        if spec.likelihood == "scaled":
            return nn.Sequential(MissingValues(), step_encoder((steps, 2 * channels), config))
        return step_encoder(spec.event_shape, config)
    return frame_networks(spec, config, 1, 1).encoder


class _ChannelsLast(nn.Module):
    """Convolutions on a CPU run about twice as fast with channels last."""

    def forward(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=channels_last)


def _space_to_depth(
    channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    w, packed = config.width, channels * 4
    last = size // 16  # after the packing and three strides of two
    act = lambda: nn.LeakyReLU(0.1, inplace=True)
    encoder = nn.Sequential(
        nn.PixelUnshuffle(2),
        _ChannelsLast(),
        nn.Conv2d(packed, w, 4, 2, 1),
        act(),
        nn.Conv2d(w, 2 * w, 4, 2, 1),
        act(),
        nn.Conv2d(2 * w, 4 * w, 4, 2, 1),
        act(),
        nn.Flatten(),
        nn.Linear(4 * w * last * last, config.features),
    )
    decoder = nn.Sequential(
        nn.Linear(static_size + dynamic_size, 256),
        act(),
        nn.Linear(256, 4 * w * last * last),
        act(),
        nn.Unflatten(1, (4 * w, last, last)),
        _ChannelsLast(),
        nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1),
        act(),
        nn.ConvTranspose2d(2 * w, w, 4, 2, 1),
        act(),
        nn.ConvTranspose2d(w, packed, 4, 2, 1),
        nn.PixelShuffle(2),  # no sigmoid: it saturates on a mostly black frame and never recovers
    )
    return FrameNetworks(encoder, decoder)


def _groups(channels: int) -> int:
    """Groups of a normalisation: eight channels or so in each."""
    return max(1, channels // 8)


def _modulated(
    channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    """Space-to-depth, with a decoder in which z lays out the frame and s modulates it."""
    encoder, _ = _space_to_depth(channels, size, config, static_size, dynamic_size)
    return FrameNetworks(
        encoder, _ModulatedDecoder(channels, size, config, static_size, dynamic_size)
    )


class _ModulatedDecoder(nn.Module):
    """The dynamic code makes the feature map; the static code scales and shifts its channels.

    A channel's scale has no place in the picture, so where things are is easiest told by z and
    what they look like by s (feature-wise modulation: Perez et al. 2018; style codes: Karras et al. 2019).
    """

    def __init__(
        self, channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
    ) -> None:
        super().__init__()
        w, last = config.width, size // 16
        self.sizes = static_size, dynamic_size
        self.layout = nn.Sequential(
            nn.Linear(dynamic_size, 256),
            nn.LeakyReLU(0.1, True),
            nn.Linear(256, 4 * w * last * last),
            nn.Unflatten(1, (4 * w, last, last)),
            _ChannelsLast(),
        )
        self.style = nn.Sequential(nn.Linear(static_size, 256), nn.LeakyReLU(0.1, True))
        widths = (4 * w, 2 * w, w)
        self.norms = nn.ModuleList(nn.GroupNorm(_groups(c), c, affine=False) for c in widths)
        self.scales = nn.ModuleList(nn.Linear(256, 2 * c) for c in widths)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 4, 2, 1)
            for i, o in zip(widths, (2 * w, w, channels * 4), strict=True)
        )
        self.unpack = nn.PixelShuffle(2)

    def forward(self, codes: Tensor) -> Tensor:
        static, dynamic = codes.split(self.sizes, dim=-1)
        x, style = self.layout(dynamic), self.style(static)
        for norm, modulate, up in zip(self.norms, self.scales, self.ups, strict=True):
            scale, shift = modulate(style)[:, :, None, None].chunk(2, dim=1)
            x = up(nn.functional.leaky_relu(norm(x) * (1 + scale) + shift, 0.1))
        return self.unpack(x)


class PooledEncoder(nn.Module):
    """A bag of local features: small patches, then mean and maximum over the picture, ``[N, G]``.

    It tells which colours and textures there are, and hardly where they are, so it is good at who
    is in the picture and bad at which way they face (compare BagNet: Brendel & Bethge 2019).
    """

    def __init__(self, channels: int, width: int, features: int) -> None:
        super().__init__()
        w = width
        self.local = nn.Sequential(
            nn.PixelUnshuffle(2),
            _ChannelsLast(),
            nn.Conv2d(4 * channels, w, 3, 1, 1),
            nn.LeakyReLU(0.1, True),
            nn.Conv2d(w, 2 * w, 2, 2),
            nn.LeakyReLU(0.1, True),
            nn.Conv2d(2 * w, 4 * w, 1),
            nn.LeakyReLU(0.1, True),
        )
        self.mix = nn.Linear(8 * w, features)

    def forward(self, x: Tensor) -> Tensor:
        local = self.local(x)
        return self.mix(
            nn.functional.leaky_relu(torch.cat([local.mean((2, 3)), local.amax((2, 3))], -1), 0.1)
        )


def _dcgan(
    channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
) -> FrameNetworks:
    """DCGAN, ``width`` to ``8 * width`` channels (64 to 512 when published), batch normalised."""
    w, code_size = config.width, static_size + dynamic_size
    last = size // 16
    down = lambda i, o: (nn.Conv2d(i, o, 4, 2, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2, True))
    up = lambda i, o: (
        nn.ConvTranspose2d(i, o, 4, 2, 1),
        nn.BatchNorm2d(o),
        nn.LeakyReLU(0.2, True),
    )
    encoder = nn.Sequential(
        *down(channels, w),
        *down(w, 2 * w),
        *down(2 * w, 4 * w),
        *down(4 * w, 8 * w),
        nn.Conv2d(8 * w, config.features, last, 1, 0),
        nn.BatchNorm2d(config.features),
        nn.Tanh(),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Unflatten(1, (code_size, 1, 1)),
        nn.ConvTranspose2d(code_size, 8 * w, last, 1, 0),
        nn.BatchNorm2d(8 * w),
        nn.LeakyReLU(0.2, True),
        *up(8 * w, 4 * w),
        *up(4 * w, 2 * w),
        *up(2 * w, w),
        nn.ConvTranspose2d(w, channels, 4, 2, 1),
        nn.Sigmoid(),
    )
    return FrameNetworks(encoder, decoder)
