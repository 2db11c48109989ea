"""Grow a saved map by rows that come in parts, in a fresh folder that is swapped in whole; the old rows are copied, not held."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from belvedere.errors import MapFolderError
from belvedere.mapfolder import layout, whole
from belvedere.mapfolder.reading import read_ipc, read_manifest
from belvedere.mapfolder.writing import (
    ROWS_PER_BATCH,
    describe,
    link_or_copy,
    places_table,
    write_manifest,
    write_thumbnails,
)
from belvedere.page import write_json
from belvedere.types import MapContent
from belvedere.values import repeating

Words = Callable[[], MapContent]


@dataclass(frozen=True)
class Growth:
    """What a map grows by.

    Attributes
    ----------
    parts : iterable of MapContent
        Rows with all that the map holds of its rows (channels, regions, vectors, neighbors …), same names and types.
    n_rows : int
        Of all parts together.
    last : callable
        Asked when all parts are written: the map with its new regions, findings and provenance; its rows are not read.
    """

    parts: Iterable[MapContent]
    n_rows: int
    last: Words


def grow(content: MapContent, path: str | os.PathLike[str], out: str | os.PathLike[str], growth: Growth) -> Path:
    """Write the map at `path`, which is `content`, with more rows to `out` (the same path, or another).

    Raises
    ------
    MapFolderError
        Where `path` is no map, something that is no map lies at `out`, or the disk is full. The old map is whole then.
    """
    path, out = Path(path), Path(out)
    read_manifest(path)
    whole.replace_folder(out, partial(_fill, content, path, growth))
    return out


def _fill(content: MapContent, path: Path, growth: Growth, folder: Path) -> None:
    thumbnails = [] if content.thumbnails is None else [content.thumbnails]
    with ExitStack() as stack:
        writers = _writers(content, path, growth.n_rows, folder, stack)
        n_written = content.n_rows
        for part in growth.parts:
            for write in writers:
                write(part, n_written)
            if part.thumbnails is not None:
                thumbnails.append(part.thumbnails)
            n_written += part.n_rows
    if n_written != content.n_rows + growth.n_rows:
        raise MapFolderError(f"There must be {growth.n_rows:,} new rows, but {n_written - content.n_rows:,} came.")
    last = growth.last()
    (folder / layout.REGIONS).write_bytes(write_json(last.regions))
    _write_rest(replace(last, thumbnails=pa.chunked_array(thumbnails) if thumbnails else None), path, n_written, folder)


def _write_rest(last: MapContent, path: Path, n_rows: int, folder: Path) -> None:
    """The network as it was, tags that no new row carries, thumbnails, and the manifest."""
    for name in (layout.NETWORK_CONFIG, layout.NETWORK_TENSORS):
        if (path / name).is_file():
            (folder / name).parent.mkdir(mode=layout.FOLDER_MODE, exist_ok=True)
            link_or_copy(path / name, folder / name)
    if (path / layout.TAGS).is_file():
        tags = pq.read_table(path / layout.TAGS)
        none = pa.array(np.zeros(n_rows - tags.num_rows, bool))
        more = pa.table(dict.fromkeys(tags.column_names, none))
        pq.write_table(pa.concat_tables([tags, more]), folder / layout.TAGS)
    write_thumbnails(last, folder / layout.THUMBNAILS)
    write_manifest(describe(last) | {"n_rows": n_rows}, folder)


def _writers(
    content: MapContent, path: Path, n_new: int, folder: Path, stack: ExitStack
) -> list[Callable[[MapContent, int], Any]]:
    """One writer per file, each of which has written the old rows."""
    writers = [_rows_writer(path, folder, stack), _places_writer(content, folder, stack)]
    for name, field, kind in ((layout.LATENT, "latent", np.float16), (layout.NEIGHBORS, "neighbors", np.int32)):
        old = getattr(content, field)
        if old is not None:
            writers.append(_array_writer(folder / name, old, n_new, (field, np.dtype(kind))))
    return writers


def _rows_writer(path: Path, folder: Path, stack: ExitStack) -> Callable[[MapContent, int], Any]:
    old = read_ipc(path / layout.ROWS)
    sink = stack.enter_context(pa.OSFile(str(folder / layout.ROWS), "wb"))
    writer = stack.enter_context(pa.ipc.new_file(sink, old.schema))
    writer.write_table(old, max_chunksize=ROWS_PER_BATCH)
    return lambda part, _: writer.write_table(part.rows.select(old.column_names), max_chunksize=ROWS_PER_BATCH)


def _places_writer(content: MapContent, folder: Path, stack: ExitStack) -> Callable[[MapContent, int], Any]:
    old = places_table(content)
    writer = stack.enter_context(
        pq.ParquetWriter(folder / layout.PLACES, old.schema, compression="zstd", use_dictionary=repeating(old.schema))
    )
    writer.write_table(old)

    def write(part: MapContent, first: int) -> None:
        table = places_table(part)
        numbers = pa.array(np.arange(first, first + part.n_rows, dtype=np.int64))
        table = table.set_column(table.column_names.index("row"), "row", numbers)
        writer.write_table(table.select(old.column_names).cast(old.schema))

    return write


def _array_writer(
    file: Path, old: NDArray[Any], n_new: int, what: tuple[str, np.dtype[Any]]
) -> Callable[[MapContent, int], Any]:
    """Write an array of one line per row into a file that is mapped, not held."""
    field, kind = what
    array = np.lib.format.open_memmap(file, mode="w+", dtype=kind, shape=(len(old) + n_new, old.shape[1]))
    for start, stop in _chunks(len(old)):
        array[start:stop] = old[start:stop]

    def write(part: MapContent, first: int) -> None:
        array[first : first + part.n_rows] = getattr(part, field)
        array.flush()

    return write


def _chunks(n_rows: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + ROWS_PER_BATCH, n_rows)) for start in range(0, n_rows, ROWS_PER_BATCH))
