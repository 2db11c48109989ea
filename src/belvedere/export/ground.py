"""Sea, shelf and land: the density of the rows as a landscape, with a shore and contours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from belvedere.export.palette import Tokens, rgb

Field = NDArray[np.float32]

SHORE = 0.06  # of peak density
CONTOURS = (0.34, 0.56, 0.78)  # of peak density of a softer field
CAP = 12.0  # a cell counts at most this many times the mean filled one: duplicates must not sink the rest
COARSE = 2  # pixels per cell of the fields


@dataclass(frozen=True)
class Fields:
    """Smoothed densities of one picture, each (height, width) and 1 at its peak; `crowd` is rows per pixel."""

    land: Field
    soft: Field
    wide: Field
    crowd: Field


def make_fields(x: Field, y: Field, size: tuple[int, int], unit: float) -> Fields:
    """Smooth the density of points.

    Parameters
    ----------
    x, y : float32 (n,)
        Places in pixels, y down.
    size : (width, height)
        Of the picture in pixels.
    unit : float
        Pixels of the picture per pixel of the design (1,100 wide).
    """
    cells = -(-size[1] // COARSE), -(-size[0] // COARSE)
    at = np.clip((y / COARSE).astype(np.int64), 0, cells[0] - 1) * cells[1]
    at += np.clip((x / COARSE).astype(np.int64), 0, cells[1] - 1)
    counts = np.bincount(at, minlength=cells[0] * cells[1]).astype(np.float32).reshape(cells)
    filled = counts[counts > 0]
    even = np.minimum(counts, CAP * max(float(filled.mean()), 1.0) if len(filled) else 1.0)
    width = width_of_blur(len(x), unit) / COARSE
    land = _blur(even, width)
    soft = _blur(even, width * 2.1)
    wide = _blur(_share(land, at), width * 2.6)
    crowd = _blur(counts, 1.6 * unit / COARSE) / np.float32(COARSE**2)
    return Fields(*(_enlarge(part, size) for part in (_share(land, at), _share(soft, at), _share(wide, at), crowd)))


def width_of_blur(n_rows: int, unit: float) -> float:
    """Pixels over which a row counts, by Scott's rule in two dimensions: wider for fewer rows, as n^(-1/6)."""
    return 6.6 * unit * float(np.clip((70_000 / max(n_rows, 1)) ** (1 / 6), 1, 3.2))


def _share(field: Field, at: NDArray[np.int64]) -> Field:
    """Divide by the density of crowded places: the peak, but at most 1.7 times what the median row sees.

    On an even map the two are alike; where a few places are very crowded, the peak alone would sink the others.
    """
    if not len(at):
        return field
    peak = min(float(field.max()), 1.7 * float(np.median(field.reshape(-1)[at])))
    return np.asarray(field / peak if peak > 0 else field, dtype=np.float32)


def _blur(field: Field, width: float) -> Field:
    return np.asarray(gaussian_filter(field, width), dtype=np.float32)


def _enlarge(field: Field, size: tuple[int, int]) -> Field:
    fine = zoom(field, COARSE, order=1, mode="nearest", grid_mode=True)
    return np.ascontiguousarray(fine[: size[1], : size[0]], dtype=np.float32)


def paint_ground(fields: Fields, tokens: Tokens, unit: float) -> Field:
    """Paint the ground, float32 (height, width, 3)."""
    on_land = _step(SHORE * 0.5, SHORE, fields.land)[..., None]
    on_shelf = _step(0.0, 0.22, fields.wide)[..., None]
    image = _mix(rgb(tokens.sea), _mix(rgb(tokens.shelf), rgb(tokens.land), on_land), np.maximum(on_land, on_shelf))
    for level in CONTOURS:
        image = _mix(image, rgb(tokens.contour), line_at(fields.soft, level, 0.9 * unit)[..., None] * 0.1)
    return _mix(image, rgb(tokens.contour), line_at(fields.land, SHORE, 0.9 * unit)[..., None] * 0.3)


def line_at(field: Field, level: float, width: float) -> Field:
    """How much of each pixel a line of equal density covers, 0 … 1: distance = (value − level) / slope."""
    dy, dx = np.gradient(field)
    slope = np.hypot(dx, dy) + 1e-7
    away = np.abs(field - level) / slope
    return np.asarray(np.clip(width / 2 + 0.5 - away, 0, 1) * min(1.0, width), dtype=np.float32)


def _step(low: float, high: float, field: Field) -> Field:
    share = np.clip((field - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), dtype=np.float32)


def _mix(one: Field, other: Field, share: Field) -> Field:
    return np.asarray(one + (other - one) * share, dtype=np.float32)
