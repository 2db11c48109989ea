"""Rows that may not be parted freely: groups that stay together, or a time that only runs forward."""

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Ties:
    """What rows may not be parted freely by; nothing where both are None.

    Attributes
    ----------
    groups : int64 (rows,) or None
        Number of the group that each row belongs to, from 0.
    times : float64 (rows,) or None
        When each row happened, in any unit.
    """

    groups: Whole | None = None
    times: NDArray[np.float64] | None = None

    def of(self, rows: NDArray[Any]) -> "Ties":
        """The same for some of the rows."""
        groups = None if self.groups is None else np.unique(self.groups[rows], return_inverse=True)[1]
        return Ties(groups, None if self.times is None else self.times[rows])


FREE = Ties()
N_SHUFFLES = 10  # ways to part groups that are tried; the one that keeps classes most even is taken


def latest(times: NDArray[np.float64], share: float) -> Mask:
    """The latest rows, about a share of all; rows of one moment stay together.

    Examples
    --------
    >>> latest(np.array([3.0, 1.0, 2.0, 4.0, 4.0]), 0.2).tolist()
    [False, False, False, True, True]
    """
    n_held = round(share * len(times))
    if not n_held:
        return np.zeros(len(times), dtype=bool)
    edge = np.sort(times)[-n_held]
    return np.asarray(times >= edge if edge > times.min() else times > edge)


def time_blocks(times: NDArray[np.float64], n_folds: int) -> Whole:
    """Number of the block of time of each row, 0 to `n_folds`, about as many rows in each.

    Raises
    ------
    SettingError
        If there are too few different times.

    Examples
    --------
    >>> time_blocks(np.array([5.0, 1, 2, 3, 4, 6]), 2).tolist()
    [2, 0, 0, 1, 1, 2]
    """
    ranked = np.sort(times)
    edges = np.unique(ranked[[len(times) * k // (n_folds + 1) for k in range(1, n_folds + 1)]])
    edges = edges[edges > ranked[0]]
    if len(edges) < n_folds:
        raise SettingError(
            f"{n_folds} folds in the order of time need {n_folds + 1} parts of different times, but these rows give "
            f"{len(edges) + 1}. Ask for fewer folds."
        )
    return np.searchsorted(edges, times, side="right").astype(np.int64)


def whole_groups(groups: Whole, strata: NDArray[Any], share: float, *, seed: int) -> Mask:
    """Whole groups with about a share of the rows, the classes as even as some shuffles allow.

    Examples
    --------
    >>> held = whole_groups(np.repeat(np.arange(10), 5), np.zeros(50), 0.2, seed=0)
    >>> int(held.sum()), sorted({int(n) for n in held.reshape(10, 5).sum(axis=1)})
    (10, [0, 5])
    """
    sizes, rng = np.bincount(groups), np.random.default_rng(seed)
    best, least = np.zeros(len(groups), dtype=bool), np.inf
    for _ in range(N_SHUFFLES if len(sizes) > 1 and share > 0 else 0):
        order = rng.permutation(len(sizes))
        n_taken = int(np.searchsorted(sizes[order].cumsum(), share * len(groups), side="right"))
        taken = np.isin(groups, order[: min(len(sizes) - 1, max(1, n_taken))])
        unevenness = _unevenness(taken.astype(np.int64), strata, np.array([1 - share, share]))
        if unevenness < least:
            best, least = taken, unevenness
    return best


def group_folds(groups: Whole, strata: NDArray[Any], n_folds: int, *, seed: int) -> Whole:
    """Give every group a fold, so that folds are about as large and classes about as even.

    Raises
    ------
    SettingError
        If there are fewer groups than folds.

    Examples
    --------
    >>> folds = group_folds(np.repeat(np.arange(6), 4), np.zeros(24), 3, seed=0)
    >>> np.bincount(folds).tolist()
    [8, 8, 8]
    """
    sizes, rng = np.bincount(groups), np.random.default_rng(seed)
    if len(sizes) < n_folds:
        raise SettingError(
            f"{n_folds} folds need as many groups, but there are {len(sizes)}. Ask for fewer folds, or other groups."
        )
    best, least = np.zeros(len(groups), dtype=np.int64), np.inf
    for _ in range(N_SHUFFLES):
        folds = _lightest_first(sizes, n_folds, rng=rng)[groups]
        unevenness = _unevenness(folds, strata, np.full(n_folds, 1 / n_folds))
        if unevenness < least:
            best, least = folds, unevenness
    return best


def _lightest_first(sizes: Whole, n_folds: int, *, rng: np.random.Generator) -> Whole:
    """Large groups first, each to the fold with the fewest rows so far; equal ones in random order."""
    fold_of = np.empty(len(sizes), dtype=np.int64)
    heap = [(0, fold) for fold in range(n_folds)]
    for group in np.lexsort((rng.random(len(sizes)), -sizes)):
        weight, fold = heapq.heappop(heap)
        fold_of[group] = fold
        heapq.heappush(heap, (weight + int(sizes[group]), fold))
    return fold_of


def _unevenness(part: Whole, strata: NDArray[Any], shares: NDArray[np.float64]) -> float:
    """How far the classes are from being spread over the parts by their shares, in rows."""
    classes, n_parts = np.unique(strata, return_inverse=True)[1], len(shares)
    table = np.bincount(classes * n_parts + part, minlength=int(classes.max() + 1) * n_parts).reshape(-1, n_parts)
    return float(np.abs(table - table.sum(axis=1, keepdims=True) * shares).sum())
