"""95 % intervals of scores: how far a score may move if other rows had been held out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[Any]
Z = 1.959964  # two-sided 95 % of a normal


def wilson_interval(n_right: int, n: int) -> tuple[float, float]:
    """Interval of a share (Wilson 1927).

    Examples
    --------
    >>> low, high = wilson_interval(90, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    share, z2 = n_right / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def auc_interval(area: float, n_in: int, n_out: int) -> tuple[float, float]:
    """Interval of an area under the ROC curve (Hanley, McNeil 1982, eq. 1)."""
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (n_in - 1) * (q1 - area**2) + (n_out - 1) * (q2 - area**2)
    half = Z * np.sqrt(max(0.0, variance) / (n_in * n_out))
    return float(max(0.0, area - half)), float(min(1.0, area + half))


def confusion_interval(matrix: Array, score: Callable[[Array], Array], *, n_draws: int = 400) -> tuple[Array, Array]:
    """Interval of scores of a confusion matrix, by drawing rows with replacement (Efron 1979)."""
    n_classes, n = len(matrix), int(matrix.sum())
    rng = np.random.default_rng(0)
    n_draws = n_draws if n_classes <= 50 else 100
    drawn = rng.multinomial(n, matrix.ravel() / n, size=n_draws).reshape(n_draws, n_classes, n_classes)
    low, high = np.quantile(score(drawn), [0.025, 0.975], axis=0)
    return low, high


def error_interval(error: Array, score: Callable[[Array, Array], Array], *, n_draws: int = 300) -> tuple[Array, Array]:
    """Interval of scores of mean absolute and mean squared errors, by drawing rows with replacement."""
    rng = np.random.default_rng(0)
    absolute, squared = np.empty(n_draws), np.empty(n_draws)
    for draw in range(n_draws):
        at = rng.integers(len(error), size=len(error))
        absolute[draw], squared[draw] = np.abs(error[at]).mean(), np.square(error[at]).mean()
    low, high = np.quantile(score(absolute, squared), [0.025, 0.975], axis=1)
    return low, high


def precision_interval(labels: Array, chances: Array, *, n_draws: int = 200) -> tuple[float, float]:
    """Interval of an average precision, by drawing rows with replacement; ties are broken by row order.

    Examples
    --------
    >>> low, high = precision_interval(np.array([0, 1] * 50), np.linspace(0, 1, 100))
    >>> low < 0.53 < high
    True
    """
    rng, n = np.random.default_rng(0), len(labels)
    hits = labels[np.argsort(-chances, kind="stable")].astype(float)
    found = np.empty(n_draws if n <= 20_000 else n_draws // 4)
    for draw in range(len(found)):
        weight = np.bincount(rng.integers(n, size=n), minlength=n)  # how often each row was drawn
        right, said = (weight * hits).cumsum(), weight.cumsum()
        found[draw] = (weight * hits * right / np.maximum(said, 1)).sum() / max(1.0, right[-1])
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def gap_interval(at: Array, sure: Array, right: Array, *, n_bins: int, n_draws: int = 200) -> tuple[float, float]:
    """Interval of a calibration error, by drawing rows with replacement; `at` is the bin of each row."""
    rng, n = np.random.default_rng(0), len(at)
    excess, found = sure - right, np.empty(n_draws if n <= 20_000 else n_draws // 4)
    for draw in range(len(found)):
        rows = rng.integers(n, size=n)
        found[draw] = np.abs(np.bincount(at[rows], weights=excess[rows], minlength=n_bins)).sum() / n
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def mean_of_rows_interval(values: Array) -> tuple[float, float]:
    """Interval of a mean over rows (normal approximation), within the least and the largest value.

    Examples
    --------
    >>> low, high = mean_of_rows_interval(np.arange(101) / 100)
    >>> round(low, 2), round(high, 2)
    (0.44, 0.56)
    """
    half = Z * float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    mean = float(values.mean())
    return max(mean - half, float(values.min())), min(mean + half, float(values.max()))


def mean_interval(values: Array) -> tuple[float, float]:
    """Interval of a mean of a few values, for instance one per fold (Student 1908).

    Folds share training rows, so it is somewhat too narrow.

    Examples
    --------
    >>> low, high = mean_interval(np.array([0.8, 0.9, 0.85]))
    >>> round(low, 2), round(high, 2)
    (0.73, 0.97)
    """
    if len(values) < 2:
        return float(values.mean()), float(values.mean())
    half = float(student.ppf(0.975, len(values) - 1)) * float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)
