"""The same person, device or case in several rows: held-out rows of it are no new ones."""

import re

import numpy as np

from belvedere.checks.look import Look, find, share, without
from belvedere.checks.personal import spaced
from belvedere.types import Column, Finding, Level
from belvedere.values import counted, to_codes

ENTITY = re.compile(
    r"\b(users?|patients?|subjects?|speakers?|customers?|clients?|persons?|participants?|authors?|writers?|devices?"
    r"|households?|members?|students?|employees?|accounts?|machines?|animals?|donors?|cases?|groups?|families)\b"
    r"( ?(id|no|nr|number|key|code|name))?$"
)
LEAST = 10  # entities
SEVERAL = 1.5  # rows per entity


def check_entities(look: Look) -> list[Finding]:
    """Find columns that name entities of several rows, and whether such an entity stands in training and in test."""
    target = look.schema.target
    if target is None:
        return []
    findings = []
    for column in look.schema:
        if column.name != target.name and column.role != "split" and ENTITY.search(spaced(column.name)):
            findings += _entity(look, column)
    return findings


def _entity(look: Look, column: Column) -> list[Finding]:
    if column.kind not in ("category", "number", "text"):
        return []
    codes, levels = to_codes(look.column(column.name))
    known = codes >= 0
    if len(levels) < LEAST or known.sum() < SEVERAL * len(levels):
        return []
    split = look.schema.of_role("split")
    if not split:
        sentence = (
            f"'{column.name}' names {counted(len(levels), 'entity', 'entities')} with {known.sum() / len(levels):.1f} rows "
            "each: rows held out at random share them with training, so scores are too good for new ones."
        )
        cure = "Add a column 'split' that keeps the rows of each together."
        return [find("leakage", "warning", sentence, column=column.name, cure=cure)]
    parts = np.array(["" if part is None else str(part).lower() for part in look.column(split[0].name).to_pylist()])
    training = np.char.find(parts, "train") >= 0
    shared = known & ~training & np.isin(codes, codes[training & known])
    if not shared.any():
        return []
    rows, held_out = look.row_numbers(shared), int((~training).sum())
    level: Level = "serious" if shared.sum() >= 0.01 * held_out else "warning"
    sentence = (
        f"{counted(len(rows), 'row')} outside training ({share(len(rows), held_out)}) are of a '{column.name}' that also "
        "stands in training: scores on them say little about new ones."
    )
    return [find("leakage", level, sentence, column=column.name, rows=rows, cure=without("leakage"))]
