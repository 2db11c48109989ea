"""Regions of the map, found in the space that was mapped, not on the picture of it.

Every row climbs the neighbor graph to its densest neighbor until it stands on a peak (mode seeking, as in ToMATo: Chazal
et al. 2013); rows under one peak form a basin. Basins are then joined, always the two that are linked most strongly for
their sizes (Bonald et al. 2018, Hierarchical graph clustering by node pair sampling). From the top, the tree is opened
again where its halves are linked most weakly, measured by conductance: the weight between them as share of all weight of
the smaller one. A cut at one height would split a large even group before it parts two small ones that hardly touch.
Last, rows at boundaries move to where most of their neighbors lie.
"""

import heapq
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from belvedere.layout.boundaries import smooth_boundaries
from belvedere.types import Floats, Ints, Region

COARSEST = (6, 40)  # how many regions level 0 may have, where there are so many
APART = 0.05  # conductance below which halves are regions of their own at level 0
TOGETHER = 0.5  # conductance above which halves are never told apart
FINER = 3.2  # each level has at most so many times the regions of the one above
N_LEVELS = 4
FEWEST_ROWS = 5  # smaller regions are left as holes
BATCH = 262_144  # rows looked at together
FEWEST_SPLIT = 10  # rows of the smaller half of a split that counts


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
    basins, wide = _basins(neighbors, distances)
    tree = _join(_links(neighbors, basins), wide, np.bincount(basins))
    splits = _splits(tree)
    counts = _counts(splits, tree, len(places))
    labels: list[NDArray[np.int64]] = []
    for count in counts:
        cut = _cut(tree, splits, count)[basins]
        holder = labels[-1] if labels else np.zeros(len(cut), np.int64)
        labels.append(smooth_boundaries(_within(cut, holder), holder, neighbors))
    return _number(labels, places)


def _within(label: NDArray[np.int64], holder: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same regions, none across two holders: rows that moved on the level above took their own part along."""
    pairs = label + holder * (int(label.max()) + 1)
    return np.asarray(np.unique(pairs, return_inverse=True)[1].reshape(-1), np.int64)


def _basins(neighbors: Ints, distances: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The fine basin of every row, and the wide basin that each fine one lies in.

    Wide ones ask all neighbors; for fine ones fewer are asked until there are enough for the finest level.
    """
    n = len(neighbors)
    wanted = min(15 * FINER ** (N_LEVELS - 1), n / 12)
    density = -distances.mean(axis=1, dtype=np.float64)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), -density))] = np.arange(n)  # 0: densest; ties by row number
    wide = _climb(neighbors, rank)
    for k in (15, 10, 7, 5, 4, 3, 2, 1):
        peaks, basins = np.unique(_climb(neighbors[:, :k], rank), return_inverse=True)
        if len(peaks) >= wanted:
            break
    return np.asarray(basins, np.int64), wide[peaks]


def _climb(neighbors: Ints, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """The peak above every row."""
    up = np.arange(len(neighbors))
    for at in range(0, len(neighbors), BATCH):
        part = neighbors[at : at + BATCH]
        rows = np.arange(at, at + len(part))
        best = part[rows - at, rank[part].argmin(axis=1)]
        up[rows] = np.where(rank[best] < rank[rows], best, rows)
    while True:
        higher = up[up]
        if np.array_equal(higher, up):
            return np.asarray(up, np.int64)
        up = higher


def _links(neighbors: Ints, basins: NDArray[np.int64]) -> sp.csr_matrix:
    """Sum the weights between basins: (basins, basins), symmetric, the diagonal within.

    They are the sums of `affinities.build_affinities`, whose matrix of all rows would take more memory than the rows.
    """
    n, k = int(basins.max()) + 1, neighbors.shape[1]
    links = sp.csr_matrix((n, n), dtype=np.float64)
    for at in range(0, len(basins), BATCH):
        pairs = np.repeat(basins[at : at + BATCH], k), basins[neighbors[at : at + BATCH]].ravel()
        links = links + sp.coo_matrix((np.ones(len(pairs[0])), pairs), (n, n)).tocsr()
    return sp.csr_matrix((links + links.T) / (2 * neighbors.size))


@dataclass(frozen=True)
class _Tree:
    """Joins in order: `first[t]` and `second[t]` become node `n + t`; their conductance, and the rows of every node."""

    n: int
    first: list[int]
    second: list[int]
    conductance: list[float]
    n_rows: list[int]

    def parts(self, node: int) -> tuple[int, int]:
        """The two nodes that became this one."""
        return self.first[node - self.n], self.second[node - self.n]


def _join(links: sp.csr_matrix, wide: NDArray[np.int64], sizes: NDArray[np.int64]) -> _Tree:
    """Join the two most strongly linked nodes until no two are linked; first those of one wide basin, then all."""
    n = int(links.shape[0])
    weight = [float(w) for w in np.asarray(links.sum(axis=1)).ravel()]
    beside = [
        {int(j): float(w) for j, w in zip(links.indices[a:b], links.data[a:b], strict=True) if j != i}
        for i, (a, b) in enumerate(zip(links.indptr[:-1], links.indptr[1:], strict=True))
    ]
    state = _State(_Tree(n, [], [], [], sizes.tolist()), set(range(n)), beside, weight, wide.tolist())
    for within in (True, False):
        heap = [entry for i in state.alive for j in beside[i] if i < j for entry in state.entry(i, j, within=within)]
        heapq.heapify(heap)
        while heap:
            _, i, j = heapq.heappop(heap)
            if i in state.alive and j in state.alive:
                new = state.merge(i, j, least=APART if within else 0.0)
                for other in beside[new]:
                    for entry in state.entry(other, new, within=within):
                        heapq.heappush(heap, entry)
    return state.tree


@dataclass(frozen=True)
class _State:
    """Nodes while they are joined: which are left, what lies beside each, its weight and its wide basin."""

    tree: _Tree
    alive: set[int]
    beside: list[dict[int, float]]
    weight: list[float]
    wide: list[int]

    def entry(self, i: int, j: int, *, within: bool) -> list[tuple[float, int, int]]:
        """A pair for the heap, most strongly linked first; nothing where it may not be joined yet."""
        if within and self.wide[i] != self.wide[j]:
            return []
        return [(-self.beside[i][j] / (self.weight[i] * self.weight[j]), i, j)]

    def merge(self, i: int, j: int, *, least: float) -> int:
        """Make one node of two; their conductance counts as `least` at least."""
        beside, new, both = self.beside, len(self.weight), dict(self.beside[i])
        self.tree.first.append(i)
        self.tree.second.append(j)
        self.tree.conductance.append(max(least, both[j] / min(self.weight[i], self.weight[j])))
        self.tree.n_rows.append(self.tree.n_rows[i] + self.tree.n_rows[j])
        for other, w in beside[j].items():
            both[other] = both.get(other, 0.0) + w
        both.pop(i, None), both.pop(j, None)
        self.weight.append(self.weight[i] + self.weight[j])
        self.wide.append(self.wide[i])
        for other, w in both.items():
            beside[other].pop(i, None), beside[other].pop(j, None)
            beside[other][new] = w
        beside.append(both)
        beside[i], beside[j] = {}, {}
        self.alive.difference_update((i, j))
        self.alive.add(new)
        return new


def _splits(tree: _Tree) -> list[tuple[float, int]]:
    """Nodes in the order in which they are opened from the top, each with the least conductance at or below it."""
    below = [TOGETHER] * tree.n
    for t, conductance in enumerate(tree.conductance):
        a, b = tree.first[t], tree.second[t]
        counts = min(tree.n_rows[a], tree.n_rows[b]) >= FEWEST_SPLIT
        below.append(min(below[a], below[b], conductance if counts else TOGETHER))
    closed = [(below[top], top) for top in _tops(tree) if top >= tree.n]
    heapq.heapify(closed)
    order = []
    while closed and closed[0][0] < TOGETHER:
        least, node = heapq.heappop(closed)
        order.append((least, node))
        for part in tree.parts(node):
            if part >= tree.n:
                heapq.heappush(closed, (below[part], part))
    return order


def _tops(tree: _Tree) -> list[int]:
    """Nodes that are part of no other."""
    joined = {*tree.first, *tree.second}
    return [node for node in range(tree.n + len(tree.first)) if node not in joined]


def _counts(splits: list[tuple[float, int]], tree: _Tree, n_rows: int) -> list[int]:
    """How many regions each level has: the first as many as stand apart, the others growing from there."""
    tops = tree.n - len(tree.first)
    apart = tops + sum(least < APART for least, _ in splits)
    most = max(tops, min(COARSEST[1], n_rows // (4 * FEWEST_ROWS), tops + len(splits)))
    counts = [max(1, min(max(apart, COARSEST[0]), most))]
    finer = min(FINER, ((tops + len(splits)) / counts[0]) ** (1 / (N_LEVELS - 1)))  # small data: closer levels
    while len(counts) < N_LEVELS:
        counts.append(min(round(counts[-1] * finer), tops + len(splits)))
    return [count for at, count in enumerate(counts) if at == 0 or count > counts[at - 1]]


def _cut(tree: _Tree, splits: list[tuple[float, int]], count: int) -> NDArray[np.int64]:
    """The node of every basin when as many nodes are open as leave `count` regions."""
    n_open = max(0, count - (tree.n - len(tree.first)))
    opened = {node for _, node in splits[:n_open]}
    above = np.arange(tree.n + len(tree.first))
    for node in range(tree.n + len(tree.first) - 1, tree.n - 1, -1):  # from the top down
        if node not in opened:
            above[list(tree.parts(node))] = above[node]
    return np.asarray(above[: tree.n], np.int64)


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
