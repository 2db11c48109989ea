"""Rows beyond those that are laid out together: placed among landmarks in a stream, then moved once more, all of them.

How much is done at once follows from a bound on memory (`LayoutSettings.memory`). Where it allows, true neighbors are
searched among all rows; where it does not, they are looked for among landmarks and on the map, which finds fewer.
"""

import numpy as np
from scipy.spatial import cKDTree

from belvedere.layout.affinities import Affinities, build_affinities
from belvedere.layout.cells import MOST_IN_FULL
from belvedere.layout.descend import Engine, Layout, Schedule, descend
from belvedere.layout.kernels import rerank
from belvedere.layout.landmarks import BATCH, Landmarks, nearest_landmarks
from belvedere.layout.neighbors import Graph, fill_short
from belvedere.layout.overview import find_groups
from belvedere.layout.tiles import agree
from belvedere.progress import Progress
from belvedere.types import Floats, Ints
from belvedere.values import array_in, square_by_square

SPREAD, SETTLE = 30, 20  # steps of all rows together
ON_MAP = 24  # places looked at around each place when neighbors are recovered
LINK_BYTES = 24 * 8 * 4  # a row's links both ways, four times over while they are made symmetric
FEWEST_FITTED = 2000


def n_fitted(n_dims: int, most: int, memory: int) -> int:
    """How many rows may be laid out together: at most `most`, in half of `memory` (bytes)."""
    return min(most, max(FEWEST_FITTED, memory // 2 // (n_dims * 10 + LINK_BYTES)))


def can_search(n_rows: int, n_dims: int, k: int, memory: int) -> bool:
    """Say whether all rows can be held in cells, with k neighbors each (0: they lie on disk), in `memory` (bytes)."""
    return n_rows * ((5 if n_rows <= MOST_IN_FULL else 3) * n_dims + 8 * k + 40) <= memory


def place_among(rows: Floats, landmarks: Landmarks, places: Floats, k: int, tell: Progress) -> Floats:
    """Place every row where most of its nearest landmarks lie: float32 (rows, 2); landmarks stay at `places`."""
    out = np.empty((len(rows), 2), np.float32)
    tell.start("Placing the rest", len(rows))
    for at in range(0, len(rows), BATCH):
        near = nearest_landmarks(rows[at : at + BATCH], landmarks, k)
        agree(places, near, out[at : at + BATCH], np.empty(len(near), np.float32))
        tell.advance(min(at + BATCH, len(rows)))
    out[landmarks.rows] = places
    tell.finish()
    return out


def recover_neighbors(rows: Floats, places: Floats, landmarks: Landmarks, k: int, folder: str | None = None) -> Graph:
    """Find neighbors among the rows nearby on the map and the nearest landmarks."""
    order = square_by_square(places)
    tree = cKDTree(places[order])
    neighbors, squared = (array_in(folder, (len(rows), k), kind) for kind in (np.int32, np.float32))
    for at in range(0, len(rows), BATCH):
        part = order[at : at + BATCH]
        asked, near, far = rows[part], np.empty((len(part), k), np.int32), np.empty((len(part), k), np.float32)
        on_map = order[tree.query(places[part], min(ON_MAP + 1, len(rows)), workers=2)[1]]
        among = landmarks.rows[nearest_landmarks(asked, landmarks, k)].astype(np.int32)
        candidates = np.ascontiguousarray(np.concatenate([on_map, among], axis=1))
        rerank(asked, rows, candidates, part.astype(np.int64), near, far)
        neighbors[part], squared[part] = near, far
    graph = Graph(neighbors, np.sqrt(squared, out=squared), 0.0, "looked for among landmarks and places")
    return fill_short(rows, graph)


def link(neighbors: Ints, memory: int, folder: str | None = None) -> Affinities:
    """Links of all rows: both ways where memory allows, else to their own neighbors only."""
    n, k = neighbors.shape
    if n * LINK_BYTES <= memory:
        return build_affinities(neighbors)
    starts = np.arange(0, n * k + 1, k, dtype=np.int64)
    weights = array_in(folder, (n * k,), np.float32)
    weights.fill(1 / (n * k))
    return Affinities(starts, neighbors.reshape(-1), weights, folder)


def refine(  # noqa: PLR0913 - what moves, how, and who tells
    rows: Floats,
    places: Floats,
    links: Affinities,
    schedule: Schedule,
    seed: int,
    tell: Progress,
    engine: Engine | None = None,
) -> Layout:
    """Let all rows move a little; `places` must have room for all of them."""
    return descend(places, links, schedule, overview=find_groups(rows, seed=seed), progress=tell, engine=engine)
