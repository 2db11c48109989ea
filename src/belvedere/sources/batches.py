"""Data read batch by batch, never held: Parquet files as they are, everything else through the one door and then in slices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.errors import SourceError
from belvedere.sources.open import PARQUET, open_source
from belvedere.sources.parquet import ARROW_ERRORS, Shards, damaged, open_shards
from belvedere.sources.stores import Stored, find_stored, is_address, local_path, match_files
from belvedere.sources.tidy import tidy_table

ROWS = 65_536  # per batch: a multiple of all chunks that networks embed, so that a batch gives what the whole would


@dataclass(frozen=True)
class Batches:
    """Data as tables of `ROWS` rows each, the last one shorter.

    Attributes
    ----------
    name : str
    n_rows : int
    schema : pyarrow.Schema
        Of every table.
    read : callable
        Begins to read, and gives one table after another.
    account : tuple of str
        What reading decided.
    """

    name: str
    n_rows: int
    schema: pa.Schema
    read: Callable[[], Iterator[pa.Table]]
    account: tuple[str, ...] = ()


def open_batches(what: Any, *, keep: Sequence[str] = (), rows: int = ROWS, skip_bad: bool = False) -> Batches:
    """Open anything that `open_source` opens, to be read in batches; Parquet files are not held in memory or copied.

    What is open already is given back as it is.

    Parameters
    ----------
    keep : sequence of str
        Columns that stay columns of their own in a very wide table.
    rows : int
        Of a batch.
    skip_bad : bool
        Leave out files that cannot be read.

    Raises
    ------
    SourceError
        If the data cannot be read, or hold no rows.

    Examples
    --------
    >>> [table.num_rows for table in open_batches({"x": [1, 2, 3]}, rows=2).read()]
    [2, 1]
    """
    if isinstance(what, Batches):
        return what
    files, name = _parquet_files(what)
    if files:
        opened = _of_shards(open_shards(files, skip_bad=skip_bad), name, tuple(keep), rows)
    else:
        opened = _of_source(what, {"keep": list(keep), "skip_bad": skip_bad}, rows)
    if opened.n_rows == 0:
        raise SourceError(f"Data must have at least one row, but {opened.name!r} has none. Choose other data.")
    return opened


def _parquet_files(what: Any) -> tuple[list[Stored], str]:
    """The Parquet files that are meant, if nothing else is, and what the table is called."""
    what = local_path(what)
    if is_address(what):
        files = find_stored(what)
        name = Path(files[0].name).stem if len(files) == 1 else files[0].path.split("/")[-2]
        return (files, name) if all(file.suffix in PARQUET for file in files) else ([], "")
    if not isinstance(what, str | Path) or Path(what).suffix.lower() not in PARQUET:
        return [], ""
    path = Path(what).expanduser()
    found = [path] if path.is_file() else [file for file in match_files(path) if file.is_file()]
    name = path.stem if len(found) == 1 else path.parent.resolve().name
    return [Stored.here(file) for file in found], name


def _of_source(what: Any, options: dict[str, Any], rows: int) -> Batches:
    source = open_source(what, options=options)

    def read() -> Iterator[pa.Table]:
        for start in range(0, source.n_rows, rows):
            yield source.read(start, start + rows)

    return Batches(source.name, source.n_rows, source.table.schema, read, source.account)


def _of_shards(shards: Shards, name: str, keep: tuple[str, ...], rows: int) -> Batches:
    first = next(_raw_batches(shards, rows), shards.schema.empty_table())
    tidied, notes = tidy_table(first, keep=keep)

    def read() -> Iterator[pa.Table]:
        for table in _raw_batches(shards, rows):
            yield _as_first(tidy_table(table, keep=keep)[0], tidied.schema, name)

    return Batches(name, shards.n_rows, tidied.schema, read, (*shards.account, *notes))


def _raw_batches(shards: Shards, rows: int) -> Iterator[pa.Table]:
    """Tables of exactly `rows` rows across files and row groups, the last one shorter."""
    held: list[pa.Table] = []
    n_held = 0
    for table in shards.read(rows):
        held.append(table)
        n_held += table.num_rows
        while n_held >= rows:
            joined = pa.concat_tables(held)
            yield joined.slice(0, rows)
            held, n_held = [joined.slice(rows)], n_held - rows
    if n_held:
        yield pa.concat_tables(held)


def _as_first(table: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    """Give a batch the columns and types of the first one."""
    if table.schema.names != schema.names:
        raise SourceError(
            f"All rows of {name} must have the same columns, but some read as {', '.join(table.schema.names[:8])}. "
            "Write nested columns out as columns of their own."
        )
    try:
        return table.cast(schema)
    except ARROW_ERRORS as error:
        raise damaged(name, "of one type in every column", error) from error
