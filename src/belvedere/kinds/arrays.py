"""Inputs and arrays of a whole table: statistics of training rows, what a network sees, the plain space."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError, nearest_names
from belvedere.kinds.facts import facts_of
from belvedere.kinds.table import KINDS
from belvedere.types import Input, Schema

Arrays = dict[str, NDArray[Any]]


def fit_inputs(table: pa.Table, schema: Schema, *, seed: int = 0) -> tuple[Input, ...]:
    """Learn statistics of the input columns from training rows.

    Parameters
    ----------
    table : pyarrow.Table
        The training rows.
    schema : Schema
        Columns of role 'input' are looked at.
    seed : int
        Of samples for statistics of very many rows, and of the text projection.

    Returns
    -------
    tuple of Input
        In the order of the schema.
    """
    inputs = []
    for column in schema.inputs:
        info, tensors = KINDS[column.kind].fit(facts_of(table, column.name), seed)
        inputs.append(Input(column.name, column.kind, info, tensors))
    return tuple(inputs)


def make_arrays(table: pa.Table, inputs: tuple[Input, ...]) -> Arrays:
    """Make the arrays that a network sees.

    Returns
    -------
    dict of arrays
        Keys `"{position of the input}.{part}"`, first axis rows; the parts of each kind are listed in ARCHITECTURE.md.

    Raises
    ------
    ColumnError
        If the table lacks a column that was there in training.

    Examples
    --------
    >>> from belvedere.types import Column
    >>> table = pa.table({"x": [1.0, 3.0, None]})
    >>> inputs = fit_inputs(table, Schema((Column("x", "number"),)))
    >>> {name: array.tolist() for name, array in make_arrays(table, inputs).items()}
    {'0.value': [-1.0, 1.0, 0.0], '0.missing': [0.0, 0.0, 1.0]}
    """
    _check_columns(table, inputs)
    arrays: Arrays = {}
    for position, known in enumerate(inputs):
        parts = KINDS[known.kind].make(facts_of(table, known.name), known)
        arrays |= {f"{position}.{part}": array for part, array in parts.items()}
    return arrays


def _check_columns(table: pa.Table, inputs: tuple[Input, ...]) -> None:
    names = set(table.column_names)
    for known in inputs:
        if known.name not in names:
            raise ColumnError(
                f"New rows must have the column {known.name!r} that the map was learned from, but have not. "
                f"{nearest_names(known.name, table.column_names)}"
            )


def plain_space(table: pa.Table, inputs: tuple[Input, ...]) -> NDArray[np.float32]:
    """Place rows in the plain standardized space: no learning, every column weighing its part.

    A number or a category has total variance 1; a text, image, sequence or vector 8.

    Returns
    -------
    float32 (rows, dims)
    """
    _check_columns(table, inputs)
    blocks = [KINDS[known.kind].plain(facts_of(table, known.name), known) for known in inputs]
    if not blocks:
        return np.zeros((table.num_rows, 1), np.float32)
    return (
        blocks[0].astype(np.float32, copy=False)
        if len(blocks) == 1
        else np.hstack(blocks).astype(np.float32, copy=False)
    )
