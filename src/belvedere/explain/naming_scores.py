"""How good names are: do a name's features tell a region's rows from the rest, and are neighbors named differently."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from belvedere.explain.apart import nearest_regions
from belvedere.explain.features import NamingFeatures
from belvedere.types import Ints, Region

FEWEST = 3  # rows of a region that can be judged


def judge_names(regions: tuple[Region, ...], region_of: Ints, features: NamingFeatures) -> dict[str, float]:
    """Judge names on rows that had no part in choosing them.

    Parameters
    ----------
    regions : tuple of Region
        Named.
    region_of : int32 (all rows, levels)
    features : NamingFeatures
        Of held-out rows.

    Returns
    -------
    dict of float
        Per level: mean AUC of the sum of a name's features, region against the region that holds it; and the share of
        pairs of nearest regions of one level whose names differ.
    """
    said = {f.much: (i, 1.0) for i, f in enumerate(features.features)}
    said |= {f.little: (i, -1.0) for i, f in enumerate(features.features) if f.little}
    found: dict[str, float] = {}
    shown = shown_names(regions)
    for level in sorted({region.level for region in regions}):
        same = [region for region in regions if region.level == level]
        scores = [_auc(region, region_of[features.rows], features.values, said) for region in same]
        known = [score for score in scores if np.isfinite(score)]
        found[f"names, AUC at level {level} (≥ 0.9)"] = float(np.mean(known)) if known else float("nan")
        found[f"names, neighbors differ at level {level} (≥ 0.95)"] = _differ(same, shown)
    return found


def shown_names(regions: tuple[Region, ...]) -> dict[int, str]:
    """Names by id as a person sees them: a region's only child is the same rows seen closer, and goes by its name."""
    n_children = Counter(region.parent for region in regions)
    shown: dict[int, str] = {}
    for region in sorted(regions, key=lambda region: region.level):
        is_only = region.parent in shown and n_children[region.parent] == 1
        shown[region.id] = shown[region.parent] if is_only and not region.name else region.name
    return shown


def _auc(region: Region, region_of: Ints, values: NDArray[np.float32], said: dict[str, tuple[int, float]]) -> float:
    """AUC of a name; 0.5 where there is none, NaN where there are too few rows to tell."""
    inside = region_of[:, region.level] == region.id
    pool = np.ones(len(inside), bool) if region.parent < 0 else (region_of == region.parent).any(axis=1)
    n, m = int(inside.sum()), int((pool & ~inside).sum())
    if min(n, m) < FEWEST:
        return float("nan")
    used = [said[phrase] for phrase in region.name.split(", ") if phrase in said]
    score = sum((sign * values[:, at] for at, sign in used), np.zeros(len(inside)))
    ranks = rankdata(np.concatenate([score[inside], score[pool & ~inside]]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _differ(regions: list[Region], shown: dict[int, str]) -> float:
    """Share of regions whose name differs from that of the region whose label stands nearest."""
    others = nearest_regions(regions)
    if not others:
        return float("nan")
    return float(np.mean([shown[one.id] != shown[other.id] for one, other in zip(regions, others, strict=True)]))
