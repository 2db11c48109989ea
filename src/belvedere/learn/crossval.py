"""Cross-validation: every row is held out once, and everything is learned anew for each fold."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from belvedere import kinds, networks, training
from belvedere.errors import SettingError
from belvedere.learn.case import prepare, read_target, schema_for
from belvedere.learn.fit import learn_target
from belvedere.learn.forecast import refuse_forecast
from belvedere.learn.parting import read_ties
from belvedere.learn.resume import portable
from belvedere.learn.settings import Array, LearnSettings, check_settings, refuse_private
from belvedere.progress import Progress, Silent
from belvedere.training import Ties
from belvedere.training.intervals import mean_interval
from belvedere.types import Column, Schema, Score, Source

FOLD_COLUMN = "belvedere fold"


@dataclass(frozen=True)
class CrossValidated:
    """Scores of each fold, and their means with 95 % intervals over folds.

    `fold_of` (rows,) says in which fold each row was scored, -1 where in none (no label, or the earliest in time).
    """

    scores: tuple[Score, ...]
    folds: tuple[tuple[Score, ...], ...]
    fold_of: Array
    how: str = ""


def cross_validate(
    source: Source,
    schema: Schema,
    settings: LearnSettings | None = None,
    progress: Progress | None = None,
    *,
    n_folds: int = 5,
) -> CrossValidated:
    """Learn `n_folds` times, each time scored on another part of the rows.

    Every class is alike in each part; with `settings.group`, groups stay whole; with `settings.time`, each part is
    foretold from all that came before it. Statistics of the columns, the network and the baseline are learned inside
    each fold, so nothing leaks. A column `split` is ignored.

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
    refuse_private(settings, "Cross-validation")
    refuse_forecast(settings, "Cross-validation")
    settings = portable(settings)  # one checkpoint cannot hold several folds
    schema = schema_for(schema, settings)
    target, labels = read_target(source, schema, settings)
    if target is None:
        raise SettingError("Cross-validation must have a target to predict, but has none. Name one with --target.")
    known = np.flatnonzero(kinds.is_labelled(labels))
    if not 2 <= n_folds <= len(known):
        raise SettingError(f"folds must lie between 2 and {len(known):,} (the labelled rows), but is {n_folds}.")
    strata = training.TASKS[target.task].strata(labels[known])
    parts, how = assign(strata, read_ties(source, settings).of(known), n_folds, settings)
    schema = Schema(tuple(replace(c, role="left out") if c.role == "split" else c for c in schema))
    found = []
    for fold in range(n_folds):
        seen = np.flatnonzero(parts <= fold if settings.time is not None else parts >= 0)
        words = np.where(parts[seen] == fold, "test", "train")
        with training.threads_for(settings.threads):
            found.append(_learn_fold(_with_split(source, known[seen], words), schema, settings, progress))
        progress.say(f"Fold {fold + 1} of {n_folds}: {found[-1][0].name} {found[-1][0].value:.4f}")
    fold_of = np.full(source.n_rows, -1)
    fold_of[known] = parts
    return CrossValidated(summarize(found), tuple(found), fold_of, how)


def assign(strata: Array, ties: Ties, n_folds: int, settings: LearnSettings) -> tuple[Array, str]:
    """The fold in which each row is scored, and how that came about; -1 is the time before the first fold."""
    if ties.times is not None:
        return training.time_blocks(ties.times, n_folds) - 1, f"{n_folds} folds in the order of {settings.time!r}"
    if ties.groups is not None:
        folds = training.group_folds(ties.groups, strata, n_folds, seed=settings.seed)
        return folds, f"{n_folds} folds, groups of {settings.group!r} kept together"
    return training.assign_folds(strata, n_folds, seed=settings.seed), f"{n_folds} folds, every class alike"


def _with_split(source: Source, rows: Array, words: Array) -> Source:
    """Labelled rows, with a column that says which are held out."""
    table = source.take(rows)
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
