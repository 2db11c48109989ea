"""A number at every step of a sequence: the loss, scores, and a linear model of neighboring steps beside them.

Labels are (rows, steps), NaN where there is none; outputs (rows, 1, steps, 1) in training, (rows, steps) afterwards, NaN
beyond the end of a row.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from torch import Tensor
from torch.nn import functional

from belvedere.training.baseline import Baseline, Example
from belvedere.training.evaluate import regression_details, regression_scores
from belvedere.training.tokens_baseline import MOST_WORDS, near_steps
from belvedere.types import Input, Score, Target

Array = NDArray[Any]


def step_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Squared near zero, straight beyond 2 deviations, over all steps together."""
    said, known = of_known_steps(outputs, labels)
    return functional.huber_loss(said, known, delta=2.0) if len(known) else outputs.sum() * 0


def squared_step_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error over all steps together."""
    said, known = of_known_steps(outputs, labels)
    return functional.mse_loss(said, known) if len(known) else outputs.sum() * 0


def of_known_steps(outputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs (rows, 1, steps, 1) and labels (rows, as many steps or more) where there is a label: (n,), (n,)."""
    found = outputs[:, 0, :, 0]
    n = min(found.shape[1], labels.shape[1])
    is_known = torch.isfinite(labels[:, :n])
    return found[:, :n][is_known], labels[:, :n][is_known]


def mean_of_steps(predictions: Array, target: Target) -> tuple[Array, Array | None]:
    """What is said of a row is the mean over its steps."""
    known = np.isfinite(predictions)
    total = np.where(known, predictions, 0).sum(axis=1)
    return (total / np.maximum(known.sum(axis=1), 1)).astype(np.float32), None


def _both(truth: Array, predictions: Array, target: Target) -> tuple[Array, Array]:
    """Truth and predictions of the same steps; what was not read counts as the mean: (rows, steps) twice."""
    said = np.full(truth.shape, target.mean)
    n = min(truth.shape[1], predictions.shape[1])
    said[:, :n] = np.where(np.isfinite(predictions[:, :n]), predictions[:, :n], target.mean)
    return truth.astype(float), said


def step_error(truth: Array, predictions: Array, target: Target) -> Array:
    """Mean absolute error over the steps of each row: (rows,)."""
    true, said = _both(truth, predictions, target)
    return np.asarray(np.nanmean(np.abs(true - said), axis=1), dtype=np.float32)


def evaluate_steps(
    truth: Array, predictions: Array, target: Target, *, about: str
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """R², MAE and RMSE over all steps; intervals take steps for independent, so they are narrow where neighbors are alike."""
    true, said = _both(truth, predictions, target)
    known = np.isfinite(true)
    about = f"{about}, {int(known.sum()):,} steps"
    details = regression_details(true[known], said[known]) | {"task": "steps"}
    return regression_scores(true[known], said[known], about), details


def run_near(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """A ridge regression on the values of five neighboring steps; and the mean."""
    lead = next(p for p, item in enumerate(inputs) if item.kind == "sequence")
    steps, n = train.arrays[f"{lead}.steps"], min(labels.shape[1], train.arrays[f"{lead}.steps"].shape[1])
    rows, at = np.nonzero(np.isfinite(labels[:, :n]) & (np.arange(n) < train.arrays[f"{lead}.length"][:, None]))
    some = np.random.default_rng(seed).permutation(len(rows))[:MOST_WORDS]
    model = Ridge().fit(near_steps(steps, rows[some], at[some]), labels[rows[some], at[some]])
    steps, lengths = test.arrays[f"{lead}.steps"], test.arrays[f"{lead}.length"]
    rows, at = np.nonzero(np.arange(steps.shape[1]) < lengths[:, None])
    found = np.full(steps.shape[:2], np.nan)
    if len(rows):
        found[rows, at] = model.predict(near_steps(steps, rows, at)) * target.std + target.mean
    mean = np.where(np.isfinite(found), target.mean, np.nan)
    return Baseline("a linear model of each step and its neighbors", found, Baseline("the mean", mean))
