"""Categories and booleans: codes 0 missing, 1 unseen or rare, 2… known levels, commonest first."""

import re
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.kinds.facts import Facts
from belvedere.kinds.kind import Fit, Kind
from belvedere.types import Input
from belvedere.values import Array, shown, to_codes

MOST_LEVELS = 2000  # known levels; further ones are pooled as rare
MOST_HOT = 30  # levels with an axis of their own in the plain space
FEW = 12  # integers of at most so many different values name things rather than measure
CODE_NAMES = re.compile(
    r"(^|[_\s.-])(id|code|zip|zipcode|postcode|plz|class|label|type|category|cluster|group|fold|user|item|customer|product"
    r"|store|shop|device|sensor|station|unit|patient|subject|session|team|player|speaker)$|^(y|target)$"
    r"|[a-z](Id|ID|Code|Num|No|Type|Class)$"
)
COUNT_NAMES = re.compile(
    r"(^|[_\s.-])(n|num|number|count|counts|total|age|years?|days?|hours?|score)([_\s.-]|$)", re.IGNORECASE
)
WIDEST_CODES = 30  # between the least and the greatest code
NEGATIVE = ("0", "false", "no", "n", "f", "off", "absent", "negative", "否", "无")
POSITIVE = ("1", "true", "yes", "y", "t", "on", "present", "positive", "是", "有")


def recognize(facts: Facts) -> str:
    """Take what is left: words, few-valued integers, codes; the last kind to be asked."""
    if facts.is_text:
        return f"{facts.n_distinct:,} different values ({shown(_common(facts), 2)})" if facts.n_present else "no values"
    if is_coded(facts):
        return f"whole numbers with {facts.n_distinct:,} different values"
    if pa.types.is_null(facts.type):
        return "no values"
    return "" if facts.is_list or facts.is_bytes else f"values of type {facts.type}"


def _common(facts: Facts) -> list[str]:
    codes, levels = to_codes(facts.some(2000).column)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    return [levels[code][:30] for code in np.argsort(-counts, kind="stable")[:3] if counts[code]]


def is_coded(facts: Facts) -> bool:
    """Tell numbers that name things: few different small integers, leading zeros, or a name such as `zip`."""
    if facts.is_text:
        return _has_leading_zeros(facts)
    if not facts.is_whole or facts.n_present == 0:
        return False
    if CODE_NAMES.search(facts.name) and pa.types.is_integer(facts.type):
        return facts.n_distinct <= max(FEW, facts.n_present // 8) or facts.name.lower().endswith("id")
    if COUNT_NAMES.search(facts.name) and facts.n_distinct > 2:
        return False
    few = facts.n_distinct <= min(FEW, max(2, facts.n_present // 4))
    return few and float(np.abs(facts.levels).max()) <= 100 and float(np.ptp(facts.levels)) <= WIDEST_CODES


def _has_leading_zeros(facts: Facts) -> bool:
    levels = facts.some(20_000).levels
    digits = [level for level in levels if re.fullmatch(r"\d+", level)]
    return len(digits) > 0.9 * len(levels) and any(level[0] == "0" and len(level) > 1 for level in digits)


def recognize_boolean(facts: Facts) -> str:
    """Tell two-valued columns: true/false, 0/1, yes/no."""
    if pa.types.is_boolean(facts.type):
        return "true or false"
    if not facts.is_text and not facts.is_whole:
        return ""
    if not 1 <= facts.n_distinct <= 2:
        return ""
    levels = sorted(_plain(level) for level in _level_words(facts))
    pairs = [sorted(pair) for pair in zip(NEGATIVE, POSITIVE, strict=True)]
    return f"only the values {' and '.join(levels)}" if levels in pairs else ""


def _level_words(facts: Facts) -> list[str]:
    codes, levels = to_codes(pa.chunked_array([facts.column.unique()]) if facts.n_rows else facts.column)
    return [levels[code] for code in codes if code >= 0]


def _plain(level: str) -> str:
    return level.strip().lower()


def fit(facts: Facts, seed: int) -> Fit:
    """Levels of the training rows, commonest first; those of a single row among many levels are pooled as rare."""
    codes, levels = to_codes(facts.column)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = np.argsort(-counts, kind="stable")
    least = 2 if len(levels) > 100 else 1
    known = [int(code) for code in order[:MOST_LEVELS] if counts[code] >= least]
    rare = int(counts.sum() - counts[known].sum()) if known else int(counts.sum())
    n_rows = max(1, len(codes))
    shares = [float((codes < 0).sum() / n_rows), rare / n_rows, *(float(counts[code] / n_rows) for code in known)]
    info: dict[str, Any] = {"categories": [levels[code] for code in known], "n_codes": len(known) + 2, "shares": shares}
    return info, {}


def fit_boolean(facts: Facts, seed: int) -> Fit:
    """As for categories, the negative value first."""
    info, tensors = fit(facts, seed)
    order = sorted(range(len(info["categories"])), key=lambda i: _plain(info["categories"][i]) in POSITIVE)
    info["categories"] = [info["categories"][i] for i in order]
    info["shares"] = info["shares"][:2] + [info["shares"][2 + i] for i in order]
    return info, tensors


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`code` int64 (rows,)."""
    codes, levels = to_codes(facts.column)
    place = {level: position + 2 for position, level in enumerate(known.info["categories"])}
    table = np.array([*(place.get(level, 1) for level in levels), 0], dtype=np.int64)
    return {"code": table[codes]}  # -1, missing, finds the 0 at the end


def plain(facts: Facts, known: Input) -> Array:
    """One axis per common level, scaled so that the column has variance 1 in all, as a number has."""
    hot = min(MOST_HOT, len(known.info["categories"]))
    codes = make(facts, known)["code"]
    slots = np.where(codes == 0, hot + 1, np.where((codes == 1) | (codes >= hot + 2), hot, codes - 2))
    shares = np.asarray(known.info["shares"])
    mean = np.concatenate([shares[2 : hot + 2], [shares[1] + shares[hot + 2 :].sum(), shares[0]]])
    scale = 1 / np.sqrt(max(0.1, 1 - float((mean**2).sum())))
    grid = np.broadcast_to(-mean * scale, (len(codes), hot + 2)).astype(np.float32)
    grid[np.arange(len(codes)), slots] += np.float32(scale)
    used = np.flatnonzero(mean > 0)
    return np.ascontiguousarray(grid[:, used if len(used) else [0]])


def preview(facts: Facts) -> list[Any]:
    """Levels as text, null where missing."""
    codes, levels = to_codes(facts.column)
    return [levels[code] if code >= 0 else None for code in codes]


KIND = Kind("category", recognize, fit, make, plain, preview)
BOOLEAN = Kind("boolean", recognize_boolean, fit_boolean, make, plain, preview)
