"""One column and the cheap facts about it; and Arrow columns as NumPy arrays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Array = NDArray[Any]
MISSING_WORDS = frozenset(["", "na", "n/a", "nan", "null", "none", "#n/a", "<na>", "?", "-", "--", ".", "missing", "unknown", "nil"])
UNITS = re.compile(r"^[\s$€£¥₹]+|[\s%€$£¥]+$")
THOUSANDS = re.compile(r"[-+]?\d{1,3}([,\u00a0 '’]\d{3})+(\.\d+)?")


@dataclass(frozen=True)
class Facts:
    """A column of a table, its field, and what is cheap to know about it."""

    field: pa.Field
    column: pa.ChunkedArray

    @property
    def name(self) -> str:
        """Name of the column."""
        return str(self.field.name)

    @property
    def type(self) -> Any:
        """Arrow type of the values."""
        return self.column.type

    @property
    def n_rows(self) -> int:
        """Number of rows, missing ones too."""
        return len(self.column)

    def note(self, key: str) -> str:
        """One entry `belvedere.<key>` of the field's metadata, '' where there is none."""
        return (self.field.metadata or {}).get(f"belvedere.{key}".encode(), b"").decode()

    @cached_property
    def n_present(self) -> int:
        """Number of rows that hold something; empty text is nothing."""
        missing = int(self.column.null_count)
        if self.is_text:
            missing += int(pc.sum(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(self.column)), 0)).as_py() or 0)
        elif pa.types.is_floating(self.type):
            missing += int(pc.sum(pc.is_nan(self.column)).as_py() or 0)
        return self.n_rows - missing

    @cached_property
    def n_distinct(self) -> int:
        """Number of different values, missing ones left out; nested values count as all different."""
        if pa.types.is_nested(self.type) or self.n_present == 0:
            return self.n_present
        return len(self.levels)

    @cached_property
    def levels(self) -> Array:
        """The different values, missing ones left out, in Arrow's order; text as str, else numbers."""
        unique = pc.unique(self.column).drop_null()
        if self.is_text:
            return np.array([text for text in unique.to_pylist() if text.strip()], dtype=object)
        values = unique.to_numpy(zero_copy_only=False)
        return values[~np.isnan(values)] if pa.types.is_floating(self.type) else values

    @property
    def is_text(self) -> bool:
        """Whether values are text."""
        return bool(pa.types.is_string(self.type) or pa.types.is_large_string(self.type))

    @property
    def is_whole(self) -> bool:
        """Whether values are whole numbers, as integers or as floats without a fraction."""
        if pa.types.is_integer(self.type):
            return True
        return pa.types.is_floating(self.type) and len(self.levels) > 0 and bool(
            np.isfinite(self.levels).all() and (self.levels == np.round(self.levels)).all()
        )

    @property
    def is_bytes(self) -> bool:
        """Whether values are raw bytes."""
        return bool(pa.types.is_binary(self.type) or pa.types.is_large_binary(self.type))

    @property
    def is_list(self) -> bool:
        """Whether values are lists."""
        return bool(pa.types.is_list(self.type) or pa.types.is_large_list(self.type) or pa.types.is_fixed_size_list(self.type))

    def some(self, n: int = 2000) -> "Facts":
        """At most `n` rows, in stretches spread over the column."""
        if self.n_rows <= n:
            return self
        starts = np.linspace(0, self.n_rows - n // 20, 20).astype(int)
        pieces = [chunk for start in starts for chunk in self.column.slice(int(start), n // 20).chunks]
        return Facts(self.field, pa.chunked_array(pieces, self.type))

    def slice(self, start: int, stop: int) -> "Facts":
        """Rows `start` to `stop`."""
        return Facts(self.field, self.column.slice(start, stop - start))


def facts_of(table: pa.Table, name: str) -> Facts:
    """Take one column of a table."""
    return Facts(table.schema.field(name), table.column(name))


def to_floats(column: pa.ChunkedArray) -> Array:
    """Read a column as float64, NaN where missing or no number; text by `parse_number`.

    Examples
    --------
    >>> to_floats(pa.chunked_array([["1,200", "7 %", "n/a", None]])).tolist()
    [1200.0, 7.0, nan, nan]
    """
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        column = pc.divide(column.cast(pa.timestamp("ms")).cast(pa.int64()).cast(pa.float64(), safe=False), 1000.0)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        codes, levels = to_codes(column)
        numbers = np.array([*(parse_number(level) for level in levels), np.nan])
        return numbers[codes]
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return np.full(len(column), np.nan)
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy())


def parse_number(text: str) -> float:
    """Read a number as people write it: with thousands separators, currency or percent signs; NaN where it is none.

    Examples
    --------
    >>> [parse_number(text) for text in ("$1,234.50", "3.5%", "1 000 000", "ten", "1e3", "0x10", "1_000")]
    [1234.5, 3.5, 1000000.0, nan, 1000.0, nan, nan]
    """
    plain = UNITS.sub("", text)
    if THOUSANDS.fullmatch(plain):
        plain = re.sub(r"[,\u00a0 '’]", "", plain)
    try:
        return float(plain) if "_" not in plain and plain.lower() not in ("nan", "inf", "infinity", "-inf") else np.nan
    except ValueError:
        return np.nan


def to_codes(column: pa.ChunkedArray) -> tuple[Array, list[str]]:
    """Number the different values of a column; -1 where missing (empty text too).

    Returns
    -------
    codes : int64 (rows,)
    levels : list of str
        Values as text, in order of appearance.
    """
    if pa.types.is_string(column.type):
        column = column.cast(pa.large_string())  # one chunk may pass 2 GiB
    encoded = pc.dictionary_encode(column).combine_chunks()
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    values = encoded.dictionary.to_pylist()
    levels = [level_text(value) for value in values]
    absent = np.array([*(not level.strip() for level in levels), True])
    return (np.where(absent[codes], -1, codes) if len(codes) else codes), levels


def level_text(value: Any) -> str:
    """Write one value as the name of a category; missing is ''.

    Examples
    --------
    >>> [level_text(value) for value in (True, 3.0, 2, "a", None, float("nan"))]
    ['true', '3', '2', 'a', '', '']
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def to_texts(column: pa.ChunkedArray) -> list[str]:
    """Read a column as text, '' where missing."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return [text or "" for text in column.to_pylist()]
    return [level_text(value) for value in column.to_pylist()]


def to_matrix(column: pa.ChunkedArray) -> Array:
    """Read a column of lists of one length as (rows, width), without copying where Arrow allows; NaN rows where missing.

    Examples
    --------
    >>> to_matrix(pa.chunked_array([pa.array([[1, 2], [3, 4]], pa.list_(pa.uint8(), 2))])).tolist()
    [[1, 2], [3, 4]]
    """
    if not pa.types.is_fixed_size_list(column.type):
        return _ragged_matrix(column)
    width = column.type.list_size
    parts = [_chunk_matrix(chunk, width) for chunk in column.chunks]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros((0, width), np.float32)


def _chunk_matrix(chunk: Any, width: int) -> Array:
    if chunk.null_count:
        present = pc.is_valid(chunk).to_numpy(zero_copy_only=False)
        filled = np.full((len(chunk), width), np.nan, np.float32)
        filled[present] = _flat(chunk.drop_null().flatten()).reshape(-1, width)
        return filled
    return _flat(chunk.flatten()).reshape(len(chunk), width)


def _flat(values: Any) -> Array:
    if values.null_count:
        values = values.cast(pa.float32(), safe=False)
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _ragged_matrix(column: pa.ChunkedArray) -> Array:
    """Lists of several lengths as one matrix: padded with NaN to the longest."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    width = int(lengths.max(initial=0))
    matrix = np.full((len(column), width), np.nan, np.float32)
    matrix[np.arange(width) < lengths[:, None]] = _flat(pc.list_flatten(column).cast(pa.float32(), safe=False).combine_chunks())
    return matrix


def spread(n: int, most: int, seed: int = 0) -> Array:
    """Row numbers, sorted: all `n`, or `most` drawn by seed."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def shown(names: Sequence[str], most: int = 3) -> str:
    """Write some names, quoted, with an ellipsis where there are more."""
    return ", ".join(repr(name) for name in names[:most]) + (", …" if len(names) > most else "")
