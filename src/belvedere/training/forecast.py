"""The next values of a sequence: losses in steps of the sequence itself, scores, and the naive forecasts beside them.

Labels are (rows, horizon + 1): standardized next values, and at last the mean size of a step in the row's past; so are
the truths, in the target's own units. Outputs and predictions are (rows, horizon).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from belvedere.training.baseline import Baseline, Example
from belvedere.training.intervals import error_interval, mean_of_rows_interval
from belvedere.types import Input, Score, Target

Array = NDArray[Any]
ALIKE = 0.02  # the shortest season is taken of those that differ by less, as a share of the last value's error
CLEARLY = 0.95  # a season shows where repeating it leaves at most so much of the error of the last value


def forecast_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Error in steps of each row's own past, squared near zero and straight beyond 3 (Huber 1964)."""
    scale = labels[:, -1:]
    return functional.huber_loss(outputs / scale, labels[:, :-1] / scale, delta=3.0)


def scaled_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean absolute error in steps of each row's own past."""
    return ((outputs - labels[:, :-1]).abs() / labels[:, -1:]).mean()


def in_units(labels: Array, target: Target) -> Array:
    """Labels in the target's units; the size of a step has no mean to add."""
    return np.concatenate([labels[:, :-1] * target.std + target.mean, labels[:, -1:] * target.std], axis=1)


def next_values(outputs: Array, target: Target) -> Array:
    """Outputs in the target's units: (rows, horizon)."""
    return np.asarray(outputs * target.std + target.mean)


def name_last(predictions: Array, target: Target) -> tuple[Array, Array | None]:
    """What is said of a row is the value at the end of the horizon."""
    return predictions[:, -1].astype(np.float32), None


def mean_error(truth: Array, predictions: Array, target: Target) -> Array:
    """Mean absolute error over the horizon: (rows,)."""
    return np.asarray(np.abs(truth[:, :-1] - predictions).mean(axis=1), dtype=np.float32)


def evaluate_forecast(
    truth: Array, predictions: Array, target: Target, *, about: str
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """MASE (mean absolute error in steps of the past), MAE and RMSE over the horizon, with intervals over rows.

    References
    ----------
    Hyndman, Koehler (2006), Another look at measures of forecast accuracy. The size of a step is that of the row's past.
    """
    error = truth[:, :-1].astype(float) - predictions
    scaled = np.abs(error).mean(axis=1) / truth[:, -1]
    absolute, squared = np.abs(error).mean(axis=1), np.square(error).mean(axis=1)
    spread = error_interval(np.sqrt(squared), lambda mae, mse: np.array([np.sqrt(mse)]))
    lows = (mean_of_rows_interval(scaled), mean_of_rows_interval(absolute), (spread[0][0], spread[1][0]))
    values = (scaled.mean(), absolute.mean(), np.sqrt(squared.mean()))
    scores = tuple(
        Score(name, float(value), about, low=float(low), high=float(high), higher_is_better=False)
        for name, value, (low, high) in zip(("MASE", "MAE", "RMSE"), values, lows, strict=True)
    )
    return scores, forecast_details(truth, predictions, error)


def forecast_details(truth: Array, predictions: Array, error: Array, *, n_rows: int = 20) -> dict[str, Any]:
    """How errors grow with each step ahead, and some forecasts beside what came."""
    at = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), n_rows)).round().astype(int))
    return {
        "task": "forecast",
        "n_rows": len(truth),
        "MAE per step": np.abs(error).mean(axis=0).tolist(),
        "RMSE per step": np.sqrt(np.square(error).mean(axis=0)).tolist(),
        "true": truth[at, :-1].tolist(),
        "predicted": predictions[at].astype(float).tolist(),
    }


def run_naive(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """The last value goes on; where training rows show a season, it is repeated instead.

    References
    ----------
    Hyndman, Athanasopoulos (2021), Forecasting: principles and practice, 5.2.
    """
    lead = next(p for p, item in enumerate(inputs) if item.name == target.past)
    past, known = pasts(train.arrays, lead), labels[:, :-1]
    asked, horizon = pasts(test.arrays, lead), target.horizon
    last = Baseline("the last value", next_values(repeated(asked, 1, horizon), target))
    errors = {m: naive_error(past, known, labels[:, -1], m) for m in (1, *seasons(past))}
    season = next(m for m in errors if errors[m] <= min(errors.values()) + ALIKE * errors[1])
    if season == 1 or not errors[season] < CLEARLY * errors[1]:
        return last
    found = next_values(repeated(asked, season, horizon), target)
    return Baseline(f"the values {season} steps before", found, last)


def seasons(past: Array) -> range:
    """Seasons that the pasts of most rows hold."""
    usual = int(np.median(np.isfinite(past).sum(axis=1)))
    return range(2, usual + 1)


def naive_error(past: Array, known: Array, scale: Array, season: int) -> float:
    """Mean error, in steps of each row's past, of repeating the last season; 1 repeats the last value."""
    error = np.abs(repeated(past, season, known.shape[1]) - known).mean(axis=1) / scale
    return float(np.nanmean(error)) if np.isfinite(error).mean() > 0.5 else np.inf


def pasts(arrays: Any, lead: int) -> Array:
    """First channel of each past, its end at the right, NaN before its beginning: (rows, steps)."""
    steps, lengths = arrays[f"{lead}.steps"][:, :, 0], arrays[f"{lead}.length"]
    at = np.arange(steps.shape[1])[None, :] - steps.shape[1] + lengths[:, None]
    return np.where(at >= 0, np.take_along_axis(steps, np.maximum(at, 0), axis=1), np.nan)


def repeated(past: Array, season: int, horizon: int) -> Array:
    """The last season over and over: (rows, steps) -> (rows, horizon); a short past repeats its last value.

    Examples
    --------
    >>> repeated(np.array([[1.0, 2.0, 3.0]]), 2, 3).tolist(), repeated(np.array([[np.nan, 3.0]]), 2, 2).tolist()
    ([[2.0, 3.0, 2.0]], [[3.0, 3.0]])
    """
    ahead = np.arange(horizon) % season
    found = past[:, past.shape[1] - season + ahead]
    return np.where(np.isfinite(found), found, past[:, -1:])
