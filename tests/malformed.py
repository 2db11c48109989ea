"""Malformed CSV files with the cells a person would read from them.

Own generator; the categories follow Vitagliano et al. (2023), Pollock: a data loading benchmark (VLDB 16): pollutions of
the whole file (encoding, line ends, preamble, header, delimiter, quotes, several tables) and of single rows.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

HEADER = ["DAY", "CLOCK", "QTY", "PRODUCT", "PRICE", "SORT", "ABOUT", "LINK", "REMARK"]
NUMBERED = re.compile(r"column \d+( \(\d+\))?|extra cells")
FORM = re.compile(r"Read as|Column names|Columns without|The file is large|Column .* holds times")
COUNTS = {
    "padded": r"Padded ([\d,]+) rows?",
    "long": r"surplus of ([\d,]+) rows?",
    "blank": r"Skipped ([\d,]+) blank lines?",
    "preamble": r"Skipped ([\d,]+) lines? before",
    "broken": r"([\d,]+) characters? could not be read",
}
Rows = list[list[str]]


@dataclass(frozen=True)
class Malformed:
    """A file: its bytes, the cells it holds, and what an honest reader has to say about it (counts by name)."""

    name: str
    data: bytes
    cells: tuple[str, ...]
    told: dict[str, int] = field(default_factory=dict)


def clean_rows(seed: int = 0, n: int = 60) -> Rows:
    """Rows of a small shop: dates, codes with leading zeros, prices, texts with commas, quotes and line breaks."""
    chance = random.Random(seed)
    rows = []
    for i in range(n):
        words = chance.sample(["oak", "table", "round", "small", "lamp", "brass", "chair", "linen", "green", "old"], 4)
        about = " ".join(words) + (", with drawer" if i % 4 == 0 else "") + (' 12" wide' if i % 9 == 5 else "")
        rows.append([
            f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
            f"{chance.randint(0, 23):02d}:{chance.randint(0, 59):02d}", str(chance.randint(1, 90)),
            f"{chance.randint(1, 99999):06d}", f"{chance.randint(100, 99999) / 100:.2f}",
            chance.choice(["wood", "metal", "cloth"]), about, f"https://shop.example/item?id={i}",
            "two\nlines" if i % 20 == 7 else chance.choice(["", "fragile", "sold out", "new"]),
        ])  # fmt: skip
    return rows


def write(rows: Rows, *, delimiter: str = ",", quote: str = '"', escape: str = "", always: bool = False) -> list[str]:
    """Write rows as lines (without line ends); cells are quoted where they must be, or always."""
    return [delimiter.join(_cell(cell, delimiter, quote, escape, always=always) for cell in row) for row in rows]


def _cell(cell: str, delimiter: str, quote: str, escape: str, *, always: bool) -> str:
    if not always and not any(sign in cell for sign in (delimiter, quote, "\n", "\r")):
        return cell
    return quote + cell.replace(quote, (escape or quote) + quote) + quote


def bag(rows: Rows) -> tuple[str, ...]:
    """All cells that hold something."""
    return tuple(cell for row in rows for cell in row if cell.strip())


def _file(name: str, lines: list[str], rows: Rows, told: dict[str, int] | None = None, **more: Any) -> Malformed:
    text = more.get("end", "\n").join(lines) + more.get("last", more.get("end", "\n"))
    return Malformed(name, text.encode(more.get("encoding", "utf-8")), bag(rows), told or {})


def whole_files(seed: int = 0) -> Iterator[Malformed]:
    """Pollutions of the whole file."""
    body = clean_rows(seed)
    rows = [HEADER, *body]
    lines = write(rows)
    yield _file("clean", lines, rows)
    yield from _encodings(rows)
    for name, end in (("crlf", "\r\n"), ("cr", "\r")):
        yield _file(f"line ends {name}", lines, rows, end=end)
    yield Malformed("line ends mixed", b"".join(
        line.encode() + (b"\r\n" if i % 3 else b"\n") for i, line in enumerate(lines)), bag(rows))  # fmt: skip
    yield _file("no last line end", lines, rows, last="")
    yield _file("two last line ends", lines, rows, last="\n\n")
    yield from _heads(rows, lines)
    yield from _dialects(rows)
    yield from _tables(rows, lines)


def _encodings(rows: Rows) -> Iterator[Malformed]:
    western = [[cell.replace("small", "petit été").replace("old", "Größe") for cell in row] for row in rows]
    chinese = [[cell.replace("small", "小桌子").replace("old", "旧的木头椅子") for cell in row] for row in rows]
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield _file(f"encoding {encoding}", write(rows), rows, encoding=encoding)
    for encoding in ("latin-1", "cp1252", "utf-16", "utf-8"):
        yield _file(f"western text {encoding}", write(western), western, encoding=encoding)
    for encoding in ("gb18030", "big5", "utf-8-sig", "utf-16"):
        traditional = [[cell.replace("旧", "舊").replace("头", "頭") for cell in row] for row in chinese]
        some = traditional if encoding == "big5" else chinese
        yield _file(f"Chinese text {encoding}", write(some), some, encoding=encoding)


def _heads(rows: Rows, lines: list[str]) -> Iterator[Malformed]:
    body = rows[1:]
    yield _file("no header", lines[1:], body)
    yield _file("one data row", lines[:2], rows[:2])
    notes = ["Sales of the second quarter", "made in May, by hand", "", "# internal", "All prices in euro; no tax"]
    for n in (1, 2, 3, 5):
        before = [[note] for note in notes[:n]]
        yield _file(f"preamble of {n}", notes[:n] + lines, rows, {"preamble": n} if n else {})
        del before
    yield _file("preamble of delimiters", [",,,,,,,,", "Report,,,,,,,,", *lines], rows, {"preamble": 2})
    yield _file("footnote", [*lines, "All prices in euro"], [*rows, ["All prices in euro"]], {"padded": 1})
    for n in (2, 3):
        second = [[f"{name.lower()} {i}" for name in HEADER] for i in range(n - 1)]
        several = [HEADER, *second, *body]
        yield _file(f"header of {n} rows", write(several), several)
    same = [["DAY", "DAY", "QTY", *HEADER[3:]], *body]
    yield _file("repeated names", write(same), same)
    empty = [["DAY", "", "QTY", *HEADER[3:7], "", "REMARK"], *body]
    yield _file("empty names", write(empty), empty)
    short, long = [HEADER[:-1], *body], [[*HEADER, "MORE"], *body]
    yield _file("header too short", write(short), short)
    yield _file("header too long", write(long), long)
    yield _file("header again in the middle", [*lines[:30], lines[0], *lines[30:]], [*rows, HEADER])


def _dialects(rows: Rows) -> Iterator[Malformed]:
    for name, delimiter in (
        ("semicolon", ";"),
        ("tab", "\t"),
        ("bar", "|"),
        ("caret", "^"),
        ("tilde", "~"),
        ("space", " "),
        ("two signs", "::"),
    ):
        yield _file(f"delimiter {name}", write(rows, delimiter=delimiter), rows)
    yield _file("delimiter comma and space", write(rows, delimiter=", "), rows)
    yield _file("delimiter semicolon, space", write(rows, delimiter="; "), rows)
    yield _file("all cells quoted", write(rows, always=True), rows)
    yield _file("single quotes", write(rows, quote="'"), rows)
    yield _file("single quotes everywhere", write(rows, quote="'", always=True), rows)
    yield _file("backslash escapes", write(rows, escape="\\"), rows)
    yield _file("backslash escapes, all quoted", write(rows, escape="\\", always=True), rows)
    comma = [[re.sub(r"^(\d+)\.(\d\d)$", r"\1,\2", cell) for cell in row] for row in rows]
    yield _file("decimal comma", write(comma, delimiter=";"), comma)
    yield _file("a delimiter at every line's end", [line + "," for line in write(rows)], rows)
    padded = [[cell if "\n" in cell or "," in cell or '"' in cell else f"  {cell} " for cell in row] for row in rows]
    yield _file("blanks round cells", write(padded), rows)


def _tables(rows: Rows, lines: list[str]) -> Iterator[Malformed]:
    small = [["SHOP", "TOWN"], ["1", "Ulm"], ["2", "Bari"], ["3", "Lviv"]]
    wide = [[f"M{i}" for i in range(12)], *[[str(i * 12 + j) for j in range(12)] for i in range(4)]]
    equal = [[f"N{i}" for i in range(9)], *[[f"w{i}{j}" for j in range(9)] for i in range(4)]]
    for name, more, told in (
        ("narrower", small, {"padded": 4, "blank": 1}),
        ("wider", wide, {"long": 5, "blank": 1}),
        ("equal", equal, {"blank": 1}),
    ):
        yield _file(f"a second table, {name}", [*lines, "", *write(more)], [*rows, *more], told)


def row_files(seed: int = 0, places: tuple[int, ...] = (1, 2, 30, 59)) -> Iterator[Malformed]:
    """Pollutions of single rows (the first is row 1), each at several places."""
    rows = [HEADER, *clean_rows(seed)]
    lines = write(rows)
    for r in places:
        yield from _widths(rows, lines, r)
        yield from _quotes(rows, lines, r)
        yield from _signs(rows, lines, r)


def _swap(lines: list[str], r: int, *new: str) -> list[str]:
    return [*lines[:r], *new, *lines[r + 1 :]]


def _with(rows: Rows, r: int, *new: list[str]) -> Rows:
    return [*rows[:r], *new, *rows[r + 1 :]]


def _widths(rows: Rows, lines: list[str], r: int) -> Iterator[Malformed]:
    row = rows[r]
    for n in (1, 3):
        extra = [*row, *["surplus"] * n]
        yield _file(f"row {r}: {n} more cells", _swap(lines, r, *write([extra])), _with(rows, r, extra), {"long": 1})
    for at in (0, 4):
        shifted = [*row[:at], "", *row[at:]]
        told = {"long": 1} if row[-1] else {}
        yield _file(f"row {r}: a delimiter too many at {at}", _swap(lines, r, *write([shifted])), rows, told)
    for n in (1, 4, 8):
        less = row[: 9 - n]
        yield _file(f"row {r}: {n} fewer cells", _swap(lines, r, *write([less])), _with(rows, r, less), {"padded": 1})
    for sign in (";", "\t", "|"):
        yield _file(f"row {r}: cut at {sign!r}", _swap(lines, r, *write([row], delimiter=sign)), rows)
    yield _file(f"row {r}: a blank line before", _swap(lines, r, "", lines[r]), rows, {"blank": 1})
    yield _file(f"row {r}: a line of blanks before", _swap(lines, r, "   ", lines[r]), rows, {"blank": 1})
    yield _file(f"row {r}: a row of delimiters before", _swap(lines, r, "," * 8, lines[r]), rows)
    broken = [row[:3], row[3:]]
    yield _file(
        f"row {r}: a line break within", _swap(lines, r, *write(broken)), _with(rows, r, *broken), {"padded": 2}
    )


def _quotes(rows: Rows, lines: list[str], r: int) -> Iterator[Malformed]:
    row = [cell.replace('"', "").replace("\n", " ").replace(",", "") for cell in rows[r]]
    for name, at, cell in (("a quote within", 5, 'wo"od'), ("a quote at the end", 5, 'wood"'), ("a quote that opens", 5, '"wood'),
                           ("a quote that opens the row", 0, '"' + row[0]), ("a quote that ends the row", 8, 'new"'),
                           ("two quotes within", 5, 'w"oo"d')):  # fmt: skip
        changed = [*row[:at], cell, *row[at + 1 :]]
        yield _file(f"row {r}: {name}", _swap(lines, r, ",".join(changed)), _with(rows, r, changed))
    single = [*row[:6], "round, small", *row[7:]]
    yield _file(
        f"row {r}: quoted line break",
        _swap(lines, r, *write([[*row[:6], "a\nb\n\nc", *row[7:]]])),
        _with(rows, r, [*row[:6], "a\nb\n\nc", *row[7:]]),
    )
    yield _file(f"row {r}: all quoted", _swap(lines, r, *write([single], always=True)), _with(rows, r, single))
    yield _file(
        f"row {r}: text after a quoted cell",
        _swap(lines, r, ",".join([*row[:6], '"round, small" x', *row[7:]])),
        _with(rows, r, [*row[:6], "round, small x", *row[7:]]),
    )


def _signs(rows: Rows, lines: list[str], r: int) -> Iterator[Malformed]:
    row = [cell.replace("\n", " ") for cell in rows[r]]
    for name, cell in (
        ("a very long cell", "x" * 300_000),
        ("Chinese and emoji", "小桌子 🪑"),
        ("right to left", "كرسي"),
        ("a control sign", "a\x01b"),
    ):
        changed = [*row[:6], cell, *row[7:]]
        yield _file(f"row {r}: {name}", _swap(lines, r, *write([changed])), _with(rows, r, changed))
    broken = "\n".join(_swap(lines, r, *write([[*row[:6], "@@@", *row[7:]]]))).encode().replace(b"@@@", b"xy\xe9 \xff")
    yield Malformed(
        f"row {r}: bytes that are no UTF-8",
        "# 小桌子 éèüöäßñ °§\n".encode() + broken,
        bag(_with(rows, r, [*row[:6], "xy\ufffd \ufffd", *row[7:]])),
        {"broken": 2},
    )
    nul = "\n".join(_swap(lines, r, *write([[*row[:6], "a\0b", *row[7:]]]))).encode()
    yield Malformed(f"row {r}: a NUL", nul, bag(_with(rows, r, [*row[:6], "a\0b", *row[7:]])))
    yield Malformed(
        f"row {r}: ends by CR", ("\n".join(lines[: r + 1]) + "\r" + "\n".join(lines[r + 1 :])).encode(), bag(rows)
    )
    words = [*row[:2], "many", *row[3:]]
    yield _file(f"row {r}: a word among numbers", _swap(lines, r, *write([words])), _with(rows, r, words))
    yield _file(
        f"row {r}: a word for missing",
        _swap(lines, r, *write([[*row[:2], "N/A", *row[3:]]])),
        _with(rows, r, [*row[:2], "N/A", *row[3:]]),
    )


def plain(cell: str) -> str:
    """One writing for equal values: numbers, dates and times of day lose their form, blanks at the ends go."""
    text = re.sub(r"[\r\n]+", "\n", cell.strip())
    text = re.sub(r"(\d{4}-\d\d-\d\d) 00:00:00", r"\1", text)
    clock = re.fullmatch(r"(\d\d):(\d\d)", text)
    if clock:  # times of day are kept as hours
        return f"{int(clock[1]) + int(clock[2]) / 60:.6f}"
    try:
        return f"{float(number):.6f}" if (number := _number(text)) else text
    except ValueError:
        return text


def _number(text: str) -> str:
    return text.replace(",", ".") if re.fullmatch(r"-?\d+,\d+", text) else text


def read_cells(table: pa.Table) -> Counter[str]:
    """All cells of a table with its names, in one writing; cells of surplus cells one by one."""
    cells: Counter[str] = Counter()
    names = [name for name in table.column_names if not NUMBERED.fullmatch(name)]
    cells.update(plain(re.sub(r" \(\d+\)$", "", name)) for name in names)
    for name in table.column_names:
        values = [str(value) for value in table.column(name).to_pylist() if value is not None and str(value).strip()]
        if name == "extra cells":
            values = [part for value in values for part in re.split(r"[,;\t|]", value) if part.strip()]
        cells.update(plain(value) for value in values)
    return cells


@dataclass(frozen=True)
class Judged:
    """How much of a file came through, and what was lost without a word."""

    f1: float
    lost: tuple[str, ...]
    is_silent: bool
    wrong_counts: dict[str, tuple[int, int]]


def judge(file: Malformed, table: pa.Table, account: tuple[str, ...]) -> Judged:
    """Compare what was read with what is there, and what was said with what happened."""
    truth, found = Counter(plain(cell) for cell in file.cells), read_cells(table)
    both = (truth & found).total()
    lost = truth - found
    told = " ".join(sentence for sentence in account if not FORM.match(sentence))
    said = {name: _said(looks, told) for name, looks in COUNTS.items()}
    wrong = {name: (n, said[name]) for name, n in file.told.items() if said[name] != n}
    # a loss is told where a sentence speaks of a loss; those that only name the form do not count
    return Judged(
        2 * both / max(1, truth.total() + found.total()), tuple(lost.elements()), bool(lost) and not told, wrong
    )


def _said(looks: str, told: str) -> int:
    return sum(int(n.replace(",", "")) for n in re.findall(looks, told))
