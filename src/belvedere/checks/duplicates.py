"""Rows that occur more than once; the same row with two answers; the same row in training and test."""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.hashing import Hashes, hash_column, hash_rows
from belvedere.checks.look import Look, find, share
from belvedere.types import Finding

MANY = 0.01


def check_duplicates(look: Look) -> list[Finding]:
    """Find equal rows, identifiers and the split left out of the comparison."""
    names = [column.name for column in look.schema if column.role in ("input", "target")]
    inputs = [column.name for column in look.schema.inputs]
    if look.n_rows < 2 or not names:
        return []
    hashes = hash_rows(look.table, names)
    repeated = _repeats(hashes)
    findings = []
    if repeated.any():
        rows = look.row_numbers(repeated)
        level = "warning" if repeated.mean() >= MANY and not _is_coarse(hashes) else "note"
        sentence = (
            f"{len(rows):,} rows ({share(len(rows), look.n_rows)}) repeat an earlier row in every column{look.sampled}."
        )
        findings.append(
            find(
                "duplicates",
                level,
                sentence,
                rows=rows,
                cure="Remove them from the file, or keep them if each is a case of its own.",
            )
        )
    alike = hashes if names == inputs else hash_rows(look.table, inputs) if inputs else None
    if alike is not None:
        findings += _contradictions(look, alike) + _shared_by_parts(look, alike)
    return findings


def _repeats(hashes: Hashes) -> NDArray[np.bool_]:
    """Mark every row that equals an earlier one."""
    _, first = np.unique(hashes, return_index=True)
    mask = np.ones(len(hashes), bool)
    mask[first] = False
    return mask


def _is_coarse(hashes: Hashes) -> bool:
    """Whether there are so few different rows that repeats say nothing."""
    return len(np.unique(hashes)) < 0.05 * len(hashes)


def _contradictions(look: Look, alike: Hashes) -> list[Finding]:
    """Equal inputs with different answers: no network can learn those."""
    target = look.schema.target
    if target is None:
        return []
    answers = hash_column(look.table.schema.field(target.name), look.column(target.name))
    order = np.lexsort((answers, alike))
    same = alike[order][1:] == alike[order][:-1]
    differ = same & (answers[order][1:] != answers[order][:-1])
    groups = np.unique(alike[order][1:][differ])
    mask = np.isin(alike, groups)
    if not mask.any():
        return []
    rows = look.row_numbers(mask)
    level = "warning" if mask.mean() >= MANY else "note"
    sentence = f"{len(rows):,} rows are equal in every input but differ in '{target.name}': no network can tell them apart{look.sampled}."
    return [
        find(
            "duplicates",
            level,
            sentence,
            rows=rows,
            column=target.name,
            cure="Look at them: labels may be wrong, or a column is missing.",
        )
    ]


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
    level = "serious" if leaked.sum() >= MANY * (~training).sum() else "warning"
    sentence = f"{len(rows):,} rows outside training ({share(len(rows), int((~training).sum()))}) also stand in training{look.sampled}: scores on them are too good."
    return [
        find(
            "leakage",
            level,
            sentence,
            rows=rows,
            column=split[0].name,
            cure="Remove them from the test part, or drop the split column.",
        )
    ]
