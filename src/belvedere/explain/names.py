"""Names for regions: a few words that tell a region's rows from the rows around it, without any language model.

A region of the coarsest level is held against the whole map, a sub-region against the region that holds it. The name
is the strongest feature, with further ones added where they help or where a neighbor would have the same name.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.explain.features import Feature, NamingFeatures, naming_features
from belvedere.types import Ints, Region, Schema

WEAKEST = 0.15  # effects below this name nothing
CLEAR = 0.6  # one feature this strong is a name by itself


def name_regions(
    regions: tuple[Region, ...], region_of: Ints, table: pa.Table, schema: Schema, *, seed: int = 0
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
    seed : int
        Of the sample of rows that is looked at.

    Returns
    -------
    tuple of Region
        The same regions with `name` and `why` filled in. Names differ among regions of one parent; a region that
        nothing sets apart keeps an empty name rather than a vague one.
    """
    found = naming_features(table, schema, seed=seed)
    sampled = region_of[found.rows] if len(regions) else region_of[:0]
    phrases = {region.id: _phrases(region, sampled, found) for region in regions}
    named: list[Region] = []
    for siblings in _families(regions).values():
        names = _distinct_names([phrases[r.id] for r in siblings])
        named += [
            replace(r, name=n, why=tuple(p for p, _ in phrases[r.id][:5])) for r, n in zip(siblings, names, strict=True)
        ]
    return tuple(sorted(named, key=lambda region: region.id))


def _families(regions: tuple[Region, ...]) -> dict[int, list[Region]]:
    """Regions by the region that holds them."""
    families: dict[int, list[Region]] = {}
    for region in regions:
        families.setdefault(region.parent, []).append(region)
    return families


def _phrases(region: Region, sampled: Ints, found: NamingFeatures) -> list[tuple[str, float]]:
    """Phrases for one region with their strengths, strongest first, one per column (words: up to three)."""
    inside = sampled[:, region.level] == region.id
    pool = np.ones(len(sampled), bool)
    if region.parent >= 0:
        pool = (sampled == region.parent).any(axis=1)
    effects = found.effects(inside, pool | inside)
    weights = np.array([f.weight for f in found.features], dtype=np.float32)
    order = np.argsort(-np.abs(effects) * weights, kind="stable")[:60]
    return _best_per_column(order, effects, found.features)


def _best_per_column(
    order: NDArray[np.int64], effects: NDArray[np.float32], features: tuple[Feature, ...]
) -> list[tuple[str, float]]:
    """Keep the strongest phrase of each column; of a text column the three strongest words."""
    kept: list[tuple[str, float]] = []
    used: Counter[str] = Counter()
    for i in order:
        feature, effect = features[i], float(effects[i])
        phrase = feature.much if effect > 0 else feature.little
        if phrase and abs(effect) >= WEAKEST and used[feature.column] < (3 if feature.is_word else 1):
            used[feature.column] += 1
            kept.append((phrase, abs(effect)))
    return kept


def _distinct_names(candidates: list[list[tuple[str, float]]]) -> list[str]:
    """Join as few phrases as make each name clear and different from its siblings."""
    used: set[str] = set()
    names = []
    for phrases in candidates:
        length = 1 if phrases and phrases[0][1] >= CLEAR else 2
        name = _joined(phrases, length)
        while name in used and length < len(phrases):
            length += 1
            name = _joined(phrases, length)
        names.append(_numbered(name, used))
        used.add(names[-1])
    return names


def _joined(phrases: list[tuple[str, float]], length: int) -> str:
    """Join the first phrases into one name."""
    return ", ".join(phrase for phrase, _ in phrases[:length])


def _numbered(name: str, used: set[str]) -> str:
    """Add a number where a sibling has the name already: 'low age', then 'low age 2'; nothing stays nothing."""
    number, candidate = 2, name
    while candidate and candidate in used:
        candidate, number = f"{name} {number}", number + 1
    return candidate
