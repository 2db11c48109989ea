"""How good survival curves are: C-index, integrated Brier score, and how long groups of rows lived."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.training.intervals import Z
from belvedere.training.survival import expected_times
from belvedere.types import Score, Target

Array = NDArray[Any]
MOST_ROWS = 8000  # pairs are compared among at most so many rows


def concordance(times: Array, events: Array, risk: Array) -> tuple[float, float, float]:
    """Share of comparable pairs in which the row with the sooner event has the higher risk (Harrell 1982).

    Equal risks count half. The interval is that of a ratio of two U-statistics, by each row's own pairs.

    Returns
    -------
    value, low, high : float
        NaN where no pair can be compared.

    Examples
    --------
    >>> value, low, high = concordance(np.array([1.0, 2, 3]), np.array([1, 1, 0]), np.array([3.0, 2, 1]))
    >>> value
    1.0
    """
    n = len(times)
    right, pairs = np.zeros(n), np.zeros(n)
    for start in range(0, n, 1000):
        at = slice(start, start + 1000)
        sooner = (events[at, None] > 0) & (
            (times[at, None] < times[None, :]) | ((times[at, None] == times[None, :]) & (events[None, :] == 0))
        )
        agree = sooner * (np.sign(risk[at, None] - risk[None, :]) + 1) / 2
        right[at] += agree.sum(axis=1)
        pairs[at] += sooner.sum(axis=1)
        right, pairs = right + agree.sum(axis=0), pairs + sooner.sum(axis=0)
    if not pairs.sum():
        return float("nan"), float("nan"), float("nan")
    value = float(right.sum() / pairs.sum())
    spread = 2 * (right - value * pairs) / pairs.mean()  # each pair hangs on two rows
    half = float(Z * spread.std() / np.sqrt(n))
    return value, max(0.0, value - half), min(1.0, value + half)


def kaplan_meier(times: Array, events: Array, at: Array) -> Array:
    """Share without the event at given times (Kaplan, Meier 1958).

    Examples
    --------
    >>> kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1]), np.array([0.5, 1, 3])).round(3).tolist()
    [1.0, 0.75, 0.375]
    """
    moments, at_moment = np.unique(times, return_inverse=True)
    left = len(times) - np.searchsorted(np.sort(times), moments, side="left")
    died = np.bincount(at_moment.ravel(), events > 0, minlength=len(moments))
    alive = np.concatenate([[1.0], np.cumprod(1 - died / np.maximum(left, 1))])
    return np.asarray(alive[np.searchsorted(moments, at, side="right")])


def brier(truth: Array, curves: Array, edges: Array) -> float:
    """Mean squared gap between curve and outcome over the first 90 % of watched time (Graf et al. 1999).

    Rows whose outcome is not known at a time count for nothing there; the others weigh more by how rare it is to be
    watched so long (inverse of the censoring's Kaplan–Meier curve).
    """
    times, events = truth[:, 0], truth[:, 1]
    horizon = np.quantile(times, 0.9)
    grid = np.linspace(0, horizon, 50)[1:]
    watched = np.maximum(kaplan_meier(times, 1 - events, grid), 0.05)
    at_event = np.maximum(kaplan_meier(times, 1 - events, times - 1e-9 * max(horizon, 1)), 0.05)
    gaps = []
    for moment, share in zip(grid, watched, strict=True):
        chance = curve_at(curves, edges, float(moment))
        over = (times <= moment) & (events > 0)
        alive = times > moment
        gaps.append((chance**2 * over / at_event + (1 - chance) ** 2 * alive / share).mean())
    return float(np.mean(gaps))


def curve_at(curves: Array, edges: Array, moment: float) -> Array:
    """Curves read at one time, straight lines between edges: (rows, edges) -> (rows,)."""
    k = int(np.clip(np.searchsorted(edges, moment) - 1, 0, len(edges) - 2))
    share = (moment - edges[k]) / (edges[k + 1] - edges[k])
    return np.asarray(curves[:, k] * (1 - share) + curves[:, k + 1] * share)


def evaluate_survival(
    truth: Array, curves: Array, target: Target, *, about: str
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """C-index and integrated Brier score; and Kaplan–Meier curves of thirds by expected time.

    Parameters
    ----------
    truth : (rows, 2) array
        Time and event.
    curves : (rows, edges) array
    target : Target
    about : str
    """
    lived = expected_times(curves, target)
    at = np.random.default_rng(0).permutation(len(truth))[:MOST_ROWS]
    value, low, high = concordance(truth[at, 0], truth[at, 1], -lived[at])
    gap = brier(truth, curves, np.asarray(target.edges))
    scores = (
        Score("C-index", value, about, low=low, high=high),
        Score("integrated Brier score", gap, about, higher_is_better=False),
    )
    return scores, {"task": "survival", "n_rows": len(truth), "groups": groups(truth, lived, curves, target)}


def groups(truth: Array, lived: Array, curves: Array, target: Target) -> list[dict[str, Any]]:
    """Thirds of the rows by expected time: what was expected and what was seen at each edge."""
    edges = np.asarray(target.edges)
    third = np.searchsorted(np.quantile(lived, [1 / 3, 2 / 3]), lived)
    return [
        {
            "name": name, "n_rows": int((third == i).sum()), "times": edges.round(6).tolist(),
            "seen": kaplan_meier(truth[third == i, 0], truth[third == i, 1], edges).round(5).tolist(),
            "expected": curves[third == i].mean(axis=0).round(5).tolist(),
        }
        for i, name in enumerate(("soonest third", "middle third", "latest third"))
        if (third == i).any()
    ]  # fmt: skip
