"""Columns that say nothing: empty, constant, or nearly so."""

import numpy as np
import pyarrow as pa

from belvedere.checks.look import Look, agree, find, ignoring, missing_mask, quoted, share
from belvedere.types import Finding
from belvedere.values import counted, to_codes

NEARLY = 0.995
ENOUGH = 1000  # rows before one value can be called overwhelming


def check_constant(look: Look) -> list[Finding]:
    """Find columns with one value only, or with one value in over 99.5 % of the rows."""
    if look.n_rows < 2:
        return []
    findings: dict[str, list[Finding]] = {"empty": [], "constant": [], "nearly": []}
    for column in look.schema:
        values = look.column(column.name)
        if not pa.types.is_nested(values.type) and column.kind not in ("image", "text"):
            what, finding = _examine(look, column.name, values)
            if finding:
                findings[what].append(finding)
    return (
        _joined(findings["empty"], "hold no values at all")
        + _joined(findings["constant"], "have the same value in every row")
        + _joined(findings["nearly"], "have one value in over 99.5 % of the rows")
    )


def _joined(findings: list[Finding], what: str) -> list[Finding]:
    """Keep up to three findings apart; say more of them in one sentence."""
    if len(findings) <= 3:
        return findings
    names = [finding.column for finding in findings]
    cure = " ".join(["belvedere map …", *(ignoring(name).removeprefix("belvedere map … ") for name in names[:10])])
    return [
        find(
            "constant",
            findings[0].level,
            f"{len(names)} columns {what}: {quoted(names, 10)}.",
            column=names[0],
            cure=cure,
        )
    ]


def _examine(look: Look, name: str, values: pa.ChunkedArray) -> tuple[str, Finding | None]:
    if missing_mask(values).all():
        return "empty", find(
            "constant", "warning", f"'{name}' holds no values at all.", column=name, cure=ignoring(name)
        )
    codes, levels = to_codes(values)
    present = codes[codes >= 0]
    counts = np.bincount(present, minlength=len(levels))
    top = int(counts.argmax())
    if counts[top] == look.n_rows:
        sentence = f"'{name}' has the same value in every row ({levels[top][:40]}){look.sampled}."
        return "constant", find("constant", "note", sentence, column=name, cure=ignoring(name))
    if len(present) >= ENOUGH and NEARLY * len(present) <= counts[top] < len(present):
        rows = look.row_numbers((codes >= 0) & (codes != top))
        part, differ = share(int(counts[top]), len(present)), agree(len(rows), "differs", "differ")
        sentence = (
            f"'{name}' is {levels[top][:40]} in {part} of the rows; {counted(len(rows), 'row')} {differ}{look.sampled}."
        )
        return "nearly", find("constant", "note", sentence, column=name, rows=rows)
    return "", None
