"""What comes next in a sequence: the values after those that are shown, beside how far a step usually goes.

The column of the target holds the next values as a list, another column the values before them (`Target.past`).
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError
from belvedere.kinds.facts import facts_of
from belvedere.kinds.sequence import to_series
from belvedere.types import Input, Target
from belvedere.values import Array, to_matrix

NEXT = " next"  # the target of a column is named like it, with this behind


def to_series_of(table: pa.Table, name: str) -> list[NDArray[np.float32]]:
    """Rows of a column of sequences as arrays: float32 (steps, channels) each."""
    return to_series(facts_of(table, name))


def past_of(name: str) -> str:
    """The column of the values before a target.

    Examples
    --------
    >>> past_of("close next")
    'close'
    """
    return name.removesuffix(NEXT)


def fit_forecast(table: pa.Table, name: str) -> Target:
    """Read how many values are foretold; scale and mean come with the column of the past.

    Raises
    ------
    ColumnError
        If no row knows what came next.
    """
    values = to_matrix(table.column(name))
    if not np.isfinite(values).all(axis=1).any() if values.size else True:
        raise ColumnError(
            f"A forecast must know what came next in some rows, but {name!r} holds no whole list of numbers. "
            "Give longer sequences or a shorter horizon."
        )
    return Target(name, "forecast", past=past_of(name), horizon=values.shape[1])


def scaled_like(target: Target, inputs: tuple[Input, ...]) -> Target:
    """The target in the units in which a network reads the past (its first channel)."""
    item = next(item for item in inputs if item.name == target.past)
    return Target(
        target.name, "forecast", mean=item.info["mean"][0], std=item.info["std"][0], past=target.past, horizon=target.horizon
    )  # fmt: skip


def make_forecast(table: pa.Table, target: Target) -> Array:
    """The next values, standardized, and at last the mean size of a step before them: float32 (rows, horizon + 1).

    NaN in rows that do not know what came next.
    """
    found = np.full((table.num_rows, target.horizon + 1), np.nan, np.float32)
    if target.name in table.column_names:
        values = to_matrix(table.column(target.name))
        found[:, : min(target.horizon, values.shape[1])] = (values[:, : target.horizon] - target.mean) / target.std
    series = to_series_of(table, target.past)
    found[:, -1] = [typical_step(one[:, 0] / target.std) for one in series]
    found[~np.isfinite(found).all(axis=1)] = np.nan
    return found


def typical_step(values: NDArray[np.float32]) -> float:
    """Mean size of a step, above 0; NaN for fewer than two values.

    Examples
    --------
    >>> typical_step(np.array([1.0, 3.0, 2.0], np.float32))
    1.5
    """
    steps = np.abs(np.diff(values[np.isfinite(values)]))
    return float(max(steps.mean(), 1e-6)) if len(steps) else float("nan")
