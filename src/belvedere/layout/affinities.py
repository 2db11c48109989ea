"""How strongly neighbors attract each other: uniform weights on the neighbor graph, made symmetric, summing to one.

Weights that fall with distance change the map hardly at all (Damrich and Hamprecht 2021), so every neighbor counts alike.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from belvedere.layout.kernels import copy_links
from belvedere.types import Floats, Ints
from belvedere.values import array_in


@dataclass(frozen=True)
class Affinities:
    """A symmetric sparse matrix by rows (CSR): the others of row i are `others[starts[i]:starts[i + 1]]`.

    Attributes
    ----------
    starts : int64 (rows + 1,)
    others : int32 (links,)
    weights : float32 (links,)
        Sum to one over all links.
    folder : str or None
        Where copies of the links lie; None: in memory.
    """

    starts: NDArray[np.int64]
    others: Ints
    weights: Floats
    folder: str | None = None


def build_affinities(neighbors: Ints) -> Affinities:
    """Build symmetric weights from neighbors, int32 (rows, k).

    Examples
    --------
    >>> build_affinities(np.int32([[1], [0], [1]])).weights.astype(float).round(3).tolist()
    [0.333, 0.333, 0.167, 0.167]
    """
    n, k = neighbors.shape
    starts = np.arange(0, n * k + 1, k, dtype=np.int64) if k else np.zeros(n + 1, np.int64)
    links = sp.csr_matrix((np.ones(n * k, np.float32), neighbors.ravel(), starts), (n, n))
    both = (links + links.T).tocsr()
    both.sort_indices()
    weights = (both.data / max(1.0, float(both.data.sum(dtype=np.float64)))).astype(np.float32)
    return Affinities(both.indptr.astype(np.int64), both.indices.astype(np.int32), weights)


def reorder(links: Affinities, order: NDArray[np.int64]) -> Affinities:
    """The same links among rows taken in another order.

    Examples
    --------
    >>> reorder(build_affinities(np.int32([[1], [0], [1]])), np.array([2, 1, 0])).others.tolist()
    [1, 2, 0, 1]
    """
    place_of = np.empty(len(order), np.int32)
    place_of[order] = np.arange(len(order), dtype=np.int32)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(links.starts)[order])])
    is_even = links.weights.size > 0 and links.weights.min() == links.weights.max()
    weights = links.weights if is_even else np.empty_like(links.weights)  # the same in any order: no copy
    others = array_in(links.folder, links.others.shape, np.int32)
    copy_links(links.starts, links.others, links.weights, order, place_of, (starts, others, weights))
    return Affinities(starts, others, weights, links.folder)
