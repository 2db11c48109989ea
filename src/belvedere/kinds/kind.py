"""What a kind of data must be able to do: five functions and a name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.kinds.facts import Facts
from belvedere.types import Input

Array = NDArray[Any]
Fit = tuple[dict[str, Any], dict[str, Array]]  # info (JSON-able) and tensors of an Input


@dataclass(frozen=True)
class Kind:
    """One kind of column.

    Attributes
    ----------
    name : str
    recognize : Facts -> str
        Why a column is of this kind, in words; '' where it is not.
    fit : (Facts, seed) -> (info, tensors)
        Statistics of training rows.
    make : (Facts, Input) -> dict of arrays
        What a network sees.
    plain : (Facts, Input) -> float32 (rows, dims)
        The plain standardized space.
    preview : Facts -> list
        JSON-able values for cards.
    """

    name: str
    recognize: Callable[[Facts], str]
    fit: Callable[[Facts, int], Fit]
    make: Callable[[Facts, Input], dict[str, Array]]
    plain: Callable[[Facts, Input], NDArray[np.float32]]
    preview: Callable[[Facts], list[Any]]


RICH_WEIGHT = 8.0  # total variance of a text, image, sequence or vector in the plain space; a number has 1
