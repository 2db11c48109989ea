"""Parquet, Arrow, JSON and Excel files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.errors import SourceError, missing_extra
from belvedere.sources.columns import table_of_columns, table_of_records
from belvedere.sources.encodings import chunks_of, find_encoding, open_bytes
from belvedere.sources.naming import clean_names
from belvedere.sources.opened import Opened, Wish, chosen_part, sample_rows
from belvedere.sources.parquet import ARROW_ERRORS, damaged, open_shards
from belvedere.sources.sniff import sniff_form
from belvedere.sources.stores import Stored
from belvedere.sources.stream import stream_to_disk
from belvedere.values import counted


def read_parquet(path: Path, wish: Wish) -> Opened:
    """Read one Parquet file; a large one is streamed into an Arrow file on disk and memory-mapped."""
    return read_parquets([Stored.here(path)], path.stem, wish)


def read_parquets(stored: Sequence[Stored], name: str, wish: Wish) -> Opened:
    """Read Parquet files as one table, in the order given; of a sample only its rows are held.

    Raises
    ------
    SourceError
        If a file is damaged, or two files do not belong together.
    """
    shards = open_shards(stored, skip_bad=bool(wish.options.get("skip_bad")))
    if shards.n_bytes <= wish.large_bytes:
        return Opened(name, pa.concat_tables([shards.schema.empty_table(), *shards.read()]), shards.account)
    if wish.sample is not None and 1 <= wish.sample < shards.n_rows:
        rows, told = sample_rows(shards.n_rows, wish.sample, wish.seed)
        return Opened(name, shards.take(rows), (*shards.account, told))
    batches = (batch for table in shards.read() for batch in table.to_batches())
    table = stream_to_disk(batches, shards.schema, wish.scratch)
    return Opened(name, table, (*shards.account, "The data are large: rows lie on disk and are mapped into memory."))


def read_arrow(path: Path, wish: Wish) -> Opened:
    """Map an Arrow or Feather file into memory (file or stream format).

    Raises
    ------
    SourceError
        If the file is damaged.
    """
    try:
        with path.open("rb") as stream:
            is_file = stream.read(6) == b"ARROW1"
        mapped = pa.memory_map(str(path))
        table = pa.ipc.open_file(mapped).read_all() if is_file else pa.ipc.open_stream(mapped).read_all()
        table.validate(full=True)  # offsets and text too: Arrow trusts them, and a damaged one ends the process
    except ARROW_ERRORS as error:
        raise damaged(path, "a whole Arrow file", error) from error
    return Opened(path.stem, table)


def read_json(path: Path, wish: Wish) -> Opened:
    """Read JSON: one object per line, a list of objects, or an object of lists.

    Raises
    ------
    SourceError
        If the text is no JSON, or holds no rows.
    """
    text = _text_of(path, wish)
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise SourceError(
            f"{path} must be JSON of ordinary depth, but is nested too deep. Flatten it first."
        ) from error
    except ValueError:
        return _read_lines(path, text)
    if isinstance(found, dict):
        found = _rows_inside(found, path, wish)
    if isinstance(found, list):
        table, account = _table_of_list(found)
        return Opened(path.stem, table, account)
    raise SourceError(f"{path} must hold rows, but holds a single value. Choose a list of objects.")


def _text_of(path: Path, wish: Wish) -> str:
    data = b"".join(chunks_of(path))
    encoding = wish.options.get("encoding") or find_encoding(data[: 1 << 18], [data])
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def _read_lines(path: Path, text: str) -> Opened:
    """One JSON value per line; lines that are none are counted."""
    rows, broken = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            broken.append(number)
    if not rows or len(broken) > len(rows):
        raise SourceError(
            f"{path} must be JSON (one value, or one per line), but line {broken[0] if broken else 1} is not. "
            "Check the file, or name it .csv or .txt if it is one."
        )
    table, account = _table_of_list(rows)
    lost = (
        (f"{counted(len(broken), 'line')} are no JSON and were left out (first: line {broken[0]:,}).",)
        if broken
        else ()
    )
    return Opened(path.stem.removesuffix(".jsonl"), table, (*lost, *account))


def _rows_inside(found: dict[str, Any], path: Path, wish: Wish) -> list[Any]:
    """Find the rows in an object: equal lists are columns; else the one list of objects; else it is one row."""
    lists = {key: value for key, value in found.items() if isinstance(value, list)}
    if lists and len(lists) == len(found) and len({len(value) for value in lists.values()}) == 1:
        flat = all(not isinstance(item, dict) for value in lists.values() for item in value[:5])
        if flat:
            return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    tables = [key for key, value in lists.items() if value and isinstance(value[0], dict)]
    if not tables:
        return [found]
    return list(lists[chosen_part(wish.part, tables, "list of rows", str(path))])


def _table_of_list(rows: list[Any]) -> tuple[pa.Table, tuple[str, ...]]:
    if not rows:
        return pa.table({}), ()
    if all(isinstance(row, dict) for row in rows):
        return table_of_records(rows)
    if all(isinstance(row, list) for row in rows) and len({len(row) for row in rows}) == 1 and len(rows[0]) <= 1000:
        columns = list(zip(*rows, strict=True))
        return table_of_columns([f"column {position + 1}" for position in range(len(columns))], columns)
    if all(isinstance(row, (str, list)) for row in rows):
        return table_of_columns(["text" if isinstance(rows[0], str) else "values"], [rows])
    return table_of_columns(["value"], [rows])


def read_excel(path: Path, wish: Wish) -> Opened:
    """Read one sheet of an Excel or OpenDocument workbook (extra `excel`); `file.xlsx::Sheet` chooses.

    Raises
    ------
    MissingExtraError
        If `python-calamine` is not installed.
    SourceError
        If the workbook is damaged or the sheet does not exist.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise missing_extra("python-calamine", "excel", "Reading Excel") from error
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise damaged(path, "a whole Excel workbook", error) from error
    filled = [name for name, rows in sheets.items() if rows]
    sheet = chosen_part(wish.part, filled, "sheet with rows", str(path))
    table, account = _table_of_sheet(sheets[sheet], wish)
    told = (f"Sheet {sheet!r} was read.",) if len(sheets) > 1 else ()
    return Opened(path.stem if len(filled) == 1 else f"{path.stem} {sheet}", table, (*told, *account))


def _table_of_sheet(rows: list[list[Any]], wish: Wish) -> tuple[pa.Table, tuple[str, ...]]:
    """Find preamble and header of a sheet the way a CSV file's are found."""
    shown = "\n".join("\t".join(_one_line(cell) for cell in row) for row in rows[:500])
    form = sniff_form(shown, {**wish.options, "delimiter": "\t", "quote": ""}, whole=True)
    body = rows[form.skip + form.header :]
    width = max(len(row) for row in rows)
    names = list(rows[form.skip]) if form.header else []
    names, naming = clean_names([*names, *[""] * (width - len(names))]) if form.header else clean_names([""] * width)
    cells = [[None if row[position] == "" else row[position] for row in body] for position in range(width)]
    table, account = table_of_columns(names, cells)
    skipped = (f"{counted(form.skip, 'row')} before the table were skipped.",) if form.skip else ()
    return table, (*skipped, *(naming if form.header else ()), *account)


def _one_line(cell: Any) -> str:
    return str(cell).replace("\n", " ").replace("\t", " ")


def is_json_text(path: Path) -> bool:
    """Tell whether a file without a telling name begins like JSON."""
    with open_bytes(path) as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[")
