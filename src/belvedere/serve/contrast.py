"""What sets one group of rows apart from another: every column compared, ranked, with false discoveries bounded.

Numbers and times: twice the probability that a row inside exceeds one outside, minus one (the rank-biserial
correlation, Cliff's delta; 0 = alike, ±1 = apart), with the Mann-Whitney test. Categories: the value whose share
differs most, with a two-proportion z-test, times the number of values looked at (Bonferroni). Text: words by log-odds
with an informative prior (Monroe, Colaresi & Quinn 2008). All p values together are adjusted after Benjamini &
Hochberg (1995).
"""

import math
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page import Encoded, Shown, encode, shown_columns
from belvedere.types import MapContent

MAX_ROWS = 50_000  # per group: more would change no rank, and take longer
MAX_TEXTS = 5_000  # per group
MIN_EFFECT = 0.01

Flags = NDArray[np.bool_]


def contrast(content: MapContent, inside: Flags, outside: Flags, *, seed: int = 0) -> dict[str, Any]:
    """Compare two groups of rows in every column of the data.

    Parameters
    ----------
    content : MapContent
        The map.
    inside, outside : bool (rows,)
        The groups; rows in both count as inside.
    seed : int
        For the sample taken of groups above 50,000 rows.

    Returns
    -------
    dict
        `differences`: column, kind, effect (−1 … 1), p, q, inside, outside, and for text `words`; largest effect first.

    Raises
    ------
    SettingError
        Where a group has fewer than two rows.
    """
    outside = outside & ~inside
    if min(np.count_nonzero(inside), np.count_nonzero(outside)) < 2:
        raise SettingError("Each group must have at least two rows, but one has fewer. Select more.")
    rng = np.random.default_rng(seed)
    a, b = (np.sort(_sample(rng, np.flatnonzero(group), MAX_ROWS)) for group in (inside, outside))
    found = [_compare(content, shown, a, b) for shown in shown_columns(content) if shown.group == "data"]
    differences = [
        difference for difference in found if difference is not None and abs(difference["effect"]) >= MIN_EFFECT
    ]
    for difference, q in zip(differences, adjust([d["p"] for d in differences]), strict=True):
        difference["q"] = q
    differences.sort(key=lambda d: -abs(d["effect"]))
    return {"differences": differences, "n_inside": int(inside.sum()), "n_outside": int(outside.sum())}


def _sample(rng: np.random.Generator, rows: NDArray[Any], limit: int) -> NDArray[Any]:
    return rows if len(rows) <= limit else rng.choice(rows, limit, replace=False)


def _compare(content: MapContent, shown: Shown, a: NDArray[Any], b: NDArray[Any]) -> dict[str, Any] | None:
    if shown.role == "id" or shown.kind not in ("number", "time", "category", "boolean", "text"):
        return None
    if shown.kind == "text":
        return _compare_texts(shown, a[:: max(1, len(a) // MAX_TEXTS)], b[:: max(1, len(b) // MAX_TEXTS)])
    both = np.concatenate([a, b])
    made = encode(replace(shown, values=shown.values.take(pa.array(both))))
    if made.values is None:
        return None
    difference = _of_numbers if made.info["dtype"] == "u16q" else _of_categories
    part = difference(made, len(a))
    return None if part is None else {"column": shown.name, "kind": shown.kind} | part


def _of_numbers(made: Encoded, n_inside: int) -> dict[str, Any] | None:
    """Compare by ranks; `inside` and `outside` are medians in the column's own units."""
    assert made.values is not None
    a, b = made.values[:n_inside], made.values[n_inside:]
    a, b = a[a < 65_535], b[b < 65_535]
    if min(len(a), len(b)) < 2 or made.info["min"] == made.info["max"]:
        return None
    effect, p = rank_difference(a, b)
    low, span = made.info["min"], made.info["max"] - made.info["min"]
    middle = [low + float(np.median(part)) / 65_534 * span for part in (a, b)]
    return {"effect": effect, "p": p, "inside": middle[0], "outside": middle[1]}


def rank_difference(a: NDArray[Any], b: NDArray[Any]) -> tuple[float, float]:
    """Effect 2·P(a > b) − 1 (ties count half) and the two-sided p of Mann and Whitney, with tie correction.

    Examples
    --------
    >>> rank_difference(np.array([4, 5, 6]), np.array([1, 2, 3]))[0]
    1.0
    """
    n, m = len(a), len(b)
    _, codes, counts = np.unique(np.concatenate([a, b]), return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(counts) - (counts - 1) / 2
    u = float(middle_rank[codes[:n]].sum()) - n * (n + 1) / 2
    total = n + m
    ties = float((counts.astype(np.float64) ** 3 - counts).sum()) / (total * (total - 1))
    spread = math.sqrt(n * m / 12 * ((total + 1) - ties))
    z = max(0.0, abs(u - n * m / 2) - 0.5) / spread if spread > 0 else 0.0
    return 2 * u / (n * m) - 1, math.erfc(z / math.sqrt(2))


def _of_categories(made: Encoded, n_inside: int) -> dict[str, Any] | None:
    """Find the value whose share differs most; `inside` and `outside` are its shares."""
    assert made.values is not None
    missing, n_values = int(np.iinfo(made.values.dtype).max), len(made.info["categories"])
    parts = (made.values[:n_inside], made.values[n_inside:])
    counts = [np.bincount(part[part < missing], minlength=n_values).astype(np.float64) for part in parts]
    n, m = (float(c.sum()) for c in counts)
    if min(n, m) < 2 or n_values < 2:
        return None
    shares = counts[0] / n, counts[1] / m
    top = int(np.argmax(np.abs(shares[0] - shares[1])))
    p = min(1.0, share_p(counts[0][top], n, counts[1][top], m) * n_values)
    name = made.info["categories"][top]
    sides = {"inside": float(shares[0][top]), "outside": float(shares[1][top])}
    return {"effect": sides["inside"] - sides["outside"], "p": p, "value": name} | sides


def share_p(hits_a: float, n_a: float, hits_b: float, n_b: float) -> float:
    """Two-sided p of the pooled z-test for two shares."""
    pooled = (hits_a + hits_b) / (n_a + n_b)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    z = abs(hits_a / n_a - hits_b / n_b) / spread if spread > 0 else 0.0
    return math.erfc(z / math.sqrt(2))


def _compare_texts(shown: Shown, a: NDArray[Any], b: NDArray[Any]) -> dict[str, Any] | None:
    """Rank words by log-odds; `effect` is the largest difference in the share of rows that hold one of the words."""
    in_a, in_b = (_rows_with(shown.values.take(pa.array(part)).to_pylist()) for part in (a, b))
    words = [word for word in in_a.keys() | in_b.keys() if in_a[word] + in_b[word] >= 3]
    if not words:
        return None
    words.sort()
    hits = np.array([[in_a[word], in_b[word]] for word in words], dtype=np.float64)
    z = log_odds_z(hits[:, 0], hits[:, 1])
    order = np.lexsort((np.arange(len(words)), -z))[:12]
    best = [int(i) for i in order if z[i] > 1.96]
    if not best:
        return None
    top = best[0]
    sides = {"inside": hits[top, 0] / len(a), "outside": hits[top, 1] / len(b)}
    p = min(1.0, share_p(hits[top, 0], len(a), hits[top, 1], len(b)) * len(words))
    named = {"column": shown.name, "kind": "text", "value": words[top], "words": [words[i] for i in best]}
    return named | {"effect": sides["inside"] - sides["outside"], "p": p} | sides


def _rows_with(texts: list[Any]) -> Counter[str]:
    """In how many rows each word stands; runs of Chinese characters count as pairs of neighbors."""
    counts: Counter[str] = Counter()
    for text in texts:
        if isinstance(text, str):
            counts.update(words_of(text[:4_000]))
    return counts


def words_of(text: str) -> set[str]:
    """Distinct words of a text, lower case.

    Examples
    --------
    >>> sorted(words_of("A blue bowl, a BOWL")), sorted(words_of("很好吃"))
    (['blue', 'bowl'], ['好吃', '很好'])
    """
    found: set[str] = set()
    for word in re.findall(r"[^\W_]{2,40}", text.lower()):
        if re.search(r"[\u3040-\u30ff\u3400-\u9fff]", word):
            found.update(word[i : i + 2] for i in range(len(word) - 1))
        else:
            found.add(word)
    return found


def log_odds_z(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardized log-odds of each word with the whole text as prior; positive = more inside."""
    prior = (a + b) / (a + b).sum() * 500 + 0.01
    n, m, whole = a.sum() + prior.sum(), b.sum() + prior.sum(), prior + 0
    odds = np.log((a + whole) / (n - a - whole)) - np.log((b + whole) / (m - b - whole))
    return np.asarray(odds / np.sqrt(1 / (a + whole) + 1 / (b + whole)))


def adjust(p: list[float]) -> list[float]:
    """Benjamini and Hochberg's q for each p.

    Examples
    --------
    >>> [round(q, 3) for q in adjust([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    n = len(p)
    order = np.argsort(p)[::-1]
    scaled = np.asarray(p, dtype=np.float64)[order] * n / np.arange(n, 0, -1)
    q = np.empty(n)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled)) if n else scaled
    return [float(value) for value in q]
