"""Labels of every task: from one column or several to what a network is taught.

`fit_labels` decides the task and learns classes or scale; `make_labels` makes the arrays; `is_labelled` says which rows
have one.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError, SettingError, nearest_names
from belvedere.kinds.category import NEGATIVE, POSITIVE
from belvedere.kinds.facts import Facts
from belvedere.kinds.forecast import fit_forecast, make_forecast
from belvedere.kinds.steps import fit_steps, make_steps, step_task
from belvedere.kinds.tags import fit_tags, make_tags
from belvedere.kinds.target import encode_target, fit_target
from belvedere.kinds.words import is_tagged, is_word_list
from belvedere.types import Target
from belvedere.values import to_codes, to_floats

Array = NDArray[Any]
N_INTERVALS = 20  # of the time until an event: as many events in each
EVENT_NAMES = re.compile(
    r"^(event|died|dead|death|deceased|status|failed|failure|churned|cens|observed)$", re.IGNORECASE
)
HAPPENED = (*POSITIVE, "dead", "died", "deceased", "event", "failed", "observed", "churned")
NOT_YET = (*NEGATIVE, "alive", "censored", "living", "none", "active")
SEPARATORS = re.compile(r"\s*[;|,]\s*")
SURVIVAL = ("survival", "cox")
SEVERAL = ("multilabel", *SURVIVAL)
MADE = {"forecast": make_forecast, "steps": make_steps}


def fit_labels(table: pa.Table, name: str, *, task: str | None = None, event: str | None = None) -> Target:
    """Decide the task and learn classes or scale.

    Parameters
    ----------
    table : pyarrow.Table
        All rows: a class that only held-out rows have is a class too.
    name : str
        The target's column.
    task : str or None
        None reads it from the data: an `event` makes it 'cox', B-, I-, O labels per word and labels beside the steps of
        a sequence 'tokens', numbers beside them 'steps', other lists of words 'multilabel'.
    event : str or None
        Of survival: the column that says whether the event was seen, with the value that says so where that is not
        plain: 'status=2'.

    Raises
    ------
    ColumnError, SettingError
        Where there is nothing to learn, or the task does not fit.

    Examples
    --------
    >>> table = pa.table({"days": [3.0, 5.0, 9.0], "died": ["yes", "no", "yes"]})
    >>> target = fit_labels(table, "days", event="died")
    >>> target.task, target.event, target.event_value
    ('cox', 'died', 'yes')
    >>> fit_labels(pa.table({"genres": [["war", "drama"], ["comedy"]]}), "genres").classes
    ('comedy', 'drama', 'war')
    """
    column = table.column(name)
    if event is not None and task not in (None, *SURVIVAL):
        raise SettingError(
            f"An event makes the task survival or cox, but {task!r} was asked for. Leave out the task or the event."
        )
    if event is not None or task in SURVIVAL:
        return fit_survival(table, name, task=task or "cox", event=event or find_event(table.column_names, name))
    if task == "forecast":
        return fit_forecast(table, name)
    task = task or step_task(table, name) or None
    if task == "steps":
        return fit_steps(table, name)
    if task == "tokens" or (task is None and is_tagged(Facts(table.schema.field(name), column))):
        return fit_tags(column, name)
    if task == "multilabel" or (task is None and is_word_list(column.type)):
        return _fit_multilabel(column, name)
    return fit_target(column, name, task=task)


def make_labels(table: pa.Table, target: Target) -> Array:
    """Labels of all rows as the task's loss reads them.

    Codes int64 (rows,), -1 where missing; standardized numbers float32 (rows,), NaN where missing; several labels
    float32 (rows, labels) of 0 and 1; codes per word int64 (rows, most words), -1 for none; numbers per step float32
    (rows, most steps), NaN for none; of a forecast the next values and the size of a step, float32 (rows, horizon + 1);
    survival float32 (rows, 2): time in intervals, and 1 where the event was seen.
    """
    if target.task in SURVIVAL:
        return _make_survival(table, target)
    if target.task in MADE:
        return MADE[target.task](table, target)
    if target.task == "tokens":
        return make_tags(table.column(target.name), target)
    if target.task == "multilabel":
        return _make_multilabel(table.column(target.name), target)
    return encode_target(table.column(target.name), target)


def is_labelled(labels: Array) -> NDArray[np.bool_]:
    """Which rows have a label."""
    known = labels >= 0 if labels.dtype.kind in "iu" else np.isfinite(labels)
    return np.asarray(known if known.ndim == 1 else known.any(axis=tuple(range(1, known.ndim))))


def find_event(names: Sequence[str], target: str) -> str:
    """The one column that is named like an event, among the names of all columns.

    Raises
    ------
    SettingError
        If there is none, or several.
    """
    found = [other for other in names if other != target and EVENT_NAMES.search(other)]
    if len(found) != 1:
        said = "none is named like one" if not found else f"{', '.join(found)} all look like one"
        raise SettingError(
            f"Survival must have a column that says whether the event was seen, but {said}. Use --event."
        )
    return found[0]


def fit_survival(table: pa.Table, name: str, *, task: str, event: str) -> Target:
    """Learn which value says that the event was seen, and intervals that hold as many events each."""
    event, _, wanted = event.partition("=")
    if event not in table.column_names:
        raise ColumnError(
            f"There must be a column {event!r} that says whether the event was seen, but there is none. "
            f"{nearest_names(event, table.column_names)}"
        )
    value = _event_value(table.column(event), event, wanted)
    times, seen = to_floats(table.column(name)), _seen(table.column(event), value)
    known = np.isfinite(times) & np.isfinite(seen)
    if (times[known] < 0).any():
        raise ColumnError(f"The target {name!r} must hold times from 0 on, but the least is {times[known].min():g}.")
    events = times[known][seen[known] > 0]
    if len(events) < 2 or events.max() <= 0:
        raise ColumnError(
            f"Survival must have seen at least two events, but {event!r} says {value!r} in {len(events)} rows with a "
            f"time. Name the value that says so: --event {event}=VALUE."
        )
    inner = np.quantile(events, np.linspace(0, 1, N_INTERVALS + 1)[1:-1])
    edges = np.unique([0.0, *inner, float(times[known].max())])
    return Target(name, task, event=event, event_value=value, edges=tuple(float(edge) for edge in edges))


def _event_value(column: pa.ChunkedArray, name: str, wanted: str) -> str:
    levels = [str(level) for level in to_codes(column)[1]]
    if wanted:
        if wanted not in levels:
            raise SettingError(
                f"The event {name!r} must hold {wanted!r}, but does not. {nearest_names(wanted, levels)}"
            )
        return wanted
    yes = [level for level in levels if level.strip().lower() in HAPPENED]
    if len(yes) != 1 or not all(level in yes or level.strip().lower() in NOT_YET for level in levels):
        raise SettingError(
            f"The event {name!r} must say yes or no, but holds {', '.join(levels[:5])}. "
            f"Name the value that says that the event was seen: --event {name}=VALUE."
        )
    return str(yes[0])


def _seen(column: pa.ChunkedArray, value: str) -> Array:
    """1 where the event was seen, 0 where not yet, NaN where missing."""
    codes, levels = to_codes(column)
    told = np.array([*(float(str(level) == value) for level in levels), np.nan])
    return np.asarray(told[codes])


def _make_survival(table: pa.Table, target: Target) -> Array:
    times, edges = to_floats(table.column(target.name)), np.asarray(target.edges)
    place = np.interp(np.where(np.isfinite(times), times, 0), edges, np.arange(len(edges)))
    seen = _seen(table.column(target.event), target.event_value)
    labels = np.stack([np.where(np.isfinite(times) & (times >= 0), place, np.nan), seen], axis=1)
    labels[~np.isfinite(labels).all(axis=1)] = np.nan
    return labels.astype(np.float32)


def _labels_of(column: pa.ChunkedArray) -> list[list[str] | None]:
    """The labels of each row; None where missing; text is cut at ; | and ,."""
    if is_word_list(column.type):
        return [None if row is None else [str(one) for one in row if one is not None] for row in column.to_pylist()]
    texts = column.cast(pa.large_string()).to_pylist()
    return [None if text is None else [one for one in SEPARATORS.split(text.strip()) if one] for text in texts]


def _fit_multilabel(column: pa.ChunkedArray, name: str) -> Target:
    rows = _labels_of(column)
    classes = sorted({label for row in rows for label in row or ()})
    if not 2 <= len(classes) <= 1000:
        raise ColumnError(
            f"The target {name!r} must hold 2 to 1,000 different labels, but holds {len(classes):,}. "
            "Labels of a row stand in a list, or in text parted by ; | or ,. Choose another target or task."
        )
    return Target(name, "multilabel", tuple(classes))


def _make_multilabel(column: pa.ChunkedArray, target: Target) -> Array:
    place = {label: code for code, label in enumerate(target.classes)}
    rows = _labels_of(column)
    labels = np.zeros((len(rows), len(target.classes)), np.float32)
    for number, row in enumerate(rows):
        if row is None:
            labels[number] = np.nan
        else:
            labels[number, [place[label] for label in row if label in place]] = 1
    return labels
