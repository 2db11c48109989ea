"""Single numbers that lie far outside everything else in their column."""

import numpy as np

from belvedere.checks.look import Look, find
from belvedere.types import Finding
from belvedere.values import counted, to_floats

FEW = 0.001  # of the rows: more are a tail, not outliers
FAR = 5.0  # times the span of the other values


def check_outliers(look: Look) -> list[Finding]:
    """Find values farther out than five times the span of the other 99.8 % of the column."""
    findings = []
    for column in look.of_kind("number"):
        values = to_floats(look.column(column.name))
        present = values[np.isfinite(values)]
        if len(present) < 50:
            continue
        k = max(1, int(FEW * len(present)))
        ordered = np.sort(present)
        low, high = ordered[k], ordered[-k - 1]
        span = max(high - low, 0.0)
        far = np.isfinite(values) & ((values > high + FAR * span) | (values < low - FAR * span))
        if span > 0 and 0 < far.sum() <= 2 * k:
            rows = look.row_numbers(far)
            worst = values[far][np.abs(values[far] - np.median(present)).argmax()]
            sentence = (
                f"'{column.name}' holds {counted(len(rows), 'value')} far outside the rest ({low:g} to {high:g}), "
                f"for instance {worst:g}{look.sampled}."
            )
            findings.append(
                find(
                    "outliers",
                    "note",
                    sentence,
                    column=column.name,
                    rows=rows,
                    cure="Correct them if they are errors; learning softens them.",
                )
            )
    return findings
