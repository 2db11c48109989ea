"""Classes of the target that are rare, missing from training, or too small to judge."""

import numpy as np

from belvedere.checks.look import Look, find, quoted, share
from belvedere.types import Finding
from belvedere.values import counted, to_codes

RARE = 0.05  # of the rows, among few classes
SMALL = 10  # rows of a class: fewer cannot be learned and judged


def check_imbalance(look: Look) -> list[Finding]:
    """Find a dominating class and classes with very few rows."""
    target = look.schema.target
    if target is None or target.kind not in ("category", "boolean"):
        return []
    codes, levels = to_codes(look.column(target.name))
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    used = np.flatnonzero(counts)
    if len(used) < 2:
        return []
    return (
        _small(look, target.name, codes, counts, levels)
        + _dominated(look, target.name, counts, levels)
        + _unlabeled(look, target.name, codes)
    )


def _small(look: Look, name: str, codes: np.ndarray, counts: np.ndarray, levels: list[str]) -> list[Finding]:
    small = np.flatnonzero((counts > 0) & (counts < SMALL))
    if not len(small):
        return []
    rows = look.row_numbers(np.isin(codes, small))
    sentence = (
        f"'{name}' has {counted(len(small), 'class', 'classes')} with fewer than {SMALL} rows "
        f"({quoted([levels[code] for code in small], 3)}): they cannot be judged well."
    )
    return [
        find("imbalance", "warning", sentence, column=name, rows=rows, cure="Collect more rows, or join these classes.")
    ]


def _dominated(look: Look, name: str, counts: np.ndarray, levels: list[str]) -> list[Finding]:
    present = counts[counts > 0]
    rarest, top = int(present.min()), int(counts.argmax())
    if rarest >= RARE * present.sum() / max(1, len(present) / 2) and counts[top] < 0.9 * present.sum():
        return []
    sentence = (
        f"'{name}' is unbalanced: '{levels[top][:40]}' makes up {share(int(counts[top]), int(present.sum()))} of the rows, "
        f"the rarest class {share(rarest, int(present.sum()))}{look.sampled}."
    )
    cure = f"Compare with always answering '{levels[top][:40]}': accuracy alone says little; look at F1 and AUC."
    return [find("imbalance", "note", sentence, column=name, cure=cure)]


def _unlabeled(look: Look, name: str, codes: np.ndarray) -> list[Finding]:
    if not (codes < 0).any():
        return []
    rows = look.row_numbers(codes < 0)
    sentence = f"'{name}' is missing in {counted(len(rows), 'row')}: they are mapped, but nothing is learned from them."
    return [find("imbalance", "note", sentence, column=name, rows=rows)]
