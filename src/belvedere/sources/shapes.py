"""One array to columns, by its shape and type."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.sources.columns import build_column

Array = NDArray[Any]
FEW = 32  # an array of two axes with up to so many columns is that many number columns
Columns = list[tuple[Any, Any]]  # (pyarrow.Field, pyarrow.Array)
Notes = tuple[str, ...]


def columns_of_array(name: str, array: Array, rate: float = 0.0) -> tuple[Columns, Notes]:
    """Make columns of an array whose first axis is rows.

    Examples
    --------
    >>> [str(field.type) for field, _ in columns_of_array("x", np.zeros((5, 8, 8), dtype=np.uint8))[0]]
    ['fixed_size_list<item: uint8>[64]']
    >>> [str(field.type) for field, _ in columns_of_array("x", np.zeros((5, 3, 100)))[0]]
    ['list<item: fixed_size_list<item: float>[3]>']
    """
    array = _native(array)
    if array.dtype.names:
        parts = [columns_of_array(str(field), array[field], rate) for field in array.dtype.names]
        return [pair for made, _ in parts for pair in made], tuple(note for _, notes in parts for note in notes)
    if array.dtype.kind == "c":
        return [], (f"The array {name!r} holds complex numbers and was left out.",)
    if array.dtype.kind in "USOMmV" or array.ndim == 1:
        return _plain_columns(name, array, rate)
    if array.ndim == 3 and not _looks_like_images(array):
        return _sequence_column(name, array, rate)
    by_axes = {2: _flat_columns, 3: _image_column, 4: _image_column}
    return by_axes.get(array.ndim, _vector_column)(name, array)


def _native(array: Array) -> Array:
    """Bytes in this machine's order, and no number longer than 64 bits: Arrow knows no others."""
    kind = array.dtype.newbyteorder("=")
    return array.astype(np.float64 if kind.kind == "f" and kind.itemsize > 8 else kind, copy=False)


def _plain_columns(name: str, array: Array, rate: float) -> tuple[Columns, Notes]:
    if array.ndim > 1:
        flat = array.reshape(len(array), -1)
        parts = [_plain_columns(f"{name} {position}", flat[:, position], rate) for position in range(flat.shape[1])]
        return [pair for made, _ in parts for pair in made], tuple(note for _, notes in parts for note in notes)
    if (
        array.dtype.kind == "O"
        and len(array)
        and all(isinstance(item, np.ndarray) and item.ndim == 1 for item in array)
    ):
        return _ragged_column(name, array, rate)
    objects = array.dtype.kind in "OSV"
    values: Any = [_bytes_to_text(item) for item in array.tolist()] if objects else np.ascontiguousarray(array)
    column, notes = build_column(values, name)
    return [(pa.field(name, column.type), column)], notes


def _bytes_to_text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _ragged_column(name: str, pieces: Array, rate: float) -> tuple[Columns, Notes]:
    """One sequence per row, of several lengths."""
    lengths = np.array([len(piece) for piece in pieces])
    flat = np.concatenate(list(pieces)) if lengths.sum() else np.zeros(0, np.float32)
    flat = flat if flat.dtype in (np.int16, np.float32) else flat.astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return [(_sequence_field(name, flat.dtype, 1, rate), _list_array(offsets, pa.array(flat)))], ()


def _list_array(offsets: Array, values: pa.Array) -> pa.Array:
    if offsets[-1] < 2**31:
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)
    return pa.LargeListArray.from_arrays(pa.array(offsets.astype(np.int64)), values)


def _sequence_field(name: str, dtype: Any, channels: int, rate: float) -> pa.Field:
    inner = pa.from_numpy_dtype(dtype) if channels == 1 else pa.list_(pa.float32(), channels)
    metadata = {b"belvedere.kind": b"sequence"} | ({b"belvedere.rate": f"{rate:g}".encode()} if rate else {})
    return pa.field(name, pa.list_(inner), metadata=metadata)


def _flat_columns(name: str, array: Array) -> tuple[Columns, Notes]:
    width = array.shape[1]
    if width > FEW:
        return _vector_column(name, array)
    if width == 1:
        return [(pa.field(name, pa.from_numpy_dtype(array.dtype)), pa.array(np.ascontiguousarray(array[:, 0])))], ()
    columns = [np.ascontiguousarray(array[:, position]) for position in range(width)]
    return [
        (pa.field(f"{name} {position}", pa.from_numpy_dtype(array.dtype)), pa.array(column))
        for position, column in enumerate(columns)
    ], ()


def _vector_column(name: str, array: Array) -> tuple[Columns, Notes]:
    array = array.reshape(len(array), -1)
    values = array if array.dtype in (np.uint8, np.float32) else array.astype(np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).reshape(-1)), array.shape[1])
    return [(pa.field(name, column.type), column)], ()


def _looks_like_images(array: Array) -> bool:
    """Tell images from sequences: bytes, or values as gray levels in a frame that is not very long."""
    _, height, width = array.shape
    if min(height, width) < 8 or max(height, width) > 2 * min(height, width):
        return array.dtype == np.uint8 and min(height, width) >= 8
    if array.dtype == np.uint8:
        return True
    finite = array.size > 0 and bool(np.isfinite(array).all()) and float(array.min()) >= 0
    return finite and (float(array.max()) <= 1 or bool((array == np.round(array)).all()))


def _sequence_column(name: str, array: Array, rate: float) -> tuple[Columns, Notes]:
    """Sequences of one length: the longer of the two axes is time."""
    rows, first, second = array.shape
    if second >= first:
        array, steps, channels = array.transpose(0, 2, 1), second, first
        told = f"The array {name!r} was read as {channels} channels × {steps} steps."
    else:
        steps, channels = first, second
        told = f"The array {name!r} was read as {steps} steps × {channels} channels."
    flat = pa.array(np.ascontiguousarray(array, dtype=np.float32).reshape(-1))
    values = flat if channels == 1 else pa.FixedSizeListArray.from_arrays(flat, channels)
    column = _list_array(np.arange(rows + 1) * steps, values)
    return [(_sequence_field(name, np.float32, channels, rate), column)], (told,)


def _image_column(name: str, array: Array) -> tuple[Columns, Notes]:
    array = array[..., None] if array.ndim == 3 else array
    if array.shape[-1] not in (1, 3, 4) and array.shape[1] in (1, 3, 4):
        array = array.transpose(0, 2, 3, 1)
    if array.shape[-1] not in (1, 3, 4):
        return _vector_column(name, array)
    pixels, notes = _to_bytes(name, array)
    _, height, width, channels = pixels.shape
    flat = pa.array(np.ascontiguousarray(pixels).reshape(-1))
    column = pa.FixedSizeListArray.from_arrays(flat, height * width * channels)
    metadata = {b"belvedere.kind": b"image", b"belvedere.shape": f"{height},{width},{channels}".encode()}
    return [(pa.field(name, column.type, metadata=metadata), column)], notes


def _to_bytes(name: str, array: Array) -> tuple[Array, Notes]:
    """Gray levels as bytes 0 to 255; other ranges are stretched, and the account says so."""
    if array.dtype == np.uint8 or array.size == 0:
        return array.astype(np.uint8, copy=False), ()
    if array.dtype == bool:
        return array.astype(np.uint8) * 255, ()
    clean = np.nan_to_num(array.astype(np.float32), posinf=0, neginf=0)
    low, high = float(clean.min()), float(clean.max())
    if low >= 0 and 16 < high <= 255 and bool((clean == np.round(clean)).all()):
        return clean.astype(np.uint8), ()
    low = min(low, 0.0)
    scaled = (clean - low) * (255 / max(high - low, 1e-12))
    return np.round(scaled).astype(np.uint8), (
        f"The values of {name!r} ({low:g} to {high:g}) became gray levels 0 to 255.",
    )
