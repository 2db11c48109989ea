"""The door for data: anything a person points at becomes a `Source`. READERS is the visible table of readers."""

import lzma
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.errors import SourceError, nearest_names
from belvedere.pictures import SUFFIXES
from belvedere.sources.arrays import is_array, is_bunch, read_array, read_bunch, read_npy, read_npz
from belvedere.sources.csv import read_csv
from belvedere.sources.fingerprint import fingerprint_table
from belvedere.sources.folders import read_folder
from belvedere.sources.frames import is_frame, read_frame
from belvedere.sources.opened import Opened, Wish, check_options, sample_rows
from belvedere.sources.parquet import told_bad
from belvedere.sources.samples import is_sample, read_sample
from belvedere.sources.sql import is_query, read_duckdb, read_query, read_sqlite
from belvedere.sources.stores import Stored, fetched, find_stored, is_address, local_path, match_files
from belvedere.sources.tables import is_json_text, read_arrow, read_excel, read_json, read_parquet, read_parquets
from belvedere.sources.tidy import tidy_table
from belvedere.types import Source
from belvedere.values import counted


@dataclass(frozen=True)
class Reader:
    """One family of files: the suffixes it is known by, the bytes it begins with, and its function."""

    suffixes: tuple[str, ...]
    read: Callable[[Path, Wish], Opened]
    magic: bytes = b""


READERS: Mapping[str, Reader] = {
    "Parquet": Reader((".parquet", ".pq"), read_parquet, b"PAR1"),
    "Arrow": Reader((".arrow", ".feather", ".ipc", ".arrows"), read_arrow, b"ARROW1"),
    "JSON": Reader((".json", ".jsonl", ".ndjson"), read_json),
    "Excel": Reader((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), read_excel),
    "SQLite": Reader((".sqlite", ".sqlite3", ".db", ".db3"), read_sqlite, b"SQLite format 3\0"),
    "DuckDB": Reader((".duckdb", ".ddb"), read_duckdb),
    "NumPy": Reader((".npy",), read_npy, b"\x93NUMPY"),
    "NumPy bundle": Reader((".npz",), read_npz),
    "CSV": Reader((".csv", ".tsv", ".tab", ".txt", ".dat", ".data"), read_csv),
}
PACKED = (".gz", ".bz2", ".xz")
PARQUET = (".parquet", ".pq")


def open_source(
    what: Any,
    *,
    scratch: str | Path | None = None,
    sample: int | None = None,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Source:
    """Open anything a person points at as one table.

    Parameters
    ----------
    what : path, str, frame, array or table
        A file, folder, glob (`"part-*.parquet"`), address in a store (`"s3://bucket/part-*.parquet"`), part of a file
        (`"data.sqlite::table"`, `"book.xlsx::Sheet"`, `"sets.npz::NAME"`), DuckDB query, pandas or Polars frame, Arrow
        table, dictionary of columns, list of records, NumPy array, `(X, y)`, tensor, sparse matrix, or scikit-learn Bunch.
    scratch : path or None
        Folder where an Arrow file is written when the data are larger than memory allows.
    sample : int or None
        Draw so many rows, by `seed`; the order of rows is kept.
    seed : int
        Of the sample.
    options : mapping or None
        For the reader, see `belvedere.sources.opened.OPTIONS`.

    Returns
    -------
    Source
        Its `account` tells everything that reading decided, dropped, padded, coerced or sampled.

    Raises
    ------
    SourceError
        If the data cannot be found, read or understood.

    Examples
    --------
    >>> source = open_source({"age": [31, 45], "city": ["Ulm", "Bari"]})
    >>> source.n_rows, source.table.column_names
    (2, ['age', 'city'])
    """
    if isinstance(what, Source):
        return what
    check_options(options or {})
    part, place = _split_address(local_path(what))
    wish = Wish(part, Path(scratch) if scratch is not None else None, dict(options or {}), sample, seed)
    opened = _read(place, wish)
    table, notes = tidy_table(opened.table, keep=tuple(wish.options.get("keep", ())))
    table, sampled = _draw_sample(table, sample, seed)
    if table.num_columns == 0:
        raise SourceError(f"Data must have at least one column, but {opened.name!r} has none. Choose other data.")
    return Source(opened.name, table, fingerprint_table(table), (*opened.account, *notes, *sampled))


def _split_address(what: Any) -> tuple[str, Any]:
    """Cut `file::part`; a query stays whole."""
    if not isinstance(what, str) or is_query(what):
        return "", what
    address, _, part = what.partition("::")
    return part, address


def _read(what: Any, wish: Wish) -> Opened:
    if isinstance(what, str) and is_query(what):
        return read_query(what, wish)
    if is_sample(what):
        return read_sample(what, wish)
    if isinstance(what, (str, Path)):
        return _read_stored(str(what), wish) if is_address(what) else _read_path(Path(what).expanduser(), wish)
    if is_bunch(what):
        return read_bunch(what, wish)
    if is_frame(what):
        return read_frame(what, wish)
    if is_array(what):
        return read_array(what, wish)
    raise SourceError(
        f"Data must be a file, folder, table or array, but a {type(what).__name__} was given. "
        "Give a path, a pandas, Polars or Arrow table, a NumPy array, or a dictionary of columns."
    )


def _read_path(path: Path, wish: Wish) -> Opened:
    if any(sign in path.name for sign in "*?[") and not path.exists():
        return _read_glob(path, wish)
    try:
        found = path.exists()
    except (OSError, ValueError):
        found = False
    if not found:
        raise _not_found(path)
    try:
        if path.is_dir():
            return read_folder(path, wish)
        if path.stat().st_size == 0:
            raise SourceError(f"{path} must hold data, but is empty (0 bytes). Choose another file.")
        return find_reader(path).read(path, wish)
    except PermissionError as error:
        raise SourceError(
            f"{path} must be readable, but is not (permission denied). Change its permissions."
        ) from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(
            f"{path} must be readable, but reading failed ({error}). Check the disk and the file."
        ) from error


def _read_glob(path: Path, wish: Wish) -> Opened:
    files = match_files(path)
    if not files:
        raise _not_found(path)
    if all(file.suffix.lower() in PARQUET for file in files):
        return read_parquets([Stored.here(file) for file in files], path.parent.resolve().name, wish)
    tables, bad = _read_each(files, wish)
    names = tables[0].table.column_names
    if any(opened.table.column_names != names for opened in tables):
        raise SourceError(
            f"Files read as one table must have the same columns, but those of {path} differ. Choose fewer."
        )
    table = pa.concat_tables([opened.table for opened in tables], promote_options="permissive")
    account = tuple(dict.fromkeys(note for opened in tables for note in opened.account))
    joined = f"{counted(len(tables), 'file')} read as one table."
    return Opened(path.parent.resolve().name, table, (joined, *told_bad(bad, len(files)), *account))


def _read_each(files: list[Path], wish: Wish) -> tuple[list[Opened], list[SourceError]]:
    """Read files of any type; where bad ones are to be skipped, with why they were."""
    tables, bad = [], []
    for file in files:
        try:
            tables.append(_read_path(file, wish))
        except SourceError as error:
            if not wish.options.get("skip_bad"):
                raise
            bad.append(error)
    if not tables:
        raise bad[0]
    return tables, bad


def _read_stored(address: str, wish: Wish) -> Opened:
    """Read from a store: Parquet where it lies, one file of another type from a copy here."""
    files = find_stored(address)
    if all(file.suffix in PARQUET for file in files):
        one = len(files) == 1
        return read_parquets(files, files[0].name.split(".")[0] if one else files[0].path.split("/")[-2], wish)
    if len(files) > 1:
        raise SourceError(f"Several files in a store must be Parquet, but those of {address} are not. Choose one.")
    with fetched(files[0]) as path:
        return _read_path(path, wish)


def _not_found(path: Path) -> SourceError:
    folder = path.parent
    if not folder.is_dir():
        return SourceError(f"The file {path} must exist, but its folder {folder} does not. Check the path.")
    names = sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
    return SourceError(f"The file {path} must exist, but does not. {nearest_names(path.name, names)}")


def find_reader(path: Path) -> Reader:
    """Find the reader of a file by its suffix, else by its first bytes.

    Raises
    ------
    SourceError
        If it is an image, a pickle, or bytes that no reader knows.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] in PACKED else (suffixes[-1:] or [""])[0]
    with path.open("rb") as stream:
        head = stream.read(4096)
    by_magic = [reader for reader in READERS.values() if reader.magic and head.startswith(reader.magic)]
    if by_magic:
        return by_magic[0]
    if head[8:12] == b"DUCK":
        return READERS["DuckDB"]
    for reader in READERS.values():
        if suffix in reader.suffixes:
            return reader
    return _reader_by_content(path, suffix, head)


def _reader_by_content(path: Path, suffix: str, head: bytes) -> Reader:
    if suffix in SUFFIXES:
        raise SourceError(
            f"Images must come as a folder of many, but {path} is one image. Give the folder {path.parent}."
        )
    if suffix in (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".rds"):
        raise SourceError(
            f"{path} must not be a pickle: opening one can run anything. Save it as Parquet, CSV or .npz."
        )
    if head.count(0) > len(head) // 10 and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        known = ", ".join(suffix for reader in READERS.values() for suffix in reader.suffixes[:1])
        raise SourceError(f"{path} must be of a known type, but its bytes are not. Known: {known}, and folders.")
    return READERS["JSON"] if is_json_text(path) else READERS["CSV"]


def _draw_sample(table: pa.Table, sample: int | None, seed: int) -> tuple[pa.Table, tuple[str, ...]]:
    """Draw rows without replacement, keeping their order."""
    if sample is None or sample >= table.num_rows:
        return table, ()
    if sample < 1:
        raise SourceError(f"A sample must have at least 1 row, but {sample} were asked for. Ask for more.")
    rows, told = sample_rows(table.num_rows, sample, seed)
    return table.take(pa.array(rows)), (told,)
