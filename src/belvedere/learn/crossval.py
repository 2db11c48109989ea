"""Cross-validation: every row is held out once, and everything is learned anew for each fold."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from belvedere import kinds, networks, training
from belvedere.errors import SettingError
from belvedere.learn.case import prepare, read_target, schema_for
from belvedere.learn.fit import learn_target
from belvedere.learn.settings import Array, LearnSettings, check_settings
from belvedere.progress import Progress, Silent
from belvedere.training.intervals import mean_interval
from belvedere.types import Column, Schema, Score, Source

FOLD_COLUMN = "belvedere fold"


@dataclass(frozen=True)
class CrossValidated:
    """Scores of each fold, and their means with 95 % intervals over folds."""

    scores: tuple[Score, ...]
    folds: tuple[tuple[Score, ...], ...]


def cross_validate(
    source: Source,
    schema: Schema,
    settings: LearnSettings | None = None,
    progress: Progress | None = None,
    *,
    n_folds: int = 5,
) -> CrossValidated:
    """Learn `n_folds` times, each time scored on another part of the rows, every class alike in each.

    Statistics of the columns, the network and the baseline are learned inside each fold, so nothing leaks. A column
    `split` is ignored.

    Parameters
    ----------
    source, schema, settings, progress :
        As for `learn`; there must be a target.
    n_folds : int
        From 2 to the number of labelled rows.

    Returns
    -------
    CrossValidated

    Raises
    ------
    SettingError
        If there is no target, or too few rows for so many folds.
    """
    settings, progress = settings or LearnSettings(), progress or Silent()
    check_settings(settings)
    schema = schema_for(schema, settings)
    target, labels = read_target(source, schema, settings)
    if target is None:
        raise SettingError("Cross-validation must have a target to predict, but has none. Name one with --target.")
    known = np.flatnonzero(kinds.is_labelled(labels))
    if not 2 <= n_folds <= len(known):
        raise SettingError(f"folds must lie between 2 and {len(known):,} (the labelled rows), but is {n_folds}.")
    fold_of = training.assign_folds(training.TASKS[target.task].strata(labels[known]), n_folds, seed=settings.seed)
    schema = Schema(tuple(replace(c, role="left out") if c.role == "split" else c for c in schema))
    found = []
    for fold in range(n_folds):
        words = np.where(fold_of == fold, "test", "train")
        with training.threads_for(settings.threads):
            found.append(_learn_fold(_with_split(source, known, words), schema, settings, progress))
        progress.say(f"Fold {fold + 1} of {n_folds}: {found[-1][0].name} {found[-1][0].value:.4f}")
    return CrossValidated(summarize(found), tuple(found))


def _with_split(source: Source, known: Array, words: Array) -> Source:
    """The labelled rows, with a column that says which are held out."""
    table = source.take(known)
    return Source(source.name, table.append_column(FOLD_COLUMN, pa.array(words.astype(str))))


def _learn_fold(source: Source, schema: Schema, settings: LearnSettings, progress: Progress) -> tuple[Score, ...]:
    schema = Schema((*schema.columns, Column(FOLD_COLUMN, "category", "split")))
    case = prepare(source, schema, settings)
    name = networks.choose_network(case.inputs, case.target, settings.network).name
    return learn_target(case, name, progress).scores


def summarize(folds: list[tuple[Score, ...]]) -> tuple[Score, ...]:
    """Mean of each score over folds, with a 95 % interval (Student's t), and the baseline's mean beside it."""
    means = []
    for score in folds[0]:
        same = [other for scores in folds for other in scores if other.name == score.name]
        values = np.array([other.value for other in same])
        low, high = mean_interval(values)
        if score.higher_is_better and values.max() <= 1:  # a share: Student's t knows no ceiling
            high = min(high, 1.0)
        known = [other.baseline for other in same if other.baseline is not None]
        baseline = float(np.mean(known)) if len(known) == len(same) else None
        about = f"mean of {len(same)} folds"
        means.append(replace(score, value=float(values.mean()), low=low, high=high, baseline=baseline, about=about))
    return tuple(means)
