"""Numbers: standardized, long tails softened, missing as a signal of its own.

`value` = soften((t(x) - center) / scale), where t is the identity, or for long-tailed columns asinh((x - shift) / unit).
`soften` bends values beyond three standard deviations logarithmically: it keeps order, and one wild value cannot hide
the others.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.kinds.category import is_coded
from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import Fit, Kind
from belvedere.types import Input
from belvedere.values import MISSING_WORDS, Array, shown, spread, to_floats

LONG_TAIL = 8.0  # standard deviations; a normal column of a million rows ends near 5
N_EDGES = 49


def recognize(facts: Facts) -> str:
    """Tell numbers, also where they are stored as text."""
    if pa.types.is_integer(facts.type) or pa.types.is_floating(facts.type):
        return "" if is_coded(facts) else _span(facts)
    if not facts.is_text or facts.n_present == 0 or is_coded(facts):
        return ""
    words, numbers = _text_numbers(facts.some(20_000))
    if not numbers or len(words) > 0.02 * (numbers + len(words)):
        return ""
    missing = f"; {shown(words)} count as missing" if words else ""
    return f"numbers stored as text{missing}"


def _span(facts: Facts) -> str:
    what = "whole numbers" if pa.types.is_integer(facts.type) else "numbers"
    ends = pc.min_max(facts.column).as_py()
    return what if ends["min"] is None else f"{what} from {ends['min']:.6g} to {ends['max']:.6g}"


def _text_numbers(facts: Facts) -> tuple[list[str], int]:
    """Words that are no numbers (each once), and how many rows are numbers."""
    values = to_floats(facts.column)
    texts = facts.column.filter(pa.array(np.isnan(values))).drop_null().unique().to_pylist() if len(values) else []
    odd = [text for text in texts if text.strip()]
    plain = [text for text in odd if text.strip().lower() in MISSING_WORDS]
    serious = [text for text in odd if text not in plain]
    rows = int(np.isfinite(values).sum())
    return (plain + serious, rows) if len(serious) * 50 <= rows else (odd, 0)


def fit(facts: Facts, seed: int) -> Fit:
    """Mean, deviation, range, quantile edges of the standardized value, and whether the tail is long."""
    x = _finite(facts)
    present = x[np.isfinite(x)]
    if not len(present):
        present = np.zeros(1)
    info: dict[str, Any] = {
        "mean": float(present.mean()),
        "std": float(present.std()),
        "min": float(present.min()),
        "max": float(present.max()),
        "any_missing": bool(len(present) < len(x)),
        "missing_share": float(1 - len(present) / max(1, len(x))),
    }
    info |= _transform(present[spread(len(present), 200_000, seed)], info)
    values = standardize(present[spread(len(present), 200_000, seed)], info)
    return info | {"quantiles": [float(edge) for edge in spread_edges(values)]}, {}


def spread_edges(values: Array) -> NDArray[np.float32]:
    """At most 49 quantile edges, where no single value counts for more than one bin.

    A column that is mostly 0 (capital gains) would else have nearly all its edges there, and none where it tells most.

    Examples
    --------
    >>> len(spread_edges(np.concatenate([np.zeros(9_000), np.arange(1_000.0)]))) > 40
    True
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= N_EDGES:
        return np.asarray(distinct, dtype=np.float32)
    weight = counts.astype(np.float64)
    for _ in range(4):  # the bin's share falls as heavy values are capped
        weight = np.minimum(weight, weight.sum() / (N_EDGES - 1))
    place = np.cumsum(weight) - weight
    picked = np.searchsorted(place / place[-1], np.linspace(0, 1, N_EDGES))
    return np.asarray(distinct[np.unique(np.minimum(picked, len(distinct) - 1))], dtype=np.float32)


def _transform(present: Array, info: dict[str, Any]) -> dict[str, Any]:
    """Choose between identity and asinh, and standardize what comes out."""
    low, middle, high = np.quantile(present, [0.25, 0.5, 0.75])
    shape: dict[str, Any] = {"transform": "linear", "shift": 0.0, "unit": 1.0}
    farthest = max(info["max"] - info["mean"], info["mean"] - info["min"])
    if farthest > LONG_TAIL * info["std"] > 0:
        unit = (high - low) / 1.349 or float(np.abs(present - middle).mean()) or 1.0
        shape = {"transform": "asinh", "shift": float(middle), "unit": float(unit)}
    bent = _bend(present, shape)
    scale = float(bent.std())
    return shape | {
        "center": float(bent.mean()),
        "scale": scale if scale > 1e-12 * max(1.0, abs(float(bent.mean()))) else 1.0,
    }


def _bend(x: Array, shape: dict[str, Any]) -> Array:
    return np.arcsinh((x - shape["shift"]) / shape["unit"]) if shape["transform"] == "asinh" else x


def standardize(x: Array, info: dict[str, Any]) -> Array:
    """Standardize raw numbers with the statistics of a number input; NaN stays NaN.

    Examples
    --------
    >>> info = {"transform": "linear", "shift": 0.0, "unit": 1.0, "center": 10.0, "scale": 2.0}
    >>> standardize(np.array([10.0, 12.0, 210.0]), info).round(2).tolist()
    [0.0, 1.0, 7.58]
    """
    z = np.asarray(_bend(x, info) - info["center"])
    z /= info["scale"]
    if z.size and not (z.min() >= -3 and z.max() <= 3):  # so too where one is NaN
        far = np.flatnonzero(np.abs(z) > 3)
        z[far] = np.sign(z[far]) * (3 + np.log1p(np.abs(z[far]) - 3))
    return z


def _finite(facts: Facts) -> Array:
    x = to_floats(facts.column)
    if len(x) and x.min() > -1e150 and x.max() < 1e150:  # the usual case, in two looks
        return x
    return np.where(np.abs(x) < 1e150, x, np.nan)  # squares of larger ones overflow; NaN is below nothing


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`value` float32 (rows,), 0 where missing; `missing` float32 (rows,)."""
    x = _finite(facts)
    if len(x) and not np.isnan(x.min()):
        return {"value": standardize(x, known.info).astype(np.float32), "missing": np.zeros(len(x), np.float32)}
    missing = np.isnan(x)
    value = np.where(missing, 0.0, standardize(np.where(missing, 0.0, x), known.info))
    return {"value": value.astype(np.float32), "missing": missing.astype(np.float32)}


def plain(facts: Facts, known: Input) -> Array:
    """The value, and where training rows had gaps whether it is missing."""
    parts = make(facts, known)
    columns = [parts["value"]]
    if known.info["any_missing"]:
        columns.append(parts["missing"] - np.float32(known.info["missing_share"]))
    return np.column_stack(columns)


def preview(facts: Facts) -> list[Any]:
    """Numbers; whole ones without a fraction; null where missing or infinite."""
    if pa.types.is_integer(facts.type):
        return list(facts.column.to_pylist())
    return [None if not np.isfinite(x) else float(x) for x in to_floats(facts.column)]


KIND = Kind("number", recognize, fit, make, plain, preview)
