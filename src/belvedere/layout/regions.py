"""Regions of the map, found in the space that was mapped, not on the picture of it.

Every row climbs the neighbor graph to its densest neighbor until it stands on a peak (mode seeking, as in ToMATo: Chazal
et al. 2013); rows under one peak form a basin. Basins are then joined, always the two that are linked most strongly for
their sizes (Bonald et al. 2018, Hierarchical graph clustering by node pair sampling), and the tree is cut at several
heights. Joining by persistence alone would put most rows into one region wherever groups touch.
"""

import heapq
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from belvedere.layout.affinities import build_affinities
from belvedere.types import Floats, Ints, Region

COARSEST = (6, 15)  # how many regions level 0 may have
FINER = 3.2  # each level has about so many times the regions of the one above
N_LEVELS = 4
NOTHING_LINKS = 3.0  # the step where parts are not linked at all: as wide as links growing 20-fold weaker
FEWEST_ROWS = 5  # smaller regions are left as holes


@dataclass(frozen=True)
class Regions:
    """A hierarchy of regions, and the region of every row at every level: int32 (rows, levels), -1 for none."""

    regions: tuple[Region, ...]
    region_of: Ints


def find_regions(neighbors: Ints, distances: Floats, places: Floats) -> Regions:
    """Find regions at several levels.

    Parameters
    ----------
    neighbors, distances : int32 and float32 (rows, k)
        The neighbor graph of the space mapped.
    places : float32 (rows, 2)
        Where labels may stand.
    """
    if neighbors.shape[0] < 2 or neighbors.shape[1] == 0:
        return Regions((), np.full((len(places), 0), -1, np.int32))
    basins = _basins(neighbors, distances)
    tree = _join(_links(neighbors, basins))
    counts = _counts(tree, len(places))
    labels = [_cut(tree, count)[basins] for count in counts]
    return _number(labels, places)


def _basins(neighbors: Ints, distances: Floats) -> NDArray[np.int64]:
    """The basin of every row; fewer neighbors are asked until there are enough basins for the finest level."""
    n = len(neighbors)
    wanted = min(COARSEST[1] * FINER ** (N_LEVELS - 1), n / 12)
    density = -distances.mean(axis=1, dtype=np.float64)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), -density))] = np.arange(n)  # 0: densest; ties by row number
    for k in (15, 10, 7, 5, 4, 3, 2, 1):
        peaks = _climb(neighbors[:, :k], rank)
        found, basins = np.unique(peaks, return_inverse=True)
        if len(found) >= wanted:
            break
    return np.asarray(basins, np.int64)


def _climb(neighbors: Ints, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """The peak above every row."""
    rows = np.arange(len(neighbors))
    best = neighbors[rows, rank[neighbors].argmin(axis=1)]
    up = np.where(rank[best] < rank, best, rows)
    while True:
        higher = up[up]
        if np.array_equal(higher, up):
            return np.asarray(up, np.int64)
        up = higher


def _links(neighbors: Ints, basins: NDArray[np.int64]) -> sp.csr_matrix:
    """Sum the weights between basins: (basins, basins), symmetric, the diagonal within."""
    graph = build_affinities(neighbors)
    rows = np.repeat(np.arange(len(basins)), np.diff(graph.starts))
    n = int(basins.max()) + 1
    pairs = (basins[rows], basins[graph.others])
    return sp.coo_matrix((graph.weights.astype(np.float64), pairs), (n, n)).tocsr()


@dataclass(frozen=True)
class _Tree:
    """Joins in order: `first[t]` and `second[t]` become node `n + t`, at link strength `strength[t]`."""

    n: int
    first: list[int]
    second: list[int]
    strength: list[float]


def _join(links: sp.csr_matrix) -> _Tree:
    """Join the two most strongly linked nodes until no two are linked."""
    n = int(links.shape[0])
    weight = [float(w) for w in np.asarray(links.sum(axis=1)).ravel()]
    beside = [
        {int(j): float(w) for j, w in zip(links.indices[a:b], links.data[a:b], strict=True) if j != i}
        for i, (a, b) in enumerate(zip(links.indptr[:-1], links.indptr[1:], strict=True))
    ]
    heap = [(-w / (weight[i] * weight[j]), i, j) for i in range(n) for j, w in beside[i].items() if i < j]
    heapq.heapify(heap)
    alive, tree = set(range(n)), _Tree(n, [], [], [])
    while heap:
        strength, i, j = heapq.heappop(heap)
        if i in alive and j in alive:
            tree.first.append(i)
            tree.second.append(j)
            tree.strength.append(-strength)
            _merge(i, j, (alive, beside, weight), heap)
    return tree


def _merge(
    i: int,
    j: int,
    state: tuple[set[int], list[dict[int, float]], list[float]],
    heap: list[tuple[float, int, int]],
) -> None:
    alive, beside, weight = state
    alive -= {i, j}
    new, both = len(weight), dict(beside[i])
    for other, w in beside[j].items():
        both[other] = both.get(other, 0.0) + w
    both.pop(i, None), both.pop(j, None)
    weight.append(weight[i] + weight[j])
    for other, w in both.items():
        beside[other].pop(i, None), beside[other].pop(j, None)
        beside[other][new] = w
        heapq.heappush(heap, (-w / (weight[other] * weight[new]), other, new))
    beside.append(both)
    beside[i], beside[j] = {}, {}
    alive.add(new)


def _counts(tree: _Tree, n_rows: int) -> list[int]:
    """How many regions each level has: the first where the tree has its widest step, the others growing from there."""
    left = tree.n - len(tree.first)  # parts that nothing links
    low, high = max(COARSEST[0], left), max(COARSEST[1], left)
    high = min(high, tree.n, max(left, n_rows // (4 * FEWEST_ROWS), 1))
    low = min(low, high)
    steps = [_step(tree, count) for count in range(low, high + 1)]
    counts = [low + int(np.argmax(steps))]
    while len(counts) < N_LEVELS + 1:
        counts.append(min(round(counts[-1] * FINER), tree.n))
    return [count for at, count in enumerate(counts[:N_LEVELS]) if at == 0 or count > counts[at - 1]]


def _step(tree: _Tree, count: int) -> float:
    """How much weaker the next join is than the last one when `count` nodes are left."""
    at = tree.n - count  # joins done
    if at == len(tree.strength) and count > 1:
        return NOTHING_LINKS
    if at <= 0 or at >= len(tree.strength):
        return 0.0
    return float(np.log(tree.strength[at - 1] / tree.strength[at]))


def _cut(tree: _Tree, count: int) -> NDArray[np.int64]:
    """The node of every basin when `count` nodes are left."""
    above = np.arange(tree.n + len(tree.first))
    for t in range(max(0, min(len(tree.first), tree.n - count))):
        above[tree.first[t]] = above[tree.second[t]] = tree.n + t
    while True:
        higher = above[above]
        if np.array_equal(higher, above):
            return np.asarray(above[: tree.n], np.int64)
        above = higher


def _number(labels: list[NDArray[np.int64]], places: Floats) -> Regions:
    """Number the regions level by level, largest first, with the parent of each."""
    region_of = np.full((len(places), len(labels)), -1, np.int32)
    regions: list[Region] = []
    for level, label in enumerate(labels):
        order = np.argsort(label, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)  # row numbers, rising in each
        for members in sorted(groups, key=len, reverse=True):
            parent = int(region_of[members[0], level - 1]) if level else -1
            if len(members) < min(FEWEST_ROWS, len(places)) or (level and parent < 0):
                continue
            x, y = label_place(places[members])
            region_of[members, level] = len(regions)
            regions.append(Region(len(regions), parent, level, x, y, len(members)))
    return Regions(tuple(regions), region_of)


def label_place(places: Floats, bins: int = 24) -> tuple[float, float]:
    """The place of the row that lies where most rows lie."""
    low, wide = places.min(axis=0), np.ptp(places, axis=0).max() or 1.0
    cell = np.minimum(((places - low) / wide * bins).astype(np.int64), bins - 1)
    count = np.zeros((bins + 2, bins + 2))
    np.add.at(count, (cell[:, 0] + 1, cell[:, 1] + 1), 1)
    smooth = sum(np.roll(count, (a, b), (0, 1)) for a in (-1, 0, 1) for b in (-1, 0, 1))
    fullness = np.asarray(smooth)[cell[:, 0] + 1, cell[:, 1] + 1]
    peak = places[fullness == fullness.max()]
    x, y = peak[np.square(peak - peak.mean(axis=0)).sum(axis=1).argmin()]
    return float(x), float(y)
