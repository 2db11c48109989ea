"""Vectors: many numbers that belong together. Centred with one global scale, so that distances keep their meaning."""

from typing import Any

import numpy as np

from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import RICH_WEIGHT, Fit, Kind
from belvedere.types import Input
from belvedere.values import Array, spread, to_matrix

MOST_FIT = 20_000_000  # values looked at for statistics
PER = 10_000.0  # counts become log1p of their rate per so many


def recognize(facts: Facts) -> str:
    """Tell lists of numbers of one length."""
    if facts.note("kind") not in ("", "vector") or not facts.is_list:
        return ""
    width = _width(facts)
    return f"{width:,} numbers that belong together" if width else ""


def _width(facts: Facts) -> int:
    kind = facts.type
    if hasattr(kind, "list_size"):
        return int(kind.list_size) if not hasattr(kind.value_type, "value_type") else 0
    lengths = {len(value) for value in facts.some(500).column.to_pylist() if value is not None}
    return lengths.pop() if len(lengths) == 1 and not hasattr(kind.value_type, "value_type") else 0


def fit(facts: Facts, seed: int) -> Fit:
    """Choose the transform; mean per value, one scale (or one per value where units differ wildly)."""
    raw = to_matrix(facts.column)
    width = raw.shape[1]  # of all rows: the first may be missing
    rows = spread(facts.n_rows, max(100, MOST_FIT // max(1, width)), seed)
    raw = raw if len(rows) == len(raw) else raw[rows]
    transform = _choose_transform(raw)
    values = _transformed(raw, transform)
    values = values[np.isfinite(values).all(axis=1)]
    values = values if len(values) else np.zeros((1, width), np.float32)
    mean, deviation = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)
    if transform == "center" and _units_differ(deviation):
        transform = "standard"
    if transform == "standard":
        scale = np.where(deviation > 1e-9 * np.maximum(1, np.abs(mean)), deviation, 1.0)
    else:
        scale = np.array([np.sqrt((deviation**2).mean()) or 1.0])
    info: dict[str, Any] = {
        "d": width,
        "transform": transform,
        "total_variance": float((deviation**2 / scale**2).sum()),
    }
    return info, {"mean": mean.astype(np.float32), "scale": scale.astype(np.float32)}


def _choose_transform(raw: Array) -> str:
    """Tell counts (mostly zeros, small whole numbers) from measurements."""
    some = raw[spread(len(raw), 500)]
    if raw.shape[1] < 50 or not len(some) or not np.isfinite(some).all() or some.min() < 0:
        return "center"
    filled = some[some > 0]
    whole = bool((filled == np.round(filled)).all())
    counts = whole and len(filled) < 0.5 * some.size and len(filled) > 0 and filled.max() > 1 and np.median(filled) <= 3
    return "counts" if counts else "center"


def _units_differ(deviation: Array) -> bool:
    varying = deviation[deviation > 0]
    return len(varying) > 1 and float(np.quantile(varying, 0.95) / max(np.quantile(varying, 0.05), 1e-30)) > 1000


def _transformed(raw: Array, transform: str) -> Array:
    values = raw.astype(np.float32)
    if transform == "counts":
        total = values.sum(axis=1, keepdims=True)
        values *= PER / np.maximum(total, 1)
        np.log1p(values, out=values)
    return values


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`value` float32 (rows, d), zeros where missing."""
    values = _transformed(_fitting(to_matrix(facts.column), known.info["d"]), known.info["transform"])
    values -= known.tensors["mean"]
    values /= known.tensors["scale"]
    if facts.column.null_count or not np.isfinite(values.sum()):
        np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return {"value": values}


def _fitting(raw: Array, width: int) -> Array:
    """Cut or pad lists of another length than in training."""
    if raw.shape[1] == width:
        return raw
    fitted = np.full((len(raw), width), np.nan, np.float32)
    fitted[:, : raw.shape[1]] = raw[:, :width]
    return fitted


def plain(facts: Facts, known: Input) -> Array:
    """The value, weighted as one rich column."""
    value = make(facts, known)["value"]
    value *= np.float32(np.sqrt(RICH_WEIGHT / max(known.info["total_variance"], 1e-9)))
    return value


def preview(facts: Facts) -> list[Any]:
    """A short summary: length, how many are not zero, and the first values."""
    return [_summary(value) for value in facts.column.to_pylist()]


def _summary(value: list[float | None] | None) -> Any:
    if value is None:
        return None
    numbers = [x for x in value if x is not None]
    first = ", ".join(f"{x:.4g}" for x in numbers[:4])
    zeros = sum(x == 0 for x in numbers)
    return f"{len(value):,} numbers ({first}{', …' if len(value) > 4 else ''}; {zeros:,} zeros)"


KIND = Kind("vector", recognize, fit, make, plain, preview)
