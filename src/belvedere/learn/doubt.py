"""Labels that two witnesses doubt: a linear model that never saw them, and the row's neighbors in the learned space.

The linear model is cheap and cannot learn single labels by heart; out of fold, it is asked only about rows that it was
not fitted on. Neighbors come from the map, where they are known anyway.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from belvedere import kinds
from belvedere.learn.settings import Array, Learned
from belvedere.training import plain
from belvedere.types import Floats, Source

MOST_ROWS = 200_000  # more are not judged, and a note says so
FIT_ROWS, FOLDS, DIRECTIONS, CHUNK = 20_000, 4, 100, 10_000
SHRINKAGE = 0.1  # of the covariance toward a multiple of the identity
LEAST_ROWS = 50
TASKS = ("binary", "multiclass")


def can_doubt(learned: Learned, n_rows: int) -> bool:
    """Whether labels are classes, and few enough rows to judge each."""
    target = learned.target
    return target is not None and target.task in TASKS and LEAST_ROWS <= n_rows <= MOST_ROWS


def witness_labels(source: Source, learned: Learned, *, seed: int = 0) -> tuple[NDArray[np.float64], Array]:
    """Ask a linear model about every row, out of fold.

    Returns
    -------
    probabilities : float64 (rows, classes)
    labels : int64 (rows,)
        Given class codes; -1 where missing.
    """
    assert learned.target is not None
    labels = kinds.encode_target(source.table.column(learned.target.name), learned.target)
    space = _narrow_space(source, learned, seed)
    folds = np.random.default_rng(seed).integers(0, FOLDS, len(labels))
    probabilities = np.full((len(labels), len(learned.target.classes)), 1 / len(learned.target.classes))
    for fold in range(FOLDS):
        seen = np.flatnonzero((folds != fold) & (labels >= 0))
        seen = seen[:: max(1, len(seen) // FIT_ROWS)]
        codes, counts = np.unique(labels[seen], return_counts=True)
        seen = seen[np.isin(labels[seen], codes[counts > 1])]  # a class seen once has no spread to go by
        asked = folds == fold
        if len(np.unique(labels[seen])) > 1:
            model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE).fit(space[seen], labels[seen])
            probabilities[asked] = 0
            probabilities[np.ix_(asked, model.classes_)] = model.predict_proba(space[asked])
    return probabilities, labels


def _narrow_space(source: Source, learned: Learned, seed: int) -> Floats:
    """The plain space along its main directions: (rows, at most 100)."""
    some = np.sort(np.random.default_rng(seed).permutation(source.n_rows)[: FIT_ROWS // 4])
    found = plain.fit_narrowing(kinds.plain_space(source.take(some), learned.inputs), seed=seed, most=DIRECTIONS)

    def read(start: int, stop: int) -> Floats:
        return found.apply(kinds.plain_space(source.read(start, stop), learned.inputs))

    return plain.fill(source.n_rows, read, chunk=CHUNK)
