"""The picture of a row, to lie beside its explanation."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere import kinds
from belvedere.explaining.whole import whole_of
from belvedere.types import MapContent


def picture_of(content: MapContent, row: int) -> NDArray[np.uint8] | None:
    """Pixels (height, width, channels) of the first image column of a row; None where there is none."""
    inputs = whole_of(content).entrance.inputs
    images = tuple(item for item in inputs if item.kind == "image")
    if row < 0 or not images:
        return None
    arrays: dict[str, NDArray[Any]] = kinds.make_arrays(content.rows.take(pa.array([row])), images[:1])
    return np.asarray(arrays["0.pixels"][0], dtype=np.uint8)
