"""Times of every sort as milliseconds since 1970, UTC."""

import contextlib
import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.values import DATE_FORMATS, to_codes, to_floats

UNITS_PER_MS = {"s": 1e-3, "ms": 1.0, "us": 1e3, "ns": 1e6}
YEAR_MS = 365.2425 * 86_400_000
FORMATS = (*DATE_FORMATS, "%Y-%m", "%Y")
TRIED = 500  # texts on which a format is tried


def read_times(values: pa.ChunkedArray, why: str = "") -> NDArray[np.float64]:
    """Read a column of times.

    Parameters
    ----------
    values : pyarrow.ChunkedArray
        Timestamps, dates, times of day (from midnight), durations; text; or numbers: years below 3,000, else
        seconds, milliseconds or finer since 1970 by their size.
    why : str
        The schema's reason, which names the format of text: 'dates stored as text (%d/%m/%Y)'.

    Returns
    -------
    float64 (n,)
        Milliseconds since 1970, UTC; NaN where missing or not read.

    Examples
    --------
    >>> read_times(pa.chunked_array([["02/01/1970", "no date", "31/12/1970"]])).tolist()
    [86400000.0, nan, 31449600000.0]
    """
    kind = values.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _read_texts(values, why)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _read_epochs(to_floats(values))
    if pa.types.is_date(kind):
        values = pc.cast(values, pa.timestamp("ms"), safe=False)
    elif not (pa.types.is_temporal(kind) or pa.types.is_duration(kind)):
        return np.full(len(values), np.nan)
    # Whole numbers of the unit: a cast to milliseconds refuses what is not a whole one.
    whole = pc.cast(values, pa.int32() if pa.types.is_time32(kind) else pa.int64())
    return np.asarray(to_floats(whole) / UNITS_PER_MS[values.type.unit])


def _read_epochs(x: NDArray[Any]) -> NDArray[np.float64]:
    largest = float(np.nanmax(np.abs(x), initial=0.0))
    if largest < 3000:
        return np.asarray((x - 1970) * YEAR_MS)
    limits = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (np.inf, "ns"))
    return np.asarray(x / UNITS_PER_MS[next(unit for limit, unit in limits if largest <= limit)])


def _read_texts(values: pa.ChunkedArray, why: str) -> NDArray[np.float64]:
    """Read each distinct text once, all by one format."""
    codes, words = to_codes(values)
    read = _choose_reader(words[:TRIED], why)
    return np.asarray(np.array([*(read(word) for word in words), np.nan], dtype=np.float64)[codes])


def _choose_reader(words: list[str], why: str) -> Callable[[str], float]:
    told = re.search(r"\((%[^)]*)\)", why)
    readers = [_reader(told[1])] if told else [_reader(""), *map(_reader, FORMATS)]
    fits = [sum(np.isfinite(read(word)) for word in words) for read in readers]
    enough = next((i for i, n in enumerate(fits) if n >= 0.95 * len(words)), int(np.argmax(fits)))
    return readers[enough]


def _reader(form: str) -> Callable[[str], float]:
    """A function that reads one format; the empty one reads ISO 8601."""

    def read(text: str) -> float:
        with contextlib.suppress(ValueError):
            moment = dt.datetime.strptime(text.strip(), form) if form else dt.datetime.fromisoformat(text.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() * 1000
        return float("nan")

    return read
