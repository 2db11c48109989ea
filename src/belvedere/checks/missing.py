"""Missing values, also those that hide behind words or sentinel numbers; and columns that are missing together."""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.look import Look, find, ignoring, is_text, missing_mask, quoted, share
from belvedere.types import Finding, Level
from belvedere.values import MISSING_WORDS, counted, to_codes, to_floats

MUCH, MOST = 0.05, 0.5
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0)
UNLABELLED = "These rows are mapped, but nothing is learned from them; nothing to do."
NOTHING_TO_DO = "That a value is missing is learned as a signal; nothing to do."
Mask = NDArray[np.bool_]


def check_missing(look: Look) -> list[Finding]:
    """Find columns with gaps, gaps that go together, and values that stand for a gap."""
    masks = {name: missing_mask(look.column(name)) for name in look.table.column_names}
    masks = {name: mask for name, mask in masks.items() if 0 < mask.sum() < len(mask)}
    most = [name for name, mask in masks.items() if mask.mean() >= MOST]
    together = [names for names in _together(masks) if names[0] not in most]
    alone = [name for name in masks if name not in most and not any(name in names for names in together)]
    findings = [_mostly_missing(look, name, masks[name]) for name in most]
    findings += [_joint_finding(look, names, masks[names[0]]) for names in together]
    findings += _gaps(look, {name: masks[name] for name in alone})
    return findings + _stand_ins(look) + _sentinels(look)


def _together(masks: dict[str, Mask]) -> list[list[str]]:
    """Group columns that are missing in exactly the same rows."""
    groups: dict[bytes, list[str]] = {}
    for name, mask in masks.items():
        groups.setdefault(np.packbits(mask).tobytes(), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _mostly_missing(look: Look, name: str, mask: Mask) -> Finding:
    rows = look.row_numbers(mask)
    sentence = f"'{name}' is missing in {share(len(rows), look.n_rows)} of the rows ({len(rows):,}){look.sampled}."
    return find("missing", "warning", sentence, column=name, rows=rows, cure=ignoring(name))


def _joint_finding(look: Look, names: list[str], mask: Mask) -> Finding:
    rows = look.row_numbers(mask)
    level: Level = "warning" if mask.mean() >= MUCH else "note"
    sentence = (
        f"{len(names)} columns are missing together in {counted(len(rows), 'row')} "
        f"({share(len(rows), look.n_rows)}): {quoted(names)}{look.sampled}."
    )
    return find("missing", level, sentence, column=names[0], rows=rows, cure=NOTHING_TO_DO)


def _gaps(look: Look, masks: dict[str, Mask]) -> list[Finding]:
    """One finding each for up to three columns, one for all where there are more."""
    if not masks:
        return []
    order = sorted(masks, key=lambda name: -masks[name].sum())
    if len(order) <= 3:
        return [_gap(look, name, masks[name]) for name in order]
    rows = look.row_numbers(np.logical_or.reduce(list(masks.values())))
    told = ", ".join(f"'{name}' ({share(int(masks[name].sum()), look.n_rows)})" for name in order[:6])
    more = f" and {len(order) - 6:,} more" if len(order) > 6 else ""
    sentence = f"{len(order)} columns have gaps: {told}{more}; {counted(len(rows), 'row')} in all{look.sampled}."
    return [find("missing", "note", sentence, rows=rows, cure=NOTHING_TO_DO)]


def _gap(look: Look, name: str, mask: Mask) -> Finding:
    rows = look.row_numbers(mask)
    sentence = f"'{name}' is missing in {counted(len(rows), 'row')} ({share(len(rows), look.n_rows)}){look.sampled}."
    is_target = look.schema.target is not None and look.schema.target.name == name
    cure = UNLABELLED if is_target else NOTHING_TO_DO
    return find("missing", "note", sentence, column=name, rows=rows, cure=cure)


def _stand_ins(look: Look) -> list[Finding]:
    """Words such as '?' or 'NA' that stand for a gap in columns of words."""
    findings = []
    for column in look.of_kind("category", "boolean"):
        values = look.column(column.name)
        if not is_text(values):
            continue
        codes, levels = to_codes(values)
        words = [level for level in levels if _stands_for_missing(level)]
        if words and len(levels) > len(words):
            rows = look.row_numbers(np.isin(codes, [levels.index(word) for word in words]))
            sentence = (
                f"{quoted(words)} in '{column.name}' ({counted(len(rows), 'row')}) looks like a missing value "
                "but counts as a word."
            )
            cure = "Replace it by an empty cell in the file."
            findings.append(find("missing", "note", sentence, column=column.name, rows=rows, cure=cure))
    return findings


def _stands_for_missing(level: str) -> bool:
    plain = level.strip().lower()
    return bool(plain) and plain in MISSING_WORDS and plain not in ("none", "unknown")  # those two can be answers


def _sentinels(look: Look) -> list[Finding]:
    """One number such as -999 that stands far outside all others, many times."""
    findings = []
    for column in look.of_kind("number"):
        values = to_floats(look.column(column.name))
        present = values[np.isfinite(values)]
        for edge in (present.min(), present.max()) if len(present) > 20 else ():
            others = present[present != edge]
            n = len(present) - len(others)
            if edge in SENTINELS and n >= max(3, 0.001 * len(present)) and _is_far(float(edge), others):
                sentence = (
                    f"{edge:g} in '{column.name}' ({counted(n, 'row')}) lies far outside the other values: "
                    "it may stand for a missing one."
                )
                cure = "Replace it by an empty cell in the file if it is no measurement."
                rows = look.row_numbers(values == edge)
                findings.append(find("missing", "warning", sentence, column=column.name, rows=rows, cure=cure))
    return findings


def _is_far(edge: float, others: NDArray[np.float64]) -> bool:
    """Whether the gap to the next value is over half of what the others span; or -1 among many non-negative ones."""
    if len(others) < 10:
        return False
    low, high = float(others.min()), float(others.max())
    gap = low - edge if edge < low else edge - high
    return (gap > 0.5 * (high - low) and high > low) or (edge == -1 and low >= 0 and high > 20)
