"""What sets the tasks apart, from outputs of a network to scores. `TASKS` is the table: a new task is a line here.

A task's loss stands in `objectives.OBJECTIVES` under the same name; its labels are made by `belvedere.kinds`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.training import concordance, forecast, multilabel, steps, survival, tokens
from belvedere.training.baseline import Baseline, run_baseline
from belvedere.training.evaluate import evaluate
from belvedere.training.objectives import OBJECTIVES
from belvedere.training.split import strata_of
from belvedere.training.survival_baseline import run_cox
from belvedere.training.tokens_baseline import run_tokens
from belvedere.types import Score, Target

Array = NDArray[Any]
Named = tuple[Array, Array | None]
Scored = tuple[tuple[Score, ...], dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes
    ----------
    answer : (outputs, target) -> predictions (rows, width)
        Probabilities, curves or numbers in the target's own units.
    truth : (labels, target) -> (rows, …)
        Labels in the target's own units.
    name : (predictions, target) -> (predicted, confidence)
        What is said of each row, and how sure, where that is known.
    error : (truth, predictions, target) -> (rows,)
        How wrong each row's prediction is.
    evaluate : (truth, predictions, target, about) -> (scores, evaluation)
    baseline : as `run_baseline`
    strata : labels -> (rows,) int64
        What is held out evenly.
    is_calibrated : bool
        Whether a temperature is fitted on validation rows.
    """

    answer: Callable[[Array, Target], Array]
    truth: Callable[[Array, Target], Array]
    name: Callable[[Array, Target], Named]
    error: Callable[[Array, Array, Target], Array]
    evaluate: Callable[..., Scored] = evaluate
    baseline: Callable[..., Baseline] = run_baseline
    strata: Callable[[Array], Array] = strata_of
    is_calibrated: bool = False


def predicted_by(task: str) -> Callable[[Array, Target], Array]:
    """The predictions of an objective, as arrays."""

    def answer(outputs: Array, target: Target) -> Array:
        found = np.asarray(OBJECTIVES[task].predict(torch.from_numpy(np.asarray(outputs))).numpy())
        return found.reshape(len(outputs), -1)

    return answer


def as_given(labels: Array, target: Target) -> Array:
    """Labels that need no change."""
    return labels


def _numbers(outputs: Array, target: Target) -> Array:
    return np.asarray(outputs * target.std + target.mean)


def _in_units(labels: Array, target: Target) -> Array:
    return np.asarray(labels * target.std + target.mean)


def _name_class(chances: Array, target: Target) -> Named:
    names = np.array(target.classes, dtype=object)
    return names[chances.argmax(axis=1)], chances.max(axis=1).astype(np.float32)


def _doubt(truth: Array, chances: Array, target: Target) -> Array:
    """1 - probability of the true class."""
    return np.asarray(1 - chances[np.arange(len(truth)), truth.astype(np.int64)], dtype=np.float32)


def _number_scores(truth: Array, predictions: Array, target: Target, *, about: str) -> Scored:
    return evaluate(truth, predictions.reshape(-1), target, about=about)


def _number_baseline(*args: Any, target: Target, **options: Any) -> Baseline:
    found = run_baseline(*args, target=target, **options)
    return replace(found, predictions=_numbers(found.predictions, target))


def one_stratum(labels: Array) -> Array:
    """No classes to hold out evenly."""
    return np.zeros(len(labels), dtype=np.int64)


def of_events(labels: Array) -> Array:
    """Events are held out as evenly as rows without one: (rows, 2) -> (rows,)."""
    return labels[:, 1].astype(np.int64)


def _survival(answer: Callable[[Array, Target], Array]) -> Task:
    return Task(
        answer, survival.times_of, lambda curves, target: (survival.expected_times(curves, target), None),
        survival.surprise, concordance.evaluate_survival, run_cox, of_events,
    )  # fmt: skip


TASKS: dict[str, Task] = {
    "binary": Task(predicted_by("binary"), as_given, _name_class, _doubt, is_calibrated=True),
    "multiclass": Task(predicted_by("multiclass"), as_given, _name_class, _doubt, is_calibrated=True),
    "regression": Task(
        _numbers, _in_units, lambda found, target: (found[:, 0].astype(np.float32), None),
        lambda truth, found, target: np.abs(found[:, 0] - truth).astype(np.float32), _number_scores,
        _number_baseline,
    ),
    "multilabel": Task(
        predicted_by("multilabel"), as_given, multilabel.name_labels, multilabel.missed,
        multilabel.evaluate_multilabel, multilabel.label_baselines, one_stratum,
    ),
    "tokens": Task(
        tokens.best_labels, as_given, tokens.name_tags, tokens.wrong_share, tokens.evaluate_tokens, run_tokens,
        one_stratum,
    ),
    "steps": Task(
        _numbers, _in_units, steps.mean_of_steps, steps.step_error, steps.evaluate_steps, steps.run_near, one_stratum
    ),
    "forecast": Task(
        forecast.next_values, forecast.in_units, forecast.name_last, forecast.mean_error,
        forecast.evaluate_forecast, forecast.run_naive, one_stratum,
    ),
    "survival": _survival(survival.curves_of_hazards),
    "cox": _survival(survival.curves_of_risk),
}  # fmt: skip
