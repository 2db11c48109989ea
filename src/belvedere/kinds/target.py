"""What is to be predicted: its task, its classes or its scale, and the labels."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError, SettingError
from belvedere.kinds.category import NEGATIVE, POSITIVE
from belvedere.kinds.facts import Facts
from belvedere.kinds.number import recognize as recognize_number
from belvedere.types import Target
from belvedere.values import to_codes, to_floats

TASKS = ("binary", "multiclass", "regression")  # of one column; `labels` knows the others
FEW_CLASSES = 20  # whole numbers with at most so many values are classes
MOST_CLASSES = 1000
CLASS_NAMES = re.compile(
    r"^(y|label|class|target|category|digit|species|intent|cluster|type)s?$|(_|^)(label|class|code)$", re.IGNORECASE
)


def fit_target(column: pa.ChunkedArray, name: str, *, task: str | None = None) -> Target:
    """Decide the task and learn classes or scale.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        The labels of all rows: a class that only held-out rows have is a class too.
    name : str
        The column's name.
    task : str or None
        'binary', 'multiclass' or 'regression'; None chooses: text and few-valued whole numbers are classes.

    Raises
    ------
    ColumnError
        If there is nothing to learn: no labels, or one class only.
    SettingError
        If the task is unknown.

    Examples
    --------
    >>> fit_target(pa.chunked_array([["no", "yes", "no"]]), "churn").classes
    ('no', 'yes')
    >>> fit_target(pa.chunked_array([[0.5, 1.5, 2.5]]), "price").task
    'regression'
    """
    if task is not None and task not in TASKS:
        raise SettingError(
            f"The task must be one of {', '.join(TASKS)}, but {task!r} was asked for. Choose one of them."
        )
    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    facts = Facts(pa.field(name, column.type), column)
    if facts.is_list or facts.is_bytes:
        raise ColumnError(
            f"The target {name!r} must hold one value per row, but holds {facts.type}. Choose another column."
        )
    task = task or _choose_task(facts)
    return _fit_regression(facts) if task == "regression" else _fit_classes(facts, task)


def _choose_task(facts: Facts) -> str:
    if pa.types.is_boolean(facts.type):
        return "classes"
    if facts.is_text:
        return "regression" if recognize_number(facts) and facts.n_distinct > FEW_CLASSES else "classes"
    if pa.types.is_timestamp(facts.type) or pa.types.is_date(facts.type):
        return "regression"
    if not facts.is_whole:
        return "regression"
    named = bool(CLASS_NAMES.search(facts.name)) and facts.n_distinct <= min(MOST_CLASSES, facts.n_present // 3)
    return "classes" if facts.n_distinct <= FEW_CLASSES or named else "regression"


def _fit_regression(facts: Facts) -> Target:
    values = to_floats(facts.column)
    values = values[np.isfinite(values)]
    if len(values) < 2 or values.std() == 0:
        raise ColumnError(
            f"The target {facts.name!r} must hold at least two different numbers, but holds {len(np.unique(values))}. "
            "Choose another column, or map without a target."
        )
    return Target(facts.name, "regression", (), float(values.mean()), float(values.std()))


def _fit_classes(facts: Facts, task: str) -> Target:
    codes, levels = to_codes(facts.column)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    found = [code for code in range(len(levels)) if counts[code]]
    if len(found) < 2:
        raise ColumnError(
            f"The target {facts.name!r} must have at least two classes, but has {len(found)}. "
            "Choose another column, or map without a target."
        )
    if len(found) > MOST_CLASSES:
        raise ColumnError(
            f"The target {facts.name!r} must have at most {MOST_CLASSES:,} classes, but has {len(found):,}. "
            "Choose another column, or give the task 'regression' if it holds numbers."
        )
    if task == "binary" and len(found) > 2:
        raise ColumnError(
            f"A binary target must have two classes, but {facts.name!r} has {len(found)}. Use 'multiclass'."
        )
    names = sorted((levels[code] for code in found), key=_class_order)
    if len(names) == 2:
        size = {levels[code]: int(counts[code]) for code in found}
        return Target(facts.name, "binary", _positive_last(names, size))
    return Target(facts.name, "multiclass", tuple(names))


def _class_order(name: str) -> tuple[int, float, str]:
    """Numbers by size, then words by the alphabet."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def _positive_last(names: list[str], size: dict[str, int]) -> tuple[str, ...]:
    """The positive class is the one that says yes, else the rarer one."""
    first, second = names
    plain = [name.strip().lower() for name in names]
    if plain[0] in NEGATIVE or plain[1] in POSITIVE:
        return first, second
    if plain[1] in NEGATIVE or plain[0] in POSITIVE:
        return second, first
    return (second, first) if size[first] < size[second] else (first, second)


def encode_target(column: pa.ChunkedArray, target: Target) -> NDArray[Any]:
    """Make labels: int64 class codes, -1 where missing or unseen; or float32 standardized numbers, NaN where missing.

    Examples
    --------
    >>> encode_target(pa.chunked_array([["b", None, "a", "c"]]), Target("t", "binary", ("a", "b"))).tolist()
    [1, -1, 0, -1]
    """
    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if target.task == "regression":
        values = to_floats(column)
        return ((np.where(np.isfinite(values), values, np.nan) - target.mean) / target.std).astype(np.float32)
    codes, levels = to_codes(column)
    place = {name: code for code, name in enumerate(target.classes)}
    return np.array([*(place.get(level, -1) for level in levels), -1], dtype=np.int64)[codes]
