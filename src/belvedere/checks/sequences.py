"""Sequences that are flat, hold gaps, are cut short, or are far louder than the others."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.checks.look import Look, find, without
from belvedere.types import Column, Finding, Level
from belvedere.values import counted, spread

MOST_VALUES = 50_000_000
SHORT = 0.1  # of the median length
LOUD = 20.0  # times the median largest deviation

TESTS: tuple[tuple[str, Level, str], ...] = (
    ("flat", "warning", "{} that never change"),
    ("holed", "warning", "{} with missing or infinite values inside"),
    ("short", "note", "{} of under a tenth of the usual length"),
    ("loud", "note", f"{{}} with swings over {LOUD:.0f} times the usual ones"),
)


def check_sequences(look: Look) -> list[Finding]:
    """Look at columns of sequences held as lists of numbers."""
    findings = []
    for column in look.of_kind("sequence"):
        values = look.column(column.name)
        if pa.types.is_nested(values.type) and look.n_rows:
            findings += _faults(look, column)
    return findings


def _faults(look: Look, column: Column) -> list[Finding]:
    values = look.column(column.name)
    n_values = sum(_leaves(chunk) for chunk in values.chunks)
    places = spread(look.n_rows, max(1, int(look.n_rows * min(1.0, MOST_VALUES / max(1, n_values)))))
    values = values if len(places) == look.n_rows else values.take(pa.array(places))
    marks, findings = _marks(values), []
    sampled = "" if len(places) == look.n_rows else f" (looked at a sample of {len(places):,})"
    for mark, level, what in TESTS:
        if marks[mark].any() and marks[mark].mean() < 0.5:
            rows = look.row_numbers(places[marks[mark]])
            sentence = f"'{column.name}' holds {what.format(counted(len(rows), 'sequence'))}{sampled}."
            findings.append(
                find("sequences", level, sentence, column=column.name, rows=rows, cure=without("sequences"))
            )
    return findings


def _leaves(chunk: pa.Array) -> int:
    while pa.types.is_nested(chunk.type):
        chunk = chunk.flatten()
    return len(chunk)


def _marks(values: pa.ChunkedArray) -> dict[str, NDArray[np.bool_]]:
    """Measure every sequence: its length, swing, and whether all its values are finite."""
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy().astype(np.int64)
    measured = np.array([_measure(chunk[i].values) for chunk in values.chunks for i in range(len(chunk))], np.float64)
    swing, finite = measured[:, 0], measured[:, 1] > 0
    present = lengths > 0
    usual = np.median(swing[present & finite]) if (present & finite).any() else 0.0
    return {
        "flat": present & finite & (swing == 0) & (lengths > 2),
        "holed": present & ~finite,
        "short": present & (lengths < SHORT * np.median(lengths[present])) if present.any() else ~present,
        "loud": finite & (swing > LOUD * usual) & (usual > 0),
    }


def _measure(steps: pa.Array | None) -> tuple[float, float]:
    """Largest less smallest value, and 1 where all values are finite."""
    if steps is None or not len(steps):
        return 0.0, 1.0
    while pa.types.is_nested(steps.type):
        steps = steps.flatten()
    numbers = np.asarray(steps.to_numpy(zero_copy_only=False))
    if steps.null_count or (numbers.dtype.kind == "f" and not np.isfinite(numbers).all()):
        return 0.0, 0.0
    return float(numbers.max()) - float(numbers.min()), 1.0
