"""From a table to a case: roles, rows held out, statistics of the columns from training rows only."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from belvedere import kinds, networks, training
from belvedere.errors import ColumnError
from belvedere.learn.parting import read_split
from belvedere.learn.settings import Array, LearnSettings
from belvedere.types import Input, Schema, Source, Target

FIT_ROWS = 200_000  # statistics of the columns are learned from at most this many training rows


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
    if settings.time in settings.named:
        schema[str(settings.time)]  # must be there
    schema = _without_group(_without_event(schema, settings), settings)
    if not schema.inputs and settings.task not in ("recommend", "forecast"):
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


def _without_group(schema: Schema, settings: LearnSettings) -> Schema:
    """A column whose groups are kept together is no input: it would tell a network whom it knows already."""
    if settings.group is None:
        return schema
    if schema[settings.group].role == "target":
        raise ColumnError(
            f"Groups must be another column than the target, but both are {settings.group!r}. Choose one."
        )
    return schema.with_column(settings.group, role="left out", why="its groups are kept together, never parted")


def prepare(source: Source, schema: Schema, settings: LearnSettings) -> Case:
    """Decide which rows are for what, and learn the columns' statistics from training rows only."""
    target, labels = read_target(source, schema, settings)
    split, notes = read_split(source, schema, target, labels, settings)
    if target is not None and target.task in ("regression", "steps"):
        target, labels = _scaled_by(source, target, np.flatnonzero(split == "train"))
    rows = training.thin_out(np.flatnonzero(split == "train"), FIT_ROWS, seed=settings.seed)
    inputs = kinds.fit_inputs(source.take(rows), schema, seed=settings.seed)
    if target is not None and target.task == "forecast":
        inputs = tuple(replace(item, info={**item.info, "keeps": "last"}) for item in inputs)
        target = kinds.scaled_like(target, inputs)
        labels = kinds.make_labels(source.table, target)
    case = Case(source, schema, settings, inputs, target, labels, split, notes)
    if settings.start_from is not None:
        from belvedere.learn.transfer import adopt  # which needs `Case`

        case = adopt(case, settings.start_from)
    from belvedere.learn.solved import with_kernels  # which needs `Case` too

    return with_kernels(_with_letters(case, rows))


def _with_letters(case: Case, rows: NDArray[np.int64]) -> Case:
    """Where a pretrained encoder is asked for: give its sizes and its tokenizer to the texts, and their letters to it."""
    folder = networks.folder_of(case.settings.network)
    texts = [i for i, item in enumerate(case.inputs) if item.kind == "text" and "pretrained" not in item.info]
    if not folder or not texts:
        return case
    folder, sizes, cutter = networks.read_folder(folder, allow_download=case.settings.allow_download)
    inputs, table = list(case.inputs), case.source.take(rows)
    for i in texts:
        item = kinds.with_letters(table.column(inputs[i].name), inputs[i], most=networks.MOST_LETTERS)
        info, tensors = {**item.info, "pretrained": sizes}, {**item.tensors, "tokenizer": cutter}
        inputs[i] = replace(item, info=info, tensors=tensors)
    head = case.settings.network.partition("hf:")[0]
    return replace(case, inputs=tuple(inputs), settings=replace(case.settings, network=f"{head}hf:{folder}"))


def _scaled_by(source: Source, target: Target, rows: NDArray[np.int64]) -> tuple[Target, Array]:
    """A target of numbers, standardized by training rows only: held-out labels must not even set the scale."""
    target = kinds.fit_labels(source.take(rows), target.name, task=target.task)
    return target, kinds.make_labels(source.table, target)


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
