"""Personal and sensitive columns: by what values look like, by checksums, and by column names. Nothing leaves the machine.

Names inside running text are not promised to be found; that takes a language model.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.checks.look import Look, find, hiding, is_text, quoted, share
from belvedere.checks.personal import ATTRIBUTES, PATTERNS, Pattern, spaced, telling_name
from belvedere.types import Column, Finding
from belvedere.values import counted, parse_number, spread, to_codes

SAMPLE = 20_000  # rows whose values are looked at in columns of single values
SHORT = 40  # letters on average: no running text, whatever its kind
MOST = 0.5  # share of the values that makes a column personal as a whole
PERSON = re.compile(r"[A-Z][\w'’-]+,? (?:(?:Mr|Mrs|Ms|Miss|Dr|Master)\.? )?[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}")


def check_sensitive(look: Look) -> list[Finding]:
    """Name personal columns, running text with personal values in it, and sensitive attributes."""
    findings = []
    for column in look.schema:
        values = look.column(column.name)
        if pa.types.is_nested(values.type) or column.kind == "image":
            continue
        if column.kind == "text" and is_text(values):
            findings += _in_text(look, column)
        else:
            findings += _in_column(look, column)
    attributes = [c.name for c in look.schema if c.role in ("input", "target") and ATTRIBUTES.search(spaced(c.name))]
    if attributes:
        sentence = f"{quoted(attributes)} may be sensitive: what is learned, and the map itself, can give it away."
        findings.append(find("sensitive", "note", sentence, column=attributes[0], cure=hiding(attributes[0])))
    return findings


def _in_column(look: Look, column: Column) -> list[Finding]:
    """Match whole values; where none match, trust a telling name."""
    rows = spread(look.n_rows, SAMPLE)
    codes, levels = _texts(look.column(column.name).take(pa.array(rows)))
    present = codes >= 0
    if not present.any():
        return []
    counts = np.bincount(codes[present], minlength=len(levels))
    for pattern in PATTERNS:
        matched = _matching(pattern, levels)
        part = counts[matched].sum() / counts.sum()
        if part >= MOST:
            return [
                _personal(
                    column.name,
                    pattern.noun,
                    f"{share(int(counts[matched].sum()), int(counts.sum()))} of the values look so",
                )
            ]
        if pattern.alone and counts[matched].sum() >= 3 and is_text(look.column(column.name)):
            found = look.row_numbers(rows[np.isin(codes, np.flatnonzero(matched))])
            sentence = f"'{column.name}' holds {pattern.noun} in {counted(len(found), 'row')}."
            return [find("sensitive", "warning", sentence, column=column.name, rows=found, cure=hiding(column.name))]
    return _by_name(column, levels)


def _texts(values: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Codes and levels; floats that are whole numbers are written without a fraction."""
    if pa.types.is_floating(values.type) or pa.types.is_boolean(values.type) or pa.types.is_temporal(values.type):
        return (
            to_codes(values.slice(0, 200))
            if not pa.types.is_temporal(values.type)
            else to_codes(values.cast(pa.string()))
        )
    return to_codes(values)


def _matching(pattern: Pattern, levels: list[str]) -> np.ndarray:
    """Which levels match as a whole and pass the check."""
    if not levels:
        return np.zeros(0, bool)
    whole = pc.match_substring_regex(pa.array(levels, pa.large_string()), rf"^\s*(?:{pattern.looks})\s*$")
    matched = np.array(whole.to_numpy(zero_copy_only=False), dtype=bool)
    for place in np.flatnonzero(matched):
        matched[place] = pattern.check(levels[place].strip())
    return matched


def _by_name(column: Column, levels: list[str]) -> list[Finding]:
    noun = telling_name(column.name)
    if spaced(column.name) == "name":
        some = levels[:500]
        noun = "names of people" if sum(bool(PERSON.fullmatch(text)) for text in some) > 0.6 * len(some) else ""
    if not noun or _contradicts(noun, column, levels):
        return []
    if noun in ("coordinates", "postal codes"):
        sentence = f"'{column.name}' holds {noun} by its name: exact places can point at people's homes."
        return [find("sensitive", "note", sentence, column=column.name, cure=hiding(column.name))]
    return [_personal(column.name, noun, "by its name")]


def _contradicts(noun: str, column: Column, levels: list[str]) -> bool:
    """Whether values speak against what the name says: a yes/no, a few codes, numbers for a name."""
    if len(set(levels)) <= 3 or column.kind == "boolean":
        return True
    if noun in ("names of people", "user names", "postal addresses", "e-mail addresses"):
        return column.kind in ("number", "time")
    if noun == "coordinates":
        return not all(_is_degree(level) for level in levels[:500])
    if noun == "phone numbers":
        return float(np.mean([sum(letter.isdigit() for letter in level) >= 6 for level in levels[:500]])) < 0.5
    return False


def _is_degree(level: str) -> bool:
    """Whether a value can be a latitude or longitude."""
    return bool(np.isnan(number := parse_number(level)) or abs(number) <= 180)


def _personal(name: str, noun: str, why: str) -> Finding:
    sentence = f"'{name}' holds {noun} ({why}): personal data."
    return find("sensitive", "warning", sentence, column=name, cure=hiding(name))


def _in_text(look: Look, column: Column) -> list[Finding]:
    """Search running text for personal values; matches are checked one by one."""
    values, findings = look.column(column.name), []
    named = telling_name(column.name)
    for pattern in (pattern for pattern in PATTERNS if pattern.in_text):
        looks = rf"(?:^|[^\w.+-])(?:{pattern.looks})(?:$|[^\w-])"
        places = np.flatnonzero(pc.fill_null(pc.match_substring_regex(values, looks), False).to_numpy())
        texts = values.take(pa.array(places)).to_pylist()
        inner = re.compile(rf"(?<![\w.+-])(?:{pattern.looks})(?![\w-])")
        found = [
            place
            for place, text in zip(places, texts, strict=True)
            if any(pattern.check(m.group()) for m in inner.finditer(text))
        ]
        if len(found) >= MOST * look.n_rows:
            return [_personal(column.name, pattern.noun, f"{share(len(found), look.n_rows)} of the texts do")]
        if found:
            rows = look.row_numbers(np.array(found, dtype=np.int64))
            part = share(len(rows), look.n_rows)
            sentence = f"'{column.name}' holds {counted(len(rows), 'text')} with {pattern.noun} ({part})."
            findings.append(
                find(
                    "sensitive",
                    "warning",
                    sentence,
                    column=column.name,
                    rows=rows,
                    cure="Mask them in the file before the map is shared.",
                )
            )
    short = float(pc.mean(pc.fill_null(pc.utf8_length(values), 0)).as_py() or 0) <= SHORT
    if not findings and (named in ("names of people", "postal addresses") or (named and short)):
        findings.append(_personal(column.name, named, "by its name"))
    return findings
