# ruff: noqa: E501 - one fault a line reads best
"""Faults put into clean data on purpose, each in known rows: tables, texts, images, sequences."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageFilter

Columns = dict[str, Any]
Rows = list[int]
Chance = np.random.Generator
TOKENS = "old map quiet river near seven green hills many stone bridges wide harbor cold winter light paper ink compass tower gate".split()
SMALL = "the and of is was with for this that are".split()
GERMAN = "die Karte ist alt und der Fluss war nicht breit aber wir sind mit dem Boot auf das Wasser gegangen".split()
FRENCH = "la carte est vieille et les ponts sont dans une ville que nous avons vue pour le marché avec des amis".split()
CHINESE = "这张旧地图画着安静的河流和七座绿色的山还有许多石桥"


@dataclass(frozen=True)
class Fault:
    """One way to spoil data: which check must tell, whether exactly, and what to do to which rows."""

    name: str
    check: str
    is_exact: bool
    spoil: Callable[[Columns, Rows, Chance], tuple[Columns, set[int]]]


def english(chance: Chance, n: int) -> list[str]:
    """Different English sentences."""
    return [
        " ".join(w for t in chance.choice(TOKENS, 12) for w in (str(chance.choice(SMALL)), str(t))) + f" {i}"
        for i in range(n)
    ]


def clean_table(chance: Chance, n: int) -> Columns:
    """Measurements, a word, a day of a steady clock, a text."""
    day = np.datetime64("2019-01-01") + np.arange(n)
    return {
        "height": chance.normal(170, 10, n).round(2), "weight": chance.normal(70, 10, n).round(2), "depth": chance.gamma(3, 2, n).round(3),
        "city": chance.choice(["Ulm", "Bari", "Lviv", "Graz"], n).tolist(), "shape": chance.choice(["round", "flat"], n).tolist(),
        "day": pa.array(day.astype("datetime64[s]")), "label": chance.choice(["a", "b", "c"], n).tolist(),
    }  # fmt: skip


def clean_texts(chance: Chance, n: int) -> Columns:
    """English sentences."""
    return {"text": english(chance, n)}


def clean_images(chance: Chance, n: int) -> Columns:
    """Encoded pictures with structure at all scales."""
    return {"image": [encode(picture(chance)) for _ in range(n)]}


def clean_sequences(chance: Chance, n: int) -> Columns:
    """Noisy waves of several lengths."""
    return {
        "wave": [
            np.sin(np.arange(m) / chance.uniform(2, 9)) + chance.normal(0, 0.2, m) for m in chance.integers(60, 120, n)
        ]
    }


def picture(chance: Chance) -> Image.Image:
    """A picture of random blobs at five scales."""
    layers = [
        np.asarray(
            Image.fromarray((chance.random((s, s)) * 255).astype(np.uint8)).resize(
                (128, 128), Image.Resampling.BICUBIC
            ),
            np.float32,
        )
        for s in (3, 6, 16, 48, 128)
    ]
    gray = sum(w * layer for w, layer in zip((0.4, 0.25, 0.15, 0.1, 0.1), layers, strict=True))
    return Image.fromarray(np.clip(gray * 1.6 - 70, 0, 255).astype(np.uint8)).convert("RGB")


def encode(image: Image.Image, form: str = "PNG") -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def _cells(
    name: str, make: Callable[[Any, Chance], Any]
) -> Callable[[Columns, Rows, Chance], tuple[Columns, set[int]]]:
    """Change the cells of one column in the rows."""

    def spoil(table: Columns, rows: Rows, chance: Chance) -> tuple[Columns, set[int]]:
        column = table[name].to_pylist() if isinstance(table[name], pa.Array) else list(table[name])
        for row in rows:
            column[row] = make(column[row], chance)
        return table | {name: column}, set(rows)

    return spoil


def _strings(name: str, word: str) -> Callable[[Columns, Rows, Chance], tuple[Columns, set[int]]]:
    """Write a column as text, and a word into the rows."""

    def spoil(table: Columns, rows: Rows, chance: Chance) -> tuple[Columns, set[int]]:
        column = [
            str(value)[:10] for value in (table[name].to_pylist() if isinstance(table[name], pa.Array) else table[name])
        ]
        for row in rows:
            column[row] = word
        return table | {name: column}, set(rows)

    return spoil


def _appended(
    change: Callable[[Columns, Chance, int], Columns],
) -> Callable[[Columns, Rows, Chance], tuple[Columns, set[int]]]:
    """Put changed copies of the rows behind all others."""

    def spoil(table: Columns, rows: Rows, chance: Chance) -> tuple[Columns, set[int]]:
        n = len(next(iter(table.values())))
        listed = {
            name: column.to_pylist() if isinstance(column, pa.Array) else list(column) for name, column in table.items()
        }
        for number, row in enumerate(rows):
            copy = change({name: column[row] for name, column in listed.items()}, chance, number)
            for name in listed:
                listed[name].append(copy[name])
        return listed, set(range(n, n + len(rows)))

    return spoil


def _whole(
    name: str, make: Callable[[Columns, Chance], Any]
) -> Callable[[Columns, Rows, Chance], tuple[Columns, set[int]]]:
    """Add or replace a whole column; no rows are to be named."""
    return lambda table, rows, chance: (table | {name: make(table, chance)}, set())


def _length(table: Columns) -> int:
    return len(next(iter(table.values())))


def _gap(table: Columns, rows: Rows, chance: Chance) -> tuple[Columns, set[int]]:
    """Drop the days before the rows: what follows a gap is to be named."""
    gone = sorted({row - 1 for row in rows if row > 1} - set(rows))
    kept = [row for row in range(_length(table)) if row not in set(gone)]
    place = {row: number for number, row in enumerate(kept)}
    listed = {
        name: column.to_pylist() if isinstance(column, pa.Array) else list(column) for name, column in table.items()
    }
    return {name: [column[row] for row in kept] for name, column in listed.items()}, {place[row + 1] for row in gone}


def _backward(table: Columns, rows: Rows, chance: Chance) -> tuple[Columns, set[int]]:
    """Set the clock back in the rows."""
    days = table["day"].to_numpy().copy()
    days[rows] -= np.timedelta64(400, "D").astype("timedelta64[s]") + chance.integers(1, 80_000, len(rows)).astype(
        "timedelta64[s]"
    )
    return table | {"day": pa.array(days)}, set(rows)


def _one_cell(row: Columns, chance: Chance, number: int) -> Columns:
    return row | {"weight": round(row["weight"] + 7.77, 2)}


def _typo(row: Columns, chance: Chance, number: int) -> Columns:
    words = row["text"].split()
    words[int(chance.integers(2, len(words) - 2))] = "changed"
    return {"text": " ".join(words).capitalize() + "!"}


def _again(row: Columns, chance: Chance, number: int) -> Columns:
    return row


def _resaved(row: Columns, chance: Chance, number: int) -> Columns:
    image = (
        Image.open(io.BytesIO(row["image"])).resize((112, 112)) if number % 2 else Image.open(io.BytesIO(row["image"]))
    )
    return {"image": encode(image, "JPEG")}


def _filtered(change: Callable[[Image.Image], Image.Image]) -> Callable[[Any, Chance], bytes]:
    return lambda data, chance: encode(change(Image.open(io.BytesIO(data))))


def _words(words: list[str]) -> Callable[[Any, Chance], str]:
    return lambda old, chance: " ".join(chance.permutation(words).tolist())


def _leading(table: Columns, chance: Chance) -> list[str]:
    return [f"code {label}{chance.integers(0, 3)}" for label in table["label"]]


FAULTS: dict[str, tuple[Callable[[Chance, int], Columns], tuple[Fault, ...]]] = {
    "table": (clean_table, (
        Fault("missing cells", "missing", True, _cells("height", lambda old, c: None)),
        Fault("missing words", "missing", True, _cells("city", lambda old, c: "")),
        Fault("words for missing", "missing", True, _cells("city", lambda old, c: "?")),
        Fault("a number for missing", "missing", True, _cells("height", lambda old, c: -999.0)),
        Fault("infinite numbers", "mixed", True, _cells("depth", lambda old, c: np.inf)),
        Fault("words among numbers", "mixed", True, _strings("weight", "broken")),
        Fault("words among dates", "times", True, _strings("day", "soon")),
        Fault("equal rows", "duplicates", True, _appended(_again)),
        Fault("a constant column", "constant", True, _whole("version", lambda t, c: ["2.1"] * _length(t))),
        Fault("an empty column", "constant", True, _whole("note", lambda t, c: pa.nulls(_length(t), pa.string()))),
        Fault("an id column", "ids", True, _whole("row_id", lambda t, c: [f"r{i:06d}" for i in c.permutation(_length(t))])),
        Fault("gaps in time", "times", True, _gap),
        Fault("a clock set back", "times", True, _backward),
        Fault("damaged words", "encoding", True, _cells("city", lambda old, c: "MÃ¼nchen")),
        Fault("lost characters", "encoding", True, _cells("city", lambda old, c: "M\ufffdnchen")),
        Fault("a column that gives the target away", "leakage", True, _whole("code", _leading)),
        Fault("nearly equal rows", "near-duplicates", False, _appended(_one_cell)),
        Fault("far outliers", "outliers", False, _cells("height", lambda old, c: float(c.choice([-1, 1]) * c.uniform(120, 400)) + old)),
    )),
    "text": (clean_texts, (
        Fault("empty texts", "texts", True, _cells("text", lambda old, c: " ")),
        Fault("equal texts", "duplicates", True, _appended(_again)),
        Fault("damaged texts", "encoding", True, _cells("text", lambda old, c: old + " itâ€™s cafÃ©")),
        Fault("control signs", "encoding", True, _cells("text", lambda old, c: old[:9] + "\x07" + old[9:])),
        Fault("nearly equal texts", "near-duplicates", False, _appended(_typo)),
        Fault("German texts", "languages", False, _cells("text", _words(GERMAN))),
        Fault("French texts", "languages", False, _cells("text", _words(FRENCH))),
        Fault("Chinese texts", "languages", False, _cells("text", lambda old, c: "".join(c.permutation(list(CHINESE))))),
    )),
    "image": (clean_images, (
        Fault("cut-off files", "images", True, _cells("image", lambda old, c: old[: len(old) // 3])),
        Fault("bytes that are no image", "images", True, _cells("image", lambda old, c: c.bytes(500))),
        Fault("equal images", "duplicates", True, _appended(_again)),
        Fault("images of one color", "images", True, _cells("image", lambda old, c: encode(Image.new("RGB", (128, 128), tuple(c.integers(60, 200, 3).tolist()))))),
        Fault("blurred images", "images", False, _cells("image", _filtered(lambda image: image.filter(ImageFilter.GaussianBlur(5))))),
        Fault("dark images", "images", False, _cells("image", _filtered(lambda image: image.point(lambda value: value // 9)))),
        Fault("washed-out images", "images", False, _cells("image", _filtered(lambda image: image.point(lambda value: 222 + value // 9)))),
        Fault("nearly equal images", "near-duplicates", False, _appended(_resaved)),
    )),
    "sequence": (clean_sequences, (
        Fault("missing sequences", "missing", True, _cells("wave", lambda old, c: None)),
        Fault("equal sequences", "duplicates", True, _appended(_again)),
        Fault("holes in sequences", "sequences", True, _cells("wave", lambda old, c: np.r_[old[:9], np.nan, old[10:]])),
        Fault("flat sequences", "sequences", True, _cells("wave", lambda old, c: np.full(len(old), 0.5))),
        Fault("sequences cut short", "sequences", False, _cells("wave", lambda old, c: old[:4])),
        Fault("loud sequences", "sequences", False, _cells("wave", lambda old, c: old * 60)),
    )),
}  # fmt: skip


def rows_to_spoil(chance: Chance, n: int, share: float) -> Rows:
    """Some row numbers, at least three apart, so that spoiled rows do not touch."""
    wanted = max(3, round(share * n))
    return sorted((chance.choice((n - 2) // 3, wanted, replace=False) * 3 + 2).tolist())


@dataclass(frozen=True)
class Outcome:
    """How well one fault was found; recall and precision of rows, or of the finding where no rows are to be named."""

    recall: float
    precision: float


def judge(fault: Fault, before: list[Any], after: list[Any], spoiled: set[int]) -> Outcome:
    """Compare the rows named after spoiling with those spoiled; rows named in the clean data do not count."""
    old = {(f.check, f.column, f.sentence.split(" holds ")[0]) for f in before} if not spoiled else set()
    named = {row for f in after if f.check == fault.check for row in f.rows}
    if not spoiled:
        new = [
            f
            for f in after
            if f.check == fault.check and (f.check, f.column, f.sentence.split(" holds ")[0]) not in old
        ]
        return Outcome(float(bool(new)), float(len(new) == 1))
    known = {row for f in before if f.check == fault.check for row in f.rows}
    wanted = spoiled - known
    # one fault may rightly be told twice (a clock set back leaves a gap): the finding that fits best is judged
    named = max(
        (set(f.rows) - known for f in after if f.check == fault.check),
        key=lambda rows: len(rows & wanted),
        default=set(),
    )
    return Outcome(len(named & wanted) / max(1, len(wanted)), len(named & wanted) / max(1, len(named)))
