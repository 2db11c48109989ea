"""What a group of rows can be told apart by: ranks of numbers, levels of categories, words of texts.

Each feature is one column of a matrix with values 0…1, so that one formula measures all of them: for a yes/no feature
the difference of shares (Youden's J), for a number twice the area under the ROC curve less one. Both run from -1 (never
inside) to 1 (only inside) and are 0 for a feature that says nothing.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.types import Column, Floats, Schema
from belvedere.values import to_floats, to_texts

MAX_LEVELS = 60  # of one category column
MAX_WORDS = 600  # of one text column
CHAR = r"[\u3400-\u9fff\u3040-\u30ff]"  # scripts written without spaces
STOP_WORDS = frozenset(
    "a an and are as at be been but by can could do for from had has have he her his i if in into is it its just like "
    "me more my no not of on one or our out she so some than that the their them there they this to up was we were "
    "what when which who will with would you your all also am any because how only other over s t don very too".split()
) | frozenset(
    "的 了 是 我 不 在 很 也 都 就 有 和 还 没 这 买 到 一 说 个 人 他 她 你 上 下 们 着 给 吧 吗 啊 呢 去 来".split()
)


@dataclass(frozen=True)
class Feature:
    """One thing that may set rows apart, and how to say it when they have much or little of it."""

    column: str
    much: str
    little: str  # empty: too little of it is no name
    weight: float = 1.0  # the target's own levels count a little more
    is_word: bool = False
    is_target: bool = False
    level: str = ""  # the category level or the word, as it stands in the data; empty for ranks


More = Callable[[NDArray[np.int64]], list[tuple[Feature, NDArray[Any]]]]  # of row numbers: features and their numbers


@dataclass(frozen=True)
class NamingFeatures:
    """Features of a sample of rows: `values` is float32 (sampled rows, features), `rows` their row numbers."""

    features: tuple[Feature, ...]
    values: Floats
    rows: NDArray[np.int64]

    def effects(self, inside: NDArray[np.bool_], pool: NDArray[np.bool_]) -> Floats:
        """How strongly each feature tells rows `inside` from the other rows of `pool`, -1 to 1."""
        outside = pool & ~inside
        if not inside.any() or not outside.any():
            return np.zeros(len(self.features), np.float32)
        # For ranks in 0…1 the difference of means is AUC - 1/2 (rank-sum identity, exact when the pool is all rows).
        difference = self.values[inside].mean(axis=0) - self.values[outside].mean(axis=0)
        return np.asarray(np.clip(difference, -1, 1), dtype=np.float32)


def naming_features(
    table: pa.Table,
    schema: Schema,
    *,
    rows: NDArray[np.int64] | None = None,
    max_rows: int = 20_000,
    seed: int = 0,
    more: More | None = None,
) -> NamingFeatures:
    """Build the features of given rows, or of a random sample of rows.

    Parameters
    ----------
    table : pyarrow.Table
        All rows of the map.
    schema : Schema
        Kinds and roles; columns left out are not used, the target is.
    rows : int64, optional
        Row numbers, rising.
    max_rows : int
        Size of the sample without them; effects of more rows would change names by nothing that a person sees.
    seed : int
        Of the sample.
    more : callable, optional
        From row numbers to what else can be said of these rows: features, each with one number per row.
    """
    if rows is None:
        rows = _sampled(table.num_rows, max_rows, seed)
    parts = [_features_of(table[column.name].take(pa.array(rows)), column) for column in schema if _counts(column)]
    if more is not None:
        parts += [_ranked(np.asarray(numbers, np.float64), feature) for feature, numbers in more(rows)]
    features = [feature for found, _ in parts for feature in found]
    values = [matrix for _, matrix in parts if matrix.shape[1]]
    matrix = np.concatenate(values, axis=1) if values else np.zeros((len(rows), 0), np.float32)
    return NamingFeatures(tuple(features), matrix, rows)


def _sampled(n_rows: int, most: int, seed: int) -> NDArray[np.int64]:
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))


def _counts(column: Column) -> bool:
    """Whether a column may give names."""
    return column.role in ("input", "target") and column.kind in ("number", "category", "boolean", "time", "text")


def _features_of(values: pa.ChunkedArray, column: Column) -> tuple[list[Feature], Floats]:
    """Features of one column, by its kind."""
    if column.kind in ("category", "boolean"):
        return _levels(values, column)
    if column.kind == "text":
        return _words(values, column)
    return _ranks(values, column)


def spoken(name: str) -> str:
    """Make a column's name readable: 'marital_status' is said 'marital status'."""
    return re.sub(r"[_\s]+", " ", name).strip() or name


def _ranks(values: pa.ChunkedArray, column: Column) -> tuple[list[Feature], Floats]:
    """The feature of a number or a time."""
    low, high = ("early", "late") if column.kind == "time" else ("low", "high")
    said = spoken(column.name)
    return _ranked(to_floats(values), Feature(column.name, f"{high} {said}", f"{low} {said}"))


def _ranked(numbers: NDArray[np.float64], feature: Feature) -> tuple[list[Feature], Floats]:
    """Mid-ranks of numbers, scaled so that a difference of means is twice the AUC less one; none of a constant."""
    known = np.isfinite(numbers)
    if known.sum() < 2 or np.ptp(numbers[known]) == 0:
        return [], np.zeros((len(numbers), 0), np.float32)
    ranks = np.full(len(numbers), 0.5)
    _, position, counts = np.unique(numbers[known], return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2  # mid-rank of each level, from 1
    ranks[known] = (middle[position] - 0.5) / known.sum()
    return [feature], (2 * ranks[:, None]).astype(np.float32)


def _levels(values: pa.ChunkedArray, column: Column) -> tuple[list[Feature], Floats]:
    """One yes/no feature per frequent level of a category."""
    texts = np.array(to_texts(values), dtype=object)  # named as the categories of the explorer are
    counts = Counter(t for t in texts if t)
    levels = [level for level, n in counts.most_common(MAX_LEVELS) if n >= 2]
    if len(counts) < 2:
        return [], np.zeros((len(texts), 0), np.float32)
    matrix = np.zeros((len(texts), len(levels)), np.float32)
    for i, level in enumerate(levels):
        matrix[:, i] = texts == level
    return [_level_feature(level, column) for level in levels], matrix


def _level_feature(level: str, column: Column) -> Feature:
    """How one level is said: a telling word alone, a bare number or yes/no with its column."""
    bare = bool(re.fullmatch(r"[-+.\d]+|true|false|yes|no|y|n|t|f|none|other|unknown", level.strip().lower()))
    said = f"{spoken(column.name)} {level}" if bare else spoken(level)
    is_target = column.role == "target"
    return Feature(column.name, said, "", 1.15 if is_target else 1.0, is_target=is_target, level=level)


def split_words(text: str) -> set[str]:
    """Words of a text, lower case; pairs of characters where a script has no spaces."""
    words = {w for w in re.findall(r"[^\W\d_]{3,}", text.lower()) if w not in STOP_WORDS and not re.search(CHAR, w)}
    for run in re.findall(f"{CHAR}+", text):
        words.update(run[i : i + 2] for i in range(len(run) - 1) if not STOP_WORDS.intersection(run[i : i + 2]))
    return words


def _words(values: pa.ChunkedArray, column: Column) -> tuple[list[Feature], Floats]:
    """One yes/no feature per frequent word."""
    texts = [split_words(str(v)[:4000]) if v is not None else set() for v in values.to_pylist()]
    counts = Counter(word for words in texts for word in sorted(words))  # sorted: the same names every time
    lowest = max(3, len(texts) // 2000)
    words = [w for w, n in counts.most_common(MAX_WORDS) if lowest <= n <= 0.6 * len(texts)]
    where = {word: i for i, word in enumerate(words)}
    matrix = np.zeros((len(texts), len(words)), np.float32)
    for row, found in enumerate(texts):
        matrix[row, [where[w] for w in found if w in where]] = 1
    return [Feature(column.name, word, "", is_word=True, level=word) for word in words], matrix
