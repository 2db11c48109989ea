"""Which rows are learned from, which decide when to stop, and which are held out and scored."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import ColumnError
from belvedere.training.ties import FREE, Ties, latest, whole_groups

Strings = NDArray[np.str_]
WORDS = {
    "train": "train", "training": "train", "learn": "train",
    "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid",
    "test": "test", "testing": "test", "holdout": "test", "eval": "test",
}  # fmt: skip


def given_split(values: list[Any], name: str) -> Strings:
    """Read a column that says for each row 'train', 'valid' or 'test' (and common other words for these).

    Raises
    ------
    ColumnError
        If another word stands there, or no row is to be learned from.

    Examples
    --------
    >>> given_split(["Train", "dev", "test"], "split").tolist()
    ['train', 'valid', 'test']
    """
    words = [str(value).strip().lower() for value in values]
    strange = sorted({word for word in words if word not in WORDS})
    if strange:
        raise ColumnError(
            f"Column {name!r} must say train, valid or test for every row, but also says {strange[0]!r}. "
            "Rename the column if it means something else, or correct these rows."
        )
    split = np.array([WORDS[word] for word in words], dtype="<U10")
    if not (split == "train").any():
        raise ColumnError(f"Column {name!r} must mark some rows 'train', but marks none. Correct the column.")
    return split


def hold_out(strata: NDArray[Any], share: float, *, seed: int, ties: Ties = FREE) -> NDArray[np.bool_]:
    """Choose a share of the rows: at random and evenly over the classes, or whole groups, or the latest.

    Parameters
    ----------
    strata : (rows,) array
        Class of each row; all equal where there are no classes.
    share : float
        0 to 1. A class with a single row is never held out, unless its group or its time is.

    Returns
    -------
    (rows,) array of bool

    Examples
    --------
    >>> held = hold_out(np.array([0] * 90 + [1] * 10), 0.2, seed=0)
    >>> int(held[:90].sum()), int(held[90:].sum())
    (18, 2)
    """
    if ties.times is not None:
        return latest(ties.times, share)
    if ties.groups is not None:
        return whole_groups(ties.groups, strata, share, seed=seed)
    rng = np.random.default_rng(seed)
    held = np.zeros(len(strata), dtype=bool)
    _, codes, counts = np.unique(strata, return_inverse=True, return_counts=True)
    order = np.lexsort((rng.random(len(strata)), codes))
    starts = np.cumsum(counts) - counts
    for start, count in zip(starts, counts, strict=True):
        n = min(count - 1, int(np.floor(count * share + rng.random())) if count * share < 5 else round(count * share))
        held[order[start : start + max(0, n)]] = True
    return held


def strata_of(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Classes to hold out evenly: codes as they stand, numbers by their tenths."""
    if labels.dtype.kind in "iub":
        return labels.astype(np.int64)
    edges = np.unique(np.nanquantile(labels, np.linspace(0.1, 0.9, 9)))
    return np.searchsorted(edges, labels).astype(np.int64)


def thin_out(rows: NDArray[np.int64], n_max: int, *, seed: int) -> NDArray[np.int64]:
    """At most `n_max` of these row numbers, chosen at random, in rising order."""
    if len(rows) <= n_max:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, n_max, replace=False))


def assign_folds(labels: NDArray[Any], n_folds: int, *, seed: int) -> NDArray[np.int64]:
    """Give every row a fold, each class (or tenth of a number) spread evenly over them.

    Examples
    --------
    >>> folds = assign_folds(np.array([0] * 50 + [1] * 10), 5, seed=0)
    >>> np.bincount(folds).tolist(), np.bincount(folds[50:]).tolist()
    ([12, 12, 12, 12, 12], [2, 2, 2, 2, 2])
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(labels)), strata_of(labels)))
    folds = np.empty(len(labels), dtype=np.int64)
    folds[order] = np.arange(len(labels)) % n_folds
    return folds
