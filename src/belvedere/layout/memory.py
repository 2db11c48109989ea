"""The memory of the place network: fitted rows in cells, read by new rows in microseconds.

A perceptron of any size that is fast enough blurs what free places hold (it keeps some 3 % of a new row's neighbors), so
the network carries the fitted rows themselves as its last layer. A new row looks into the few cells whose centers are
nearest (k-means), finds its nearest rows there, and goes where most of them agree: to the place beside which most of the
others lie, `argmax_i sum_j 1 / (1 + |y_i - y_j|^2)`, then one step of the mean with these weights. The mean of all of them
would lie between the islands when they disagree, and keeps half as many neighbors.

Every row is read alone and in the same order, so its place does not depend on the rows beside it.
"""

from dataclasses import dataclass, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from belvedere.layout.cells import Tiles, build_tiles, search_tiles
from belvedere.layout.landmarks import hash_order
from belvedere.layout.tiles import agree
from belvedere.types import Floats, Ints

ROWS_PER_CELL = 256  # on average
MOST_ROWS = 131_072  # of more fitted rows, those with the smallest hashes are kept
N_CELLS_READ = 2
N_READ = 6  # neighbors that a new row goes by
BATCH = 32_768  # new rows read at once


@dataclass(frozen=True)
class Memory:
    """Fitted rows in cells: `cells` finds the nearest centers, `rows` the nearest rows in a cell."""

    center: Floats
    cells: Tiles
    rows: Tiles
    places: Floats


@dataclass(frozen=True)
class Reading:
    """Places float32 (rows, 2) and how far neighbors agree on them, 0 to 1; these, int32 (rows, N_READ), and distances."""

    places: Floats
    agreed: Floats
    near: Ints
    distances: Floats


def find_cells(rows: Floats, *, seed: int = 0) -> Floats:
    """Centers of cells, by k-means on a sample: float32 (cells, dims)."""
    n_cells = max(1, min(len(rows), MOST_ROWS) // ROWS_PER_CELL)
    sampling = {"min_points_per_centroid": 1, "max_points_per_centroid": 48}
    means = faiss.Kmeans(rows.shape[1], n_cells, niter=6, seed=seed + 1, **sampling)
    means.train(np.ascontiguousarray(rows))
    return np.asarray(means.centroids, np.float32)


def remember(rows: Floats, places: Floats, centers: Floats) -> Memory:
    """Sort fitted rows into cells.

    Parameters
    ----------
    rows : float32 (rows, dims)
        In the space mapped.
    places : float32 (rows, 2)
    centers : float32 (cells, dims)
    """
    kept = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        kept = np.sort(np.argsort(hash_order(rows), kind="stable")[:MOST_ROWS])
    middle = np.asarray(centers.mean(axis=0), np.float32)
    cells = build_tiles(centers - middle, np.zeros(len(centers), np.int64), 1)
    shifted = np.ascontiguousarray(rows[kept] - middle)
    cell_of = search_tiles(shifted, cells, np.zeros((len(kept), 1), np.int32), 1)[1][:, 0]
    tiles = build_tiles(shifted, cell_of.astype(np.int64), len(centers))
    tiles = replace(tiles, ids=np.where(tiles.ids < 0, -1, kept[tiles.ids]).astype(np.int32))
    return Memory(middle, cells, tiles, np.ascontiguousarray(places, np.float32))


def read_memory(memory: Memory, new: Floats, *, own: NDArray[np.int64] | None = None) -> Reading:
    """Place new rows, float32 (rows, dims), where the fitted rows nearest to them agree; `own` rows do not count."""
    places, agreed = np.empty((len(new), 2), np.float32), np.empty(len(new), np.float32)
    near, far = np.empty((len(new), N_READ), np.int32), np.empty((len(new), N_READ), np.float32)
    n_read = min(N_CELLS_READ, len(memory.rows.first) - 1)
    for at in range(0, len(new), BATCH):
        part = slice(at, at + BATCH)
        rows = np.ascontiguousarray(new[part] - memory.center)
        cells = search_tiles(rows, memory.cells, np.zeros((len(rows), 1), np.int32), n_read)[1]
        score, found = search_tiles(rows, memory.rows, cells, N_READ + (own is not None))
        if own is not None:
            score, found = _without(own[part], score, found)
        near[part] = found
        length = np.einsum("ij,ij->i", rows, rows)
        far[part] = np.sqrt(np.maximum(length[:, None] + 2 * score, 0))
        agree(memory.places, near[part], places[part], agreed[part])
    return Reading(places, agreed, near, far)


def _without(own: NDArray[np.int64], score: Floats, found: Ints) -> tuple[Floats, Ints]:
    """Leave out of each line the row itself, or the last one where it was not found."""
    is_own = found == own[:, None]
    is_own[~is_own.any(axis=1), -1] = True
    return score[~is_own].reshape(len(found), -1), found[~is_own].reshape(len(found), -1)
