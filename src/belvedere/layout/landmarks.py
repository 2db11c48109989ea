"""Large data: a stable sample is laid out, the rest is placed among it in a stream.

A row is a landmark by a hash of its own values, so that a row which was a landmark stays one when rows are added. Where
the sample is thin, which is where rare rows live, it is topped up with the rows that lie farthest from it.
"""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.layout.kernels import hash_rows, rerank
from belvedere.layout.neighbors import Graph
from belvedere.progress import Progress, Silent
from belvedere.types import Floats, Ints

BATCH = 65_536  # rows of the stream held at once
TOP_UP = 0.1  # share of landmarks kept for thin regions
N_PROBED_LISTS = 8
ON_MAP = 24  # places looked at around each place when neighbors are recovered


@dataclass(frozen=True)
class Landmarks:
    """Row numbers of the landmarks, rising, and an index over them."""

    rows: NDArray[np.int64]
    index: faiss.Index


def hash_order(rows: Floats) -> NDArray[np.uint64]:
    """A number per row that depends on its values alone: uint64 (rows,)."""
    codes = np.empty(len(rows), np.uint64)
    hash_rows((np.ascontiguousarray(rows, np.float32) + np.float32(0)).view(np.uint32), codes)
    return codes


def choose_landmarks(rows: Floats, n_wanted: int) -> Landmarks:
    """Choose landmarks: by hash, then the rows that lie farthest from those."""
    n_hashed = min(len(rows), max(1, round(n_wanted * (1 - TOP_UP))))
    codes = hash_order(rows)
    hashed = np.sort(np.argsort(codes, kind="stable")[:n_hashed])
    far = _distances_to(rows, build_index(rows[hashed]))
    far[hashed] = -1
    thin = np.argsort(-far, kind="stable")[: n_wanted - n_hashed]
    chosen = np.sort(np.concatenate([hashed, thin]))
    return Landmarks(chosen, build_index(rows[chosen]))


def build_index(rows: Floats) -> faiss.Index:
    """Index rows by lists round k-means centers, or plainly where there are few."""
    if len(rows) < 20_000:
        plain = faiss.IndexFlatL2(rows.shape[1])
        plain.add(np.ascontiguousarray(rows))
        return plain
    n_lists = int(4 * np.sqrt(len(rows)))
    coarse = faiss.IndexFlatL2(rows.shape[1])
    index = faiss.IndexIVFFlat(coarse, rows.shape[1], n_lists)
    index.cp.niter, index.cp.max_points_per_centroid, index.nprobe = 6, 40, N_PROBED_LISTS
    index.cp.min_points_per_centroid = 1
    index.train(np.ascontiguousarray(rows[:: max(1, len(rows) // (40 * n_lists))]))
    index.add(np.ascontiguousarray(rows))
    return index


def _distances_to(rows: Floats, index: faiss.Index) -> Floats:
    out = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BATCH):
        out[at : at + BATCH] = index.search(np.ascontiguousarray(rows[at : at + BATCH]), 1)[0][:, 0]
    return out


def nearest_landmarks(rows: Floats, landmarks: Landmarks, k: int, progress: Progress | None = None) -> Ints:
    """The nearest landmarks of every row, as positions among the landmarks: int32 (rows, k)."""
    tell, out = progress or Silent(), np.empty((len(rows), k), np.int32)
    tell.start("Placing the rest", len(rows))
    for at in range(0, len(rows), BATCH):
        found = landmarks.index.search(np.ascontiguousarray(rows[at : at + BATCH]), k)[1]
        out[at : at + BATCH] = np.where(found < 0, found[:, :1], found)  # too few: the nearest again
        tell.advance(min(at + BATCH, len(rows)))
    tell.finish()
    return out


def recover_neighbors(rows: Floats, places: Floats, near: Ints, k: int) -> Graph:
    """Find neighbors among all rows from neighbors on the map and from landmarks that were near.

    Parameters
    ----------
    rows : float32 (rows, dims)
    places : float32 (rows, 2)
        Of every row.
    near : int32 (rows, any)
        Landmarks near each row.
    """
    tree = cKDTree(places)
    neighbors, squared = np.empty((len(rows), k), np.int32), np.empty((len(rows), k), np.float32)
    for at in range(0, len(rows), BATCH):
        part = slice(at, min(at + BATCH, len(rows)))
        on_map = np.asarray(tree.query(places[part], min(ON_MAP + 1, len(rows)), workers=2)[1], np.int32)
        candidates = np.ascontiguousarray(np.concatenate([on_map, near[part]], axis=1))
        own = np.arange(part.start, part.stop)
        rerank(rows[part], rows, candidates, own, neighbors[part], squared[part])
    return Graph(neighbors, np.sqrt(squared), 0.0, "landmarks and places")
