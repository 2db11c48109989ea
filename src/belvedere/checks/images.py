"""Images that are broken, blank, dark, washed out, blurred, or of an odd shape."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from belvedere.checks.look import Look, find
from belvedere.pictures import PictureError, find_picture, open_picture, shape_of_field
from belvedere.types import Column, Finding, Level
from belvedere.values import counted, spread, to_matrix

MOST_IMAGES = 3000  # looked at; the finding says so
DARK, LIGHT, BLANK = 40.0, 215.0, 3.0  # gray levels: brightest twentieth, darkest twentieth, deviation
SHARP_SIDE = 64  # pixels: smaller images are too small to judge sharpness
BLURRED = 0.004  # energy of the Laplacian over that of the image, at 128 pixels
ODD_SHAPE = 4.0  # times as long, against the usual proportion

TESTS: tuple[tuple[str, Level, str], ...] = (
    ("broken", "warning", "{} too damaged to decode"),
    ("blank", "warning", "{} of one color all over"),
    ("dark", "note", "{} so dark that little can be seen"),
    ("light", "note", "{} washed out to nearly white"),
    ("blurred", "note", "{} out of focus"),
    ("odd", "note", "{} of a very different proportion"),
)


def check_images(look: Look) -> list[Finding]:
    """Look at images, at most 3,000 drawn by a fixed seed."""
    findings = []
    for column in look.of_kind("image"):
        rows = spread(look.n_rows, MOST_IMAGES)
        marks = _examine(look, column, rows)
        sampled = f" (looked at a sample of {len(rows):,})" if len(rows) < look.n_rows else ""
        for mark, level, what in TESTS:
            found = rows[marks[mark]]
            if len(found) and (mark == "broken" or len(found) < 0.5 * len(rows)):
                sentence = f"'{column.name}' holds {what.format(counted(len(found), 'image'))}{sampled}."
                findings.append(
                    find(
                        "images",
                        level,
                        sentence,
                        column=column.name,
                        rows=look.row_numbers(found),
                        cure="Look at them on the map; remove what is useless.",
                    )
                )
    return findings


def _examine(look: Look, column: Column, rows: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    field = look.table.schema.field(column.name)
    shape = shape_of_field(field)
    if shape is None:
        values = look.column(column.name).take(pa.array(rows)).to_pylist()
        with ThreadPoolExecutor(2) as pool:
            measured = list(pool.map(lambda value: _measure_file(field, value), values))
    else:
        pixels = to_matrix(look.column(column.name))[rows].reshape(-1, *shape)
        measured = [_measure(_gray(one), shape[0] / shape[1]) for one in pixels]
    return _marks(np.array(measured, dtype=np.float64).reshape(-1, 5))


def _marks(m: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """Turn measures (brightest, darkest, deviation, sharpness, proportion) into marks; NaN where an image is broken."""
    broken = np.isnan(m[:, 0])
    usual = np.nanmedian(m[:, 4]) if not broken.all() else 1.0
    blank = m[:, 2] < BLANK
    with np.errstate(invalid="ignore"):
        return {
            "broken": broken,
            "blank": blank,
            "dark": (m[:, 0] < DARK) & ~blank,
            "light": (m[:, 1] > LIGHT) & ~blank,
            "blurred": (m[:, 3] < BLURRED) & ~blank,
            "odd": np.maximum(m[:, 4] / usual, usual / m[:, 4]) > ODD_SHAPE,
        }


def _measure_file(field: pa.Field, value: Any) -> tuple[float, ...]:
    if value is None:
        return (np.nan,) * 5
    try:
        image = open_picture(find_picture(field, value), near=256)
    except PictureError:
        return (np.nan,) * 5
    proportion = image.height / image.width
    image.thumbnail((256, 256), Image.Resampling.BILINEAR)
    return _measure(np.asarray(image.convert("L"), dtype=np.float32), proportion)


def _gray(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(pixels[..., :3].mean(axis=-1), dtype=np.float32)


def _measure(gray: NDArray[np.float32], proportion: float) -> tuple[float, ...]:
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
