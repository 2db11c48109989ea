"""What every check is given, and how a finding is put together."""

import shlex
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.types import Column, Finding, Level, Schema, Source
from belvedere.values import Array, spread, to_floats

MOST_ROWS = 10_000  # row numbers that one finding carries
LOOKED_AT = 1_000_000  # rows; larger tables are sampled, and the finding says so


@dataclass(frozen=True)
class Look:
    """The rows that are looked at (all of them, or a stated sample) and what their columns are.

    Attributes
    ----------
    source : Source
    schema : Schema
    rows : int64 or None
        Numbers of the rows looked at; None means all.
    memory : dict
        What several checks need and only one should have to make.
    """

    source: Source
    schema: Schema
    rows: NDArray[np.int64] | None = None
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def table(self) -> pa.Table:
        """The rows looked at."""
        return self._table

    @cached_property
    def _table(self) -> pa.Table:
        return self.source.table if self.rows is None else self.source.take(self.rows)

    @property
    def n_rows(self) -> int:
        """How many rows are looked at."""
        return int(self.table.num_rows)

    @property
    def sampled(self) -> str:
        """Half a sentence for findings on a sample; '' where all rows were looked at."""
        return "" if self.rows is None else f" (looked at a sample of {len(self.rows):,} rows)"

    def column(self, name: str) -> pa.ChunkedArray:
        """Values of one column."""
        return self.table.column(name)

    def row_numbers(self, found: Array) -> Array:
        """Turn places in the sample, or a mask over it, into row numbers of the source."""
        places = np.flatnonzero(found) if found.dtype == bool else np.asarray(found, dtype=np.int64)
        return places if self.rows is None else self.rows[places]

    def of_kind(self, *kinds: str) -> tuple[Column, ...]:
        """Columns of some kinds that the source has."""
        known = set(self.table.column_names)
        return tuple(column for column in self.schema if column.kind in kinds and column.name in known)


def look_at(source: Source, schema: Schema) -> Look:
    """Look at all rows, or at a million drawn by a fixed seed."""
    return Look(source, schema, None if source.n_rows <= LOOKED_AT else spread(source.n_rows, LOOKED_AT))


UNDO = "Leave the option out: the file itself is never changed."


def find(check: str, level: Level, sentence: str, *, column: str = "", rows: Any = (), cure: str = "") -> Finding:
    """Put a finding together; at most 10,000 row numbers are kept, all are counted."""
    numbers = np.asarray(rows, dtype=np.int64)
    kept = tuple(int(row) for row in numbers[:MOST_ROWS])
    undo = UNDO if "belvedere " in cure else ""
    return Finding(check, level, sentence, cure, column, kept, len(numbers), undo)


def without(check: str) -> str:
    """The command that writes a copy of the data without the rows that a check found.

    Examples
    --------
    >>> without("duplicates")
    'belvedere check … --without duplicates --out clean.parquet'
    """
    return f"belvedere check … --without {check} --out clean.parquet"


def ignoring(name: str) -> str:
    """The command that leaves a column out.

    Examples
    --------
    >>> ignoring("social security")
    "belvedere map … --ignore 'social security'"
    """
    return f"belvedere map … --ignore {shlex.quote(name)}"


def hiding(name: str) -> str:
    """The command that hashes a sensitive column before anything is learned."""
    return f"belvedere map … --sensitive {shlex.quote(name)}=hash (or drop, generalize, keep)"


def as_kind(name: str, kind: str) -> str:
    """The command that reads a column as another kind."""
    return f"belvedere map … --kind {shlex.quote(name)}={kind}"


def is_text(column: pa.ChunkedArray) -> bool:
    """Whether a column holds text."""
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def missing_mask(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows hold nothing: null, NaN, text of blanks, or no bytes."""
    missing = np.asarray(pc.is_null(column).to_numpy(), dtype=bool)
    if pa.types.is_floating(column.type):
        return np.asarray(np.isnan(to_floats(column)) | missing)
    if is_text(column):
        blank = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0)
        return np.asarray(missing | np.asarray(pc.fill_null(blank, False).to_numpy(), dtype=bool))
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        empty = pc.equal(pc.binary_length(column), 0)
        return np.asarray(missing | np.asarray(pc.fill_null(empty, False).to_numpy(), dtype=bool))
    return missing


def share(n: int, of: int) -> str:
    """Write a share so that small ones do not look like none.

    Examples
    --------
    >>> share(1, 3), share(1, 100_000), share(99_999, 100_000)
    ('33 %', 'under 0.1 %', 'over 99.9 %')
    """
    percent = 100 * n / max(1, of)
    if 0 < percent < 0.1:
        return "under 0.1 %"
    if 99.9 < percent < 100:
        return "over 99.9 %"
    return f"{percent:.1f} %" if percent % 1 and not 10 <= percent <= 99 else f"{percent:.0f} %"


def quoted(names: Any, most: int = 5) -> str:
    """Write names in a sentence.

    Examples
    --------
    >>> quoted(["a", "b"]), quoted("abcdefg", 2)
    ("'a', 'b'", "'a', 'b' and 5 more")
    """
    names = list(names)
    return ", ".join(repr(str(name)) for name in names[:most]) + (
        f" and {len(names) - most:,} more" if len(names) > most else ""
    )


def agree(n: int, one: str, many: str) -> str:
    """Choose the verb that goes with a number."""
    return one if n == 1 else many
