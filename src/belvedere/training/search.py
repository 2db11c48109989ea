"""Which settings a search tries: every combination, some at random, or where earlier trials were good (TPE).

What is tried next depends only on the seed, the number of the trial and the trials before it. So a search that was
killed goes on, from the trials that were kept, exactly as it would have gone on.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError, missing_extra


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`; whole ones if both are, evenly by ratio where they span a factor of ten.

    Examples
    --------
    >>> Range(1e-4, 1e-2).at(0.5)
    0.001
    >>> Range(2, 9).at(0.5)
    6
    """

    low: float
    high: float

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def is_log(self) -> bool:
        """Whether ratios count, not differences."""
        return self.low > 0 and self.high / self.low >= 10

    def at(self, share: float) -> float:
        """The number at a share of the way, 0 to 1, with four significant digits."""
        if self.is_log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return round(value) if self.is_whole else float(f"{value:.4g}")


Values = Sequence[Any] | Range
Space = Mapping[str, Values]
DEFAULT_SPACE: dict[str, Values] = {
    "learning_rate": (5e-4, 1e-3, 2e-3, 4e-3),
    "dropout": (0.0, 0.1, 0.2, 0.4),
    "weight_decay": (1e-3, 1e-2, 1e-1),
}
WAYS = ("grid", "random", "tpe")


@dataclass(frozen=True)
class Search:
    """What to try, and how.

    Attributes
    ----------
    by : {'grid', 'random', 'tpe'}
        Every combination; `n_trials` of them at random, without repeats; or `n_trials` that earlier trials suggest
        (tree-structured Parzen estimator, Bergstra et al. 2011; needs the extra `tune`).
    space : mapping
        For each setting a list of values, or a `Range`.
    n_trials : int
        Trials of a random or TPE search.
    prune : bool
        End a trial whose validation loss, after a third of its epochs, is worse than the median of the others there.
    """

    by: str = "random"
    space: Space = field(default_factory=lambda: dict(DEFAULT_SPACE))
    n_trials: int = 12
    prune: bool = True


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, their lowest loss on validation rows, and how long they took.

    `curve` holds the validation loss after each epoch, of `epochs` that were planned; `pruned` says that the trial was
    ended because it was behind the others.
    """

    changes: dict[str, Any]
    loss: float
    seconds: float
    curve: tuple[float, ...] = ()
    epochs: int = 0
    pruned: bool = False


def check_search(search: Search) -> None:
    """Refuse a search that tries nothing.

    Raises
    ------
    SettingError
        If there is no such way, nothing to try, or a range that a grid cannot walk through.
    """
    if search.by not in WAYS:
        raise SettingError(f"search must be one of {', '.join(WAYS)}, but is {search.by!r}. Choose one of these.")
    sizes = [1 if isinstance(values, Range) else len(values) for values in search.space.values()]
    if not sizes or not all(sizes) or search.n_trials < 1:
        raise SettingError("A search must have values to try, but has none. Give some, for instance dropout=0.1,0.3.")
    for name, values in search.space.items():
        if isinstance(values, Range) and not values.low < values.high:
            raise SettingError(
                f"The range of {name!r} must rise, but goes from {values.low} to {values.high}. Swap them."
            )
        if isinstance(values, Range) and search.by == "grid":
            raise SettingError(
                f"A grid must have values one by one, but {name!r} is a range. List them, or search by random or tpe."
            )


def count_trials(search: Search) -> int:
    """How many trials a search makes.

    Examples
    --------
    >>> count_trials(Search("grid", {"dropout": [0.1, 0.2], "epochs": [5, 6]}))
    4
    >>> count_trials(Search("random", {"dropout": [0.1, 0.2]}, n_trials=12))
    2
    """
    if search.by == "tpe" or any(isinstance(values, Range) for values in search.space.values()):
        return search.n_trials
    n_every = math.prod(len(values) for values in search.space.values() if not isinstance(values, Range))
    return n_every if search.by == "grid" else min(n_every, search.n_trials)


def propose(search: Search, trials: Sequence[Trial], *, seed: int) -> dict[str, Any]:
    """The settings of the next trial, after these."""
    number = len(trials)
    if search.by == "tpe":
        return _suggested(search.space, trials, seed=seed + number)
    if search.by == "grid":
        return grid(search.space)[number]
    if any(isinstance(values, Range) for values in search.space.values()):
        return _drawn(search.space, number, seed=seed)
    every = grid(search.space)
    return every[int(np.random.default_rng(seed).permutation(len(every))[number])]


def grid(space: Space) -> list[dict[str, Any]]:
    """Every combination of the values.

    Examples
    --------
    >>> grid({"dropout": [0.1, 0.2], "epochs": [5]})
    [{'dropout': 0.1, 'epochs': 5}, {'dropout': 0.2, 'epochs': 5}]
    """
    lists = [values for values in space.values() if not isinstance(values, Range)]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*lists)]


def _drawn(space: Space, number: int, *, seed: int) -> dict[str, Any]:
    """One combination at random, ranges among the values."""
    rng = np.random.default_rng((seed, number))
    shares = {name: float(rng.random()) for name in space}
    return {name: _at(values, shares[name]) for name, values in space.items()}


def _at(values: Values, share: float) -> Any:
    if isinstance(values, Range):
        return values.at(share)
    return values[min(len(values) - 1, int(share * len(values)))]


def _suggested(space: Space, trials: Sequence[Trial], *, seed: int) -> dict[str, Any]:
    """What a tree-structured Parzen estimator suggests after these trials; the first ones are drawn at random."""
    try:
        import optuna
    except ImportError as error:
        raise missing_extra("optuna", "tune", "A search by 'tpe'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=5, multivariate=False))
    scales = {name: _distribution(optuna, values) for name, values in space.items()}
    for trial in trials:
        if math.isfinite(trial.loss):
            params = {name: _position(space[name], value) for name, value in trial.changes.items()}
            study.add_trial(optuna.create_trial(params=params, distributions=scales, value=trial.loss))
    asked = study.ask(scales).params
    return {name: _readable(values, asked[name]) for name, values in space.items()}


def _readable(values: Values, asked: Any) -> Any:
    """The value that was suggested, with four significant digits."""
    if not isinstance(values, Range):
        return values[asked]
    return asked if values.is_whole else min(values.high, max(values.low, float(f"{asked:.4g}")))


def _distribution(optuna: Any, values: Values) -> Any:
    """The scale of one setting; values one by one are chosen by their number, so that any may be listed."""
    if not isinstance(values, Range):
        return optuna.distributions.CategoricalDistribution(range(len(values)))
    if values.is_whole:
        return optuna.distributions.IntDistribution(int(values.low), int(values.high), log=values.is_log)
    return optuna.distributions.FloatDistribution(values.low, values.high, log=values.is_log)


def _position(values: Values, value: Any) -> Any:
    return value if isinstance(values, Range) else list(values).index(value)


def is_behind(curve: Sequence[float], trials: Sequence[Trial], *, epochs: int, fewest: int = 4) -> bool:
    """Whether a trial is so far behind the finished ones that going on is no use (median rule, Golovin et al. 2017).

    Examples
    --------
    >>> done = [Trial({}, 0.5, 1.0, (0.9, 0.7, 0.5), 3)] * 4
    >>> is_behind([1.5], done, epochs=3), is_behind([0.8], done, epochs=3)
    (True, False)
    """
    share = len(curve) / max(1, epochs)
    others = [_best_until(trial, share) for trial in trials if not trial.pruned and trial.curve]
    if len(others) < fewest or share < 1 / 3 or share >= 1:
        return False
    return bool(np.nanmin(curve) > np.median(others)) if np.isfinite(curve).any() else True


def _best_until(trial: Trial, share: float) -> float:
    """Lowest loss of a trial up to a share of its epochs."""
    n = max(1, math.floor(share * max(1, trial.epochs)))
    return float(np.min(trial.curve[:n]))


@dataclass(frozen=True)
class Matter:
    """How much one setting mattered: its share of what settings one by one explain, and the loss expected by value.

    `values` and `losses` belong together; the loss is averaged over what was tried for the other settings.
    """

    name: str
    share: float
    values: tuple[Any, ...]
    losses: tuple[float, ...]


FEWEST_TRIALS = 6


def what_mattered(trials: Sequence[Trial], *, seed: int = 0) -> tuple[Matter, ...]:
    """Say which settings moved the loss, the most important first; nothing after fewer than 6 trials.

    A forest learns the loss from the settings; a setting's share is the variance of the loss that the forest expects
    along it, the others averaged out (Hutter, Hoos, Leyton-Brown 2014). With few trials this is a hint, no proof.
    """
    usable = [trial for trial in trials if math.isfinite(trial.loss)]
    names = [name for name in (usable[0].changes if usable else ()) if len({str(t.changes[name]) for t in usable}) > 1]
    if len(usable) < FEWEST_TRIALS or not names:
        return ()
    from sklearn.ensemble import ExtraTreesRegressor

    columns = {name: _as_numbers([trial.changes[name] for trial in usable]) for name in names}
    table = np.stack([columns[name][0] for name in names], axis=1)
    losses = np.array([trial.loss for trial in usable])
    forest = ExtraTreesRegressor(200, random_state=seed, min_samples_leaf=1).fit(table, losses)
    found = []
    for at, name in enumerate(names):
        levels = np.unique(table[:, at])
        expected = [float(forest.predict(_with(table, at, level)).mean()) for level in levels]
        found.append((float(np.var(expected)), name, [columns[name][1][level] for level in levels], expected))
    total = sum(variance for variance, *_ in found) or 1.0
    matters = [Matter(name, var / total, tuple(values), tuple(expected)) for var, name, values, expected in found]
    return tuple(sorted(matters, key=lambda matter: -matter.share))


def _as_numbers(values: list[Any]) -> tuple[NDArray[np.float64], dict[float, Any]]:
    """Values as numbers (words by their rank), and the value behind each number."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = np.array(values, dtype=float)
    else:
        order = sorted({str(value) for value in values})
        numbers = np.array([order.index(str(value)) for value in values], dtype=float)
    return numbers, dict(zip(numbers.tolist(), values, strict=True))


def _with(table: NDArray[np.float64], column: int, value: float) -> NDArray[np.float64]:
    changed = table.copy()
    changed[:, column] = value
    return changed
