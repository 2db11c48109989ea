"""The baseline of survival: a linear Cox model with Efron's ties, fitted in seconds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[Any]


def fit_cox(features: Array, times: Array, events: Array, *, ridge: float = 1e-3) -> Array:
    """Weights of a linear log risk by the partial likelihood (Cox 1972; ties after Efron 1977).

    Parameters
    ----------
    features : (rows, columns) array
        Standardized.
    times, events : (rows,) arrays
        Time watched; 1 where the event was seen.
    ridge : float
        Weight of half the squared length of the weights, per row.

    Returns
    -------
    float64 (columns,)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(500, 2))
    >>> times = rng.exponential(np.exp(-x[:, 0]))
    >>> weights = fit_cox(x, times, np.ones(500))
    >>> bool(abs(weights[0] - 1) < 0.15 and abs(weights[1]) < 0.15)
    True
    """
    order = np.argsort(-times, kind="stable")
    x, ties = np.asarray(features, dtype=np.float64)[order], Ties(times[order], events[order])

    def loss(weights: Array) -> tuple[float, Array]:
        value, slope = ties.loss(x @ weights)
        return value + float(ridge * len(x) * weights @ weights / 2), x.T @ slope + ridge * len(x) * weights

    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(found.x)


class Ties:
    """Who is at risk when: rows sorted by falling time, the events of equal times shared out (Efron)."""

    def __init__(self, times: Array, events: Array) -> None:
        self.events = events.astype(bool)
        self.last = np.searchsorted(-times, -times, side="right") - 1  # last row of the same or a later time
        self.group = np.unique(self.last, return_inverse=True)[1].ravel()
        self.n_groups = int(self.group.max()) + 1 if len(times) else 0
        deaths = np.flatnonzero(self.events)
        group = self.group[deaths]
        first = np.searchsorted(group, group, side="left")  # groups rise along the rows
        self.share = (np.arange(len(deaths)) - first) / np.bincount(group, minlength=self.n_groups)[group]
        self.deaths, self.death_group = deaths, group

    def loss(self, eta: Array) -> tuple[float, Array]:
        """Negative log partial likelihood and its slope: (rows,) -> value, (rows,)."""
        risk = np.exp(np.clip(eta, -30, 30))
        at_risk = np.cumsum(risk)[self.last[self.deaths]]
        dying = np.bincount(self.death_group, risk[self.deaths], minlength=self.n_groups)[self.death_group]
        left = at_risk - self.share * dying
        value = float(np.log(left).sum() - eta[self.deaths].sum())
        per_group = np.bincount(self.death_group, 1 / left, minlength=self.n_groups)
        spared = np.bincount(self.death_group, self.share / left, minlength=self.n_groups)
        later = np.cumsum(per_group[::-1])[::-1]  # a row is at risk in its own group and in all of earlier times
        slope = risk * later[self.group] - self.events * (1 + risk * spared[self.group])
        return value, slope
