"""The plane in cells of at least k rows each, and what the rows of a cell have in common.

Cells are halves of halves, as in multidimensional k-anonymity (LeFevre, DeWitt, Ramakrishnan 2006); rows of a map that
lie near each other are alike, so that a cell loses little of what its rows hold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.values import Array

FEW = 8  # below so many times k rows, a cell is parted where the gap is widest, not in the middle


@dataclass(frozen=True)
class Cells:
    """Which cell each row lies in: int64 (rows,), and how many rows each cell has: int64 (cells,)."""

    of: NDArray[np.int64]
    sizes: NDArray[np.int64]


def make_cells(places: Array, k: int) -> Cells:
    """Part rows by their places until no cell could be parted without falling below k rows.

    Parameters
    ----------
    places : float (rows, 2)
        All finite.
    k : int

    Raises
    ------
    SettingError
        Where k is below 2, or there are fewer than k rows.

    Examples
    --------
    >>> make_cells(np.array([[0, 0], [0, 1], [9, 0], [9, 1.0]]), 2).of.tolist()
    [1, 1, 0, 0]
    """
    if k < 2:
        raise SettingError(f"k must be at least 2, but is {k}. Choose 10, or more for data that could hurt someone.")
    if len(places) < k:
        raise SettingError(
            f"A copy needs at least k = {k} rows with a place, but there are {len(places)}. Gather more rows; a smaller "
            "k protects less."
        )
    of, n_cells = np.zeros(len(places), dtype=np.int64), 0
    waiting = [np.arange(len(places))]
    while waiting:
        rows = waiting.pop()
        if len(rows) < 2 * k:
            of[rows] = n_cells
            n_cells += 1
        else:
            waiting += _halves(places, rows, k)
    return Cells(of, np.bincount(of, minlength=n_cells))


def _halves(places: Array, rows: NDArray[np.int64], k: int) -> list[NDArray[np.int64]]:
    """Two parts along the wider axis, neither below k rows."""
    inside = places[rows]
    values = inside[:, int(np.argmax(np.ptp(inside, axis=0)))]
    cut = len(rows) // 2
    if len(rows) >= FEW * k:
        order = np.argpartition(values, cut)
    else:
        order = np.argsort(values, kind="stable")
        gaps = np.diff(values[order])[k - 1 : len(rows) - k]  # gap i parts i + k rows from the rest
        cut = k + int(np.argmax(gaps)) if gaps.max(initial=0) > 0 else cut
    return [rows[order[:cut]], rows[order[cut:]]]


def means(values: Array, cells: Cells) -> Array:
    """Mean of each cell: float64 (cells,)."""
    return np.bincount(cells.of, values, minlength=len(cells.sizes)) / cells.sizes


def medians(values: Array, cells: Cells) -> Array:
    """Lower median of each cell; NaN where more than half of its rows have no value: float64 (cells,).

    Examples
    --------
    >>> medians(np.array([3.0, 1, 2, np.nan, np.nan, 5]), Cells(np.array([0, 0, 0, 1, 1, 1]), np.array([3, 3])))
    array([ 2., nan])
    """
    order = np.lexsort((values, cells.of))  # NaN last in each cell
    n_known = np.bincount(cells.of[~np.isnan(values)], minlength=len(cells.sizes))
    first = np.cumsum(cells.sizes) - cells.sizes
    middle = values[order][first + np.maximum(n_known - 1, 0) // 2]
    return np.where(n_known * 2 >= cells.sizes, middle, np.nan)


def commonest(codes: Array, cells: Cells) -> tuple[Array, Array]:
    """The most common code of each cell and the share of its rows that have it: (cells,), (cells,).

    Examples
    --------
    >>> code, share = commonest(np.array([4, 4, 1, 2]), Cells(np.array([0, 0, 0, 1]), np.array([3, 1])))
    >>> code.tolist(), share.round(2).tolist()
    ([4, 2], [0.67, 1.0])
    """
    levels, at = np.unique(codes, return_inverse=True)
    pairs, counts = np.unique(cells.of * len(levels) + at.ravel(), return_counts=True)
    best = np.lexsort((-pairs, counts, pairs // len(levels)))  # per cell the largest count last
    last = best[np.cumsum(np.bincount(pairs // len(levels), minlength=len(cells.sizes))) - 1]
    return levels[pairs[last] % len(levels)], counts[last] / cells.sizes
