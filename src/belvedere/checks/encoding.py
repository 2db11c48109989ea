"""Text damaged by a wrong encoding: mojibake, replacement characters, stray control characters and byte order marks."""

import re
from typing import Any

import numpy as np
import pyarrow.compute as pc

from belvedere.checks.look import Look, find, is_text, quoted
from belvedere.types import Finding, Level
from belvedere.values import counted

LEADING = "[\u00c2-\u00f4]"  # what the first byte of two to four looks like in Windows-1252
FOLLOWING = "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
SUSPECT = f"{LEADING}{FOLLOWING}|\u951f\u65a4\u62f7|\u70eb\u70eb\u70eb"
REPLACED = "\ufffd"
STRAY = "[\ufeff\u200b\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u009f]"
WELL_KNOWN = ("\u951f\u65a4\u62f7", "\u70eb\u70eb\u70eb")  # what GBK makes of U+FFFD, and of fresh memory


def check_encoding(look: Look) -> list[Finding]:
    """Find damaged text in every text column and in the column names."""
    findings = [_names(look)] if any(is_mojibake(name) for name in look.table.column_names) else []
    for name in look.table.column_names:
        if is_text(look.column(name)):
            findings += _mojibake(look, name) + _matches(look, name)
    return findings


def is_mojibake(text: str) -> bool:
    """Tell UTF-8 that was read as Windows-1252: written back and read rightly, it becomes shorter.

    Examples
    --------
    >>> is_mojibake("cafÃ©"), is_mojibake("café"), is_mojibake("itâ€™s"), is_mojibake("Ämter für Öl")
    (True, False, True, False)
    """
    if any(known in text for known in WELL_KNOWN):
        return True
    return any(_repairs(run) for run in re.findall(r"[^\x00-\x7f]{2,}", text))


def _repairs(run: str) -> bool:
    for encoding in ("cp1252", "latin-1"):
        try:
            mended = run.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if len(mended) < len(run):
            return True
    return False


def _names(look: Look) -> Finding:
    damaged = [name for name in look.table.column_names if is_mojibake(name)]
    sentence = f"Column names are damaged by a wrong encoding: {quoted(damaged)}."
    return find("encoding", "warning", sentence, column=damaged[0], cure="Read the file again as UTF-8.")


def _mojibake(look: Look, name: str) -> list[Finding]:
    column = look.column(name)
    places = np.flatnonzero(pc.fill_null(pc.match_substring_regex(column, SUSPECT), False).to_numpy())
    texts = column.take(places).to_pylist()
    damaged = [(place, text) for place, text in zip(places, texts, strict=True) if is_mojibake(text)]
    if not damaged:
        return []
    rows = look.row_numbers(np.array([place for place, _ in damaged], dtype=np.int64))
    sentence = (
        f"'{name}' holds {counted(len(rows), 'text')} damaged by a wrong encoding, for instance {damaged[0][1][:60]!r}."
    )
    cure = "Read the original file again as UTF-8, or mend the texts before mapping."
    return [find("encoding", "warning", sentence, column=name, rows=rows, cure=cure)]


def _matches(look: Look, name: str) -> list[Finding]:
    column, findings = look.column(name), []
    told: tuple[tuple[Any, Level, str], ...] = (
        (pc.match_substring(column, REPLACED), "warning", f"with '{REPLACED}', where a character was lost"),
        (pc.match_substring_regex(column, STRAY), "note", "with invisible control characters or byte order marks"),
    )
    for matched, level, what in told:
        mask = np.asarray(pc.fill_null(matched, False).to_numpy(), dtype=bool)
        if mask.any():
            rows = look.row_numbers(mask)
            sentence = f"'{name}' holds {counted(len(rows), 'text')} {what}."
            findings.append(
                find(
                    "encoding",
                    level,
                    sentence,
                    column=name,
                    rows=rows,
                    cure="Read the original file again in its encoding.",
                )
            )
    return findings
