"""Which texts share most of their letter sequences, without comparing every pair.

Min-wise hashing in one pass (Li, Owen and Zhang 2012, One permutation hashing), bands of three bins to find candidates,
and the exact share of common 5-letter sequences (Jaccard) to judge them.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

LETTERS = 5  # of one sequence
BINS, BAND = 48, 3
BLOCK = 4_000_000  # letters hashed at once
PRIME = np.uint64(0x100000001B3)
MIX = np.uint64(0x9E3779B97F4A7C15)
Words = NDArray[np.uint64]


def normalize(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lower case, and everything that is no letter or digit becomes one blank.

    Examples
    --------
    >>> normalize(pa.chunked_array([["The  Old, map!"]])).to_pylist()
    ['the old map ']
    """
    return pc.replace_substring_regex(pc.utf8_lower(pc.fill_null(column, "")), r"[\s\pP\pS]+", " ")


def hash_sequences(texts: list[str]) -> tuple[Words, NDArray[np.int64]]:
    """Hash every 5-letter sequence of every text: the hashes, and which text each belongs to."""
    joined = "".join(texts)
    letters = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    lengths = np.array([len(text) for text in texts], np.int64)
    n = max(0, len(letters) - LETTERS + 1)
    hashes = np.zeros(n, np.uint64)
    for offset in range(LETTERS):
        hashes = hashes * PRIME + letters[offset : offset + n] * MIX
    hashes ^= hashes >> np.uint64(29)
    hashes *= MIX
    hashes ^= hashes >> np.uint64(32)
    starts = np.cumsum(lengths) - lengths
    owner = np.repeat(np.arange(len(texts)), lengths)[:n]
    within = np.arange(n) - starts[owner] <= lengths[owner] - LETTERS
    return hashes[within], owner[within]


def signatures(texts: list[str]) -> NDArray[np.uint32]:
    """Give the least hash in each of 48 bins for every text: (texts, 48); empty bins borrow from the next filled one."""
    found = np.full((len(texts), BINS), np.iinfo(np.uint32).max, np.uint32)
    for start, part in _blocks(texts):
        hashes, owner = hash_sequences(part)
        cells = (owner + start) * BINS + (hashes % np.uint64(BINS)).astype(np.int64)
        np.minimum.at(found.reshape(-1), cells, (hashes >> np.uint64(32)).astype(np.uint32))
    for _ in range(BINS):
        empty = found == np.iinfo(np.uint32).max
        if not empty.any():
            break
        found = np.where(empty, np.roll(found, -1, axis=1), found)
    return found


def _blocks(texts: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Parts of the texts of about four million letters."""
    start = total = 0
    for stop, text in enumerate(texts, start=1):
        total += len(text)
        if total >= BLOCK or stop == len(texts):
            yield start, texts[start:stop]
            start, total = stop, 0


def candidates(marks: NDArray[np.uint32]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs that agree in a whole band: each text beside the first one of its bucket."""
    for band in range(0, BINS, BAND):
        key = np.zeros(len(marks), np.uint64)
        for bin_ in range(band, band + BAND):
            key = (key + marks[:, bin_].astype(np.uint64)) * MIX
            key ^= key >> np.uint64(31)
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        later = np.flatnonzero(first[which] != np.arange(len(marks)))
        yield first[which[later]], later


def jaccard(one: str, other: str) -> float:
    """Share of the 5-letter sequences that two texts have in common.

    Examples
    --------
    >>> jaccard("the old map", "the old map"), jaccard("the old map", "something")
    (1.0, 0.0)
    """
    a, b = np.unique(hash_sequences([one])[0]), np.unique(hash_sequences([other])[0])
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / max(1, len(a) + len(b) - common)
