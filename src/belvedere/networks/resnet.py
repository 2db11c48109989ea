"""A small residual network for images: three stages with batch normalization, made for a few CPU cores."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or
from belvedere.networks.images import flipped, jiggled, pixel_statistics, scaled_pixels, shifted
from belvedere.types import Input


def convolution(n_in: int, n_out: int, size: int, *, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the picture's size (or divides it by `stride`), and batch normalization."""
    conv = nn.Conv2d(n_in, n_out, size, stride=stride, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(n_out))


class ImageBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016). (rows, n_in, h, w) -> (rows, n_out, h', w')."""

    def __init__(self, n_in: int, n_out: int, *, stride: int) -> None:
        super().__init__()
        self.first, self.second = convolution(n_in, n_out, 3, stride=stride), convolution(n_out, n_out, 3)
        self.stride = stride
        self.shortcut = convolution(n_in, n_out, 1) if n_in != n_out else nn.Identity()

    def forward(self, x: Float[Tensor, "rows wide height width"]) -> Float[Tensor, "rows wide2 height2 width2"]:
        """Add what the convolutions see to the picture averaged down."""
        small = functional.avg_pool2d(x, self.stride, ceil_mode=True) if self.stride > 1 else x
        return torch.relu(self.shortcut(small) + self.second(torch.relu(self.first(x))))


class ResNetEncoder(Encoder):
    """Stem, three stages of one or two blocks, average pooling, latent layer. (rows, h, w, c) -> (rows, dims).

    While training, images are shifted by up to a twelfth of their side (1 to 4 pixels) and, where `flip` allows,
    mirrored; with `vary` they are turned, scaled and lit otherwise too.
    """

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], shape.latent_dims
        side, width = max(int(item.info["height"]), int(item.info["width"])), shape.width or 32
        self.flip, self.reach = shape.flip, max(1, min(4, side // 12))
        self.move = jiggled if shape.vary else shifted
        strides = stage_strides(side)
        self.stem = convolution(int(item.info["channels"]), width, 3 if strides[0] < 4 else 7, stride=strides[0])
        self.stages = nn.Sequential(
            ImageBlock(width, width, stride=strides[1]),
            ImageBlock(width, 2 * width, stride=strides[2]),
            ImageBlock(2 * width, 4 * width, stride=strides[3]),
        )
        self.drop = nn.Dropout(dropout_or(0.1, shape))
        self.to_latent = nn.Linear(4 * width, self.dims)
        for name, value in zip(("mean", "std"), pixel_statistics(item), strict=True):
            self.register_buffer(name, value, persistent=False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # faster on CPUs

    def forward(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """Pixels -> latent vectors."""
        x = scaled_pixels(batch[f"{self.position}.pixels"], self.get_buffer("mean"), self.get_buffer("std"))
        if self.training:
            x = self.move(flipped(x) if self.flip else x, reach=self.reach)
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.stages(torch.relu(self.stem(x))).mean(dim=(2, 3))
        y: Tensor = self.to_latent(self.drop(x)).float()
        return y


def stage_strides(side: int) -> tuple[int, int, int, int]:
    """Strides of stem and stages, so that the first stage sees at most 16 pixels a side and the last about 4.

    Examples
    --------
    >>> stage_strides(8), stage_strides(28), stage_strides(64)
    ((1, 1, 2, 1), (2, 1, 2, 2), (4, 1, 2, 2))
    """
    stem = 2 ** max(0, math.ceil(math.log2(side / 16)))
    left = side // stem
    return stem, 1, 2 if left >= 6 else 1, 2 if left >= 12 else 1
