"""Every image once, small and gray, with its measures: checks of faults and of near-duplicates share them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from belvedere.checks.look import Look
from belvedere.pictures import PictureError, find_picture, open_picture, shape_of_field
from belvedere.types import Column
from belvedere.values import spread, to_matrix

MOST_IMAGES = 3000  # files are decoded; the finding says so
MOST_ARRAYS = 10_000
TALL, WIDE = 16, 17  # of a thumbnail, in pixels
SHARP_SIDE = 64  # pixels: smaller images are too small to judge sharpness


@dataclass(frozen=True)
class Thumbs:
    """Images looked at.

    Attributes
    ----------
    rows : int64 (images,)
        Places in the look.
    gray : uint8 (images, 16, 17)
    digests : int64 (images,)
        Equal for equal pixels; 0 where an image is damaged.
    measures : float64 (images, 5)
        Of `measure`, NaN where damaged.
    """

    rows: NDArray[np.int64]
    gray: NDArray[np.uint8]
    digests: NDArray[np.int64]
    measures: NDArray[np.float64]

    @property
    def is_whole(self) -> NDArray[np.bool_]:
        """Which images could be decoded."""
        return ~np.isnan(self.measures[:, 0])


def thumbs_of(look: Look, column: Column) -> Thumbs:
    """Look at the images of a column, once per look."""
    if column.name not in look.memory:
        look.memory[column.name] = _make(look, column)
    found = look.memory[column.name]
    assert isinstance(found, Thumbs)
    return found


def _make(look: Look, column: Column) -> Thumbs:
    field = look.table.schema.field(column.name)
    shape = shape_of_field(field)
    rows = spread(look.n_rows, MOST_IMAGES if shape is None else MOST_ARRAYS)
    if shape is None:
        values = look.column(column.name).take(pa.array(rows)).to_pylist()
        with ThreadPoolExecutor(2) as pool:
            seen = list(pool.map(lambda value: _see_file(field, value), values))
    else:
        pixels = to_matrix(look.column(column.name))[rows].reshape(-1, *shape)
        seen = [_see(_gray(one), shape[0] / shape[1]) for one in pixels]
    small = np.array([one.small for one in seen], np.uint8).reshape(-1, TALL, WIDE)
    measures = np.array([one.measures for one in seen], np.float64).reshape(-1, 5)
    return Thumbs(rows, small, np.array([one.digest for one in seen], np.int64), measures)


class Seen(NamedTuple):
    """One image looked at."""

    measures: tuple[float, ...]
    small: NDArray[np.uint8]
    digest: int


DAMAGED = Seen((np.nan,) * 5, np.zeros((TALL, WIDE), np.uint8), 0)


def _see_file(field: pa.Field, value: Any) -> Seen:
    if value is None:
        return DAMAGED
    try:
        image = open_picture(find_picture(field, value), near=256)
    except PictureError:
        return DAMAGED
    proportion = image.height / image.width
    image.thumbnail((256, 256), Image.Resampling.BILINEAR)
    return _see(np.asarray(image.convert("L"), dtype=np.float32), proportion)


def _see(gray: NDArray[np.float32], proportion: float) -> Seen:
    picture = Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8))
    way = Image.Resampling.BOX if min(gray.shape) >= WIDE else Image.Resampling.BILINEAR
    return Seen(measure(gray, proportion), np.asarray(picture.resize((WIDE, TALL), way)), hash(gray.tobytes()))


def _gray(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(pixels[..., :3].mean(axis=-1), dtype=np.float32)


def measure(gray: NDArray[np.float32], proportion: float) -> tuple[float, ...]:
    """Brightest and darkest twentieth, deviation, sharpness (infinite where too small to tell), proportion."""
    darkest, brightest = (
        np.quantile(gray, [0.05, 0.95]) if gray.shape[0] * gray.shape[1] > 1 else (gray.min(), gray.max())
    )
    sharpness = _sharpness(gray) if min(gray.shape) >= SHARP_SIDE else np.inf
    bright = max(
        float(brightest), float(gray.max()) if gray.size < 2000 else 0.0
    )  # few bright pixels make a small drawing
    return bright, float(darkest), float(gray.std()), sharpness, proportion


def _sharpness(gray: NDArray[np.float32]) -> float:
    """Energy of the Laplacian against that of the image (Pech-Pacheco et al. 2000, made independent of contrast)."""
    inner = 4 * gray[1:-1, 1:-1] - gray[:-2, 1:-1] - gray[2:, 1:-1] - gray[1:-1, :-2] - gray[1:-1, 2:]
    rounding = 20 / 12  # variance that rounding to whole gray levels alone gives the Laplacian
    return float(max(float(inner.var()) - rounding, 0.0) / max(float(gray.var()), 1e-9))
