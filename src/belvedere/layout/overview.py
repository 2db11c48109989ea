"""The large picture: groups of rows are drawn toward their true distances from each other, without bending any group.

Rows fall into a few hundred groups (k-means). The group centers on the map are compared with the centers in the space
mapped by metric stress, `sum_ab w_a w_b (|c_a - c_b| - s D_ab)^2`, and every row of a group feels the same force: toward
the Guttman transform of its group's center (de Leeuw 1977), less the part that would only shrink or widen the whole map.
So neighbors keep their places beside each other while islands find their places on the map. Pulling every row toward
its principal components instead (Kury et al. 2025) squeezes the map, which costs neighbors. Groups farther apart than three mean
distances count as if they were three apart: one odd row twenty away would leave all others a dot in the middle of the map.
"""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from belvedere.types import Floats, Ints

N_GROUPS = 200
ROWS_PER_GROUP = 10  # at least, on average
FARTHEST = 3.0  # mean distances between rows' groups


@dataclass(frozen=True)
class Overview:
    """Groups of rows and their true distances.

    Attributes
    ----------
    group_of : int32 (rows,)
    shares : float64 (groups,)
        Share of all rows in each group.
    distances : float64 (groups, groups)
        Between group centers, in the space mapped, at most `FARTHEST` times their mean.
    centers : float32 (groups, dims)
    """

    group_of: Ints
    shares: NDArray[np.float64]
    distances: NDArray[np.float64]
    centers: Floats


def find_groups(rows: Floats, *, n_groups: int = N_GROUPS, seed: int = 0) -> Overview:
    """Group rows, float32 (rows, dims), by k-means on a sample."""
    n_groups = max(1, min(n_groups, len(rows) // ROWS_PER_GROUP))
    sampling = {"min_points_per_centroid": 1, "max_points_per_centroid": 100}
    means = faiss.Kmeans(rows.shape[1], n_groups, niter=10, seed=seed + 1, **sampling)
    means.train(np.ascontiguousarray(rows))
    group_of = np.asarray(means.index.search(np.ascontiguousarray(rows), 1)[1][:, 0], np.int32)
    sizes = np.bincount(group_of, minlength=n_groups).astype(np.float64)
    centers = _means(rows, group_of, sizes)
    shares, distances = sizes / len(rows), _lengths(centers[:, None] - centers[None])
    most = FARTHEST * float(shares @ distances @ shares)
    return Overview(group_of, shares, np.minimum(distances, most), centers.astype(np.float32))


def group_forces(overview: Overview, places: Floats) -> Floats:
    """How far each group's center lies from where the true distances want it, and the center: float32 (groups, 4)."""
    shares, true = overview.shares, overview.distances
    centers = _means(places, overview.group_of, shares * len(places))
    middle = shares @ centers
    centers -= middle
    gaps = centers[:, None] - centers[None]  # (groups, groups, 2)
    drawn = np.maximum(_lengths(gaps), 1e-12)
    pairs = np.outer(shares, shares)
    scale = (pairs * drawn * true).sum() / max((pairs * true * true).sum(), 1e-30)
    wanted = ((shares[None] * scale * true / drawn)[:, :, None] * gaps).sum(axis=1)
    force = centers - wanted
    widening = (shares[:, None] * force * centers).sum() / max((shares[:, None] * centers**2).sum(), 1e-30)
    return np.concatenate([force - widening * centers, centers + middle], axis=1).astype(np.float32)


def _means(rows: Floats, group_of: Ints, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the rows in each group: float64 (groups, dims)."""
    sums = [np.bincount(group_of, rows[:, d], minlength=len(sizes)) for d in range(rows.shape[1])]
    return np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]


def _lengths(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.square(gaps).sum(axis=-1)))
