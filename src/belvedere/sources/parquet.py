"""Parquet files read as one table, here or in a store: each is opened only while it is read, so a thousand are no trouble.

Columns are known by name. Types may be widened (int32 beside int64, whole numbers beside decimals), a column that a file
lacks counts as missing in its rows, and both are said; other differences are refused, as are files that share less than half
of their columns with the first. Files that cannot be read are refused, or with `skip_bad` left out whole, named and counted.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from belvedere.errors import SourceError
from belvedere.sources.stores import Stored, is_gone
from belvedere.values import counted

ARROW_ERRORS = (
    pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError,
    UnicodeDecodeError,  # damaged names of columns
)  # fmt: skip
ROWS = 65_536  # read at a time
AT_ONCE = 8  # files whose footers are read together
MOST_TOLD = 20
Notes = tuple[str, ...]


@dataclass(frozen=True)
class Shard:
    """One file, and what its footer says."""

    stored: Stored
    schema: pa.Schema
    n_rows: int
    n_bytes: int  # of the values, unpacked


@dataclass(frozen=True)
class Shards:
    """Several files that are one table: the schema that all are read by, and what was decided."""

    files: tuple[Shard, ...]
    schema: pa.Schema
    account: Notes = ()

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(shard.n_rows for shard in self.files)

    @property
    def n_bytes(self) -> int:
        """Bytes of all values, unpacked."""
        return sum(shard.n_bytes for shard in self.files)

    def read(self, rows: int = ROWS) -> Iterator[pa.Table]:
        """Tables of at most `rows` rows, file after file.

        Raises
        ------
        SourceError
            Naming the file that is damaged, was removed meanwhile, or cannot be reached any more.
        """
        for shard in self.files:
            for table in _tables_of(shard, rows):
                yield fit_table(table, self.schema, shard.stored)

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """The rows with these rising numbers, while one batch is held."""
        held, start = [self.schema.empty_table()], 0
        for table in self.read():
            low, high = np.searchsorted(rows, (start, start + table.num_rows))
            if high > low:
                held.append(table.take(pa.array(rows[low:high] - start)))
            start += table.num_rows
        return pa.concat_tables(held)


def open_shards(stored: Sequence[Stored], *, skip_bad: bool = False) -> Shards:
    """Read the footers of files, and find the schema that all are read by.

    Parameters
    ----------
    skip_bad : bool
        Leave out files that cannot be read; each is read once from end to end beforehand, since a page may be damaged
        where the footer is not.

    Raises
    ------
    SourceError
        If a file cannot be read (with `skip_bad`: if none can), or their columns do not belong together.
    """
    with ThreadPoolExecutor(min(AT_ONCE, len(stored))) as pool:
        opened = list(pool.map(lambda one: _try_open(one, whole=skip_bad), stored))
    shards = tuple(shard for shard in opened if isinstance(shard, Shard))
    bad = [error for error in opened if isinstance(error, SourceError)]
    if bad and (not skip_bad or not shards):
        if len(stored) == 1:
            raise bad[0]
        cure = " Or leave such files out: --skip-bad." if shards else f" None of {len(stored):,} files can be read."
        raise SourceError(f"{bad[0]}{cure}")
    schema, notes = common_schema(shards)
    joined = (f"{counted(len(shards), 'Parquet file')} read as one table.",) if len(stored) > 1 else ()
    return Shards(shards, schema, (*joined, *told_bad(bad, len(stored)), *notes))


def told_bad(bad: Sequence[SourceError], n_files: int) -> Notes:
    """A sentence on files that were skipped, and why."""
    if not bad:
        return ()
    reasons = [str(error).split(" Check ")[0].rstrip(".") for error in bad[:MOST_TOLD]]
    more = f"; and {len(bad) - MOST_TOLD:,} more" if len(bad) > MOST_TOLD else ""
    return (f"Skipped {len(bad):,} of {counted(n_files, 'file')}, with all rows in them: {'; '.join(reasons)}{more}.",)


def _try_open(stored: Stored, *, whole: bool) -> Shard | SourceError:
    """What the footer says, or why it cannot be read; with `whole` every page is looked at."""
    try:
        with _opened(stored) as file:
            meta = file.metadata
            n_bytes = sum(meta.row_group(g).total_byte_size for g in range(meta.num_row_groups))
            shard = Shard(stored, file.schema_arrow, meta.num_rows, n_bytes)
            for batch in file.iter_batches(batch_size=ROWS) if whole else ():
                batch.validate(full=True)
    except SourceError as error:
        return error
    return shard


@contextmanager
def _opened(stored: Stored) -> Iterator[Any]:
    """A Parquet file while it is read; what goes wrong meanwhile becomes one sentence."""
    try:
        if stored.system is None:
            with pq.ParquetFile(stored.path, memory_map=True) as file:
                yield file
            return
        with stored.system.open_input_file(stored.path) as handle, pq.ParquetFile(handle, pre_buffer=True) as file:
            yield file
    except ARROW_ERRORS as error:
        raise _why(stored, error) from error


def _why(stored: Stored, error: Exception) -> SourceError:
    if is_gone(stored, error):
        return SourceError(f"{stored.address} must be there until it is read, but is gone. Check the path.")
    if stored.system is not None and isinstance(error, OSError):
        return SourceError(
            f"{stored.address} must be readable to its end, but its store says: {_reason(error)}. "
            "Check network and credentials."
        )
    return damaged(stored.address, "a whole Parquet file", error)


def damaged(path: Any, wanted: str, error: Exception) -> SourceError:
    """The sentence for a file that cannot be read as what it should be."""
    return SourceError(
        f"{path} must be {wanted}, but cannot be read as one ({_reason(error)}). Check or convert the file."
    )


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _tables_of(shard: Shard, rows: int) -> Iterator[pa.Table]:
    with _opened(shard.stored) as file:
        if file.schema_arrow.names != shard.schema.names or file.metadata.num_rows != shard.n_rows:
            raise SourceError(f"{shard.stored.address} must not change while it is read, but did. Begin again.")
        for batch in file.iter_batches(batch_size=rows):
            batch.validate(full=True)  # Parquet keeps text as bytes that may be no UTF-8
            yield pa.Table.from_batches([batch])


# ---------------------------------------------------------------- one schema


def common_schema(shards: Sequence[Shard]) -> tuple[pa.Schema, Notes]:
    """The schema that all files are read by, and what was widened or is missing in some.

    Raises
    ------
    SourceError
        If two files do not belong together; names both and a column.
    """
    first = shards[0]
    if len(shards) == 1:
        return first.schema, ()
    names = _keys(first.schema)
    fields: dict[tuple[str, int], pa.Field] = {}
    holds: dict[tuple[str, int], list[tuple[Shard, str]]] = {}
    for shard in shards:
        keys = _keys(shard.schema)
        _insist_on_kinship(first, shard, names.keys(), keys.keys())
        for key, position in keys.items():
            field = shard.schema.field(position)
            fields[key] = _wider(fields[key], field, (holds[key][0][0], shard)) if key in fields else field
            holds.setdefault(key, []).append((shard, str(field.type)))
    schema = pa.schema([field.with_nullable(True) for field in fields.values()])
    return schema, _told_schema(fields, holds, shards)


def _keys(schema: pa.Schema) -> dict[tuple[str, int], int]:
    """Position of each column by its name and how many columns of that name stand before it."""
    seen: dict[str, int] = {}
    keys = {}
    for position, name in enumerate(schema.names):
        keys[name, seen.get(name, 0)] = position
        seen[name] = seen.get(name, 0) + 1
    return keys


def _insist_on_kinship(first: Shard, other: Shard, wanted: Any, found: Any) -> None:
    """Refuse files that share less than half of their columns."""
    shared = len(wanted & found)
    if 2 * shared >= max(len(wanted), len(found)):
        return
    differing = sorted(name for name, _ in wanted ^ found)
    raise SourceError(
        f"Parquet files read as one table must have the same columns, or most of them, but {other.stored.name} and "
        f"{first.stored.name} share {shared} and differ in {', '.join(differing[:5])}. Choose files that belong together."
    )


def _wider(one: pa.Field, other: pa.Field, files: tuple[Shard, Shard]) -> pa.Field:
    """The field that holds the values of both."""
    if one.type.equals(other.type):
        return one
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in (one.type, other.type)]
    is_mixed = {pa.types.is_binary(kind) or pa.types.is_large_binary(kind) for kind in kinds} == {True, False}
    try:
        if is_mixed and not any(pa.types.is_null(kind) for kind in kinds):
            raise pa.ArrowTypeError("text and bytes")
        schemas = [pa.schema([pa.field("x", kind)]) for kind in kinds]
        return one.with_type(pa.unify_schemas(schemas, promote_options="permissive").field(0).type)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SourceError(
            f"Column {one.name!r} must be of one type in all files, but is {one.type} in {files[0].stored.name} and "
            f"{other.type} in {files[1].stored.name}. Convert one of them, or choose files that belong together."
        ) from error


def _told_schema(
    fields: dict[Any, pa.Field], holds: dict[Any, list[tuple[Shard, str]]], shards: Sequence[Shard]
) -> Notes:
    """A sentence for each column that is missing in some files, or that some hold in a narrower type."""
    told = []
    for key, field in fields.items():
        lacking = _others(shards, [shard for shard, _ in holds[key]])
        kinds = list(dict.fromkeys(kind for _, kind in holds[key]))
        if len(kinds) > 1:
            told.append(f"Column {field.name!r} is {' or '.join(kinds)}, by file; it was read as {field.type}.")
        if lacking:
            told.append(
                f"Column {field.name!r} is missing in {len(lacking):,} of {counted(len(shards), 'file')} (first: "
                f"{lacking[0].stored.name}); it counts as missing in their rows."
            )
    more = (f"{counted(len(told) - MOST_TOLD, 'more such column')}.",) if len(told) > MOST_TOLD else ()
    return (*told[:MOST_TOLD], *more)


def _others(shards: Sequence[Shard], some: list[Shard]) -> list[Shard]:
    if len(some) == len(shards):
        return []
    known = {id(shard) for shard in some}
    return [shard for shard in shards if id(shard) not in known]


def fit_table(table: pa.Table, schema: pa.Schema, stored: Stored) -> pa.Table:
    """A table of one file with the columns and types of all.

    Raises
    ------
    SourceError
        If a value does not fit the wider type; names file and column.
    """
    if table.schema.equals(schema):
        return table
    own = _keys(table.schema)
    columns = []
    for key, position in _keys(schema).items():
        kind = schema.field(position).type
        if key not in own:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, kind)]))
            continue
        try:
            columns.append(table.column(own[key]).cast(kind))
        except ARROW_ERRORS as error:
            raise damaged(f"Column {key[0]!r} of {stored.address}", f"of type {kind}", error) from error
    return pa.Table.from_arrays(columns, schema=schema)
