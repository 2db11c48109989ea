"""Labels that are probably wrong: what the network says on rows it was not trained on, and what their neighbors say.

Two witnesses are asked. The margin of the model, p(given label) - max p(another label) (Northcutt et al. 2021), from
out-of-fold probabilities; and the same margin among the neighbors' labels in the learned space. Neither alone is best
on both random and confusable errors, their mean is good on both.
"""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.look import find, share
from belvedere.types import Finding, Level

MODEL_WEIGHT = 0.5


def suspicious_labels(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    neighbors: NDArray[np.integer],
    *,
    rows: NDArray[np.integer] | None = None,
    column: str = "",
) -> Finding | None:
    """Find labels that are probably wrong.

    Parameters
    ----------
    probabilities : (rows, classes)
        Of a model that was not trained on the row (out of fold).
    labels : (rows,)
        Given class codes; -1 where missing.
    neighbors : (rows, k)
        Places of the nearest other rows among these rows; -1 for none.
    rows : (rows,) or None
        Row numbers in the source, where these are not all rows.
    column : str
        Name of the target.

    Returns
    -------
    Finding or None
        The rows, most suspicious first; None where no label is suspicious.

    Examples
    --------
    >>> labels = np.array([0] * 10 + [1] * 10)
    >>> truth = labels.copy()
    >>> labels[3] = 1
    >>> probabilities = np.eye(2)[truth] * 0.8 + 0.1
    >>> neighbors = np.array([[i for i in range(20) if truth[i] == truth[row] and i != row][:5] for row in range(20)])
    >>> suspicious_labels(probabilities, labels, neighbors).rows
    (3,)
    """
    suspect = _both_object(probabilities, labels, neighbors)
    if not suspect.any():
        return None
    score = label_quality(probabilities, labels, neighbors)
    places = np.flatnonzero(suspect)
    places = places[np.argsort(score[places], kind="stable")]
    numbers = places if rows is None else np.asarray(rows)[places]
    known = int((labels >= 0).sum())
    level: Level = "warning" if len(places) >= 0.01 * known else "note"
    what = f"labels in '{column}'" if column else "labels"
    sentence = (
        f"{len(places):,} {what} ({share(len(places), known)}) look wrong: "
        "the network and the neighbors both say otherwise."
    )
    return find(
        "labels",
        level,
        sentence,
        column=column,
        rows=numbers,
        cure="Look at them on the map, most doubtful first, and correct the file.",
    )


def label_quality(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], neighbors: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Score every label from -1 (surely wrong) to 1 (surely right); 0 where there is none."""
    model = _margin(np.asarray(probabilities, dtype=np.float64), labels)
    around = _margin(_neighbor_shares(labels, neighbors, probabilities.shape[1]), labels)
    quality = MODEL_WEIGHT * model + (1 - MODEL_WEIGHT) * around
    return np.asarray(np.where(labels >= 0, quality, 0.0))


def _margin(shares: NDArray[np.float64], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Share of the given label less the best share of another."""
    safe = np.maximum(labels, 0)
    lines = np.arange(len(labels))
    given = shares[lines, safe]
    others = shares.copy()
    others[lines, safe] = -np.inf
    return np.asarray(given - np.maximum(others.max(axis=1), 0.0))


def _neighbor_shares(
    labels: NDArray[np.integer], neighbors: NDArray[np.integer], n_classes: int
) -> NDArray[np.float64]:
    """How often each class occurs among the neighbors: (rows, classes)."""
    near = np.where(neighbors >= 0, labels[np.maximum(neighbors, 0)], -1)
    counts = np.zeros((len(labels), n_classes))
    for rank in range(near.shape[1]):
        known = near[:, rank] >= 0
        np.add.at(counts, (np.flatnonzero(known), near[known, rank]), 1)
    return np.asarray(counts / np.maximum(1, counts.sum(axis=1, keepdims=True)))


def _both_object(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], neighbors: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Rows where the model is as sure of another class as it is of that class's own rows, and the neighbors agree with it."""
    n_classes = probabilities.shape[1]
    guess = probabilities.argmax(axis=1)
    usual = np.array([probabilities[labels == c, c].mean() if (labels == c).any() else 1.0 for c in range(n_classes)])
    sure = probabilities[np.arange(len(labels)), guess] >= usual[guess]
    shares = _neighbor_shares(labels, neighbors, n_classes)
    agreed = shares[np.arange(len(labels)), guess] > 0.5
    return np.asarray((labels >= 0) & (guess != labels) & sure & agreed)
