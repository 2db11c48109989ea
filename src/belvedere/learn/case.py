"""From a table to a case: roles, rows held out, statistics of the columns from training rows only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere import kinds, training
from belvedere.errors import ColumnError
from belvedere.learn.settings import Array, LearnSettings
from belvedere.types import Input, Schema, Source, Target

FIT_ROWS = 200_000  # statistics of the columns are learned from at most this many training rows
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Case:
    """What is learned: the data, the roles, which rows are for what, and what the columns look like."""

    source: Source
    schema: Schema
    settings: LearnSettings
    inputs: tuple[Input, ...]
    target: Target | None
    labels: Array  # (rows,) codes or standardized numbers; empty without a target
    split: Array
    notes: tuple[str, ...]

    def rows_of(self, part: str) -> NDArray[np.int64]:
        """Numbers of the rows in one part of the split."""
        return np.flatnonzero(self.split == part)


def schema_for(schema: Schema, settings: LearnSettings) -> Schema:
    """Give the columns their roles: the target asked for, and a column `split` that says which rows are held out."""
    if settings.target is not None and schema[settings.target].role != "target":
        for column in schema.of_role("target"):
            schema = schema.with_column(column.name, role="input")
        schema = schema.with_column(settings.target, role="target")
    schema = _without_event(schema, settings)
    if not schema.inputs:
        found = ", ".join(f"{column.name} ({column.role})" for column in schema)
        raise ColumnError(
            f"There must be a column to learn from, but found only {found}. "
            "Declare one that says something: --kind NAME=KIND."
        )
    return schema


def _without_event(schema: Schema, settings: LearnSettings) -> Schema:
    """A column that says whether the event of the target was seen is no input."""
    if settings.event is None and settings.task not in ("survival", "cox"):
        return schema
    target = schema.target.name if schema.target else ""
    event = (settings.event or kinds.find_event(schema.names, target)).partition("=")[0]
    return schema.with_column(event, role="left out", why=f"says whether the event of {target!r} was seen")


def prepare(source: Source, schema: Schema, settings: LearnSettings) -> Case:
    """Decide which rows are for what, and learn the columns' statistics from training rows only."""
    target, labels = read_target(source, schema, settings)
    split, notes = read_split(source, schema, target, labels, settings)
    rows = training.thin_out(np.flatnonzero(split == "train"), FIT_ROWS, seed=settings.seed)
    inputs = kinds.fit_inputs(source.take(rows), schema, seed=settings.seed)
    return Case(source, schema, settings, inputs, target, labels, split, notes)


def read_target(source: Source, schema: Schema, settings: LearnSettings) -> tuple[Target | None, Array]:
    """What is to be predicted, and every row's label: a code, or a number; -1 or NaN where it is missing."""
    if schema.target is None:
        return None, np.empty(0)
    target = kinds.fit_labels(source.table, schema.target.name, task=settings.task, event=settings.event)
    labels = kinds.make_labels(source.table, target)
    values, counts = np.unique(labels[kinds.is_labelled(labels)], axis=0, return_counts=True)
    if len(values) < 2:
        found = "no value at all" if not len(values) else f"only one in {int(counts[0]):,} rows"
        raise ColumnError(
            f"The target {target.name!r} must hold at least two different values, but holds {found}. "
            "Choose another target, or map without one."
        )
    return target, labels


def read_split(
    source: Source, schema: Schema, target: Target | None, labels: Array, settings: LearnSettings
) -> tuple[Array, tuple[str, ...]]:
    """The part that each row belongs to, and a sentence on how that came about."""
    given = schema.of_role("split")
    split = np.full(source.n_rows, "train", dtype="<U10")
    if given:
        split = training.given_split(source.table.column(given[0].name).to_pylist(), given[0].name)
    if target is None:
        return split, ()
    is_known = kinds.is_labelled(labels)
    known, strata = np.flatnonzero(is_known), training.TASKS[target.task].strata(labels)
    share = valid_share(len(known))
    if given and (split[known] == "test").any():
        split[known] = training.with_valid(split[known], strata[known], share=share, seed=settings.seed)
        how = f"the column {given[0].name!r}"
        if not (split[known] == "train").any():
            raise ColumnError(
                f"Some rows that {given[0].name!r} marks 'train' must have a label, but none has. Correct the column."
            )
    else:
        split[known] = training.random_split(strata[known], holdout=settings.holdout, valid=share, seed=settings.seed)
        how = f"chance (seed {settings.seed}), every class alike"
    missing = np.flatnonzero(~is_known)
    split[missing] = UNLABELLED
    counts = [int((split == part).sum()) for part in ("train", "valid", "test")]
    note = "Learned from {:,} rows, stopped by {:,}, scored on {:,}, parted by {}.".format(*counts, how)
    more = (f"{len(missing):,} rows without a label were not learned from; they are mapped.",) if len(missing) else ()
    return split, (note, *more)


def valid_share(n_rows: int) -> float:
    """Share of the training rows that decide when to stop: 15 % of few rows, 5 % of many."""
    return min(0.15, max(0.05, 2000 / max(1, n_rows)))
