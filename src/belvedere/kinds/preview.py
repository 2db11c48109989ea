"""What a card shows of a row, and the small pictures on the map."""

import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.kinds.facts import Facts, facts_of
from belvedere.kinds.image import read_pixels
from belvedere.kinds.table import KINDS
from belvedere.pictures import shape_of_field
from belvedere.types import Schema

LARGEST = 64  # pixels of a thumbnail's longer side
CHUNK = 4096  # images at a time


def preview(table: pa.Table, schema: Schema, row_numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Show rows as JSON-able values, all columns.

    Returns
    -------
    list of dict
        Numbers, ISO dates, texts of at most 2,000 letters, `{"image": True}`,
        `{"sequence": [...], "length": n, "rate": Hz or None}`, a sentence for a vector; None where missing.

    Examples
    --------
    >>> from belvedere.types import Column
    >>> preview(pa.table({"x": [1.5, 2.5]}), Schema((Column("x", "number"),)), [1])
    [{'x': 2.5}]
    """
    rows = table.take(pa.array(np.asarray(row_numbers, dtype=np.int64)))
    shown = {
        c.name: KINDS[c.kind].preview(facts_of(rows, c.name))
        for c in schema
        if c.name in table.column_names and c.kind in KINDS
    }
    return [{name: values[position] for name, values in shown.items()} for position in range(rows.num_rows)]


def thumbnails(table: pa.Table, schema: Schema) -> Any:
    """Make one small PNG per row of the first image column.

    Returns
    -------
    pyarrow.BinaryArray or None
        At most 64 pixels on the longer side; None where there is no image column.
    """
    column = next((column for column in schema if column.kind == "image"), None)
    if column is None:
        return None
    facts = facts_of(table, column.name)
    shape = _thumbnail_shape(facts)
    starts = range(0, facts.n_rows, CHUNK)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda start: _encode_rows(facts.slice(start, start + CHUNK), shape), starts))
    return pa.array([png for part in parts for png in part], pa.binary())


def _thumbnail_shape(facts: Facts) -> tuple[int, int, int]:
    own = shape_of_field(facts.field)
    if own is None:
        return LARGEST, LARGEST, 3
    factor = min(1.0, LARGEST / max(own[:2]))
    return max(1, round(own[0] * factor)), max(1, round(own[1] * factor)), own[2]


def _encode_rows(facts: Facts, shape: tuple[int, int, int]) -> list[bytes]:
    return [encode_png(pixels) for pixels in read_pixels(facts, shape)]


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    r"""Encode one small image as PNG (unfiltered, fast compression).

    Parameters
    ----------
    pixels : uint8 (height, width, 1, 3 or 4)

    References
    ----------
    Portable Network Graphics specification, W3C, sections 5, 11.

    Examples
    --------
    >>> encode_png(np.zeros((2, 3, 1), np.uint8))[1:4] == b"PNG"
    True
    """
    height, width, channels = pixels.shape
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each line begins with its filter, 0
    lines[:, 1:] = pixels.reshape(height, -1)
    color = {1: 0, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    data = zlib.compress(lines.tobytes(), 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
