"""What would have to change in a table row for its prediction to change."""

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from belvedere import kinds
from belvedere.errors import SettingError
from belvedere.explaining.gates import Array, as_batch
from belvedere.explaining.rows import chosen, shown_values
from belvedere.explaining.whole import ONE_NUMBER, Whole, predicting
from belvedere.types import MapContent

TABLE_KINDS = ("number", "category", "boolean", "time")
DONORS, PAIRED = 24, 8  # training rows that lend values; columns tried in pairs and threes


@dataclass(frozen=True)
class Change:
    """One column changed, values as a person would write them."""

    column: str
    value: str
    instead: str


@dataclass(frozen=True)
class Counterfactual:
    """The smallest change found that crosses over.

    Attributes
    ----------
    row : int
    before, after : str
        What is predicted for the row, and for the changed row.
    changes : tuple of Change
        At most three; every new value is that of a training row. Empty where no such change was found.
    donor : int
        The row that lent the values, -1 for none.
    note : str
        What was tried.
    """

    row: int
    before: str
    after: str
    changes: tuple[Change, ...]
    donor: int
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        return asdict(self)


def cross_over(content: MapContent, row: int, *, most: int = 3) -> Counterfactual:
    """Find the smallest change of a table row that changes what is predicted.

    Values are borrowed from the nearest training rows that are predicted otherwise (for a number: on the other side of
    the median prediction). One column is tried before two, two before three; among equals the change nearest to the
    row in standardized units wins.

    Parameters
    ----------
    content : MapContent
    row : int
    most : int
        Columns changed at most, 1 to 3.

    Raises
    ------
    SettingError
        If nothing is predicted, or no column is a number, a category or a time.
    """
    whole = predicting(content)
    positions = [p for p, item in enumerate(whole.entrance.inputs) if item.kind in TABLE_KINDS]
    if not positions:
        raise SettingError("A row must have numbers, categories or times to change, but these data have none.")
    numbers, table = chosen(content, [row])
    donors = _donors(whole, int(numbers[0]))
    said = f"Values of the {len(donors)} nearest training rows that are predicted otherwise were tried."
    side = _sides(whole, table)[0]
    if not len(donors):
        return Counterfactual(row, side, side, (), -1, "No training row is predicted otherwise.")
    both = pa.concat_tables([table, content.rows.take(pa.array(donors))])
    arrays = kinds.make_arrays(both, whole.entrance.inputs)
    found = _search(whole, arrays, positions, min(most, 3))
    if found is None:
        return Counterfactual(row, side, side, (), -1, f"{said} No change of {most} columns crosses over.")
    at, columns = found
    values = shown_values(both, whole.entrance.inputs)
    changes = tuple(Change(whole.entrance.inputs[p].name, values[p][0], values[p][at]) for p in columns)
    return Counterfactual(
        row, side, _sides_of(whole, _scores(whole, arrays, [(at, columns)]))[0], changes, int(donors[at - 1]), said
    )


def _sides(whole: Whole, table: pa.Table) -> list[str]:
    return _sides_of(whole, whole.outputs(table))


def _sides_of(whole: Whole, scores: NDArray[np.float32]) -> list[str]:
    """The predicted class, or which side of the median prediction a number is on."""
    assert whole.target is not None
    if whole.target.task not in ONE_NUMBER:
        return [whole.target.classes[i] for i in scores.argmax(axis=1)]
    return ["above" if s > whole.middle else "at most" for s in scores[:, 0]]


def _donors(whole: Whole, row: int) -> NDArray[np.int64]:
    """Numbers of the nearest sampled training rows that are predicted otherwise, nearest first."""
    content = whole.content
    assert content.latent is not None
    sample = whole.sample[whole.sample != row]
    sides = np.array(_sides(whole, content.rows.take(pa.array(np.concatenate([[row], sample])))))
    others = sample[sides[1:] != sides[0]]
    latent = np.asarray(content.latent, dtype=np.float32) if len(content.latent) < 1000 else content.latent
    away = np.linalg.norm(latent[others].astype(np.float32) - latent[row].astype(np.float32), axis=1)
    return np.asarray(others[np.argsort(away, kind="stable")[:DONORS]])


Trial = tuple[int, tuple[int, ...]]  # line of the donor, positions of the columns that it lends


def _search(whole: Whole, arrays: dict[str, Array], positions: list[int], most: int) -> Trial | None:
    """The trial with fewest columns, then least change, that crosses over; line 0 is the row itself."""
    side = _sides_of(whole, _scores(whole, arrays, [(0, ())]))[0]
    n_donors = len(next(iter(arrays.values()))) - 1
    single: list[Trial] = [(at, (p,)) for at in range(1, n_donors + 1) for p in positions if _differs(arrays, at, p)]
    scores = _scores(whole, arrays, single)
    start = _scores(whole, arrays, [(0, ())])
    gain = np.linalg.norm(scores - start, axis=1)
    trials = single
    for size in range(1, most + 1):
        if size > 1:
            trials = _combined(single, gain, size)
            scores = _scores(whole, arrays, trials)
        crossed = [t for t, s in zip(trials, _sides_of(whole, scores), strict=True) if s != side]
        if crossed:
            return min(crossed, key=lambda trial: _size(arrays, trial))
    return None


def _combined(single: list[Trial], gain: NDArray[np.float32], size: int) -> list[Trial]:
    """Combinations of each donor's columns that move the prediction most."""
    of_donor: dict[int, list[tuple[float, int]]] = {}
    for (at, (position,)), value in zip(single, gain, strict=True):
        of_donor.setdefault(at, []).append((-float(value), position))
    trials = []
    for at, ranked in of_donor.items():
        best = sorted(position for _, position in sorted(ranked)[:PAIRED])
        trials += [(at, columns) for columns in combinations(best, size)]
    return trials


def parts_of(arrays: dict[str, Array], position: int) -> list[str]:
    """Names of the arrays of one input."""
    return [name for name in arrays if name.split(".")[0] == str(position)]


def _differs(arrays: dict[str, Array], at: int, position: int) -> bool:
    return any(not np.array_equal(arrays[name][at], arrays[name][0]) for name in parts_of(arrays, position))


def _size(arrays: dict[str, Array], trial: Trial) -> float:
    """Length of a change: standardized units for numbers, 1 for another category."""
    at, columns = trial
    total = 0.0
    for position in columns:
        for name in parts_of(arrays, position):
            moved = float(np.linalg.norm(np.atleast_1d(arrays[name][at]).astype(np.float64) - arrays[name][0]))
            total += min(moved, 1.0) ** 2 if name.endswith(".code") else moved**2
    return float(np.sqrt(total))


@torch.no_grad()
def _scores(whole: Whole, arrays: dict[str, Array], trials: list[Trial]) -> NDArray[np.float32]:
    """Scores of the row with the columns of each trial changed: float32 (trials, outputs)."""
    assert whole.network is not None
    if not trials:
        return np.zeros((0, 1), np.float32)
    found = []
    for start in range(0, len(trials), 1024):
        some = trials[start : start + 1024]
        changed = {name: np.repeat(values[:1], len(some), axis=0) for name, values in arrays.items()}
        for line, (at, columns) in enumerate(some):
            for name in (n for p in columns for n in parts_of(arrays, p)):
                changed[name][line] = arrays[name][at]
        found.append(whole.scored(whole.network.latent(as_batch(changed))).numpy())
    return np.concatenate(found)
