"""Frozen values to JSON and back: what manifest.json and regions.json hold."""

import dataclasses
import json
import math
from typing import Any

import numpy as np

from belvedere.types import Column, Finding, Region, Schema, Score

VALUES = {"scores": Score, "findings": Finding, "regions": Region}


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


def write_json(value: Any) -> bytes:
    """JSON text as bytes; lone surrogates in names survive as escapes."""
    return (json.dumps(to_plain(value), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def read_values(name: str, plain: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Frozen values of one list in the manifest; fields of a later minor version are passed over."""
    kind = VALUES[name]
    fields = {f.name: f for f in dataclasses.fields(kind)}
    return tuple(kind(**{k: _thaw(v) for k, v in item.items() if k in fields}) for item in plain)


def _thaw(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read_schema(plain: list[dict[str, Any]]) -> Schema:
    """The schema as written in the manifest."""
    return Schema(tuple(Column(c["name"], c["kind"], c["role"], c.get("why", "")) for c in plain))
