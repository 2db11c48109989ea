"""Columns that say nothing: empty, constant, or nearly so."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.checks.look import Look, agree, find, ignoring, missing_mask, quoted, share
from belvedere.types import Finding
from belvedere.values import counted, spread, to_codes

NEARLY = 0.995
SAMPLE = 2000  # values in which the commonest is looked for
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
    missing = missing_mask(values)
    if missing.all():
        return "empty", find(
            "constant", "warning", f"'{name}' holds no values at all.", column=name, cure=ignoring(name)
        )
    same, level = _commonest(values, missing)
    n_same, n_present = int(same.sum()), int((~missing).sum())
    if n_same == look.n_rows:
        sentence = f"'{name}' has the same value in every row ({level[:40]}){look.sampled}."
        return "constant", find("constant", "note", sentence, column=name, cure=ignoring(name))
    if n_present >= ENOUGH and NEARLY * n_present <= n_same < n_present:
        rows = look.row_numbers(~missing & ~same)
        part, differ = share(n_same, n_present), agree(len(rows), "differs", "differ")
        sentence = (
            f"'{name}' is {level[:40]} in {part} of the rows; {counted(len(rows), 'row')} {differ}{look.sampled}."
        )
        return "nearly", find("constant", "note", sentence, column=name, rows=rows)
    return "", None


def _commonest(values: pa.ChunkedArray, missing: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], str]:
    """Mark the rows that hold the commonest value of a sample; an overwhelming one is certainly that.

    None where the sample holds bytes that are blanks only, which have no name.
    """
    present = np.flatnonzero(~missing)
    some = present[spread(len(present), SAMPLE)]
    codes, levels = to_codes(values.take(pa.array(some)))
    if (codes < 0).all():
        return np.zeros(len(values), dtype=bool), ""
    top = int(np.bincount(codes[codes >= 0]).argmax())
    value = values[int(some[np.flatnonzero(codes == top)[0]])]
    same = pc.fill_null(pc.equal(values, value), False)
    return np.asarray(same.to_numpy(), dtype=bool) & ~missing, levels[top]
