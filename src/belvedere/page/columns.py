"""Which columns the page shows: those of the data, then what the map and the network say about each row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.types import TAG_WHY, Column, MapContent
from belvedere.values import to_codes

Group = Literal["data", "map", "learning"]

CHANNELS: dict[str, tuple[Group, str, str]] = {  # name: group, label, what it says
    "kept": ("map", "Neighbors kept", "share of the 15 nearest rows in the latent space that are near on the map"),
    "false": (
        "map",
        "False neighbors",
        "share of the 15 nearest rows on the map that are no neighbors in the latent space, not even far ones",
    ),
    "stretch": ("map", "Stretch", "how much more room the map gives here than usual, in doublings"),
    "outlying": ("map", "Outlying", "share of rows that lie closer to their neighbors than this one"),
    "jitter": ("map", "Jitter", "how far the row would move if it were placed again"),
    "confidence": ("learning", "Confidence", "the network's probability for what it predicted"),
    "error": ("learning", "Error", "how far the prediction is from the truth"),
}


@dataclass(frozen=True)
class Shown:
    """A column that the page can show, not yet read.

    Attributes
    ----------
    name, kind, role, why : str
        As in the schema; derived columns have role 'left out'.
    group : str
        'data', 'map' or 'learning'.
    values : pyarrow.ChunkedArray or array
        One value per row.
    label : str
        A title for people where the name is not one.
    categories : tuple of str or None
        Order of the categories where it is given from outside (regions, predictions of known classes).
    """

    name: str
    kind: str
    role: str
    why: str
    group: Group
    values: Any
    label: str = ""
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Encoded:
    """A column in the bytes that the page reads.

    Attributes
    ----------
    info : dict
        dtype, and where they apply min, max, categories, counts; always nMissing.
    values : uint8 or uint16 array, or None where the column is not sent
        uint8, uint16: codes of categories, the largest value = missing. uint16 with dtype 'u16q': linear from min (0)
        to max (65,534), 65,535 = missing.
    """

    info: dict[str, Any]
    values: NDArray[Any] | None


def shown_columns(content: MapContent) -> tuple[Shown, ...]:
    """List all columns the page can show; tags stand last, so that giving one renumbers no other."""
    tags = [column for column in content.schema if column.why == TAG_WHY]
    data = [_of_data(content, column) for column in content.schema if column.why != TAG_WHY]
    return (*data, *_of_map(content), *_of_learning(content), *(_of_data(content, column) for column in tags))


def _of_data(content: MapContent, column: Column) -> Shown:
    return Shown(column.name, column.kind, column.role, column.why, "data", content.rows[column.name])


def _of_map(content: MapContent) -> Iterator[Shown]:
    yield from _of_channels(content, "map")
    if content.region_of is None:
        return
    for level in range(content.region_of.shape[1]):
        inside = [region for region in content.regions if region.level == level]
        names = tuple(region.name or f"region {region.id}" for region in inside)
        codes = _number_again(content.region_of[:, level], [region.id for region in inside])
        why = "regions of the map, in the order of their ids"
        label = f"Regions, level {level + 1}"
        yield Shown(f"region.{level}", "category", "left out", why, "map", codes, label, names)


def _number_again(of_row: NDArray[Any], ids: list[int]) -> NDArray[np.int64]:
    """Region ids (n,) to positions in `ids`, -1 for none."""
    position = np.full(max(ids, default=0) + 2, -1, dtype=np.int64)
    position[ids] = np.arange(len(ids))
    return np.asarray(position[np.where((of_row < 0) | (of_row >= len(position)), len(position) - 1, of_row)])


def _of_learning(content: MapContent) -> Iterator[Shown]:
    yield from _of_channels(content, "learning")
    if content.predicted is not None:
        is_number = np.asarray(content.predicted).dtype.kind in "fiu"
        kind, why = "number" if is_number else "category", "what the network predicted"
        yield Shown("predicted", kind, "left out", why, "learning", content.predicted, "Predicted")
        if not is_number:
            yield from _of_right(content)
    if content.split is not None:
        why = "held-out rows were not learned from"
        order = ("train", "valid", "test")
        yield Shown("split", "category", "left out", why, "learning", content.split, "Held out", order)


def _of_right(content: MapContent) -> Iterator[Shown]:
    """Where the prediction was right, of rows whose class is known."""
    target = next((column for column in content.schema if column.role == "target"), None)
    if target is None or target.kind not in ("category", "boolean"):
        return
    truth, said = (
        np.array([*levels, ""])[codes]
        for codes, levels in map(to_codes, (content.rows[target.name], pa.chunked_array([pa.array(content.predicted)])))
    )
    codes = np.where((truth == "") | (said == ""), -1, np.where(truth == said, 0, 1)).astype(np.int64)
    why = "whether the network's prediction is the class given"
    yield Shown("right", "category", "left out", why, "learning", codes, "Predicted right", ("right", "wrong"))


def _of_channels(content: MapContent, wanted: Group) -> Iterator[Shown]:
    for name, values in content.channels.items():
        group, label, why = CHANNELS.get(name, ("map", name, "computed with the map"))
        if group == wanted:
            yield Shown(name, "number", "left out", why, group, values, label)
