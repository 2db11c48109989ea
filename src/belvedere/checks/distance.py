"""How far apart two samples of one column are, between 0 (the same) and 1, and how far chance alone would take them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.checks.shingles import normalize
from belvedere.types import Column
from belvedere.values import spread, to_codes, to_floats, to_matrix

MOST_ROWS = 20_000
MOST_WORDS = 300
DIRECTIONS = 16
SURE = 3.0  # times what chance gives
Numbers = NDArray[np.float64]


def column_distance(column: Column, one: pa.ChunkedArray, other: pa.ChunkedArray) -> float:
    """Distance of two samples of a column; 0 where chance could explain it.

    Numbers and times: Kolmogorov-Smirnov. Categories: total variation. Texts: total variation of common words.
    Vectors and images held as arrays: the largest Kolmogorov-Smirnov distance along 16 random directions.

    Examples
    --------
    >>> column = Column("x", "number")
    >>> low, high = pa.chunked_array([list(range(500))]), pa.chunked_array([list(range(400, 900))])
    >>> column_distance(column, low, low), column_distance(column, low, high)
    (0.0, 0.8)
    """
    one, other = _thin(one), _thin(other)
    if column.kind in ("number", "time"):
        found, chance = _numbers(to_floats(one), to_floats(other))
    elif column.kind in ("category", "boolean", "tags"):
        found, chance = _levels(*_counts(one, other))
    elif column.kind == "text":
        found, chance = _levels(*_words(one, other))
    elif pa.types.is_fixed_size_list(one.type) and one.type == other.type:
        found, chance = _directions(to_matrix(one), to_matrix(other))
    else:
        return 0.0
    return round(found, 4) if found > SURE * chance else 0.0


def _thin(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values if len(values) <= MOST_ROWS else values.take(pa.array(spread(len(values), MOST_ROWS)))


def _numbers(a: Numbers, b: Numbers) -> tuple[float, float]:
    a, b = np.sort(a[np.isfinite(a)]), np.sort(b[np.isfinite(b)])
    if not len(a) or not len(b):
        return 0.0, 1.0
    every = np.concatenate([a, b])
    gap = np.searchsorted(a, every, side="right") / len(a) - np.searchsorted(b, every, side="right") / len(b)
    return float(np.abs(gap).max()), float(np.sqrt(1 / len(a) + 1 / len(b))) * 0.87  # the statistic's mean by chance


def _counts(one: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[Numbers, Numbers]:
    (a, names_a), (b, names_b) = to_codes(one), to_codes(other)
    number = {name: i for i, name in enumerate(dict.fromkeys([*names_a, *names_b]))}
    place_a = np.array([number[name] for name in names_a], np.int64)[a[a >= 0]]
    place_b = np.array([number[name] for name in names_b], np.int64)[b[b >= 0]]
    return (
        np.bincount(place_a, minlength=len(number)).astype(np.float64),
        np.bincount(place_b, minlength=len(number)).astype(np.float64),
    )


def _words(one: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[Numbers, Numbers]:
    """In how many texts each of the commonest words occurs."""
    sides: list[dict[str, int]] = [{}, {}]
    for counts, column in zip(sides, (one, other), strict=True):
        for text in normalize(_few(column)).to_pylist():
            for word in set(text[:2000].split()):
                counts[word] = counts.get(word, 0) + 1
    total = {word: sides[0].get(word, 0) + sides[1].get(word, 0) for word in sides[0] | sides[1]}
    common = sorted(total, key=lambda word: (-total[word], word))[:MOST_WORDS]
    a, b = (np.array([counts.get(word, 0) for word in common], np.float64) for counts in sides)
    return a, b


def _few(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.take(pa.array(spread(len(column), MOST_ROWS // 4)))


def _levels(a: Numbers, b: Numbers) -> tuple[float, float]:
    n_a, n_b = a.sum(), b.sum()
    if not n_a or not n_b:
        return 0.0, 1.0
    joint = (a + b) / (n_a + n_b)
    chance = 0.4 * float(np.sqrt(joint * (1 - joint) * (1 / n_a + 1 / n_b)).sum())  # E|N(0, s)| = 0.8 s, halved
    return float(np.abs(a / n_a - b / n_b).sum() / 2), chance


def _directions(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float]:
    random = np.random.default_rng(0).normal(size=(a.shape[1], DIRECTIONS)).astype(np.float32)
    scale = np.nanstd(a, axis=0) + 1e-9
    along = [np.nan_to_num(part / scale).astype(np.float32) @ random for part in (a, b)]
    found = [_numbers(along[0][:, i].astype(float), along[1][:, i].astype(float)) for i in range(DIRECTIONS)]
    return max(gap for gap, _ in found), max(chance for _, chance in found)
