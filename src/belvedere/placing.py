"""Placing many rows batch by batch: what a worker needs, made once; columns checked; results written as they come."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.engines import Engine as Engine
from belvedere.errors import SettingError
from belvedere.progress import Progress
from belvedere.types import Floats, Schema

if TYPE_CHECKING:
    from belvedere.sources.batches import Batches

Mode = Literal["fast", "exact"]
Half = tuple[dict[str, Any], dict[str, NDArray[Any]]]


@dataclass(frozen=True)
class PlaceRows:
    """Makes the function from rows to places; holds arrays only, so that it can be sent to another process.

    Attributes
    ----------
    learned, placing :
        Config and tensors of both halves of the map's network.
    latent, places : float16 (rows, dims) and float32 (rows, 2)
        Of the map's rows.
    mode : {'fast', 'exact'}
    n_near : int
        So many nearest rows of the map are given too (column `near`), and latent vectors (column `latent`).
    """

    learned: Half
    placing: Half
    latent: NDArray[Any]
    places: Floats
    mode: Mode = "fast"
    n_near: int = 0

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Columns that the network reads; None where it reads otherwise than column by column."""
        inputs = self.learned[0].get("inputs")
        return tuple(item["name"] for item in inputs) if inputs else None

    def __call__(self) -> Callable[[pa.Table], pa.Table]:
        """Build the function from a table to the columns `x`, `y`, one per channel, `predicted`, `confidence`."""
        from belvedere.draw import Placer
        from belvedere.learn import reader

        placer, read = Placer(*self.placing, np.asarray(self.latent, np.float32), self.places), reader(*self.learned)

        def place(table: pa.Table) -> pa.Table:
            latent, predicted, confidence = read(table)
            places, channels = placer.place(latent, mode=self.mode)
            columns = placed_columns(places, channels, predicted, confidence)
            if self.n_near:
                columns["near"] = _lists(placer.near(latent, self.n_near))
                columns["latent"] = _lists(latent)
            return pa.table({name: pa.array(values) for name, values in columns.items()})

        return place


def placed_columns(
    places: Floats, channels: dict[str, Floats], predicted: NDArray[Any] | None, confidence: Floats | None
) -> dict[str, Any]:
    """What is said of placed rows, by name."""
    columns: dict[str, Any] = {"x": places[:, 0], "y": places[:, 1]}
    if predicted is not None:
        columns["predicted"] = predicted
        if confidence is not None:
            columns["confidence"] = confidence
    return columns | {name: values > 0 if name == "far_off" else values for name, values in channels.items()}


def _lists(rows: NDArray[Any]) -> pa.Array:
    """An array of rows as one Arrow column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(rows).reshape(-1)), rows.shape[1])


def insist_on_columns(names: Sequence[str], schema: Schema) -> None:
    """Refuse new rows that lack a column which the network reads."""
    for column in schema.inputs:
        if column.name not in names:
            raise SettingError(
                f"New rows must have the column {column.name!r} that this map was learned from, but they have "
                f"{', '.join(names[:12])}. Add it (empty is fine) or map the new data by themselves."
            )


@dataclass(frozen=True)
class PlacedFile:
    """What came of placing rows into a file: where it is, how many rows, how many of them are too unusual to trust."""

    path: Path
    n_rows: int
    n_far_off: int
    account: tuple[str, ...] = ()


@dataclass
class Tally:
    """Counts rows while they pass, and tells how far the work is."""

    progress: Progress
    total: int
    n_rows: int = 0
    n_far_off: int = 0
    begun: bool = field(default=False, repr=False)

    def count(self, placed: pa.Table) -> None:
        """Count the rows of one batch."""
        if not self.begun:
            self.progress.start("Placing", self.total)
            self.begun = True
        self.n_rows += placed.num_rows
        self.n_far_off += int(placed["far_off"].to_numpy().sum())
        self.progress.advance(self.n_rows)


def place_into(batches: "Batches", make: PlaceRows, out: Path, *, engine: Engine, progress: Progress) -> PlacedFile:
    """Place rows and write them as they come, a few batches in memory; the file appears when it is whole."""
    from belvedere.export import write_stream

    tally = Tally(progress, batches.n_rows)

    def joined() -> Iterator[pa.Table]:
        for batch, placed in engine.run(batches, make):
            tally.count(placed)
            yield beside(batch, placed)

    write_stream(joined(), out)
    progress.finish(f"{tally.n_rows:,} rows")
    return PlacedFile(out, tally.n_rows, tally.n_far_off, batches.account)


def beside(table: pa.Table, placed: pa.Table) -> pa.Table:
    """The rows as given with their places beside them, as `map_x` and so on; `_` stands before a name that is taken."""
    for name in placed.column_names:
        free = f"map_{name}"
        while free in table.column_names:
            free = f"_{free}"
        table = table.append_column(free, placed[name])
    return table
