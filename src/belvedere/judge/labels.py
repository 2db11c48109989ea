"""Label accuracy on the map: does a vote of the ten nearest places name the class of a row, the row itself left out?"""

import numpy as np
from numpy.typing import NDArray

from belvedere.judge.neighborhoods import nearest_on_map
from belvedere.types import Floats, Ints, Score


def label_accuracy(places: Floats, labels: NDArray[np.generic], *, k: int = 10) -> Score:
    """Measure leave-one-out accuracy of a vote of the k nearest places, over all rows; ties go to the nearer class.

    Parameters
    ----------
    places : float32 (rows, 2)
    labels : (rows,) array of str or int
    """
    k = min(k, len(places) - 1)
    classes, codes = np.unique(labels, return_inverse=True)
    near = nearest_on_map(places, np.arange(len(places)), k)
    right = vote(codes[near], len(classes)) == codes
    common = float(np.bincount(codes).max() / len(codes))
    about = f"leave-one-out, all {len(places):,} rows"
    return Score(
        f"{k}-NN accuracy", float(right.mean()), about, "map", baseline=common, baseline_name="commonest class"
    )


def vote(codes: Ints, n_classes: int) -> NDArray[np.int64]:
    """The commonest code of each line (rows, k), nearest first; among equals the one met first."""
    count = np.zeros((len(codes), n_classes), np.float32)
    rows = np.arange(len(codes))
    for p in range(codes.shape[1]):
        count[rows, codes[:, p]] += 1 + 1e-3 * (codes.shape[1] - p) / codes.shape[1] / codes.shape[1]
    return np.asarray(count.argmax(axis=1), np.int64)
