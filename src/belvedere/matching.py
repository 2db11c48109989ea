"""Which rows of new data a map knows already: by the values of a key column, or by all values of a row.

Values only: no files, no torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.errors import ColumnError, nearest_names

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Match:
    """New rows and the old ones they are.

    Attributes
    ----------
    old_row : int64 (new rows,)
        Row of the old table, -1 where there is none.
    changed : bool (new rows,)
        Rows known by their key whose values are others now.
    """

    old_row: Rows
    changed: NDArray[np.bool_]


def match_rows(old: pa.Table, new: pa.Table, *, columns: Sequence[str], key: str | None = None) -> Match:
    """Find every new row in the old table.

    Equal rows are matched in their order, each once.

    Parameters
    ----------
    columns : names
        Columns of both tables whose values make a row.
    key : str, optional
        Column of both tables that names a row; without it a row is known by its values alone.

    Raises
    ------
    ColumnError
        If one of the tables lacks the key.

    Examples
    --------
    >>> old, new = pa.table({"id": [1, 2], "x": [5, 6]}), pa.table({"id": [2, 3, 1], "x": [6, 6, 7]})
    >>> found = match_rows(old, new, columns=["x"], key="id")
    >>> found.old_row.tolist(), found.changed.tolist()
    ([1, -1, 0], [False, False, True])
    """
    before, after = row_codes(old, new, columns)
    if key is None:
        old_row = _same(before, after)
        return Match(old_row, np.zeros(len(old_row), bool))
    for table in (old, new):
        if key not in table.column_names:
            raise ColumnError(
                f"The key must be a column of both tables, but {key!r} is not. {nearest_names(key, table.column_names)}"
            )
    old_row = _same(*row_codes(old, new, [key]))
    known = old_row >= 0
    changed = known.copy()
    changed[known] = before[old_row[known]] != after[known]
    return Match(old_row, changed)


def row_codes(old: pa.Table, new: pa.Table, columns: Sequence[str]) -> tuple[Rows, Rows]:
    """A number per row, the same for rows with the same values: int64 (old rows,), int64 (new rows,)."""
    codes = np.zeros(old.num_rows + new.num_rows, np.int64)
    for name in columns:
        column = _column_codes(old.column(name), new.column(name))
        codes = np.unique(codes * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    return codes[: old.num_rows], codes[old.num_rows :]


def _column_codes(old: pa.ChunkedArray, new: pa.ChunkedArray) -> Rows:
    if old.type != new.type:
        old, new = (_as_text(column) for column in (old, new))
    both = pa.chunked_array([*old.chunks, *new.chunks], type=old.type)
    if pa.types.is_fixed_size_list(both.type) and both.null_count == 0 and pa.types.is_primitive(both.type.value_type):
        values = np.ascontiguousarray(pc.list_flatten(both).to_numpy()).reshape(len(both), -1)
        lines = values.view(np.dtype((np.void, values.dtype.itemsize * values.shape[1]))).ravel()
        return np.unique(lines, return_inverse=True)[1].astype(np.int64)
    both = _as_text(both) if pa.types.is_nested(both.type) else both
    encoded = both.dictionary_encode(null_encoding="encode").combine_chunks()
    parts = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    return np.concatenate([np.zeros(0, np.int64), *(np.asarray(part.indices, np.int64) for part in parts)])


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([repr(value) for value in column.to_pylist()], pa.string())])


def _same(before: Rows, after: Rows) -> Rows:
    """For every number after, the row before that has it; the n-th of equal ones is the n-th."""
    if len(before) == 0 or len(after) == 0:
        return np.full(len(after), -1, np.int64)
    nth_before, nth_after = _nth(before), _nth(after)
    width = int(max(nth_before.max(), nth_after.max())) + 1
    named, asked = before * width + nth_before, after * width + nth_after
    order = np.argsort(named)
    at = np.minimum(np.searchsorted(named[order], asked), len(named) - 1)
    return np.where(named[order][at] == asked, order[at], -1).astype(np.int64)


def _nth(codes: Rows) -> Rows:
    """How many equal numbers stand before each."""
    order = np.argsort(codes, kind="stable")
    first = np.flatnonzero(np.concatenate([[True], np.diff(codes[order]) != 0]))
    sizes = np.diff(np.append(first, len(codes)))
    out = np.empty(len(codes), np.int64)
    out[order] = np.arange(len(codes)) - np.repeat(first, sizes)
    return out
