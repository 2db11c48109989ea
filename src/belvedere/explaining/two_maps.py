"""Movers between two maps, matched by an id column or by row order."""

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.explain.movers import K, Movers, near_on_map, rank_movers
from belvedere.types import Ints, MapContent


def movers(map_a: MapContent, map_b: MapContent, *, key: str | None = None) -> Movers:
    """Rank the rows that changed their neighbors most between two maps.

    Parameters
    ----------
    map_a, map_b : MapContent
        Two maps of the same rows: two networks, two dates, two settings.
    key : str, optional
        Column by which rows are matched; without it the maps must have equally many rows, matched by order.

    Raises
    ------
    SettingError
        If rows cannot be matched.
    """
    match = _by_order(map_a, map_b) if key is None else _by_key(map_a, map_b, key)
    return rank_movers((map_a.places, map_b.places), (_true(map_a), _true(map_b)), match)


def _true(content: MapContent) -> Ints:
    """True neighbors; those on the map where a map does not know them."""
    if content.neighbors is not None:
        return np.asarray(content.neighbors[:, :K])
    return near_on_map(content.places, np.arange(content.n_rows))


def _by_order(map_a: MapContent, map_b: MapContent) -> NDArray[np.int64]:
    if map_a.n_rows != map_b.n_rows:
        raise SettingError(
            f"Maps matched by row order must have equally many rows, but have {map_a.n_rows:,} and {map_b.n_rows:,}. "
            "Name the column that identifies a row (key)."
        )
    return np.arange(map_a.n_rows)


def _by_key(map_a: MapContent, map_b: MapContent, key: str) -> NDArray[np.int64]:
    map_a.schema[key], map_b.schema[key]
    place = {value: row for row, value in enumerate(map_b.rows.column(key).to_pylist())}
    match = np.array([place.get(value, -1) for value in map_a.rows.column(key).to_pylist()], dtype=np.int64)
    if (match < 0).all():
        raise SettingError(f"The maps must share values of the key column {key!r}, but share none. Choose another.")
    return match
