"""Points as soft-edged discs, in shuffled order so that no class lies on top."""

import numpy as np
from numpy.typing import NDArray

from belvedere.export.ground import Field

N_BATCHES = 8


def point_radius(n: int, unit: float) -> float:
    """Radius in pixels: 1.12 design pixels at 70,000 rows, larger for few, finer for very many."""
    return 1.12 * unit * float(np.clip((70_000 / max(n, 1)) ** 0.2, 0.55, 3.4))


def point_opacity(crowd: Field, radius: float, most: float) -> Field:
    """Opacity of each point: `most` when alone, lower where many discs share a pixel.

    Where very many do, each gets so little that all together cover 82 % (thin) to 97 % (thick): density stays visible.
    """
    overlap = crowd * np.pi * radius**2
    alone = most * (0.34 + 0.66 / (1 + 0.42 * overlap))
    thick = float(np.quantile(overlap, 0.95)) if len(overlap) else 1.0
    cover = 0.82 + 0.15 * np.clip(overlap / max(thick, 1e-6), 0, 1)
    together = 1 - (1 - cover) ** (1 / np.maximum(overlap, 1))
    return np.asarray(np.minimum(alone, together), dtype=np.float32)


def paint_points(  # noqa: PLR0913 - where, in which color, how large, how opaque
    image: Field, x: Field, y: Field, colors: NDArray[np.float32], *, radius: float, opacity: Field, seed: int = 0
) -> None:
    """Paint discs over an image (height, width, 3), in place.

    Points are taken in batches in which hardly two meet, all at once; a disc is painted pixel offset by pixel offset.
    """
    order = np.random.default_rng(seed).permutation(len(x))
    flat = image.reshape(-1, 3)
    n_batches = max(N_BATCHES, -(-len(x) * 24 // max(len(flat), 1)))
    for batch in np.array_split(order, n_batches):
        _paint_batch(flat, image.shape[:2], (x[batch], y[batch]), (colors[batch], opacity[batch], radius))


def _paint_batch(
    flat: Field,
    shape: tuple[int, ...],
    places: tuple[Field, Field],
    ink: tuple[NDArray[np.float32], Field, float],
) -> None:
    x, y = places
    colors, opacity, radius = ink
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    reach = int(np.ceil(radius + 0.5))
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            column, line = left + right, top + down
            away = np.hypot(column + 0.5 - x, line + 0.5 - y)
            cover = np.clip(radius + 0.5 - away, 0, 1) * opacity
            hit = (cover > 0.004) & (column >= 0) & (column < shape[1]) & (line >= 0) & (line < shape[0])
            at, share = line[hit] * shape[1] + column[hit], cover[hit, None]
            flat[at] += (colors[hit] - flat[at]) * share
