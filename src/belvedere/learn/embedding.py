"""Embedding all rows of a map: here in chunks, or on an engine in batches cut where the chunks end, with the same bits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.engines import Engine
from belvedere.learn import rows
from belvedere.learn.settings import Array
from belvedere.networks import Network
from belvedere.progress import Progress, Silent
from belvedere.training import plain
from belvedere.types import Floats, Source, Target

BATCH = 65_536  # rows sent at once: a multiple of all chunks


@dataclass(frozen=True)
class Slices:
    """A source as tables of `BATCH` rows."""

    source: Source

    def read(self) -> Iterator[pa.Table]:
        """Begin to read."""
        return (self.source.read(at, stop) for at, stop in rows.chunks(self.source.n_rows, BATCH))


@dataclass(frozen=True)
class Foretell:
    """Makes the function from rows to latent vectors and predictions by a network; can be pickled."""

    network: Network
    target: Target
    temperature: float
    columns: tuple[str, ...]

    def __call__(self) -> Callable[[pa.Table], pa.Table]:
        """Build the function."""

        def embed(table: pa.Table) -> pa.Table:
            source = Source("rows", table)
            found = rows.embed_and_predict(source, self.network, self.target, self.temperature, Silent())
            return pa.table({"latent": as_lists(found[0]), "predictions": as_lists(found[1])})

        return embed


@dataclass(frozen=True)
class Embed:
    """Makes the function from rows to latent vectors by config and tensors; can be pickled."""

    config: dict[str, Any]
    tensors: dict[str, Array]
    columns: tuple[str, ...]

    def __call__(self) -> Callable[[pa.Table], pa.Table]:
        """Build the function."""
        config, tensors = self.config, self.tensors
        return lambda table: pa.table({"latent": as_lists(rows.embed_rows(config, tensors, table))})


def as_lists(values: Array) -> pa.Array:
    """An array of rows as one Arrow column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).reshape(-1)), values.shape[1])


def as_rows(column: pa.ChunkedArray) -> Array:
    """The array of rows again: (rows, width)."""
    width = column.type.list_size
    return np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]).reshape(
        -1, width
    )


def embed_and_predict(  # noqa: PLR0913 `rows.embed_and_predict`, and where
    engine: Engine,
    source: Source,
    network: Network,
    target: Target,
    temperature: float,
    progress: Progress,
    *,
    folder: str | None = None,
) -> tuple[Floats, Array]:
    """Latent vectors and predictions of all rows: (rows, dims), (rows, width)."""
    if engine.is_local:
        return rows.embed_and_predict(source, network, target, temperature, progress, folder=folder)
    make = Foretell(network, target, temperature, tuple(item.name for item in network.inputs))
    latent, predictions = _collect(engine, source, make, progress, folder)
    return latent, np.concatenate(predictions)


def embed_all(
    engine: Engine, source: Source, config: dict[str, Any], tensors: dict[str, Array], progress: Progress,
    *, folder: str | None = None,
) -> Floats:  # fmt: skip
    """Latent vectors of all rows: float32 (rows, dims)."""
    if engine.is_local:
        return rows.embed_all(source, config, tensors, progress, folder=folder)
    make = Embed(config, tensors, tuple(item["name"] for item in config["inputs"]))
    return _collect(engine, source, make, progress, folder)[0]


def _collect(
    engine: Engine, source: Source, make: Foretell | Embed, progress: Progress, folder: str | None
) -> tuple[Floats, list[Array]]:
    progress.start("Embedding", source.n_rows)
    latent, predictions, at = None, [], 0
    for _, made in engine.run(Slices(source), make):
        found = as_rows(made["latent"])
        latent = plain.room(source.n_rows, found.shape[1], folder) if latent is None else latent
        plain.put(latent, at, found)
        at += len(found)
        if "predictions" in made.column_names:
            predictions.append(as_rows(made["predictions"]))
        progress.advance(at)
    assert latent is not None, "a source has rows"
    progress.finish(f"{source.n_rows:,} rows, {latent.shape[1]} dimensions")
    return latent, predictions
