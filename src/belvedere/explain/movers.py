"""Two maps of the same rows: which rows moved to other neighbors, after the one map is laid over the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.types import Floats, Ints

K = 15


@dataclass(frozen=True)
class Movers:
    """Rows of two maps, those that changed most first.

    Attributes
    ----------
    rows : int64 (rows,)
        Row numbers of map A, most moved first.
    other : int64 (rows,)
        The same rows' numbers in map B.
    changed : float32 (rows,)
        Share of the 15 true neighbors of map A that are not among those of map B.
    changed_on_map : float32 (rows,)
        The same for the neighbors on the maps.
    distance : float32 (rows,)
        How far the row moved, as share of map A's width, after map B was turned, scaled and shifted onto map A.
    """

    rows: NDArray[np.int64]
    other: NDArray[np.int64]
    changed: Floats
    changed_on_map: Floats
    distance: Floats

    def to_dict(self, most: int = 1000) -> dict[str, Any]:
        """The first rows as JSON-able data."""
        return {name: getattr(self, name)[:most].tolist() for name in self.__dataclass_fields__}


def rank_movers(places: tuple[Floats, Floats], neighbors: tuple[Ints, Ints], match: NDArray[np.int64]) -> Movers:
    """Rank the rows of two maps by how much their neighborhoods changed.

    Parameters
    ----------
    places : two arrays float32 (rows, 2)
    neighbors : two arrays int32 (rows, k)
        True neighbors in each map's own space.
    match : int64 (rows A,)
        Row of map B for each row of map A, -1 where there is none; unmatched neighbors count as gone.
    """
    rows = np.flatnonzero(match >= 0)
    other = match[rows]
    turned = lay_over(places[0][rows], places[1][other], places[1])
    width = float(np.ptp(places[0], axis=0).max()) or 1.0
    distance = np.linalg.norm(places[0][rows] - turned[other], axis=1) / width
    true = _share_gone(neighbors[0][rows, :K], neighbors[1][other, :K], match)
    on_map = _share_gone(near_on_map(places[0], rows), near_on_map(places[1], other), match)
    order = np.lexsort((rows, -distance, -on_map, -true))
    return Movers(rows[order], other[order], *(v[order].astype(np.float32) for v in (true, on_map, distance)))


def lay_over(fixed: Floats, moved: Floats, every: Floats) -> Floats:
    """Turn, mirror, scale and shift `moved` onto `fixed`, and do the same with `every`.

    The least-squares similarity of Umeyama (1991), fitted twice: the second time without the tenth of the rows that
    fit worst, so that rows that moved far do not drag the others along.

    Examples
    --------
    >>> square = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> turned = square[:, ::-1] * 3 + 5
    >>> bool(np.allclose(lay_over(square, turned, turned), square, atol=1e-5))
    True
    """
    keep = np.arange(len(fixed))
    for _ in range(2):
        a, b = fixed[keep].astype(np.float64), moved[keep].astype(np.float64)
        middle_a, middle_b = a.mean(axis=0), b.mean(axis=0)
        left, values, right = np.linalg.svd((a - middle_a).T @ (b - middle_b))
        scale = values.sum() / max(float(np.square(b - middle_b).sum()), 1e-12)
        turn = scale * left @ right
        misfit = np.linalg.norm(fixed - middle_a - (moved - middle_b) @ turn.T, axis=1)
        keep = np.argsort(misfit, kind="stable")[: max(2, len(fixed) * 9 // 10)]
    return np.asarray((every - middle_b) @ turn.T + middle_a, dtype=np.float32)


def near_on_map(places: Floats, rows: NDArray[np.int64]) -> Ints:
    """The nearest rows on the map of some rows, themselves left out: int32 (rows, k)."""
    k = min(K, len(places) - 1)
    found = np.asarray(cKDTree(places).query(places[rows], k=k + 1, workers=2)[1]).reshape(len(rows), -1)
    selfless = [near[near != row][:k] for near, row in zip(found, rows, strict=True)]
    return np.array(selfless, dtype=np.int32).reshape(len(rows), k)


def _share_gone(before: Ints, after: Ints, match: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each row's neighbors that are no longer among them."""
    if not before.shape[1] or not after.shape[1]:
        return np.zeros(len(before))
    named = match[before]  # in the numbers of map B
    kept = (named[:, :, None] == after[:, None, :]).any(axis=2)
    return np.asarray(1 - kept.mean(axis=1))
