"""recall@15: the share of a row's nearest neighbors that are still its nearest on the map."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from belvedere.judge.neighborhoods import N_QUERIES, nearest_in_space, nearest_on_map, sample_rows
from belvedere.types import Floats, Ints, Score

Nearest = Callable[[Floats, NDArray[np.int64], int], Ints]


def recall(rows: Floats, places: Floats, *, space: str, k: int = 15, nearest: Nearest = nearest_in_space) -> Score:
    """Measure recall@k on at most 2,000 rows, with all rows as candidates.

    Parameters
    ----------
    rows : float32 (rows, dims)
        The input space.
    places : float32 (rows, 2)
    space : str
        What the input space is called beside the number.
    nearest : callable
        `nearest(rows, queries, k)` -> int32 (queries, k): the exact neighbors of the rows numbered `queries`, int64
        (queries,), without these themselves. Another one may be faster.
    """
    k = min(k, len(rows) - 1)
    queries = sample_rows(len(rows), N_QUERIES)
    shares = shares_kept(nearest(rows, queries, k), nearest_on_map(places, queries, k))
    margin = 1.96 * float(shares.std() / np.sqrt(len(shares)))
    value, chance = float(shares.mean()), k / max(1, len(rows) - 1)
    return Score(
        f"recall@{k}", value, f"{space}, {len(queries):,} rows asked among all {len(rows):,}", "map",
        baseline=chance, baseline_name="places at random", low=max(0.0, value - margin), high=min(1.0, value + margin),
    )  # fmt: skip


def shares_kept(near: Ints, on_map: Ints) -> Floats:
    """Share of each line of `near` that stands in the same line of `on_map`, both (rows, k): float32 (rows,)."""
    kept = np.zeros(near.shape, bool)
    for p in range(on_map.shape[1]):
        kept |= near == on_map[:, p : p + 1]
    return np.asarray(kept.mean(axis=1), np.float32)
