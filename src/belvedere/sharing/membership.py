"""Whether the network remembers the rows it learned: a membership test of its own, on rows it learned and rows it did not.

Whoever sees how well a network answers for a row can guess whether it was among those it learned from: answers there
are better (Yeom et al. 2018; reported as Carlini et al. 2022 ask, also at few false alarms).
"""

from dataclasses import dataclass

import numpy as np

from belvedere.errors import SettingError
from belvedere.types import MapContent
from belvedere.values import Array

FEWEST = 50  # learned and held-out rows, each
FALSE_ALARMS = 0.01
LITTLE, MUCH = 0.55, 0.60


@dataclass(frozen=True)
class Membership:
    """How well learned rows are told from held-out ones by the network's error alone.

    Attributes
    ----------
    auc, low, high : float
        Chance that a learned row has the smaller error than a held-out one, with its 95 % interval; 0.5 is guessing.
    found : float
        Share of learned rows found at 1 % false alarms; 0.01 is guessing.
    n_learned, n_held_out : int
    """

    auc: float
    low: float
    high: float
    found: float
    n_learned: int
    n_held_out: int

    @property
    def sentence(self) -> str:
        """The finding in words and numbers, and what to do."""
        if self.high < LITTLE:
            verdict = "the network remembers little of single rows"
        elif self.low > MUCH:
            verdict = "the network remembers single rows: train fewer epochs, with more dropout, or --private"
        else:
            verdict = (
                "the network may remember single rows; train fewer epochs or --private if its answers are given away"
            )
        return (
            f"By the network's error alone, rows it learned are told from {self.n_held_out:,} held-out rows with AUC "
            f"{self.auc:.3f} (95 % {self.low:.3f}–{self.high:.3f}; 0.5 is guessing), and {self.found:.1%} of them are found at "
            f"1 % false alarms: {verdict}. This is the simplest attack; stronger ones find more. The map folder itself holds "
            "all rows."
        )


def measure_membership(content: MapContent) -> Membership:
    """Attack the map's own network by its errors.

    Raises
    ------
    SettingError
        Where nothing was learned from a target, or there are too few rows of either kind.
    """
    error, split = content.channels.get("error"), content.split
    if error is None or split is None:
        raise SettingError(
            "A membership test needs a network that learned a target and rows held out, but this map has none: its places "
            "hold all rows alike. For what places give away, see belvedere export --share."
        )
    known = np.isfinite(error)
    learned, held_out = error[known & (split == "train")], error[known & (split == "test")]
    if min(len(learned), len(held_out)) < FEWEST:
        raise SettingError(
            f"A membership test needs {FEWEST} learned and {FEWEST} held-out rows with a label, but there are {len(learned)} "
            f"and {len(held_out)}. Hold out more."
        )
    return attack(learned.astype(np.float64), held_out.astype(np.float64))


def attack(learned: Array, held_out: Array) -> Membership:
    """Tell rows apart by errors, smaller ones taken for learned.

    Examples
    --------
    >>> attack(np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.5, 0.6])).auc
    1.0
    """
    auc, low, high = _auc(learned, held_out)
    threshold = np.quantile(held_out, FALSE_ALARMS, method="lower")
    return Membership(auc, low, high, float((learned < threshold).mean()), len(learned), len(held_out))


def _auc(learned: Array, held_out: Array) -> tuple[float, float, float]:
    """AUC with the interval of DeLong, DeLong, Clarke-Pearson 1988; ties count half."""
    ordered, ours = np.sort(held_out), np.sort(learned)
    above = 1 - (np.searchsorted(ordered, learned, "left") + np.searchsorted(ordered, learned, "right")) / (
        2 * len(ordered)
    )
    below = (np.searchsorted(ours, held_out, "left") + np.searchsorted(ours, held_out, "right")) / (2 * len(ours))
    auc = float(above.mean())
    half = 1.96 * float(np.sqrt(above.var(ddof=1) / len(learned) + below.var(ddof=1) / len(held_out)))
    return auc, max(0.0, auc - half), min(1.0, auc + half)
