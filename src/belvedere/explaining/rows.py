"""Why here, and why predicted so: rows through the whole network, held against a baseline."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from belvedere import kinds
from belvedere.errors import SettingError
from belvedere.explain.integrate import Integral, integrate
from belvedere.explain.values import Detail, Explanation, Pull, What
from belvedere.explaining.doubts import doubts_about
from belvedere.explaining.gates import Array, Share
from belvedere.explaining.whole import Ends, Whole, predicting, whole_of
from belvedere.explaining.words import by_token, read_words
from belvedere.kinds.facts import facts_of
from belvedere.types import Input, MapContent

ADDS_UP = 0.007  # share of the width that may be missing in a sum of pulls
EXACT = 7e-5
CHUNK = 64  # rows at once
FEW = 4  # rows that run on one thread


def explain_rows(
    content: MapContent, rows: Sequence[int] | NDArray[Any] | pa.Table, *, what: What = "place", exact: bool = False
) -> tuple[Explanation, ...]:
    """Explain rows.

    Parameters
    ----------
    content : MapContent
        A map with its network.
    rows : row numbers, or a table of new rows
    what : 'place' or 'prediction'
        Why the rows lie where they lie, or why they were predicted so.
    exact : bool
        Follow the path until the pulls add up to 1e-4 of the map's width; otherwise to 1 %.

    Returns
    -------
    tuple of Explanation
        One per row. For a place, `amount` is along x and y in map units. For a prediction it is in the score of the
        predicted class above the mean of all classes (logits), or in the target's units.

    Raises
    ------
    SettingError
        If the map holds no network, predicts nothing, or has no such row.
    """
    if what not in ("place", "prediction"):
        raise SettingError(f"What to explain must be 'place' or 'prediction', but is {what!r}.")
    whole = whole_of(content) if what == "place" else predicting(content)
    numbers, table = chosen(content, rows)
    found: list[Explanation] = []
    for at in range(0, table.num_rows, CHUNK):
        part = slice(at, at + CHUNK)
        found += _explain(whole, numbers[part], table.slice(at, CHUNK), what, EXACT if exact else ADDS_UP)
    return tuple(found)


def chosen(content: MapContent, rows: Sequence[int] | NDArray[Any] | pa.Table) -> tuple[NDArray[np.int64], pa.Table]:
    """Row numbers (-1 for rows not on the map) and their table.

    Raises
    ------
    SettingError
        If a number is not that of a row.
    """
    if isinstance(rows, pa.Table):
        return np.full(rows.num_rows, -1, dtype=np.int64), rows
    numbers = np.atleast_1d(np.asarray(rows, dtype=np.int64))
    wrong = numbers[(numbers < 0) | (numbers >= content.n_rows)]
    if len(wrong):
        raise SettingError(f"A row must have a number from 0 to {content.n_rows - 1:,}, but {wrong[0]:,} was given.")
    return numbers, content.rows.take(pa.array(numbers))


def attribute(whole: Whole, table: pa.Table, what: What, share: float) -> tuple[Integral, list[Share], Ends]:
    """Integrate gradients of rows; `share` of the width (or range) may be missing.

    A few rows run on one thread: on a busy machine more threads wait for each other.
    """
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if table.num_rows <= FEW else threads)
        return _attribute(whole, table, what, share)
    finally:
        torch.set_num_threads(threads)


def _attribute(whole: Whole, table: pa.Table, what: What, share: float) -> tuple[Integral, list[Share], Ends]:
    ends = whole.entrance.read(table)
    if what == "place":
        function, scale = whole.place_function(ends), whole.width
    else:
        function, scale = whole.prediction_function(ends, predicted_classes(whole, ends)), whole.spread
    rounds = 18  # only panels that do not add up are halved
    found = integrate(function, ends.start, ends.stop, tolerance=share * scale, rounds=rounds)
    if float(found.missing.norm(dim=1).max()) > 1.4 * share * scale:  # errors of panels went the same way
        found = integrate(function, ends.start, ends.stop, tolerance=share * scale / 8, rounds=rounds)
    return found, whole.entrance.fold(found.gradients, ends), ends


@torch.no_grad()
def predicted_classes(whole: Whole, ends: Ends) -> torch.Tensor:
    """The class that each row is predicted to be."""
    items = torch.arange(len(ends.stop[0]))
    return whole.scored(whole.entrance.latent(ends.stop, items, ends.batch)).argmax(dim=1)


def _explain(whole: Whole, numbers: NDArray[np.int64], table: pa.Table, what: What, share: float) -> list[Explanation]:
    found, shares, ends = attribute(whole, table, what, share)
    classes = predicted_classes(whole, ends) if what == "prediction" else None
    values = shown_values(table, whole.entrance.inputs)
    first, last, missing = (np.asarray(t.numpy(), dtype=np.float64) for t in (found.first, found.last, found.missing))
    scale = whole.width if what == "place" else whole.spread
    made = []
    for i, number in enumerate(numbers):
        way = direction(last[i] - first[i])
        actual = whole.content.places[number] if what == "place" and number >= 0 else last[i]
        residual = float(np.linalg.norm(actual - last[i])) / scale
        error = float(np.linalg.norm(missing[i])) / scale
        pulls = _pulls(
            shares, i, way, [(item, shown[i]) for item, shown in zip(whole.entrance.inputs, values, strict=True)]
        )
        details = [_detail(share_of, i, way, table, whole.entrance.inputs) for share_of in shares]
        made.append(
            Explanation(
                int(number), what, about(whole, what, classes, i), baseline_of(whole), _tuple(first[i]), _tuple(last[i]),
                _tuple(actual), residual, pulls,
                tuple(d for d in details if d is not None), error, int(found.n_nodes[i]),
                doubts_about(whole, int(number), table, i, (residual, error)),
            )
        )  # fmt: skip
    return made


BLANKS = {
    "number": "every number at its training mean",
    "category": "every category at its most frequent value",
    "boolean": "every category at its most frequent value",
    "time": "every time at its mean",
    "vector": "every vector at its mean",
    "image": "the mean picture",
    "sequence": "a flat sequence",
    "text": "no words",
}


def baseline_of(whole: Whole) -> str:
    """What rows are held against, in a sentence about the kinds that there are."""
    blanks = dict.fromkeys(_blank_of(item) for item in whole.entrance.inputs)
    if whole.network is None:
        return f"Held against the mean row{' with no words' if 'no words' in blanks else ''}."
    return f"Held against a row with {', '.join(blanks)}."


def _blank_of(item: Input) -> str:
    return "a sequence whose patterns are as frequent as usual" if "kernels" in item.info else BLANKS[item.kind]


def about(whole: Whole, what: What, classes: torch.Tensor | None, i: int) -> str:
    """What is explained, in a sentence."""
    if what == "place":
        return "Where the network places the row: pulls along x and y, in map units."
    assert whole.target is not None
    if whole.target.task == "cox":
        return f"The log risk behind {whole.target.name!r}: the higher, the sooner the event."
    if whole.target.task == "regression" or classes is None:
        return f"The predicted {whole.target.name!r}, in its own units."
    name = whole.target.classes[int(classes[i])]
    if whole.target.task == "multilabel":
        return f"The score of {name!r}, the surest label of {whole.target.name!r} (log-odds)."
    return f"The score of {name!r} for {whole.target.name!r}, above the mean of all classes (log-odds)."


def direction(moved: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit vector along which a row went; zeros if it did not move. One output keeps its own sign."""
    if len(moved) == 1:
        return np.ones(1)
    length = float(np.linalg.norm(moved))
    return moved / length if length > 0 else np.zeros_like(moved)


def _tuple(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _pulls(shares: list[Share], i: int, way: Array, told: list[tuple[Input, str]]) -> tuple[Pull, ...]:
    """The pulls of all columns on row `i`, strongest first; `told` holds the inputs and how their values are shown."""
    if not shares:
        return ()
    amounts = np.stack([s.amounts[i].reshape(len(way), -1).sum(axis=1, dtype=np.float64) for s in shares])
    distance = np.array(
        [float(s.distance[i]) if s.distance.ndim == 1 else np.linalg.norm(s.distance[i]) for s in shares]
    )
    along = amounts @ way
    strength = np.where(distance > 1e-9, along / np.maximum(distance, 1e-9), 0.0)
    made = []
    for at in np.argsort(-np.linalg.norm(amounts, axis=1), kind="stable"):
        item, value = told[shares[at].position]
        made.append(
            Pull(item.name, item.kind, value, tuple(amounts[at].tolist()), float(along[at]), float(strength[at]))
        )
    return tuple(made)


def _detail(share: Share, i: int, way: Array, table: pa.Table, inputs: tuple[Input, ...]) -> Detail | None:
    item, amounts = inputs[share.position], share.amounts[i]
    if amounts.ndim == 1:
        return None
    labels: tuple[str, ...] = ()
    parts: Any = {"image": "pixels", "sequence": "steps", "vector": "numbers", "text": "words"}[item.kind]
    if item.kind == "text":
        labels = read_words(table.column(item.name).slice(i, 1)).tokens[0]
        amounts = by_token(amounts, len(labels))
    elif item.kind == "vector":
        labels = vector_names(table, item)
    along = np.tensordot(way, amounts, axes=1).astype(np.float32)
    return Detail(item.name, parts, along.shape, labels, along, amounts.astype(np.float32))


def vector_names(table: pa.Table, item: Input) -> tuple[str, ...]:
    """Names of a vector's numbers: those of the columns it was folded from, or their positions."""
    noted = (table.schema.field(item.name).metadata or {}).get(b"belvedere.names")
    return tuple(json.loads(noted)) if noted else tuple(str(n) for n in range(int(item.info["d"])))


def shown_values(table: pa.Table, inputs: tuple[Input, ...]) -> list[list[str]]:
    """The rows' values by input, as a person would write them."""
    return [[_shown(value) for value in kinds.KINDS[item.kind].preview(facts_of(table, item.name))] for item in inputs]


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, dict):
        return f"{value['length']:,} steps" if "length" in value else "picture"
    if isinstance(value, float):
        return f"{value:.5g}"
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
