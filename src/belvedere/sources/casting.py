"""Columns of text to the types that all their values have: whole numbers, numbers, booleans, dates and times."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from belvedere.sources.stream import stream_to_disk
from belvedere.values import counted

COMMA_NUMBER = r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?$"
TYPES = (pa.bool_(), pa.int64(), pa.float64(), pa.date32(), pa.timestamp("us"))  # tried in this order
MISSING_WORDS = pa.array(["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "#N/A", "<NA>"])


def type_strings(
    table: pa.Table, *, decimal: str, codes: set[str], scratch: Path | None = None, on_disk: bool = False
) -> tuple[pa.Table, tuple[str, ...]]:
    """Cast each text column to the narrowest type that fits all its values.

    Parameters
    ----------
    table : pyarrow.Table
        Text columns, missing where empty.
    decimal : str
        Decimal sign of numbers, '.' or ','.
    codes : set of str
        Columns that stay text.
    scratch : Path or None
        Folder for the typed Arrow file.
    on_disk : bool
        Whether the result is written to disk and memory-mapped.

    Returns
    -------
    table : pyarrow.Table
    account : tuple of str

    Examples
    --------
    >>> table, account = type_strings(pa.table({"x": ["1", "NA"], "y": ["a", "NA"]}), decimal=".", codes=set())
    >>> table.column("x").to_pylist(), table.column("y").to_pylist(), len(account)
    ([1, None], ['a', 'NA'], 1)
    """
    types = {n: pa.string() if n in codes else find_type(table[n], decimal) for n in table.column_names}
    schema = pa.schema(list(types.items()))
    batches = _typed_batches(table, schema, decimal)
    typed = stream_to_disk(batches, schema, scratch) if on_disk else pa.Table.from_batches(list(batches), schema)
    cells = sum(typed[n].null_count - table[n].null_count for n in types if types[n] != pa.string())
    note = f"In columns of numbers and dates, {counted(cells, 'cell')} saying NA, NaN, null or None count as missing."
    return typed, (note,) if cells else ()


def _typed_batches(table: pa.Table, schema: pa.Schema, decimal: str) -> Iterator[pa.RecordBatch]:
    for batch in table.to_batches():
        columns = [cast_text(batch.column(field.name), field.type, decimal) for field in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def find_type(column: pa.ChunkedArray, decimal: str = ".") -> Any:
    """Find the first type that all values of a text column can be cast to; text where there is none."""
    if column.null_count == len(column):
        return pa.null() if len(column) == 0 else pa.string()
    for wanted in TYPES:
        if all(_fits(chunk, wanted, decimal) for chunk in column.chunks):
            return wanted
    return pa.string()


def _fits(chunk: pa.Array, wanted: Any, decimal: str) -> bool:
    if not _fits_quickly(chunk.slice(0, 100), wanted, decimal):
        return False
    return _fits_quickly(chunk, wanted, decimal)


def _fits_quickly(chunk: pa.Array, wanted: Any, decimal: str) -> bool:
    try:
        cast_text(chunk, wanted, decimal)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def cast_text(chunk: pa.Array, wanted: Any, decimal: str = ".") -> pa.Array:
    """Cast text to a type; words for missing become missing.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a value does not fit.
    """
    if pa.types.is_string(wanted):
        return chunk
    if pa.types.is_null(wanted):
        return pa.nulls(len(chunk))
    plain = pc.utf8_trim_whitespace(chunk)
    plain = pc.if_else(pc.is_in(plain, value_set=MISSING_WORDS), pa.scalar(None, pa.string()), plain)
    if pa.types.is_boolean(wanted):
        words = pa.array(["true", "false", "True", "False", "TRUE", "FALSE"])
        if not _all_words(plain, words):
            raise pa.ArrowInvalid("not all true or false")
    if decimal == "," and pa.types.is_floating(wanted):
        return _comma_numbers(plain)
    return plain.cast(wanted)


def _comma_numbers(plain: Any) -> Any:
    """Read `1.234,5` and `0,5` as numbers; a point that does not part thousands is refused."""
    written = pc.match_substring_regex(plain, COMMA_NUMBER)
    if not pc.all(pc.fill_null(written, True)).as_py():
        raise pa.ArrowInvalid("no numbers with a decimal comma")
    return pc.replace_substring(pc.replace_substring(plain, ".", ""), ",", ".").cast(pa.float64())


def cast_comma_numbers(column: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Read text such as `1.234,5` as numbers where the file writes a decimal comma and all values are so.

    Examples
    --------
    >>> cast_comma_numbers(pa.chunked_array([["1.234,5", "2,25"]]), ",").to_pylist()
    [1234.5, 2.25]
    """
    if decimal != "," or not pa.types.is_string(column.type) or column.null_count == len(column):
        return column
    try:
        return _comma_numbers(column)
    except pa.ArrowInvalid:
        return column


def _all_words(plain: pa.Array, words: pa.Array) -> bool:
    known = pc.is_in(plain, value_set=words)
    return bool(pc.all(pc.or_(known, pc.is_null(plain))).as_py())
