"""The whole map as one HTML file that opens from disk, with no network and no server.

The file is the explorer's page with its script, style and fonts inside, and one block for each answer that the server
would give: `<script type="application/octet-stream;base64" data-name="api/places" data-encoding="gzip">`. A policy in
the file's head allows its own script only and forbids every request.
"""

import base64
import gzip
import hashlib
import html
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page import Page, preview_rows, take_rows, write_json
from belvedere.types import MapContent

VIEWER = Path(__file__).parent.parent / "viewer"
ROWS_PER_PART = 10_000
MAX_IMAGE_BYTES = 9_000_000
MAX_NEIGHBOR_BYTES = 750_000  # packed, 2.7 bytes each
COARSE_STEPS = 256
MISSING = 65_535
KINDS = {".woff2": "font/woff2", ".woff": "font/woff", ".svg": "image/svg+xml", ".png": "image/png"}


def write_html(content: MapContent, path: str | os.PathLike[str], *, max_rows: int = 200_000) -> Path:
    """Write a map as one HTML file.

    Parameters
    ----------
    content : MapContent
        The map.
    path : path-like
        Where to; ends in .html.
    max_rows : int
        A map with more rows is carried as a random sample of so many, and says so in its name.

    Returns
    -------
    pathlib.Path
        The file, written beside and renamed.

    Raises
    ------
    SettingError
        Where the ending is another, or the explorer was not built into this copy of Belvedere.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise SettingError(f"A page must end in .html, but is {path.name!r}. Change its ending.")
    text = carry(_sampled(content, max_rows), VIEWER)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def carry(content: MapContent, viewer: Path) -> str:
    """The page with the map inside it."""
    page, script = inline_page(viewer)
    blocks = "\n".join(block(name, body) for name, body in answers_of(content))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
    page = re.sub(r"(<head[^>]*>)", lambda m: f"{m[1]}\n{head}", page, count=1)
    page = re.sub(r"<title>.*?</title>", lambda _: f"<title>{html.escape(content.name)}</title>", page, count=1)
    return page.replace("</body>", f'{blocks}\n<script type="module">{script}</script>\n</body>', 1)


def inline_page(viewer: Path) -> tuple[str, str]:
    """The built page with its styles inside and its script taken out, and that script."""
    index = viewer / "index.html"
    if not index.is_file():
        raise SettingError("A page needs the built explorer, but this copy of Belvedere has none. Install a wheel.")
    page, scripts = index.read_text(encoding="utf-8"), []

    def take_script(match: re.Match[str]) -> str:
        scripts.append((viewer / match[1]).read_text(encoding="utf-8"))
        return ""

    page = re.sub(r'<script[^>]*\bsrc="\./([^"]+)"[^>]*></script>', take_script, page)
    page = re.sub(
        r'<link[^>]*rel="stylesheet"[^>]*href="\./([^"]+)"[^>]*>', lambda m: inline_style(viewer / m[1]), page
    )
    return page, safe_script("\n".join(scripts))


def safe_script(script: str) -> str:
    r"""Write signs that would end the script element as escapes, which mean the same in strings and patterns.

    Examples
    --------
    >>> safe_script('a = "</script><!--"')
    'a = "\\x3c/script>\\x3c!--"'
    """
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)


def inline_style(sheet: Path) -> str:
    """A style element; fonts and pictures named in it are inside it."""

    def inline_file(match: re.Match[str]) -> str:
        file = sheet.parent / match[1]
        kind = KINDS.get(file.suffix, "application/octet-stream")
        return f"url(data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"

    style = re.sub(r"url\([\"']?\.?/?([\w.-]+)[\"']?\)", inline_file, sheet.read_text(encoding="utf-8"))
    closed = style.replace("</style", "<\\/style")
    return f"<style>{closed}</style>"


def answers_of(content: MapContent) -> Iterator[tuple[str, bytes]]:
    """Name and body of every answer that the page may ask for."""
    page = Page(content)
    has_images = content.thumbnails is not None
    near = _nearest(content)
    can = {"search": True, "image": has_images, "neighbors": near is not None}
    can |= {"export": True, "edit": False, "contrast": True, "place": False}
    yield "api/map", write_json(page.info(can), indent=None)
    yield "api/places", page.places().astype("<u2").tobytes()
    for index in range(len(page.shown)):
        made = page.column(index)
        if made.values is not None:
            is_fine = page.shown[index].group == "data" or made.info["dtype"] != "u16q"
            packed = made.values if is_fine else coarsen(made.values)
            yield f"api/column/{index}", packed.astype(packed.dtype.newbyteorder("<")).tobytes()
    yield "api/rows", all_previews(content)
    if near is not None:
        yield "api/neighbors", np.ascontiguousarray(near, dtype="<i4").tobytes()
    yield from _images(content)


def all_previews(content: MapContent) -> bytes:
    """Previews of all rows, one list per column: a quarter smaller when packed than one dict per row."""
    columns: dict[str, list[Any]] = {column.name: [] for column in content.schema}
    for start in range(0, content.n_rows, ROWS_PER_PART):
        for row in preview_rows(content, range(start, min(start + ROWS_PER_PART, content.n_rows))):
            for name, value in row.items():
                columns[name].append(value)
    return json.dumps({"columns": columns}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def coarsen(steps: NDArray[Any]) -> NDArray[Any]:
    """Keep 256 of the 65,535 steps of what the map says about rows; missing values stay missing."""
    if len(np.unique(steps)) <= COARSE_STEPS:
        return steps
    coarse = np.minimum(np.rint(steps / 256), COARSE_STEPS - 1) * 256  # the low byte is always 0 and packs to nothing
    return np.where(steps == MISSING, MISSING, coarse).astype(np.uint16)


def _nearest(content: MapContent) -> NDArray[Any] | None:
    """As many true neighbors as a megabyte holds, if these are at least three."""
    if content.neighbors is None:
        return None
    k = min(content.neighbors.shape[1], int(MAX_NEIGHBOR_BYTES / 2.7 / max(content.n_rows, 1)))
    return content.neighbors[:, :k] if k >= 3 else None


def _images(content: MapContent) -> Iterator[tuple[str, bytes]]:
    """Thumbnails of a fair sample of rows, as many as nine megabytes hold."""
    if content.thumbnails is None:
        return
    left = MAX_IMAGE_BYTES
    for row in np.random.default_rng(0).permutation(content.n_rows):
        png = content.thumbnails[int(row)].as_py()
        if png is None:
            continue
        left -= len(png)
        if left < 0:
            return
        yield f"api/image/{row}", png


def block(name: str, body: bytes) -> str:
    """One answer as an element that the browser keeps as text; pictures are packed already."""
    is_packed = not name.startswith("api/image/")
    encoded = base64.b64encode(gzip.compress(body, 9, mtime=0) if is_packed else body).decode("ascii")
    mark = ' data-encoding="gzip"' if is_packed else ""
    return f'<script type="application/octet-stream;base64" data-name="{name}"{mark}>{encoded}</script>'


def _sampled(content: MapContent, max_rows: int) -> MapContent:
    """The map itself, or a random sample of it that says so."""
    if max_rows < 1:
        raise SettingError(f"A page must carry at least one row, but max_rows is {max_rows}.")
    if content.n_rows <= max_rows:
        return content
    rows = np.sort(np.random.default_rng(0).choice(content.n_rows, max_rows, replace=False))
    sentence = f"a sample of {max_rows:,} of {content.n_rows:,} rows"
    kept = take_rows(content, rows)
    return replace(kept, name=f"{content.name} ({sentence})", provenance=content.provenance | {"sample": sentence})
