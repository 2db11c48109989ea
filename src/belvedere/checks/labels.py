"""Labels that are probably wrong: what the network says on rows it was not trained on, and what their neighbors say.

The two witnesses are multiplied into one belief about the true class of every row. Where that belief is firmest, labels
that differ from it show how often labels are wrong, and which class is taken for which. With this table of errors,
Bayes' rule gives the probability that each given label is right. So scattered errors and classes that are easily
confused are both judged by their own measure. (Counting errors between classes: Northcutt, Jiang and Chuang 2021,
Confident learning.)
"""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.look import find, share
from belvedere.types import Finding, Level

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]
FIRM = 0.3  # share of the rows, those of firmest belief, on which errors are counted
LEAST_P, LEAST_SHARE = 1e-3, 0.03  # what each witness grants a class it has not seen
LEAST_AGREEMENT = 0.5  # of the rows; features that say nothing agree with the network about as often as chance
PRIOR_ROWS = 5  # per class: weight of "errors go anywhere" against the counted table


def suspicious_labels(
    probabilities: NDArray[np.floating],
    labels: Codes,
    neighbors: Codes,
    *,
    rows: Codes | None = None,
    column: str = "",
) -> Finding | None:
    """Find labels that are probably wrong, about as many as there seem to be.

    Nothing is said where model and neighbors agree on fewer than half of the rows: then they know too little.

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
    >>> truth = np.repeat([0, 1], 20)
    >>> labels = truth.copy()
    >>> labels[3] = 1
    >>> probabilities = np.eye(2)[truth] * 0.8 + 0.1
    >>> neighbors = (np.arange(40)[:, None] + np.arange(1, 6)) % 20 + 20 * truth[:, None]
    >>> suspicious_labels(probabilities, labels, neighbors).rows
    (3,)
    """
    known = np.flatnonzero(labels >= 0)
    if len(known) < 2 or probabilities.shape[1] < 2 or not _are_trustworthy(probabilities, labels, neighbors):
        return None
    belief = believe(probabilities, labels, neighbors)
    doubtful = known[belief[known].argmax(axis=1) != labels[known]]
    n_wrong = round(_error_share(belief[known], labels[known]) * len(known))
    quality = label_quality(probabilities, labels, neighbors)
    places = doubtful[np.argsort(quality[doubtful], kind="stable")][:n_wrong]
    if not len(places):
        return None
    return _finding(places if rows is None else np.asarray(rows)[places], len(known), column)


def _are_trustworthy(probabilities: NDArray[np.floating], labels: Codes, neighbors: Codes) -> bool:
    """Whether the two witnesses name the same class in most rows."""
    around = _neighbor_shares(labels, neighbors, probabilities.shape[1])
    return float((around.argmax(axis=1) == probabilities.argmax(axis=1)).mean()) >= LEAST_AGREEMENT


def _finding(numbers: Codes, n_known: int, column: str) -> Finding:
    level: Level = "warning" if len(numbers) >= 0.01 * n_known else "note"
    labels = ("1 label" if len(numbers) == 1 else f"{len(numbers):,} labels") + (f" of '{column}'" if column else "")
    sentence = (
        f"About {labels} ({share(len(numbers), n_known)}) may be wrong: a model that never saw them and their neighbors "
        "say otherwise."
    )
    cure = "Look at them on the map, most doubtful first, and correct the file."
    return find("labels", level, sentence, column=column, rows=numbers, cure=cure)


def label_quality(probabilities: NDArray[np.floating], labels: Codes, neighbors: Codes) -> Floats:
    """Give the probability that each given label is right; 1 where there is no label.

    Parameters
    ----------
    probabilities, labels, neighbors :
        As for `suspicious_labels`.
    """
    belief = believe(probabilities, labels, neighbors)
    known = labels >= 0
    errors = error_table(belief[known], labels[known])
    given = labels[known]
    right = belief[known, given] * errors[given, given]
    every = (belief[known] * errors[:, given].T).sum(axis=1)
    quality = np.ones(len(labels))
    quality[known] = right / np.maximum(every, 1e-300)
    return quality


def believe(probabilities: NDArray[np.floating], labels: Codes, neighbors: Codes) -> Floats:
    """Multiply what the model and the neighbors say into one belief about the true class: (rows, classes)."""
    around = _neighbor_shares(labels, neighbors, probabilities.shape[1])
    belief = (np.asarray(probabilities, dtype=np.float64) + LEAST_P) * (around + LEAST_SHARE)
    return np.asarray(belief / belief.sum(axis=1, keepdims=True))


def _neighbor_shares(labels: Codes, neighbors: Codes, n_classes: int) -> Floats:
    """How often each class occurs among the neighbors: (rows, classes)."""
    near = np.where(neighbors >= 0, labels[np.maximum(neighbors, 0)], -1)
    counts = np.zeros((len(labels), n_classes))
    for rank in range(near.shape[1]):
        known = near[:, rank] >= 0
        np.add.at(counts, (np.flatnonzero(known), near[known, rank]), 1)
    return np.asarray(counts / np.maximum(1, counts.sum(axis=1, keepdims=True)))


def _firm(belief: Floats) -> NDArray[np.bool_]:
    """Mark the rows whose best class is farthest ahead of the second."""
    best = np.partition(belief, -2, axis=1)
    lead = best[:, -1] - best[:, -2]
    return np.asarray(lead >= np.quantile(lead, 1 - FIRM))


def _error_share(belief: Floats, labels: Codes) -> float:
    """Share of labels that differ from the belief where it is firmest."""
    firm = _firm(belief)
    return float((belief.argmax(axis=1) != labels)[firm].mean())


def error_table(belief: Floats, labels: Codes) -> Floats:
    """Count which class (row) is labeled as which (column), as shares of each row: (classes, classes)."""
    n_classes = belief.shape[1]
    firm, guess = _firm(belief), belief.argmax(axis=1)
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (guess[firm], labels[firm]), 1)
    anywhere = max(_error_share(belief, labels), 1e-4) / (n_classes - 1)
    prior = np.full((n_classes, n_classes), anywhere)
    np.fill_diagonal(prior, 1 - anywhere * (n_classes - 1))
    table = counts + PRIOR_ROWS * n_classes * prior
    return np.asarray(table / table.sum(axis=1, keepdims=True))
