"""The sample of rows, and their neighbors in the input space and on the map, that several scores look at.

The protocol is fixed, so that maps can be compared: which rows are asked is drawn with one seed, never chosen.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.types import Floats, Ints

N_QUERIES = 2000  # rows asked for recall
N_SAMPLED = 5000  # rows sampled for rank scores, and looked at among themselves
N_DRAWS = 20_000  # pairs and triplets drawn
BLOCK = 250  # rows ranked at a time


def sample_rows(n_rows: int, n_wanted: int) -> NDArray[np.int64]:
    """Draw row numbers with the fixed seed of the protocol; all rows where there are fewer."""
    if n_rows <= n_wanted:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, n_wanted, replace=False))


def nearest_in_space(rows: Floats, queries: NDArray[np.int64], k: int) -> Ints:
    """The k exact nearest rows of some rows, each left out itself: int32 (queries, k)."""
    rows = np.ascontiguousarray(rows, np.float32)
    found = faiss.knn(np.ascontiguousarray(rows[queries]), rows, min(k + 1, len(rows)))[1]
    return without_self(np.asarray(found, np.int32), queries, k)


def nearest_on_map(places: Floats, queries: NDArray[np.int64], k: int) -> Ints:
    """The k nearest places of some rows, each left out itself: int32 (queries, k)."""
    tree = cKDTree(places, compact_nodes=False, balanced_tree=False)  # built faster; few rows ask
    found = tree.query(places[queries], min(k + 1, len(places)), workers=2)[1]
    return without_self(np.asarray(found, np.int32).reshape(len(queries), -1), queries, k)


def without_self(found: Ints, queries: NDArray[np.int64], k: int) -> Ints:
    """Leave out of each line the row that asked (or, where equal rows hid it, the last of the line)."""
    is_self = found == queries[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    return np.asarray(found[~is_self].reshape(len(found), found.shape[1] - 1)[:, :k], np.int32)


@dataclass(frozen=True)
class Ranks:
    """Ranks among a sample: `space[i, j]` is the rank of j around i in the input space, 0 for i itself."""

    space: NDArray[np.int32]
    places: NDArray[np.int32]


def rank_sample(rows: Floats, places: Floats) -> Ranks:
    """Rank sampled rows among themselves, in the space and on the map: int32 (sample, sample) each."""
    chosen = sample_rows(len(rows), N_SAMPLED)
    return Ranks(ranks_among(rows[chosen]), ranks_among(places[chosen]))


def ranks_among(rows: Floats) -> NDArray[np.int32]:
    """Rank of every row around every row, by distance, ties by row number; 0 is the row itself."""
    points = np.asarray(rows, np.float64)
    length = np.einsum("ij,ij->i", points, points)
    ranks = np.empty((len(points), len(points)), np.int32)

    def rank_block(start: int) -> None:
        block = slice(start, min(start + BLOCK, len(points)))
        squared = length - 2 * points[block] @ points.T
        np.fill_diagonal(squared[:, start:], -np.inf)
        order = np.argsort(squared, axis=1, kind="stable")
        np.put_along_axis(ranks[block], order, np.arange(len(points), dtype=np.int32)[None], axis=1)

    with ThreadPoolExecutor(2) as pool:  # sorting lets other threads work
        list(pool.map(rank_block, range(0, len(points), BLOCK)))
    return ranks
