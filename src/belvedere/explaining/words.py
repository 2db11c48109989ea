"""Texts as the n-gram columns see them: tokens, buckets of single tokens and of pairs, and which tokens own a bucket."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.kinds.text import N_GRAMS
from belvedere.kinds.tokens import pair_hashes, tokenize
from belvedere.values import to_texts

Array = NDArray[Any]


@dataclass(frozen=True)
class Words:
    """Tokens of some texts, and their n-grams: int64 (rows, grams), singles first, then pairs, 0 where none."""

    tokens: tuple[tuple[str, ...], ...]
    grams: NDArray[np.int64]


def read_words(column: pa.ChunkedArray) -> Words:
    """Cut texts into tokens and bucket them as `kinds.text` does (a test holds the two together)."""
    tokens, buckets = [], []
    for text in to_texts(column):
        found = tokenize([text])
        tokens.append(tuple(found.word(i) for i in range(len(found.rows))))
        hashes = np.concatenate([found.hashes, pair_hashes(found)[1]])
        buckets.append((hashes % np.uint64(N_GRAMS - 1)).astype(np.int64) + 1)
    grams = np.zeros((len(buckets), max([1, *(len(b) for b in buckets)])), np.int64)
    for row, found_buckets in enumerate(buckets):
        grams[row, : len(found_buckets)] = found_buckets
    return Words(tuple(tokens), grams)


def by_token(amounts: Array, n_tokens: int) -> Array:
    """Give n-grams back to their tokens, half of a pair to each: (outputs, grams) -> (outputs, tokens).

    Examples
    --------
    >>> by_token(np.array([[1.0, 2.0, 4.0]]), 2).tolist()
    [[3.0, 4.0]]
    """
    owned = np.zeros((amounts.shape[0], n_tokens), np.float32)
    single = amounts[:, :n_tokens]
    owned[:, : single.shape[1]] += single
    pairs = amounts[:, n_tokens : 2 * n_tokens - 1] / 2
    n_pairs = pairs.shape[1]
    owned[:, :n_pairs] += pairs
    owned[:, 1 : n_pairs + 1] += pairs
    return owned
