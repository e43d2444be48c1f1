"""Networks between one image, ``[C, H, W]``, and one feature vector.

``space-to-depth`` is the default: at the same quality it trains about an order of magnitude faster on a CPU than
``dcgan``, the architecture of the released DBSE and C-DSVAE code, which is kept for comparison.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, channels_last, nn

from seqdisent.errors import UsageError
from seqdisent.nn.config import MODULATED, FrameConfig
from seqdisent.nn.decoder import FrameDecoder, join_codes

IMAGE_SIZES = (32, 64)


def image_networks(
    event_shape: tuple[int, ...], config: FrameConfig, static_size: int, dynamic_size: int
) -> tuple[nn.Module, FrameDecoder]:
    """An encoder ``[N, C, H, W] -> [N, G]`` and a decoder to ``[B, K, C, H, W]``.

    Raises:
        ValueError: if the size of the images or ``config.kind`` is not supported.
    """
    channels, height, width = event_shape
    if config.kind not in NETWORKS:
        raise UsageError(f"no frame networks {config.kind!r}; choose from {sorted(NETWORKS)}")
    if height != width or height not in IMAGE_SIZES:
        raise UsageError(f"frames must be 32x32 or 64x64, got {height}x{width}")
    return NETWORKS[config.kind](channels, height, config, static_size, dynamic_size)


class ChannelsLast(nn.Module):
    """Channels last in memory: convolutions on a CPU then run about twice as fast."""

    def forward(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=channels_last)


class ConvolutionalDecoder(FrameDecoder):
    """Layers from the joined codes of one frame, ``[N, S + D]``, to an image.

    The layers are registered as ``0``, ``1``, ..., the keys that weights of an ``nn.Sequential`` have.
    """

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        for index, layer in enumerate(layers):
            self.add_module(str(index), layer)

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, C, H, W]``."""
        x = join_codes(static, dynamic).flatten(0, 1)
        for layer in self.children():
            x = layer(x)
        return x.unflatten(0, dynamic.shape[:2])


def _activation() -> nn.Module:
    return nn.LeakyReLU(0.1, inplace=True)


def _space_to_depth(
    channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
) -> tuple[nn.Module, FrameDecoder]:
    """Blocks of 2x2 pixels become channels, so that convolutions run at half the resolution."""
    w = config.width
    packed_channels = 4 * channels
    last = size // 16  # after packing and three strides of two
    encoder = nn.Sequential(
        nn.PixelUnshuffle(2),
        ChannelsLast(),
        nn.Conv2d(packed_channels, w, 4, 2, 1),
        _activation(),
        nn.Conv2d(w, 2 * w, 4, 2, 1),
        _activation(),
        nn.Conv2d(2 * w, 4 * w, 4, 2, 1),
        _activation(),
        nn.Flatten(),
        nn.Linear(4 * w * last * last, config.features),
    )
    decoder = ConvolutionalDecoder(
        nn.Linear(static_size + dynamic_size, 256),
        _activation(),
        nn.Linear(256, 4 * w * last * last),
        _activation(),
        nn.Unflatten(1, (4 * w, last, last)),
        ChannelsLast(),
        nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1),
        _activation(),
        nn.ConvTranspose2d(2 * w, w, 4, 2, 1),
        _activation(),
        nn.ConvTranspose2d(w, packed_channels, 4, 2, 1),
        nn.PixelShuffle(2),  # no sigmoid: it saturates on a mostly black frame and never recovers
    )
    return encoder, decoder


def _modulated(
    channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
) -> tuple[nn.Module, FrameDecoder]:
    """The encoder of space-to-depth, and a decoder in which z lays out the frame and s modulates it."""
    # The second network is discarded. Building it keeps the order of random numbers, and with it the initial weights
    # that a seed gave when the shipped checkpoints were trained.
    encoder, _ = _space_to_depth(channels, size, config, static_size, dynamic_size)
    return encoder, ModulatedDecoder(channels, size, config, static_size, dynamic_size)


class ModulatedDecoder(FrameDecoder):
    """The dynamic code gives the feature map; the static code scales and shifts its channels.

    The scale of a channel has no position in the image, so that positions are most easily encoded in z and appearance
    in s (feature-wise modulation: Perez et al. 2018; style codes: Karras et al. 2019).
    """

    def __init__(
        self, channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
    ) -> None:
        super().__init__()
        w = config.width
        last = size // 16
        self.layout = nn.Sequential(
            nn.Linear(dynamic_size, 256),
            _activation(),
            nn.Linear(256, 4 * w * last * last),
            nn.Unflatten(1, (4 * w, last, last)),
            ChannelsLast(),
        )
        self.style = nn.Sequential(nn.Linear(static_size, 256), _activation())
        widths = (4 * w, 2 * w, w)
        next_widths = (2 * w, w, 4 * channels)
        self.norms = nn.ModuleList(
            nn.GroupNorm(_groups(width), width, affine=False) for width in widths
        )
        self.scales = nn.ModuleList(nn.Linear(256, 2 * width) for width in widths)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(width, next_width, 4, 2, 1)
            for width, next_width in zip(widths, next_widths, strict=True)
        )
        self.unpack = nn.PixelShuffle(2)

    def forward(self, static: Tensor, dynamic: Tensor) -> Tensor:
        """``static [B, S]``, ``dynamic [B, K, D]`` -> ``[B, K, C, H, W]``."""
        steps = dynamic.shape[1]
        every_static = static[:, None].expand(-1, steps, -1).flatten(0, 1)
        style = self.style(every_static)
        x = self.layout(dynamic.flatten(0, 1))
        for norm, scales, up in zip(self.norms, self.scales, self.ups, strict=True):
            scale, shift = scales(style)[:, :, None, None].chunk(2, dim=1)
            modulated = norm(x) * (1 + scale) + shift
            x = up(nn.functional.leaky_relu(modulated, 0.1))
        return self.unpack(x).unflatten(0, dynamic.shape[:2])


def _groups(channels: int) -> int:
    """Groups of a normalisation: about eight channels in each."""
    return max(1, channels // 8)


class PooledEncoder(nn.Module):
    """A bag of local features: small patches, then mean and maximum over the image, ``[N, C, H, W] -> [N, G]``.

    It represents which colours and textures there are and hardly where they are: it separates identities well and
    poses poorly (compare BagNet: Brendel & Bethge 2019).
    """

    def __init__(self, channels: int, width: int, features: int) -> None:
        super().__init__()
        self.local = nn.Sequential(
            nn.PixelUnshuffle(2),
            ChannelsLast(),
            nn.Conv2d(4 * channels, width, 3, 1, 1),
            _activation(),
            nn.Conv2d(width, 2 * width, 2, 2),
            _activation(),
            nn.Conv2d(2 * width, 4 * width, 1),
            _activation(),
        )
        self.mix = nn.Linear(8 * width, features)

    def forward(self, x: Tensor) -> Tensor:
        local = self.local(x)
        pooled = torch.cat([local.mean((2, 3)), local.amax((2, 3))], -1)
        return self.mix(nn.functional.leaky_relu(pooled, 0.1))


def _dcgan(
    channels: int, size: int, config: FrameConfig, static_size: int, dynamic_size: int
) -> tuple[nn.Module, FrameDecoder]:
    """DCGAN, ``width`` to ``8 * width`` channels (64 to 512 when published), batch normalised."""
    w = config.width
    code_size = static_size + dynamic_size
    last = size // 16
    encoder = nn.Sequential(
        *_dcgan_down(channels, w),
        *_dcgan_down(w, 2 * w),
        *_dcgan_down(2 * w, 4 * w),
        *_dcgan_down(4 * w, 8 * w),
        nn.Conv2d(8 * w, config.features, last, 1, 0),
        nn.BatchNorm2d(config.features),
        nn.Tanh(),
        nn.Flatten(),
    )
    decoder = ConvolutionalDecoder(
        nn.Unflatten(1, (code_size, 1, 1)),
        nn.ConvTranspose2d(code_size, 8 * w, last, 1, 0),
        nn.BatchNorm2d(8 * w),
        nn.LeakyReLU(0.2, True),
        *_dcgan_up(8 * w, 4 * w),
        *_dcgan_up(4 * w, 2 * w),
        *_dcgan_up(2 * w, w),
        nn.ConvTranspose2d(w, channels, 4, 2, 1),
        nn.Sigmoid(),
    )
    return encoder, decoder


def _dcgan_down(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1)
    return convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)


def _dcgan_up(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)
    return convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)


Builder = Callable[[int, int, FrameConfig, int, int], tuple[nn.Module, FrameDecoder]]

# FrameConfig.kind -> function(channels, size, config, static_size, dynamic_size) -> (encoder, decoder)
NETWORKS: dict[str, Builder] = {
    "space-to-depth": _space_to_depth,
    MODULATED: _modulated,
    "dcgan": _dcgan,
}
