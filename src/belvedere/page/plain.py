"""Frozen values, arrays and NumPy numbers as JSON."""

import dataclasses
import json
import math
from typing import Any

import numpy as np


def to_plain(value: Any) -> Any:
    """Turn arrays, NumPy numbers, tuples and frozen values into what JSON knows; NaN and infinity become null.

    Examples
    --------
    >>> to_plain({"a": np.float32(0.5), "b": (1, float("nan"))})
    {'a': 0.5, 'b': [1, None]}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [to_plain(part) for part in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def write_json(value: Any, *, indent: int | None = 1) -> bytes:
    """Write JSON as UTF-8; a lone surrogate becomes an escape, which is JSON too."""
    return (json.dumps(to_plain(value), ensure_ascii=False, indent=indent) + "\n").encode("utf-8", "backslashreplace")
