"""Lines to records: a quoted cell may span lines; a quote that opens or closes nothing is a plain character."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

LONGEST_RECORD = 200  # lines that one quoted cell may span before its quote counts as never closed


class Record(NamedTuple):
    """Cells of one record, the number of its first line (from 0), and whether a stray quote was read as text."""

    cells: list[str]
    line: int
    is_stray: bool = False


class Signs(NamedTuple):
    """What parts cells: delimiter, quote ('' for none), escape ('' where quotes are doubled), blanks after delimiters."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
    skips_blanks: bool = False


class Patterns(NamedTuple):
    """Compiled looks of one cell: well quoted, quoted with text behind, opened and not closed, plain."""

    quoted: re.Pattern[str]
    loose: re.Pattern[str]
    opened: re.Pattern[str]
    plain: re.Pattern[str]


@lru_cache(maxsize=64)
def _patterns(signs: Signs) -> Patterns:
    quote, cut = re.escape(signs.quote), re.escape(signs.delimiter)
    lead = " *" if signs.skips_blanks else ""
    trail = "" if signs.delimiter in " \t" else "[ \t]*"
    if signs.escape:
        body = rf"(?:[^{quote}{re.escape(signs.escape)}]|{re.escape(signs.escape)}.|{quote}{quote})*+"
    else:
        body = rf"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
    end, other = rf"(?={cut}|\Z)", rf"(?:(?!{cut}|{quote}).)*"
    looks = (
        rf"{lead}{quote}({body}){quote}{trail}{end}", rf"{lead}{quote}({body}){quote}({other}){end}",
        rf"{lead}{quote}{body}\Z", rf"{lead}((?:(?!{cut}).)*)" if len(signs.delimiter) > 1 else rf"{lead}([^{cut}]*)",
    )  # fmt: skip
    return Patterns(*(re.compile(look, re.DOTALL) for look in looks))


def cut_records(lines: Iterable[str], signs: Signs, *, width: int = 0) -> Iterator[Record]:
    r"""Cut lines into records.

    Parameters
    ----------
    lines : iterable of str
        Without line ends.
    signs : Signs
    width : int
        Cells that a record should have, where known; decides between two readings of a stray quote.

    Examples
    --------
    >>> [record.cells for record in cut_records(['a,"b', 'c"', 'd,"e', 'f,"g, h" i'], Signs(","))]
    [['a', 'b\nc'], ['d', '"e'], ['f', 'g, h i']]
    """
    stream, waiting, number = iter(lines), list[str](), 0
    while True:
        line = waiting.pop() if waiting else next(stream, None)
        if line is None:
            return
        first, number = number, number + 1
        if not signs.quote or signs.quote not in line:
            yield Record(_split(line, signs), first)
            continue
        cells, is_stray, is_open = cut_text(line, signs)
        taken: list[str] = []
        if is_open:
            joined = _join(line, lambda: waiting.pop() if waiting else next(stream, None), taken, signs)
            if joined is not None:
                number += len(taken)
                yield Record(*_best(joined, signs, width, first))
                continue
            waiting.extend(reversed(taken))
        yield Record(*_best(line, signs, width, first)) if is_stray else Record(cells, first)


def _split(line: str, signs: Signs) -> list[str]:
    cells = line.split(signs.delimiter)
    return [cell.lstrip(" ") for cell in cells] if signs.skips_blanks else cells


def _join(line: str, following: Callable[[], str | None], taken: list[str], signs: Signs) -> str | None:
    """Add lines until the open quote closes before a delimiter or a line's end; None where it does not."""
    text = line
    while len(taken) < LONGEST_RECORD:
        more = following()
        if more is None:
            return None
        taken.append(more)
        text += "\n" + more
        if signs.quote in more:
            _, is_stray, is_open = cut_text(text, signs)
            if not is_open:
                return None if is_stray else text
    return None


def _best(text: str, signs: Signs, width: int, line: int) -> tuple[list[str], int, bool]:
    """Read stray quotes leniently, or as plain characters where that gives the right number of cells."""
    cells, is_stray, _ = cut_text(text, signs)
    if is_stray and width and len(cells) != width:
        literal, _, _ = cut_text(text, signs, is_literal=True)
        cells = literal if len(literal) == width else cells
    return cells, line, is_stray


def cut_text(text: str, signs: Signs, *, is_literal: bool = False) -> tuple[list[str], bool, bool]:
    """Cut one record.

    Returns
    -------
    cells : list of str
    is_stray : bool
        Whether a quote stood where none can open or close.
    is_open : bool
        Whether the last quote that opened has not closed at the end of the text.
    """
    looks, cells, place = _patterns(signs), list[str](), 0
    is_stray = is_open = False
    while True:
        found = looks.quoted.match(text, place)
        if found:
            cells.append(_unquote(found.group(1), signs))
        else:
            has_opened = _opens(text, place, signs)
            is_open = is_open or (has_opened and bool(looks.opened.match(text, place)))
            is_stray = is_stray or has_opened
            found = looks.loose.match(text, place) if has_opened and not is_literal else None
            if found:
                cells.append(_unquote(found.group(1), signs) + found.group(2))
            else:
                found = looks.plain.match(text, place)
                assert found is not None  # the pattern may be empty
                cells.append(found.group(1))
        place = found.end()
        if place >= len(text):
            return cells, is_stray, is_open
        place += len(signs.delimiter)


def _opens(text: str, place: int, signs: Signs) -> bool:
    if signs.skips_blanks:
        while text.startswith(" ", place):
            place += 1
    return text.startswith(signs.quote, place)


def _unquote(body: str, signs: Signs) -> str:
    if signs.escape:
        body = re.sub(rf"{re.escape(signs.escape)}(.)", r"\1", body, flags=re.DOTALL)
    return body.replace(signs.quote * 2, signs.quote)
