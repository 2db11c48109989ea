"""Texts to tokens, vectorized over all letters at once, for any script.

Words are runs of letters, digits and marks, lowercased. Scripts written without spaces (Chinese, Japanese, Thai, Lao,
Khmer, Burmese) give one token per character, so that neighboring pairs are their words. Emoji, currency signs and
!?… are tokens too. A token is known by the 64-bit hash of its letters.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
CHUNK_LETTERS = 4_000_000
LONGEST = 20_000  # letters of one text that are looked at
WORD, SINGLE = 1, 2
APOSTROPHES = (0x27, 0x2019)
UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9D), (0x20000, 0x3FFFF),
)  # fmt: skip
TELLING = "!?！？…$£€¥₹%@#"
BASE, MIX_A, MIX_B = np.uint64(0x100000001B3), np.uint64(0xFF51AFD7ED558CCD), np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Tokens:
    """All tokens of some texts, in order.

    Attributes
    ----------
    rows : int64 (tokens,)
        Number of the text that each token stands in.
    hashes : uint64 (tokens,)
    starts, lengths : int64 (tokens,)
        Where each token stands in `letters`.
    letters : str
        The texts, lowercased and joined.
    first_row, n_rows : int
        Which texts these are.
    """

    rows: Array
    hashes: Array
    starts: Array
    lengths: Array
    letters: str
    first_row: int
    n_rows: int

    def word(self, position: int) -> str:
        """Write one token out."""
        return self.letters[self.starts[position] : self.starts[position] + self.lengths[position]]


@lru_cache(maxsize=1)
def letter_classes() -> Array:
    """Class of every code point: 0 separates, 1 belongs to a word, 2 is a token by itself."""
    classes = np.zeros(0x110000, np.uint8)
    for point in range(0x1FFFF):
        category = unicodedata.category(chr(point))
        if category[0] in "LNM":
            classes[point] = WORD
        elif category in ("So", "Sc"):
            classes[point] = SINGLE
    for first, last in UNSPACED:
        named = classes[first : last + 1]
        classes[first : last + 1] = np.where(named == WORD, SINGLE, named) if last < 0x20000 else SINGLE
    for letter in TELLING:
        classes[ord(letter)] = SINGLE
    classes[0xFE0F] = classes[0x200D] = 0  # variation selector and joiner of emoji
    return classes


def tokenize(texts: Sequence[str], first_row: int = 0) -> Tokens:
    """Cut texts into tokens.

    Examples
    --------
    >>> found = tokenize(["Don't panic!", "很好用"])
    >>> [found.word(i) for i in range(len(found.rows))], found.rows.tolist()
    (["don't", 'panic', '!', '很', '好', '用'], [0, 0, 0, 1, 1, 1])
    """
    lowered = [text[:LONGEST].lower() for text in texts]
    letters = "\n".join(lowered) + "\n"
    points = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), np.uint32)
    row_of = np.repeat(np.arange(len(lowered)), [len(text) + 1 for text in lowered])
    classes = _joined_by_apostrophes(points, letter_classes()[points])
    before = np.concatenate([[0], classes[:-1]])
    after = np.concatenate([classes[1:], [0]])
    starts = np.flatnonzero((classes == SINGLE) | ((classes == WORD) & (before != WORD)))
    ends = np.flatnonzero((classes == SINGLE) | ((classes == WORD) & (after != WORD))) + 1
    return Tokens(
        row_of[starts] + first_row,
        _hash(points, classes, starts),
        starts,
        ends - starts,
        letters,
        first_row,
        len(texts),
    )


def _joined_by_apostrophes(points: Array, classes: Array) -> Array:
    """Count an apostrophe between two letters as a letter."""
    marks = np.flatnonzero(np.isin(points, APOSTROPHES))
    marks = marks[(marks > 0) & (marks < len(points) - 1)]
    inside = marks[(classes[marks - 1] == WORD) & (classes[marks + 1] == WORD)]
    classes[inside] = WORD
    return classes


def _hash(points: Array, classes: Array, starts: Array) -> Array:
    """Polynomial hash of the letters of each token, mixed; uint64 arithmetic wraps round."""
    if not len(starts):
        return np.zeros(0, np.uint64)
    inside = np.flatnonzero(classes > 0)
    token_of = np.searchsorted(starts, inside, side="right") - 1
    position = np.minimum(inside - starts[token_of], 63)
    powers = np.cumprod(np.full(64, BASE, np.uint64), dtype=np.uint64)
    terms = (points[inside].astype(np.uint64) + np.uint64(1)) * powers[position]
    return _mix(np.add.reduceat(terms, np.searchsorted(inside, starts)))


def _mix(hashes: Array) -> Array:
    hashes = (hashes ^ (hashes >> np.uint64(33))) * MIX_A
    return np.asarray(hashes ^ (hashes >> np.uint64(29)))


def pair_hashes(tokens: Tokens) -> tuple[Array, Array]:
    """Rows and hashes of all pairs of neighboring tokens of one text."""
    same = tokens.rows[1:] == tokens.rows[:-1]
    pairs = _mix(tokens.hashes[:-1] * MIX_B + tokens.hashes[1:])
    return tokens.rows[1:][same], pairs[same]


def in_chunks(texts: Sequence[str]) -> Iterator[Tokens]:
    """Cut texts into tokens, some million letters at a time; rows count through all chunks."""
    start, size = 0, 0
    for position, text in enumerate(texts):
        size += min(len(text), LONGEST) + 1
        if size >= CHUNK_LETTERS:
            yield tokenize(texts[start : position + 1], start)
            start, size = position + 1, 0
    if start < len(texts):
        yield tokenize(texts[start:], start)


def pad_rows(rows: Array, values: Array, shape: tuple[int, int]) -> Array:
    """Lay values out as one line per row, zero-padded or cut at the right; `rows` must not fall.

    Examples
    --------
    >>> pad_rows(np.array([0, 0, 2]), np.array([5, 6, 7]), (3, 2)).tolist()
    [[5, 6], [0, 0], [7, 0]]
    """
    n_rows, width = shape
    counts = np.bincount(rows, minlength=n_rows)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    position = np.arange(len(rows)) - first[rows]
    grid = np.zeros((n_rows, width), np.int32)
    kept = position < width
    grid[rows[kept], position[kept]] = values[kept]
    return grid
