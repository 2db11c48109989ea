"""A map of some of its rows, in an order given: what a file carries when all rows would be too many."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.types import MapContent


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


def _take(values: Any, rows: NDArray[np.int64]) -> Any:
    return None if values is None else np.asarray(values)[rows]


def _count_again(content: MapContent, rows: NDArray[np.int64]) -> tuple[Any, ...]:
    if content.region_of is None:
        return content.regions
    inside = content.region_of[rows]
    counts = np.bincount(inside[inside >= 0], minlength=len(content.regions))
    return tuple(replace(region, n_rows=int(counts[region.id])) for region in content.regions)
