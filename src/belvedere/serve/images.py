"""Pictures of rows: thumbnails, many of them on one sheet, and the picture itself where it is at hand."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from belvedere.pictures import PictureError, open_picture, shape_of_field
from belvedere.types import MapContent

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
    try:
        picture = _open(content, name, row)
    except (PictureError, ValueError):
        return None
    return None if picture is None else to_png(picture)


def _open(content: MapContent, name: str, row: int) -> Image.Image | None:
    """One picture; None where the row has none, or it lies outside the folder of its column."""
    field, value = content.rows.schema.field(name), content.rows[name][row].as_py()
    if value is None:
        return None
    if isinstance(value, list):
        pixels = np.array(value, dtype=np.uint8).reshape(shape_of_field(field) or (1, len(value), 1))
        return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    if isinstance(value, bytes):
        return open_picture(value, near=MAX_SIDE)
    file = inside((field.metadata or {}).get(b"belvedere.root", b"").decode(), str(value))
    return None if file is None else open_picture(file, near=MAX_SIDE)


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
        picture = open_picture(bytes(png)).convert("RGBA")
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
