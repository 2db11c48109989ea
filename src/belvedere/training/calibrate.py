"""Make a network as sure as it is right: one number that all its scores are divided by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar


def fit_temperature(outputs: NDArray[Any], labels: NDArray[Any]) -> float:
    """Find the temperature with the smallest log loss on validation rows (Guo et al. 2017).

    Parameters
    ----------
    outputs : (rows, outputs) array
        Logits: one column for two classes, else one per class.
    labels : (rows,) array
        Codes from 0.

    Returns
    -------
    float
        Between 0.2 and 5; 1 where there are too few rows (under 30) to tell.

    Examples
    --------
    >>> logits = np.array([[8.0], [8.0], [8.0], [-8.0]] * 20)
    >>> fit_temperature(logits, np.array([1, 1, 0, 0] * 20)) > 2
    True
    """
    if len(labels) < 30:
        return 1.0
    codes = labels.astype(np.int64)
    logits = np.hstack([np.zeros_like(outputs), outputs]) if outputs.shape[1] == 1 else outputs

    def log_loss(log_temperature: float) -> float:
        z = logits / np.exp(log_temperature)
        top = z.max(axis=1, keepdims=True)
        total = np.log(np.exp(z - top).sum(axis=1)) + top[:, 0]
        return float((total - z[np.arange(len(codes)), codes]).mean())

    found = minimize_scalar(log_loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))
