"""Text: tokens for networks that read in order, hashed word and word-pair counts for those that do not.

The plain space is TF-IDF of the hashed counts, projected by a truncated SVD of training rows (latent semantic
analysis; Deerwester et al. 1990).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.decomposition import TruncatedSVD
from threadpoolctl import threadpool_limits

from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import RICH_WEIGHT, Fit, Kind
from belvedere.kinds.tokens import SINGLE, Tokens, in_chunks, letter_classes, pad_rows, pair_hashes, tokenize
from belvedere.types import Input
from belvedere.values import Array, spread, to_texts

MOST_WORDS = 20_000
N_GRAMS = 1 << 16
MOST_TOKENS = 256  # of one text, for networks that read in order
MOST_GRAMS = 512
N_DIMS = 64
SVD_ROWS = 20_000
PREVIEW_LETTERS = 2000


def recognize(facts: Facts) -> str:
    """Tell running text from names: many words (or characters of unspaced scripts), and hardly repeated."""
    if not facts.is_text or facts.n_present == 0:
        return ""
    some = facts.some(2000)
    texts = [text for text in to_texts(some.column) if text.strip()]
    distinct = len(set(texts)) / max(1, len(texts))
    words = float(np.mean([_count_words(text) for text in texts])) if texts else 0.0
    letters = float(np.mean([len(text) for text in texts])) if texts else 0.0
    spaced = sum(" " in text.strip() for text in texts) / max(1, len(texts))
    spoken = spaced > 0.5 or _is_unspaced("".join(texts[:200]))
    spoken = spoken and _letter_share("".join(texts[:200])) > 0.3
    running = words >= 4 and distinct > 0.2 and len(set(texts)) > 2
    titles = words >= 2 and distinct > 0.8 and len(texts) > 20
    return f"text of {words:.0f} words and {letters:.0f} letters on average" if spoken and (running or titles) else ""


def _count_words(text: str) -> float:
    """Words of a text; two characters of an unspaced script count as one."""
    classes = letter_classes()[np.frombuffer(text[:2000].encode("utf-32-le", "surrogatepass"), np.uint32)]
    before = np.concatenate([[0], classes[:-1]])
    return float(((classes == 1) & (before != 1)).sum() + (classes == SINGLE).sum() / 2)


def _letter_share(text: str) -> float:
    """Share of letters among what is not blank: numbers and codes with spaces in them are no texts."""
    return sum(letter.isalpha() for letter in text) / max(1, sum(not letter.isspace() for letter in text))


def _is_unspaced(text: str) -> bool:
    classes = letter_classes()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)]
    return bool((classes == SINGLE).sum() > 0.5 * max(1, (classes > 0).sum()))


def fit(facts: Facts, seed: int) -> Fit:
    """Vocabulary, lengths, inverse document frequencies and the projection."""
    rows = spread(facts.n_rows, 200_000, seed)
    texts = to_texts(facts.column) if len(rows) == facts.n_rows else to_texts(facts.column.take(rows))
    found = list(in_chunks(texts))
    counts = np.bincount(np.concatenate([t.rows for t in found]), minlength=len(texts)) if found else np.zeros(1)
    length = int(np.clip(np.quantile(counts, 0.95), 1, MOST_TOKENS)) if len(counts) else 1
    vocabulary = _learn_vocabulary(found)
    grams = _sparse_grams(found, len(texts))
    idf = _inverse_frequencies(grams)
    projection, center, deviation = _learn_projection(grams, idf, seed)
    info: dict[str, Any] = {
        "vocabulary": vocabulary,
        "n_tokens": len(vocabulary) + 2,
        "length": length,
        "n_grams": N_GRAMS,
        "most_grams": int(min(MOST_GRAMS, 2 * length)),
        "total_variance": deviation,
    }
    return info, {"idf": idf, "projection": projection, "center": center}


def _learn_vocabulary(found: Sequence[Tokens]) -> list[str]:
    """The commonest tokens; those that occur once are left out where there are many."""
    if not found or not sum(len(tokens.rows) for tokens in found):
        return []
    hashes = np.concatenate([tokens.hashes for tokens in found])
    unique, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    keep = np.flatnonzero(counts >= (2 if len(unique) > 1000 else 1))
    order = keep[np.lexsort((unique[keep], -counts[keep]))][:MOST_WORDS]
    ends = np.cumsum([len(tokens.rows) for tokens in found])
    words = []
    for position in first[order]:
        part = int(np.searchsorted(ends, position, side="right"))
        offset = int(position - (ends[part] - len(found[part].rows)))
        words.append(found[part].word(offset))
    return words


def _gram_buckets(hashes: Array) -> Array:
    """Bucket 1…N_GRAMS-1 of each hash; 0 is padding."""
    return (hashes % np.uint64(N_GRAMS - 1)).astype(np.int64) + 1


def _grams(tokens: Tokens) -> tuple[Array, Array]:
    """Rows and buckets of single tokens, then of pairs."""
    rows, pairs = pair_hashes(tokens)
    return np.concatenate([tokens.rows, rows]), _gram_buckets(np.concatenate([tokens.hashes, pairs]))


def _sparse_grams(found: Sequence[Tokens], n_rows: int) -> Any:
    """Counts as a sparse matrix (rows, N_GRAMS)."""
    parts = [_grams(tokens) for tokens in found] or [(np.zeros(0, int), np.zeros(0, int))]
    rows, buckets = (np.concatenate(side) for side in zip(*parts, strict=True))
    ones = np.ones(len(rows), np.float32)
    return scipy.sparse.csr_matrix((ones, (rows, buckets)), shape=(n_rows, N_GRAMS))


def _inverse_frequencies(grams: Any) -> Array:
    documents = np.bincount(grams.indices, minlength=N_GRAMS)
    return np.asarray(np.log((1 + grams.shape[0]) / (1 + documents)) + 1, dtype=np.float32)


def _weighted(grams: Any, idf: Array) -> Any:
    """Sublinear counts × inverse frequency, rows of length 1."""
    weighted = grams.copy()
    weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    lines = np.repeat(np.maximum(norms, 1e-12), np.diff(weighted.indptr))
    weighted.data = (weighted.data / lines).astype(np.float32)
    return weighted


def _learn_projection(grams: Any, idf: Array, seed: int) -> tuple[Array, Array, float]:
    """Projection (N_GRAMS, dims), its mean, and the total variance of what it makes."""
    rows = spread(grams.shape[0], SVD_ROWS, seed)
    weighted = _weighted(grams[rows], idf)
    used = np.unique(weighted.indices)
    n_dims = min(N_DIMS, len(rows) - 1, len(used) - 1)
    if n_dims < 1:
        return np.zeros((N_GRAMS, 1), np.float32), np.zeros(1, np.float32), 1.0
    svd = TruncatedSVD(n_dims, n_iter=3, random_state=seed)
    with threadpool_limits(1, user_api="blas"):  # its matrices are narrow: more threads only wait for each other
        places = svd.fit_transform(weighted[:, used])
    projection = np.zeros((N_GRAMS, n_dims), np.float32)
    projection[used] = svd.components_.T
    return projection, places.mean(axis=0).astype(np.float32), float(places.var(axis=0).sum())


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`tokens` int32 (rows, length); `grams` int32 (rows, most_grams)."""
    texts, info = to_texts(facts.column), known.info
    table, order = _vocabulary_table(info["vocabulary"])
    lines, bags = [], []
    for tokens in in_chunks(texts):
        codes = _token_ids(tokens.hashes, table, order)
        lines.append(pad_rows(tokens.rows - tokens.first_row, codes, (tokens.n_rows, info["length"])))
        rows, buckets = _grams(tokens)
        by_row = np.argsort(rows, kind="stable")
        bags.append(pad_rows(rows[by_row] - tokens.first_row, buckets[by_row], (tokens.n_rows, info["most_grams"])))
    found = {"tokens": _stack(lines, info["length"]), "grams": _stack(bags, info["most_grams"])}
    return found | ({"letters": _letters(texts, info["letters"])} if "letters" in info else {})


def with_letters(column: Any, known: Input, *, most: int) -> Input:
    """A text column of which `make` also gives the letters themselves, for an encoder with a tokenizer of its own."""
    longest = max([1, *(len(_bytes(text)) for text in to_texts(column))])
    return replace(known, info={**known.info, "letters": min(most, longest)})


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _letters(texts: Sequence[str], width: int) -> Array:
    """UTF-8 bytes, cut or padded by zeros: uint8 (rows, width)."""
    if not len(texts):
        return np.zeros((0, width), np.uint8)
    padded = b"".join(_bytes(text)[:width].ljust(width, b"\0") for text in texts)
    return np.frombuffer(padded, np.uint8).reshape(len(texts), width)


def _stack(parts: list[Array], width: int) -> Array:
    return np.concatenate(parts) if parts else np.zeros((0, width), np.int32)


def _vocabulary_table(vocabulary: list[str]) -> tuple[Array, Array]:
    """Sorted hashes of the known words, and the code of each."""
    hashes = tokenize(vocabulary).hashes
    order = np.argsort(hashes, kind="stable")
    return hashes[order], order + 2


def _token_ids(hashes: Array, table: Array, codes: Array) -> Array:
    if not len(table):
        return np.ones(len(hashes), np.int64)
    places = np.minimum(np.searchsorted(table, hashes), len(table) - 1)
    return np.where(table[places] == hashes, codes[places], 1)


def plain(facts: Facts, known: Input) -> Array:
    """TF-IDF projected, weighted as one rich column."""
    texts = to_texts(facts.column)
    grams = _sparse_grams(list(in_chunks(texts)), len(texts))
    places = _weighted(grams, known.tensors["idf"]) @ known.tensors["projection"] - known.tensors["center"]
    scale = np.sqrt(RICH_WEIGHT / max(known.info["total_variance"], 1e-9))
    return np.asarray(places * scale, dtype=np.float32)


def preview(facts: Facts) -> list[Any]:
    """At most 2,000 letters; null where missing."""
    return [None if text is None else _cut(str(text)) for text in facts.column.to_pylist()]


def _cut(text: str) -> str:
    return text if len(text) <= PREVIEW_LETTERS else text[: PREVIEW_LETTERS - 1] + "…"


KIND = Kind("text", recognize, fit, make, plain, preview)
