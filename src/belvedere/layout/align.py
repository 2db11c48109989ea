"""Laying a new map over an old one: rotation, mirroring, scale and shift that bring shared rows together, and the drift left.

Umeyama (1991), Least-squares estimation of transformation parameters between two point patterns.
"""

from dataclasses import dataclass

import numpy as np

from belvedere.errors import SettingError
from belvedere.types import Floats


@dataclass(frozen=True)
class Alignment:
    """`scale * places @ rotation.T + shift`: float64 (2, 2), (2,) and a number."""

    rotation: Floats
    shift: Floats
    scale: float

    def apply(self, places: Floats) -> Floats:
        """Bring places into the old frame: float32 (rows, 2)."""
        return np.asarray(self.scale * places @ self.rotation.T + self.shift, np.float32)


@dataclass(frozen=True)
class Drift:
    """How far shared rows moved, as share of the old map's diameter: the median and the 95th percentile."""

    median: float
    most: float


def fit_alignment(new: Floats, old: Floats, *, may_mirror: bool = True) -> Alignment:
    """Find what lays `new` over `old`, both float (rows, 2), row by row.

    Raises
    ------
    SettingError
        If the two hold different numbers of rows, or none.

    Examples
    --------
    >>> old = np.float32([[0, 0], [2, 0], [0, 1]])
    >>> turned = np.float32([[5, 5], [5, 7], [4, 5]])
    >>> bool(np.allclose(fit_alignment(turned, old).apply(turned), old, atol=1e-6))
    True
    """
    if new.shape != old.shape or len(new) == 0:
        raise SettingError(
            f"Two maps must share rows to be aligned, but hold {len(new):,} and {len(old):,} of them. "
            "Pass the places of the same rows on both."
        )
    x, y = np.asarray(new, np.float64), np.asarray(old, np.float64)
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - x_mean, y - y_mean
    left, size, right = np.linalg.svd(y.T @ x / len(x))
    mirrored = np.sign(np.linalg.det(left) * np.linalg.det(right)) < 0
    signs = np.array([1.0, -1.0 if mirrored and not may_mirror else 1.0])
    rotation = left * signs @ right
    spread = float(np.square(x).sum() / len(x))
    scale = float((size * signs).sum() / spread) if spread > 0 else 1.0
    return Alignment(rotation, y_mean - scale * rotation @ x_mean, scale)


def measure_drift(new: Floats, old: Floats) -> Drift:
    """Measure how far the same rows lie apart on two maps in one frame."""
    moved = np.sqrt(np.square(np.asarray(new, np.float64) - old).sum(axis=1))
    middle = np.median(old, axis=0)
    diameter = 2 * float(np.quantile(np.sqrt(np.square(old - middle).sum(axis=1)), 0.99)) or 1.0
    return Drift(float(np.median(moved) / diameter), float(np.quantile(moved, 0.95) / diameter))
