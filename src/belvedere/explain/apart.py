"""Regions of one name beside each other are told apart: each also says what sets it off from the others so called."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from belvedere.explain.features import Feature, NamingFeatures
from belvedere.types import Ints, Region

WEAKEST = 0.15  # effects below this name nothing
MOST_PHRASES = 4


def told_apart(named: tuple[Region, ...], sampled: Ints, found: NamingFeatures) -> tuple[Region, ...]:
    """Add a phrase to names that are those of the nearest region, or that only a number tells from others.

    Parameters
    ----------
    named : tuple of Region
        In the order of their ids.
    sampled : int32 (rows of `found`, levels)
        The region of each row at each level.
    found : NamingFeatures
        What names are made of.

    Returns
    -------
    tuple of Region
        The same regions in the same order; where nothing tells one from its namesakes, it keeps its name.
    """
    new = {region.id: region.name for region in named}
    for namesakes in _namesakes(named):
        pool = _rows_of(namesakes, sampled)
        for region in namesakes:
            inside = sampled[:, region.level] == region.id
            phrases = list(_setting_off(region, inside, pool, found))[:MOST_PHRASES]
            more = [*phrases, *(", ".join(pair) for pair in combinations(phrases, 2))]
            taken = {new[other.id] for other in named if other.level == region.level}
            candidates = (f"{plain_name(region)}, {phrase}" for phrase in more)
            new[region.id] = next((name for name in candidates if name not in taken), region.name)
    return tuple(replace(region, name=new[region.id]) for region in named)


def plain_name(region: Region) -> str:
    """The name without the number that tells it from others: 'low age (2)' is plainly 'low age'."""
    return re.sub(r" \(\d+\)$", "", region.name)


def nearest_regions(regions: list[Region]) -> list[Region]:
    """For each region the one whose label stands nearest; none where there are no two."""
    if len(regions) < 2:
        return []
    places = np.array([(region.x, region.y) for region in regions])
    away = np.square(places[:, None] - places[None]).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    return [regions[i] for i in away.argmin(axis=1)]


def _namesakes(named: tuple[Region, ...]) -> Iterator[list[Region]]:
    """Regions of one level and plain name that must be told apart: the nearest ones, and those with a number."""
    for level in sorted({region.level for region in named}):
        same = [region for region in named if region.level == level]
        by_name: dict[str, list[Region]] = {}
        for region in same:
            by_name.setdefault(plain_name(region), []).append(region)
        pairs = list(zip(same, nearest_regions(same), strict=False))
        beside = {r.id for pair in pairs if plain_name(pair[0]) == plain_name(pair[1]) for r in pair}
        for name, regions in by_name.items():
            numbered = {region.parent for region in regions if region.name != name}
            alike = [region for region in regions if region.id in beside or region.parent in numbered]
            if name and len(alike) > 1:
                yield alike


def _rows_of(regions: list[Region], sampled: Ints) -> NDArray[np.bool_]:
    return np.isin(sampled[:, regions[0].level], [region.id for region in regions])


def _setting_off(
    region: Region, inside: NDArray[np.bool_], pool: NDArray[np.bool_], found: NamingFeatures
) -> Iterator[str]:
    """Phrases that tell a region's rows from those of its namesakes, best first."""
    effects = found.effects(inside, pool)
    said = set(plain_name(region).split(", "))
    for at in np.argsort(-np.abs(effects), kind="stable"):
        if abs(effects[at]) < WEAKEST:
            return
        feature = found.features[at]
        phrase = phrase_of(feature, float(effects[at]))
        if phrase and not said & {feature.much, feature.little}:  # neither again nor its opposite
            yield phrase


def phrase_of(feature: Feature, effect: float) -> str:
    """How a feature is said of rows that have more, or less, of it than others; empty where less of it is no name."""
    return feature.much if effect > 0 else feature.little
