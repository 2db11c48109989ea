"""Data read batch by batch, never held: Parquet files as they are, everything else through the one door and then in slices."""

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.errors import SourceError
from belvedere.sources.open import open_source
from belvedere.sources.tables import ARROW_ERRORS, common_schema, damaged, open_parquet
from belvedere.sources.tidy import tidy_table
from belvedere.values import counted

ROWS = 65_536  # per batch: a multiple of all chunks that networks embed, so that a batch gives what the whole would
PARQUET = (".parquet", ".pq")


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


def open_batches(what: Any, *, keep: Sequence[str] = (), rows: int = ROWS) -> Batches:
    """Open anything that `open_source` opens, to be read in batches; Parquet files are not held in memory or copied.

    Parameters
    ----------
    keep : sequence of str
        Columns that stay columns of their own in a very wide table.
    rows : int
        Of a batch.

    Raises
    ------
    SourceError
        If the data cannot be read, or hold no rows.

    Examples
    --------
    >>> [table.num_rows for table in open_batches({"x": [1, 2, 3]}, rows=2).read()]
    [2, 1]
    """
    paths = _parquet_files(what)
    opened = _of_parquets(paths, tuple(keep), rows) if paths else _of_source(what, tuple(keep), rows)
    if opened.n_rows == 0:
        raise SourceError(f"Data must have at least one row, but {opened.name!r} has none. Choose other data.")
    return opened


def _parquet_files(what: Any) -> list[Path]:
    """The Parquet files that are meant, if nothing else is."""
    if not isinstance(what, str | Path):
        return []
    path = Path(what).expanduser()
    if path.suffix.lower() not in PARQUET:
        return []
    if path.is_file():
        return [path]
    return sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute patterns


def _of_source(what: Any, keep: tuple[str, ...], rows: int) -> Batches:
    source = open_source(what, options={"keep": list(keep)})

    def read() -> Iterator[pa.Table]:
        for start in range(0, source.n_rows, rows):
            yield source.read(start, start + rows)

    return Batches(source.name, source.n_rows, source.table.schema, read, source.account)


def _of_parquets(paths: list[Path], keep: tuple[str, ...], rows: int) -> Batches:
    files = [open_parquet(path) for path in paths]
    raw = common_schema(files, paths)
    n_rows = sum(file.metadata.num_rows for file in files)
    first = next(_raw_batches(files, paths, raw, rows), raw.empty_table())
    tidied, notes = tidy_table(first, keep=keep)
    joined = (f"{counted(len(paths), 'Parquet file')} read as one table.",) if len(paths) > 1 else ()

    def read() -> Iterator[pa.Table]:
        for table in _raw_batches(files, paths, raw, rows):
            yield _as_first(tidy_table(table, keep=keep)[0], tidied.schema, paths[0])

    name = paths[0].stem if len(paths) == 1 else paths[0].parent.resolve().name
    return Batches(name, n_rows, tidied.schema, read, (*joined, *notes))


def _raw_batches(files: list[Any], paths: list[Path], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    """Tables of exactly `rows` rows across files and row groups, the last one shorter."""
    held: list[pa.Table] = []
    n_held = 0
    for file, path in zip(files, paths, strict=True):
        for table in _tables_of(file, path, schema, rows):
            held.append(table)
            n_held += table.num_rows
            while n_held >= rows:
                joined = pa.concat_tables(held)
                yield joined.slice(0, rows)
                held, n_held = [joined.slice(rows)], n_held - rows
    if n_held:
        yield pa.concat_tables(held)


def _tables_of(file: Any, path: Path, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    try:
        for batch in file.iter_batches(batch_size=rows):
            yield pa.Table.from_batches([batch]).cast(schema)
    except ARROW_ERRORS as error:
        raise damaged(path, "a whole Parquet file", error) from error


def _as_first(table: pa.Table, schema: pa.Schema, path: Path) -> pa.Table:
    """Give a batch the columns and types of the first one."""
    if table.schema.names != schema.names:
        raise SourceError(
            f"All rows of {path} must have the same columns, but some read as {', '.join(table.schema.names[:8])}. "
            "Write nested columns out as columns of their own."
        )
    try:
        return table.cast(schema)
    except ARROW_ERRORS as error:
        raise damaged(path, "of one type in every column", error) from error
