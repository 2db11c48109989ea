"""Does the map keep the large picture? Rank correlation of distances, and triplets, over 20,000 random draws."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from belvedere.judge.neighborhoods import N_DRAWS
from belvedere.types import Floats, Score


def spearman(rows: Floats, places: Floats, *, space: str) -> Score:
    """Measure the rank correlation of squared distances between random pairs of rows, -1 to 1."""
    first, second = np.random.default_rng(0).integers(0, len(rows), (2, N_DRAWS))
    value = rank_correlation(_squared(rows, first, second), _squared(places, first, second))
    return Score("spearman", value, f"{space}, {N_DRAWS:,} random pairs", "map")


def triplets(rows: Floats, places: Floats, *, space: str) -> Score:
    """Measure how often the nearer of two random rows is nearer on the map too, 0 to 1; chance is 0.5."""
    anchor, one, other = np.random.default_rng(0).integers(0, len(rows), (3, N_DRAWS))
    true = _squared(rows, anchor, one) - _squared(rows, anchor, other)
    drawn = _squared(places, anchor, one) - _squared(places, anchor, other)
    counted = true != 0
    value = float((np.sign(true) == np.sign(drawn))[counted].mean()) if counted.any() else 1.0
    about = f"{space}, {N_DRAWS:,} random triplets"
    return Score("triplets", value, about, "map", baseline=0.5, baseline_name="places at random")


def rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Correlate ranks, equal values sharing a rank; 0 where one side does not vary."""
    a, b = rankdata(first), rankdata(second)
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _squared(rows: Floats, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.empty(len(first), np.float64)
    for at in range(0, len(first), 2048):
        part = slice(at, at + 2048)
        out[part] = np.square(rows[first[part]].astype(np.float64) - rows[second[part]]).sum(axis=1)
    return out
