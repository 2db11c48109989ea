"""Numbers and dates stored as text, columns that mix numbers with words, infinite values."""

import numpy as np

from belvedere.checks.look import Look, as_kind, find, is_text, quoted
from belvedere.types import Finding
from belvedere.values import to_codes, to_floats


def check_mixed(look: Look) -> list[Finding]:
    """Find values of another type than their neighbors in the column."""
    findings = []
    for column in look.schema:
        values = look.column(column.name)
        if is_text(values) and column.role in ("input", "target"):
            findings += _mixed_text(look, column.name, column.kind)
        elif column.kind == "number":
            findings += _infinite(look, column.name)
    return findings


def _mixed_text(look: Look, name: str, kind: str) -> list[Finding]:
    codes, levels = to_codes(look.column(name))
    numbers = np.isfinite(to_floats(look.column(name)))
    present = codes >= 0
    n_numbers, n_words = int((numbers & present).sum()), int((~numbers & present).sum())
    if n_numbers == 0:
        return []
    odd = ~numbers & present
    words = quoted([levels[code] for code in np.unique(codes[odd])[:5]], 3)
    if kind == "number":
        sentence = f"'{name}' holds numbers stored as text" + (
            f"; {n_words:,} cells are none ({words}) and count as missing." if n_words else "."
        )
        return [
            find(
                "mixed",
                "warning" if n_words else "note",
                sentence,
                column=name,
                rows=look.row_numbers(odd),
                cure=as_kind(name, "category"),
            )
        ]
    share = n_numbers / (n_numbers + n_words)
    if kind == "text" or not 0.5 <= share < 1 or n_words == 0:
        return []
    sentence = (
        f"'{name}' mixes numbers with words: {n_words:,} of {n_numbers + n_words:,} cells are no numbers ({words})."
    )
    cure = f"Clean these cells, or read the others as numbers: {as_kind(name, 'number')}"
    return [find("mixed", "warning", sentence, column=name, rows=look.row_numbers(odd), cure=cure)]


def _infinite(look: Look, name: str) -> list[Finding]:
    infinite = np.isinf(to_floats(look.column(name)))
    if not infinite.any():
        return []
    rows = look.row_numbers(infinite)
    sentence = f"'{name}' is infinite in {len(rows):,} rows; they count as missing."
    return [find("mixed", "warning", sentence, column=name, rows=rows, cure="Replace infinite values in the file.")]
