"""Rows that occur more than once; the same row with two answers; the same row in training and test."""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.hashing import Hashes, hash_column, hash_rows
from belvedere.checks.look import Look, agree, find, share, without
from belvedere.types import Finding, Level
from belvedere.values import counted

MANY = 0.01
FEW_COLUMNS = 4  # rows of so few plain columns are often equal without being the same case
RICH = ("text", "image", "sequence", "vector")


def check_duplicates(look: Look) -> list[Finding]:
    """Find equal rows; identifiers and the split are left out of the comparison."""
    names = [column.name for column in look.schema if column.role in ("input", "target")]
    inputs = [column.name for column in look.schema.inputs]
    if look.n_rows < 2 or not inputs:
        return []
    alike = hash_rows(look.table, inputs)
    whole = alike if names == inputs else hash_rows(look.table, names)
    return _repeated_rows(look, whole) + _contradictions(look, alike) + _shared_by_parts(look, alike)


def _repeated_rows(look: Look, hashes: Hashes) -> list[Finding]:
    """Rows that equal an earlier one; silent where only a few different rows are possible at all."""
    unique, first = np.unique(hashes, return_index=True)
    repeated = np.ones(len(hashes), bool)
    repeated[first] = False
    inputs = look.schema.inputs
    coarse = len(inputs) <= FEW_COLUMNS and not any(column.kind in RICH for column in inputs)
    if not repeated.any() or (coarse and len(unique) < 0.1 * len(hashes)):
        return []
    rows = look.row_numbers(repeated)
    level: Level = "warning" if repeated.mean() >= MANY and not coarse else "note"
    sentence = (
        f"{counted(len(rows), 'row')} ({share(len(rows), look.n_rows)}) {agree(len(rows), 'repeats', 'repeat')} "
        f"an earlier row in every column{look.sampled}."
    )
    cure = f"Keep them if each is a case of its own, or {without('duplicates')}"
    return [find("duplicates", level, sentence, rows=rows, cure=cure)]


def _contradictions(look: Look, alike: Hashes) -> list[Finding]:
    """Equal inputs with different answers: no network can learn those."""
    target = look.schema.target
    if target is None:
        return []
    mask = _differing(alike, hash_column(look.table.schema.field(target.name), look.column(target.name)))
    if not mask.any():
        return []
    rows = look.row_numbers(mask)
    level: Level = "warning" if mask.mean() >= MANY else "note"
    sentence = (
        f"{counted(len(rows), 'row')} are equal in every input but differ in '{target.name}': "
        f"no network can tell them apart{look.sampled}."
    )
    cure = "Look at them: labels may be wrong, or a column is missing."
    return [find("duplicates", level, sentence, rows=rows, column=target.name, cure=cure)]


def _differing(alike: Hashes, answers: Hashes) -> NDArray[np.bool_]:
    """Mark rows whose group of equal inputs has more than one answer."""
    order = np.lexsort((answers, alike))
    same = alike[order][1:] == alike[order][:-1]
    differ = same & (answers[order][1:] != answers[order][:-1])
    return np.asarray(np.isin(alike, np.unique(alike[order][1:][differ])))


def _shared_by_parts(look: Look, alike: Hashes) -> list[Finding]:
    """The same row in two parts of the split: scores on the held-out part are too good."""
    split = look.schema.of_role("split")
    if not split:
        return []
    parts = np.array(["" if part is None else str(part) for part in look.column(split[0].name).to_pylist()])
    training = np.char.find(np.char.lower(parts), "train") >= 0
    leaked = ~training & np.isin(alike, alike[training])
    if not leaked.any() or training.all():
        return []
    rows = look.row_numbers(leaked)
    held_out = int((~training).sum())
    level: Level = "serious" if len(rows) >= MANY * held_out else "warning"
    sentence = (
        f"{counted(len(rows), 'row')} outside training ({share(len(rows), held_out)}) also "
        f"{agree(len(rows), 'stands', 'stand')} in training{look.sampled}: scores on them are too good."
    )
    cure = f"Drop the split column, or {without('leakage')}"
    return [find("leakage", level, sentence, rows=rows, column=split[0].name, cure=cure)]
