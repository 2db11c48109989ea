"""Single numbers that lie far outside everything else in their column."""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.look import Look, find, without
from belvedere.types import Finding
from belvedere.values import counted, to_floats

FEW = 0.05  # of the rows: more are a group of their own
GAP, SOFT_GAP = 0.5, 0.15  # empty space before them, over the span of the rest: as it is, and with tails drawn in
LEAST_LEVELS = 10
REPEATED = 10  # rows per value


def check_outliers(look: Look) -> list[Finding]:
    """Find the few values that an empty gap parts from the rest of their column; long tails have no such gap."""
    findings = []
    for column in look.of_kind("number"):
        values = to_floats(look.column(column.name))
        present = np.sort(values[np.isfinite(values)])
        if len(present) < 50:
            continue
        low, high = _fences(present)
        far = np.isfinite(values) & ((values < low) | (values > high))
        if far.any() and not _is_group(values[far]):
            findings.append(_finding(look, column.name, values, far))
    return findings


def _is_group(far: NDArray[np.float64]) -> bool:
    """Whether the values repeat themselves: flights to one far place are no outliers."""
    return len(far) >= REPEATED and len(np.unique(far)) <= len(far) / REPEATED


def _fences(ordered: NDArray[np.float64]) -> tuple[float, float]:
    """Smallest and largest value that belong to the rest."""
    most = max(1, int(FEW * len(ordered)))
    middle, quarter = np.median(ordered), np.subtract(*np.quantile(ordered, [0.75, 0.25])) / 2
    if len(np.unique(ordered[:: max(1, len(ordered) // 1000)])) < LEAST_LEVELS or quarter <= 0:
        return float(ordered[0]), float(ordered[-1])
    with np.errstate(over="ignore"):
        soft = np.arcsinh((ordered - middle) / quarter)
    top = _gap(ordered, soft, most)
    bottom = _gap(-ordered[::-1], -soft[::-1], most)
    return float(ordered[bottom]), float(ordered[-1 - top])


def _gap(ordered: NDArray[np.float64], soft: NDArray[np.float64], most: int) -> int:
    """How many of the largest values stand behind a gap; 0 where there is none. The span of the rest ends at its median."""
    half = len(ordered) // 2
    tail, soft_tail = ordered[-most - 1 :], soft[-most - 1 :]
    with np.errstate(all="ignore"):
        wide = np.diff(tail) > GAP * 2 * (tail[:-1] - ordered[half])
        also = np.diff(soft_tail) > SOFT_GAP * 2 * (soft_tail[:-1] - soft[half])
    cuts = np.flatnonzero(wide & also)
    return len(tail) - 1 - int(cuts[0]) if len(cuts) else 0


def _finding(look: Look, name: str, values: NDArray[np.float64], far: NDArray[np.bool_]) -> Finding:
    rows, rest = look.row_numbers(far), values[np.isfinite(values) & ~far]
    worst = values[far][np.abs(values[far] - np.median(rest)).argmax()]
    sentence = (
        f"'{name}' holds {counted(len(rows), 'value')} far outside the rest ({rest.min():g} to {rest.max():g}), "
        f"for instance {worst:g}{look.sampled}."
    )
    cure = f"Correct them if they are errors (learning softens them), or {without('outliers')}"
    return find("outliers", "note", sentence, column=name, rows=rows, cure=cure)
