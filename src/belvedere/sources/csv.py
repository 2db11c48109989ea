"""CSV and TSV files: looked at first, then read with explicit options; nothing is lost without a sentence."""

import codecs
import csv as stdlib_csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from belvedere.errors import SettingError, SourceError
from belvedere.sources.casting import MISSING_WORDS, cast_comma_numbers, type_strings
from belvedere.sources.encodings import chunks_of, count_marks, find_encoding, open_bytes, utf8_chunks
from belvedere.sources.mend import EXTRA, Account, mend_records
from belvedere.sources.naming import clean_names
from belvedere.sources.opened import Opened, Wish
from belvedere.sources.sniff import Form, sniff_form
from belvedere.values import counted

HEAD_BYTES = 1 << 18
BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Text:
    """A text file: where, in which encoding, and how many quotes, blank lines and bytes it has."""

    path: Path
    encoding: str
    quotes: int
    blank: int
    n_bytes: int


def read_csv(path: Path, wish: Wish) -> Opened:
    """Read a CSV or TSV file.

    Raises
    ------
    SourceError
        If the file is empty or is not text.
    SettingError
        If the given encoding does not exist.
    """
    text = _look(path, wish)
    head = _decode_head(text)
    form = sniff_form(head, wish.options, whole=text.n_bytes <= HEAD_BYTES)
    if not form.names:
        raise SourceError(f"{path} must hold rows, but holds none. Choose another file.")
    names, naming = clean_names(form.names) if form.header else (_numbered(len(form.names)), ())
    form = replace(form, names=tuple(names))
    table, account = _read_large(text, form, wish) if text.n_bytes > wish.large_bytes else _read_whole(text, form)
    told = f"Read as {text.encoding.removesuffix('-sig').upper()} text: {form.in_words()}."
    return Opened(_stem(path), table, (told, *_preamble_note(form), *naming, *account))


def _look(path: Path, wish: Wish) -> Text:
    """Pass once over the bytes: encoding, number of quotes, size."""
    with open_bytes(path) as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\0\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise SourceError(f"{path} must hold data, but is empty. Choose another file.")
    encoding = wish.options.get("encoding") or find_encoding(head, chunks_of(path))
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise SettingError(
            f"The encoding must be one that Python knows, but {encoding!r} is not. Try 'utf-8', 'gb18030' or 'latin-1'."
        ) from error
    quotes, blank, n_bytes = count_marks(utf8_chunks(path, encoding))
    return Text(path, encoding, quotes, blank, n_bytes)


def _decode_head(text: Text) -> str:
    with open_bytes(text.path) as stream:
        return codecs.getincrementaldecoder(text.encoding)("replace").decode(stream.read(HEAD_BYTES))


def _numbered(width: int) -> list[str]:
    return [f"column {position + 1}" for position in range(width)]


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (".gz", ".bz2", ".xz", ".csv", ".tsv", ".txt", ".tab", ".dat"):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) and len(name) > len(suffix) else name
    return name


def _preamble_note(form: Form) -> tuple[str, ...]:
    return (f"Skipped {counted(form.skip, 'line')} before the table.",) if form.skip else ()


def _read_whole(text: Text, form: Form) -> tuple[pa.Table, tuple[str, ...]]:
    """Read a file that fits in memory: by Arrow where it is regular, record by record where it is not."""
    odd_rows: list[Any] = []
    regular = text.quotes % 2 == 0 and form.quote in ("", '"') and not form.skips_blanks and len(form.delimiter) == 1
    if regular:
        table = _read_regular(text, form, odd_rows)
        if table is not None and not odd_rows and not _swallowed(table, form) and not _has_broken_text(table):
            table, notes = _finish(table, form)
            return table, _blank_note(text, form) + notes
    return _read_mended(text, form)


def _read_regular(text: Text, form: Form, odd_rows: list[Any]) -> pa.Table | None:
    """Read by Arrow; rows of another width land in `odd_rows`. None where Arrow gives up."""

    def keep_row(row: Any) -> str:
        odd_rows.append(row)
        return "skip"

    try:
        with open_bytes(text.path) as stream:
            return pa_csv.read_csv(
                stream,
                read_options=pa_csv.ReadOptions(
                    column_names=list(form.names),
                    skip_rows=form.skip + form.header,
                    encoding=text.encoding.removesuffix("-sig"),
                    block_size=1 << 24,
                ),
                parse_options=_parse_options(text, form, keep_row),
                convert_options=_convert_options(form),
            )
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeError, pa.ArrowNotImplementedError):
        return None


def _parse_options(text: Text, form: Form, keep_row: Any) -> pa_csv.ParseOptions:
    return pa_csv.ParseOptions(
        delimiter=form.delimiter,
        quote_char=form.quote or False,
        newlines_in_values=text.quotes > 0,
        escape_char=form.escape or False,
        double_quote=not form.escape,
        ignore_empty_lines=len(form.names) > 1,
        invalid_row_handler=keep_row,
    )


def _convert_options(form: Form) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(
        null_values=MISSING_WORDS.to_pylist(),
        decimal_point=form.decimal,
        column_types={form.names[position]: pa.string() for position in form.codes if position < len(form.names)},
    )


def _has_broken_text(table: pa.Table) -> bool:
    """Whether Arrow met bytes that are no UTF-8, which it keeps as raw bytes."""
    return any(pa.types.is_binary(column.type) for column in table.columns)


def _swallowed(table: pa.Table, form: Form) -> bool:
    """Tell whether a stray quote may have swallowed whole rows into one cell: line breaks and delimiters in it."""
    texts = [column for column in table.columns if pa.types.is_string(column.type) and len(column)]
    return any(_may_hold_rows(column, form.delimiter, len(form.names) - 1) for column in texts)


def _may_hold_rows(column: pa.ChunkedArray, delimiter: str, n_delimiters: int) -> bool:
    broken = column.filter(pa.compute.match_substring(column, "\n"))
    return bool(
        pa.compute.any(pa.compute.greater_equal(pa.compute.count_substring(broken, delimiter), n_delimiters)).as_py()
    )


def _finish(table: pa.Table, form: Form) -> tuple[pa.Table, tuple[str, ...]]:
    """Turn empty cells of text columns into missing ones, and say how many number cells were read as missing."""
    columns = [cast_comma_numbers(_empty_to_null(column), form.decimal) for column in table.columns]
    numeric = [
        n
        for n, c in zip(table.column_names, columns, strict=True)
        if c.null_count and pa.types.is_floating(c.type) | pa.types.is_integer(c.type)
    ]
    cells = sum(table[name].null_count for name in numeric)
    note = (
        f"In columns of numbers, {counted(cells, 'cell')} left empty or saying NA, NaN, null or None count as missing."
    )
    return pa.Table.from_arrays(columns, names=table.column_names), (note,) if cells else ()


def _empty_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type) or len(column) == 0:
        return column
    empty = pa.compute.equal(column, "")
    if not pa.compute.any(empty).as_py():
        return column
    return pa.compute.if_else(empty, pa.scalar(None, column.type), column)


def _blank_note(text: Text, form: Form) -> tuple[str, ...]:
    """Blank lines between rows; those of the preamble are told with it."""
    if len(form.names) < 2 or not text.blank or form.skip:
        return ()
    return (f"Skipped {counted(text.blank, 'blank line')}.",)


def _read_mended(text: Text, form: Form) -> tuple[pa.Table, tuple[str, ...]]:
    """Read record by record, then type the columns."""
    account = Account()
    batches = list(_string_batches(text, form, account))
    strings = pa.Table.from_batches(batches, _string_schema(form))
    if not account.long:
        strings = strings.drop_columns([EXTRA])
    table, notes = type_strings(
        strings, decimal=form.decimal, codes={form.names[i] for i in form.codes if i < len(form.names)}
    )
    return table, account.sentences() + _broken_note(text) + notes


def _broken_note(text: Text) -> tuple[str, ...]:
    """Count the bytes that the encoding does not know."""
    decoder = codecs.getincrementaldecoder(text.encoding)("replace")
    broken = sum(decoder.decode(chunk).count("\ufffd") for chunk in chunks_of(text.path))
    return (
        (f"{counted(broken, 'character')} could not be read as {text.encoding} and became '\ufffd'.",) if broken else ()
    )


def _string_schema(form: Form) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in [*form.names, EXTRA]])


def _string_batches(text: Text, form: Form, account: Account) -> Iterator[pa.RecordBatch]:
    rows: list[list[str]] = []
    for record in mend_records(_lines(text, form), form, account):
        rows.append(record)
        if len(rows) == BATCH_ROWS:
            yield _batch(rows, form)
            rows = []
    if rows:
        yield _batch(rows, form)


def _batch(rows: list[list[str]], form: Form) -> pa.RecordBatch:
    columns = [pa.array([cell or None for cell in cells], pa.string()) for cells in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=_string_schema(form))


def _lines(text: Text, form: Form) -> Iterator[str]:
    """Lines of the table without line ends, preamble left out."""
    with open_bytes(text.path) as raw:
        stream = io.TextIOWrapper(raw, encoding=text.encoding, errors="replace", newline=None)
        for number, line in enumerate(stream):
            if number >= form.skip:
                yield line.removesuffix("\n")


def _read_large(text: Text, form: Form, wish: Wish) -> tuple[pa.Table, tuple[str, ...]]:
    """Read a file that is too large for memory: text to disk first, then typed batch by batch, also to disk."""
    from belvedere.sources.stream import stream_to_disk

    account = Account()
    strings = stream_to_disk(_string_batches(text, form, account), _string_schema(form), wish.scratch)
    if not account.long:
        strings = strings.drop_columns([EXTRA])
    codes = {form.names[position] for position in form.codes if position < len(form.names)}
    table, notes = type_strings(strings, decimal=form.decimal, codes=codes, scratch=wish.scratch, on_disk=True)
    return table, account.sentences() + _broken_note(text) + notes + (
        "The file is large: its rows lie on disk and are mapped into memory.",
    )


stdlib_csv.field_size_limit(1 << 30)  # a cell may be long; its size is bounded by the file's
