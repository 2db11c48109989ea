"""Pictures of rows: thumbnails, many of them on one sheet, and the picture itself where it is at hand."""

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from belvedere.types import MapContent

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 50_000_000
MAX_SIDE = 2_048
PER_LINE = 32


def image_column(content: MapContent) -> str | None:
    """Name of the first image column, if any."""
    return next((column.name for column in content.schema if column.kind == "image"), None)


def thumbnail(content: MapContent, row: int) -> bytes | None:
    """One row's thumbnail as PNG; made from the pixels where none was kept."""
    if content.thumbnails is not None:
        kept = content.thumbnails[row].as_py()
        return None if kept is None else bytes(kept)
    return full_picture(content, row)


def full_picture(content: MapContent, row: int) -> bytes | None:
    """One row's picture as PNG, at most 2,048 pixels a side; None where it is missing or cannot be read."""
    name = image_column(content)
    if name is None:
        return None
    value = content.rows[name][row].as_py()
    words = {k.decode(): v.decode() for k, v in (content.rows.schema.field(name).metadata or {}).items()}
    try:
        picture = _open(value, words)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    return None if picture is None else to_png(picture)


def _open(value: Any, words: dict[str, str]) -> Image.Image | None:
    if value is None:
        return None
    if isinstance(value, list):
        shape = tuple(int(part) for part in words["belvedere.shape"].split(","))
        pixels = np.array(value, dtype=np.uint8).reshape(shape)
        return Image.fromarray(pixels[..., 0] if shape[-1] == 1 else pixels)
    if isinstance(value, bytes):
        return decode(io.BytesIO(value))
    file = inside(words.get("belvedere.root", ""), value)
    return None if file is None else decode(file)


def inside(root: str, name: str) -> Path | None:
    """The file `name` under `root`, or None where it lies outside (also by a link) or is no file.

    Paths are compared part by part after links are followed: a plain prefix would let a sibling folder through
    (CVE-2026-35397).
    """
    if not root or "\x00" in name:
        return None
    base = Path(root).resolve()
    file = Path(os.path.join(base, name)).resolve()  # noqa: PTH118 - an absolute name must win, and then be refused
    return file if file.is_relative_to(base) and file.is_file() else None


def decode(source: Any) -> Image.Image:
    """Read a picture of a known format; more pixels than allowed are refused before they are unpacked."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(source, formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
        picture.load()
    return picture


def to_png(picture: Image.Image) -> bytes:
    """Encode as PNG, made smaller where a side is longer than 2,048 pixels; no metadata is copied."""
    if picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB")
    if max(picture.size) > MAX_SIDE:
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
    picture.info = {}
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def atlas(content: MapContent, rows: list[int], cell: int) -> bytes:
    """One PNG with the thumbnails of many rows, 32 per line; a row without a picture leaves its cell clear."""
    lines = max(1, -(-len(rows) // PER_LINE))
    sheet = Image.new("RGBA", (PER_LINE * cell, lines * cell))
    for at, row in enumerate(rows):
        png = thumbnail(content, row)
        if png is None:
            continue
        picture = decode(io.BytesIO(png)).convert("RGBA")
        scale = cell / max(picture.size)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.BILINEAR)
        line, place = divmod(at, PER_LINE)
        sheet.paste(picture, (place * cell + (cell - size[0]) // 2, line * cell + (cell - size[1]) // 2))
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=1)
    return out.getvalue()


def has_images(content: MapContent) -> bool:
    """Whether rows have pictures."""
    return content.thumbnails is not None or image_column(content) is not None
