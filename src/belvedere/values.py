"""Arrow columns as NumPy arrays and Python text: shared by the stages that look into a table.

Values only: no torch, no statistics, and of files only arrays too large for memory.
"""

import lzma
import os
import re
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.errors import SourceError

Array = NDArray[Any]
MISSING_WORDS = frozenset(
    ["", "na", "n/a", "nan", "null", "none", "#n/a", "<na>", "?", "-", "--", ".", "missing", "unknown", "nil"]
)
# How people write dates; where several fit, the first that reads nearly all values of a column wins.
DATE_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M",
    "%Y/%m/%d", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%d-%m-%Y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y",
    "%Y年%m月%d日",
)  # fmt: skip
# What NumPy raises for a damaged .npy or .npz file: it reads headers with Python's own parser, and bundles as zip archives.
NUMPY_DAMAGES = (
    ValueError, OSError, EOFError, TypeError, LookupError, AttributeError, RuntimeError, OverflowError, MemoryError,
    SyntaxError, tokenize.TokenError, struct.error, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip
UNITS = re.compile(r"^[\s$€£¥₹]+|[\s%€$£¥]+$")
THOUSANDS = re.compile(r"[-+]?\d{1,3}([,\u00a0 '’]\d{3})+(\.\d+)?")


def map_array(folder: Path, shape: tuple[int, ...], kind: np.dtype[Any]) -> Array:
    """An empty array mapped from a file in a folder; the file has no name, so that nothing is left behind, whatever ends us.

    Raises
    ------
    SourceError
        If the disk has no room for the whole array; without asking first, a write into it would end the process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="array-", suffix=".npy", dir=folder)
    try:
        array = np.lib.format.open_memmap(name, mode="w+", dtype=kind, shape=shape)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, os.fstat(handle).st_size)
    except OSError as error:
        Path(name).unlink()
        needed = int(np.prod(shape)) * kind.itemsize / 1e9
        raise SourceError(
            f"The disk must have room for {needed:.1f} GB under {folder} meanwhile, but has not ({error.strerror or error}). "
            "Free some, name another folder (TMPDIR), or map a sample (--sample)."
        ) from error
    finally:
        os.close(handle)
    if os.name == "posix":
        Path(name).unlink()  # the mapping keeps the bytes until the array is gone
    return np.asarray(array)


def array_in(folder: str | None, shape: tuple[int, ...], kind: Any) -> Array:
    """An empty array: in memory, or mapped from a file in a folder; raises as `map_array` does where the disk is full."""
    return np.empty(shape, kind) if folder is None else map_array(Path(folder), shape, np.dtype(kind))


def repeating(schema: pa.Schema) -> list[str]:
    """Names of the columns for which a Parquet dictionary pays: all but fractions, where it costs five times the time.

    Examples
    --------
    >>> repeating(pa.schema([("x", pa.float32()), ("word", pa.string()), ("n", pa.int64())]))
    ['word', 'n']
    """
    return [field.name for field in schema if not pa.types.is_floating(field.type)]


def to_floats(column: pa.ChunkedArray) -> Array:
    """Read a column as float64, NaN where missing or no number; text by `parse_number`.

    Examples
    --------
    >>> to_floats(pa.chunked_array([["1,200", "7 %", "n/a", None]])).tolist()
    [1200.0, 7.0, nan, nan]
    """
    kind = column.type
    if kind == pa.float64():
        return np.asarray(column.to_numpy())
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moments = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())  # finer than a millisecond is cut off
        column = pc.divide(moments.cast(pa.float64(), safe=False), 1000.0)
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
    if pa.types.is_null(column.type):
        return np.full(len(column), -1, dtype=np.int64), []
    if pa.types.is_string(column.type):
        column = column.cast(pa.large_string())  # one chunk may pass 2 GiB
    if pa.types.is_nested(column.type):  # Arrow numbers single values only
        column = pa.chunked_array([pa.array(to_texts(column), pa.large_string())])
    encoded = pc.dictionary_encode(column).combine_chunks()
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    temporal = pa.types.is_temporal(column.type)  # as text: Python's own dates end at the year 9999
    values = (encoded.dictionary.cast(pa.string()) if temporal else encoded.dictionary).to_pylist()
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
    matrix[np.arange(width) < lengths[:, None]] = _flat(
        pc.list_flatten(column).cast(pa.float32(), safe=False).combine_chunks()
    )
    return matrix


def spread(n: int, most: int, seed: int = 0) -> Array:
    """Row numbers, sorted: all `n`, or `most` drawn by seed."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def shown(names: Sequence[str], most: int = 3) -> str:
    """Write some names, quoted, with an ellipsis where there are more."""
    return ", ".join(repr(name) for name in names[:most]) + (", …" if len(names) > most else "")


def counted(n: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2500, "row"), counted(2, "class", "classes")
    ('1 row', '2,500 rows', '2 classes')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {plural or noun + 's'}"


SQUARE = 32  # places in a square, on average


def square_by_square(places: NDArray[np.float32]) -> NDArray[np.int32]:
    """All rows of a map, int32 (rows,), those that lie together one after another: a tree then finds its memory at hand.

    Examples
    --------
    >>> square_by_square(np.float32([[0, 0], [9, 9], [0, 1], [9, 8]] * 32)).reshape(2, 64)[:, :3].tolist()
    [[0, 2, 4], [1, 3, 5]]
    """
    low, wide = places.min(axis=0), float(np.ptp(places, axis=0).max()) or 1.0
    squares = max(1, int((len(places) / SQUARE) ** 0.5))
    at = np.minimum((places - low) * np.float32(squares / wide), squares - 1).astype(np.int32)
    return np.asarray(np.argsort(at[:, 0] * np.int32(squares) + at[:, 1], kind="stable"), np.int32)
