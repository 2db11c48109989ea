"""Any Python values to an Arrow column: what Arrow refuses becomes text, and the account says so."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def build_column(values: Any, name: str) -> tuple[pa.Array, tuple[str, ...]]:
    """Make an Arrow array of Python values, as text where they are of several types.

    Returns
    -------
    array : pyarrow.Array
    account : tuple of str
        What had to be changed.

    Examples
    --------
    >>> build_column([1, "a", None], "x")[1]
    ("Column 'x' mixes types (int, str): all its values were read as text.",)
    """
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values, ()
    try:
        return pa.array(values, from_pandas=True), ()
    except UnicodeEncodeError:
        return pa.array([mend_text(value) for value in values]), (
            f"Column {name!r} holds text that is not valid Unicode (lone surrogates): the broken characters became '\ufffd'.",
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError):
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        texts = pa.array([as_text(value) for value in values], type=pa.string())
        return texts, (f"Column {name!r} mixes types ({', '.join(kinds[:5])}): all its values were read as text.",)


def mend_text(value: Any) -> Any:
    """Replace lone surrogates, which no file can hold, by U+FFFD."""
    if not isinstance(value, str):
        return value if value is None else mend_text(str(value))
    return "".join("\ufffd" if 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in value)


def as_text(value: Any) -> str | None:
    """Write any value as text; containers as JSON; missing stays missing."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, (dict, list, tuple)):
        return mend_text(json.dumps(value, ensure_ascii=False, default=str))  # type: ignore[no-any-return]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return mend_text(str(value))  # type: ignore[no-any-return]


def table_of_columns(names: Sequence[Any], columns: Iterable[Sequence[Any]]) -> tuple[pa.Table, tuple[str, ...]]:
    """Make a table of Python columns, with the account of what was changed; names may repeat."""
    arrays: list[pa.Array] = []
    account: list[str] = []
    for name, values in zip(names, columns, strict=True):
        array, notes = build_column(values, str(name))
        arrays.append(array)
        account.extend(notes)
    return pa.Table.from_arrays(arrays, names=[mend_text(str(name)) for name in names]), tuple(account)


def table_of_records(records: Sequence[dict[str, Any]]) -> tuple[pa.Table, tuple[str, ...]]:
    """Make a table of dictionaries; keys missing in a record are missing cells."""
    names = list(dict.fromkeys(name for record in records for name in record))
    return table_of_columns(names, [[record.get(name) for record in records] for name in names])
