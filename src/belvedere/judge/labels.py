"""Label accuracy: how often a vote of the ten nearest places names a row's class, the row itself left out."""

import numpy as np
from numpy.typing import NDArray

from belvedere.judge.neighborhoods import nearest_on_map
from belvedere.types import Floats, Score


def label_accuracy(places: Floats, labels: NDArray[np.generic], *, k: int = 10) -> Score:
    """Measure leave-one-out accuracy of a vote of the k nearest places, over all rows; ties go to the nearer class.

    Parameters
    ----------
    places : float32 (rows, 2)
    labels : (rows,) array of str or int
    """
    k = min(k, len(places) - 1)
    codes = np.unique(labels, return_inverse=True)[1]
    near = nearest_on_map(places, np.arange(len(places)), k)
    right = vote(codes[near]) == codes
    common = float(np.bincount(codes).max() / len(codes))
    about = f"leave-one-out, all {len(places):,} rows"
    return Score(
        f"{k}-NN accuracy", float(right.mean()), about, "map", baseline=common, baseline_name="commonest class"
    )


def vote(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The commonest code of each line (rows, k), nearest first; among equals the one met first."""
    k, best, winner = codes.shape[1], np.zeros(len(codes), np.int64), codes[:, 0].astype(np.int64)
    for p in range(k):
        votes = (codes == codes[:, p : p + 1]).sum(axis=1)
        better = votes > best
        best[better], winner[better] = votes[better], codes[better, p]
    return winner
