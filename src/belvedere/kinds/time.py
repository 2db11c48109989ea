"""Times and dates: a place in the range, and hour, weekday and month on circles where they vary."""

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.kinds.facts import Facts, facts_of
from belvedere.kinds.kind import Fit, Kind
from belvedere.types import Input, Schema, Source
from belvedere.values import DATE_FORMATS, Array, to_floats

DAY = 86_400.0  # seconds
YEAR = 365.2425 * DAY
LOOKS_DATED = re.compile(r"\d.*[-/.:年 ].*\d")


def recognize(facts: Facts) -> str:
    """Tell dates and times, also where they are stored as text."""
    if pa.types.is_timestamp(facts.type) or pa.types.is_date(facts.type):
        return "dates" if pa.types.is_date(facts.type) else "dates and times"
    if not facts.is_text or facts.n_present == 0:
        return ""
    levels = [str(level).strip() for level in facts.some(2000).levels]
    if not levels or sum(bool(LOOKS_DATED.search(level)) and len(level) < 40 for level in levels) < 0.95 * len(levels):
        return ""
    found = find_format(levels)
    return f"dates stored as text ({found})" if found else ""


def find_format(texts: list[str]) -> str:
    """Find the format that reads nearly all texts; 'ISO 8601' for what Arrow reads by itself; '' for none.

    Examples
    --------
    >>> find_format(["31.12.1999", "01.02.2003"]), find_format(["2020-01-01T10:00:00Z"]), find_format(["12-345", "9-1"])
    ('%d.%m.%Y', 'ISO 8601', '')
    """
    column = pa.chunked_array([pa.array(texts, pa.large_string())])
    for wanted in ("ISO 8601", *DATE_FORMATS):
        read = _parse(column, wanted)
        if np.isfinite(read).sum() >= 0.95 * len(texts):
            return wanted
    return ""


def _parse(column: pa.ChunkedArray, wanted: str) -> Array:
    """Read text as seconds since 1970 (UTC), NaN where it does not fit."""
    if wanted == "ISO 8601":
        return np.array([_iso_seconds(text) for text in column.to_pylist()])
    trimmed = pc.utf8_trim_whitespace(column)
    times = pc.strptime(trimmed, format=wanted, unit="s", error_is_null=True)
    years = pc.year(times)
    sane = pc.and_(pc.greater(years, 1000), pc.less(years, 3000))
    return _seconds(pc.if_else(pc.fill_null(sane, False), times, pa.scalar(None, times.type)))


def _iso_seconds(text: str | None) -> float:
    from datetime import UTC, datetime

    if not text or len(text) < 8 or text.isdigit():
        return np.nan
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return np.nan
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def _seconds(column: Any) -> Array:
    whole = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
    return np.asarray(pc.divide(whole.cast(pa.float64(), safe=False), 1000.0).to_numpy(zero_copy_only=False))


def to_seconds(facts: Facts, wanted: str = "") -> Array:
    """Read a column as seconds since 1970 (UTC), NaN where missing."""
    if facts.is_text:
        unique = facts.column.dictionary_encode().combine_chunks()
        unique = unique.chunk(0) if isinstance(unique, pa.ChunkedArray) else unique
        levels = unique.dictionary.cast(pa.large_string())
        wanted = wanted or find_format([str(level) for level in levels.drop_null().to_pylist()[:2000]])
        seconds = _parse(pa.chunked_array([levels]), wanted) if wanted else np.full(len(levels), np.nan)
        codes = np.asarray(pc.fill_null(unique.indices, -1).to_numpy(zero_copy_only=False))
        return np.asarray(np.append(seconds, np.nan)[codes])
    if pa.types.is_timestamp(facts.type) or pa.types.is_date(facts.type):
        return _seconds(facts.column)
    if pa.types.is_integer(facts.type) or pa.types.is_floating(facts.type):
        return _epoch(facts)
    return np.full(facts.n_rows, np.nan)


def _epoch(facts: Facts) -> Array:
    """Numbers as seconds, milliseconds or finer since 1970, by their size; as years below 3,000."""
    x = np.asarray(facts.column.cast(pa.float64(), safe=False).to_numpy())
    largest = np.nanmax(np.abs(x), initial=0.0)
    if largest < 3000:
        return (x - 1970) * YEAR
    return x / next(unit for size, unit in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (np.inf, 1e9)) if largest <= size)


def fit(facts: Facts, seed: int) -> Fit:
    """Range, and which circles vary."""
    wanted = ""
    if facts.is_text:
        wanted = find_format([str(level) for level in facts.some(20_000).levels][:2000])
    seconds = to_seconds(facts, wanted)
    present = seconds[np.isfinite(seconds)]
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
    parts = ["position"]
    for part, (period, least) in CIRCLES.items():
        if high - low >= least and len(present) and np.unique(_phase(present, part, period).round(3)).size > 1:
            parts += [f"{part} sine", f"{part} cosine"]
    return {"d": len(parts), "min": low, "max": high, "parts": parts, "format": wanted}, {}


CIRCLES = {"hour": (DAY, 6 * 3600.0), "weekday": (7 * DAY, 3 * DAY), "month": (YEAR, 60 * DAY)}  # period, least range


def _phase(seconds: Array, part: str, period: float) -> Array:
    """Place on the circle, 0 to 1; weekdays count whole days from Monday."""
    if part == "weekday":
        return np.floor(seconds / DAY + 3) % 7 / 7  # 1970-01-01 was a Thursday
    return seconds % period / period


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`value` float32 (rows, d), zeros where missing."""
    info = known.info
    seconds = to_seconds(facts, info.get("format", ""))
    missing = ~np.isfinite(seconds)
    seconds = np.where(missing, info["min"], seconds)
    place = 2 * (seconds - info["min"]) / max(info["max"] - info["min"], 1e-9) - 1
    columns = [np.clip(place, -3, 3)]
    for part, (period, _) in CIRCLES.items():
        if f"{part} sine" in info["parts"]:
            angle = 2 * np.pi * _phase(seconds, part, period)
            columns += [np.sin(angle), np.cos(angle)]
    value = np.column_stack(columns).astype(np.float32)
    value[missing] = 0
    return {"value": value}


def plain(facts: Facts, known: Input) -> Array:
    """Position with variance about 1, circles with 1/2 per axis."""
    value = make(facts, known)["value"]
    value[:, 0] *= np.float32(np.sqrt(3))  # a uniform position in -1…1 has variance 1/3
    return value


def preview(facts: Facts) -> list[Any]:
    """ISO 8601 in UTC, dates without a time where it is midnight; text as it is written, whatever its format."""
    if facts.is_text:
        return [text.strip() or None if text is not None else None for text in facts.column.to_pylist()]
    seconds = to_seconds(facts)
    moments = np.where(np.isfinite(seconds), seconds, 0).astype("datetime64[s]")
    texts = np.datetime_as_string(moments)
    return [str(t).removesuffix("T00:00:00") if ok else None for t, ok in zip(texts, np.isfinite(seconds), strict=True)]


NAMED = re.compile(r"^(time|timestamp|date|datetime|when|at|created|seen)([ _]?(at|on|s))?$", re.IGNORECASE)


def time_of(source: Source, schema: Schema, *, leaving: Collection[str] = ()) -> tuple[Array, str] | None:
    """When each row happened, and by which column: the first of times, or of numbers named like one; None without."""
    for column in schema:
        if column.name in leaving or column.name not in source.table.column_names:
            continue
        facts = facts_of(source.table, column.name)
        if column.kind == "time" or (NAMED.match(column.name) and pa.types.is_integer(facts.type)):
            when = to_seconds(facts) if column.kind == "time" else to_floats(facts.column)
            if np.isfinite(when).all():
                return when, column.name
    return None


KIND = Kind("time", recognize, fit, make, plain, preview)
