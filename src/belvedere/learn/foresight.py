"""Which space is better, asked without labels: the one that foresees the hidden part of a row from the part shown.

A row's ten nearest rows are found by the part that is shown, in either space. Where a space knows what belongs
together, their hidden parts are alike too. Both spaces are held to the same yardstick, on rows that taught neither.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.learn.parts import Parts
from belvedere.types import Floats

N_NEAR = 10
CLEARLY = 2.0  # standard errors by which the learned space must lead

Embed = Callable[[pa.Table], Floats]


@dataclass(frozen=True)
class Foresight:
    """How well two spaces foresee what is hidden: 0 as chance, 1 perfectly; and how sure the difference is."""

    plain: float
    learned: float
    error: float  # standard error of the difference
    n_rows: int

    @property
    def learned_wins(self) -> bool:
        """Whether the learned space leads by more than chance explains."""
        return self.learned - self.plain > CLEARLY * self.error


def compare_spaces(parts: Sequence[Parts], plain: Embed, learned: Embed) -> Foresight:
    """Measure the foresight of two spaces on the same rows.

    Parameters
    ----------
    parts : sequence of Parts
        The same rows, cut in several ways.
    plain, learned : callable
        From a table to float32 (rows, dims).
    """
    gains = [(foresight(plain(p.shown), p.hidden), foresight(learned(p.shown), p.hidden)) for p in parts]
    first, second = (np.mean([pair[side] for pair in gains], axis=0) for side in (0, 1))  # (rows,) each
    error = float(np.std(second - first) / np.sqrt(len(first)))
    return Foresight(float(first.mean()), float(second.mean()), error, len(first))


def foresight(space: Floats, hidden: Floats) -> NDArray[np.float64]:
    """By how much the hidden parts of a row's nearest rows are more alike to its own than those of all rows: (rows,).

    Examples
    --------
    >>> kind = np.repeat([0.0, 1.0], 20)[:, None].astype(np.float32)
    >>> float(foresight(kind, kind).mean()), round(float(foresight(0 * kind, kind).mean()), 1) < 1
    (1.0, True)
    """
    near = nearest_rows(space, min(N_NEAR, len(space) - 1))
    center = hidden - hidden.mean(axis=0)
    total = 2 * float(np.square(center).sum(axis=1).mean()) or 1.0  # mean squared distance of two rows
    apart = np.square(center[:, None, :] - center[near]).sum(axis=2).mean(axis=1)
    return np.asarray(1 - apart / total, dtype=np.float64)


def nearest_rows(space: Floats, k: int) -> NDArray[np.int64]:
    """The k nearest other rows of each row, in blocks: (rows, k)."""
    squares, found = np.square(space).sum(axis=1), []
    for start in range(0, len(space), 512):
        block = space[start : start + 512]
        distance = squares[None, :] - 2 * block @ space.T
        distance[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        found.append(np.argpartition(distance, k - 1, axis=1)[:, :k])
    return np.concatenate(found)


def effective_rank(space: Floats) -> float:
    """How many directions a space really uses: the exponential of the entropy of its spectrum.

    References
    ----------
    Garrido, Balestriero, Najman, LeCun (2023), RankMe: assessing the downstream performance of pretrained
    self-supervised representations by their rank.

    Examples
    --------
    >>> round(effective_rank(np.eye(4, dtype=np.float32) - 0.25), 2)
    3.0
    """
    spread = np.linalg.svd(space - space.mean(axis=0), compute_uv=False)
    share = spread / max(float(spread.sum()), 1e-12)
    share = share[share > 1e-9]
    return float(np.exp(-(share * np.log(share)).sum()))
