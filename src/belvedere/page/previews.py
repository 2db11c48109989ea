"""Rows as a person reads them on a card: plain JSON values, long ones cut."""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.types import Column, MapContent

MAX_TEXT = 4_000  # characters of a text
MAX_STEPS = 512  # steps of a sequence; longer ones are thinned evenly
MAX_PARTS = 64  # numbers of a vector, tags of a list


def preview_rows(content: MapContent, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Make one dict of column names and JSON values for each row; images are fetched by their own route, here null."""
    parts = {column.name: preview_column(content, column, rows) for column in content.schema}
    return [{name: values[i] for name, values in parts.items()} for i in range(len(rows))]


def preview_column(
    content: MapContent, column: Column, rows: Sequence[int], *, max_parts: int | None = None
) -> list[Any]:
    """Turn some rows of one column into JSON; single-precision numbers with the seven digits they have.

    Parameters
    ----------
    content, column, rows :
        Which values.
    max_parts : int, optional
        At most so many numbers of each sequence or vector, with four digits; 0 for none.
    """
    if column.kind == "image" or max_parts == 0:
        return [None] * len(rows)
    values = content.rows[column.name].take(np.asarray(rows, dtype=np.int64))
    plain = [preview(value, column, max_parts=max_parts) for value in values.to_pylist()]
    digits = 4 if max_parts else 7 if _is_single(values.type) else 0
    return [_shorten(value, digits) for value in plain] if digits else plain


def _is_single(kind: pa.DataType) -> bool:
    """Whether values, or the values inside lists, are numbers of single or half precision."""
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
    return bool(pa.types.is_float32(kind) or pa.types.is_float16(kind))


def _shorten(value: Any, digits: int) -> Any:
    if isinstance(value, list):
        return [_shorten(part, digits) for part in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def preview(value: Any, column: Column, *, max_parts: int | None = None) -> Any:
    """Turn one value into JSON.

    Examples
    --------
    >>> preview(float("nan"), Column("a", "number")), preview(dt.date(2026, 11, 24), Column("b", "time"))
    (None, '2026-11-24')
    """
    if isinstance(value, list | tuple):
        limit = max_parts or (MAX_STEPS if column.kind == "sequence" else MAX_PARTS)
        return [_plain(part) for part in _thin(value, limit, evenly=column.kind == "sequence")]
    return _plain(value)


def _thin(values: Any, limit: int, *, evenly: bool) -> Any:
    if len(values) <= limit:
        return values
    return [values[i] for i in np.linspace(0, len(values) - 1, limit).astype(int)] if evenly else values[:limit]


def _plain(value: Any) -> Any:  # noqa: PLR0911 - a table of cases
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        safe = value.encode("utf-8", "replace").decode("utf-8")
        return safe if len(safe) <= MAX_TEXT else safe[:MAX_TEXT] + "…"
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value[:MAX_PARTS]]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return str(value)[:MAX_TEXT]
