"""Two maps of the same rows: the one laid over the other, and the rows that moved to other neighbors."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.explain.movers import K, Movers, lay_over, near_on_map, rank_movers
from belvedere.types import Floats, Ints, MapContent, Region


@dataclass(frozen=True)
class Beside:
    """A second map, laid over a first one so that they can be looked at side by side.

    Attributes
    ----------
    name : str
        The second map's name.
    rows : int64 (matched,)
        Rows of the first map that the second knows, rising.
    places : float32 (matched, 2)
        Where they lie on the second map, turned, scaled and shifted onto the first.
    regions : tuple of Region
        The second map's regions, their labels moved likewise.
    n_rows : int
        Rows of the second map.
    key : str or None
        The column that rows were matched by; None: by their order.
    maps : tuple of MapContent
        Both maps.
    match : int64 (rows,)
        Row of the second map for each of the first, -1 where there is none.
    """

    name: str
    rows: NDArray[np.int64]
    places: Floats
    regions: tuple[Region, ...]
    n_rows: int
    key: str | None
    maps: tuple[MapContent, MapContent]
    match: NDArray[np.int64]

    def movers(self, most: int = 1000) -> dict[str, Any]:
        """Rank the rows that changed their neighbors most, JSON-able."""
        map_a, map_b = self.maps
        return rank_movers((map_a.places, map_b.places), (_true(map_a), _true(map_b)), self.match).to_dict(most)


def lay_beside(map_a: MapContent, map_b: MapContent, *, key: str | None = None) -> Beside:
    """Match the rows of two maps and lay the second over the first.

    Parameters
    ----------
    map_a, map_b : MapContent
        Two maps of the same rows: two networks, two dates, two settings.
    key : str, optional
        Column by which rows are matched; without it an id column of both maps whose values are unique, else the order
        of equally many rows.

    Raises
    ------
    SettingError
        If rows cannot be matched, or fewer than two are on both maps.
    """
    key = key or _shared_id(map_a, map_b)
    match = _by_order(map_a, map_b) if key is None else _by_key(map_a, map_b, key)
    rows = np.flatnonzero(match >= 0)
    if len(rows) < 2:
        raise SettingError(f"The maps must share at least two rows, but share {len(rows)}. Choose another map.")
    labels = np.array([[region.x, region.y] for region in map_b.regions], dtype=np.float32).reshape(-1, 2)
    other = map_b.places[match[rows]]
    laid = lay_over(map_a.places[rows], other, np.concatenate([other, labels]))
    regions = tuple(
        replace(region, x=float(x), y=float(y)) for region, (x, y) in zip(map_b.regions, laid[len(rows) :], strict=True)
    )
    return Beside(map_b.name, rows, laid[: len(rows)], regions, map_b.n_rows, key, (map_a, map_b), match)


def _shared_id(map_a: MapContent, map_b: MapContent) -> str | None:
    """An id column of both maps that names every row once."""
    ids = {column.name for column in map_b.schema.of_role("id")}
    for column in map_a.schema.of_role("id"):
        if column.name in ids and all(
            len(content.rows.column(column.name).unique()) == content.n_rows for content in (map_a, map_b)
        ):
            return column.name
    return None


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
