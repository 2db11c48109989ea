"""How the prediction hangs on one column."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from belvedere import kinds
from belvedere.errors import SettingError, nearest_names
from belvedere.explaining.changes import TABLE_KINDS, parts_of
from belvedere.explaining.gates import Array, as_batch
from belvedere.explaining.rows import shown_values
from belvedere.explaining.whole import Whole, predicting
from belvedere.types import Input, MapContent


@dataclass(frozen=True)
class Dependence:
    """How the prediction hangs on one column, all else as it is in sampled training rows (Friedman 2001).

    Attributes
    ----------
    column : str
    values : tuple of str
        Values put into the column.
    outputs : tuple of str
        Classes, or the target's name.
    mean, low, high : float32 (values, outputs)
        Mean of the prediction over rows, and where 80 % of the rows lie: class scores less their mean, or numbers.
    """

    column: str
    values: tuple[str, ...]
    outputs: tuple[str, ...]
    mean: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        plain = {"column": self.column, "values": list(self.values), "outputs": list(self.outputs)}
        return plain | {name: getattr(self, name).tolist() for name in ("mean", "low", "high")}


def depend(content: MapContent, column: str, *, n_values: int = 20, n_rows: int = 200) -> Dependence:
    """Measure how the prediction changes with one column.

    Parameters
    ----------
    content : MapContent
    column : str
        A number, category or time that the network reads.
    n_values : int
        Values tried: quantiles of a number, the commonest levels of a category.
    n_rows : int
        Training rows into which each value is put.

    Raises
    ------
    SettingError
        If nothing is predicted or the column is not one of a table.
    """
    whole = predicting(content)
    assert whole.target is not None
    names = [item.name for item in whole.entrance.inputs if item.kind in TABLE_KINDS]
    if column not in names:
        raise SettingError(
            f"The column must be a number, category or time that the network reads. {nearest_names(column, names)}"
        )
    position = [item.name for item in whole.entrance.inputs].index(column)
    table = content.rows.take(pa.array(whole.sample))
    arrays = kinds.make_arrays(table, whole.entrance.inputs)
    lines = _lines(arrays, position, whole.entrance.inputs[position], n_values)
    scores = np.stack([_put(whole, arrays, position, line, n_rows) for line in lines])  # (values, rows, outputs)
    shown = shown_values(table.take(pa.array(lines)), whole.entrance.inputs)[position]
    low, high = (np.quantile(scores, q, axis=1).astype(np.float32) for q in (0.1, 0.9))
    outputs = whole.target.classes or (whole.target.name,)
    return Dependence(column, tuple(shown), outputs, scores.mean(axis=1), low, high)


def _lines(arrays: dict[str, Array], position: int, item: Input, n_values: int) -> list[int]:
    """Lines of the sample whose values are put into all rows: spread over a number's ranks, or one per level."""
    if item.kind in ("category", "boolean"):
        _, first, counts = np.unique(arrays[f"{position}.code"], return_index=True, return_counts=True)
        return [int(first[i]) for i in np.argsort(-counts, kind="stable")[:n_values]]
    value = arrays[f"{position}.value"].reshape(len(next(iter(arrays.values()))), -1)[:, 0]
    known = np.flatnonzero(arrays.get(f"{position}.missing", np.zeros(len(value))) == 0)
    order = known[np.argsort(value[known], kind="stable")]
    picks = order[np.linspace(0, len(order) - 1, min(n_values, len(order))).round().astype(int)]
    _, first = np.unique(value[picks], return_index=True)
    return [int(line) for line in picks[first]]


@torch.no_grad()
def _put(whole: Whole, arrays: dict[str, Array], position: int, line: int, n_rows: int) -> NDArray[np.float32]:
    """Scores of rows with one column set to the value of one line: float32 (rows, outputs)."""
    assert whole.network is not None
    changed = {name: values[:n_rows].copy() for name, values in arrays.items()}
    for name in parts_of(arrays, position):
        changed[name][:] = arrays[name][line]
    return np.asarray(whole.scored(whole.network.latent(as_batch(changed))).numpy())
