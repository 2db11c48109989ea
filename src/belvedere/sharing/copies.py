"""A k-anonymous copy of a map: every row of it equals at least k - 1 others in all that the copy holds.

Rows of one cell of the plane get one place and one value per column. So nobody can be told apart from at least k - 1
others by anything in the files, whatever else is known of them. What k-anonymity does not hide: where all rows of a
cell share a value, that value is known of each of them; the leak meter says how often (`Leak.telling`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.explain import name_regions
from belvedere.page import take_columns, take_rows
from belvedere.sharing.cells import Cells, commonest, make_cells, means
from belvedere.sharing.coarsen import COARSENING
from belvedere.types import TAG_WHY, Column, MapContent, Region, Schema
from belvedere.values import Array, counted, shown
from belvedere.version import __version__

CHANNELS = ("kept", "false", "stretch")  # how true the map is; all others tell of single rows
N_SHADES = 20  # steps of a channel, 0 to 1


@dataclass(frozen=True)
class Copy:
    """A copy that may be shared, and what stands behind it.

    Attributes
    ----------
    content : MapContent
        The copy.
    rows : int64 (rows,)
        Which row of the original each row of the copy came from; never written.
    cells : Cells
        The groups of rows that are equal in the copy.
    account : tuple of str
        What was left out, made coarser or suppressed, a sentence each.
    """

    content: MapContent
    rows: NDArray[np.int64]
    cells: Cells
    account: tuple[str, ...]


def make_copy(
    content: MapContent,
    *,
    k: int = 10,
    personal: Collection[str] = (),
    noise: bool = False,
    random: np.random.Generator | None = None,
) -> Copy:
    """Make a k-anonymous copy.

    Parameters
    ----------
    content : MapContent
    k : int
        Rows that are equal at least, from 2.
    personal : collection of str
        Columns that hold personal values; they are left out.
    noise : bool
        Spread the rows of a cell around its middle at random, without regard to where each lies, so that the map looks
        like a map. A row's exact place is then its own, but says nothing of the row.
    random : Generator
        For the order of rows and for noise; by default seeded by the operating system, so that nobody can repeat it.

    Raises
    ------
    SettingError
        Where k is below 2 or above the number of rows.
    """
    random = random or np.random.default_rng()
    there = np.flatnonzero(np.isfinite(content.places).all(axis=1))
    rows = there[random.permutation(len(there))]
    kept = [column.name for column in content.schema if _may_leave(column, personal)]
    slim = take_rows(replace(take_columns(content, kept), latent=None, neighbors=None, thumbnails=None), rows)
    cells = make_cells(slim.places, k)
    columns, table, said = _coarsened(slim, cells, k)
    account = _account(content, slim, columns, cells, said, noise=noise)
    made = replace(
        _regions_again(slim, _places(slim.places, cells, random if noise else None), cells),
        schema=Schema(columns), rows=table, channels=_shades(slim, cells),
        findings=(), curves={}, evaluation={},
        predicted=None, split=None, network_config=None, network_tensors=None, provenance=_provenance(account, cells, k),
    )  # fmt: skip
    return Copy(_named(made), rows, cells, account)


def _named(made: MapContent) -> MapContent:
    """Regions named by what the copy itself holds."""
    if made.region_of is None:
        return made
    return replace(made, regions=name_regions(made.regions, made.region_of, made.rows, made.schema))


def _may_leave(column: Column, personal: Collection[str]) -> bool:
    """Whether a column may leave at all, made coarser."""
    is_own = column.role in ("id", "split") or column.why == TAG_WHY
    return column.kind in COARSENING and column.name not in personal and not is_own


def _coarsened(slim: MapContent, cells: Cells, k: int) -> tuple[tuple[Column, ...], pa.Table, list[str]]:
    """Columns, table and a sentence for each, one value per cell; fields carry no metadata."""
    columns, arrays, said = [], {}, []
    for column in slim.schema:
        told, how = COARSENING[column.kind](slim.rows[column.name], cells, k)
        if not how:
            said.append(f"'{column.name}' is left out: no value of it is shared by {k} rows.")
            continue
        kind = "category" if pa.types.is_string(told.type) else column.kind
        columns.append(Column(column.name, kind, column.role, how))
        arrays[column.name] = told.take(pa.array(cells.of))
        said.append(f"'{column.name}': {how}.")
    table = pa.table(arrays) if arrays else pa.table({"group size": _sizes(cells)})
    if not arrays:
        columns.append(Column("group size", "number", "left out", "rows that share a place"))
    return tuple(columns), table, said


def _sizes(cells: Cells) -> Array:
    return np.asarray(cells.sizes[cells.of])


def _places(places: Array, cells: Cells, random: np.random.Generator | None) -> NDArray[np.float32]:
    """The middle of each row's cell, or a point at random around it, as far as the cell's rows lie on average."""
    middle = np.stack([means(places[:, axis].astype(np.float64), cells) for axis in (0, 1)], axis=1)
    if random is not None:
        spread = np.sqrt(means(((places - middle[cells.of]) ** 2).sum(axis=1), cells))
        angle = random.uniform(0, 2 * np.pi, len(places))
        reach = spread[cells.of] * np.sqrt(random.uniform(0, 2, len(places)))  # even over a disc of that mean square
        middle = middle[cells.of] + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(middle, dtype=np.float32)
    return np.asarray(middle[cells.of], dtype=np.float32)


def _shades(slim: MapContent, cells: Cells) -> dict[str, NDArray[np.float32]]:
    """Means of each cell of what says how true the map is, in coarse steps."""
    told = {}
    for name in CHANNELS:
        if name in slim.channels:
            mean = means(np.nan_to_num(slim.channels[name].astype(np.float64)), cells)
            told[name] = (np.round(mean * N_SHADES) / N_SHADES)[cells.of].astype(np.float32)
    return told


def _regions_again(slim: MapContent, places: NDArray[np.float32], cells: Cells) -> MapContent:
    """Each cell lies whole in the region of most of its rows; empty regions go, names are to be found again."""
    if slim.region_of is None or not slim.regions:
        return replace(slim, places=places, regions=(), region_of=None)
    paths, which = np.unique(slim.region_of, axis=0, return_inverse=True)
    region_of = paths[commonest(which.ravel(), cells)[0]][cells.of]
    used = np.unique(region_of[region_of >= 0])
    new = np.full(len(slim.regions) + 1, -1, dtype=np.int32)  # the last stands for none
    new[used] = np.arange(len(used))
    regions = []
    for old in used:
        inside = (region_of == old).any(axis=1)
        x, y = places[inside].mean(axis=0).tolist()
        region = slim.regions[old]
        regions.append(Region(int(new[old]), int(new[region.parent]), region.level, x, y, int(inside.sum())))
    return replace(slim, places=places, regions=tuple(regions), region_of=new[region_of])


def _account(
    content: MapContent, slim: MapContent, columns: tuple[Column, ...], cells: Cells, said: list[str], *, noise: bool
) -> tuple[str, ...]:
    """What was done, in sentences."""
    gone = [name for name in content.schema.names if name not in slim.schema.names]
    n_lost = content.n_rows - slim.n_rows
    least, most = int(cells.sizes.min()), int(cells.sizes.max())
    place = "; places are spread at random within a group" if noise else " and its place"
    first = (
        f"{counted(slim.n_rows, 'row')} in {counted(len(cells.sizes), 'group')} of {least} to {most}: every row equals "
        f"at least {least - 1} others in {counted(len(columns), 'column')}{place}."
    )
    left = f"{counted(len(gone), 'column')} left out: {shown(gone, 12)}." if gone else ""
    lost = f"{counted(n_lost, 'row')} without a place left out." if n_lost else ""
    return tuple(sentence for sentence in (first, left, lost, *said) if sentence)


def _provenance(account: tuple[str, ...], cells: Cells, k: int) -> dict[str, object]:
    """Where the copy comes from; what was left out is not named in it."""
    note = "Values are those of groups of rows, not of single rows; the order of rows is random."
    told = [sentence for sentence in account if "left out" not in sentence]
    return {
        "belvedere": __version__,
        "space": f"A copy for sharing, k-anonymous with k = {k}: made of a map, without its network and vectors.",
        "notes": [note, *told],
        "interrupted": False,
        "sharing": {"k": k, "groups": len(cells.sizes), "smallest group": int(cells.sizes.min())},
    }
