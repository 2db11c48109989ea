"""Rows as a person reads them on a card: plain JSON values, long ones cut."""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from belvedere.types import Column, MapContent

MAX_TEXT = 4_000  # characters of a text
MAX_STEPS = 512  # steps of a sequence; longer ones are thinned evenly
MAX_PARTS = 64  # numbers of a vector, tags of a list


def preview_rows(content: MapContent, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Make one dict of column names and JSON values for each row; images are fetched by their own route, here null."""
    columns = [column for column in content.schema if column.kind != "image"]
    taken = content.rows.select([column.name for column in columns]).take(np.asarray(rows, dtype=np.int64))
    parts = {column.name: _previews(taken[column.name], column) for column in columns}
    pictures = {column.name: None for column in content.schema if column.kind == "image"}
    return [{name: values[i] for name, values in parts.items()} | pictures for i in range(len(rows))]


def _previews(values: Any, column: Column) -> list[Any]:
    """Turn values into JSON; single-precision numbers with the seven digits they have."""
    is_single = "float" in str(values.type).split("<")[-1].replace("halffloat", "float")
    plain = [preview(value, column) for value in values.to_pylist()]
    return [_shorten(value) for value in plain] if is_single else plain


def _shorten(value: Any) -> Any:
    if isinstance(value, list):
        return [_shorten(part) for part in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def preview(value: Any, column: Column) -> Any:
    """Turn one value into JSON.

    Examples
    --------
    >>> preview(float("nan"), Column("a", "number")), preview(dt.date(2026, 11, 24), Column("b", "time"))
    (None, '2026-11-24')
    """
    if isinstance(value, list | tuple):
        limit = MAX_STEPS if column.kind == "sequence" else MAX_PARTS
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
