"""New rows onto the same map.

*fast*: the place network alone, a small residual perceptron distilled from the fitted places.
*exact*: nearest fitted rows, then steps in the frozen field of the fitted map. Every row is placed alone: what else is in
the batch changes nothing, and the fitted rows never move.

Every placed row gets `outlying`, 0 to 1: the share of fitted rows that lie closer to their neighbors than it does.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from belvedere.layout.field import Frame, frozen_field
from belvedere.layout.kernels import count_shared, settle
from belvedere.layout.neighbors import nearest_rows, rerank_in
from belvedere.types import Floats, Ints

BATCH = 4096  # new rows searched at once
STEPS = 60
CANDIDATES = 60  # neighbors on principal axes among which the true ones are looked for


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
    full : float32 (rows, columns) or None
        The fitted rows before projection, where they were projected; neighbors are then judged by distances in it.
    """

    rows: Floats
    places: Floats
    typical: Floats
    attraction: float = 1.0
    n_neighbors: int = 15
    full: Floats | None = None


@dataclass(frozen=True)
class Placed:
    """Places of new rows, float32 (rows, 2); their neighbors among fitted rows; values per row by name."""

    places: Floats
    neighbors: Ints
    channels: dict[str, Floats]


def place_exactly(fitted: FittedMap, new: Floats, full_new: Floats | None = None) -> Placed:
    """Place rows by their neighbors and steps in the frozen field.

    Parameters
    ----------
    new : float32 (rows, dims)
        Prepared as the fitted rows were.
    full_new : float32 (rows, columns), optional
        The same rows before projection, where the map has `full`.
    """
    frozen, tree = frozen_field(fitted.places), cKDTree(fitted.places)
    full_new = new if full_new is None or fitted.full is None else full_new
    parts = [
        _place_batch(fitted, frozen, tree, (new[at : at + BATCH], full_new[at : at + BATCH]))
        for at in range(0, max(1, len(new)), BATCH)
    ]
    names = parts[0].channels
    return Placed(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.neighbors for part in parts]),
        {name: np.concatenate([part.channels[name] for part in parts]) for name in names},
    )


def _place_batch(
    fitted: FittedMap, frozen: tuple[Floats, Frame, float], tree: cKDTree, new: tuple[Floats, Floats]
) -> Placed:
    near, far = _nearest(fitted, *new)
    places = settle_rows(fitted, frozen, near, central_places(fitted.places, near))
    on_map = np.asarray(tree.query(places, min(15, len(fitted.places)), workers=2)[1], np.int32)
    kept = share_kept(near[:, :15], on_map.reshape(len(places), -1))
    return Placed(places, near, {"outlying": outlying(far, fitted.typical), "kept": kept})


def _nearest(fitted: FittedMap, new: Floats, full_new: Floats) -> tuple[Ints, Floats]:
    k = min(fitted.n_neighbors, len(fitted.rows))
    if fitted.full is None:
        return nearest_rows(fitted.rows, new, k)
    wide, _ = nearest_rows(fitted.rows, new, max(CANDIDATES, 3 * k))
    return rerank_in(full_new, fitted.full, wide, k)


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
    steps: int = STEPS,
) -> Floats:
    """Move rows from `start` in the frozen field, drawn to their neighbors: float32 (rows, 2)."""
    field, frame, total = frozen
    n, rho = len(fitted.places), fitted.attraction
    weights = np.full(near.shape, 1 / near.shape[1], np.float32) if weights is None else weights
    places = start.copy()
    # forces times n, so that one rate fits every map
    rates = (4 * rho, 4 * n / max(total, 1e-12), 0.25 / rho, 0.5, 2.0, steps)
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


def jitter(fitted: FittedMap, near: Ints, *, seed: int = 0, n_rounds: int = 4) -> Floats:
    """How far each fitted row wanders when half of its neighbors are left out, as share of the map's radius.

    Parameters
    ----------
    near : int32 (rows, k)
        Neighbors of the fitted rows.
    """
    frozen, random = frozen_field(fitted.places), np.random.default_rng(seed)
    moved = np.zeros(len(near), np.float64)
    for _ in range(n_rounds):
        weights = (random.random(near.shape, np.float32) < 0.5).astype(np.float32) + np.float32(1e-6)
        weights /= weights.sum(axis=1, keepdims=True)
        there = settle_rows(fitted, frozen, near, fitted.places, weights=weights, steps=15)
        moved += np.square(there - fitted.places).sum(axis=1)
    radius = float(fitted.places.std()) or 1.0
    return np.asarray(np.sqrt(moved / n_rounds) / radius, np.float32)


def noise_like(rows: Floats, n_wanted: int = 500, *, seed: int = 0) -> Floats:
    """Rows whose values are drawn column by column from different rows: float32 (at most n_wanted, columns)."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(rows), min(n_wanted, len(rows)), replace=False)
    return np.asarray(random.permuted(rows[chosen], axis=0), np.float32)
