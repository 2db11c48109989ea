"""Trustworthiness@15 and continuity@15 (Venna and Kaski 2001), on a sample of 5,000 rows.

Trustworthiness falls when strangers are drawn as neighbors, the more the further off they truly are; continuity falls when
neighbors are drawn apart.
"""

import numpy as np
from numpy.typing import NDArray

from belvedere.judge.neighborhoods import Ranks
from belvedere.types import Score


def trustworthiness(ranks: Ranks, *, space: str, k: int = 15) -> Score:
    """Measure how far the neighbors on the map can be trusted, 0.5 to 1."""
    return _score("trustworthiness", ranks.places, ranks.space, space, k)


def continuity(ranks: Ranks, *, space: str, k: int = 15) -> Score:
    """Measure how far neighbors in the input space stay together, 0.5 to 1."""
    return _score("continuity", ranks.space, ranks.places, space, k)


def _score(name: str, near: NDArray[np.int32], judged: NDArray[np.int32], space: str, k: int) -> Score:
    n = len(near)
    k = max(1, min(k, (n - 1) // 2))
    return Score(f"{name}@{k}", one_less_intrusion(near, judged, k), f"{space}, {n:,} sampled rows", "map")


def one_less_intrusion(near: NDArray[np.int32], judged: NDArray[np.int32], k: int) -> float:
    """1 - 2 / (n k (2n - 3k - 1)) times the sum, over pairs of rank <= k in `near`, of how far `judged` exceeds k."""
    n = len(near)
    if n < 4:
        return 1.0
    excess = np.where((near >= 1) & (near <= k), np.maximum(judged - k, 0), 0).sum(dtype=np.float64)
    return float(1 - 2 / (n * k * (2 * n - 3 * k - 1)) * excess)
