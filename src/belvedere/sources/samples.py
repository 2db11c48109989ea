"""Small real data sets that come with scikit-learn, by name: `sklearn:digits`. Nothing is downloaded."""

from dataclasses import replace
from typing import Any

import numpy as np

from belvedere.errors import SourceError, nearest_names
from belvedere.sources.arrays import read_arrays, read_bunch
from belvedere.sources.opened import Opened, Wish

PREFIX = "sklearn:"
TABLES = ("breast_cancer", "diabetes", "iris", "wine")
SAMPLES = ("digits", *TABLES)


def is_sample(what: Any) -> bool:
    """Tell whether something is the name of a data set that comes with scikit-learn."""
    return isinstance(what, str) and what.startswith(PREFIX)


def read_sample(what: str, wish: Wish) -> Opened:
    """Read a data set that comes with scikit-learn.

    Raises
    ------
    SourceError
        If there is none of that name.
    """
    from sklearn import datasets

    name = what.removeprefix(PREFIX)
    if name not in SAMPLES:
        raise SourceError(f"A sample's name must be known, but {name!r} is not. {nearest_names(name, SAMPLES)}")
    if name == "digits":
        digits = datasets.load_digits()
        pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)  # 0…16 as given
        return read_arrays({"image": pixels, "digit": digits.target.astype(str)}, "digits", wish)
    return replace(read_bunch(getattr(datasets, f"load_{name}")(), wish), name=name)
