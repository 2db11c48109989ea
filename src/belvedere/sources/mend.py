"""Irregular CSV files: every record cut by hand, short rows padded, long rows kept whole, each change counted."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from belvedere.sources.sniff import Form
from belvedere.values import counted

LONGEST_RECORD = 200  # lines that one quoted cell may span before its quote counts as never closed
EXTRA = "extra cells"


@dataclass
class Account:
    """Counts of what mending did; grows while rows pass through."""

    blank: int = 0
    padded: int = 0
    long: int = 0
    unclosed: int = 0
    first: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, row: int) -> None:
        """Add one to a count and remember where it happened first."""
        setattr(self, what, getattr(self, what) + 1)
        self.first.setdefault(what, row)

    def sentences(self) -> tuple[str, ...]:
        """Say each count that is not zero."""
        said = {
            "blank": f"Skipped {counted(self.blank, 'blank line')}",
            "padded": f"Padded {counted(self.padded, 'row')} with too few cells; the rest of the row counts as missing",
            "long": f"Kept the surplus of {counted(self.long, 'row')} with too many cells in the column '{EXTRA}'",
            "unclosed": f"Read {counted(self.unclosed, 'line')} with a quote that never closes as plain text",
        }
        return tuple(f"{said[what]} (first: row {self.first[what]:,})." for what in said if what in self.first)


def mend_records(lines: Iterable[str], form: Form, account: Account) -> Iterator[list[str]]:
    """Cut lines into rows of one width.

    Parameters
    ----------
    lines : iterable of str
        Lines of the table, header row left out, without line ends.
    form : Form
    account : Account
        Counts grow in it.

    Yields
    ------
    list of str
        `len(form.names) + 1` cells; the last holds surplus cells joined by the delimiter.
    """
    width = len(form.names)
    for number, cells in enumerate(_cut_records(iter(lines), form, account), start=1):
        kept, surplus = cells[:width], cells[width:]
        while surplus and not surplus[-1].strip():
            surplus.pop()
        if surplus:
            account.count("long", number)
        if len(kept) < width:
            account.count("padded", number)
        yield kept + [""] * (width - len(kept)) + [form.delimiter.join(surplus)]


def _cut_records(lines: Iterator[str], form: Form, account: Account) -> Iterator[list[str]]:
    """Cut lines into cells; a quoted cell may span lines; a quote that never closes is a plain character."""
    waiting: list[str] = []
    number = 0
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        number += 1
        if not line.strip() and len(form.names) > 1:
            account.count("blank", number)
            continue
        if not form.quote or _count_quotes(line, form) % 2 == 0:
            yield _cut(line, form)
            continue
        record = _gather(line, waiting, lines, form)
        if record is None:
            account.count("unclosed", number)
            yield line.split(form.delimiter)
        else:
            yield _cut(record, form)


def _count_quotes(line: str, form: Form) -> int:
    """Quotes of a line, escaped ones left out."""
    return line.count(form.quote) - (line.count(form.escape + form.quote) if form.escape else 0)


def _gather(line: str, waiting: list[str], lines: Iterator[str], form: Form) -> str | None:
    """Join lines until the quotes are even; give the lines back where they never are."""
    taken: list[str] = []
    odd = True
    while odd and len(taken) < LONGEST_RECORD:
        following = waiting.pop(0) if waiting else next(lines, None)
        if following is None:
            break
        taken.append(following)
        odd = odd != (_count_quotes(following, form) % 2 == 1)
    if not odd:
        return "\n".join([line, *taken])
    waiting[:0] = taken
    return None


def _cut(record: str, form: Form) -> list[str]:
    if not form.quote:
        return record.split(form.delimiter)
    reader = csv.reader(
        io.StringIO(record, newline=""),
        delimiter=form.delimiter,
        quotechar=form.quote,
        escapechar=form.escape or None,
        doublequote=not form.escape,
    )
    try:
        rows = list(reader)
    except csv.Error:
        return record.split(form.delimiter)
    return [cell for row in rows for cell in row]
