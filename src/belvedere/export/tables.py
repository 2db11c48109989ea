"""The rows as a table file: the given columns, and beside them what the map says."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page import make_table, write_csv, write_parquet
from belvedere.types import MapContent

WRITERS = {".csv": write_csv, ".parquet": write_parquet}


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
