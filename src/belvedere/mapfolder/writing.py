"""Save a map: one function per file, the manifest last."""

import hashlib
import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

from belvedere.errors import MapFolderError
from belvedere.mapfolder import layout, whole
from belvedere.page import write_json
from belvedere.types import MapContent
from belvedere.values import repeating

ROWS_PER_BATCH = 65_536


def save(content: MapContent, path: str | os.PathLike[str], *, rows_file: str | os.PathLike[str] | None = None) -> Path:
    """Save a map as a folder; an older map at the same path is replaced in one step.

    Parameters
    ----------
    content : MapContent
        The map.
    path : path-like
        The folder to write, for instance 'reviews.map'.
    rows_file : path-like, optional
        An uncompressed Arrow IPC file that already holds exactly `content.rows` (written when the source was read).
        It is linked into the folder where the file system allows, and copied where not.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    MapFolderError
        Where something that is no map lies at `path`, or the disk is full or not writable.
    """
    path = Path(path)
    _check(content)
    whole.replace_folder(path, partial(_fill, content, None if rows_file is None else Path(rows_file)))
    return path


def _check(content: MapContent) -> None:
    """All parts must speak of the same rows."""
    n = content.n_rows
    parts: dict[str, Any] = {"rows": content.rows, "predicted": content.predicted, "split": content.split}
    parts |= {"region_of": content.region_of, "latent": content.latent, "neighbors": content.neighbors}
    parts |= {"thumbnails": content.thumbnails} | {f"channel {k!r}": v for k, v in content.channels.items()}
    for name, part in parts.items():
        if part is not None and len(part) != n:
            raise MapFolderError(
                f"Every part of a map must have {n} rows, but {name} has {len(part)}. Make the map again."
            )


def _fill(content: MapContent, rows_file: Path | None, folder: Path) -> None:
    _write_rows(content.rows, rows_file, folder / layout.ROWS)
    places = places_table(content)
    pq.write_table(places, folder / layout.PLACES, compression="zstd", use_dictionary=repeating(places.schema))
    (folder / layout.REGIONS).write_bytes(write_json(content.regions))
    for name, array, dtype in (
        (layout.LATENT, content.latent, np.float16),
        (layout.NEIGHBORS, content.neighbors, np.int32),
    ):
        if array is not None:
            np.save(folder / name, np.ascontiguousarray(array, dtype=dtype), allow_pickle=False)
    _write_network(content, folder)
    write_thumbnails(content, folder / layout.THUMBNAILS)
    write_manifest(describe(content), folder)


def _write_rows(rows: pa.Table, rows_file: Path | None, path: Path) -> None:
    """Uncompressed Arrow IPC in batches of 65,536 rows, so that it can be memory-mapped."""
    if rows_file is not None:
        link_or_copy(rows_file, path)
        return
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=ROWS_PER_BATCH)


def link_or_copy(source: Path, path: Path) -> None:
    """Let both names share the bytes where the file system allows; copy otherwise."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)


def places_table(content: MapContent) -> pa.Table:
    """The table of places: row, x, y, channels, region per level, predicted, split."""
    places = np.ascontiguousarray(content.places, dtype=np.float32)
    columns: dict[str, Any] = {"row": np.arange(len(places), dtype=np.int64), "x": places[:, 0], "y": places[:, 1]}
    columns |= {f"channel.{name}": np.asarray(v, dtype=np.float32) for name, v in content.channels.items()}
    if content.region_of is not None:
        levels = np.asarray(content.region_of, dtype=np.int32)
        columns |= {f"region.{level}": np.ascontiguousarray(levels[:, level]) for level in range(levels.shape[1])}
    columns |= {k: _words(v) for k, v in (("predicted", content.predicted), ("split", content.split)) if v is not None}
    return pa.table({name: pa.array(v) for name, v in columns.items()})


def _words(values: Any) -> pa.Array:
    array = np.asarray(values)
    if array.dtype.kind in "OUS":
        return pa.array([None if v is None else str(v) for v in array.tolist()], pa.string()).dictionary_encode()
    return pa.array(array.astype(np.float32))


def _write_network(content: MapContent, folder: Path) -> None:
    if content.network_config is None:
        return
    (folder / "network").mkdir(mode=layout.FOLDER_MODE)
    (folder / layout.NETWORK_CONFIG).write_bytes(write_json(content.network_config))
    tensors = {k: np.ascontiguousarray(v) for k, v in (content.network_tensors or {}).items()}
    save_file(tensors, folder / layout.NETWORK_TENSORS)


def write_thumbnails(content: MapContent, path: Path) -> None:
    """One PNG per row in one batch, where the map has pictures."""
    if content.thumbnails is None:
        return
    path.parent.mkdir(mode=layout.FOLDER_MODE, exist_ok=True)
    thumbnails = content.thumbnails
    chunks = thumbnails.chunks if isinstance(thumbnails, pa.ChunkedArray) else [thumbnails]
    images = pa.chunked_array([c.cast(pa.large_binary()) for c in chunks], pa.large_binary()).combine_chunks()
    batch = pa.record_batch({"png": images})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def describe(content: MapContent) -> dict[str, Any]:
    """Everything of the manifest but the list of files."""
    return {
        "format": layout.FORMAT_NAME,
        "version": layout.FORMAT_VERSION,
        "name": content.name,
        "n_rows": content.n_rows,
        "schema": list(content.schema),
        "scores": content.scores,
        "findings": content.findings,
        "curves": content.curves,
        "evaluation": content.evaluation,
        "provenance": content.provenance,
    }


def write_manifest(words: dict[str, Any], folder: Path, *, known: dict[str, Any] | None = None) -> None:
    """Write manifest.json with size and SHA-256 of every other file; `known` spares hashing files left unchanged."""
    files = {}
    for name in (*layout.REQUIRED, *layout.OPTIONAL):
        file = folder / name
        if known and name in known:
            files[name] = known[name]
        elif file.is_file():
            with file.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
            files[name] = {"bytes": file.stat().st_size, "sha256": digest}
    (folder / layout.MANIFEST).write_bytes(write_json(words | {"files": files}))
