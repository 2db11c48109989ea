"""A linear model of many features from few rows, solved at once; its strength is chosen by leaving each row out.

References
----------
Rifkin, Lippert (2007), Notes on regularized least squares (leaving one out costs one decomposition).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
STRENGTHS = np.logspace(-3, 3, 13)


@dataclass(frozen=True)
class Ridge:
    """What was found.

    Attributes
    ----------
    weights, bias : (features, outputs), (outputs,)
    left_out : (rows, outputs)
        What each row is foretold when all but it are learned from.
    strength : float
    """

    weights: Array
    bias: Array
    left_out: Array
    strength: float


def solve_ridge(features: Array, wanted: Array) -> Ridge:
    """Least squares with a penalty on weights, the one of 13 that foretells rows left out with the least squared error.

    Parameters
    ----------
    features : (rows, features)
        Standardized.
    wanted : (rows, outputs)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(30, 100)); y = x[:, :1] * 2
    >>> found = solve_ridge(x, y)
    >>> found.weights.shape, found.left_out.shape
    ((100, 1), (30, 1))
    """
    bias = wanted.mean(axis=0)
    center = features.mean(axis=0)
    x, y = features - center, wanted - bias
    values, vectors = np.linalg.eigh(x @ x.T)  # (rows,), (rows, rows)
    values = np.maximum(values, 0.0)
    unit = max(float(values.mean()), 1e-12)
    best: tuple[float, Array, Array, float] | None = None
    for strength in STRENGTHS * unit:
        dual = vectors @ ((vectors.T @ y) / (values + strength)[:, None])
        # the intercept is fitted too: the constant direction (eigenvalue 0) is not shrunk in the residual
        inverse = (vectors**2) @ (1 / (values + strength)) - 1 / (len(x) * strength)
        gap = dual / np.maximum(inverse, 1e-12)[:, None]
        error = float(np.square(gap).mean())
        if best is None or error < best[0]:
            best = (error, dual, wanted - gap, float(strength / unit))
    assert best is not None, "there are strengths to try"
    weights = x.T @ best[1]
    return Ridge(weights, bias - center @ weights, best[2], best[3])
