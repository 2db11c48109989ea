"""The nearest neighbors of every row: exact for small data, searched and measured for large data.

Above `EXACT_ROWS` the graph is approximate; its effort is raised until the recall measured on a sample of rows against
exact neighbors is high enough, and what was reached is reported. Equal rows are handled before any index sees them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import faiss
import numpy as np
from numpy.typing import NDArray

from belvedere.layout.cells import (
    MOST_CELLS,
    build_tiles,
    search_all,
    search_cells,
    search_tiles,
    sort_into_cells,
)
from belvedere.layout.kernels import count_shared, hash_rows, rerank
from belvedere.types import Floats, Ints
from belvedere.values import array_in

EXACT_ROWS = 50_000
FEWEST_CELLS = 6  # looked into at first
N_PROBED = 1000  # rows whose exact neighbors are known while the effort is chosen
BATCH = 262_144  # rows held at once
EXTRA = 8  # candidates beyond k that exact distances may reorder


def hash_order(rows: Floats) -> NDArray[np.uint64]:
    """A number per row that depends on its values alone: uint64 (rows,)."""
    codes = np.empty(len(rows), np.uint64)
    for at in range(0, len(rows), BATCH):
        part = np.ascontiguousarray(rows[at : at + BATCH], np.float32) + np.float32(0)  # minus zero equals zero
        hash_rows(part.view(np.uint32), codes[at : at + BATCH])
    return codes


@dataclass(frozen=True)
class Graph:
    """The nearest neighbors of every row.

    Attributes
    ----------
    neighbors : int32 (rows, k)
        Row numbers, nearest first, the row itself left out.
    distances : float32 (rows, k)
        Euclidean distances, in the units of the rows searched.
    recall : float
        Share of exact neighbors found, measured on a sample; 1 where the search was exact.
    how : str
        How they were found, in a few words.
    """

    neighbors: Ints
    distances: Floats
    recall: float = 1.0
    how: str = "exact"


@dataclass(frozen=True)
class Effort:
    """How far a search in cells goes.

    Attributes
    ----------
    recall : float
        Until this share of a sample's neighbors is found, 0 to 1 …
    most_cells : int
        … or so many cells are looked into per row.
    """

    recall: float = 0.95
    most_cells: int = MOST_CELLS

    def is_enough(self, recall: float, n_looked: int, n_cells: int) -> bool:
        """Say whether to stop, having looked into some of all cells."""
        return recall >= self.recall or n_looked >= min(n_cells, self.most_cells)

    def more(self, n_looked: int) -> int:
        """How many cells to look into next."""
        return min(n_looked + n_looked // 4, self.most_cells)


THOROUGH = Effort()
Search = Callable[[Floats, int], Graph]


def unit_rows(rows: Floats) -> Floats:
    """Scale rows to length one (cosine distance is half the squared distance of these); zero rows stay zero."""
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return np.asarray(rows / np.where(length > 0, length, 1)[:, None], np.float32)


def find_neighbors(
    rows: Floats,
    k: int = 15,
    *,
    seed: int = 0,
    effort: Effort = THOROUGH,
    search: Search | None = None,
    folder: str | None = None,
) -> Graph:
    """Find the k nearest neighbors of every row.

    Parameters
    ----------
    rows : float32 (rows, columns)
        Finite values.
    k : int
        Neighbors per row; lowered to `rows - 1` where there are fewer rows.
    seed : int
        For the sample on which recall is measured.
    effort : Effort
        Of the processor's own search.
    search : callable, optional
        Searches rows of which no two are equal, instead of the processor: `search(rows, k)`.
    folder : str, optional
        Where neighbors that take more than memory holds are kept, in files without a name.

    Examples
    --------
    >>> find_neighbors(np.float32([[0.0], [1.0], [3.0]]), 1).neighbors.ravel().tolist()
    [1, 0, 1]
    """
    rows = np.ascontiguousarray(rows, np.float32)
    k = max(0, min(k, len(rows) - 1))
    if k == 0:
        return Graph(np.zeros((len(rows), 0), np.int32), np.zeros((len(rows), 0), np.float32))
    first, group = _distinct(rows)
    search = search or partial(_search_distinct, seed=seed, effort=effort, folder=folder)
    if len(first) == len(rows):
        return search(rows, k)
    among = search(rows[first], min(k, len(first) - 1)) if len(first) > 1 else None
    return _with_equal_rows(first, group, among, k, folder)


def exact_neighbors(rows: Floats, queries: NDArray[np.int64], k: int) -> Ints:
    """Exact neighbors of some rows among all rows, themselves left out: int32 (queries, k)."""
    search = _nearest_flat if len(rows) <= BATCH else search_all
    found = search(rows, rows[queries], k + 1 + EXTRA)
    return rerank_in(rows[queries], rows, found, k, own=queries)[0]


def nearest_rows(rows: Floats, queries: Floats, k: int) -> tuple[Ints, Floats]:
    """Exact nearest `rows` of new rows, the same whatever else is asked: int32 and float32 (queries, k)."""
    k = min(k, len(rows))
    found = _nearest_flat(rows, queries, k + EXTRA)
    return rerank_in(queries, rows, found, k)


def squared_to_nth(rows: Floats, among: Floats, nth: int) -> Floats:
    """Squared distance of every row to the nth nearest of some others, 1 the nearest: float32 (rows,)."""
    middle = np.asarray(among.mean(axis=0), np.float32)
    tiles = build_tiles(among, np.zeros(len(among), np.int64), 1, middle=middle)
    out = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BATCH):
        part = np.ascontiguousarray(rows[at : at + BATCH] - middle, np.float32)
        half = search_tiles(part, tiles, np.zeros((len(part), 1), np.int32), nth)[0][:, -1]
        out[at : at + BATCH] = 2 * half + np.einsum("ij,ij->i", part, part)
    return np.maximum(out, 0, out=out)


def _nearest_flat(rows: Floats, queries: Floats, k: int) -> Ints:
    k = min(k, len(rows))
    return np.asarray(faiss.knn(np.ascontiguousarray(queries), np.ascontiguousarray(rows), k)[1], np.int32)


def rerank_in(
    queries: Floats, rows: Floats, candidates: Ints, k: int, *, own: NDArray[np.int64] | None = None
) -> tuple[Ints, Floats]:
    """Keep the k nearest candidates by exact distance: int32 and float32 (queries, k); -1 where there are too few."""
    near, squared = np.empty((len(queries), k), np.int32), np.empty((len(queries), k), np.float32)
    own = np.full(len(queries), -1, np.int64) if own is None else own
    rerank(np.ascontiguousarray(queries), rows, candidates, own, near, squared)
    return near, np.sqrt(squared, out=squared)


def _distinct(rows: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of every group of equal rows, and the group of every row."""
    _, first, group = np.unique(hash_order(rows), return_index=True, return_inverse=True)
    return first, group


def _with_equal_rows(
    first: NDArray[np.int64], group: NDArray[np.int64], among: Graph | None, k: int, folder: str | None
) -> Graph:
    """Neighbors of all rows from neighbors of distinct rows.

    Equal rows are neighbors at distance 0, taken in a ring, so that none of them becomes everybody's neighbor.
    """
    n = len(group)
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group, minlength=len(first))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n) - np.repeat(starts, sizes)
    near, far = (array_in(folder, (n, k), kind) for kind in (np.int32, np.float32))
    near.fill(-1)
    far.fill(np.inf)
    n_equal = np.minimum(sizes[group] - 1, k)
    for p in range(k):
        rows = np.flatnonzero(n_equal > p)
        near[rows, p] = order[starts[group[rows]] + (rank[rows] + 1 + p) % sizes[group[rows]]]
        far[rows, p] = 0
    if among is not None:
        _fill_with_distinct(near, far, n_equal, (group, rank, order, starts, sizes), among)
    return _without_gaps(near, far, among)


def _fill_with_distinct(
    near: Ints, far: Floats, n_equal: NDArray[np.int64], groups: tuple[NDArray[np.int64], ...], among: Graph
) -> None:
    """After the equal rows come members of the nearest other groups, each time as many as the group has."""
    group, rank, order, starts, sizes = groups
    k = near.shape[1]
    filled = n_equal.copy()
    for p in range(among.neighbors.shape[1]):
        other = among.neighbors[group, p]
        for member in range(k):
            rows = np.flatnonzero((filled < k) & (member < sizes[other]))
            if len(rows) == 0:
                break
            to = other[rows]
            near[rows, filled[rows]] = order[starts[to] + (rank[rows] + member) % sizes[to]]
            far[rows, filled[rows]] = among.distances[group[rows], p]
            filled[rows] += 1


def _without_gaps(near: Ints, far: Floats, among: Graph | None) -> Graph:
    assert (near >= 0).all(), "every row must have k neighbors once equal rows are counted"
    graph = Graph(near, far, how="exact, equal rows in rings")
    return graph if among is None else replace(graph, recall=among.recall, how=among.how + ", equal rows in rings")


def _search_distinct(rows: Floats, k: int, seed: int, effort: Effort, folder: str | None) -> Graph:
    if len(rows) <= EXACT_ROWS:
        found = _nearest_flat(rows, rows, k + 1 + EXTRA)
        return Graph(*rerank_in(rows, rows, found, k, own=np.arange(len(rows))))
    return _search_cells(rows, k, seed, effort, folder)


def _search_cells(rows: Floats, k: int, seed: int, effort: Effort, folder: str | None) -> Graph:
    """Look into more and more cells until the recall of a sample is high enough, then search all rows so."""
    cells = sort_into_cells(rows, seed=seed)
    probed = np.sort(np.random.default_rng(seed).choice(len(rows), min(N_PROBED, len(rows)), replace=False))
    truth, asked = exact_neighbors(rows, probed, k), rows[probed]
    n_looked, recall = FEWEST_CELLS, 0.0
    while True:
        found = search_cells(cells, asked, k + 1, n_looked)
        recall = share_found(rerank_in(asked, rows, found, k, own=probed)[0], truth)
        if effort.is_enough(recall, n_looked, cells.n_cells):
            break
        n_looked = effort.more(n_looked)
    near, far = (array_in(folder, (len(rows), k), kind) for kind in (np.int32, np.float32))
    order = cells.order()
    for at in range(0, len(rows), BATCH):
        own = order[at : at + BATCH]
        asked = rows[own]
        near[own], far[own] = rerank_in(asked, rows, search_cells(cells, asked, k + 1, n_looked), k, own=own)
    return fill_short(
        rows, Graph(near, far, recall, f"{min(n_looked, cells.n_cells)} of {cells.n_cells} cells searched")
    )


def fill_short(rows: Floats, graph: Graph) -> Graph:
    """Search exactly for the few rows for which fewer than k neighbors were found."""
    short = np.flatnonzero((graph.neighbors < 0).any(axis=1))
    if len(short):
        k = graph.neighbors.shape[1]
        found = _nearest_flat(rows, rows[short], k + 1 + EXTRA)
        graph.neighbors[short], graph.distances[short] = rerank_in(rows[short], rows, found, k, own=short)
    return graph


def share_found(found: Ints, truth: Ints) -> float:
    """Share of the true neighbors that were found, 0 to 1."""
    shared = np.empty(len(truth), np.int32)
    count_shared(np.ascontiguousarray(truth), np.ascontiguousarray(found), shared)
    return float(shared.sum() / max(1, truth.size))
