"""The number of a word that a row asks about, counted from 0: the predicate whose roles are to be found."""

import re
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import Fit, Kind
from belvedere.types import Input
from belvedere.values import Array, to_floats

NAMES = re.compile(r"^(predicate|verb|trigger|head)([ _]?(at|index|position|token|word))?$", re.IGNORECASE)


def recognize(facts: Facts) -> str:
    """Never by itself: only beside a target of one label per word, or by name."""
    return ""


def is_position(facts: Facts) -> bool:
    """Whether a column is named like a word's position and holds whole numbers from 0."""
    if not (NAMES.search(facts.name) and pa.types.is_integer(facts.type)):
        return False
    return len(facts.levels) > 0 and int(np.min(facts.levels)) >= 0


def fit(facts: Facts, seed: int) -> Fit:
    """The largest position."""
    values = _positions(facts)
    return {"largest": int(values.max(initial=0))}, {}


def _positions(facts: Facts) -> Array:
    values = to_floats(facts.column)
    return np.where(np.isfinite(values), values, -1).astype(np.int64)


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`place` int64 (rows,): number of the word from 0, -1 where missing."""
    return {"place": _positions(facts)}


def plain(facts: Facts, known: Input) -> Array:
    """Share of the way to the largest position, variance about 1."""
    share = _positions(facts) / max(1, known.info["largest"])
    return np.asarray(((share - 0.5) * np.sqrt(12)).astype(np.float32)[:, None])


def preview(facts: Facts) -> list[Any]:
    """Whole numbers as given."""
    return list(facts.column.to_pylist())


KIND = Kind("position", recognize, fit, make, plain, preview)
