"""One safe way to open an image: listed formats only, no decompression bombs, upright, gray or RGB."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")
MOST_PIXELS = 89_000_000  # Pillow's own limit, at which it only warns
Shape = tuple[int, int, int]


class PictureError(ValueError):
    """Raised when an image cannot be used; the message is a reason of a few words."""


def open_picture(where: Path | bytes, *, near: int | None = None) -> Image.Image:
    """Decode an image.

    Parameters
    ----------
    where : Path or bytes
        A file, or its encoded bytes.
    near : int or None
        Pixels that are enough on each side: JPEG files are decoded at a reduced size not below it.

    Returns
    -------
    PIL.Image.Image
        Upright, of mode L or RGB; transparent parts white.

    Raises
    ------
    PictureError
        If it is no whole image of a listed format, or has too many pixels.

    Examples
    --------
    >>> open_picture(b"no image")
    Traceback (most recent call last):
    ...
    belvedere.pictures.PictureError: no image of a known format
    """
    try:
        with io.BytesIO(where) if isinstance(where, bytes) else where.open("rb") as stream:
            image = Image.open(stream, formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise PictureError("too many pixels")
            if near is not None:
                image.draft("RGB", (near, near))
            return _plain_mode(ImageOps.exif_transpose(image))
    except PictureError:
        raise
    except Exception as error:  # decoders raise many types on damaged files
        raise PictureError(_reason(error, where)) from error


def _reason(error: Exception, where: Path | bytes) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    size = len(where) if isinstance(where, bytes) else where.stat().st_size
    if size == 0:
        return "empty file"
    return "no image of a known format" if type(error).__name__ == "UnidentifiedImageError" else "damaged"


def _plain_mode(image: Image.Image) -> Image.Image:
    """Gray or RGB; transparency on white; 16 bit scaled down."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float32)
        return Image.fromarray((values * (255 / max(float(values.max()), 1.0))).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layer).convert("RGB")
    plain = image.convert("L" if image.mode in ("L", "1") else "RGB")
    plain.load()  # before the file is closed
    return plain


def shape_of_field(field: pa.Field) -> Shape | None:
    """Height, width and channels of images that are stored as arrays; None where they are files or bytes."""
    told = (field.metadata or {}).get(b"belvedere.shape", b"").decode()
    if told:
        height, width, channels = (int(size) for size in told.split(","))
        return height, width, channels
    if pa.types.is_fixed_size_list(field.type):
        side = round(np.sqrt(field.type.list_size))
        return (side, side, 1) if side * side == field.type.list_size else (1, field.type.list_size, 1)
    return None


def find_picture(field: pa.Field, value: Any) -> Path | bytes:
    """Say where the image of a cell is: its bytes, or a path below the field's root."""
    if isinstance(value, bytes):
        return value
    return Path((field.metadata or {}).get(b"belvedere.root", b".").decode()) / str(value)
