"""COARSENING: how the values of each kind become what a whole cell has in common; a kind without a line is left out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.sharing.cells import Cells, commonest, medians
from belvedere.values import DATE_FORMATS, Array, to_codes, to_floats

N_BINS = 20
EDGE = 0.02  # numbers beyond these quantiles are told as the quantile's bin
OTHER, SEVERAL = "other", "several"
DAY_S = 86_400
# The finest unit told, by how long a time the column spans (days).
UNITS = ((15 * 365.0, "year"), (2 * 365.0, "quarter"), (120.0, "month"), (14.0, "week"), (2.0, "day"), (0.0, "hour"))

Coarse = tuple[pa.Array, str]  # one value per cell, and in words what was done; '' where nothing may be told


def coarsen_number(column: pa.ChunkedArray, cells: Cells, k: int) -> Coarse:
    """The bin of each cell's median; bins have round edges, the outermost take all that is beyond.

    Examples
    --------
    >>> cells = Cells(np.repeat(np.arange(10), 10), np.full(10, 10))
    >>> told, how = coarsen_number(pa.chunked_array([np.arange(100.0)]), cells, 10)
    >>> told.to_pylist()[:3], how
    ([2.5, 12.5, 22.5], 'median of each group, in bins of 5')
    """
    values = to_floats(column)
    values = np.where(np.isfinite(values), values, np.nan)
    known = values[~np.isnan(values)]
    if len(known) < k:
        return pa.nulls(0), ""
    low, high = np.quantile(known, EDGE, method="lower"), np.quantile(known, 1 - EDGE, method="higher")
    middle = np.clip(medians(values, cells), low, high)
    if low == high:
        return pa.array(middle, from_pandas=True), "one value for all groups"
    step = nice_step((high - low) / N_BINS)
    whole = step <= 1 and bool((known == np.round(known)).all())
    binned = np.round(middle) if whole else (np.floor(middle / step) + 0.5) * step
    how = "rounded to whole numbers" if whole else f"in bins of {step:g}"
    return pa.array(np.round(binned, 12), from_pandas=True), f"median of each group, {how}"


def nice_step(width: float) -> float:
    """The next 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> [nice_step(width) for width in (0.03, 7.0, 12.0, 1.0)]
    [0.05, 10.0, 20.0, 1.0]
    """
    power = 10.0 ** math.floor(math.log10(width))
    return next(float(f"{power * m:.12g}") for m in (1, 2, 5, 10) if power * m >= width * (1 - 1e-9))


def coarsen_category(column: pa.ChunkedArray, cells: Cells, k: int) -> Coarse:
    """The value of at least half of a cell's rows, else 'several'; values of fewer than k rows are 'other'."""
    codes, levels = to_codes(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    frequent = np.flatnonzero(counts >= k)
    if not len(frequent):
        return pa.nulls(0), ""
    names: list[Any] = [None, OTHER, *(levels[code] for code in frequent)]
    number = np.ones(len(levels) + 1, dtype=np.int64)  # 1: other
    number[frequent], number[-1] = np.arange(2, 2 + len(frequent)), 0  # the last stands for missing, code -1
    code, share = commonest(number[codes], cells)
    told = [names[c] if s >= 0.5 else SEVERAL for c, s in zip(code.tolist(), share.tolist(), strict=True)]
    rare = len(levels) - len(frequent)
    merged = f"; {rare:,} rare values are '{OTHER}'" if rare else ""
    return pa.array(told, pa.string()), f"what at least half of a group has, else '{SEVERAL}'{merged}"


def coarsen_boolean(column: pa.ChunkedArray, cells: Cells, k: int) -> Coarse:
    """The value that at least half of a cell's rows have; missing where none has."""
    values = to_floats(column) if pa.types.is_boolean(column.type) else None
    if values is None:
        return coarsen_category(column, cells, k)
    code, share = commonest(np.where(np.isnan(values), -1, values).astype(np.int64), cells)
    told = [None if c < 0 or s < 0.5 else bool(c) for c, s in zip(code.tolist(), share.tolist(), strict=True)]
    return pa.array(told, pa.bool_()), "what at least half of a group has"


def coarsen_time(column: pa.ChunkedArray, cells: Cells, k: int) -> Coarse:
    """The year, quarter, month, week, day or hour of each cell's median, by how long a time the column spans."""
    values = _seconds(column)
    known = values[~np.isnan(values)]
    if len(known) < k:
        return pa.nulls(0), ""
    low, high = np.quantile(known, EDGE, method="lower"), np.quantile(known, 1 - EDGE, method="higher")
    unit = next(name for days, name in UNITS if (high - low) / DAY_S >= days)
    middle = np.clip(medians(values, cells), low, high)
    moments = pa.array(np.nan_to_num(middle).astype(np.int64), pa.timestamp("s"), mask=np.isnan(middle))
    return pc.floor_temporal(moments, unit=unit), f"{unit} of each group's median"


def _seconds(column: pa.ChunkedArray) -> Array:
    """Moments as seconds since 1970, NaN where there is none: dates, times, or text that is read as dates."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        for form in DATE_FORMATS:
            read = pc.strptime(column, format=form, unit="s", error_is_null=True)
            if len(column) - read.null_count >= 0.5 * len(column):
                return to_floats(read)
    if pa.types.is_temporal(column.type) or pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = to_floats(column)
        return np.where(np.abs(values) < 2e11, values, np.nan)  # Arrow's calendar ends near the year 9999
    return np.full(len(column), np.nan)


COARSENING: dict[str, Callable[[pa.ChunkedArray, Cells, int], Coarse]] = {
    "number": coarsen_number,
    "category": coarsen_category,
    "boolean": coarsen_boolean,
    "time": coarsen_time,
}
