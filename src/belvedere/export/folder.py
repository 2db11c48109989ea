"""A map as a folder of files for any web server that can do no more than send files.

::

    index.html, assets/     the explorer's page
    data/map.bin            what the server answers to `/api/map`; every .bin file but pictures is gzip
    data/places.bin         data/column/12.bin: fetched when a person first looks at the column
    data/rows/0.bin         previews of the first rows, one list per column; neighbors/0.bin, pictures/0.bin alike

Pictures: uint32 number of rows, uint32 ends, then the PNG files one after another.
"""

import contextlib
import gzip
import html
import os
import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from belvedere.errors import SettingError
from belvedere.export.html import VIEWER
from belvedere.page import Page, preview_column, write_json
from belvedere.types import MapContent

MARK = 'name="belvedere-folder"'
MAX_WHOLE = 300_000  # rows; search and tables read all of them, which takes a page too long where there are more
MAX_PARTS = 2_000  # files of rows
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"
)
ADVICE = "This map opens through a web server. In this folder, run: python -m http.server"


def write_folder(content: MapContent, path: str | os.PathLike[str]) -> Path:
    """Write a map as a folder for any web server, also below a path of a site.

    Parameters
    ----------
    content : MapContent
        The map; all its rows are carried.
    path : path-like
        The folder. One that was written so before is replaced, an empty one filled.

    Returns
    -------
    pathlib.Path
        The folder, written beside and renamed.

    Raises
    ------
    SettingError
        Where the folder holds something else, or the explorer was not built into this copy of Belvedere.
    """
    path = Path(path)
    insist_on_room(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        write_files(content, beside)
        if path.exists():
            shutil.rmtree(path)
        beside.rename(path)
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(beside)
    return path


def insist_on_room(path: Path) -> None:
    """Refuse to write over anything that is not such a folder."""
    if not (VIEWER / "index.html").is_file():
        raise SettingError("A folder needs the built explorer, but this copy of Belvedere has none. Install a wheel.")
    page = path / "index.html"
    is_ours = page.is_file() and MARK in page.read_text(encoding="utf-8", errors="replace")
    if path.exists() and not is_ours and not (path.is_dir() and not any(path.iterdir())):
        raise SettingError(
            f"The folder must be new, empty or an earlier export, but {str(path)!r} holds other files. Choose another."
        )


def write_files(content: MapContent, folder: Path) -> None:
    """The page, its files, and one file per answer."""
    rows_per_part = max(1000, -(-content.n_rows // MAX_PARTS))
    shutil.copytree(VIEWER / "assets", folder / "assets", ignore=shutil.ignore_patterns("widget.js"))
    (folder / "index.html").write_text(dress_page(content.name, rows_per_part), encoding="utf-8")
    for name, body in answers_of(content, rows_per_part):
        file = folder / "data" / f"{name}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body if name.startswith("pictures/") else gzip.compress(body, 6, mtime=0))


def dress_page(name: str, rows_per_part: int) -> str:
    """The page with its policy, its title, and the mark that tells where its data lie."""
    page = (VIEWER / "index.html").read_text(encoding="utf-8")
    marks = (
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n'
        f'<meta {MARK} content="data" data-rows-per-part="{rows_per_part}">'
    )
    page = re.sub(r"(<head[^>]*>)", lambda found: f"{found[1]}\n{marks}", page, count=1)
    page = re.sub(r"<title>.*?</title>", lambda _: f"<title>{html.escape(name)}</title>", page, count=1)
    return page.replace("</body>", f'<p class="needs-server">{ADVICE}</p>\n</body>', 1)


def answers_of(content: MapContent, rows_per_part: int) -> Iterator[tuple[str, bytes]]:
    """Name and body of every file below `data/`, without ending."""
    page, is_light = Page(content), content.n_rows <= MAX_WHOLE
    can = {"search": is_light, "export": is_light, "contrast": True, "edit": False, "place": False, "explain": False}
    can |= {"image": content.thumbnails is not None, "neighbors": content.neighbors is not None}
    yield "map", write_json(page.info(can), indent=None)
    yield "places", page.places().astype("<u2").tobytes()
    for index in range(len(page.shown)):
        values = page.column(index).values
        if values is not None:
            yield f"column/{index}", values.astype(values.dtype.newbyteorder("<")).tobytes()
    for part, start in enumerate(range(0, content.n_rows, rows_per_part)):
        rows = range(start, min(start + rows_per_part, content.n_rows))
        yield f"rows/{part}", previews_of(content, rows)
        if content.neighbors is not None:
            yield f"neighbors/{part}", np.ascontiguousarray(content.neighbors[rows.start : rows.stop], "<i4").tobytes()
        if content.thumbnails is not None:
            yield f"pictures/{part}", pictures_of(content, rows)


def previews_of(content: MapContent, rows: range) -> bytes:
    """Previews of rows, one list per column: they pack better than one dict per row."""
    columns = {column.name: preview_column(content, column, rows) for column in content.schema}
    return write_json({"columns": columns}, indent=None)


def pictures_of(content: MapContent, rows: range) -> bytes:
    """Thumbnails of rows in one file; a row without one takes no bytes."""
    assert content.thumbnails is not None
    files = [png or b"" for png in content.thumbnails[rows.start : rows.stop].to_pylist()]
    ends = np.cumsum([len(file) for file in files], dtype=np.uint32).astype("<u4").tobytes()
    return struct.pack("<I", len(files)) + ends + b"".join(files)
