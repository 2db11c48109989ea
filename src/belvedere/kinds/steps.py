"""A number per step of a sequence: the values as they are taught, and how such a target is known."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.errors import ColumnError
from belvedere.kinds.facts import facts_of
from belvedere.kinds.sequence import MOST_STEPS, to_series
from belvedere.types import Target
from belvedere.values import Array

FEW = 2000  # rows that are looked at


def step_task(table: pa.Table, name: str) -> str:
    """'steps' for numbers and 'tokens' for words that stand beside the steps of a sequence; '' for other targets.

    Examples
    --------
    >>> table = pa.table({"pulse": [[1.0, 2.0], [3.0]], "load": [[0.1, 0.2], [0.3]], "state": [["a", "b"], ["a"]]})
    >>> step_task(table, "load"), step_task(table, "state")
    ('steps', 'tokens')
    """
    some = table.slice(0, FEW)
    field = some.schema.field(name)
    if not _is_list(field.type):
        return ""
    lengths = _lengths(some.column(name))
    others = [f.name for f in some.schema if f.name != name and _is_list(f.type) and _holds_numbers(f.type)]
    if lengths.max(initial=0) < 2 or not any(np.mean(_lengths(some.column(o)) == lengths) > 0.99 for o in others):
        return ""
    inner = field.type.value_type
    if pa.types.is_floating(inner) or (pa.types.is_integer(inner) and _n_different(some.column(name)) > 20):
        return "steps"
    return "tokens" if not pa.types.is_nested(inner) else ""


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _holds_numbers(kind: pa.DataType) -> bool:
    inner = kind.value_type.value_type if _is_list(kind.value_type) else kind.value_type
    return bool(pa.types.is_floating(inner) or pa.types.is_integer(inner))


def _lengths(column: pa.ChunkedArray) -> Array:
    return np.asarray(pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False))


def _n_different(column: pa.ChunkedArray) -> int:
    return len(pc.unique(pc.list_flatten(column)))


def fit_steps(table: pa.Table, name: str) -> Target:
    """Learn mean and deviation of the numbers of all steps.

    Raises
    ------
    ColumnError
        If the target holds no lists of numbers, or always the same one.
    """
    kind = table.schema.field(name).type
    if not _is_list(kind) or not _holds_numbers(kind) or _is_list(kind.value_type):
        raise ColumnError(
            f"A target of one number per step must hold a list of numbers in every row, but {name!r} holds {kind}. "
            "Choose another target or task."
        )
    values = np.concatenate([np.zeros((0, 1), np.float32), *to_series(facts_of(table, name))])
    values = values[np.isfinite(values)]
    if len(values) < 2 or values.std() == 0:
        raise ColumnError(
            f"The target {name!r} must hold at least two different numbers, but holds {len(np.unique(values))}. "
            "Choose another target."
        )
    return Target(name, "steps", mean=float(values.mean()), std=float(values.std()))


def make_steps(table: pa.Table, target: Target) -> Array:
    """Standardized numbers: float32 (rows, most steps), NaN beyond the end of a row and where one is missing."""
    rows = [one[:MOST_STEPS, 0] for one in to_series(facts_of(table, target.name))]
    labels = np.full((len(rows), max([1, *(len(row) for row in rows)])), np.nan, dtype=np.float32)
    for number, row in enumerate(rows):
        labels[number, : len(row)] = np.where(np.isfinite(row), (row - target.mean) / target.std, np.nan)
    return labels
