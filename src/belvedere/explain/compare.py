"""Why do two groups of rows differ: every column tested on rows that had no part in choosing what to test.

The rows are cut in two halves at random. On the first the telling level of each category and the telling words of each
text are chosen, and which columns speak for themselves; on the second effects and p values are measured, and all p
values together are adjusted after Benjamini and Hochberg (1995). The rule is found on the first and judged on the
second half.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.explain.differences import adjust, choose_own, closest, own_p, rank_effects, share_effects
from belvedere.explain.rules import Numbers, Question, Rule, find_rule

Flags = NDArray[np.bool_]
FOUND = 0.05  # q
FEWEST = 4  # rows of each group in each half
WORDS = 12  # per text column
MODELED = 200  # columns asked whether they speak for themselves
RULED = 60  # columns and as many questions that a rule may use


@dataclass(frozen=True)
class Difference:
    """How one column (a level, a word, a part) differs between two groups.

    Attributes
    ----------
    column, kind : str
    value : str
        The level, word or part; empty for a whole number column.
    effect : float
        -1 to 1: 2 P(inside > outside) - 1 for numbers, difference of shares otherwise. Measured on held-out rows.
    p, q : float or None
        Two-sided p, and q after Benjamini and Hochberg; None where there were too few rows to test.
    inside, outside : float
        Medians of numbers, shares of rows otherwise.
    echo_of : str
        A stronger column that this one merely goes along with; empty where it speaks for itself.
    """

    column: str
    kind: str
    value: str
    effect: float
    p: float | None
    q: float | None
    inside: float
    outside: float
    echo_of: str = ""

    @property
    def name(self) -> str:
        """The column with its level, word or part."""
        return f"{self.column} {self.value}".strip()


@dataclass(frozen=True)
class Comparison:
    """What sets one group of rows apart from another.

    Attributes
    ----------
    differences : tuple of Difference
        All columns, those that speak for themselves first, by size of effect.
    rule : Rule or None
    n_inside, n_outside : int
        Rows compared.
    notes : tuple of str
        What was left out, and why to doubt.
    """

    differences: tuple[Difference, ...]
    rule: Rule | None
    n_inside: int
    n_outside: int
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[Difference, ...]:
        """Differences with q of at most 0.05."""
        return tuple(d for d in self.differences if d.q is not None and d.q <= FOUND)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        rule = None
        if self.rule is not None:
            rule = asdict(self.rule) | {"says": str(self.rule), "conditions": [str(c) for c in self.rule.conditions]}
        return {
            "differences": [asdict(d) for d in self.differences],
            "rule": rule,
            "n_inside": self.n_inside,
            "n_outside": self.n_outside,
            "notes": list(self.notes),
        }


def compare_groups(
    numbers: list[Numbers], questions: list[Question], inside: Flags, *, seed: int = 0, notes: tuple[str, ...] = ()
) -> Comparison:
    """Compare the rows `inside` with all others.

    Parameters
    ----------
    numbers : list of Numbers
        One value per row, many columns.
    questions : list of Question
        Levels and words; per category the most telling level is tested, per text column the 12 most telling words.
    inside : bool (rows,)
    seed : int
        For cutting the rows in halves.
    notes : tuple of str
        What the caller has to say.

    Returns
    -------
    Comparison
    """
    counts = int(inside.sum()), int((~inside).sum())
    if min(counts) == 0:
        return Comparison((), None, *counts, notes=(*notes, "One group is empty, so there is nothing to compare."))
    first = halves(inside, seed)
    tested = min(int((half & group).sum()) for half in (first, ~first) for group in (inside, ~inside)) >= FEWEST
    if not tested:
        first, said = (
            np.ones_like(inside),
            f"The smaller group has {min(counts)} rows: too few to test, described only.",
        )
        notes = (*notes, said)
    questions = _telling(questions, inside, first)
    differences = measure(numbers, questions, inside, ~first if tested else first)
    if not tested:
        plain = tuple(replace(d, p=None, q=None) for d in differences)
        return Comparison(tuple(sorted(plain, key=_by_size)), None, *counts, notes=notes)
    differences = _with_echoes(differences, _matrix(numbers, questions), inside, first)
    if all(d.q is not None and d.q > FOUND for d in differences):
        notes = (*notes, "No column differs by more than chance would make it.")
    rule = find_rule(*_ruling(numbers, questions, measure(numbers, questions, inside, first)), inside, first)
    return Comparison(tuple(sorted(differences, key=_by_size)), rule, *counts, notes=notes)


def halves(inside: Flags, seed: int) -> Flags:
    """Which rows are in the first half; each group is cut in two."""
    rng, first = np.random.default_rng(seed), np.zeros(len(inside), bool)
    for group in (inside, ~inside):
        rows = rng.permutation(np.flatnonzero(group))
        first[rows[: len(rows) // 2]] = True
    return first


def _telling(questions: list[Question], inside: Flags, first: Flags) -> list[Question]:
    """The most telling level of each category and words of each text, chosen on the first half."""
    if not questions:
        return []
    holds = np.stack([question.holds[first] for question in questions], axis=1)
    size = np.abs(share_effects(holds, inside[first])[0])
    of_column: dict[str, list[int]] = defaultdict(list)
    for at in np.argsort(-size, kind="stable"):
        question = questions[at]
        if len(of_column[question.column]) < (WORDS if question.kind == "text" else 1):
            of_column[question.column].append(int(at))
    return [questions[at] for chosen in of_column.values() for at in chosen]


def measure(numbers: list[Numbers], questions: list[Question], inside: Flags, held: Flags) -> list[Difference]:
    """Effects, p and q on rows `held`."""
    group = inside[held]
    columns = [n.values[held] for n in numbers]
    rank = rank_effects(np.stack(columns, axis=1), group) if columns else (np.zeros(0), np.zeros(0))
    flags = [question.holds[held] for question in questions]
    share = share_effects(np.stack(flags, axis=1), group) if flags else (np.zeros(0), np.zeros(0))
    effect, p = np.concatenate([rank[0], share[0]]), np.concatenate([rank[1], share[1]])
    q = adjust(p)
    middles = [(_median(c[group]), _median(c[~group])) for c in columns]
    middles += [(float(f[group].mean()), float(f[~group].mean())) for f in flags]
    named = [(n.column, n.kind, n.part) for n in numbers] + [(k.column, k.kind, k.value) for k in questions]
    return [Difference(*named[i], float(effect[i]), float(p[i]), float(q[i]), *middles[i]) for i in range(len(named))]


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _matrix(numbers: list[Numbers], questions: list[Question]) -> NDArray[np.float64]:
    """Numbers as ranks in 0…1 (missing: middle) and answers as 0 and 1, for the linear model."""
    columns = [_ranks(n.values) for n in numbers] + [q.holds.astype(np.float64) for q in questions]
    return np.stack(columns, axis=1) if columns else np.zeros((0, 0))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known, ranks = np.isfinite(values), np.full(len(values), 0.5)
    order = np.argsort(values[known], kind="stable")
    place = np.empty(len(order))
    place[order] = np.arange(len(order)) / max(1, len(order) - 1)
    ranks[known] = place
    return ranks


def _with_echoes(
    differences: list[Difference], matrix: NDArray[np.float64], inside: Flags, first: Flags
) -> list[Difference]:
    """Mark columns that merely go along with stronger ones: chosen on the first half, tested on the second."""
    size = np.array([abs(d.effect) if d.q is not None and d.q <= FOUND else -1.0 for d in differences])
    some = [int(i) for i in np.argsort(-size, kind="stable")[:MODELED] if size[i] >= 0]
    if len(some) < 2:
        return differences
    chosen = choose_own(matrix[first][:, some], inside[first])
    sure = adjust(own_p(matrix[~first][:, [some[c] for c in chosen]], inside[~first])) if chosen else np.zeros(0)
    own = [some[c] for c, q in zip(chosen, sure, strict=True) if q <= FOUND]
    if not own:
        return differences
    near = closest(matrix, own)
    return [
        replace(d, echo_of=differences[near[i]].name) if i in some and i not in own else d
        for i, d in enumerate(differences)
    ]


def _ruling(
    numbers: list[Numbers], questions: list[Question], differences: list[Difference]
) -> tuple[list[Numbers], list[Question]]:
    """The strongest columns and questions of the first half."""
    size = np.abs([d.effect for d in differences])
    n = len(numbers)
    keep = np.argsort(-size[:n], kind="stable")[:RULED], np.argsort(-size[n:], kind="stable")[:RULED]
    return [numbers[i] for i in keep[0]], [questions[i] for i in keep[1]]


def _by_size(difference: Difference) -> tuple[bool, bool, float]:
    unsure = difference.q is not None and difference.q > FOUND
    return unsure, bool(difference.echo_of), -abs(difference.effect)
