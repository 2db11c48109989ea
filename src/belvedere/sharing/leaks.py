"""The leak meter: what the places of a map alone give away of each column.

Someone who knows the values of some rows, and only the place of another, guesses its value by its nearest neighbors on
the map. How often that is right, beside always guessing the most common value, is what the picture gives away.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.spatial import cKDTree

from belvedere.sharing.cells import Cells, commonest
from belvedere.types import Schema
from belvedere.values import Array, to_codes, to_floats

N_NEIGHBORS = 10
MOST_KNOWN, MOST_GUESSED = 20_000, 5_000
MOST_LEVELS = 20
MUCH = 0.05  # more than this above guessing is called out


@dataclass(frozen=True)
class Leak:
    """What places give away of one column.

    Attributes
    ----------
    column : str
    accuracy, majority : float
        Share of rows guessed right from the place, and by always guessing the most common value.
    error : float
        Standard error of the accuracy.
    quarters : bool
        Whether a number's quarter (lowest to highest) was guessed, not its value.
    marked : bool
        Whether the column is personal or sensitive.
    telling : float
        Share of rows in groups whose rows all have one value: whoever knows the group knows the value.
    """

    column: str
    accuracy: float
    majority: float
    error: float
    quarters: bool
    marked: bool
    telling: float

    @property
    def is_much(self) -> bool:
        """Whether places tell clearly more than guessing does."""
        return self.accuracy - 2 * self.error > self.majority + MUCH

    @property
    def sentence(self) -> str:
        """The finding in words and numbers."""
        what = f"the quarter of '{self.column}'" if self.quarters else f"'{self.column}'"
        told = f"{what} is guessed right for {self.accuracy:.0%} of the rows from their places alone"
        verdict = "the picture gives it away" if self.is_much else "not clearly more than guessing"
        return f"{told}; the most common value is right for {self.majority:.0%}: {verdict}."


def measure_leaks(
    places: Array, table: pa.Table, schema: Schema, cells: Cells, *, marked: Collection[str] = (), seed: int = 0
) -> tuple[Leak, ...]:
    """Measure what places give away of columns, the worst first.

    Parameters
    ----------
    places : float (rows, 2)
        As they will be shared.
    table : pyarrow.Table
        The true values in the same row order, columns that will be left out among them.
    schema : Schema
    cells : Cells
        The groups of rows that will be equal.
    marked : collection of str
        Columns that are personal or sensitive.
    """
    n = len(places)
    known = np.random.default_rng(seed).permutation(n)[:MOST_KNOWN]
    guessed = known[:MOST_GUESSED]
    if n <= N_NEIGHBORS:
        return ()
    near = _others(places[known], len(guessed))
    leaks = []
    for column in schema:
        codes, is_number = _levels(table[column.name], column.kind)
        if codes is None:
            continue
        found = _guess(codes[known], codes[guessed], near)
        error = float(np.sqrt(found[0] * (1 - found[0]) / len(guessed)))
        share = commonest(codes, cells)[1]
        telling = float(cells.sizes[share >= 1].sum() / n)
        leaks.append(Leak(column.name, *found, error, is_number, column.name in marked, telling))
    return tuple(sorted(leaks, key=lambda leak: (not leak.marked, leak.majority - leak.accuracy)))


def _others(places: Array, n_guessed: int) -> Array:
    """The nearest of all rows but itself, for the first rows: (guessed, neighbors)."""
    near = np.asarray(cKDTree(places).query(places[:n_guessed], k=N_NEIGHBORS + 1)[1])
    itself = near == np.arange(n_guessed)[:, None]
    return np.take_along_axis(near, np.argsort(itself, axis=1, kind="stable"), axis=1)[:, :N_NEIGHBORS]


def _levels(column: pa.ChunkedArray, kind: str) -> tuple[Array | None, bool]:
    """Numbers of the values to be guessed: quarters of a number, the 20 most common values of anything else."""
    if kind in ("number", "time") and not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        values = to_floats(column)
        known = values[np.isfinite(values)]
        if len(known) < 8 or known.min() == known.max():
            return None, True
        edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75]))
        return np.where(np.isfinite(values), np.searchsorted(edges, values), -1), True
    if kind not in ("category", "boolean", "text", "number", "time"):
        return None, False
    codes, levels = to_codes(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    if len(levels) < 2 or counts.max() < 2:
        return None, False  # one value for all, or another in each row: nothing to guess
    rank = np.empty(len(levels) + 1, dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(levels))
    rank[-1] = -1
    return np.minimum(rank[codes], MOST_LEVELS), False


def _guess(known: Array, truth: Array, near: Array) -> tuple[float, float]:
    """Share guessed right by the neighbors' vote, and by the most common value."""
    levels, at = np.unique(known, return_inverse=True)
    votes = np.zeros((len(near), len(levels)))
    np.add.at(votes, (np.arange(len(near))[:, None], at.ravel()[near]), 1)
    votes += np.bincount(at.ravel(), minlength=len(levels)) / (2 * len(known))  # ties go to the more common value
    return float((levels[votes.argmax(axis=1)] == truth).mean()), float(
        (levels[np.bincount(at.ravel()).argmax()] == truth).mean()
    )
