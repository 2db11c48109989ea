"""Columns that name rows, and categories with about as many levels as rows."""

import pyarrow as pa

from belvedere.checks.look import Look, as_kind, find, ignoring
from belvedere.types import Finding
from belvedere.values import to_codes


def check_ids(look: Look) -> list[Finding]:
    """Tell which columns were taken for identifiers, and which inputs look like one."""
    findings = []
    for column in look.schema:
        if column.role == "id":
            sentence = f"'{column.name}' looks like an identifier ({column.why}): it was not learned from."
            findings.append(
                find(
                    "ids",
                    "note",
                    sentence,
                    column=column.name,
                    cure=f"To use it all the same: {as_kind(column.name, column.kind)}",
                )
            )
        elif column.role == "input" and column.kind == "category" and look.n_rows >= 50:
            findings += _many_levels(look, column.name)
    return findings


def _many_levels(look: Look, name: str) -> list[Finding]:
    values = look.column(name)
    if pa.types.is_nested(values.type):
        return []
    codes, levels = to_codes(values)
    present = int((codes >= 0).sum())
    if len(levels) < 50 or len(levels) < present / 3:
        return []
    sentence = (
        f"'{name}' has {len(levels):,} levels in {present:,} rows: it can be learned by heart but says "
        "little about new rows."
    )
    return [find("ids", "warning", sentence, column=name, cure=ignoring(name))]
