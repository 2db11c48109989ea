"""A full-text index for maps with much text: SQLite's FTS5 over runs of three letters, built when first needed.

Runs of three letters need no word borders, so Chinese and other unspaced scripts are indexed as well as any. The index
only narrows down which rows can match; whether they do is always decided by `search.scan_words`, so that answers are the
same with and without it. It lies in the map folder as `search.sqlite`, or in a temporary file where that cannot be
written, and may be deleted at any time.
"""

import atexit
import contextlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.serve.search import scan_words, searched_columns
from belvedere.types import MapContent

FILE = "search.sqlite"
MIN_BYTES = 200_000_000  # of text; less is read through in a fraction of a second
ROWS_PER_PART = 20_000
RUN = 3  # letters
MAX_SHARE = 0.3  # of the rows; more candidates are not worth picking out


class TextIndex:
    """The index of one map.

    Parameters
    ----------
    content : MapContent
        The map.
    folder : Path, optional
        The map folder.
    min_bytes : int
        A map with less text is never indexed.
    """

    def __init__(self, content: MapContent, folder: Path | None = None, *, min_bytes: int = MIN_BYTES) -> None:
        self._content, self._folder = content, folder
        self._file: Path | None = None
        self._lock = threading.Lock()
        self._builder: threading.Thread | None = None
        self._is_wanted = text_bytes(content) >= min_bytes

    def find(self, words: list[str]) -> NDArray[np.bool_]:
        """Rows (n,) in which every word occurs; without the index until it is built."""
        candidates = self._candidates(words) if self._is_wanted else None
        if candidates is None or len(candidates) > MAX_SHARE * self._content.n_rows:
            return scan_words(self._content, words)
        found = np.zeros(self._content.n_rows, dtype=bool)
        found[candidates[scan_words(_part(self._content, candidates), words)]] = True
        return found

    def wait(self) -> None:
        """Wait until the index is built."""
        if self._builder is not None:
            self._builder.join()

    def _candidates(self, words: list[str]) -> NDArray[np.int64] | None:
        """Row numbers that hold all runs of three letters of the words; None where the index cannot tell."""
        runs = sorted({word[i : i + RUN] for word in words for i in range(len(word) - RUN + 1)})
        file = self._ready_file()
        if not runs or file is None:
            return None
        quoted = " AND ".join('"' + run.replace('"', '""') + '"' for run in runs)
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_open(file)) as base:
            rows = base.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (quoted,)).fetchall()
            return np.array(rows, dtype=np.int64).reshape(-1)
        return None

    def _ready_file(self) -> Path | None:
        """The file, once it is there; starts building it at the first call."""
        with self._lock:
            if self._file is None and self._builder is None:
                kept = None if self._folder is None else self._folder / FILE
                if kept is not None and _fits(kept, self._content):
                    self._file = kept
                else:
                    self._builder = threading.Thread(target=self._build, daemon=True)
                    self._builder.start()
            return self._file

    def _build(self) -> None:
        with contextlib.suppress(sqlite3.Error, OSError):
            self._file = build_index(self._content, self._folder)


def text_bytes(content: MapContent) -> int:
    """How much text a map holds, roughly."""
    return sum(int(content.rows[name].nbytes) for name in searched_columns(content))


def build_index(content: MapContent, folder: Path | None) -> Path:
    """Write the index beside its place and rename it; into a temporary file where the folder cannot be written."""
    is_kept = folder is not None and os.access(folder, os.W_OK)
    handle, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=folder if is_kept else None)
    os.close(handle)
    beside = Path(name)
    try:
        with contextlib.closing(sqlite3.connect(beside)) as base:
            _fill(base, content)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if not is_kept or folder is None:
        atexit.register(beside.unlink, missing_ok=True)
        return beside
    return beside.replace(folder / FILE)


def _fill(base: sqlite3.Connection, content: MapContent) -> None:
    base.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "CREATE TABLE about (what TEXT);"
        "CREATE VIRTUAL TABLE texts USING fts5 (text, content = '', detail = 'none', tokenize = 'trigram');"
    )
    base.execute("INSERT INTO about VALUES (?)", (_what(content),))
    base.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", enumerate(_texts(content)))
    base.execute("INSERT INTO texts (texts) VALUES ('optimize')")
    base.commit()


def _texts(content: MapContent) -> Iterator[str]:
    """All text of each row, in lines."""
    names = list(searched_columns(content))
    for start in range(0, content.n_rows, ROWS_PER_PART):
        part = content.rows.select(names).slice(start, ROWS_PER_PART)
        columns = [pc.fill_null(pc.cast(column, pa.large_string()), "").to_pylist() for column in part.columns]
        yield from ("\n".join(texts) for texts in zip(*columns, strict=True))


def _what(content: MapContent) -> str:
    """What an index was built from; one of other rows is built anew."""
    columns = ",".join(searched_columns(content))
    return f"1:{content.n_rows}:{content.provenance.get('fingerprint', '')}:{columns}"


def _fits(file: Path, content: MapContent) -> bool:
    if not file.is_file() or file.is_symlink():
        return False
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_open(file)) as base:
        return bool(base.execute("SELECT what FROM about").fetchone() == (_what(content),))
    return False


def _open(file: Path) -> sqlite3.Connection:
    """Open for reading only; what a stranger's file defines is not run."""
    base = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    base.execute("PRAGMA trusted_schema = OFF")
    return base


def _part(content: MapContent, rows: NDArray[np.int64]) -> MapContent:
    """Only the text of some rows, as a map that can be searched."""
    table = content.rows.select(list(searched_columns(content))).take(pa.array(rows))
    return MapContent(content.name, content.schema, table, np.zeros((len(rows), 2), np.float32))
