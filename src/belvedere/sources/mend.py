"""Irregular CSV files: every record cut by hand, short rows padded, long rows kept whole, each change counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from belvedere.sources.cut import cut_records, cut_text
from belvedere.sources.sniff import DELIMITERS, Form
from belvedere.values import counted

EXTRA = "extra cells"


@dataclass
class Account:
    """Counts of what mending did; grows while rows pass through."""

    blank: int = 0
    padded: int = 0
    long: int = 0
    stray: int = 0
    recut: int = 0
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
            "stray": f"Read stray quotes in {counted(self.stray, 'row')} as plain text: they open or close no cell",
            "recut": f"Cut {counted(self.recut, 'row')} at another delimiter than the rest of the file",
        }
        return tuple(f"{said[what]} (first: row {self.first[what]:,})." for what in said if what in self.first)


def mend_records(lines: Iterable[str], form: Form, account: Account) -> Iterator[list[str]]:
    """Cut lines into rows of one width.

    Parameters
    ----------
    lines : iterable of str
        Lines of the table, header row first where there is one, without line ends.
    form : Form
    account : Account
        Counts grow in it.

    Yields
    ------
    list of str
        `len(form.names) + 1` cells; the last holds surplus cells joined by the delimiter.
    """
    width = len(form.names)
    records = cut_records(lines, form.signs, width=width)
    if form.header:
        next(records, None)
    number = 0
    for record in records:
        if width > 1 and not any(cell.strip() for cell in record.cells) and len(record.cells) == 1:
            account.count("blank", number + 1)
            continue
        number += 1
        if record.is_stray:
            account.count("stray", number)
        yield _fit(_recut(record.cells, form, account, number), form, account, number)


def _fit(cells: list[str], form: Form, account: Account, number: int) -> list[str]:
    """Pad a short row; move the surplus of a long one into one cell."""
    width = len(form.names)
    kept, surplus = cells[:width], cells[width:]
    while surplus and not surplus[-1].strip():
        surplus.pop()
    if surplus:
        account.count("long", number)
    if len(kept) < width:
        account.count("padded", number)
    return kept + [""] * (width - len(kept)) + [form.delimiter.join(surplus)]


def _recut(cells: list[str], form: Form, account: Account, number: int) -> list[str]:
    """Cut a row that is one cell at the one other delimiter that gives it the right width."""
    width = len(form.names)
    if width < 3 or len(cells) > 2:
        return cells
    text = form.delimiter.join(cells)
    for delimiter in DELIMITERS:
        if delimiter != form.delimiter and text.count(delimiter) >= width - 1:
            again, is_stray, _ = cut_text(text, form.signs._replace(delimiter=delimiter))
            if len(again) == width and not is_stray:
                account.count("recut", number)
                return again
    return cells
