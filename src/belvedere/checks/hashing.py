"""One 64-bit number per row that is equal for equal rows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.pictures import find_picture
from belvedere.values import to_codes, to_matrix

Hashes = NDArray[np.uint64]
MIX = np.uint64(0x9E3779B97F4A7C15)
CHUNK = 8192  # rows


def hash_rows(table: pa.Table, names: list[str]) -> Hashes:
    """Hash the rows of some columns; arithmetic wraps round at 2**64.

    Examples
    --------
    >>> hashes = hash_rows(pa.table({"a": [1, 2, 1], "b": ["x", "x", "x"]}), ["a", "b"])
    >>> bool(hashes[0] == hashes[2]), bool(hashes[0] == hashes[1])
    (True, False)
    """
    total = np.zeros(table.num_rows, np.uint64)
    for name in names:
        total = _mix(total * np.uint64(31) + hash_column(table.schema.field(name), table.column(name)))
    return total


def _mix(x: Hashes) -> Hashes:
    x = (x ^ (x >> np.uint64(30))) * MIX
    return np.asarray(x ^ (x >> np.uint64(27)))


def hash_column(field: pa.Field, column: pa.ChunkedArray) -> Hashes:
    """Hash the values of one column; images that are files by their bytes."""
    kind = column.type
    if (field.metadata or {}).get(b"belvedere.kind") == b"image" and not pa.types.is_nested(kind):
        return np.array([_hash_bytes(_read(field, value)) for value in column.to_pylist()], np.uint64)
    if pa.types.is_fixed_size_list(kind):
        return _hash_matrix(to_matrix(column))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _hash_lists(column)
    if pa.types.is_integer(kind) and not column.null_count:
        return _mix(np.asarray(column.to_numpy()).astype(np.int64).view(np.uint64) + MIX)
    if pa.types.is_floating(kind):
        return _mix((np.asarray(column.to_numpy()).astype(np.float64) + 0.0).view(np.uint64) + MIX)
    codes, _ = to_codes(column)
    return _mix(codes.view(np.uint64) + MIX)


def _hash_lists(column: pa.ChunkedArray) -> Hashes:
    """Hash lists of numbers by their bytes, missing ones by their absence."""
    hashes = []
    for chunk in column.chunks:
        lengths = pc.fill_null(pc.list_value_length(chunk), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        values = chunk.flatten()
        width = values.type.list_size if pa.types.is_fixed_size_list(values.type) else 1
        flat = (values.flatten() if width > 1 else values).to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths) * width
        hashes += [_hash_bytes(flat[end - n * width : end].tobytes()) for end, n in zip(ends, lengths, strict=True)]
    return np.array(hashes, np.uint64)


def _read(field: pa.Field, value: object) -> bytes:
    where = find_picture(field, value)
    if isinstance(where, bytes):
        return where
    try:
        return where.read_bytes()
    except OSError:
        return str(value).encode()


def _hash_bytes(data: bytes) -> int:
    return hash(data) & 0xFFFFFFFFFFFFFFFF


def _hash_matrix(matrix: NDArray[np.generic]) -> Hashes:
    """Multiply the bytes, eight at a time, by fixed odd numbers and add up."""
    rows, width = matrix.shape[0], matrix.shape[1] * matrix.dtype.itemsize
    words = -(-width // 8)
    factors = np.random.default_rng(0).integers(0, 2**63, max(1, words), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    out = np.zeros(rows, np.uint64)
    for start in range(0, rows, CHUNK):
        block = np.ascontiguousarray(matrix[start : start + CHUNK]).view(np.uint8).reshape(-1, width)
        padded = np.zeros((len(block), words * 8), np.uint8)
        padded[:, :width] = block
        out[start : start + CHUNK] = _mix(_mix(padded.view(np.uint64) + MIX) * factors).sum(axis=1, dtype=np.uint64)
    return _mix(out)
