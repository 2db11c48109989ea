"""Images: pixels as bytes, from arrays, files or encoded bytes; decoded to one size."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps

from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import RICH_WEIGHT, Fit, Kind
from belvedere.pictures import SIGNATURES, SUFFIXES, PictureError, Shape, find_picture, open_picture, shape_of_field
from belvedere.types import Input
from belvedere.values import Array, spread, to_matrix

LARGEST = 64  # pixels of the longer side of decoded images; arrays up to 96 keep their size
LARGEST_ARRAY = 96
MOSTLY = 0.8  # of the values begin like an image: the others are damaged ones
PLAIN_VALUES = 3072  # per image in the plain space: larger ones are averaged down


def recognize(facts: Facts) -> str:
    """Tell images: by the reader's mark, by the first bytes, or by paths that lead to image files."""
    if facts.note("kind") == "image":
        shape = facts.note("shape")
        return f"images of {' × '.join(shape.split(',')[:2])} pixels" if shape else "paths of image files"
    if facts.is_bytes:
        some = [value for value in facts.some(50).column.to_pylist() if value]
        known = sum(value.startswith(SIGNATURES) for value in some)
        return "encoded images" if some and known >= MOSTLY * len(some) else ""
    if not facts.is_text or facts.note("kind"):
        return ""
    some = [value for value in facts.some(20).column.to_pylist() if value]
    named = bool(some) and all(value.lower().endswith(SUFFIXES) for value in some)
    found = named and all(Path(str(find_picture(facts.field, value))).is_file() for value in some)
    return "paths of image files" if found else ""


def load_image(facts: Facts, value: Any) -> Any:
    """Open one image of a column; None where it is missing or broken."""
    if value is None:
        return None
    try:
        return open_picture(find_picture(facts.field, value), near=2 * LARGEST)
    except PictureError:
        return None


def _map_images(facts: Facts, work: Callable[[Any], Any]) -> list[Any]:
    """Do something with each image, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda value: work(load_image(facts, value)), facts.column.to_pylist()))


def fit(facts: Facts, seed: int) -> Fit:
    """Size, and mean and deviation per channel (of 0 to 1)."""
    rows = spread(facts.n_rows, 5000, seed)
    shape = shape_of_field(facts.field)
    some = Facts(facts.field, facts.column if len(rows) == facts.n_rows else _rows(facts.column, rows, shape))
    height, width, channels = _fit_size(some, shape)
    pixels = read_pixels(some, (height, width, channels)).reshape(-1, channels)
    present = pixels if len(pixels) else np.zeros((1, channels), np.uint8)
    info: dict[str, Any] = {
        "height": height,
        "width": width,
        "channels": channels,
        "mean": [float(x) for x in present.mean(axis=0) / 255],
        "std": [max(float(x), 1e-3) for x in present.std(axis=0) / 255],
    }
    average, variance = _plain_statistics(_shrunk(read_pixels(some, (height, width, channels))))
    return info | {"total_variance": variance}, {"average": average}


def _rows(column: pa.ChunkedArray, rows: Array, shape: Shape | None) -> pa.ChunkedArray:
    if shape is None:
        return column.take(rows)
    flat = np.ascontiguousarray(to_matrix(column)[rows])
    return pa.chunked_array([pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), flat.shape[1])])


def _fit_size(facts: Facts, shape: Shape | None) -> Shape:
    """The size that images are brought to: their own, or the median one shrunk to 64 pixels."""
    if shape is not None:
        return shape if max(shape[:2]) <= LARGEST_ARRAY else (*_shrink(shape[0], shape[1]), shape[2])
    some = facts.some(200)
    sizes = [
        size for size in _map_images(some, lambda image: image and (image.height, image.width, image.mode)) if size
    ]
    if not sizes:
        return 32, 32, 1
    height, width = (int(np.median([size[side] for size in sizes])) for side in (0, 1))
    channels = 1 if all(size[2] == "L" for size in sizes) else 3
    return (*_shrink(height, width), channels)


def _shrink(height: int, width: int) -> tuple[int, int]:
    factor = min(1.0, LARGEST / max(height, width, 1))
    return max(1, round(height * factor)), max(1, round(width * factor))


def read_pixels(facts: Facts, shape: Shape) -> Array:
    """Read all images as uint8 (rows, height, width, channels); black where missing or broken."""
    own = shape_of_field(facts.field)
    if own is None:
        return (
            np.stack(_map_images(facts, lambda image: _fitted(image, shape)))
            if facts.n_rows
            else np.zeros((0, *shape), np.uint8)
        )
    raw = to_matrix(facts.column)
    if raw.dtype != np.uint8:
        raw = np.nan_to_num(raw).clip(0, 255).astype(np.uint8)
    pixels = raw.reshape(-1, *own)
    if own == shape:
        return pixels
    images = (Image.fromarray(one.squeeze(-1) if own[2] == 1 else one) for one in pixels)
    return np.stack([_fitted(image, shape) for image in images]) if len(pixels) else np.zeros((0, *shape), np.uint8)


def _fitted(image: Any, shape: Shape) -> Array:
    """Scale one image to fit, centred on its own mean color."""
    height, width, channels = shape
    if image is None:
        return np.zeros(shape, np.uint8)
    image = image.convert("L" if channels == 1 else "RGB" if channels == 3 else "RGBA")
    if image.size != (width, height):
        image = ImageOps.pad(image, (width, height), Image.Resampling.BILINEAR, color=_border_color(image))
    return np.asarray(image, dtype=np.uint8).reshape(shape)


def _border_color(image: Any) -> Any:
    return image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`pixels` uint8 (rows, height, width, channels)."""
    return {"pixels": read_pixels(facts, _shape(known))}


def _shape(known: Input) -> Shape:
    return known.info["height"], known.info["width"], known.info["channels"]


def _shrunk(pixels: Array) -> Array:
    """Average blocks of pixels until an image has at most 3,072 values; float32 (rows, values) of 0 to 1."""
    factor = 1
    _, height, width, channels = pixels.shape
    while (-(-height // factor)) * (-(-width // factor)) * channels > PLAIN_VALUES:
        factor += 1
    if factor > 1:
        rows, columns = height // factor * factor, width // factor * factor
        blocks = pixels[:, :rows, :columns].reshape(
            len(pixels), rows // factor, factor, columns // factor, factor, channels
        )
        pixels = blocks.mean(axis=(2, 4), dtype=np.float32)
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    flat /= np.float32(255)
    return flat


def _plain_statistics(flat: Array) -> tuple[Array, float]:
    if not len(flat):
        return np.zeros(flat.shape[1], np.float32), 1.0
    return flat.mean(axis=0), float(flat.var(axis=0).sum()) or 1.0


def plain(facts: Facts, known: Input) -> Array:
    """Pixels less their mean, one global scale, weighted as one rich column."""
    flat = _shrunk(read_pixels(facts, _shape(known)))
    flat -= known.tensors["average"]
    flat *= np.float32(np.sqrt(RICH_WEIGHT / known.info["total_variance"]))
    return flat


def preview(facts: Facts) -> list[Any]:
    """A mark that there is an image; the explorer asks for the picture itself."""
    return [{"image": True} if present else None for present in facts.column.is_valid().to_pylist()]


KIND = Kind("image", recognize, fit, make, plain, preview)
