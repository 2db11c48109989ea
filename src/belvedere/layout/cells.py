"""Searching rows cell by cell: every row looks into the cells whose centers are nearest, all rows of a cell together.

A self-join wants no graph: rows are sorted into cells by k-means, and the rows that look into a cell are compared with all
rows of that cell at once, by the vector loop of `belvedere.layout.tiles`. On two cores this finds the neighbors of a
million rows in a fraction of the time in which a graph index is built. Every row is searched alone and in the same order.
"""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from belvedere.layout.tiles import TILE, fill_tiles, scan
from belvedere.types import Floats, Ints

ROWS_PER_CELL = 192  # on average
MOST_CELLS = 65_000  # about; their numbers are sorted as 16 bits
SAMPLED = 24  # rows per center on which k-means is run
SAMPLED_FOR_GROUPS = 64  # the same, for groups of centers
ITERATIONS = 6  # of k-means
MANY_CELLS = 1024  # from here on, centers are looked for in groups of centers
GROUPS_LOOKED = 6  # groups of centers looked into, and more where many cells are wanted
BATCH = 262_144  # rows searched at once
CHUNK = 256  # rows of one task
MOST_HALF = 60_000.0  # float16 ends a little above
MOST_IN_FULL = 2_000_000  # of more rows, cells hold float16; the nearest are told apart by the rows themselves


@dataclass(frozen=True)
class Tiles:
    """Rows by cells, turned so that one dimension of a tile's rows lies together.

    Attributes
    ----------
    keys : float32, or bits of float16 as uint16, (tiles, dims, TILE)
        Divided by `scale`; zero where a tile is padded.
    half : float32 (tiles, TILE)
        Half the squared length of every row, infinite where a tile is padded.
    ids : int32 (tiles, TILE)
    first : int64 (cells + 1,)
        First tile of each cell.
    scale : float
    """

    keys: Floats | NDArray[np.uint16]
    half: Floats
    ids: Ints
    first: NDArray[np.int64]
    scale: float = 1.0


@dataclass(frozen=True)
class Cells:
    """Rows in cells: `middle` (dims,) is taken from every row, `centers` finds cells, `rows` finds rows in them."""

    middle: Floats
    centers: "Centers"
    rows: Tiles

    @property
    def n_cells(self) -> int:
        """How many cells there are."""
        return len(self.rows.first) - 1

    def order(self) -> NDArray[np.int64]:
        """All rows, cell by cell: those that are asked about together then look into the same cells."""
        return self.rows.ids[self.rows.ids >= 0].astype(np.int64)


@dataclass(frozen=True)
class Centers:
    """Centers of cells in groups: `groups` finds groups, `cells` finds centers in them; one group where they are few."""

    groups: Tiles
    cells: Tiles

    @property
    def n_cells(self) -> int:
        """How many centers there are."""
        return int((self.cells.ids >= 0).sum())

    def nearest(self, rows: Floats, n: int) -> Ints:
        """The n nearest centers of each row, looked for in the nearest groups: int32 (rows, n), -1 where too few."""
        n_groups = len(self.cells.first) - 1
        start = np.zeros((len(rows), 1), np.int32)
        if n_groups == 1:
            return search_tiles(rows, self.cells, start, n)[1]
        looked = search_tiles(
            rows, self.groups, start, min(n_groups, GROUPS_LOOKED + 2 * n * n_groups // self.n_cells)
        )[1]
        return search_tiles(rows, self.cells, looked, n)[1]


def sort_into_cells(rows: Floats, *, seed: int = 0) -> Cells:
    """Sort rows, float32 (rows, dims), into cells round k-means centers."""
    n_cells = int(min(max(1, len(rows) // ROWS_PER_CELL), MOST_CELLS))
    middle = np.asarray(rows[:: max(1, len(rows) // 10_000)].mean(axis=0), np.float32)
    found = _centers(_sampled(rows, n_cells, seed) - middle, n_cells, seed)
    cell_of = np.empty(len(rows), np.int64)
    for at in range(0, len(rows), BATCH):
        part = np.ascontiguousarray(rows[at : at + BATCH] - middle, np.float32)
        cell_of[at : at + BATCH] = found.nearest(part, 1)[:, 0]
    return Cells(middle, found, build_tiles(rows, cell_of, found.n_cells, middle=middle))


def _sampled(rows: Floats, n_cells: int, seed: int) -> Floats:
    n_wanted = min(len(rows), SAMPLED * n_cells)
    chosen = np.sort(np.random.default_rng(seed).choice(len(rows), n_wanted, replace=False))
    return np.asarray(rows[chosen], np.float32)


def _centers(points: Floats, n_cells: int, seed: int) -> Centers:
    """Centers of cells: by k-means, or where many are wanted by k-means in each of the groups that k-means found.

    A group gets centers by its share of the points, and cells are numbered group by group, so that cells which lie
    together are looked into together.
    """
    if n_cells < MANY_CELLS:
        one = build_tiles(_means(points, n_cells, seed), np.zeros(n_cells, np.int64), 1)
        return Centers(one, one)
    n_groups = int(n_cells**0.5)
    middles = _means(points[:: max(1, len(points) // (SAMPLED_FOR_GROUPS * n_groups))], n_groups, seed)
    groups = build_tiles(middles, np.zeros(n_groups, np.int64), 1)
    nearest = search_tiles(points, groups, np.zeros((len(points), 1), np.int32), 1)[1][:, 0]
    filled, group_of, sizes = np.unique(nearest, return_inverse=True, return_counts=True)
    groups = build_tiles(middles[filled], np.zeros(len(filled), np.int64), 1)
    # one at least: a row whose nearest groups had no center would find no cell
    n_each = np.maximum(1, sizes * n_cells // len(points))
    parts = np.split(points[np.argsort(group_of, kind="stable")], np.cumsum(sizes)[:-1])
    centers = [_means(part, n, seed) for part, n in zip(parts, n_each.tolist(), strict=True)]
    return Centers(groups, build_tiles(np.concatenate(centers), np.repeat(np.arange(len(filled)), n_each), len(filled)))


def _means(points: Floats, n: int, seed: int) -> Floats:
    """Centers by k-means: float32 (n, dims)."""
    settings = {"min_points_per_centroid": 1, "max_points_per_centroid": SAMPLED_FOR_GROUPS + 1}
    means = faiss.Kmeans(points.shape[1], n, niter=ITERATIONS, seed=seed + 1, **settings)
    means.train(np.ascontiguousarray(points, np.float32))
    return np.asarray(means.centroids, np.float32)


def search_cells(cells: Cells, rows: Floats, k: int, n_looked: int) -> Ints:
    """Find the k nearest rows in the `n_looked` nearest cells of each row: int32 (rows, k), -1 where there are too few."""
    near = np.empty((len(rows), k), np.int32)
    n_looked = min(n_looked, cells.n_cells)
    for at in range(0, len(rows), BATCH):
        part = np.ascontiguousarray(rows[at : at + BATCH] - cells.middle, np.float32)
        near[at : at + BATCH] = search_tiles(part, cells.rows, cells.centers.nearest(part, n_looked), k)[1]
    return near


def search_all(rows: Floats, queries: Floats, k: int) -> Ints:
    """The k nearest of each part of the rows, part by part, so that the k nearest of all are among them: int32."""
    found = []
    for at in range(0, len(rows), BATCH):
        part = np.asarray(rows[at : at + BATCH], np.float32)
        middle = np.asarray(part[:: max(1, len(part) // 10_000)].mean(axis=0), np.float32)
        tiles = build_tiles(part, np.zeros(len(part), np.int64), 1, middle=middle)
        shifted = np.ascontiguousarray(queries - middle, np.float32)
        near = search_tiles(shifted, tiles, np.zeros((len(queries), 1), np.int32), min(k, len(part)))[1]
        found.append(near + np.int32(at))
    return np.concatenate(found, axis=1)


def build_tiles(rows: Floats, cell_of: NDArray[np.int64], n_cells: int, *, middle: Floats | None = None) -> Tiles:
    """Lay rows out cell by cell, each cell padded to whole tiles; in half the bytes where there are very many."""
    dims, order = rows.shape[1], np.argsort(cell_of.astype(np.uint16), kind="stable")  # 16 bits are sorted by counting
    sizes = np.bincount(cell_of, minlength=n_cells)
    first = np.concatenate([[0], np.cumsum(-(-sizes // TILE))])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    slot = np.repeat(first[:-1] * TILE - starts, sizes) + np.arange(len(rows))
    full = len(rows) <= MOST_IN_FULL
    keys = np.zeros((first[-1], dims, TILE), np.float32 if full else np.uint16)
    scale = 1.0 if full else _largest(rows, middle) / MOST_HALF
    half, ids = np.full((first[-1], TILE), np.inf, np.float32), np.full((first[-1], TILE), -1, np.int32)
    taken = np.zeros(dims, np.float32) if middle is None else middle
    fill_tiles(rows, order, slot, taken, np.float32(1 / scale), (keys, half, ids))
    return Tiles(keys, half, ids, first, scale)


def _largest(rows: Floats, middle: Floats | None) -> float:
    """The largest number in any row, above 0, once the middle is taken from it."""
    parts = (rows[at : at + BATCH] - (0 if middle is None else middle) for at in range(0, len(rows), BATCH))
    return max(1e-30, *(float(np.abs(part).max()) for part in parts))


def search_tiles(rows: Floats, tiles: Tiles, looked: Ints, k: int) -> tuple[Floats, Ints]:
    """The k best rows of some cells, `looked` (rows, cells), nearest first: half squared distance less |row|^2 / 2, ids."""
    best, found = np.full((len(rows), k), np.inf, np.float32), np.full((len(rows), k), -1, np.int32)
    held = (tiles.keys, tiles.half, tiles.ids, tiles.first)
    n_cells = len(tiles.first) - 1
    asked = rows if tiles.scale == 1.0 else rows * np.float32(tiles.scale)
    for p in range(looked.shape[1]):
        order = np.argsort((looked[:, p] + 1).astype(np.uint16), kind="stable")  # 16 bits are sorted by counting
        scan(asked, order, _tasks(looked[:, p], n_cells), held, (best, found))
    return best, found


def _tasks(looked: Ints, n_cells: int) -> NDArray[np.int64]:
    """Pieces of at most CHUNK rows that look into the same cell: int64 (tasks, 3), first and last row in order, cell."""
    n_none = int((looked < 0).sum())  # rows that found fewer cells come first in order, and look nowhere
    ends = np.cumsum(np.bincount(looked[looked >= 0], minlength=n_cells)) + n_none
    starts = np.concatenate([[n_none], ends[:-1]])
    pieces = -(-(ends - starts) // CHUNK)
    cell = np.repeat(np.arange(n_cells), pieces)
    nth = np.arange(len(cell)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = starts[cell] + nth * CHUNK
    return np.stack([start, np.minimum(start + CHUNK, ends[cell]), cell], axis=1)
