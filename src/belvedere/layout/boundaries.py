# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""Boundaries of regions, made smooth: a row belongs where most of its neighbors belong.

Regions are joined of basins, and which basin a row at a boundary climbs into is chance: another sample of the same rows
decides otherwise. Each round every row asks its neighbors at once (label propagation; Raghavan, Albert and Kumara 2007)
and moves only where more of them lie than beside it, within the region that holds it on the coarser level. Regions too
small to hold their rows dissolve. After few rounds, since many would let large regions eat small ones.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from belvedere.layout.kernels import compiled
from belvedere.types import Ints

# Of 2, 5, 10 and 30, chosen on MNIST, banking77, Chinese reviews and Adult (a first form of five rounds had been seen on
# digits and two sets of cells too): two leave ragged edges, thirty dissolve regions.
ROUNDS = 5


def smooth_boundaries(labels: NDArray[np.int64], holder: NDArray[np.int64], neighbors: Ints) -> NDArray[np.int64]:
    """Move rows to where most of their neighbors lie.

    Parameters
    ----------
    labels : int64 (rows,)
        The region of each row on one level.
    holder : int64 (rows,)
        The region of each row on the level above; a row joins only neighbors that are held by the same.
    neighbors : int32 (rows, k)

    Returns
    -------
    int64 (rows,)

    Examples
    --------
    >>> smooth_boundaries(np.array([0, 0, 1, 0]), np.zeros(4, int), np.int32([[1, 2], [0, 3], [0, 1], [0, 1]])).tolist()
    [0, 0, 0, 0]
    """
    for _ in range(ROUNDS):
        moved = labels.copy()
        _ask_neighbors(labels, holder, neighbors, moved)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


@compiled
def _ask_neighbors(labels, holder, neighbors, moved):
    """Write into `moved` (rows,) the label most common among each row's neighbors; its own, unless another is more so."""
    k = neighbors.shape[1]
    for i in numba.prange(neighbors.shape[0]):
        most = 0
        for a in range(k):
            if labels[neighbors[i, a]] == labels[i]:
                most += 1
        if most == k:
            continue
        for a in range(k):
            label = labels[neighbors[i, a]]
            if holder[neighbors[i, a]] == holder[i] and label != labels[i]:
                count = 0
                for b in range(k):
                    if labels[neighbors[i, b]] == label:
                        count += 1
                if count > most:
                    most = count
                    moved[i] = label
