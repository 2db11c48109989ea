"""From stored pixels to what convolutions want: scaled, channels first, and varied while training."""

import math

import torch
from torch import Tensor
from torch.nn import functional

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


MOST_TURN, MOST_GROWTH, MOST_STRETCH = math.radians(12), 0.15, 0.075
CONTRAST, BRIGHTNESS = 0.4, 0.5  # share; standard deviations of all pixels


def jiggled(pixels: Tensor, *, reach: int) -> Tensor:
    """Turn, grow, stretch, move and light each image a little, repeating its border: (rows, c, h, w) -> the same.

    Pixels are standardized. More than `shifted`, and worth it where images are few and seen often.
    """
    n = len(pixels)

    def drawn(most: float) -> Tensor:
        return (torch.rand(n, device=pixels.device) * 2 - 1) * most

    turn, growth, stretch = drawn(MOST_TURN), 1 + drawn(MOST_GROWTH), 1 + drawn(MOST_STRETCH)
    across, down = drawn(2 * reach / pixels.shape[3]), drawn(2 * reach / pixels.shape[2])
    wide, high = growth * stretch, growth
    first = torch.stack([wide * turn.cos(), -high * turn.sin(), across], dim=1)
    second = torch.stack([wide * turn.sin(), high * turn.cos(), down], dim=1)
    grid = functional.affine_grid(torch.stack([first, second], dim=1), list(pixels.shape), align_corners=False)
    x = functional.grid_sample(pixels, grid.to(pixels.dtype), padding_mode="border", align_corners=False)
    return x * (1 + drawn(CONTRAST))[:, None, None, None] + drawn(BRIGHTNESS)[:, None, None, None]


def flipped(pixels: Tensor) -> Tensor:
    """Mirror half of the images left to right."""
    turn = torch.rand(len(pixels), device=pixels.device) < 0.5
    return torch.where(turn[:, None, None, None], pixels.flip(3), pixels)
