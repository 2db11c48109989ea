"""The rows as a table file: the given columns, and beside them what the map says."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page import make_table, write_csv, write_parquet
from belvedere.types import MapContent
from belvedere.values import repeating

WRITERS = {".csv": write_csv, ".parquet": write_parquet}
STREAMS: dict[str, Callable[[str, pa.Schema], Any]] = {
    ".parquet": lambda path, schema: pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=repeating(schema)
    ),
    ".arrow": lambda path, schema: pa.ipc.new_file(path, schema),
}


def write_table(content: MapContent, path: str | os.PathLike[str], rows: NDArray[Any] | None = None) -> Path:
    """Write rows with their places, regions and predictions.

    Parameters
    ----------
    content : MapContent
        The map.
    path : path-like
        Where to; ends in .csv (cells that a spreadsheet would run as formulas are disarmed) or .parquet.
    rows : integer array, optional
        Row numbers to write, in this order; all where not given.

    Returns
    -------
    pathlib.Path
        The file, written beside and renamed.

    Raises
    ------
    SettingError
        Where the ending is another.
    """
    return write_rows(make_table(content, rows), path)


def write_stream(tables: Iterator[pa.Table], path: str | os.PathLike[str]) -> Path:
    """Write tables of one schema one after another, beside and renamed; only .csv holds them all at once.

    Raises
    ------
    SettingError
        If the ending is none of .parquet, .arrow and .csv.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return write_rows(pa.concat_tables(tables), path)
    if path.suffix.lower() not in STREAMS:
        raise SettingError(f"Placed rows must go to .parquet, .arrow or .csv, but {path.name!r} was given.")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        first = next(tables)
        with STREAMS[path.suffix.lower()](str(beside), first.schema) as writer, ThreadPoolExecutor(1) as hand:
            written = hand.submit(writer.write_table, first)
            for table in tables:  # the next one is made while this one is packed and written
                written.result()
                written = hand.submit(writer.write_table, table.cast(first.schema))
            written.result()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def write_rows(table: pa.Table, path: str | os.PathLike[str]) -> Path:
    """Write any table, beside and renamed, by the ending of the path.

    Raises
    ------
    SettingError
        Where the ending is neither .csv nor .parquet.
    """
    path = Path(path)
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise SettingError(f"A table must end in .csv or .parquet, but is {path.name!r}. Change its ending.")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        with beside.open("wb") as sink:
            write(table, sink)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
