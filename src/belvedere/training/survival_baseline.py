"""Cox's linear model on plain features, beside every survival score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.training.baseline import Baseline, Example, standardized
from belvedere.training.cox import fit_cox
from belvedere.training.features import plain_features
from belvedere.training.split import thin_out
from belvedere.training.survival import baseline_hazards, times_of
from belvedere.types import Input, Target

Array = NDArray[Any]
MAX_ROWS = 50_000


def run_cox(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """Fit Cox's model on training rows and give the survival curves of the test rows.

    Categories become indicator columns, gaps the mean; columns are standardized; equal times are shared out (Efron).
    """
    rows = thin_out(np.arange(len(labels)), MAX_ROWS, seed=seed)
    features, is_code = plain_features(train.arrays, inputs)
    tests = plain_features(test.arrays, inputs)[0]
    fitted, tested = standardized(*indicators(features[rows], tests, is_code))
    truth = times_of(labels[rows], target)
    weights = fit_cox(fitted, truth[:, 0], truth[:, 1])
    hazards = baseline_hazards(fitted @ weights, truth, np.asarray(target.edges), truth[:, 0])
    risk = np.exp(np.clip(tested @ weights, -30, 30))[:, None]
    return Baseline("a linear Cox model", np.exp(-risk * np.asarray(hazards)))


def indicators(features: Array, tests: Array, is_code: list[bool]) -> tuple[Array, Array]:
    """Spread category codes out as one column per code seen in training but the first; numbers stay.

    Examples
    --------
    >>> indicators(np.array([[1.0], [2.0], [3.0]]), np.array([[3.0], [9.0]]), [True])[1].tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    fitted: list[Array] = []
    tested: list[Array] = []
    for column, coded in enumerate(is_code):
        levels = np.unique(features[:, column])[1:] if coded else None
        for values, parts in ((features[:, column], fitted), (tests[:, column], tested)):
            parts.append(values[:, None] if levels is None else (values[:, None] == levels).astype(np.float32))
    return (np.hstack(fitted), np.hstack(tested)) if fitted else (features, tests)
