"""Tables in memory: pandas, Polars, Arrow, dictionaries, and anything that speaks Arrow's C interface."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.errors import SourceError
from belvedere.sources.arrays import read_arrays
from belvedere.sources.columns import build_column, table_of_columns, table_of_records
from belvedere.sources.opened import Opened, Wish


def is_frame(what: Any) -> bool:
    """Tell whether something is a table in memory."""
    return (
        is_pandas(what)
        or isinstance(what, (pa.Table, pa.RecordBatch, Mapping))
        or hasattr(what, "__arrow_c_stream__")
        or _is_records(what)
    )


def is_pandas(what: Any) -> bool:
    """Tell a pandas frame or series without importing pandas."""
    return type(what).__module__.split(".")[0] == "pandas" and hasattr(what, "iloc")


def _is_records(what: Any) -> bool:
    return isinstance(what, list) and bool(what) and all(isinstance(row, Mapping) for row in what)


def read_frame(what: Any, wish: Wish) -> Opened:
    """Read a table in memory.

    Raises
    ------
    SourceError
        If it cannot be made an Arrow table.
    """
    if is_pandas(what):
        return _read_pandas(what)
    if isinstance(what, pa.RecordBatch):
        return Opened("table", pa.Table.from_batches([what]))
    if isinstance(what, pa.Table):
        return Opened("table", what)
    if isinstance(what, Mapping):
        return _read_mapping(what, wish)
    if _is_records(what):
        table, account = table_of_records(what)
        return Opened("records", table, account)
    try:
        return Opened("table", pa.table(what))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise SourceError(
            f"A table in memory must be readable through Arrow, but is not ({error}). Convert it first."
        ) from error


def _read_pandas(frame: Any) -> Opened:
    """Column by column, since names may repeat; an index with a name, or of labels, becomes a column."""
    frame = frame.to_frame() if frame.ndim == 1 else frame
    names: list[Any] = [" ".join(map(str, name)) if isinstance(name, tuple) else name for name in frame.columns]
    columns = [frame.iloc[:, position] for position in range(len(names))]
    arrays: list[pa.Array] = []
    account: list[str] = []
    for name, column in zip(names, columns, strict=True):
        array, notes = _pandas_column(column, str(name))
        arrays.append(array)
        account.extend(notes)
    if type(frame.index).__name__ not in ("RangeIndex",) and not _is_counting(frame.index):
        index_name = frame.index.name if frame.index.name is not None else "index"
        array, notes = build_column(frame.index.tolist(), str(index_name))
        arrays.insert(0, array)
        names.insert(0, index_name)
        account.append(f"The frame's index was kept as the column {str(index_name)!r}.")
    return Opened("frame", pa.Table.from_arrays(arrays, names=[str(name) for name in names]), tuple(account))


def _is_counting(index: Any) -> bool:
    """Tell an index that only numbers rows, as filtering leaves it."""
    return index.name is None and getattr(index, "nlevels", 1) == 1 and getattr(index.dtype, "kind", "O") in "iu"


def _pandas_column(column: Any, name: str) -> tuple[pa.Array, tuple[str, ...]]:
    try:
        array = pa.Array.from_pandas(column)
    except (
        pa.ArrowInvalid,
        pa.ArrowTypeError,
        pa.ArrowNotImplementedError,
        UnicodeEncodeError,
        OverflowError,
        ValueError,
    ):
        return build_column(column.tolist(), name)
    return (array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array), ()


def _read_mapping(what: Mapping[Any, Any], wish: Wish) -> Opened:
    """A dictionary of columns; one with NumPy arrays of several axes is read like an `.npz` file."""
    values = list(what.values())
    arrays = [value for value in values if isinstance(value, np.ndarray)]
    if arrays and len(arrays) == len(values):
        return read_arrays({str(name): value for name, value in what.items()}, "arrays", wish)
    ready = (pa.Array, pa.ChunkedArray)
    lists = [v if isinstance(v, ready) else [v] if np.isscalar(v) else list(v) for v in values]
    if len({len(value) for value in lists}) > 1:
        lengths = ", ".join(f"{name}: {len(value):,}" for name, value in zip(what, lists, strict=True))
        raise SourceError(
            f"Columns must have the same number of rows, but they have not ({lengths[:200]}). Make them equal."
        )
    table, account = table_of_columns(list(what), lists)
    return Opened("columns", table, account)
