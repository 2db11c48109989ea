"""Which rows are learned from, which stop training, which are scored: a column that says so, groups, time, or chance."""

from collections.abc import Callable

import numpy as np

from belvedere import kinds, training
from belvedere.errors import ColumnError, SettingError
from belvedere.learn.settings import ROW_ORDER, Array, LearnSettings
from belvedere.training import Ties
from belvedere.types import Schema, Source, Target
from belvedere.values import to_codes, to_floats

UNLABELLED = "unlabelled"


def read_split(
    source: Source, schema: Schema, target: Target | None, labels: Array, settings: LearnSettings
) -> tuple[Array, tuple[str, ...]]:
    """The part that each row belongs to, and a sentence on how that came about."""
    split = np.full(source.n_rows, "train", dtype="<U10")
    given = schema.of_role("split")
    if given:
        split = training.given_split(source.table.column(given[0].name).to_pylist(), given[0].name)
    if target is None:
        return split, ()
    is_known = kinds.is_labelled(labels)
    known = np.flatnonzero(is_known)
    ties = read_ties(source, settings)
    name = given[0].name if given else ""
    strata = training.TASKS[target.task].strata
    tied = ties.of(known)
    split[known], is_given = _part(split[known], strata, labels[known], tied, settings=settings, is_given=bool(given))
    how = _how(is_given, settings, name)
    split[~is_known] = UNLABELLED
    counts = [int((split == part).sum()) for part in ("train", "valid", "test")]
    note = "Learned from {:,} rows, stopped by {:,}, scored on {:,}, parted by {}.".format(*counts, how)
    n_missing = int((~is_known).sum())
    more = (f"{n_missing:,} rows without a label were not learned from; they are mapped.",) if n_missing else ()
    return split, (note, *_across(split, ties, settings), *more)


def _part(
    split: Array,
    strata: Callable[[Array], Array],
    labels: Array,
    ties: Ties,
    *,
    settings: LearnSettings,
    is_given: bool,
) -> tuple[Array, set[str]]:
    """Part labelled rows; what a column marks as test or valid stays so, and only what it lacks is drawn."""
    split, found = split.copy(), {part for part in ("valid", "test") if is_given and (split == part).any()}
    shares = {"test": settings.holdout, "valid": valid_share(len(split))}
    for offset, part in enumerate(part for part in ("test", "valid") if part not in found):
        rows = np.flatnonzero(split == "train")
        if len(rows):
            even = strata(labels[rows])  # of these rows only: not even the tenths of held-out numbers are looked at
            held = training.hold_out(even, shares[part], seed=settings.seed + offset, ties=ties.of(rows))
            split[rows[held]] = part
    if not (split == "train").any():
        raise ColumnError(
            "Some rows that are marked 'train' must have a label, but none has. Correct the split column."
        )
    return split, found


def _how(is_given: set[str], settings: LearnSettings, name: str) -> str:
    """Say what rows were parted by."""
    chance = f"chance (seed {settings.seed}), every class alike"
    if settings.time is not None:
        chance = f"time ({settings.time!r}), the latest held out"
    elif settings.group is not None:
        chance = f"chance (seed {settings.seed}), groups of {settings.group!r} kept together"
    if "test" in is_given:
        return f"the column {name!r}"
    if "valid" in is_given:
        return f"the column {name!r}, which marks no test rows: those were held out of its training rows by {chance}"
    return chance


def read_ties(source: Source, settings: LearnSettings) -> Ties:
    """What rows may not be parted freely by."""
    if settings.group is not None and settings.time is not None:
        raise SettingError("Rows may be parted by groups or by time, but both were asked for. Choose one.")
    if settings.group is not None:
        return Ties(groups=_groups(source, settings.group))
    if settings.time is None:
        return training.FREE
    if settings.time == ROW_ORDER and ROW_ORDER not in source.table.column_names:
        return Ties(times=np.arange(source.n_rows, dtype=np.float64))
    return Ties(times=_times(source, settings.time))


def _groups(source: Source, name: str) -> Array:
    """Number of each row's group; a row that names none is one by itself."""
    codes, levels = to_codes(source.table.column(name))
    lonely = codes < 0
    codes[lonely] = len(levels) + np.arange(int(lonely.sum()))
    n_groups = len(np.unique(codes))
    if n_groups < 2:
        raise ColumnError(f"The column {name!r} must hold at least two groups, but holds {n_groups}. Choose another.")
    return codes


def _times(source: Source, name: str) -> Array:
    """When each row happened; rows that do not say so count as the earliest."""
    times = to_floats(source.table.column(name))
    known = np.isfinite(times)
    if len(np.unique(times[known])) < 2:
        raise ColumnError(
            f"The column {name!r} must hold at least two different times or numbers, but holds "
            f"{len(np.unique(times[known]))}. Choose another, or give time={ROW_ORDER!r}."
        )
    return np.where(known, times, times[known].min())


def _across(split: Array, ties: Ties, settings: LearnSettings) -> tuple[str, ...]:
    """A warning where the column that parts rows puts a group on both sides."""
    if ties.groups is None:
        return ()
    learned, held = (np.unique(ties.groups[np.isin(split, parts)]) for parts in (["train", "valid"], ["test"]))
    n_both = len(np.intersect1d(learned, held))
    if not n_both:
        return ()
    return (f"{n_both:,} groups of {settings.group!r} are both learned from and scored: the scores may be too good.",)


def valid_share(n_rows: int) -> float:
    """Share of the training rows that decide when to stop: 15 % of few rows, 5 % of many."""
    return min(0.15, max(0.05, 2000 / max(1, n_rows)))
