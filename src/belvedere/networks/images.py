"""From stored pixels to what convolutions want: scaled, channels first, and varied while training."""

import torch
from torch import Tensor

from belvedere.types import Input


def pixel_statistics(item: Input) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel, each (1, 1, 1, channels), of pixels between 0 and 1."""
    channels = int(item.info["channels"])
    mean = torch.tensor(item.info["mean"], dtype=torch.float32).reshape(-1).expand(channels)
    std = torch.tensor(item.info["std"], dtype=torch.float32).reshape(-1).expand(channels).clamp(min=1e-3)
    return mean.reshape(1, 1, 1, channels), std.reshape(1, 1, 1, channels)


def scaled_pixels(pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Standardize uint8 pixels: (rows, h, w, c) -> float (rows, c, h, w), kept channels-last in memory."""
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def shifted(pixels: Tensor, *, reach: int) -> Tensor:
    """Move each image by up to `reach` pixels each way, repeating its border: (rows, c, h, w) -> the same.

    One gather for the whole batch; the moves come from torch's global generator, which whoever trains has seeded.
    """
    n, _, height, width = pixels.shape
    move = torch.randint(-reach, reach + 1, (n, 2), device=pixels.device)
    rows = (torch.arange(height, device=pixels.device)[None, :] + move[:, :1]).clamp(0, height - 1)  # (n, h)
    cols = (torch.arange(width, device=pixels.device)[None, :] + move[:, 1:]).clamp(0, width - 1)  # (n, w)
    at = torch.arange(n, device=pixels.device)[:, None, None]
    return pixels.permute(0, 2, 3, 1)[at, rows[:, :, None], cols[:, None, :]].permute(0, 3, 1, 2)


def flipped(pixels: Tensor) -> Tensor:
    """Mirror half of the images left to right."""
    turn = torch.rand(len(pixels), device=pixels.device) < 0.5
    return torch.where(turn[:, None, None, None], pixels.flip(3), pixels)
