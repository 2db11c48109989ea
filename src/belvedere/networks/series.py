"""Convolutional networks for sequences: InceptionTime, behind a front for spectra and one for long rows."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or, pool_steps, step_mask
from belvedere.networks.lstm import trimmed_steps
from belvedere.types import Input

LONG_STEPS = 400  # longer rows are shortened to about half as many by learned strides


class Plain(nn.Module):
    """Short sequences as they are: (rows, steps, d), lengths -> (rows, d, steps), lengths."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Channels first."""
        return steps.transpose(1, 2), lengths


class Strided(nn.Module):
    """Long sequences shortened by learned strided convolutions: (rows, steps, d) -> (rows, 32, steps / stride)."""

    def __init__(self, channels: int, n_steps: int) -> None:
        super().__init__()
        self.stride, self.channels = 2 ** math.ceil(math.log2(n_steps / 200)), 32
        self.conv = nn.Conv1d(channels, 32, 2 * self.stride + 1, stride=self.stride, padding=self.stride)

    def forward(self, steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """One value per stride."""
        return torch.relu(self.conv(steps.transpose(1, 2))), (lengths - 1) // self.stride + 1


class Heard(nn.Module):
    """Spectra of recordings, each centered and scaled by itself: (rows, frames, bands) -> (rows, 64, frames / 2).

    So loudness and microphone do not count. While training, a run of bands and a run of frames are silenced.
    A convolution over five frames follows, at every second frame.

    References
    ----------
    Park et al. (2019), SpecAugment: a simple data augmentation method for automatic speech recognition.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = 64
        self.conv = nn.Conv1d(channels, 64, 5, stride=2, padding=2)

    def forward(self, steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Scaled, varied, shortened."""
        x = self.silenced(own_scale(steps.transpose(1, 2), step_mask(lengths, steps.shape[1])))
        return torch.relu(self.conv(x)), (lengths - 1) // 2 + 1

    def silenced(self, x: Tensor) -> Tensor:
        """Silence up to 6 neighboring bands and a sixth of the frames of each row, while training."""
        if not self.training:
            return x
        for axis, reach in ((1, 6), (2, max(1, x.shape[2] // 6))):
            start = torch.rand(len(x), 1, device=x.device) * x.shape[axis]
            at = torch.arange(x.shape[axis], device=x.device)[None, :]
            keep = (at < start) | (at >= start + torch.rand(len(x), 1, device=x.device) * reach)
            x = x * (keep[:, :, None] if axis == 1 else keep[:, None, :])
        return x


def own_scale(x: Tensor, mask: Tensor) -> Tensor:
    """Center and scale each row over its real frames; padding becomes 0. (rows, bands, frames)."""
    weight = mask[:, None, :]
    n = weight.sum(dim=(1, 2), keepdim=True).clamp(min=1) * x.shape[1]
    mean = (x * weight).sum(dim=(1, 2), keepdim=True) / n
    spread = (((x - mean) * weight).square().sum(dim=(1, 2), keepdim=True) / n).sqrt()
    return (x - mean) / spread.clamp(min=1e-3) * weight


class Inception(nn.Module):
    """Convolutions of three lengths and a pooled path side by side. (rows, n_in, steps) -> (rows, 4 * width, steps)."""

    def __init__(self, n_in: int, width: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.narrow = nn.Conv1d(n_in, width, 1, bias=False)
        self.paths = nn.ModuleList(nn.Conv1d(width, width, size, padding=size // 2, bias=False) for size in sizes)
        self.pooled = nn.Conv1d(n_in, width, 1, bias=False)
        self.norm = nn.BatchNorm1d(4 * width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """All paths, normalized; padding stays 0."""
        narrow = self.narrow(x)
        # Both ends are padded with zeros, as rows are: how long the other rows of a batch are must not count.
        pooled = functional.max_pool1d(functional.pad(x, (1, 1)), 3, 1)
        paths = [path(narrow) for path in self.paths] + [self.pooled(pooled)]
        y: Tensor = self.norm(torch.cat(paths, dim=1)) * mask[:, None, :]
        return y


class InceptionTimeEncoder(Encoder):
    """Front, two residual pairs of inception modules, pooling over real steps. (rows, steps, d) -> (rows, dims).

    References
    ----------
    Ismail Fawaz et al. (2020), InceptionTime: finding AlexNet for time series classification.
    """

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims, width = inputs[0], shape.latent_dims, shape.width or 24
        self.front = make_front(item)
        n_in = [int(self.front.channels), 4 * width, 4 * width, 4 * width]  # type: ignore[arg-type]
        self.modules_ = nn.ModuleList(Inception(n, width, path_sizes(item)) for n in n_in)
        self.shortcuts = nn.ModuleList(nn.Conv1d(n, 4 * width, 1) for n in (n_in[0], 4 * width))
        self.drop = nn.Dropout(dropout_or(0.2, shape))
        self.to_latent = nn.Linear(8 * width, self.dims)

    def forward(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """Steps -> latent vectors."""
        x, lengths = self.front(*trimmed_steps(batch, self.position))
        mask = step_mask(lengths, x.shape[2])
        x = x * mask[:, None, :]  # fronts with a bias say something of padding too
        for pair, shortcut in enumerate(self.shortcuts):
            y = torch.relu(self.modules_[2 * pair](x, mask))
            x = torch.relu(self.modules_[2 * pair + 1](y, mask) + shortcut(x)) * mask[:, None, :]
        z: Tensor = self.to_latent(self.drop(pool_steps(x, mask)))
        return z


def make_front(item: Input) -> nn.Module:
    """What a sequence passes first: spectra are scaled, long rows shortened."""
    n_steps, channels = int(item.info["T"]), int(item.info["d"])
    if item.info.get("front") == "mel":
        return Heard(channels)
    return Strided(channels, n_steps) if n_steps > LONG_STEPS else Plain(channels)


def path_sizes(item: Input) -> tuple[int, ...]:
    """Lengths of the three convolutions, odd: 39, 19 and 9 for long rows, less for short ones and spectra.

    Examples
    --------
    >>> path_sizes(Input("a", "sequence", {"T": 300, "d": 1})), path_sizes(Input("a", "sequence", {"T": 24, "d": 1}))
    ((39, 19, 9), (11, 5, 3))
    """
    n_steps = int(item.info["T"]) // (4 if item.info.get("front") == "mel" else 1)
    longest = min(39, max(3, n_steps // 2 - 1) // 2 * 2 + 1)
    return longest, max(3, longest // 4 * 2 + 1), max(3, longest // 8 * 2 + 1)
