"""SQLite files (standard library) and DuckDB files or queries (extra `sql`)."""

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.errors import SourceError, missing_extra
from belvedere.sources.columns import table_of_columns
from belvedere.sources.opened import Opened, Wish, chosen_part

DUCKDB_TABLES = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"
QUERY = re.compile(r"\s*(select|with|from|values|pivot|describe)\b", re.IGNORECASE)


def is_query(what: str) -> bool:
    """Tell SQL from a file name.

    Examples
    --------
    >>> is_query("SELECT * FROM 'a.parquet'"), is_query("from_scratch.csv")
    (True, False)
    """
    return bool(QUERY.match(what)) and " " in what.strip()


def read_sqlite(path: Path, wish: Wish) -> Opened:
    """Read one table of a SQLite file, or the rows of a query; the file is opened read-only.

    Raises
    ------
    SourceError
        If it is no SQLite file, the table does not exist, or the query fails.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            return _read_rows(database, path, wish)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # names in a damaged schema need not be text
        raise SourceError(
            f"{path} must be a SQLite database that answers, but is not ({error}). Check file and query."
        ) from error


def _read_rows(database: sqlite3.Connection, path: Path, wish: Wish) -> Opened:
    query, name = wish.options.get("query") or (wish.part if is_query(wish.part) else ""), path.stem
    if not query:
        found = database.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        )
        name = chosen_part(wish.part, sorted(row[0] for row in found), "table", str(path))
        query = 'SELECT * FROM "{}"'.format(name.replace('"', '""'))
    cursor = database.execute(query)
    names = [description[0] for description in cursor.description or ()]
    rows = cursor.fetchall()
    columns: Any = zip(*rows, strict=True) if rows else [[] for _ in names]
    table, account = table_of_columns(names, [list(column) for column in columns])
    return Opened(name, table, account)


def read_duckdb(path: Path, wish: Wish) -> Opened:
    """Read one table of a DuckDB file, or the rows of a query in it; the file is opened read-only."""
    return _read_duckdb(str(path), wish, name=path.stem)


def read_query(query: str, wish: Wish) -> Opened:
    """Read the rows of a DuckDB query over files, for instance ``SELECT * FROM 'a.parquet' JOIN 'b.csv' USING (id)``."""
    return _read_duckdb(":memory:", Wish(query, wish.scratch, wish.options), name="query")


def _read_duckdb(address: str, wish: Wish, *, name: str) -> Opened:
    try:
        import duckdb
    except ImportError as error:
        raise missing_extra("duckdb", "sql", "Reading DuckDB") from error
    try:
        with duckdb.connect(address, read_only=address != ":memory:") as database:
            database.execute("SET autoinstall_known_extensions = false")  # nothing is fetched from elsewhere
            query = wish.options.get("query") or (wish.part if is_query(wish.part) else "")
            if not query:
                tables = [row[0] for row in database.execute(DUCKDB_TABLES).fetchall()]
                name = chosen_part(wish.part, sorted(tables), "table", address)
                query = 'SELECT * FROM "{}"'.format(name.replace('"', '""'))
            relation = database.sql(query)
            answer = relation.to_arrow_table() if relation is not None else pa.table({})
    except duckdb.Error as error:
        reason = str(error).splitlines()[0][:300]
        raise SourceError(
            f"The DuckDB query or file must work, but does not ({reason}). Check it in DuckDB."
        ) from error
    return Opened(name, answer)
