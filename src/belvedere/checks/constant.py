"""Columns that say nothing: empty, constant, or nearly so."""

import numpy as np
import pyarrow as pa

from belvedere.checks.look import Look, find, ignoring, missing_mask, share
from belvedere.types import Finding
from belvedere.values import to_codes

NEARLY = 0.995


def check_constant(look: Look) -> list[Finding]:
    """Find columns with one value only, or with one value in over 99.5 % of the rows."""
    findings = []
    for column in look.schema:
        values = look.column(column.name)
        if look.n_rows < 2 or pa.types.is_nested(values.type) or column.kind in ("image", "text"):
            continue
        finding = _look_at_values(look, column.name, values)
        findings += [finding] if finding else []
    return findings


def _look_at_values(look: Look, name: str, values: pa.ChunkedArray) -> Finding | None:
    if missing_mask(values).all():
        return find("constant", "warning", f"'{name}' holds no values at all.", column=name, cure=ignoring(name))
    codes, levels = to_codes(values)
    present = codes[codes >= 0]
    counts = np.bincount(present, minlength=len(levels))
    top = int(counts.argmax())
    if counts[top] == look.n_rows:
        sentence = f"'{name}' has the same value in every row ({levels[top][:40]}){look.sampled}: it was left out."
        return find("constant", "note", sentence, column=name, cure=ignoring(name))
    if counts[top] >= NEARLY * len(present) and len(present) >= 1000 and counts[top] < len(present):
        rows = look.row_numbers((codes >= 0) & (codes != top))
        sentence = f"'{name}' is {levels[top][:40]} in {share(int(counts[top]), len(present))} of the rows; {len(rows):,} differ{look.sampled}."
        return find("constant", "note", sentence, column=name, rows=rows)
    return None
