"""The plain space: what the columns say, standardized, with no network; narrowed where it is very wide."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from belvedere.values import map_array

Floats = NDArray[np.float32]
MOST_HALF = 65_504.0  # the largest float16
MAX_DIMS, MAX_BYTES, KEPT_DIMS = 1024, 1_500_000_000, 50
FIT_ROWS = 20_000


@dataclass(frozen=True)
class Narrowing:
    """Main directions of a wide space: mean (dims,), directions (kept, dims), share of the variance kept.

    `scale` is the root mean variance along the kept directions.
    """

    mean: Floats
    directions: Floats
    share: float
    scale: float = 1.0

    def apply(self, values: Floats) -> Floats:
        """(rows, dims) -> (rows, kept)."""
        return np.asarray((values - self.mean) @ self.directions.T, dtype=np.float32)


def needs_narrowing(n_rows: int, n_dims: int) -> bool:
    """Whether a plain space is too wide to keep as it is.

    Examples
    --------
    >>> needs_narrowing(70_000, 784), needs_narrowing(2_000, 20_000)
    (False, True)
    """
    return n_dims > MAX_DIMS or n_rows * n_dims * 4 > MAX_BYTES


def fit_narrowing(sample: Floats, *, seed: int, most: int = KEPT_DIMS) -> Narrowing:
    """Find the main directions of a sample of rows (PCA), signs fixed by their largest entry."""
    kept = min(most, len(sample), sample.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):  # equal rows have no variance to share out
        found = PCA(kept, svd_solver="randomized", random_state=seed).fit(sample)
    directions = found.components_.astype(np.float32)
    top = directions[np.arange(kept), np.abs(directions).argmax(axis=1)]
    directions *= np.where(top < 0, -1, 1)[:, None]
    scale, share = float(np.sqrt(found.explained_variance_.mean())), float(found.explained_variance_ratio_.sum())
    varies = np.isfinite(share) and scale > 0  # one row, or equal rows, have no directions
    return Narrowing(found.mean_.astype(np.float32), directions, *((share, scale) if varies else (1.0, 1.0)))


def fill(n_rows: int, read: Callable[[int, int], Floats], *, chunk: int, folder: str | None = None) -> Floats:
    """Fill one (rows, dims) array in chunks, so that memory holds it once; on disk where there is a folder."""
    first = read(0, min(chunk, n_rows))
    space = room(n_rows, first.shape[1], folder)
    put(space, 0, first)
    for start in range(chunk, n_rows, chunk):
        put(space, start, read(start, min(start + chunk, n_rows)))
    return space


def room(n_rows: int, n_dims: int, folder: str | None) -> Floats:
    """An empty float32 array in memory; with a folder, a float16 one mapped from a file there."""
    if folder is None:
        return np.empty((n_rows, n_dims), dtype=np.float32)
    return map_array(Path(folder), (n_rows, n_dims), np.dtype(np.float16))


def put(space: Floats, start: int, rows: Floats) -> None:
    """Write rows; what a float16 array cannot hold becomes the largest number that it can."""
    if space.dtype == np.float16:
        rows = np.clip(rows, -MOST_HALF, MOST_HALF)
    space[start : start + len(rows)] = rows
