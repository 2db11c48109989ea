"""Which kind each column is, which role it plays, and why, in words."""

import re
from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa

from belvedere.errors import ColumnError, SettingError, nearest_names
from belvedere.kinds.facts import Facts, facts_of
from belvedere.kinds.table import KINDS
from belvedere.kinds.tags import read_aligned
from belvedere.kinds.words import is_tagged
from belvedere.types import Column, Schema, Source

LOOKED_AT = 1_000_000  # rows; larger tables are looked at in 20 stretches
SPLIT_NAMES = ("split", "fold", "subset", "partition")
SPLIT_VALUES = re.compile(r".*(train|valid|val|dev|test|eval|hold).*", re.IGNORECASE)
ID_NAMES = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|key|index|idx|rowid|row|nr|serial|seq|sno|unnamed: 0)$|[a-z](Id|ID|Key|UUID)$",
    re.IGNORECASE,
)


def learn_kinds(
    source: Source,
    *,
    overrides: Mapping[str, str] | None = None,
    target: str | None = None,
    ignore: Collection[str] = (),
    task: str | None = None,
) -> Schema:
    """Recognize the kind and the role of every column.

    Parameters
    ----------
    source : Source
    overrides : mapping or None
        Kinds that the person knows better, for instance ``{"age": "category"}``.
    target : str or None
        The column to be predicted.
    ignore : collection of str
        Columns to leave out.
    task : str or None
        What the target is learned as; 'tokens' (one label per word) is also read from the target.

    Returns
    -------
    Schema
        Each column with its reason.

    Raises
    ------
    ColumnError
        If a named column does not exist; the nearest name is offered.
    SettingError
        If a kind does not exist, or a column cannot be read as it.

    Examples
    --------
    >>> table = pa.table({"n": [0.5, 1.5, 2.5], "ok": ["yes", "no", "yes"], "one": [7, 7, 7]})
    >>> [(column.name, column.kind, column.role) for column in learn_kinds(Source("tiny", table), target="ok")]
    [('n', 'number', 'input'), ('ok', 'boolean', 'target'), ('one', 'category', 'left out')]
    """
    overrides = dict(overrides or {})
    _check_names(source, [*overrides, *([target] if target else []), *ignore])
    columns = []
    for name in source.table.column_names:
        facts = facts_of(source.table, name).some(LOOKED_AT)
        column = _recognize(facts, overrides.get(name))
        if name == target:
            column = Column(name, column.kind, "target", f"to be predicted; {column.why}")
        elif name in ignore:
            column = Column(name, column.kind, "left out", f"left out on request; {column.why}")
        elif name not in overrides:
            column = _with_role(column, facts)
        columns.append(column)
    if target is not None and (task == "tokens" or (task is None and is_tagged(facts_of(source.table, target)))):
        columns = read_aligned(source.table, columns, target, [*overrides, *ignore])
    return Schema(_without_second_splits(columns))


def _check_names(source: Source, names: Collection[str]) -> None:
    known = source.table.column_names
    for name in names:
        if name not in known:
            raise ColumnError(
                f"There must be a column {name!r}, but there is none. {_folded_hint(source, name)}{nearest_names(name, known)}"
            )


def _folded_hint(source: Source, name: str) -> str:
    """Say where a column went that was folded into a vector."""
    for field in source.table.schema:
        names = (field.metadata or {}).get(b"belvedere.names", b"")
        if names and f'"{name}"'.encode() in names:
            return (
                f"It is one of the {field.name!r} kept together; open the source with options={{'keep': [{name!r}]}}. "
            )
    return ""


def _recognize(facts: Facts, wanted: str | None) -> Column:
    """Ask each kind in turn, or take the one that the person named."""
    if wanted is not None:
        if wanted not in KINDS:
            raise SettingError(
                f"The kind of {facts.name!r} must be known, but {wanted!r} is not. {nearest_names(wanted, KINDS)}"
            )
        _check_readable(facts, wanted)
        return Column(facts.name, wanted, "input", "as you said")
    for kind in KINDS.values():
        why = kind.recognize(facts)
        if why:
            return Column(facts.name, kind.name, "input", why)
    return Column(facts.name, "category", "left out", f"values of type {facts.type} are not understood")


def _check_readable(facts: Facts, wanted: str) -> None:
    """Refuse a kind that the values cannot be read as, before anything is learned.

    Raises
    ------
    SettingError
        With what was found instead.
    """
    nested = wanted in ("vector", "sequence")
    if wanted == "image" and (facts.is_text or facts.is_bytes or facts.is_list):
        return
    if wanted == "words" and (facts.is_text or facts.is_list):
        return
    if facts.is_list == nested and wanted != "image":
        return
    raise SettingError(
        f"Column {facts.name!r} must hold {'lists of numbers' if nested else 'single values or images'} to be of kind "
        f"{wanted!r}, but it holds {facts.type}. Choose another kind."
    )


def _with_role(column: Column, facts: Facts) -> Column:
    """Leave out what cannot help: nothing, constants, identifiers; mark the column that splits rows."""
    if column.role != "input":
        return column
    if facts.n_present == 0:
        return Column(column.name, column.kind, "left out", "no values")
    if _is_split(column, facts):
        return Column(column.name, "category", "split", "says which rows are for training and which for testing")
    if not pa.types.is_nested(facts.type) and not facts.is_bytes and column.kind != "image":
        if facts.n_distinct == 1 and facts.n_present == facts.n_rows:
            return Column(column.name, column.kind, "left out", f"the same value in every row ({_only(facts)})")
        why = identifies(column, facts)
        if why:
            return Column(column.name, column.kind, "id", why)
    return column


def _only(facts: Facts) -> str:
    return str(facts.levels[0])[:40]


def _is_split(column: Column, facts: Facts) -> bool:
    if column.name.lower() not in SPLIT_NAMES or not facts.is_text or facts.n_distinct > 12:
        return False
    return all(SPLIT_VALUES.fullmatch(str(level)) for level in facts.levels)


def identifies(column: Column, facts: Facts) -> str:
    """Say why a column only names rows; '' where it does not."""
    if facts.n_present < 20 or column.kind in ("boolean", "time", "text"):
        return ""
    distinct = facts.n_distinct / facts.n_present
    if column.kind == "category":
        return _identifying_level(facts, distinct)
    if not pa.types.is_integer(facts.type) or distinct < 0.999:
        return ""
    if ID_NAMES.search(column.name):
        return "a different number in every row, and named like an identifier"
    values = np.asarray(facts.column.drop_null().to_numpy())
    counting = len(values) > 1 and bool(np.all(np.diff(values.astype(np.float64)) == 1))
    return "counts the rows" if counting else ""


def _identifying_level(facts: Facts, distinct: float) -> str:
    if distinct > 0.95:
        return "a different value in nearly every row: it names rows rather than describes them"
    per_level = facts.n_present / max(1, facts.n_distinct)
    if (facts.n_distinct > 1000 and per_level < 8) or (facts.n_distinct > 50 and per_level < 2):
        return (
            f"{facts.n_distinct:,} different values with about {per_level:.0f} rows each: names rather than describes"
        )
    return ""


def _without_second_splits(columns: list[Column]) -> tuple[Column, ...]:
    """Keep the first split only."""
    first = next((column.name for column in columns if column.role == "split"), None)
    return tuple(
        Column(c.name, c.kind, "left out", "a second split") if c.role == "split" and c.name != first else c
        for c in columns
    )
