"""A map of some of its rows, in an order given: what a file carries when all rows would be too many."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import SettingError, nearest_names
from belvedere.types import MapContent, Schema


def take_rows(content: MapContent, rows: NDArray[np.int64]) -> MapContent:
    """Keep some rows; findings, regions and neighbors speak of the kept rows by their new numbers.

    Parameters
    ----------
    content : MapContent
        The map.
    rows : int64 (kept,)
        Distinct row numbers.
    """
    new = np.full(content.n_rows + 1, -1, dtype=np.int64)  # the last place stands for "no row"
    new[rows] = np.arange(len(rows))
    findings = tuple(replace(f, rows=tuple(int(r) for r in new[list(f.rows)] if r >= 0)) for f in content.findings)
    return replace(
        content,
        rows=content.rows.take(pa.array(rows)),
        places=content.places[rows],
        channels={name: values[rows] for name, values in content.channels.items()},
        predicted=_take(content.predicted, rows),
        split=_take(content.split, rows),
        regions=_count_again(content, rows),
        region_of=_take(content.region_of, rows),
        findings=findings,
        latent=_take(content.latent, rows),
        neighbors=None if content.neighbors is None else new[content.neighbors[rows]].astype(np.int32),
        thumbnails=None if content.thumbnails is None else content.thumbnails.take(pa.array(rows)),
    )


def take_columns(content: MapContent, names: Sequence[str]) -> MapContent:
    """Keep some columns of the data; whatever tells of the others goes too.

    Without an image column there are no thumbnails; without the target there are no predictions, errors, evaluation and
    scores of learning. Findings, notes and reasons of regions that name a column left out are dropped, and names of
    regions are emptied, since words of any column may stand in them.

    Parameters
    ----------
    content : MapContent
        The map.
    names : sequence of str
        Columns to keep, in any order.

    Raises
    ------
    SettingError
        Where there is no such column.
    """
    for name in names:
        if name not in content.schema.names:
            raise SettingError(
                f"A column must be one of the map's, but is {name!r}. {nearest_names(name, content.schema.names)}"
            )
    kept = tuple(column for column in content.schema if column.name in set(names))
    gone = [name for name in content.schema.names if name not in set(names)]
    notes = [note for note in content.provenance.get("notes", ()) if not _names_any(str(note), gone)]
    slim = replace(
        content,
        schema=Schema(kept),
        rows=content.rows.select([column.name for column in kept]),
        thumbnails=content.thumbnails if any(column.kind == "image" for column in kept) else None,
        findings=tuple(f for f in content.findings if not _names_any(f"{f.column} {f.sentence}", gone)),
        regions=tuple(replace(r, name="", why=()) for r in content.regions) if gone else content.regions,
        provenance=content.provenance | {"notes": notes},
    )
    target = content.schema.target
    return slim if target is None or target.name in set(names) else _without_learning(slim)


def _names_any(text: str, names: Sequence[str]) -> bool:
    return any(name in text for name in names)


def _without_learning(content: MapContent) -> MapContent:
    """The map without anything that tells the target of a row or how well it was learned."""
    told = ("confidence", "error")
    return replace(
        content,
        predicted=None,
        channels={name: values for name, values in content.channels.items() if name not in told},
        scores=tuple(score for score in content.scores if score.group != "learning"),
        curves={},
        evaluation={},
    )


def _take(values: Any, rows: NDArray[np.int64]) -> Any:
    return None if values is None else np.asarray(values)[rows]


def _count_again(content: MapContent, rows: NDArray[np.int64]) -> tuple[Any, ...]:
    if content.region_of is None:
        return content.regions
    inside = content.region_of[rows]
    counts = np.bincount(inside[inside >= 0], minlength=len(content.regions))
    return tuple(replace(region, n_rows=int(counts[region.id])) for region in content.regions)
