"""Folders: of images, of text files, of Parquet files, or a Hugging Face data set on disk."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.errors import SourceError
from belvedere.pictures import SUFFIXES, PictureError, open_picture
from belvedere.sources.encodings import find_encoding
from belvedere.sources.opened import Opened, Wish
from belvedere.sources.stores import Stored
from belvedere.sources.tables import read_arrow, read_parquets
from belvedere.values import counted

TEXT_SUFFIXES = (".txt", ".md", ".text", ".rst", ".html", ".htm", ".eml", ".log")
SPLITS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
}


def read_folder(path: Path, wish: Wish) -> Opened:
    """Read a folder by what most of its files are.

    Raises
    ------
    SourceError
        If it holds neither images nor texts nor tables.
    """
    if (path / "dataset_dict.json").exists() or (path / "state.json").exists() or (path / "dataset_info.json").exists():
        return _read_saved_dataset(path)
    files = sorted(file for file in path.rglob("*") if file.is_file() and not _is_hidden(file, path))
    suffixes = Counter(file.suffix.lower() for file in files)
    images = sum(suffixes[suffix] for suffix in SUFFIXES)
    texts = sum(suffixes[suffix] for suffix in TEXT_SUFFIXES)
    if suffixes[".parquet"] and suffixes[".parquet"] >= max(images, texts):
        parquets = [Stored.here(file) for file in files if file.suffix.lower() == ".parquet"]
        return read_parquets(parquets, path.name, wish)
    if not images and not texts:
        shown = ", ".join(f"{n} {suffix or 'without suffix'}" for suffix, n in suffixes.most_common(4)) or "nothing"
        raise SourceError(
            f"The folder {path} must hold images, texts or Parquet files, but holds {shown}. Choose a file in it."
        )
    wanted = SUFFIXES if images >= texts else TEXT_SUFFIXES
    chosen = [file for file in files if file.suffix.lower() in wanted]
    table, account = _image_table(path, chosen) if images >= texts else _text_table(path, chosen)
    others = len(files) - len(chosen)
    note = (f"{counted(others, 'other file')} in the folder were not read.",) if others else ()
    return Opened(path.resolve().name, table, (*account, *note))


def _is_hidden(file: Path, root: Path) -> bool:
    return any(part.startswith((".", "__")) for part in file.relative_to(root).parts)


def _image_table(root: Path, files: Sequence[Path]) -> tuple[pa.Table, tuple[str, ...]]:
    """One row per image that can be decoded; the others are listed in the account."""
    with ThreadPoolExecutor(2) as pool:
        faults = list(pool.map(find_image_fault, files))
    whole = [file for file, fault in zip(files, faults, strict=True) if not fault]
    broken = [f"{file.relative_to(root)} ({fault})" for file, fault in zip(files, faults, strict=True) if fault]
    if not whole:
        raise SourceError(
            f"At least one image in {root} must be whole, but none is: {'; '.join(broken[:3])}. Check the files."
        )
    paths = pa.array([file.relative_to(root).as_posix() for file in whole], pa.string())
    metadata = {b"belvedere.kind": b"image", b"belvedere.root": str(root.resolve()).encode()}
    table = pa.Table.from_arrays([paths], schema=pa.schema([pa.field("image", pa.string(), metadata=metadata)]))
    shown = "; ".join(broken[:20]) + (f"; and {len(broken) - 20:,} more" if len(broken) > 20 else "")
    note = (f"{counted(len(broken), 'image')} could not be decoded and were left out: {shown}.",) if broken else ()
    return _with_folder_columns(table, root, whole), note


def find_image_fault(path: Path) -> str:
    """Say in a few words why an image cannot be used; '' where it can. Only decoding finds files that were cut off."""
    try:
        open_picture(path, near=64)
    except PictureError as error:
        return str(error)
    return ""


def _with_folder_columns(table: pa.Table, root: Path, files: Sequence[Path]) -> pa.Table:
    """Add `split` and `label` from the names of the subfolders."""
    folders = [list(file.relative_to(root).parts[:-1]) for file in files]
    heads = {parts[0].lower() if parts else "" for parts in folders}
    if len(heads) > 1 and heads <= set(SPLITS):
        table = table.append_column("split", pa.array([SPLITS[parts[0].lower()] for parts in folders]))
        folders = [parts[1:] for parts in folders]
    labels = ["/".join(parts) or None for parts in folders]
    return table.append_column("label", pa.array(labels, pa.string())) if len(set(labels)) > 1 else table


def _text_table(root: Path, files: Sequence[Path]) -> tuple[pa.Table, tuple[str, ...]]:
    """One row per text file, with its name and the subfolder it lies in."""
    encodings: Counter[str] = Counter()
    texts, replaced = [], 0
    for file in files:
        data = file.read_bytes()
        encoding = find_encoding(data[: 1 << 16], [data])
        encodings[encoding] += 1
        texts.append(data.decode(encoding, "replace").removeprefix("\ufeff"))
        replaced += "\ufffd" in texts[-1]
    names = pa.array([file.relative_to(root).as_posix() for file in files], pa.string())
    table = _with_folder_columns(pa.table({"file": names, "text": pa.array(texts, pa.large_string())}), root, files)
    told = ", ".join(f"{n:,} as {name}" for name, n in encodings.most_common())
    broken = (
        (f"{counted(replaced, 'file')} held bytes that could not be read as text and became '\ufffd'.",)
        if replaced
        else ()
    )
    return table, (f"{counted(len(files), 'text file')} read ({told}).", *broken)


def _read_saved_dataset(path: Path) -> Opened:
    """Read a Hugging Face data set from its Arrow files; several parts are joined with a column `split`."""
    parts = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and any(folder.glob("*.arrow"))]
    if not parts:
        return Opened(path.resolve().name, _read_part(path), ("A Hugging Face data set on disk.",))
    tables = [_with_split(_read_part(part), part.name) for part in parts]
    try:
        table = pa.concat_tables(tables)
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"The parts of {path} must have the same columns, but have not. Choose one of its folders."
        ) from error
    return Opened(
        path.resolve().name, table, (f"{counted(len(parts), 'part')} of a Hugging Face data set were joined.",)
    )


def _with_split(table: pa.Table, folder: str) -> pa.Table:
    """Say of every row which part it came from."""
    name = SPLITS.get(folder.lower(), folder)
    return table.append_column("split", pa.array([name] * table.num_rows, pa.string()))


def _read_part(folder: Path) -> pa.Table:
    files = sorted(folder.glob("*.arrow"))
    if not files:
        raise SourceError(
            f"{folder} must hold the .arrow files of a data set, but holds none. Save the data set again."
        )
    table = pa.concat_tables([read_arrow(file, Wish()).table for file in files])
    return _name_labels(table)


def _name_labels(table: pa.Table) -> pa.Table:
    """Replace class numbers by the names that the data set's features list."""
    features = _features(table)
    for position, field in enumerate(table.schema):
        names = features[field.name].get("names") if isinstance(features.get(field.name), dict) else None
        if names and isinstance(names, list) and pa.types.is_integer(field.type):
            codes = table.column(position).to_pylist()
            words = [str(names[code]) if code is not None and 0 <= code < len(names) else None for code in codes]
            table = table.set_column(position, field.name, pa.array(words, pa.string()))
    return table


def _features(table: pa.Table) -> dict[str, Any]:
    """What the data set says of its columns; nothing where that is damaged: class numbers then stay numbers."""
    try:
        found = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
