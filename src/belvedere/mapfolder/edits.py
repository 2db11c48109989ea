"""Small edits to a saved map: a region renamed, a tag given. The unchanged files are shared, the swap is one step."""

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from belvedere.errors import MapFolderError, SettingError
from belvedere.mapfolder import layout, whole
from belvedere.mapfolder.reading import read_ipc, read_manifest
from belvedere.mapfolder.words import read_values
from belvedere.mapfolder.writing import link_or_copy, write_manifest
from belvedere.page import write_json

MAX_NAME = 200


def rename_region(path: str | os.PathLike[str], id: int, name: str) -> str:
    """Give a region another name; returns the name as kept.

    Parameters
    ----------
    path : path-like
        The map folder.
    id : int
        Number of the region.
    name : str
        The new name, at most 200 characters.

    Raises
    ------
    SettingError
        Where there is no such region, or the name is empty or too long.
    """
    path, name = Path(path), clean_name(name)
    read_manifest(path)
    regions = list(read_values("regions", json.loads((path / layout.REGIONS).read_bytes())))
    if not 0 <= id < len(regions):
        raise SettingError(f"A region must have a number from 0 to {len(regions) - 1}, but {id} was given.")
    regions[id] = dataclasses.replace(regions[id], name=name)
    _rewrite(path, layout.REGIONS, lambda file: file.write_bytes(write_json(regions)))
    return name


def add_tag(path: str | os.PathLike[str], name: str, rows: Sequence[int] | NDArray[Any]) -> str:
    """Give some rows a tag, kept as a boolean column; returns its name as kept. A tag of the same name is replaced.

    Parameters
    ----------
    path : path-like
        The map folder.
    name : str
        The tag; no column of the data may have this name.
    rows : sequence of int
        The rows that carry it.

    Raises
    ------
    SettingError
        Where the name is empty, too long or taken by a column, or a row does not exist.
    """
    path, name = Path(path), clean_name(name)
    manifest = read_manifest(path)
    tags = pq.read_table(path / layout.TAGS) if layout.TAGS in manifest["files"] else None
    if name in read_ipc(path / layout.ROWS).column_names:
        raise SettingError(f"A tag must not have the name of a column, but {name!r} is one. Choose another name.")
    mark = np.zeros(int(manifest["n_rows"]), dtype=bool)
    wanted = np.asarray(rows, dtype=np.int64)
    if wanted.size and not 0 <= wanted.min() <= wanted.max() < len(mark):
        raise SettingError(f"Tagged rows must lie between 0 and {len(mark) - 1}, but one does not.")
    mark[wanted] = True
    columns = {n: tags[n] for n in tags.column_names} if tags is not None else {}
    _rewrite(path, layout.TAGS, lambda file: pq.write_table(pa.table(columns | {name: pa.array(mark)}), file))
    return name


def clean_name(name: str) -> str:
    """Clean a name: no blanks at its ends, between 1 and 200 characters, in one line.

    Examples
    --------
    >>> clean_name("  blue glaze ")
    'blue glaze'
    """
    clean = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not 0 < len(clean) <= MAX_NAME:
        raise SettingError(f"A name must have 1 to {MAX_NAME} characters, but it has {len(clean)}. Choose another.")
    return clean


def _rewrite(path: Path, changed: str, write: Callable[[Path], Any]) -> None:
    """Swap in a folder that shares every file with the old one but `changed` and the manifest."""

    def fill(folder: Path) -> None:
        manifest = read_manifest(path)
        known = {name: entry for name, entry in manifest.pop("files").items() if name != changed}
        for name in (*known, layout.SEARCH):
            if (path / name).is_file():
                (folder / name).parent.mkdir(mode=layout.FOLDER_MODE, exist_ok=True)
                link_or_copy(path / name, folder / name)
        write(folder / changed)
        write_manifest(manifest, folder, known=known)

    if not path.is_dir():
        raise MapFolderError(f"There must be a map folder at {path}, but there is none. Save the map first.")
    whole.replace_folder(path, fill)
