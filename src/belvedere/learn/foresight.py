"""Which space is better, asked without labels: the one that foresees hidden parts of rows, or recognizes pictures.

Foresight: a row's ten nearest rows are found by the part of it that is shown, in either space. Where a space knows what
belongs together, their hidden parts are alike too. Both spaces are held to the same yardstick.

Recognition, for pictures: what is hidden of a picture is pixels again, which says little of what it shows. Instead, each
picture is looked for by another look at it (crop, angle, light), among all others.

Either way on rows that the network has not learned from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.learn.parts import Parts
from belvedere.types import Floats

N_NEAR = 10
CLEARLY = 2.0  # standard errors by which the learned space must lead
LEAST_RECOGNIZED = 0.6  # of the pictures; below, a network has not learned enough to order them

Embed = Callable[[pa.Table], Floats]


@dataclass(frozen=True)
class Comparison:
    """How well two spaces do: 0 as chance, 1 perfectly; and how sure the difference is.

    Attributes
    ----------
    plain, learned : float
    error : float
        Standard error of the difference.
    n_rows : int
    least : float
        What the learned space must reach to be worth mapping.
    asked : str
        'foresight' or 'recognition'.
    lead : float
        Share of what the plain space leaves open that the learned one must gain.
    mute : float or None
        Where neither space reaches this, the answer says nothing, and the learned space is taken.
    """

    plain: float
    learned: float
    error: float
    n_rows: int
    least: float = 0.0
    asked: str = "foresight"
    lead: float = 0.0
    mute: float | None = None

    @property
    def is_mute(self) -> bool:
        """Whether neither space foresees enough for the question to tell them apart."""
        return self.mute is not None and max(self.plain, self.learned) < self.mute

    @property
    def learned_wins(self) -> bool:
        """Whether the learned space leads by more than chance explains, and does well enough; or the question is mute."""
        if self.is_mute:
            return True
        enough = max(CLEARLY * self.error, self.lead * (1 - self.plain))
        return self.learned - self.plain > enough and self.learned >= self.least


def compared(plain: NDArray[Any], learned: NDArray[Any]) -> Comparison:
    """Compare what two spaces reach row by row: (rows,), (rows,)."""
    error = float(np.std(learned - plain) / np.sqrt(len(plain)))
    return Comparison(float(plain.mean()), float(learned.mean()), error, len(plain))


def compare_foresight(
    parts: Sequence[Parts], plain: Embed, learned: Embed, *, lead: float = 0.0, mute: float | None = None
) -> Comparison:
    """Measure the foresight of two spaces on the same rows.

    Parameters
    ----------
    parts : sequence of Parts
        The same rows, cut in several ways.
    plain, learned : callable
        From a table to float32 (rows, dims).
    lead : float
        Share of what the plain space leaves open that the learned one must gain.
    mute : float or None
        What one of them must reach for the answer to count.
    """
    gains = [(foresight(plain(p.shown), p.hidden), foresight(learned(p.shown), p.hidden)) for p in parts]
    return replace(
        compared(*(np.mean([pair[side] for pair in gains], axis=0) for side in (0, 1))), lead=lead, mute=mute
    )


def compare_recognition(table: pa.Table, looks: Sequence[pa.Table], plain: Embed, learned: Embed) -> Comparison:
    """Measure how often each space finds a row among all of them by another look at it.

    Parameters
    ----------
    table : pyarrow.Table
    looks : sequence of pyarrow.Table
        The same rows, looked at in other ways.
    plain, learned : callable
        From a table to float32 (rows, dims).
    """
    found = []
    for embed in (plain, learned):
        rows = embed(table)
        found.append(np.mean([recognized(rows, embed(look)) for look in looks], axis=0))
    return replace(compared(*found), least=LEAST_RECOGNIZED, asked="recognition")


def recognized(rows: Floats, looks: Floats) -> NDArray[np.float64]:
    """1 where a look is nearer to its own row than to all others, else 0: (rows,).

    Examples
    --------
    >>> recognized(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[[0, 1, 1]]).tolist()
    [1.0, 1.0, 0.0]
    """
    distance = np.square(rows).sum(axis=1)[None, :] - 2 * looks @ rows.T
    return np.asarray(distance.argmin(axis=1) == np.arange(len(rows)), dtype=np.float64)


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
