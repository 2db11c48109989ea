"""The whole map as one HTML file that opens from disk, with no network and no server.

The file is the explorer's page with its script, style and fonts inside, and one block for each answer that the server
would give: `<script type="application/octet-stream;base64" data-name="api/places" data-encoding="gzip">`. A policy in
the file's head allows its own script only and forbids every request.
"""

import base64
import gzip
import hashlib
import html
import os
import re
from pathlib import Path

from belvedere.errors import SettingError
from belvedere.export.carried import answers_of, lighten
from belvedere.types import MapContent

VIEWER = Path(__file__).parent.parent / "viewer"
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
        A map with more rows is carried as a random sample of so many, and says so in its name. Sequences are thinned
        and pictures of only some rows carried where they would make the file very large; `provenance` says so.

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
    text = carry(lighten(content, max_rows), VIEWER)
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
    blocks = "\n".join(block(name, body) for name, body in answers_of(content))
    return whole_page(content.name, blocks, viewer)


def hosted_page(name: str) -> str:
    """The page without a map, for a notebook's cell that answers what it asks."""
    return whole_page(name, '<meta name="belvedere-host" content="cell">', VIEWER)


def whole_page(name: str, blocks: str, viewer: Path) -> str:
    """The page with its script, style and fonts inside, under a policy that forbids every request."""
    page, script = inline_page(viewer)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
    page = re.sub(r"(<head[^>]*>)", lambda m: f"{m[1]}\n{head}", page, count=1)
    page = re.sub(r"<title>.*?</title>", lambda _: f"<title>{html.escape(name)}</title>", page, count=1)
    worker = viewer / "assets/cpu_worker.js"  # what paints where there is no graphics card
    if worker.is_file():
        source = safe_script(worker.read_text(encoding="utf-8"))
        blocks += f'\n<script type="text/plain" data-name="cpu_worker">{source}</script>'
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
    page = re.sub(r'(?<=href=")\./([^"]+)(?=")', lambda m: data_address(viewer / m[1]), page)
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
        return f"url({data_address(sheet.parent / match[1])})"

    style = re.sub(r"url\([\"']?\.?/?([\w.-]+)[\"']?\)", inline_file, sheet.read_text(encoding="utf-8"))
    closed = style.replace("</style", "<\\/style")
    return f"<style>{closed}</style>"


def data_address(file: Path) -> str:
    """A file as an address that holds its bytes."""
    kind = KINDS.get(file.suffix, "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


def block(name: str, body: bytes) -> str:
    """One answer as an element that the browser keeps as text; pictures are packed already."""
    is_packed = not name.startswith("api/image/")
    encoded = base64.b64encode(gzip.compress(body, 7, mtime=0) if is_packed else body).decode("ascii")
    mark = ' data-encoding="gzip"' if is_packed else ""
    return f'<script type="application/octet-stream;base64" data-name="{name}"{mark}>{encoded}</script>'
