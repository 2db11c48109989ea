"""Columns to bytes: numbers and times on 65,535 steps, categories as codes."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.page.columns import Encoded, Shown
from belvedere.page.times import read_times
from belvedere.values import to_codes, to_floats

STEPS = 65_534  # the last but one value of uint16; the last one says missing
MISSING_U8, MISSING_U16 = 255, 65_535
MAX_CATEGORIES = 65_534


def encode(shown: Shown, first: tuple[str, ...] = ()) -> Encoded:
    """Turn a column into what the page reads; kinds that have no single number per row are not sent.

    Parameters
    ----------
    shown : Shown
        The column.
    first : tuple of str
        Categories that shall have the first codes (a prediction has the codes of its target).

    Examples
    --------
    >>> column = Shown("age", "number", "input", "", "data", pa.chunked_array([[20.0, None, 40.0]]))
    >>> encode(column).info, encode(column).values.tolist()
    ({'dtype': 'u16q', 'min': 20.0, 'max': 40.0, 'nMissing': 1}, [0, 65535, 65534])
    """
    if shown.kind == "number":
        return quantize(read_numbers(shown.values))
    if shown.kind == "time":
        return quantize(read_times(shown.values, shown.why))
    if shown.kind in ("category", "boolean"):
        return _encode_categories(shown, first)
    return _not_sent(_count_missing(shown.values))


def quantize(values: NDArray[np.float64]) -> Encoded:
    """Numbers (n,) to uint16 steps between the smallest and the largest; NaN and infinity count as missing."""
    there = np.isfinite(values)
    n_missing = int(len(values) - np.count_nonzero(there))
    if n_missing == len(values):
        info = {"dtype": "u16q", "min": None, "max": None, "nMissing": n_missing}
        return Encoded(info, np.full(len(values), MISSING_U16, dtype=np.uint16))
    low, high = float(values[there].min()), float(values[there].max())
    half = (high / 2 - low / 2) or 0.5  # halves: the span of the largest doubles would overflow
    steps = np.full(len(values), MISSING_U16, dtype=np.uint16)
    steps[there] = np.rint((values[there] / 2 - low / 2) / half * STEPS).astype(np.uint16)
    return Encoded({"dtype": "u16q", "min": low, "max": high, "nMissing": n_missing}, steps)


def read_numbers(values: Any) -> NDArray[np.float64]:
    """Read a column of numbers, or of text that holds numbers, as float64 (n,); NaN where missing."""
    if not isinstance(values, pa.ChunkedArray):
        return np.asarray(values, dtype=np.float64)
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    if pa.types.is_decimal(values.type):
        values = pc.cast(values, pa.float64())
    return np.asarray(to_floats(values), dtype=np.float64)


def _as_column(values: Any) -> pa.ChunkedArray:
    """Words in an array as a column; None stays missing."""
    if isinstance(values, pa.ChunkedArray):
        return values
    try:
        words = pa.array(np.asarray(values), pa.string())
    except pa.ArrowException:  # not all of them are words
        words = pa.array([None if v is None else str(v) for v in np.asarray(values).tolist()], pa.string())
    return pa.chunked_array([words])


def _encode_categories(shown: Shown, first: tuple[str, ...]) -> Encoded:
    values = shown.values
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return _pack(values.astype(np.int64), list(shown.categories or ()))
    codes, words = to_codes(_as_column(values))
    if len(words) > MAX_CATEGORIES:
        return _not_sent(int(np.count_nonzero(codes < 0)))
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    known = first or tuple(word for word in shown.categories or () if word in set(words))
    order = _order(words, counts, known)
    place = {word: at for at, word in enumerate(order)}
    new_code = np.array([*(place.get(word, -1) for word in words), -1], dtype=np.int64)
    return _pack(new_code[codes], order)


def _order(words: list[str], counts: NDArray[Any], known: tuple[str, ...]) -> list[str]:
    """Known order first, then numbers by value, everything else by how often it occurs."""
    seen = set(known)
    rest = [(word, int(n)) for word, n in zip(words, counts, strict=True) if word not in seen and n]
    if all(re.fullmatch(r"[+-]?\d+(\.\d+)?", word) for word, _ in rest):
        rest.sort(key=lambda item: float(item[0]))
    else:
        rest.sort(key=lambda item: (-item[1], item[0]))
    return list(dict.fromkeys([*known, *(word for word, _ in rest)]))


def _pack(codes: NDArray[np.int64], names: list[str]) -> Encoded:
    """Codes (n,), -1 = missing, in the narrowest type that leaves room for missing."""
    dtype, missing = ("u8", MISSING_U8) if len(names) < MISSING_U8 else ("u16", MISSING_U16)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    info = {
        "dtype": dtype,
        "categories": names,
        "counts": counts.tolist(),
        "nMissing": int(np.count_nonzero(codes < 0)),
    }
    return Encoded(info, np.where(codes < 0, missing, codes).astype(np.uint8 if dtype == "u8" else np.uint16))


def _not_sent(n_missing: int) -> Encoded:
    return Encoded({"dtype": None, "nMissing": n_missing}, None)


def _count_missing(values: Any) -> int:
    return int(getattr(values, "null_count", 0))
