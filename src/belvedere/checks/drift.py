"""Data that change: along their own time, or against another file."""

import numpy as np
import pyarrow as pa

from belvedere.checks.distance import column_distance
from belvedere.checks.hashing import hash_rows
from belvedere.checks.look import Look, agree, find, ignoring, missing_mask, quoted, share, without
from belvedere.checks.times import parse_times
from belvedere.types import Column, Finding, Level, Source
from belvedere.values import counted, spread, to_codes

MUCH, SOME = 0.3, 0.15  # distance of two samples, 0 to 1
ENOUGH = 400  # rows before change along time is looked for
LEAST = 30  # rows of another file


def check_drift(look: Look) -> list[Finding]:
    """Compare the earliest and the latest third of the rows, where one column says when."""
    clocks = look.of_kind("time")
    if len(clocks) != 1 or look.n_rows < ENOUGH:
        return []
    times = parse_times(look.column(clocks[0].name))
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < ENOUGH or len(np.unique(times[known])) < 20:
        return []
    order = known[np.argsort(times[known], kind="stable")]
    early, late = order[: len(order) // 3], order[-(len(order) // 3) :]
    early, late = (part[spread(len(part), 20_000)] for part in (early, late))
    findings = []
    for column in _comparable(look):
        if column.name != clocks[0].name:
            values = look.column(column.name)
            gap = column_distance(column, values.take(pa.array(early)), values.take(pa.array(late)))
            if gap >= MUCH:
                findings.append(_over_time(column.name, clocks[0].name, gap))
    return _told_together(findings, clocks[0].name)


def _comparable(look: Look) -> list[Column]:
    return [column for column in look.schema if column.role in ("input", "target")]


def _over_time(name: str, clock: str, gap: float) -> Finding:
    sentence = (
        f"'{name}' drifts over '{clock}': its earliest and its latest third differ by {gap:.2f} (0 the same, 1 apart)."
    )
    cure = f"Hold out the latest rows instead of random ones (a column 'split'), or {ignoring(name)}"
    return find("drift", "warning", sentence, column=name, cure=cure)


def _told_together(findings: list[Finding], clock: str) -> list[Finding]:
    """One finding each for up to five columns, else one for all."""
    if len(findings) <= 5:
        return findings
    names = [finding.column for finding in findings]
    sentence = f"{len(names)} columns drift over '{clock}': {quoted(names, 8)}."
    return [find("drift", "warning", sentence, column=names[0], cure=findings[0].cure)]


def compare_sources(look: Look, other: Source) -> list[Finding]:
    """Compare data with another file: columns, missing values, values, and rows that stand in both."""
    if look.n_rows < 1 or other.n_rows < 1:
        return []
    findings = _columns(look, other)
    for column in _comparable(look):
        if column.name in other.table.column_names:
            findings += _missing(look, column, other) + _values(look, column, other)
            if column.kind in ("category", "boolean"):
                findings += _new_levels(look, column, other)
    return findings + _shared(look, other)


def _columns(look: Look, other: Source) -> list[Finding]:
    here, there = look.table.column_names, other.table.column_names
    findings = []
    for names, what in (
        ([name for name in there if name not in here], f"of '{other.name}' are missing here"),
        ([name for name in here if name not in there], f"are new against '{other.name}'"),
    ):
        if names:
            sentence = f"{counted(len(names), 'column')} {what}: {quoted(names)}."
            findings.append(find("drift", "warning", sentence, column=names[0] if names[0] in here else ""))
    return findings


def _missing(look: Look, column: Column, other: Source) -> list[Finding]:
    here, there = (missing_mask(table.column(column.name)).mean() for table in (look.table, other.table))
    if abs(here - there) < 0.05:
        return []
    now, then = (share(round(1e4 * part), 10_000) for part in (here, there))
    sentence = f"'{column.name}' is missing in {now} of the rows, in '{other.name}' in {then}."
    return [find("drift", "warning", sentence, column=column.name)]


def _values(look: Look, column: Column, other: Source) -> list[Finding]:
    here, there = look.column(column.name), other.table.column(column.name)
    if len(here) < LEAST or len(there) < LEAST:
        return []
    gap = column_distance(column, here, there)
    if gap < SOME:
        return []
    level: Level = "warning" if gap >= MUCH else "note"
    sentence = f"'{column.name}' differs from '{other.name}' by {gap:.2f} (0 the same, 1 apart)."
    return [find("drift", level, sentence, column=column.name, cure=ignoring(column.name))]


def _new_levels(look: Look, column: Column, other: Source) -> list[Finding]:
    codes, levels = to_codes(look.column(column.name))
    known = set(to_codes(other.table.column(column.name))[1])
    new = [number for number, level in enumerate(levels) if level not in known]
    if not new or len(levels) > 0.5 * look.n_rows:
        return []
    rows = look.row_numbers(np.isin(codes, new))
    some = quoted([levels[number] for number in new], 3)
    sentence = (
        f"'{column.name}' holds {counted(len(new), 'value')} that '{other.name}' has not ({some}), in "
        f"{counted(len(rows), 'row')}."
    )
    return [find("drift", "warning", sentence, column=column.name, rows=rows, cure=without("drift"))]


def _shared(look: Look, other: Source) -> list[Finding]:
    """Rows that stand in both files: one of them cannot judge what was learned from the other."""
    names = [c.name for c in look.schema.inputs if c.name in other.table.column_names]
    same = [name for name in names if look.table.field(name).type == other.table.field(name).type]
    if len(same) < len(look.schema.inputs) or not same:
        return []
    here, there = hash_rows(look.table, same), hash_rows(other.table, same)
    both = np.isin(here, there)
    if not both.any():
        return []
    rows = look.row_numbers(both)
    level: Level = "serious" if both.mean() >= 0.01 else "warning"
    sentence = (
        f"{counted(len(rows), 'row')} ({share(len(rows), look.n_rows)}) also {agree(len(rows), 'stands', 'stand')} in "
        f"'{other.name}': what was learned from one cannot be judged on the other."
    )
    return [find("leakage", level, sentence, rows=rows, cure=without("leakage"))]
