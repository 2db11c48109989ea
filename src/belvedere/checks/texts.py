"""Texts that are empty, very short, the same again and again, or full of markup."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.checks.look import Look, find, missing_mask, share, without
from belvedere.types import Finding
from belvedere.values import counted, to_codes

SHORT = 3  # letters or fewer
MARKUP = r"<(br|p|div|span|a|img|b|i|li|ul|td|tr|table|script)\b[^>]{0,200}>|&(amp|lt|gt|nbsp|quot|#\d+);"


def check_texts(look: Look) -> list[Finding]:
    """Look at the columns of running text."""
    findings = []
    for column in look.of_kind("text"):
        values = look.column(column.name)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            findings += (
                _empty(look, column.name)
                + _short(look, column.name)
                + _repeated(look, column.name)
                + _markup(look, column.name)
            )
    return findings


def _empty(look: Look, name: str) -> list[Finding]:
    mask = missing_mask(look.column(name))
    if not mask.any() or mask.all():
        return []
    rows = look.row_numbers(mask)
    sentence = f"'{name}' holds {counted(len(rows), 'empty text')} ({share(len(rows), look.n_rows)}){look.sampled}."
    return [
        find(
            "texts",
            "warning" if mask.mean() > 0.01 else "note",
            sentence,
            column=name,
            rows=rows,
            cure=without("texts"),
        )
    ]


def _short(look: Look, name: str) -> list[Finding]:
    length = pc.fill_null(pc.utf8_length(pc.utf8_trim_whitespace(look.column(name))), 0).to_numpy()
    mask = (length > 0) & (length <= SHORT)
    if not mask.any() or mask.mean() > 0.2:
        return []
    rows = look.row_numbers(mask)
    sentence = (
        f"'{name}' holds {counted(len(rows), 'text')} of at most {SHORT} letters: little can be learned from them."
    )
    return [find("texts", "note", sentence, column=name, rows=rows)]


def _repeated(look: Look, name: str) -> list[Finding]:
    codes, levels = to_codes(look.column(name))
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    if not len(counts) or counts.max() < max(5, 0.001 * look.n_rows):
        return []
    top = int(counts.argmax())
    mask = np.isin(codes, np.flatnonzero(counts >= 5))
    rows = look.row_numbers(mask)
    sentence = (
        f"'{name}' repeats itself: {counted(len(rows), 'row')} hold a text that occurs five times or more; the commonest "
        f"{counts[top]:,} times: {levels[top][:60]!r}."
    )
    cure = "Remove boilerplate if it says nothing about the row."
    return [find("texts", "note", sentence, column=name, rows=rows, cure=cure)]


def _markup(look: Look, name: str) -> list[Finding]:
    mask = np.asarray(pc.fill_null(pc.match_substring_regex(look.column(name), MARKUP), False).to_numpy(), dtype=bool)
    if mask.mean() < 0.01 or mask.sum() < 3:
        return []
    rows = look.row_numbers(mask)
    sentence = (
        f"'{name}' holds {counted(len(rows), 'text')} with HTML markup or entities ({share(len(rows), look.n_rows)})."
    )
    cure = "Strip the markup before mapping, if it carries no meaning."
    return [find("texts", "note", sentence, column=name, rows=rows, cure=cure)]
