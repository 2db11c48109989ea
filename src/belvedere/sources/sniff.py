"""The form of a CSV file: delimiter, quote, preamble, header, decimal sign; decided on its first lines, told in words."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from belvedere.sources.cut import Signs, cut_records

DELIMITERS = {
    ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret", "~": "tilde", "::": "two colons",
    ":": "colon", " ": "space",
}  # fmt: skip
NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)*|[.,]\d+)([eE][-+]?\d+)?%?")
DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}.*|\d{1,2}:\d{2}(:\d{2}.*)?")
COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+")
POINT_NUMBER = re.compile(r"[-+]?\d*\.\d+")
CODE = re.compile(r"[-+]?0\d+|[-+]?\d{16,}")  # leading zeros or more digits than a float holds: not a quantity
SAMPLE_LINES = 2000
MOST = 0.8  # of the rows: so many wider ones show that the header row is too short
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
    skips_blanks : bool
        Whether quotes stand behind a delimiter and a blank, which then belongs to the delimiter.
    """

    delimiter: str
    quote: str
    skip: int
    header: bool
    names: tuple[str, ...]
    decimal: str
    escape: str
    codes: tuple[int, ...]
    skips_blanks: bool = False

    @property
    def signs(self) -> Signs:
        """What parts the cells."""
        return Signs(self.delimiter, self.quote, self.escape, self.skips_blanks)

    def in_words(self) -> str:
        """Say the form in half a sentence."""
        delimiter = DELIMITERS.get(self.delimiter, repr(self.delimiter))
        head = "names in the first row" if self.header else "no header row"
        cells = f"cells split at each {delimiter}" if len(self.names) > 1 else "one column"
        quotes = {'"': "", "": ", no quotes"}.get(self.quote, f", quotes {self.quote}")
        escapes = ", quotes within cells escaped by a backslash" if self.escape else ""
        return f"{cells}, {head}{quotes}{escapes}" + (", decimal comma" if self.decimal == "," else "")


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
    signs = Signs(delimiter, quote, _find_escape(lines, quote), _blanks_before_quotes(lines, delimiter, quote))
    skip = options.get("skip")
    skip = _count_preamble(lines, signs) if skip is None else int(skip)
    records = split_lines(lines[skip:], signs)
    if "delimiter" not in options and _is_one_column(records):
        signs = signs._replace(delimiter=ONE_COLUMN)
        records = split_lines(lines[skip:], signs)
    return _form_of(records, signs, skip, options)


def _form_of(records: Records, signs: Signs, skip: int, options: Mapping[str, Any]) -> Form:
    """Decide header, names, decimal sign and codes of records."""
    header = options.get("header")
    header = _has_header(records) if header is None else bool(header)
    body = records[1:] if header else records
    width = _common_width(records) if records else 0
    names = tuple(records[0]) if header and records else ("",) * width
    names += ("",) * max(0, _filled_width(body) - len(names))
    decimal = options.get("decimal") or _find_decimal(body, signs.delimiter)
    return Form(
        signs.delimiter, signs.quote, skip, header, names, decimal, signs.escape, _find_codes(body), signs.skips_blanks
    )


def _filled_width(records: Records) -> int:
    """Width of most records, counted up to the last cell that any of them fills; 0 where widths vary."""
    width = _common_width(records)
    usual = [record for record in records if len(record) == width]
    if len(usual) < MOST * len(records):
        return 0
    return max((place + 1 for record in usual for place, cell in enumerate(record) if cell.strip()), default=0)


def _blanks_before_quotes(lines: Sequence[str], delimiter: str, quote: str) -> bool:
    """Whether quotes open behind a delimiter and a blank, and not right behind delimiters."""
    if not quote or delimiter == " ":
        return False
    behind = sum(line.count(f"{delimiter} {quote}") for line in lines)
    return behind > sum(line.count(delimiter + quote) for line in lines)


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


def split_lines(lines: Sequence[str], signs: Signs) -> Records:
    """Cut lines into records; blank lines are left out."""
    return [record.cells for record in cut_records(lines, signs) if any(record.cells)]


def best_delimiter(lines: Sequence[str], quote: str) -> str:
    r"""Choose the delimiter that cuts most lines into the same number of cells.

    Examples
    --------
    >>> best_delimiter(["a\tb", "1,5\t2", "3\t4,5"], '"'), best_delimiter(["text", "Well, yes", "no"], '"')
    ('\t', ',')
    """
    scores = {delimiter: _evenness(split_lines(lines, Signs(delimiter, quote))) for delimiter in DELIMITERS}
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


def _count_preamble(lines: Sequence[str], signs: Signs) -> int:
    """Count the lines before the table: empty, comments, or narrower than the table in a row at the top."""
    records = list(cut_records(lines, signs))
    width = _common_width([record.cells for record in records if any(record.cells)])
    if width < 2:
        return _count_while(lines, lambda line: not line.strip())
    wide = [len([cell for cell in record.cells if cell.strip()]) > max(1, width // 2) for record in records]
    first = wide.index(True) if True in wide else 0
    while first < len(records) - 1 and _is_comment(lines[records[first].line], len(records[first].cells) == width):
        first += 1
    return records[first].line if first <= 50 else 0


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
