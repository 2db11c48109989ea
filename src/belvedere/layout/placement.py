"""New rows onto the same map.

*fast*: the place network alone, a small residual perceptron distilled from the fitted places.
*exact*: nearest fitted rows, then steps in the frozen field of the fitted map. Every row is placed alone: what else is in
the batch changes nothing, and the fitted rows never move.

Every placed row gets `outlying`, 0 to 1: the share of fitted rows that lie closer to their neighbors than it does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.layout.field import Frame, frozen_field
from belvedere.layout.kernels import count_shared, settle
from belvedere.layout.neighbors import nearest_rows
from belvedere.types import Floats, Ints

BATCH = 4096  # new rows searched at once
STEPS = 60


@dataclass(frozen=True)
class FittedMap:
    """What placing needs of a map.

    Attributes
    ----------
    rows : float32 (rows, dims)
        The fitted rows in the space mapped (prepared: normalized and projected where the map was).
    places : float32 (rows, 2)
    typical : float32 (levels,)
        Rising quantiles of the mean neighbor distance among fitted rows.
    attraction : float
        As the map was laid out.
    n_neighbors : int
    """

    rows: Floats
    places: Floats
    typical: Floats
    attraction: float = 1.0
    n_neighbors: int = 15


@dataclass(frozen=True)
class Placed:
    """Places of new rows, float32 (rows, 2); their neighbors among fitted rows; values per row by name."""

    places: Floats
    neighbors: Ints
    channels: dict[str, Floats]


def place_exactly(fitted: FittedMap, new: Floats) -> Placed:
    """Place rows by their neighbors and steps in the frozen field.

    Parameters
    ----------
    new : float32 (rows, dims)
        Prepared as the fitted rows were.
    """
    frozen = frozen_field(fitted.places)
    tree = cKDTree(fitted.places)
    parts = [_place_batch(fitted, frozen, tree, new[at : at + BATCH]) for at in range(0, max(1, len(new)), BATCH)]
    names = parts[0].channels
    return Placed(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.neighbors for part in parts]),
        {name: np.concatenate([part.channels[name] for part in parts]) for name in names},
    )


def _place_batch(fitted: FittedMap, frozen: tuple[Floats, Frame, float], tree: cKDTree, new: Floats) -> Placed:
    near, far = nearest_rows(fitted.rows, np.ascontiguousarray(new, np.float32), fitted.n_neighbors)
    places = settle_rows(fitted, frozen, near, central_places(fitted.places, near))
    on_map = np.asarray(tree.query(places, min(15, len(fitted.places)), workers=2)[1], np.int32).reshape(len(new), -1)
    channels = {"outlying": outlying(far, fitted.typical), "kept": share_kept(near[:, :15], on_map)}
    return Placed(places, near, channels)


def central_places(places: Floats, near: Ints) -> Floats:
    """The place of that neighbor which lies most centrally among the others: float32 (rows, 2)."""
    around = places[near]  # (rows, k, 2)
    squared = np.square(around[:, :, None] - around[:, None]).sum(axis=3)
    best = np.log1p(squared).sum(axis=2).argmin(axis=1)
    return np.ascontiguousarray(around[np.arange(len(near)), best])


def settle_rows(
    fitted: FittedMap,
    frozen: tuple[Floats, Frame, float],
    near: Ints,
    start: Floats,
    *,
    weights: Floats | None = None,
) -> Floats:
    """Move rows from `start` in the frozen field, drawn to their neighbors: float32 (rows, 2)."""
    field, frame, total = frozen
    n, rho = len(fitted.places), fitted.attraction
    weights = np.full(near.shape, 1 / near.shape[1], np.float32) if weights is None else weights
    places = start.copy()
    # forces times n, so that one rate fits every map
    rates = (4 * rho, 4 * n / max(total, 1e-12), 0.25 / rho, 0.5, 2.0, STEPS)
    settle(places, near, weights, fitted.places, field, frame.corner, tuple(map(np.float32, rates)))
    return places


def typical_distances(distances: Floats, levels: int = 1001) -> Floats:
    """Quantiles of the mean neighbor distance over fitted rows, distances (rows, k): float32 (levels,)."""
    if distances.size == 0:
        return np.zeros(levels, np.float32)
    return np.asarray(np.quantile(distances.mean(axis=1), np.linspace(0, 1, levels)), np.float32)


def outlying(distances: Floats, typical: Floats) -> Floats:
    """Share of fitted rows closer to their neighbors than each row is, given its distances (rows, k)."""
    at = np.searchsorted(typical, distances.mean(axis=1), side="left")
    return np.asarray(at / len(typical), np.float32)


def share_kept(near: Ints, on_map: Ints) -> Floats:
    """Share of each row's neighbors that are also its neighbors on the map, both int32 (rows, k)."""
    shared = np.zeros(len(near), np.int32)
    count_shared(np.ascontiguousarray(near), np.ascontiguousarray(on_map), shared)
    return np.asarray(shared / max(1, near.shape[1]), np.float32)


def check_finite(rows: NDArray[np.float32]) -> int:
    """How many rows hold a value that is not finite."""
    return int((~np.isfinite(rows).all(axis=1)).sum())
