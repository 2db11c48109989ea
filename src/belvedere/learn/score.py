"""Score what was learned on held-out rows, with a baseline beside it."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere import kinds, training
from belvedere.learn.case import Case
from belvedere.learn.settings import Array
from belvedere.progress import Progress
from belvedere.types import Floats, Score
from belvedere.values import to_texts


def score(
    case: Case, predictions: Array, rows: NDArray[np.int64], progress: Progress
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """Score the held-out rows, and a baseline that learned from the same rows."""
    assert case.target is not None
    task, held = training.TASKS[case.target.task], case.rows_of("test")
    if not len(held):
        return (), {}
    about, truth = f"{len(held):,} held-out rows", true_values(case, held)
    scores, evaluation = task.evaluate(truth, predictions[held], case.target, about=about)
    progress.start("Comparing", None)
    found = task.baseline(
        example(case, rows), case.labels[rows], example(case, held),
        inputs=case.inputs, target=case.target, seed=case.settings.seed,
    )  # fmt: skip
    baseline_scores, _ = task.evaluate(truth, found.predictions, case.target, about=about)
    found = replace(found, name=found.name + second(found, truth, case, about))
    lead = scores[0]
    progress.finish(f"{lead.name} {lead.value:.4f}, {found.name} {baseline_scores[0].value:.4f}")
    return training.beside(scores, baseline_scores, found.name), evaluation


def second(found: training.Baseline, truth: Array, case: Case, about: str) -> str:
    """The lead score of a second, simpler baseline in words; '' where there is none."""
    if found.simpler is None or case.target is None:
        return ""
    lead = training.TASKS[case.target.task].evaluate(truth, found.simpler.predictions, case.target, about=about)[0][0]
    return f"; {found.simpler.name} {lead.value:.3f}"


def example(case: Case, rows: NDArray[np.int64]) -> training.Example:
    """Rows as the baseline reads them."""
    table = case.source.take(rows)
    arrays = kinds.make_arrays(table, case.inputs)
    names = [item.name for item in case.inputs if item.kind == "text"]
    if not names:
        return training.Example(arrays)
    columns = [to_texts(table.column(name)) for name in names]
    return training.Example(arrays, [" ".join(texts) for texts in zip(*columns, strict=True)])


def true_values(case: Case, rows: Array) -> Array:
    """Labels of rows as codes, or in the target's own units."""
    assert case.target is not None
    return training.TASKS[case.target.task].truth(case.labels[rows], case.target)


def errors_of(case: Case, predictions: Array) -> Floats:
    """How wrong each prediction is, as `training.TASKS` says; NaN where there is no label."""
    assert case.target is not None
    error = np.full(len(predictions), np.nan, dtype=np.float32)
    known = np.flatnonzero(kinds.is_labelled(case.labels))
    task = training.TASKS[case.target.task]
    error[known] = task.error(true_values(case, known), predictions[known], case.target)
    return error
