"""One column and the cheap facts about it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Facts:
    """A column of a table, its field, and what is cheap to know about it."""

    field: pa.Field
    column: pa.ChunkedArray

    @property
    def name(self) -> str:
        """Name of the column."""
        return str(self.field.name)

    @property
    def type(self) -> Any:
        """Arrow type of the values."""
        return self.column.type

    @property
    def n_rows(self) -> int:
        """Number of rows, missing ones too."""
        return len(self.column)

    def note(self, key: str) -> str:
        """One entry `belvedere.<key>` of the field's metadata, '' where there is none."""
        return str((self.field.metadata or {}).get(f"belvedere.{key}".encode(), b"").decode())

    @cached_property
    def n_present(self) -> int:
        """Number of rows that hold something; empty text is nothing."""
        missing = int(self.column.null_count)
        if self.is_text:
            missing += int(pc.sum(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(self.column)), 0)).as_py() or 0)
        elif pa.types.is_floating(self.type):
            missing += int(pc.sum(pc.is_nan(self.column)).as_py() or 0)
        return self.n_rows - missing

    @cached_property
    def n_distinct(self) -> int:
        """Number of different values, missing ones left out; nested values count as all different."""
        if pa.types.is_nested(self.type) or self.n_present == 0:
            return self.n_present
        return len(self.levels)

    @cached_property
    def levels(self) -> Array:
        """The different values, missing ones left out, in Arrow's order; text as str, else numbers."""
        unique = pc.unique(self.column).drop_null()
        if self.is_text:
            return np.array([text for text in unique.to_pylist() if text.strip()], dtype=object)
        values = np.asarray(unique.to_numpy(zero_copy_only=False))
        return values[~np.isnan(values)] if pa.types.is_floating(self.type) else values

    @property
    def is_text(self) -> bool:
        """Whether values are text."""
        return bool(pa.types.is_string(self.type) or pa.types.is_large_string(self.type))

    @property
    def is_whole(self) -> bool:
        """Whether values are whole numbers, as integers or as floats without a fraction."""
        if pa.types.is_integer(self.type):
            return True
        if not pa.types.is_floating(self.type) or self._has_fractions_in_some:
            return False
        return len(self.levels) > 0 and bool(
            np.isfinite(self.levels).all() and (self.levels == np.round(self.levels)).all()
        )

    @cached_property
    def _has_fractions_in_some(self) -> bool:
        """Whether a look at some rows spares counting the values of all."""
        some = self.some()
        return some.n_rows < self.n_rows and bool((some.levels != np.round(some.levels)).any())

    @property
    def is_bytes(self) -> bool:
        """Whether values are raw bytes."""
        return bool(pa.types.is_binary(self.type) or pa.types.is_large_binary(self.type))

    @property
    def is_list(self) -> bool:
        """Whether values are lists."""
        return bool(
            pa.types.is_list(self.type) or pa.types.is_large_list(self.type) or pa.types.is_fixed_size_list(self.type)
        )

    def some(self, n: int = 2000) -> "Facts":
        """At most `n` rows, in stretches spread over the column."""
        if self.n_rows <= n:
            return self
        starts = np.linspace(0, self.n_rows - n // 20, 20).astype(int)
        pieces = [chunk for start in starts for chunk in self.column.slice(int(start), n // 20).chunks]
        return Facts(self.field, pa.chunked_array(pieces, self.type))

    def slice(self, start: int, stop: int) -> "Facts":
        """Rows `start` to `stop`."""
        return Facts(self.field, self.column.slice(start, stop - start))


def facts_of(table: pa.Table, name: str) -> Facts:
    """Take one column of a table."""
    return Facts(table.schema.field(name), table.column(name))
