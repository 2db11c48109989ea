"""Convolutional networks for sequences: InceptionTime, with a front that turns long recordings into spectra."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or, pool_steps, step_mask
from belvedere.networks.lstm import trimmed_steps
from belvedere.types import Input

LONG_STEPS = 1000  # longer rows pass a front that shortens them
RECORDING_STEPS = 2000  # one channel this long is taken for a recording, whose spectrum says more than its wave


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
        self.stride, self.channels = 2 ** math.ceil(math.log2(n_steps / 500)), 32
        self.conv = nn.Conv1d(channels, 32, 2 * self.stride + 1, stride=self.stride, padding=self.stride)

    def forward(self, steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """One value per stride."""
        return torch.relu(self.conv(steps.transpose(1, 2))), (lengths - 1) // self.stride + 1


class Spectra(nn.Module):
    """Recordings as logarithmic mel spectra: (rows, samples, 1) -> (rows, 40, frames).

    Frames of 256 samples every 128. Bands follow the mel scale of the rate where it is known, else of 8,000 Hz.
    Each row's spectrum is centered and scaled by its own mean and spread, so that loudness does not count.
    While training, short runs of bands and frames are silenced.

    References
    ----------
    Stevens, Volkmann, Newman (1937) for the mel scale; Park et al. (2019), SpecAugment, for the silenced runs.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.channels, self.size, self.hop = 40, 256, 128
        self.register_buffer("window", torch.hann_window(self.size), persistent=False)
        self.register_buffer("bands", mel_bands(self.channels, self.size // 2 + 1, rate), persistent=False)

    def forward(self, steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithmic band energies."""
        wave = functional.pad(steps[:, :, 0].float(), (self.size // 2, self.size // 2))
        frames = wave.unfold(1, self.size, self.hop) * self.get_buffer("window")  # (rows, frames, size)
        power = torch.fft.rfft(frames).abs().square() @ self.get_buffer("bands")  # (rows, frames, bands)
        n_frames = (lengths // self.hop + 1).clamp(max=power.shape[1])
        x = torch.log(power + 1e-6).transpose(1, 2)
        return self.silenced(own_scale(x, step_mask(n_frames, x.shape[2]))), n_frames

    def silenced(self, x: Tensor) -> Tensor:
        """Silence up to 6 neighboring bands and an eighth of the frames of each row, while training."""
        if not self.training:
            return x
        for axis, reach in ((1, 6), (2, max(1, x.shape[2] // 8))):
            start = torch.rand(len(x), 1) * x.shape[axis]
            at = torch.arange(x.shape[axis])[None, :]
            keep = (at < start) | (at >= start + torch.rand(len(x), 1) * reach)
            x = x * (keep[:, :, None] if axis == 1 else keep[:, None, :])
        return x


def own_scale(x: Tensor, mask: Tensor) -> Tensor:
    """Center and scale each row over its real frames; padding becomes 0. (rows, bands, frames)."""
    weight = mask[:, None, :]
    n = weight.sum(dim=(1, 2), keepdim=True).clamp(min=1) * x.shape[1]
    mean = (x * weight).sum(dim=(1, 2), keepdim=True) / n
    spread = (((x - mean) * weight).square().sum(dim=(1, 2), keepdim=True) / n).sqrt()
    return (x - mean) / spread.clamp(min=1e-3) * weight


def mel_bands(n_bands: int, n_bins: int, rate: float) -> Tensor:
    """Overlapping triangles, evenly spaced in mel: (bins, bands).

    Examples
    --------
    >>> mel_bands(40, 129, 8000.0).shape
    torch.Size([129, 40])
    """
    top = 2595 * math.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, n_bands + 2) / 2595) - 1) / (rate / 2) * (n_bins - 1)
    at = torch.arange(n_bins)[:, None].float()
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rise, fall = (at - low) / (middle - low).clamp(min=0.5), (high - at) / (high - middle).clamp(min=0.5)
    bands = torch.minimum(rise, fall).clamp(min=0)
    return bands / bands.sum(dim=0).clamp(min=1e-3)


class Inception(nn.Module):
    """Convolutions of three lengths and a pooled path side by side. (rows, n_in, steps) -> (rows, 4 * width, steps)."""

    def __init__(self, n_in: int, width: int) -> None:
        super().__init__()
        self.narrow = nn.Conv1d(n_in, width, 1, bias=False)
        self.paths = nn.ModuleList(nn.Conv1d(width, width, size, padding=size // 2, bias=False) for size in (39, 19, 9))
        self.pooled = nn.Conv1d(n_in, width, 1, bias=False)
        self.norm = nn.BatchNorm1d(4 * width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """All paths, normalized; padding stays 0."""
        narrow = self.narrow(x)
        paths = [path(narrow) for path in self.paths] + [self.pooled(functional.max_pool1d(x, 3, 1, 1))]
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
        self.modules_ = nn.ModuleList(Inception(n, width) for n in n_in)
        self.shortcuts = nn.ModuleList(nn.Conv1d(n, 4 * width, 1) for n in (n_in[0], 4 * width))
        self.drop = nn.Dropout(dropout_or(0.2, shape))
        self.to_latent = nn.Linear(8 * width, self.dims)

    def forward(self, batch: Batch) -> Tensor:
        """Steps -> latent vectors."""
        x, lengths = self.front(*trimmed_steps(batch, self.position))
        mask = step_mask(lengths, x.shape[2])
        for pair, shortcut in enumerate(self.shortcuts):
            y = torch.relu(self.modules_[2 * pair](x, mask))
            x = torch.relu(self.modules_[2 * pair + 1](y, mask) + shortcut(x)) * mask[:, None, :]
        z: Tensor = self.to_latent(self.drop(pool_steps(x, mask)))
        return z


def make_front(item: Input) -> nn.Module:
    """What a sequence passes first, by its length, channels and rate."""
    n_steps, channels, rate = int(item.info["T"]), int(item.info["d"]), float(item.info.get("rate") or 0)
    if channels == 1 and (n_steps > RECORDING_STEPS or rate >= 4000) and n_steps > 256:
        return Spectra(rate or 8000.0)
    return Strided(channels, n_steps) if n_steps > LONG_STEPS else Plain(channels)
