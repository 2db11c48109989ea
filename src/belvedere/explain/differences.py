"""Effect sizes and their p values: ranks of numbers, shares of yes/no features, false discoveries bounded.

Whether a column tells the groups apart by itself, or only because it goes with a stronger one, is asked of a linear model.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc
from scipy.stats import rankdata, t

Floats64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


def rank_effects(values: Floats64, inside: Flags) -> tuple[Floats64, Floats64]:
    """Effect and two-sided p of number columns; missing values (NaN) are left out column by column.

    Parameters
    ----------
    values : float64 (rows, columns)
    inside : bool (rows,)
        The first group; all other rows are the second.

    Returns
    -------
    effect : float64 (columns,)
        2 P(inside > outside) - 1, ties counting half (Cliff's delta): -1 to 1, 0 where alike.
    p : float64 (columns,)
        Mann-Whitney test with tie correction and normal approximation; 1 for constant columns.

    Examples
    --------
    >>> rank_effects(np.array([[4.0], [5], [6], [1], [2], [3]]), np.array([True] * 3 + [False] * 3))[0].tolist()
    [1.0]
    """
    found = [_rank_effect(column[np.isfinite(column)], inside[np.isfinite(column)]) for column in values.T]
    return np.array([effect for effect, _ in found]), np.array([p for _, p in found])


def _rank_effect(values: Floats64, inside: Flags) -> tuple[float, float]:
    n, m = int(inside.sum()), int((~inside).sum())
    if not n or not m:
        return 0.0, 1.0
    total, ranks = n + m, rankdata(values)
    u = float(ranks[inside].sum()) - n * (n + 1) / 2
    # The variance of the ranks holds the tie correction.
    variance = n * m / (total * max(1, total - 1)) * float(np.square(ranks - (total + 1) / 2).sum())
    z = max(abs(u - n * m / 2) - 0.5, 0) / math.sqrt(variance) if variance > 0 else 0.0
    return 2 * u / (n * m) - 1, math.erfc(z / math.sqrt(2))


def share_effects(holds: NDArray[np.bool_], inside: Flags) -> tuple[Floats64, Floats64]:
    """Difference of shares and two-sided p of yes/no columns, bool (rows, columns): the pooled two-proportion z-test."""
    n, m = int(inside.sum()), int((~inside).sum())
    if not n or not m or not holds.shape[1]:
        return np.zeros(holds.shape[1]), np.ones(holds.shape[1])
    a, b = holds[inside].mean(axis=0), holds[~inside].mean(axis=0)
    pooled = (a * n + b * m) / (n + m)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    z = np.abs(a - b) / np.where(spread > 0, spread, 1.0)
    return a - b, np.where(spread > 0, erfc(z / math.sqrt(2)), 1.0)


def adjust(p: Floats64) -> Floats64:
    """Benjamini and Hochberg's q for each p (1995, Controlling the false discovery rate).

    Examples
    --------
    >>> adjust(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    n = len(p)
    order = np.argsort(-p, kind="stable")
    scaled = p[order] * n / np.arange(n, 0, -1)
    q = np.empty(n)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled)) if n else scaled
    return q


def choose_own(values: Floats64, inside: Flags, *, most: int = 24) -> list[int]:
    """Columns that tell the groups apart beyond the ones chosen before them, strongest first.

    Forward selection by partial correlation with the group: after each choice, what it says is taken out of the group
    and of all columns (Gram-Schmidt), and selection ends when no column's p is below 0.01 / columns.
    """
    x = _centered(values.astype(np.float64))
    y = _centered(inside.astype(np.float64)[:, None])[:, 0]
    full = np.maximum(np.square(x).sum(axis=0), 1e-12)
    chosen: list[int] = []
    for _ in range(min(most, values.shape[1])):
        left = np.square(x).sum(axis=0)
        r = np.where(left > 1e-3 * full, x.T @ y / np.sqrt(np.maximum(left * (y @ y), 1e-12)), 0.0)
        best = int(np.abs(r).argmax())
        if _p_of_r(float(r[best]), len(y) - 2 - len(chosen)) > 0.01 / values.shape[1]:
            break
        chosen.append(best)
        axis = x[:, best] / np.linalg.norm(x[:, best])
        x, y = x - np.outer(axis, axis @ x), y - axis * (axis @ y)
    return chosen


def own_p(values: Floats64, inside: Flags) -> Floats64:
    """P of each column with all other columns given: t-tests of a linear model of the group."""
    x = _centered(values.astype(np.float64))
    y = _centered(inside.astype(np.float64)[:, None])[:, 0]
    free = len(y) - 1 - x.shape[1]
    if free < 1:
        return np.ones(x.shape[1])
    inverse = np.linalg.pinv(x.T @ x)
    weights = inverse @ (x.T @ y)
    noise = float(np.square(y - x @ weights).sum()) / free
    spread = np.sqrt(np.maximum(np.diag(inverse) * noise, 1e-300))
    return np.asarray(2 * t.sf(np.abs(weights / spread), free))


def closest(values: Floats64, among: list[int]) -> NDArray[np.int64]:
    """For each column the one of `among` that it goes with most closely."""
    x = _centered(values.astype(np.float64))
    x /= np.maximum(np.linalg.norm(x, axis=0), 1e-12)
    return np.asarray(np.asarray(among)[np.abs(x.T @ x[:, among]).argmax(axis=1)], dtype=np.int64)


def _centered(values: Floats64) -> Floats64:
    return np.asarray(values - values.mean(axis=0))


def _p_of_r(r: float, free: int) -> float:
    """P of a partial correlation."""
    if free < 1:
        return 1.0
    return float(2 * t.sf(abs(r) * math.sqrt(free / max(1e-12, 1 - r * r)), free))
