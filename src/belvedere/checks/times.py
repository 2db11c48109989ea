"""Time that runs backward, stands still or skips: gaps in a regular series, repeated times, rows out of order."""

from bisect import bisect_right

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.checks.look import Look, agree, find, is_text, missing_mask, quoted, without
from belvedere.types import Column, Finding
from belvedere.values import DATE_FORMATS, counted, to_codes, to_floats

ENOUGH = 20  # rows before an order or a rhythm can be told
REGULAR = 0.8  # of the steps have the usual length
ORDERED = 0.8  # of the steps go forward
UNIQUE = 0.9  # of the times occur once
SORT = "Sort the file by this column, or correct these times."


def check_times(look: Look) -> list[Finding]:
    """Look at every column of moments."""
    findings = []
    for column in look.of_kind("time"):
        values = look.column(column.name)
        if is_text(values):
            findings += _unread(look, column)
        times = parse_times(values)
        if look.rows is None and np.isfinite(times).sum() >= ENOUGH:
            findings += _backward(look, column, times) + _gaps(look, column, times) + _repeated(look, column, times)
    return findings


def parse_times(values: pa.ChunkedArray) -> NDArray[np.float64]:
    """Seconds, NaN where missing or unreadable; text by the format that reads most."""
    if not is_text(values):
        return np.asarray(to_floats(values))
    codes, levels = to_codes(values)
    best = np.full(len(levels), np.nan)
    for looks in DATE_FORMATS:
        read = pc.strptime(pa.array(levels, pa.string()), format=looks, unit="s", error_is_null=True)
        seconds = to_floats(pa.chunked_array([read]))
        best = seconds if np.isfinite(seconds).sum() > np.isfinite(best).sum() else best
    return np.where(codes < 0, np.nan, np.append(best, np.nan)[codes])


def _unread(look: Look, column: Column) -> list[Finding]:
    """Texts in a column of dates that are none."""
    values = look.column(column.name)
    odd = ~np.isfinite(parse_times(values)) & ~missing_mask(values)
    if not odd.any():
        return []
    rows = look.row_numbers(odd)
    some = quoted(dict.fromkeys(values.take(pa.array(np.flatnonzero(odd)[:50])).to_pylist()), 3)
    sentence = (
        f"'{column.name}' holds {counted(len(rows), 'cell')} that cannot be read as a date like the others ({some})."
    )
    cure = f"Clean these cells, or {without('times')}"
    return [find("times", "warning", sentence, column=column.name, rows=rows, cure=cure)]


def _backward(look: Look, column: Column, times: NDArray[np.float64]) -> list[Finding]:
    """Rows earlier than a row before them, in a column that otherwise runs forward."""
    places = np.flatnonzero(np.isfinite(times))
    known = times[places]
    steps = np.diff(known)
    if (steps >= 0).mean() < ORDERED or not (steps < 0).any() or not (steps > 0).any():
        return []
    late = _least_moved(known)
    if len(late) > (1 - ORDERED) * len(known):  # several series behind one another
        return []
    rows = look.row_numbers(places[late])
    sentence = f"'{column.name}' runs forward but for {counted(len(rows), 'row')} out of order."
    return [find("times", "warning", sentence, column=column.name, rows=rows, cure=SORT)]


def _least_moved(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places outside a longest non-decreasing subsequence (patience sorting, Fredman 1975)."""
    ends, tops, before = list[float](), list[int](), np.full(len(values), -1)
    for place, value in enumerate(values.tolist()):
        pile = bisect_right(ends, value)
        if pile == len(ends):
            ends.append(value)
            tops.append(place)
        else:
            ends[pile], tops[pile] = value, place
        before[place] = tops[pile - 1] if pile else -1
    kept, place = np.zeros(len(values), bool), tops[-1]
    while place >= 0:
        kept[place] = True
        place = int(before[place])
    return np.flatnonzero(~kept)


def _gaps(look: Look, column: Column, times: NDArray[np.float64]) -> list[Finding]:
    """Steps longer than the usual one, where most steps have one length."""
    moments, first = np.unique(times, return_index=True)
    first = first[np.isfinite(moments)]
    steps = np.diff(moments[np.isfinite(moments)])
    if len(steps) < ENOUGH:
        return []
    usual = float(np.median(steps))
    if (np.abs(steps - usual) <= 0.01 * usual).mean() < REGULAR:
        return []
    long = np.flatnonzero(steps > 1.5 * usual)
    if not len(long):
        return []
    lost = int(np.round(steps[long] / usual - 1).sum())
    if lost <= (~np.isfinite(times)).sum():  # cells without a time explain as many steps
        return []
    rows = look.row_numbers(first[long + 1])
    sentence = (
        f"'{column.name}' has {counted(len(long), 'gap')} where {counted(lost, 'step')} of {_spoken(usual)} "
        f"{agree(lost, 'is', 'are')} missing; the rows behind the gaps are marked."
    )
    return [
        find(
            "times",
            "warning",
            sentence,
            column=column.name,
            rows=rows,
            cure="Fill in the missing steps, or leave them.",
        )
    ]


def _repeated(look: Look, column: Column, times: NDArray[np.float64]) -> list[Finding]:
    """Times that occur again, where nearly all occur once."""
    places = np.flatnonzero(np.isfinite(times))
    known = times[places]
    _, first = np.unique(known, return_index=True)
    if len(first) == len(known) or len(first) < UNIQUE * len(known):
        return []
    again = np.ones(len(known), bool)
    again[first] = False
    rows = look.row_numbers(places[again])
    sentence = (
        f"'{column.name}' repeats an earlier time in {counted(len(rows), 'row')}, while nearly all times occur once."
    )
    return [find("times", "note", sentence, column=column.name, rows=rows, cure=without("times"))]


def _spoken(seconds: float) -> str:
    """Write a duration.

    Examples
    --------
    >>> _spoken(86400.0), _spoken(90.0)
    ('1 day', '90 seconds')
    """
    for noun, size in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        if seconds >= size and seconds % size == 0:
            return counted(int(seconds / size), noun)
    return f"{seconds:g} seconds"
