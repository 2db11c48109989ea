"""Open a map folder: memory-mapped, checked, without torch."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from belvedere.errors import MapFolderError
from belvedere.mapfolder import layout
from belvedere.mapfolder.whole import recover
from belvedere.mapfolder.words import read_schema, read_values
from belvedere.types import TAG_WHY, Column, MapContent, Schema
from belvedere.values import NUMPY_DAMAGES

MAX_MANIFEST_BYTES = 256_000_000
MOST_READ_BYTES = 1 << 26  # of an Arrow file that is read while it is opened, to find text that is none
# What readers of Arrow, Parquet, NumPy, JSON and safetensors raise when bytes are not what they should be.
DAMAGES = (*NUMPY_DAMAGES, pa.ArrowException, SafetensorError)


def open_folder(path: str | os.PathLike[str]) -> MapContent:
    """Open a saved map; rows, latent vectors, neighbors and thumbnails stay on disk until they are looked at.

    Parameters
    ----------
    path : path-like
        The map folder.

    Returns
    -------
    MapContent

    Raises
    ------
    MapFolderError
        Where the folder is missing, of another format version, or a file is missing, truncated or damaged. Sizes are
        compared here; `verify` reads every byte.
    """
    path = Path(path)
    recover(path)
    manifest = read_manifest(path)
    _check_sizes(path, manifest)
    try:
        return _read(path, manifest)
    except MapFolderError:
        raise
    except DAMAGES as error:
        raise _damaged(path, str(error).splitlines()[0] if str(error) else type(error).__name__) from error


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The manifest as plain values, after its version was checked.

    Raises
    ------
    MapFolderError
        Where there is none, it cannot be read, or it is of another version.
    """
    path = Path(path)
    file = path / layout.MANIFEST
    if not path.exists():
        raise MapFolderError(f"There must be a map folder at {path}, but there is nothing. Check the path.")
    if not file.is_file():
        raise MapFolderError(
            f"A map folder must hold manifest.json, but {path} holds none. Point at a folder made by Belvedere."
        )
    try:
        if file.stat().st_size > MAX_MANIFEST_BYTES:
            raise _damaged(path, "manifest.json is larger than any Belvedere writes")
        manifest = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, "manifest.json is not valid JSON") from error
    _check_version(path, manifest)
    return dict(manifest)


def _check_version(path: Path, manifest: Any) -> None:
    if isinstance(manifest, dict) and manifest.get("format") == layout.LOCKED_NAME:
        raise MapFolderError(f"The map must be open for this, but {path} is locked. First: belvedere unlock {path}")
    if not isinstance(manifest, dict) or manifest.get("format") != layout.FORMAT_NAME:
        raise MapFolderError(
            f"manifest.json must say {layout.FORMAT_NAME!r}, but the one in {path} does not. Point at a map folder."
        )
    version = manifest.get("version")
    if version == layout.FORMAT_VERSION:
        return
    if isinstance(version, int) and version > layout.FORMAT_VERSION:
        cure = "Upgrade Belvedere to open it."
    else:
        cure = "Make the map again with this Belvedere, or open it with the version that made it."
    raise MapFolderError(
        f"The map format must be version {layout.FORMAT_VERSION}, but {path} is version {version}. {cure}"
    )


def _check_sizes(path: Path, manifest: dict[str, Any]) -> None:
    """Every listed file is there, with its length; the required ones are listed."""
    files = manifest.get("files")
    if not isinstance(files, dict) or any(name not in files for name in layout.REQUIRED):
        raise _damaged(path, "manifest.json does not list the files of a map")
    for name, wanted in files.items():
        file = path / name
        if name not in (*layout.REQUIRED, *layout.OPTIONAL) or not isinstance(wanted, dict):
            raise _damaged(path, f"manifest.json lists an unknown file {name!r}")
        if not file.is_file() or file.is_symlink():
            raise _damaged(path, f"{name} is missing")
        found = file.stat().st_size
        if found != wanted.get("bytes"):
            raise _damaged(path, f"{name} must have {wanted.get('bytes')} bytes and has {found}")


def verify(path: str | os.PathLike[str]) -> None:
    """Read every byte of a map folder and compare it with the manifest.

    Raises
    ------
    MapFolderError
        Where a file differs from what was saved, or its inner structure does not hold.
    """
    path = Path(path)
    content = open_folder(path)
    for name, wanted in read_manifest(path)["files"].items():
        with (path / name).open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found != wanted.get("sha256"):
            raise _damaged(path, f"{name} was changed after it was saved")
    try:
        content.rows.validate(full=True)
    except pa.ArrowException as error:
        raise _damaged(path, f"{layout.ROWS} holds values that are not what it says") from error


def _read(path: Path, manifest: dict[str, Any]) -> MapContent:
    files, n = manifest["files"], int(manifest["n_rows"])

    def optional(name: str, read: Callable[[Path], Any]) -> Any:
        return read(path / name) if name in files else None

    schema, rows = _with_tags(
        read_schema(manifest["schema"]), read_ipc(path / layout.ROWS), optional(layout.TAGS, pq.read_table)
    )
    content = MapContent(
        name=str(manifest["name"]),
        schema=schema,
        rows=rows,
        **_split_places(pq.read_table(path / layout.PLACES, memory_map=True)),
        regions=read_values("regions", json.loads((path / layout.REGIONS).read_bytes())),
        scores=read_values("scores", manifest["scores"]),
        findings=read_values("findings", manifest["findings"]),
        curves=manifest["curves"],
        evaluation=manifest["evaluation"],
        provenance=manifest["provenance"],
        latent=optional(layout.LATENT, read_array),
        neighbors=optional(layout.NEIGHBORS, read_array),
        thumbnails=optional(layout.THUMBNAILS, _read_thumbnails),
        network_config=optional(layout.NETWORK_CONFIG, lambda file: json.loads(file.read_bytes())),
        network_tensors=optional(layout.NETWORK_TENSORS, load_file),
    )
    _check_rows(path, content, n)
    return content


def _check_rows(path: Path, content: MapContent, n: int) -> None:
    """Every part speaks of `n` rows, and points only at rows and regions that exist."""
    parts = {layout.ROWS: content.rows, layout.PLACES: content.places, layout.LATENT: content.latent}
    parts |= {layout.NEIGHBORS: content.neighbors, layout.THUMBNAILS: content.thumbnails}
    for name, part in parts.items():
        if part is not None and len(part) != n:
            raise _damaged(path, f"{name} holds {len(part)} rows and the manifest says {n}")
    if content.region_of is not None and content.region_of.size:
        low, high = int(content.region_of.min()), int(content.region_of.max())
        if low < -1 or high >= len(content.regions):
            raise _damaged(path, "places.parquet names regions that regions.json lacks")
    missing = [c.name for c in content.schema if c.name not in content.rows.column_names]
    if missing:
        raise _damaged(path, f"rows.arrow lacks the column {missing[0]!r}")


def read_ipc(file: Path) -> pa.Table:
    """An Arrow IPC file, memory-mapped; offsets are checked, of a large file values are not read."""
    table = pa.ipc.open_file(pa.memory_map(str(file), "r")).read_all()
    table.validate()
    is_large = file.stat().st_size > MOST_READ_BYTES
    for chunk in (chunk for column in table.columns for chunk in column.chunks):
        (_as_bytes(chunk) if is_large else chunk).validate(full=True)  # a wrong offset would end the process
    return table


def _as_bytes(chunk: pa.Array) -> pa.Array:
    """Text as bytes without copying: whole text can only be told by reading it."""
    kinds = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
    return chunk.view(kinds[chunk.type]) if chunk.type in kinds else chunk


def read_array(file: Path) -> NDArray[Any]:
    """A NumPy file with two axes, memory-mapped, never unpickled."""
    array = np.load(file, mmap_mode="r", allow_pickle=False)
    if array.ndim != 2:
        raise ValueError(f"{file.name} must have two axes and has {array.ndim}")
    return np.asarray(array)


def _read_thumbnails(file: Path) -> pa.Array:
    return read_ipc(file)["png"].combine_chunks()


def _split_places(table: pa.Table) -> dict[str, Any]:
    """Take places.parquet apart into the fields of `MapContent`."""
    names = table.column_names
    numbers = {name: table[name].to_numpy() for name in names if name.startswith("channel.")}
    levels = sorted((n for n in names if n.startswith("region.")), key=lambda n: int(n.removeprefix("region.")))
    return {
        "places": np.stack([table["x"].to_numpy(), table["y"].to_numpy()], axis=1).astype(np.float32, copy=False),
        "channels": {name.removeprefix("channel."): values for name, values in numbers.items()},
        "region_of": np.stack([table[n].to_numpy() for n in levels], axis=1) if levels else None,
        "predicted": _words(table["predicted"]) if "predicted" in names else None,
        "split": _words(table["split"]) if "split" in names else None,
    }


def _words(column: pa.ChunkedArray) -> NDArray[Any]:
    if pa.types.is_floating(column.type):
        return np.asarray(column.to_numpy())
    encoded = column.combine_chunks()
    encoded = encoded if isinstance(encoded, pa.DictionaryArray) else encoded.dictionary_encode()
    words = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    return np.asarray(words[encoded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)])


def _with_tags(schema: Schema, rows: pa.Table, tags: pa.Table | None) -> tuple[Schema, pa.Table]:
    """Tags that a person gave stand behind the columns as given, as booleans left out of learning."""
    if tags is None:
        return schema, rows
    for name in tags.column_names:
        schema = Schema((*schema.columns, Column(name, "boolean", "left out", TAG_WHY)))
        rows = rows.append_column(name, tags[name])
    return schema, rows


def _damaged(path: Path, what: str) -> MapFolderError:
    return MapFolderError(
        f"The map folder must be whole, but in {path}: {what}. Take a copy that is whole, or make the map again."
    )
