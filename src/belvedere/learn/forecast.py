"""Windows of time series to forecast from: what was known at a moment, and the values that came next.

A column of numbers, one row per time, becomes one row per window; a column of sequences is cut before its last values, one
row per sequence. Windows are parted by time: none is learned from whose next values reach into the time that is scored.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import NEXT, time_of, to_series_of
from belvedere.learn.parting import valid_share
from belvedere.learn.settings import ROW_ORDER, Array, LearnSettings
from belvedere.types import Column, Schema, Source
from belvedere.values import counted, to_codes, to_floats

LEAST_PAST, MOST_PAST = 16, 256  # steps shown
MOST_WINDOWS, MOST_SCORED = 20_000, 5_000
SPLIT = "split"


@dataclass(frozen=True)
class Rows:
    """Rows of time series in the order of series and time.

    Attributes
    ----------
    order : (rows,) row numbers of the data
    series : (rows,) number of each row's series
    when : (rows,) time of each row, or its place counted from the end of its series
    names : which column tells series apart and which the time, '' for none
    """

    order: Array
    series: Array
    when: Array
    names: tuple[str, str]


def windows(source: Source, schema: Schema, settings: LearnSettings) -> tuple[Source, Schema, LearnSettings]:
    """Make the table that a forecast is learned from, its schema, and settings that fit it.

    Raises
    ------
    ColumnError, SettingError
        If the target holds no numbers, series cannot be told apart, or all are too short.
    """
    if schema.target is None:
        raise SettingError("A forecast must have a target, the column of values to come. Name it with --target.")
    name, horizon = schema.target.name, settings.horizon
    kind = source.table.schema.field(name).type
    if pa.types.is_nested(kind):
        table, columns = cut_sequences(source.table, schema, name, horizon)
    else:
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise ColumnError(f"A forecast must have a target of numbers, but {name!r} holds {kind}. Choose another.")
        table, columns = cut_rows(source, schema, settings, name)
        settings = replace(settings, group=None, time=None)
    made = replace(source, table=table, account=(*source.account, _told(table, name, horizon)))
    return made, Schema(columns), replace(settings, target=name + NEXT)


def refuse_forecast(settings: LearnSettings, what: str) -> None:
    """Refuse what cannot part windows by time yet."""
    if settings.task == "forecast":
        raise SettingError(
            f"{what} must have rows that may be parted, but windows of a forecast share values with their neighbors. "
            "Train once: the latest windows are scored, after all that is learned from."
        )


def _told(table: pa.Table, name: str, horizon: int) -> str:
    return f"{counted(table.num_rows, 'window')} of {name!r}, each with the next {counted(horizon, 'value')}."


def cut_sequences(table: pa.Table, schema: Schema, name: str, horizon: int) -> tuple[pa.Table, tuple[Column, ...]]:
    """One row per sequence: all but the last values are shown, and so of every sequence beside it that is as long."""
    series = to_series_of(table, name)
    lengths = np.array([len(one) for one in series])
    if not (lengths > horizon + 2).any():
        raise ColumnError(
            f"Sequences of {name!r} must be longer than {horizon + 2} steps to foretell {horizon}, but the longest has "
            f"{lengths.max(initial=0)}. Ask for a shorter --horizon."
        )
    stop = np.where(lengths > horizon + 2, lengths - horizon, lengths)
    columns: list[Column] = []
    for column in schema:
        if column.name == name:
            columns.append(Column(name, "sequence", "input", "what came before the values to be foretold"))
        elif column.kind == "sequence" and column.role == "input":
            others = [len(one) for one in to_series_of(table, column.name)]
            if others != lengths.tolist():
                columns.append(
                    replace(column, role="left out", why=f"not as long as {name!r}: it may tell what came next")
                )
                continue
            columns.append(replace(column, why=f"cut where {name!r} is"))
        else:
            columns.append(column)
            continue
        at = table.column_names.index(column.name)
        shown = [
            one[max(0, end - MOST_PAST) : end] for one, end in zip(to_series_of(table, column.name), stop, strict=True)
        ]
        table = table.set_column(at, column.name, steps_of(shown))
    later = [one[end:, 0] if end < n else None for one, end, n in zip(series, stop, lengths, strict=True)]
    return _with_next(table, name, later, horizon), (*columns, _target(name, horizon))


def _target(name: str, horizon: int) -> Column:
    return Column(
        name + NEXT, "sequence", "target", f"to be foretold: the next {counted(horizon, 'value')} of {name!r}"
    )


def _with_next(table: pa.Table, name: str, later: "list[Array | None]", horizon: int) -> pa.Table:
    told = [None if one is None else one.astype(np.float32).tolist() for one in later]
    return table.append_column(name + NEXT, pa.array(told, pa.list_(pa.float32(), horizon)))


def steps_of(series: list[Array]) -> pa.Array:
    """Arrow lists of steps: one channel plainly, several side by side."""
    n_channels = series[0].shape[1] if series else 1
    ends = np.cumsum([0, *(len(one) for one in series)]).astype(np.int32)
    flat = pa.array(np.concatenate(series).astype(np.float32).reshape(-1))
    inner = flat if n_channels == 1 else pa.FixedSizeListArray.from_arrays(flat, n_channels)
    return pa.ListArray.from_arrays(ends, inner)


def cut_rows(source: Source, schema: Schema, settings: LearnSettings, name: str) -> tuple[pa.Table, tuple[Column, ...]]:
    """One row per window of a table with one row per time: the target and the other numbers as channels of its past."""
    rows = read_rows(source, schema, settings, name)
    table, horizon = source.table, settings.horizon
    channels = [name, *(c.name for c in schema.inputs if c.kind == "number" and c.name not in (name, *rows.names))]
    values = np.column_stack([to_floats(table.column(c))[rows.order] for c in channels])
    values = filled(values, rows.series)
    starts = np.flatnonzero(np.r_[True, np.diff(rows.series) != 0])
    lengths = np.diff(np.r_[starts, len(rows.series)])
    past = shown_steps(lengths, horizon)
    ends, part = origins(rows, starts, lengths, past=past, settings=settings)  # row after the last one shown
    first = np.maximum(ends - past, starts[np.searchsorted(starts, ends - 1, side="right") - 1])
    shown = [values[a:b] for a, b in zip(first, ends, strict=True)]
    later = [None if p == "" else values[b : b + horizon, 0] for b, p in zip(ends, part, strict=True)]
    last = rows.order[ends - 1]
    kept = [c for c in schema if is_steady(table, c, rows, starts) or c.name in rows.names]
    made = pa.table({c.name: table.column(c.name).take(pa.array(last)) for c in kept} | {name: steps_of(shown)})
    made = _with_next(made, name, later, horizon)
    made = made.append_column(SPLIT, pa.array(np.where(part == "", "train", part).tolist()))
    also = f", with {counted(len(channels) - 1, 'other column')} beside it" if len(channels) > 1 else ""
    columns = (
        *(_of_window(c, rows) for c in kept), Column(name, "sequence", "input", f"the {past} values before{also}"),
        _target(name, horizon), Column(SPLIT, "category", "split", f"parted by {rows.names[1] or 'the order of rows'}"),
    )  # fmt: skip
    return made, columns


def _of_window(column: Column, rows: Rows) -> Column:
    """What told series and times apart is kept to be seen, not learned from."""
    if column.name == rows.names[1]:
        return Column(column.name, column.kind, "left out", "when the last value shown was")
    return replace(column, role="left out", why="tells series apart") if column.name == rows.names[0] else column


def is_steady(table: pa.Table, column: Column, rows: Rows, starts: Array) -> bool:
    """Whether an input column is no channel and says the same all along each series."""
    if column.role != "input" or column.kind not in ("category", "boolean"):
        return False
    codes = to_codes(table.column(column.name))[0][rows.order]
    return bool((codes == np.repeat(codes[starts], np.diff(np.r_[starts, len(codes)]))).all())


def read_rows(source: Source, schema: Schema, settings: LearnSettings, name: str) -> Rows:
    """Which series and which time each row with a value belongs to."""
    table = source.table
    known = np.flatnonzero(np.isfinite(to_floats(table.column(name))))
    when, by_time = _times(source, schema, settings, name)
    group = settings.group or (_tell_apart(table, schema, when[known], known) if by_time else "")
    codes = to_codes(table.column(group))[0] if group else np.zeros(table.num_rows, np.int64)
    order = known[np.lexsort((when[known], codes[known]))]
    series, times = codes[order], when[order]
    twice = (np.diff(series) == 0) & (np.diff(times) == 0)
    if by_time and twice.any():
        raise ColumnError(
            f"A series must have one row per time, but {int(twice.sum()):,} rows share series and {by_time!r} with another. "
            "Name the column that tells series apart with --group, or take the mean of such rows."
        )
    if not by_time:  # counted from the end, so that the last rows of every series are the latest
        stops = np.r_[np.flatnonzero(np.diff(series)), len(series) - 1]
        times = np.arange(len(series)) - stops[np.searchsorted(stops, np.arange(len(series)))].astype(np.float64)
    return Rows(order, series, times, (group, by_time))


def _times(source: Source, schema: Schema, settings: LearnSettings, name: str) -> tuple[Array, str]:
    """When each row was, and by which column; the order of rows where none says so."""
    if settings.time == ROW_ORDER:
        return np.arange(source.n_rows, dtype=np.float64), ""
    if settings.time is not None:
        return to_floats(source.table.column(settings.time)), settings.time
    found = time_of(source, schema, leaving=(name,))
    return found if found is not None else (np.arange(source.n_rows, dtype=np.float64), "")


def _tell_apart(table: pa.Table, schema: Schema, when: Array, known: Array) -> str:
    """The column of fewest values that tells rows of one time apart; '' where none needs to."""
    if len(np.unique(when)) == len(when):
        return ""
    found = []
    for column in schema:
        if column.role != "target" and column.kind in ("category", "text", "boolean"):
            codes, levels = to_codes(table.column(column.name))
            if len(np.unique(np.stack([codes[known], when]), axis=1).T) == len(known):
                found.append((len(levels), column.name))
    return min(found)[1] if found else ""


def filled(values: Array, series: Array) -> Array:
    """Gaps filled with the last value before them in the same series, never with a later one; at its beginning with 0."""
    found = values.copy()
    for channel in range(found.shape[1]):
        at = np.where(np.isfinite(found[:, channel]), np.arange(len(found)), -1)
        at = np.maximum.accumulate(at)
        same = (at >= 0) & (series[np.maximum(at, 0)] == series)
        found[:, channel] = np.where(same, found[np.maximum(at, 0), channel], 0.0)
    return found


def shown_steps(lengths: Array, horizon: int) -> int:
    """How many steps of the past are shown: eight horizons and at least 64, if series are four times as long.

    Examples
    --------
    >>> shown_steps(np.array([1000]), 1), shown_steps(np.array([100]), 4), shown_steps(np.array([5000]), 48)
    (64, 25, 256)
    """
    usual = int(np.median(lengths))
    return int(max(min(LEAST_PAST, usual // 2), min(max(64, 8 * horizon), MOST_PAST, usual // 4)))


def origins(
    rows: Rows, starts: Array, lengths: Array, *, past: int, settings: LearnSettings
) -> tuple[NDArray[np.int64], Array]:
    """Where windows end and the part of each: 'train', 'valid', 'test', or '' for those whose next values are to come.

    The latest times are scored. Between what is learned from and what is scored, windows whose next values lie on both
    sides are left out.
    """
    horizon = settings.horizon
    stops = starts + lengths
    ends = np.concatenate(
        [np.arange(a + min(past, n), b + 1) for a, b, n in zip(starts, stops, lengths, strict=True) if n > 2]
    )
    stop = stops[np.searchsorted(starts, ends - 1, side="right") - 1]
    is_known = ends + horizon <= stop
    if is_known.sum() < 10:
        raise ColumnError(
            f"A forecast needs series of more than {past + horizon} rows, but the longest has {int(lengths.max(initial=0))}. "
            "Ask for a shorter --horizon, or name the right column with --group."
        )
    shown_until = rows.when[ends - 1]  # the last time that is known
    told_until = np.where(is_known, rows.when[np.minimum(ends + horizon, stop) - 1], np.inf)
    test_from = np.quantile(shown_until[is_known], 1 - settings.holdout, method="higher")
    early = is_known & (told_until <= test_from)
    valid_from = (
        np.quantile(shown_until[early], 1 - 2 * valid_share(int(early.sum())), method="higher") if early.any() else 0
    )
    part = np.full(len(ends), "gap", dtype="<U5")
    part[early & (told_until <= valid_from)] = "train"
    part[early & (shown_until >= valid_from)] = "valid"
    part[is_known & (shown_until >= test_from)] = "test"
    part[~is_known & (ends == stop)] = ""
    if not (part == "train").any() or not (part == "test").any():
        raise ColumnError(
            "Series must be long enough to learn from their beginning and score their end, but are too short for "
            f"{past} values before and {horizon} after. Ask for a shorter --horizon."
        )
    most = {"train": MOST_WINDOWS, "valid": MOST_SCORED, "test": MOST_SCORED, "": MOST_SCORED}
    kept = np.sort(np.concatenate([_thinned(np.flatnonzero(part == p), n, settings.seed) for p, n in most.items()]))
    return ends[kept], part[kept]


def _thinned(rows: Array, most: int, seed: int) -> Array:
    return rows if len(rows) <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
