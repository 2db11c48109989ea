"""What the explorer is told about one clicked row."""

import threading
from typing import Any, Literal

import numpy as np

from belvedere.errors import SettingError
from belvedere.explain.values import Detail, What
from belvedere.explaining.changes import TABLE_KINDS, cross_over
from belvedere.explaining.rows import explain_rows
from belvedere.explaining.whole import whole_of
from belvedere.types import MapContent

Asked = Literal["place", "prediction", "change"]
MOST_PULLS, MOST_PARTS = 24, 64
_one_at_a_time = threading.Lock()  # explaining forces values into a network that all requests share


def answer(content: MapContent, row: int, what: Asked = "place") -> dict[str, Any]:
    """Explain one row for the explorer.

    Parameters
    ----------
    content : MapContent
    row : int
    what : 'place', 'prediction' or 'change'

    Returns
    -------
    dict
        For 'place' and 'prediction' an `Explanation` as JSON-able data: `start`, `reached`, `actual` (two numbers for
        a place, one for a prediction), `pulls` (at most 24: column, kind, value, amount, along, strength; what the rest
        adds up to in `rest`), `details` (column, parts, shape, labels, along; of vectors the 64 strongest numbers),
        `residual`, `error`, `baseline`, `about`, `warnings`; and `can`, what else may be asked. For 'change' a
        `Counterfactual`.
    """
    if what not in ("place", "prediction", "change"):
        raise SettingError(f"What to explain must be 'place', 'prediction' or 'change', but is {what!r}.")
    with _one_at_a_time:
        return cross_over(content, row).to_dict() if what == "change" else _told(content, row, what)


def _told(content: MapContent, row: int, what: What) -> dict[str, Any]:
    """An explanation as JSON-able data, made light enough to be sent."""
    found = explain_rows(content, [row], what=what)[0]
    told = found.to_dict()
    told["pulls"] = told["pulls"][:MOST_PULLS]
    rest = [pull.amount for pull in found.pulls[MOST_PULLS:]]
    told["rest"] = [float(v) for v in np.sum(rest, axis=0)] if rest else [0.0] * len(found.start)
    told["details"] = [_few_parts(detail).to_dict() for detail in found.details]
    return told | {"can": _can(content)}


def _can(content: MapContent) -> list[str]:
    """What may be asked about this map's rows."""
    whole = whole_of(content)
    if not whole.predicts:
        return ["place"]
    is_table = any(item.kind in TABLE_KINDS for item in whole.entrance.inputs)
    return ["place", "prediction", "change"] if is_table else ["place", "prediction"]


def _few_parts(detail: Detail) -> Detail:
    """Of a long vector only the strongest numbers, in their order."""
    if detail.parts != "numbers" or len(detail.along) <= MOST_PARTS:
        return detail
    keep = np.sort(np.argsort(-np.abs(detail.along), kind="stable")[:MOST_PARTS])
    labels = tuple(detail.labels[i] for i in keep)
    return Detail(detail.column, "numbers", (len(keep),), labels, detail.along[keep], detail.amounts[:, keep])
