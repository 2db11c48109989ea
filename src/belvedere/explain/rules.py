"""A short rule that tells one group of rows from another: at most three conditions, all of which must hold.

Conditions are grown one at a time (beam search), each the best cut of one column among the rows that are left: a number
at most or above a value, a category that is or is not a level, a text that holds a word. The rule is found on one half
of the rows and judged on the other.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
MOST = 3  # conditions
BEAM = 6
MIN_ROWS = 3


@dataclass(frozen=True)
class Condition:
    """One condition: a column, how it is compared, and with what."""

    column: str
    sign: Literal["<=", ">", "is", "is not", "holds", "lacks"]
    value: float | str

    def __str__(self) -> str:
        value = f"{self.value:.5g}" if isinstance(self.value, float) else self.value
        return f"{self.column} {self.sign} {value}"


@dataclass(frozen=True)
class Rule:
    """Conditions, and how well they told rows apart that had no part in finding them.

    Attributes
    ----------
    conditions : tuple of Condition
    precision : float
        Share of the rows under the rule that are of the first group.
    coverage : float
        Share of the first group that is under the rule.
    base : float
        Share of the first group among all rows compared: the precision of no rule at all.
    n_rows : int
        Held-out rows judged on.
    """

    conditions: tuple[Condition, ...]
    precision: float
    coverage: float
    base: float
    n_rows: int

    def __str__(self) -> str:
        return " and ".join(str(condition) for condition in self.conditions)


@dataclass(frozen=True)
class Question:
    """A yes/no question to all rows: whether this is the level of a category, or the text holds this word."""

    column: str
    kind: str
    value: str
    holds: Flags

    @property
    def conditions(self) -> tuple[Condition, Condition]:
        """What a rule says where the answer is yes, and where it is no."""
        yes, no = ("holds", "lacks") if self.kind == "text" else ("is", "is not")
        return Condition(self.column, yes, self.value), Condition(self.column, no, self.value)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Numbers:
    """A number per row, NaN where missing: a column, or a part of one (a patch of an image, a window of steps)."""

    column: str
    kind: str
    values: NDArray[np.float64]
    part: str = ""

    @property
    def name(self) -> str:
        """The column, and its part."""
        return f"{self.column} {self.part}".strip()


def find_rule(numbers: list[Numbers], questions: list[Question], inside: Flags, train: Flags) -> Rule | None:
    """Find a rule for the rows `inside` on rows `train`, and judge it on the others.

    Parameters
    ----------
    numbers : list of Numbers
        Columns to be cut.
    questions : list of Question
    inside, train : bool (rows,)

    Returns
    -------
    Rule or None
        None where no condition helps.
    """
    beam: list[tuple[float, tuple[Condition, ...], Flags]] = [(_value(train, inside, train), (), np.ones_like(inside))]
    best = beam[0]
    for _ in range(MOST):
        grown = [found for one in beam for found in _grow(one, numbers, questions, (inside, train))]
        grown.sort(key=lambda found: (-found[0], len(found[1])))
        beam = _distinct(grown)[:BEAM]
        if not beam or beam[0][0] <= best[0] + 0.005:  # a condition must earn its place
            break
        best = beam[0]
    if not best[1]:
        return None
    return _judge(best[1], best[2], inside, ~train)


def _judge(conditions: tuple[Condition, ...], holds: Flags, inside: Flags, held: Flags) -> Rule:
    covered = holds & held
    hits = int((covered & inside).sum())
    n_inside = int((inside & held).sum())
    return Rule(
        conditions, hits / max(1, int(covered.sum())), hits / max(1, n_inside), n_inside / max(1, int(held.sum())),
        int(held.sum()),
    )  # fmt: skip


def _distinct(
    found: list[tuple[float, tuple[Condition, ...], Flags]],
) -> list[tuple[float, tuple[Condition, ...], Flags]]:
    """Keep one rule of those that say the same in another order."""
    seen: set[frozenset[Condition]] = set()
    kept = []
    for one in found:
        key = frozenset(one[1])
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept


def _value(holds: Flags, inside: Flags, train: Flags) -> float:
    """F1: both precision and coverage must be high."""
    hits = float((holds & inside & train).sum())
    return 2 * hits / max(1.0, float((holds & train).sum()) + float((inside & train).sum()))


def _grow(
    one: tuple[float, tuple[Condition, ...], Flags],
    numbers: list[Numbers],
    questions: list[Question],
    groups: tuple[Flags, Flags],
) -> list[tuple[float, tuple[Condition, ...], Flags]]:
    """The best further conditions of one rule, one per column and sign."""
    _, conditions, holds = one
    inside, train = groups
    found: list[tuple[float, Condition, Flags]] = []
    left = holds & train
    n_inside = float((inside & train).sum())
    for column in numbers:
        found += _cuts(column, left, inside, n_inside)
    for question in questions:
        for condition, flags in zip(question.conditions, (question.holds, ~question.holds), strict=True):
            both = left & flags
            if both.sum() >= MIN_ROWS:
                value = 2 * float((both & inside).sum()) / max(1.0, float(both.sum()) + n_inside)
                found.append((value, condition, flags))
    found.sort(key=lambda item: -item[0])
    return [(value, (*conditions, condition), holds & flags) for value, condition, flags in found[:BEAM]]


def _cuts(column: Numbers, left: Flags, inside: Flags, n_inside: float) -> list[tuple[float, Condition, Flags]]:
    """The best cut of one number column from below and from above."""
    values = column.values
    rows = np.flatnonzero(left & np.isfinite(values))
    if len(rows) < 2 * MIN_ROWS:
        return []
    rows = rows[np.argsort(values[rows], kind="stable")]
    ordered, hits = values[rows], np.cumsum(inside[rows])
    ends = np.flatnonzero(ordered[1:] > ordered[:-1])  # a cut lies between two different values
    if not len(ends):
        return []
    below = 2 * hits[ends] / (ends + 1 + n_inside)
    above = 2 * (hits[-1] - hits[ends]) / (len(rows) - ends - 1 + n_inside)
    found: list[tuple[float, Condition, Flags]] = []
    for score, sign in ((below, "<="), (above, ">")):
        at = int(score.argmax())
        cut = float((ordered[ends[at]] + ordered[ends[at] + 1]) / 2)
        flags = values <= cut if sign == "<=" else values > cut
        found.append((float(score[at]), Condition(column.name, sign, cut), flags))  # type: ignore[arg-type]
    return found
