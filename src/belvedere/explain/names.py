"""Names for regions: a few words that tell a region's rows from the rows around it, without any language model.

A region of the coarsest level is held against the whole map, a sub-region against the region that holds it. The name
is the strongest feature, with further ones added where together they tell its rows better, or where a neighbor would
have the same name.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import rankdata

from belvedere.explain.apart import WEAKEST, phrase_of, told_apart
from belvedere.explain.features import NamingFeatures, naming_features
from belvedere.types import Floats, Ints, Region, Schema

CLEAR = 0.8  # a name that tells rows this well (2 AUC - 1) needs no further phrase
WORTH = 0.03  # what a further phrase must add
LETTERS = 40  # a longer name does not fit on a map
TARGET = 1.15  # names made of classes alone may tell rows a little worse: they are read at once
CANDIDATES = 40  # features per region that may become phrases


def name_regions(
    regions: tuple[Region, ...],
    region_of: Ints,
    table: pa.Table,
    schema: Schema,
    *,
    latent: NDArray[Any] | None = None,
    features: NamingFeatures | None = None,
) -> tuple[Region, ...]:
    """Give every region a name and the phrases behind it.

    Parameters
    ----------
    regions : tuple of Region
        In the order of their ids.
    region_of : int32 (rows, levels)
        The region of each row at each level, -1 for none.
    table, schema :
        The data that the names are taken from.
    latent : (rows, dims), optional
        Where it is given, a region that no phrase sets apart (pictures without labels) says which row is typical of it.
    features : NamingFeatures, optional
        What names are made of; without it, the columns of the table.

    Returns
    -------
    tuple of Region
        The same regions with `name` and `why` filled in. Names differ among regions of one parent; a region that
        nothing sets apart keeps an empty name rather than a vague one.
    """
    found = naming_features(table, schema) if features is None else features
    sampled = region_of[found.rows] if len(regions) else region_of[:0]
    phrases = {region.id: _phrases(region, sampled, found) for region in regions}
    named: list[Region] = []
    said: dict[int, set[str]] = {}  # names by level
    for siblings in _families(regions).values():
        names = _distinct_names([phrases[r.id] for r in siblings], said.setdefault(siblings[0].level, set()))
        for region, name in zip(siblings, names, strict=True):
            why = tuple(phrase for phrase, _ in phrases[region.id][:5])
            if not why and latent is not None:
                why = _typical(np.flatnonzero(region_of[:, region.level] == region.id), latent)
            named.append(replace(region, name=name, why=why))
    return told_apart(tuple(sorted(named, key=lambda region: region.id)), sampled, found)


def _typical(rows: NDArray[np.int64], latent: NDArray[Any]) -> tuple[str, ...]:
    """The medoid of a region, which must speak for it where no words do; of very many rows, of 500 of them."""
    some = rows[:: max(1, len(rows) // 500)]
    if not len(some):
        return ()
    vectors = np.asarray(latent[some], dtype=np.float32)
    away = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) if len(some) < 3 else _distances(vectors)
    return (f"like row {some[int(away.sum(axis=1).argmin())]}",)


def _distances(vectors: Floats) -> Floats:
    squared = np.square(vectors).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squared[:, None] + squared[None] - 2 * vectors @ vectors.T, 0)))


def _families(regions: tuple[Region, ...]) -> dict[int, list[Region]]:
    """Regions by the region that holds them."""
    families: dict[int, list[Region]] = {}
    for region in regions:
        families.setdefault(region.parent, []).append(region)
    return families


def _phrases(region: Region, sampled: Ints, found: NamingFeatures) -> list[tuple[str, float]]:
    """Phrases for one region, best first, with how well each and those before it tell the region's rows (2 AUC - 1)."""
    inside = sampled[:, region.level] == region.id
    pool = np.ones(len(sampled), bool)
    if region.parent >= 0:
        pool = (sampled == region.parent).any(axis=1)
    effects = found.effects(inside, pool | inside)
    weights = np.array([f.weight for f in found.features], dtype=np.float32)
    order = np.argsort(-np.abs(effects) * weights, kind="stable")[:CANDIDATES]
    said = [int(i) for i in order if abs(effects[i]) >= WEAKEST and phrase_of(found.features[i], effects[i])]
    rows = _few(np.flatnonzero(inside)), _few(np.flatnonzero(pool & ~inside))
    if not said:
        return []
    of_all = _greedy(said, effects, found, rows)
    classes = [i for i in said if found.features[i].is_target]
    of_classes = _greedy(classes, effects, found, rows) if classes else []
    return of_classes if _told(of_classes) * TARGET >= _told(of_all) else of_all


def _told(phrases: list[tuple[str, float]]) -> float:
    """How well the best name of three phrases at most tells the rows."""
    return max((told for _, told in phrases[:3]), default=0.0)


def _few(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most 400 rows, evenly spread."""
    return rows[:: max(1, len(rows) // 400)][:400]


def _greedy(
    said: list[int],
    effects: Floats,
    found: NamingFeatures,
    rows: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> list[tuple[str, float]]:
    """Start with the strongest feature and add those that raise the AUC of the sum most, three per column at most."""
    kept: list[tuple[str, float]] = []
    used: Counter[str] = Counter()
    signs = np.sign(effects[said])
    values = [found.values[part][:, said] * signs for part in rows]  # (rows inside or outside, candidates)
    total = [np.zeros(len(part), np.float32) for part in rows]
    left = list(range(len(said)))
    while left and len(kept) < 5:
        scores = _separation(total[0][:, None] + values[0][:, left], total[1][:, None] + values[1][:, left])
        ranked = scores if kept else np.abs(effects[said])[left] * [found.features[said[i]].weight for i in left]
        best = left[int(np.argmax(ranked))]
        gained = float(scores[left.index(best)])
        feature = found.features[said[best]]
        kept.append((phrase_of(feature, float(effects[said[best]])), gained))
        used[feature.column] += 1
        total = [sums + part[:, best] for sums, part in zip(total, values, strict=True)]
        full = {c for c, n in used.items() if n >= 3}  # a region may hold three species, or three words
        left = [i for i in left if i != best and found.features[said[i]].column not in full]
    return kept


def _separation(inside: Floats, outside: Floats) -> NDArray[np.float64]:
    """2 AUC - 1 of each column, ties counting half."""
    ranks = rankdata(np.concatenate([inside, outside]), axis=0)
    n, m = len(inside), len(outside)
    if not n or not m:
        return np.zeros(inside.shape[1])
    return np.asarray(2 * (ranks[:n].sum(axis=0) - n * (n + 1) / 2) / (n * m) - 1)


def _distinct_names(candidates: list[list[tuple[str, float]]], said: set[str]) -> list[str]:
    """Join as few phrases as make each name clear, different from its siblings, and if it can be from all `said`."""
    used: set[str] = set()
    names = []
    for phrases in candidates:
        length = _length(phrases)
        name = _joined(phrases, length)
        while name in used | said and length < len(phrases):
            length += 1
            name = _joined(phrases, length)
        names.append(_numbered(name, used))
        used.add(names[-1])
    said |= used
    return names


def _length(phrases: list[tuple[str, float]]) -> int:
    """How many phrases a name needs: more while each adds enough and the name is not clear yet, three at most."""
    length = min(1, len(phrases))
    while 0 < length < min(3, len(phrases)):
        told, with_next = phrases[length - 1][1], phrases[length][1]
        too_long = len(_joined(phrases, length + 1)) > LETTERS
        if told >= CLEAR or with_next < told + WORTH or too_long:
            break
        length += 1
    return length


def _joined(phrases: list[tuple[str, float]], length: int) -> str:
    """Join the first phrases into one name."""
    return ", ".join(phrase for phrase, _ in phrases[:length])


def _numbered(name: str, used: set[str]) -> str:
    """Add a number where a sibling has the name already: 'low age', then 'low age (2)'; nothing stays nothing."""
    number, candidate = 2, name
    while candidate and candidate in used:
        candidate, number = f"{name} ({number})", number + 1
    return candidate
