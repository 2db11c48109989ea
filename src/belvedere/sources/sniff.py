"""The form of a CSV file: delimiter, quote, preamble, header, decimal sign; decided on its first lines, told in words."""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", " ": "space"}
NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)*|[.,]\d+)([eE][-+]?\d+)?%?")
DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}.*|\d{1,2}:\d{2}(:\d{2}.*)?")
COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+")
POINT_NUMBER = re.compile(r"[-+]?\d*\.\d+")
CODE = re.compile(r"[-+]?0\d+|[-+]?\d{16,}")  # leading zeros or more digits than a float holds: not a quantity
SAMPLE_LINES = 2000
ONE_COLUMN = "\x1f"  # stands for "no delimiter": a sign that no text holds

Records = list[list[str]]


@dataclass(frozen=True)
class Form:
    r"""How a CSV file is written.

    Attributes
    ----------
    delimiter, quote : str
        One character each; quote '' for none.
    skip : int
        Lines before the table.
    header : bool
        Whether the first row of the table holds names.
    names : tuple of str
        As written, or empty strings where there is no header.
    decimal : str
        '.' or ','.
    escape : str
        '\\' where quotes inside quoted cells are written so; '' where they are doubled.
    codes : tuple of int
        Columns whose digits are codes (leading zeros, 16 digits and more) and must stay text.
    """

    delimiter: str
    quote: str
    skip: int
    header: bool
    names: tuple[str, ...]
    decimal: str
    escape: str
    codes: tuple[int, ...]

    def in_words(self) -> str:
        """Say the form in half a sentence."""
        delimiter = DELIMITERS.get(self.delimiter, repr(self.delimiter))
        head = "names in the first row" if self.header else "no header row"
        cells = f"cells split at each {delimiter}" if len(self.names) > 1 else "one column"
        return f"{cells}, {head}" + (", decimal comma" if self.decimal == "," else "")


def sniff_form(text: str, options: Mapping[str, Any], *, whole: bool) -> Form:
    r"""Decide the form of a CSV file from its beginning.

    Parameters
    ----------
    text : str
        The beginning of the file.
    options : mapping
        'delimiter', 'quote', 'header', 'skip', 'decimal' where the person knows better.
    whole : bool
        Whether `text` is the whole file; otherwise its last line may be cut and is not looked at.

    Examples
    --------
    >>> form = sniff_form("Report 2024\n\nname;size\na;1,5\nb;2,5\n", {}, whole=True)
    >>> form.delimiter, form.skip, form.header, form.decimal, form.names
    (';', 2, True, ',', ('name', 'size'))
    """
    lines = _sample_lines(text, whole=whole)
    delimiter = options.get("delimiter") or best_delimiter(lines, options.get("quote", '"'))
    quote = options.get("quote", _find_quote(lines, delimiter))
    skip = options.get("skip")
    skip = _count_preamble(lines, delimiter, quote) if skip is None else int(skip)
    records = [record for record in split_lines(lines[skip:], delimiter, quote) if record]
    if "delimiter" not in options and _is_one_column(records):
        delimiter = ONE_COLUMN
        records = [record for record in split_lines(lines[skip:], delimiter, quote) if record]
    header = options.get("header")
    header = _has_header(records) if header is None else bool(header)
    body = records[1:] if header else records
    width = _common_width(records) if records else 0
    names = tuple(records[0]) if header and records else ("",) * width
    decimal = options.get("decimal") or _find_decimal(body, delimiter)
    return Form(delimiter, quote, skip, header, names, decimal, _find_escape(lines, quote), _find_codes(body))


def _is_one_column(records: Records) -> bool:
    """Whether the header has one cell and most rows have too: commas then belong to the text."""
    return bool(records) and len(records[0]) == 1 and _common_width(records) == 1


def _find_escape(lines: Sequence[str], quote: str) -> str:
    """Tell quotes escaped by a backslash from doubled ones."""
    text = "\n".join(lines)
    inner = len(re.findall(rf"[^,;\t|\n{quote}]{quote}{quote}", text)) if quote else 0
    return "\\" if quote and text.count(f"\\{quote}") > inner else ""


def _sample_lines(text: str, *, whole: bool) -> list[str]:
    lines = re.split(r"\r\n|\n|\r", text)
    if lines and (lines[-1] == "" or not whole) and len(lines) > 1:
        lines = lines[:-1]
    return lines[:SAMPLE_LINES]


def split_lines(lines: Sequence[str], delimiter: str, quote: str) -> Records:
    """Cut lines into cells."""
    quoting: Any = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, quotechar=quote or None, quoting=quoting)
    try:
        return list(reader)
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def best_delimiter(lines: Sequence[str], quote: str) -> str:
    r"""Choose the delimiter that cuts most lines into the same number of cells.

    Examples
    --------
    >>> best_delimiter(["a\tb", "1,5\t2", "3\t4,5"], '"'), best_delimiter(["text", "Well, yes", "no"], '"')
    ('\t', ',')
    """
    scores = {delimiter: _evenness(split_lines(lines, delimiter, quote)) for delimiter in DELIMITERS}
    scores[":"] *= 0.5  # colons and spaces stand inside times and texts
    scores[" "] *= 0.4
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0.3 else ","


def _evenness(records: Records) -> float:
    """Score 0 to about 1.5: share of rows of the commonest width, more for plausible cells; 0 for one column."""
    filled = [record for record in records if record]
    if not filled:
        return 0.0
    width = _common_width(filled)
    if width < 2:
        return 0.0
    share = sum(len(record) == width for record in filled) / len(filled)
    cells = [cell.strip() for record in filled[:200] if len(record) == width for cell in record]
    typed = sum(bool(NUMBER.fullmatch(cell) or DATE.fullmatch(cell) or not cell) for cell in cells) / max(1, len(cells))
    return share**2 * (1 + 0.3 * typed + 0.02 * min(width, 10))


def _common_width(records: Records) -> int:
    """Width that most rows have; the wider where two are equally common."""
    widths = Counter(len(record) for record in records if record)
    return max(widths, key=lambda width: (widths[width], width)) if widths else 0


def _find_quote(lines: Sequence[str], delimiter: str) -> str:
    """Choose ' only where cells are enclosed in it and none in "."""
    edge = re.escape(delimiter)
    text = "\n".join(lines)
    double = len(re.findall(rf'(^|{edge})"', text, re.MULTILINE))
    single = len(re.findall(rf"(?:^|{edge})'[^'\n]*'(?=$|{edge})", text, re.MULTILINE))
    return "'" if single > 2 and not double else '"'


def _count_preamble(lines: Sequence[str], delimiter: str, quote: str) -> int:
    """Count the lines before the table: empty, comments, or narrower than the table in a row at the top."""
    records = split_lines(lines, delimiter, quote)
    width = _common_width(records)
    if len(records) != len(lines):  # quoted line breaks: only empty lines and comments can be told apart
        return _count_while(lines, lambda line: not line.strip() or line.startswith("#"))
    if width < 2:
        return _count_while(lines, lambda line: not line.strip())
    wide = [len([cell for cell in record if cell.strip()]) > max(1, width // 2) for record in records]
    first = wide.index(True) if True in wide else 0
    while first < len(lines) - 1 and _is_comment(lines[first], len(records[first]) == width):
        first += 1
    return first if first <= 50 else 0


def _is_comment(line: str, fits: bool) -> bool:  # noqa: FBT001 - a statement about the line
    """`# made in May` is a comment; `#id,name` may be a header if it fits the table."""
    return line.startswith("# ") or (line.startswith("#") and not fits)


def _count_while(lines: Sequence[str], is_before: Any) -> int:
    for position, line in enumerate(lines):
        if not is_before(line):
            return position
    return 0


def _has_header(records: Records) -> bool:
    """Tell whether the first row holds names: no numbers or dates in it, and not a row like the others."""
    if len(records) < 2:
        return bool(records) and not any(_is_value(cell) for cell in records[0])
    first, body = records[0], records[1:200]
    if any(_is_value(cell) for cell in first):
        return _years_over_numbers(first, body)
    if len(set(first)) < len(first) and not any(_is_value(cell) for record in body for cell in record):
        return False
    typed = any(_is_value(cell) for record in body for cell in record)
    repeated = [cell for position, cell in enumerate(first) if cell and _seen(cell, position, body)]
    return typed or len(repeated) * 2 < len(first) or len(first) == 0


def _years_over_numbers(first: Sequence[str], body: Records) -> bool:
    """Tell a header such as `country,2019,2020`: a word first, then rising whole numbers."""
    rest = [cell.strip() for cell in first[1:]]
    if not first or _is_value(first[0]) or not rest or not all(cell.isdigit() for cell in rest):
        return False
    numbers = [int(cell) for cell in rest]
    return len(numbers) > 1 and all(later - earlier == 1 for earlier, later in pairwise(numbers))


def _is_value(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell.strip()) or DATE.fullmatch(cell.strip()))


def _seen(cell: str, position: int, body: Records) -> bool:
    return any(len(record) > position and record[position] == cell for record in body)


def _find_decimal(body: Records, delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell.strip() for record in body for cell in record]
    commas = sum(bool(COMMA_NUMBER.fullmatch(cell)) for cell in cells)
    points = sum(bool(POINT_NUMBER.fullmatch(cell)) for cell in cells)
    return "," if commas > points else "."


def _find_codes(body: Records) -> tuple[int, ...]:
    found = {position for record in body for position, cell in enumerate(record) if CODE.fullmatch(cell.strip())}
    return tuple(sorted(found))
