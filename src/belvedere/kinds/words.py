"""Words that a label stands for each: texts cut at blanks as given, or lists of words; nothing is joined or split.

Each word is known by its code, and by marks that new words share with known ones: how it is written, how it begins and
ends. A column of this kind also has all that a text has, so that networks for texts read it too.
"""

import re
import zlib
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.kinds import text
from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import Fit, Kind
from belvedere.kinds.tokens import pad_rows
from belvedere.types import Input
from belvedere.values import Array

MOST_WORDS = 20_000
LONGEST = 400  # words of one row that are looked at
N_BUCKETS = 1 << 15  # of hashed marks; 0 is padding
N_MARKS = 10
BIO = re.compile(r"O|[BIESLUM]-\S+")
UPPER, LOWER, DIGIT = re.compile(r"[^\W\d_a-z]"), re.compile(r"[a-z]"), re.compile(r"\d")


def recognize(facts: Facts) -> str:
    """Lists of words; texts become words only beside a target of one label per word."""
    return "lists of words" if is_word_list(facts.type) else ""


def is_word_list(type_: Any) -> bool:
    """Whether an Arrow type is a list of texts."""
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return bool(is_list and (pa.types.is_string(type_.value_type) or pa.types.is_large_string(type_.value_type)))


def cut(column: pa.ChunkedArray) -> list[list[str]]:
    """The words of each row; none where the row is missing.

    Examples
    --------
    >>> cut(pa.chunked_array([["Don't  panic !", None]]))
    [["Don't", 'panic', '!'], []]
    """
    if pa.types.is_nested(column.type):
        return [[str(word) for word in row or ()] for row in column.to_pylist()]
    return [[] if row is None else str(row).split() for row in column.to_pylist()]


def is_tagged(facts: Facts) -> bool:
    """Whether a column holds one tag per word in the B-, I-, O manner."""
    if not (facts.is_text or is_word_list(facts.type)):
        return False
    rows = cut(facts.some(2000).column)
    tags = [tag for row in rows for tag in row]
    return bool(tags) and sum(bool(BIO.fullmatch(tag)) for tag in tags) == len(tags) and any(len(r) > 1 for r in rows)


def as_text(facts: Facts) -> Facts:
    """The same column as texts, words parted by one blank."""
    joined = pa.chunked_array([pa.array([" ".join(row) for row in cut(facts.column)], pa.large_string())])
    return Facts(pa.field(facts.name, pa.large_string()), joined)


def fit(facts: Facts, seed: int) -> Fit:
    """All of a text, and the commonest words and the longest row."""
    rows = cut(facts.column)
    info, tensors = text.fit(as_text(facts), seed)
    counts: dict[str, int] = {}
    for row in rows:
        for word in row:
            counts[word.lower()] = counts.get(word.lower(), 0) + 1
    known = sorted((w for w, n in counts.items() if n > 1), key=lambda w: (-counts[w], w))[:MOST_WORDS]
    most = int(min(LONGEST, max([1, *(len(row) for row in rows)])))
    usual = float(np.mean([len(row) for row in rows])) if rows else 0.0
    return info | {
        "words": known,
        "n_words": len(known) + 2,
        "most_words": most,
        "n_marks": N_BUCKETS,
        "usual_words": usual,
    }, tensors


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`words` int32 (rows, most_words): 0 padding, 1 unknown; `marks` int32 (rows, most_words, 10); and a text's."""
    rows = [row[: known.info["most_words"]] for row in cut(facts.column)]
    numbers = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    levels: dict[str, int] = {}
    at = np.array([levels.setdefault(word, len(levels)) for row in rows for word in row], dtype=np.int64)
    code = {word: i for i, word in enumerate(known.info["words"], start=2)}
    codes = np.array([code.get(word.lower(), 1) for word in levels], dtype=np.int64)
    shape = (len(rows), int(known.info["most_words"]))
    marked = np.array([marks(word) for word in levels], dtype=np.int32).reshape(len(levels), N_MARKS)
    grid = pad_rows(numbers, at + 1, shape)  # 0: padding
    padded = np.concatenate([np.zeros((1, N_MARKS), np.int32), marked])
    words = pad_rows(numbers, codes[at] if len(at) else at, shape)
    return {"words": words, "marks": padded[grid], **text.make(as_text(facts), known)}


def marks(word: str) -> list[int]:
    """Hashed marks of one word: itself, its writing, its first and last letters, and what it begins with.

    Examples
    --------
    >>> len(marks("Berlin")), marks("Berlin")[1] == marks("London")[1], marks("Berlin")[0] == marks("BERLIN")[0]
    (10, True, True)
    """
    low = word.lower()
    written = DIGIT.sub("9", LOWER.sub("x", UPPER.sub("X", word[:20])))
    short = re.sub(r"(.)\1+", r"\1", written)
    ends = [low[:2], low[:3], low[:4], low[-2:], low[-3:], low[-4:]]
    sign = low[:1] if low[:1] in "@#$" else "www" if low.startswith(("http", "www.")) else "-"
    said = [low, written, short, *ends, sign]
    return [zlib.crc32(f"{i}={part}".encode()) % (N_BUCKETS - 1) + 1 for i, part in enumerate(said)]


def plain(facts: Facts, known: Input) -> Array:
    """The plain space of the text."""
    return text.plain(as_text(facts), known)


def preview(facts: Facts) -> list[Any]:
    """The words joined by blanks, at most 2,000 letters."""
    return text.preview(as_text(facts))


KIND = Kind("words", recognize, fit, make, plain, preview)
