"""New rows by their true neighbors, and what is said of every placed row.

A row goes where most of its nearest fitted rows agree (`belvedere.layout.tiles.agree`). Sixty steps in the frozen field
from there, which other placers take, cost 0.01 of the neighbors kept (Fashion-MNIST, rows held out), so none are taken.
Every row is placed alone: what else is in the batch changes nothing, and the fitted rows never move.

How unusual a row is: `m^2 / l`, where m is its mean distance to its neighbors and l that of its neighbors to theirs. So
a row counts that lies far off, and far off for where it lies. `outlying` is the share of fitted rows that are less
unusual; above `FAR_OFF` a row is flagged, which by construction about one in 25 ordinary rows is. Of the scores tried on
Fashion-MNIST with one class left out (distance, ratio to the neighbors', residual of the axes, distance to the hull of 30
neighbors, largest of two shares), this product was best on average.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.layout.field import Frame, frozen_field
from belvedere.layout.kernels import count_shared, settle
from belvedere.layout.neighbors import nearest_rows, rerank_in
from belvedere.layout.tiles import agree, mean_and_local
from belvedere.types import Floats, Ints

BATCH = 4096  # new rows searched at once
MOVED = 262_144  # rows moved at once
STEPS = 60
KEPT = 15  # neighbors that a row is placed and judged by
FAR_OFF = 0.96  # share of fitted rows that must be less unusual than a row that is flagged
LEVELS = 1001  # quantiles kept
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
        Rising quantiles of how unusual fitted rows are.
    attraction : float
        As the map was laid out.
    n_neighbors : int
    full : float32 (rows, columns) or None
        The fitted rows before projection, where they were projected; neighbors are then judged by distances in it.
    radius : float32 (rows,)
        Mean distance of every fitted row to its neighbors.
    """

    rows: Floats
    places: Floats
    typical: Floats
    attraction: float = 1.0
    n_neighbors: int = 15
    full: Floats | None = None
    radius: Floats = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class Placed:
    """Places of new rows, float32 (rows, 2); their neighbors among fitted rows; values per row by name."""

    places: Floats
    neighbors: Ints
    channels: dict[str, Floats]


def place_exactly(fitted: FittedMap, tree: cKDTree, new: Floats, full_new: Floats | None = None) -> Placed:
    """Place rows by their neighbors.

    Parameters
    ----------
    tree : cKDTree
        Of the fitted places.
    new : float32 (rows, dims)
        Prepared as the fitted rows were.
    full_new : float32 (rows, columns), optional
        The same rows before projection, where the map has `full`.
    """
    full_new = new if full_new is None or fitted.full is None else full_new
    parts = [
        _place_batch(fitted, tree, new[at : at + BATCH], full_new[at : at + BATCH])
        for at in range(0, max(1, len(new)), BATCH)
    ]
    return Placed(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.neighbors for part in parts]),
        {name: np.concatenate([part.channels[name] for part in parts]) for name in parts[0].channels},
    )


def _place_batch(fitted: FittedMap, tree: cKDTree, new: Floats, full_new: Floats) -> Placed:
    near, far = _nearest(fitted, new, full_new)
    places = np.empty((len(near), 2), np.float32)
    agree(fitted.places, near, places, np.empty(len(near), np.float32))
    on_map = np.asarray(tree.query(places, near.shape[1], workers=2)[1], np.int32).reshape(near.shape)
    channels = said_of(unusual(near, far, fitted.radius), fitted.typical) | {"kept": share_kept(near, on_map)}
    return Placed(places, near, channels)


def _nearest(fitted: FittedMap, new: Floats, full_new: Floats) -> tuple[Ints, Floats]:
    k = min(KEPT, len(fitted.rows))
    if fitted.full is None:
        return nearest_rows(fitted.rows, new, k)
    wide, _ = nearest_rows(fitted.rows, new, max(CANDIDATES, 3 * k))
    return rerank_in(full_new, fitted.full, wide, k)


def unusual(near: Ints, distances: Floats, radius: Floats) -> Floats:
    """How unusual rows are, float32 (rows,): squared mean distance over the mean radius of the neighbors.

    Parameters
    ----------
    near, distances : int32 and float32 (rows, k)
        Fitted rows near each row, -1 and anything where there are too few.
    radius : float32 (fitted,)
        Mean distance of every fitted row to its own neighbors.
    """
    if near.size == 0:
        return np.zeros(len(near), np.float32)
    mean, local = np.empty(len(near), np.float32), np.empty(len(near), np.float32)
    mean_and_local(np.ascontiguousarray(near), np.ascontiguousarray(distances), radius, mean, local)
    usual = radius[radius > 0]
    least = 1e-3 * float(np.median(usual)) if len(usual) else 1e-30  # equal rows have no radius
    return np.asarray(mean / np.maximum(local, least) * mean, np.float32)


def said_of(score: Floats, typical: Floats) -> dict[str, Floats]:
    """Channels of rows by how unusual they are: `outlying`, 0 to 1, and `far_off`, 1 where flagged."""
    outlying = np.asarray(np.searchsorted(typical, score, side="left") / len(typical), np.float32)
    return {"outlying": outlying, "far_off": flagged(outlying).astype(np.float32)}


def flagged(outlying: Floats) -> NDArray[np.bool_]:
    """Rows too unusual for their places to be trusted."""
    return np.asarray(outlying > FAR_OFF)


def levels_of(score: Floats) -> Floats:
    """Rising quantiles of a score over fitted rows: float32 (LEVELS,)."""
    if score.size == 0:
        return np.zeros(LEVELS, np.float32)
    return np.asarray(np.quantile(score, np.linspace(0, 1, LEVELS)), np.float32)


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
    for at in range(0, len(near), MOVED):
        part = slice(at, at + MOVED)
        for _ in range(n_rounds):
            weights = (random.random(near[part].shape, np.float32) < 0.5).astype(np.float32) + np.float32(1e-6)
            weights /= weights.sum(axis=1, keepdims=True)
            there = settle_rows(fitted, frozen, near[part], fitted.places[part], weights=weights, steps=15)
            moved[part] += np.square(there - fitted.places[part]).sum(axis=1)
    radius = float(fitted.places.std()) or 1.0
    return np.asarray(np.sqrt(moved / n_rounds) / radius, np.float32)


def noise_like(rows: Floats, n_wanted: int = 500, *, seed: int = 0) -> Floats:
    """Rows whose values are drawn column by column from different rows: float32 (at most n_wanted, columns)."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(rows), min(n_wanted, len(rows)), replace=False)
    return np.asarray(random.permuted(rows[chosen], axis=0), np.float32)
