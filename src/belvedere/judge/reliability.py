"""How far each row's place can be trusted: values per row, computed with the map.

kept      share of the row's 15 true neighbors that are among its 15 nearest on the map, 0 to 1
false     share of its 15 nearest on the map that are not even among its nearest hundredth of all rows, 0 to 1
stretch   log2 of how much more room the map gives to its neighborhood than the median row gets (0: usual)
outlying  share of rows that are less unusual, 0 to 1; unusual is a row that lies far from its neighbors (m), all the more
          where these lie close together (l): m^2 / l, as for placed rows
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.judge.neighborhoods import without_self
from belvedere.judge.recall import shares_kept
from belvedere.types import Floats, Ints
from belvedere.values import square_by_square

N_REFERENCE = 1024  # rows that stand for all when ranks are estimated
FAR = 0.01  # a stranger: not among this share of all rows
BATCH = 262_144  # rows searched at once


ToNth = Callable[[Floats, Floats, int], Floats]


@dataclass(frozen=True)
class Reliability:
    """Values per row by name, float32 (rows,)."""

    channels: dict[str, Floats]


def measure_reliability(rows: Floats, neighbors: Ints, distances: Floats, places: Floats, to_nth: ToNth) -> Reliability:
    """Measure every row.

    Parameters
    ----------
    rows : float32 (rows, dims)
        The space mapped, or the axes drawn from it: strangers are told by distances in it.
    neighbors, distances : int32 and float32 (rows, k)
        True neighbors in it.
    places : float32 (rows, 2)
    to_nth : callable
        `to_nth(rows, among, nth)` -> float32 (rows,): squared distance of every row to the nth nearest of some others.
    """
    n, k = neighbors.shape
    if k == 0:
        return Reliability({name: np.zeros(n, np.float32) for name in ("kept", "false", "stretch", "outlying")})
    kept, false, radius_on_map = (np.empty(n, np.float32) for _ in range(3))
    limit = _far_distance(rows, k, to_nth)
    for part, on_map, away in _neighbors_on_map(places, k):
        kept[part], radius_on_map[part] = shares_kept(neighbors[part], on_map), away
        false[part] = _strangers(rows[part], rows, on_map, limit[part])
    radius = distances.mean(axis=1)
    stretch, outlying = _stretch(radius, radius_on_map), _percentile(_unusual(radius, neighbors))
    return Reliability({"kept": kept, "false": false, "stretch": stretch, "outlying": outlying})


def _neighbors_on_map(places: Floats, k: int) -> Iterator[tuple[NDArray[np.int64], Ints, Floats]]:
    """The k nearest places of every row, int32 (rows, k), and their mean distance; some rows, square by square, at a time."""
    order, n = square_by_square(places).astype(np.int64), len(places)
    tree = cKDTree(places[order])
    for at in range(0, n, BATCH):
        part = order[at : at + BATCH]
        far, found = map(np.asarray, tree.query(places[part], k + 1, workers=2))
        near = without_self(np.asarray(order[found], np.int32), part, k)
        yield part, near, np.asarray(far[:, 1:].mean(axis=1), np.float32)


def _unusual(radius: Floats, neighbors: Ints) -> Floats:
    """Squared mean distance to the neighbors over the neighbors' own: float32 (rows,)."""
    usual = radius[radius > 0]
    least = 1e-3 * float(np.median(usual)) if len(usual) else 1e-30  # equal rows have no radius
    theirs = np.empty_like(radius)
    for at in range(0, len(radius), BATCH):
        theirs[at : at + BATCH] = radius[neighbors[at : at + BATCH]].mean(axis=1)
    return np.asarray(radius / np.maximum(theirs, least) * radius, np.float32)


def _percentile(values: Floats) -> Floats:
    """Share of rows with a smaller value."""
    return np.asarray(np.searchsorted(np.sort(values), values, side="left") / len(values), np.float32)


def _stretch(radius: Floats, radius_on_map: Floats) -> Floats:
    smallest = np.float32(1e-12)
    ratio = np.log2(np.maximum(radius_on_map, smallest)) - np.log2(np.maximum(radius, smallest))
    usual = radius > 0  # equal rows have no radius of their own
    middle = np.median(ratio[usual]) if usual.any() else np.float32(0)
    return np.asarray(np.where(usual, ratio - middle, 0), np.float32)


def _strangers(asked: Floats, rows: Floats, on_map: Ints, limit: Floats) -> Floats:
    """Share of the neighbors on the map of the rows asked for whose squared distance is above the limit: float32 (asked,)."""
    out = np.empty(len(asked), np.float32)
    _count_beyond(asked, rows, on_map, limit, out)
    return out / np.float32(on_map.shape[1])


@numba.njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def _count_beyond(asked: Floats, rows: Floats, on_map: Ints, limit: Floats, out: Floats) -> None:
    """How many of the rows `on_map` (asked, k) lie further off than `limit` (asked,), into `out`."""
    for i in numba.prange(asked.shape[0]):
        n = 0
        for p in range(on_map.shape[1]):
            squared = np.float32(0)
            for d in range(rows.shape[1]):
                gap = asked[i, d] - rows[on_map[i, p], d]
                squared += gap * gap
            if squared > limit[i]:
                n += 1
        out[i] = n


def _far_distance(rows: Floats, k: int, to_nth: ToNth) -> Floats:
    """Squared distance within which the nearest hundredth of all rows lies (at least 3 k rows), from a sample."""
    n = len(rows)
    reference = np.sort(np.random.default_rng(0).choice(n, min(n, N_REFERENCE), replace=False))
    share = max(FAR, 3 * k / n)
    rank = int(np.clip(np.ceil(share * len(reference)), 1, len(reference)))
    return to_nth(rows, rows[reference], rank) * np.float32(1 + 1e-5)


def dubious(kept: Floats, limit: float) -> NDArray[np.bool_]:
    """Rows that keep no more of their neighbors than `limit`, the share that 95 % of rows of noise do not exceed."""
    return np.asarray(kept <= limit + 1e-6)
