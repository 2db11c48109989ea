"""Two selections of rows become numbers and questions that can be compared: whole columns, words, patches, windows."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere import kinds
from belvedere.errors import SettingError
from belvedere.explain.compare import Comparison, compare_groups
from belvedere.explain.features import naming_features
from belvedere.explain.rules import Numbers, Question
from belvedere.explaining.rows import vector_names
from belvedere.types import Column, Input, MapContent, Schema
from belvedere.values import to_floats

MAX_ROWS = 10_000  # per group: more would change no rank, and take longer
PATCHES, WINDOWS, MOST_NUMBERS = 8, 16, 2000

Rows = Sequence[int] | NDArray[Any]


def compare(
    content: MapContent, rows_a: Rows, rows_b: Rows | None = None, *, ignore: Sequence[str] = (), seed: int = 0
) -> Comparison:
    """Say what sets rows A apart from rows B.

    Parameters
    ----------
    content : MapContent
    rows_a, rows_b : row numbers, or bool (rows,)
        B may be left out: all other rows. Rows in both groups are left out of both.
    ignore : sequence of str
        Columns not to look at, such as those that the groups were made by.
    seed : int
        For sampling groups above 10,000 rows and for cutting them in halves.

    Raises
    ------
    SettingError
        If a number is not that of a row.
    """
    a = row_numbers(content, rows_a)
    b = np.setdiff1d(np.arange(content.n_rows), a) if rows_b is None else row_numbers(content, rows_b)
    both = np.intersect1d(a, b)
    notes: tuple[str, ...] = (f"{len(both):,} rows are in both groups and were left out.",) if len(both) else ()
    a, b = np.setdiff1d(a, both), np.setdiff1d(b, both)
    rng = np.random.default_rng(seed)
    few = [np.sort(rng.choice(g, MAX_ROWS, replace=False)) if len(g) > MAX_ROWS else g for g in (a, b)]
    if any(len(g) > MAX_ROWS for g in (a, b)):
        notes += (f"Compared by {len(few[0]):,} and {len(few[1]):,} rows drawn at random.",)
    table = content.rows.take(pa.array(np.concatenate(few)))
    inside = np.arange(len(table)) < len(few[0])
    numbers, questions = columns_of(table, Schema(tuple(c for c in content.schema if c.name not in ignore)))
    return compare_groups(numbers, questions, inside, seed=seed, notes=notes)


def row_numbers(content: MapContent, rows: Rows) -> NDArray[np.int64]:
    """Rising row numbers, each once, of numbers or flags."""
    given = np.asarray(rows)
    if given.dtype == bool:
        if len(given) != content.n_rows:
            raise SettingError(f"Flags must be one per row ({content.n_rows:,}), but are {len(given):,}.")
        given = np.flatnonzero(given)
    numbers = np.unique(given.astype(np.int64))
    if len(numbers) and (numbers[0] < 0 or numbers[-1] >= content.n_rows):
        wrong = numbers[0] if numbers[0] < 0 else numbers[-1]
        raise SettingError(f"A row must have a number from 0 to {content.n_rows - 1:,}, but {wrong:,} was given.")
    return numbers


def columns_of(table: pa.Table, schema: Schema) -> tuple[list[Numbers], list[Question]]:
    """Numbers and questions of all columns but ids and splits; constant ones are left out."""
    columns = [c for c in schema if c.role not in ("id", "split") and c.name in table.column_names]
    numbers = [found for column in columns for found in _numbers(table, column)]
    asked = Schema(tuple(Column(c.name, c.kind) for c in columns if c.kind in ("category", "boolean", "text")))
    features = naming_features(table.select(list(asked.names)), asked, max_rows=len(table))
    questions = [
        Question(f.column, schema[f.column].kind, f.level, features.values[:, at] > 0.5)
        for at, f in enumerate(features.features)
        if f.level
    ]
    return [n for n in numbers if _varies(n.values)], questions


def _varies(values: NDArray[np.float64]) -> bool:
    known = values[np.isfinite(values)]
    return len(known) > 1 and float(np.ptp(known)) > 0


def _numbers(table: pa.Table, column: Column) -> list[Numbers]:
    """One number per row of a number or time column; many of an image, a sequence or a vector."""
    if column.kind in ("number", "time"):
        return [Numbers(column.name, column.kind, to_floats(table.column(column.name)))]
    if column.kind not in ("image", "sequence", "vector"):
        return []
    (item,) = kinds.fit_inputs(table, Schema((Column(column.name, column.kind),)))
    arrays = kinds.make_arrays(table, (item,))
    make = {"image": _patches, "sequence": _windows, "vector": _parts}[column.kind]
    return [Numbers(column.name, column.kind, values, part) for part, values in make(table, item, arrays)]


Parts = list[tuple[str, NDArray[np.float64]]]


def _patches(table: pa.Table, item: Input, arrays: dict[str, NDArray[Any]]) -> Parts:
    """Brightness of an image's patches, at most 8 by 8."""
    gray = arrays["0.pixels"].mean(axis=3, dtype=np.float32)
    found: Parts = []
    for rows in _stretches(gray.shape[1], PATCHES):
        for cols in _stretches(gray.shape[2], PATCHES):
            part = f"rows {rows[0]}–{rows[1] - 1}, columns {cols[0]}–{cols[1] - 1}"
            found.append((part, gray[:, rows[0] : rows[1], cols[0] : cols[1]].mean(axis=(1, 2), dtype=np.float64)))
    return found


def _windows(table: pa.Table, item: Input, arrays: dict[str, NDArray[Any]]) -> Parts:
    """Mean of each channel in at most 16 windows of time, and the length; missing beyond a row's end."""
    steps, length = arrays["0.steps"], arrays["0.length"]
    real = np.arange(steps.shape[1])[None, :] < length[:, None]  # (rows, steps)
    found: Parts = [("length", length.astype(np.float64))]
    for first, end in _stretches(steps.shape[1], WINDOWS):
        n_real = real[:, first:end].sum(axis=1)
        sums = (steps[:, first:end] * real[:, first:end, None]).sum(axis=1, dtype=np.float64)  # (rows, channels)
        means = np.where(n_real[:, None] > 0, sums / np.maximum(n_real, 1)[:, None], np.nan)
        for channel in range(min(steps.shape[2], 64)):
            named = f", channel {channel}" if steps.shape[2] > 1 else ""
            found.append((f"steps {first}–{end - 1}{named}", means[:, channel]))
    return found


def _parts(table: pa.Table, item: Input, arrays: dict[str, NDArray[Any]]) -> Parts:
    """A vector's numbers; of very many, the 2,000 that vary most."""
    values = arrays["0.value"]
    names = vector_names(table, item)
    keep = np.sort(np.argsort(-values.var(axis=0), kind="stable")[:MOST_NUMBERS])
    return [(names[i], values[:, i].astype(np.float64)) for i in keep]


def _stretches(length: int, most: int) -> list[tuple[int, int]]:
    """Cut a length into at most so many stretches of nearly one size.

    Examples
    --------
    >>> _stretches(5, 2), _stretches(2, 8)
    ([(0, 3), (3, 5)], [(0, 1), (1, 2)])
    """
    ends = np.linspace(0, length, min(length, most) + 1)
    edges = np.ceil(ends - 1e-9).astype(int)
    return [(int(a), int(b)) for a, b in pairwise(edges)]
