"""Which settings a search tries: every combination, or some at random."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from belvedere.errors import SettingError

Space = Mapping[str, Sequence[Any]]
DEFAULT_SPACE: dict[str, Sequence[Any]] = {
    "learning_rate": (5e-4, 1e-3, 2e-3, 4e-3),
    "dropout": (0.0, 0.1, 0.2, 0.4),
    "weight_decay": (1e-3, 1e-2, 1e-1),
}


def grid(space: Space) -> list[dict[str, Any]]:
    """Every combination of the values.

    Examples
    --------
    >>> grid({"dropout": [0.1, 0.2], "epochs": [5]})
    [{'dropout': 0.1, 'epochs': 5}, {'dropout': 0.2, 'epochs': 5}]
    """
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]


def draw(space: Space, n_trials: int, *, seed: int) -> list[dict[str, Any]]:
    """Different combinations at random, all of them where there are no more than asked for.

    Examples
    --------
    >>> len(draw({"dropout": [0.1, 0.2], "epochs": [5, 6]}, 3, seed=0))
    3
    """
    every = grid(space)
    order = np.random.default_rng(seed).permutation(len(every))[:n_trials]
    return [every[number] for number in order]


@dataclass(frozen=True)
class Search:
    """What to try: `by` is 'grid' (every combination) or 'random' (`n_trials` of them, without repeats)."""

    by: str = "random"
    space: Space = field(default_factory=lambda: dict(DEFAULT_SPACE))
    n_trials: int = 12


def candidates(search: Search, *, seed: int) -> list[dict[str, Any]]:
    """The settings that a search tries, in order.

    Raises
    ------
    SettingError
        If there is no such search or nothing to search.
    """
    if not search.space or not all(len(values) for values in search.space.values()) or search.n_trials < 1:
        raise SettingError("A search must have values to try, but has none. Give some, for instance dropout=0.1,0.3.")
    if search.by not in ("grid", "random"):
        raise SettingError(f"search must be 'grid' or 'random', but is {search.by!r}. Choose one of these.")
    return grid(search.space) if search.by == "grid" else draw(search.space, search.n_trials, seed=seed)
