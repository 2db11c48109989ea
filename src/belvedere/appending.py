"""Appending: rows join a map where the network places them, batch by batch, and it is said how well they fit there.

The fitted rows stay what places new ones: rows that were appended are shown, searched and counted, but no place depends on them.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError
from belvedere.placing import Engine, PlaceRows, Tally, insist_on_columns
from belvedere.progress import Progress
from belvedere.types import TAG_WHY, Column, Floats, Ints, MapContent, Schema
from belvedere.values import spread

if TYPE_CHECKING:
    from belvedere.sources.batches import Batches

N_NEAR, N_VOTES = 15, 6  # nearest rows kept, where the map does not say; those that say to which region a row belongs
EXPECTED_FAR_OFF, TOO_MANY_FAR_OFF = (
    0.04,
    0.10,
)  # share of rows flagged: of ordinary ones, and where learning anew is due
MUCH_DRIFT = 0.3  # distance of a column's values in new and in fitted rows, 0 to 1
COMPARED = 20_000  # rows of either kind whose columns are compared
FEWEST_COMPARED = 30
MOST_HALF = 65_504.0  # the largest float16
ROOT = b"belvedere.root"  # the folder that paths of pictures are relative to


@dataclass(frozen=True)
class Fit:
    """How well new rows fit a map.

    Attributes
    ----------
    n_rows, n_far_off : int
        New rows, and those of them more unusual than 96 of 100 fitted rows; of ordinary rows one in 25 is.
    region_drift : float
        Share of the new rows that would have to lie in other regions (the coarsest) to be spread as the fitted rows are.
    column_drift : dict
        Per column that the network reads: distance of its values in new and fitted rows, 0 to 1; 0 where chance explains it.
    advice : str
        One sentence where the map should be learned anew, else empty.
    account : tuple of str
        What reading and fitting the columns decided.
    """

    n_rows: int
    n_far_off: int
    region_drift: float
    column_drift: dict[str, float]
    advice: str = ""
    account: tuple[str, ...] = ()

    @property
    def far_off(self) -> float:
        """Share of the new rows that are far off."""
        return self.n_far_off / max(1, self.n_rows)


def append(  # noqa: PLR0913 - the map, the rows, and where and how
    content: MapContent, path: Path, out: Path, batches: "Batches", make: PlaceRows, *, engine: Engine, progress: Progress
) -> Fit:  # fmt: skip
    """Add rows to a saved map, a few batches in memory; the folder is swapped in when it is whole."""
    from belvedere.mapfolder.grow import Growth, grow

    insist_on_columns(batches.schema.names, content.schema)
    content = _with_round(content)
    columns = Columns.of(content, batches.schema)
    watch = Watch(content, Tally(progress, batches.n_rows))
    fitted: list[Fit] = []

    def last() -> MapContent:
        fitted.append(watch.judge((*batches.account, *columns.told)))
        return _described(content, watch, fitted[0])

    parts = _parts(content, batches, columns, watch, engine, make)
    grow(content, path, out, Growth(parts, batches.n_rows, last))
    progress.finish(f"{batches.n_rows:,} rows")
    return fitted[0]


def _with_round(content: MapContent) -> MapContent:
    """Give every old row the round in which it was appended, 0 for fitted ones, as the channel 'appended'."""
    known = content.channels.get("appended")
    rounds = np.zeros(content.n_rows, np.float32) if known is None else known
    return replace(content, channels={**content.channels, "appended": rounds})


def _parts(
    content: MapContent, batches: "Batches", columns: "Columns", watch: "Watch", engine: Engine, make: PlaceRows
) -> Iterator[MapContent]:
    """New rows as parts of the map."""
    from belvedere.kinds import thumbnails

    this_round = float(content.channels["appended"].max(initial=0)) + 1
    masked = replace(batches, read=lambda: (columns.hide(table) for table in batches.read()))
    for table, placed in engine.run(masked, make):
        rows = columns.fit(table)
        near = _matrix(placed["near"])
        region_of = None if content.region_of is None else regions_by_neighbors(content.region_of, near)
        watch.look(rows, placed, region_of)
        yield MapContent(
            content.name, content.schema, rows,
            np.stack([placed["x"].to_numpy(), placed["y"].to_numpy()], axis=1),
            channels=_channels(content, placed, this_round),
            predicted=_predicted(content, placed),
            split=None if content.split is None else np.full(len(near), "appended", dtype=object),
            region_of=region_of,
            latent=np.clip(_matrix(placed["latent"]), -MOST_HALF, MOST_HALF).astype(np.float16),
            neighbors=None if content.neighbors is None else near[:, : content.neighbors.shape[1]],
            thumbnails=None if content.thumbnails is None else thumbnails(rows, content.schema),
        )  # fmt: skip


def _matrix(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column of lists of one length as an array (rows, length)."""
    array = column.combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return np.asarray(array.flatten().to_numpy()).reshape(len(column), -1)


def _channels(content: MapContent, placed: pa.Table, this_round: float) -> dict[str, Floats]:
    """The map's channels for new rows: what placing says, NaN for what only fitted rows have."""
    known = {
        name: placed[name].to_numpy().astype(np.float32) for name in content.channels if name in placed.column_names
    }
    missing = np.full(placed.num_rows, np.nan, np.float32)
    return {name: known.get(name, missing) for name in content.channels} | {
        "appended": np.full(placed.num_rows, this_round, np.float32)
    }


def _predicted(content: MapContent, placed: pa.Table) -> NDArray[Any] | None:
    if content.predicted is None:
        return None
    if "predicted" not in placed.column_names:
        return np.full(placed.num_rows, None, dtype=object)
    return np.asarray(placed["predicted"].to_numpy())


def regions_by_neighbors(region_of: Ints, near: Ints) -> Ints:
    """Regions of new rows: those of that near row whose finest region most of the near rows share; int32 (rows, levels).

    Examples
    --------
    >>> regions_by_neighbors(np.array([[0, 2], [0, 2], [1, 3]]), np.array([[2, 0, 1]])).tolist()
    [[0, 2]]
    """
    finest = region_of[near[:, :N_VOTES], -1]
    votes = (finest[:, :, None] == finest[:, None]).sum(axis=2)
    chosen = near[np.arange(len(near)), votes.argmax(axis=1)]
    return np.asarray(region_of[chosen])


@dataclass(frozen=True)
class Columns:
    """How new tables become rows of the map: its columns, in its order and types.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of the map's rows as given (without tags).
    hidden : tuple of str
        Columns that were hashed or made coarser when the map was made, in a way that new rows cannot repeat: left empty.
    told : tuple of str
        One sentence for each thing that is left out or left empty.
    """

    schema: pa.Schema
    hidden: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, content: MapContent, new: pa.Schema) -> "Columns":
        """Compare the columns of a map and of new rows."""
        tags = {column.name for column in content.schema if column.why == TAG_WHY}
        schema = pa.schema([f for f in content.rows.schema if f.name not in tags])
        decided = content.provenance.get("sensitive") or {}
        hidden = tuple(name for name, how in decided.items() if how in ("hash", "generalize") and name in new.names)
        told = [
            f"{name!r} is left empty in new rows: it was changed for privacy, which cannot be repeated."
            for name in hidden
        ]
        dropped = [name for name in new.names if name not in schema.names]
        empty = [name for name in schema.names if name not in new.names]
        told += [f"Columns that the map lacks are left out: {', '.join(dropped[:12])}."] if dropped else []
        told += [f"Columns that new rows lack are left empty: {', '.join(empty[:12])}."] if empty else []
        return cls(schema, hidden, tuple(told))

    def hide(self, table: pa.Table) -> pa.Table:
        """The table with hidden columns empty, so that neither the network nor the map sees them."""
        for name in self.hidden:
            field = self.schema.field(name)
            at = table.column_names.index(name)
            table = table.set_column(at, field, pa.nulls(table.num_rows, field.type))
        return table

    def fit(self, table: pa.Table) -> pa.Table:
        """The table with the map's columns.

        Raises
        ------
        ColumnError
            If a column holds values of another type.
        """
        arrays = []
        for item in self.schema:
            if item.name not in table.column_names:
                arrays.append(pa.chunked_array([pa.nulls(table.num_rows, item.type)]))
                continue
            column = _rooted(table, item)
            try:
                arrays.append(column.cast(item.type))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise ColumnError(
                    f"New rows must hold {item.type} in {item.name!r} as the map's rows do, but hold {column.type} that "
                    "cannot be read as such. Convert the column, or map the data by themselves."
                ) from error
        return pa.Table.from_arrays(arrays, schema=self.schema)


def _rooted(table: pa.Table, item: pa.Field) -> pa.ChunkedArray:
    """A column; of pictures in another folder than the map's, with the whole path in every cell."""
    column, root = table[item.name], (table.schema.field(item.name).metadata or {}).get(ROOT)
    if root is None or root == (item.metadata or {}).get(ROOT):
        return column
    paths = [None if value is None else str(Path(root.decode()) / value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(paths, column.type)])


@dataclass
class Watch:
    """Looks at new rows while they pass, to say in the end how well they fit."""

    content: MapContent
    tally: Tally
    regions: NDArray[np.int64] | None = None
    all_regions: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    sampled: list[pa.Table] = field(default_factory=list)

    def look(self, rows: pa.Table, placed: pa.Table, region_of: Ints | None) -> None:
        """Count one batch, and keep an even sample of its rows."""
        step = max(1, -(-self.tally.total // COMPARED))
        first = -self.tally.n_rows % step
        inputs = [column.name for column in self.content.schema.inputs]
        self.sampled.append(rows.select(inputs).take(pa.array(np.arange(first, rows.num_rows, step))))
        self.tally.count(placed)
        if region_of is not None:
            n_regions = len(self.content.regions)
            coarse = np.bincount(region_of[:, 0] + 1, minlength=n_regions + 1)
            every = np.bincount(region_of[region_of >= 0], minlength=n_regions)
            self.regions = coarse if self.regions is None else self.regions + coarse
            self.all_regions = every if not self.all_regions.size else self.all_regions + every

    def judge(self, account: tuple[str, ...]) -> Fit:
        """Say how well the rows fit."""
        columns = self._column_drift()
        fit = Fit(self.tally.n_rows, self.tally.n_far_off, self._region_drift(), columns, account=account)
        return replace(fit, advice=advise(fit))

    def _fitted(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.content.channels["appended"] == 0)

    def _region_drift(self) -> float:
        if self.regions is None or self.content.region_of is None:
            return 0.0
        old = np.bincount(self.content.region_of[self._fitted(), 0] + 1, minlength=len(self.regions))
        return float(np.abs(old / max(1, old.sum()) - self.regions / max(1, self.regions.sum())).sum() / 2)

    def _column_drift(self) -> dict[str, float]:
        from belvedere.checks import column_distance

        new, fitted = pa.concat_tables(self.sampled), self._fitted()
        if min(new.num_rows, len(fitted)) < FEWEST_COMPARED:
            return {}
        old = self.content.rows.take(pa.array(fitted[spread(len(fitted), COMPARED)]))
        return {
            column.name: round(column_distance(column, new[column.name], old[column.name]), 3)
            for column in self.content.schema.inputs
        }


def advise(fit: Fit) -> str:
    """One sentence where a map should be learned anew: more far-off rows than chance explains, or columns that drifted."""
    sure = 2 * np.sqrt(TOO_MANY_FAR_OFF * (1 - TOO_MANY_FAR_OFF) * fit.n_rows)
    reasons = []
    if fit.n_far_off > TOO_MANY_FAR_OFF * fit.n_rows + sure:
        reasons.append(
            f"{fit.far_off:.0%} of the new rows are unlike what was learned ({EXPECTED_FAR_OFF:.0%} are expected)"
        )
    drifted = sorted(
        (name for name, far in fit.column_drift.items() if far >= MUCH_DRIFT), key=lambda n: -fit.column_drift[n]
    )
    if drifted:
        reasons.append(f"values changed in {', '.join(drifted[:5])}")
    return f"Learn the map anew: {' and '.join(reasons)}. (belvedere map ALL --like THIS.map)" if reasons else ""


def _described(content: MapContent, watch: Watch, fit: Fit) -> MapContent:
    """The map with its regions counted again and the round in its provenance; scores stay those of the fitted rows."""
    added = watch.all_regions if watch.all_regions.size else np.zeros(len(content.regions), np.int64)
    regions = tuple(replace(region, n_rows=region.n_rows + int(added[region.id])) for region in content.regions)
    said = {
        "rows": fit.n_rows, "far_off": round(fit.far_off, 4), "region_drift": round(fit.region_drift, 4),
        "column_drift": {name: far for name, far in fit.column_drift.items() if far > 0}, "advice": fit.advice,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }  # fmt: skip
    old = content.provenance
    note = f"{fit.n_rows:,} rows were appended by the network's placing; scores are of the rows laid out before."
    provenance = {**old, "appended": [*old.get("appended", []), said], "notes": [*old.get("notes", []), note]}
    return replace(content, schema=_without_tags(content.schema), regions=regions, provenance=provenance)


def _without_tags(schema: Schema) -> Schema:
    """Tags stand in a file of their own."""
    kept: tuple[Column, ...] = tuple(column for column in schema if column.why != TAG_WHY)
    return Schema(kept)
