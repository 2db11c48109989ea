"""Missing values, also those that hide behind words or sentinel numbers; and columns that are missing together."""

import numpy as np

from belvedere.checks.look import Look, find, ignoring, is_text, missing_mask, quoted, share
from belvedere.types import Finding
from belvedere.values import MISSING_WORDS, to_codes, to_floats

MUCH, MOST = 0.05, 0.5
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0)


def check_missing(look: Look) -> list[Finding]:
    """Find columns with gaps, gaps that go together, and values that stand for a gap."""
    masks = {name: missing_mask(look.column(name)) for name in look.table.column_names}
    masks = {name: mask for name, mask in masks.items() if 0 < mask.sum() < len(mask)}
    together = _together(masks)
    findings = [_joint_finding(look, names, masks[names[0]]) for names in together]
    alone = [name for name in masks if not any(name in names for names in together)]
    findings += [_finding(look, name, masks[name]) for name in alone if masks[name].mean() >= MUCH]
    few = [name for name in alone if masks[name].mean() < MUCH]
    if few:
        rows = look.row_numbers(np.logical_or.reduce([masks[name] for name in few]))
        sentence = f"A few values are missing in {quoted(few)}: {len(rows):,} rows have such a gap{look.sampled}."
        findings.append(find("missing", "note", sentence, rows=rows, column=few[0] if len(few) == 1 else ""))
    return findings + _stand_ins(look) + _sentinels(look)


def _together(masks: dict[str, np.ndarray]) -> list[list[str]]:
    """Group columns that are missing in exactly the same rows."""
    groups: dict[bytes, list[str]] = {}
    for name, mask in masks.items():
        groups.setdefault(np.packbits(mask).tobytes(), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _joint_finding(look: Look, names: list[str], mask: np.ndarray) -> Finding:
    rows = look.row_numbers(mask)
    level = "warning" if mask.mean() >= MUCH else "note"
    sentence = (
        f"{len(names)} columns are missing together in {len(rows):,} rows ({share(len(rows), look.n_rows)}): "
        f"{quoted(names)}{look.sampled}."
    )
    return find(
        "missing", level, sentence, rows=rows, cure="That a value is missing is learned as a signal; nothing to do."
    )


def _finding(look: Look, name: str, mask: np.ndarray) -> Finding:
    rows = look.row_numbers(mask)
    level = "warning" if mask.mean() >= MOST else "note"
    sentence = f"'{name}' is missing in {share(len(rows), look.n_rows)} of the rows ({len(rows):,}){look.sampled}."
    cure = ignoring(name) if mask.mean() >= MOST else "That a value is missing is learned as a signal; nothing to do."
    return find("missing", level, sentence, column=name, rows=rows, cure=cure)


def _stand_ins(look: Look) -> list[Finding]:
    """Words such as '?' or 'NA' that stand for a gap in text columns."""
    findings = []
    for column in look.of_kind("category", "text", "boolean"):
        values = look.column(column.name)
        if not is_text(values):
            continue
        codes, levels = to_codes(values)
        words = [
            level for level in levels if level.strip() and level.strip().lower() in MISSING_WORDS - {"none", "unknown"}
        ]
        if words and len(levels) > len(words):
            rows = look.row_numbers(np.isin(codes, [levels.index(word) for word in words]))
            sentence = f"{quoted(words)} in '{column.name}' ({len(rows):,} rows) looks like a missing value but counts as a word."
            cure = "Replace it by an empty cell in the file."
            findings.append(find("missing", "note", sentence, column=column.name, rows=rows, cure=cure))
    return findings


def _sentinels(look: Look) -> list[Finding]:
    """One number such as -999 that stands far outside all others, many times."""
    findings = []
    for column in look.of_kind("number"):
        values = to_floats(look.column(column.name))
        present = values[np.isfinite(values)]
        for edge in (present.min(), present.max()) if len(present) > 20 else ():
            others = present[present != edge]
            n = len(present) - len(others)
            if edge in SENTINELS and n >= max(3, 0.001 * len(present)) and _is_far(edge, others):
                sentence = f"{edge:g} in '{column.name}' ({n:,} rows) lies far outside the other values: it may stand for a missing one."
                cure = "Replace it by an empty cell in the file if it is no measurement."
                rows = look.row_numbers(values == edge)
                findings.append(find("missing", "warning", sentence, column=column.name, rows=rows, cure=cure))
    return findings


def _is_far(edge: float, others: np.ndarray) -> bool:
    """Whether the nearest other value is farther away than half of what the others span, and they never change sign."""
    if len(others) < 10:
        return False
    low, high = others.min(), others.max()
    gap = low - edge if edge < low else edge - high
    return bool(gap > 0.5 * (high - low) and high > low) or bool(edge == -1 and low >= 0 and high > 20)
