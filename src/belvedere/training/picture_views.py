"""Another look at each picture: another crop, angle and light. What is shown stays the same; a network learns just that.

All pictures of a batch change at once, each in its own way, by tensors drawn from torch's global generator.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

SMALLEST_CROP = 0.35  # of the area
MOST_TURN = math.radians(12)
GRAY_SHARE, BLUR_SHARE, SIDE_LIGHT = 0.2, 0.3, 0.4


def varied_pictures(pixels: Tensor, *, mirror: bool) -> Float[Tensor, "rows height width channels"]:
    """Crop, turn, recolor every picture: (rows, h, w, c) of 0 to 255 -> the same shape, float.

    Parameters
    ----------
    pixels : (rows, h, w, c) tensor
    mirror : bool
        Whether half of them are mirrored left to right; letters and road signs must not be.

    References
    ----------
    Chen, Kornblith, Norouzi, Hinton (2020), A simple framework for contrastive learning of visual representations.
    """
    x = pixels.permute(0, 3, 1, 2).float() / 255
    x = relit(blurred(seen_anew(x, mirror=mirror)))
    return (x.clamp(0, 1) * 255).permute(0, 2, 3, 1)


def seen_anew(x: Tensor, *, mirror: bool) -> Tensor:
    """One crop of each picture, turned a little, at the size of the whole: (rows, c, h, w), beyond the border mirrored."""
    n = len(x)
    side = torch.sqrt(SMALLEST_CROP + (1 - SMALLEST_CROP) * torch.rand(n))
    stretch = torch.exp((torch.rand(n) - 0.5) * 2 * math.log(4 / 3) / 2)
    wide, high = (side * stretch).clamp(max=1), (side / stretch).clamp(max=1)
    turn = (torch.rand(n) * 2 - 1) * MOST_TURN
    sign = torch.where(torch.rand(n) < 0.5, -1.0, 1.0) if mirror else torch.ones(n)
    theta = torch.stack(
        [
            torch.stack([wide * turn.cos() * sign, -high * turn.sin(), (torch.rand(n) * 2 - 1) * (1 - wide)], dim=1),
            torch.stack([wide * turn.sin() * sign, high * turn.cos(), (torch.rand(n) * 2 - 1) * (1 - high)], dim=1),
        ],
        dim=1,
    )  # (rows, 2, 3): where each place of the new picture lies in the old one
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def relit(x: Tensor) -> Tensor:
    """Other brightness and contrast, for colors also other saturation, tint, or none: (rows, c, h, w)."""
    n = len(x)

    def factor(reach: float) -> Tensor:
        return torch.exp((torch.rand(n, 1, 1, 1) * 2 - 1) * reach)

    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * factor(0.5) + mean * factor(0.5)
    x = x * lit_from_a_side(x)
    if x.shape[1] != 3:
        return x
    gray = x.mean(dim=1, keepdim=True)
    strength = torch.where(torch.rand(n, 1, 1, 1) < GRAY_SHARE, 0.0, factor(0.5))
    tint = torch.exp((torch.rand(n, 3, 1, 1) * 2 - 1) * 0.15)
    return (gray + (x - gray) * strength) * tint


def lit_from_a_side(x: Tensor) -> Tensor:
    """Factors as of light that falls from one side, another one for each picture: (rows, 1, h, w)."""
    n, _, height, width = x.shape
    down, right = torch.linspace(-1, 1, height)[None, None, :, None], torch.linspace(-1, 1, width)[None, None, None, :]
    reach = (torch.rand(2, n, 1, 1, 1) * 2 - 1) * SIDE_LIGHT
    return torch.exp(reach[0] * down + reach[1] * right)


def blurred(x: Tensor) -> Tensor:
    """Some pictures less sharp, by a kernel of 3 pixels: (rows, c, h, w)."""
    share = torch.where(torch.rand(len(x), 1, 1, 1) < BLUR_SHARE, torch.rand(len(x), 1, 1, 1), 0.0)
    soft = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return x + (soft - x) * share
