"""Find rows by text: every word must occur, anywhere, upper or lower case alike; or one regular expression.

Regular expressions run in RE2 (through Arrow), whose time grows with the length of the text only, so that no pattern
can hang the server. Words need no borders, so Chinese and other scripts without spaces are found as they are.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.types import MapContent

MAX_QUERY = 500  # characters
MAX_WORDS = 20


def searched_columns(content: MapContent) -> tuple[str, ...]:
    """Names of the columns that hold text."""
    types = {field.name: field.type for field in content.rows.schema}  # a table looks names up one by one
    return tuple(c.name for c in content.schema if c.name in types and _holds_text(types[c.name]))


def _holds_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def split_words(query: str) -> list[str]:
    """Distinct words of a query, lower case, in order."""
    if len(query) > MAX_QUERY:
        raise SettingError(f"A query must have at most {MAX_QUERY} characters, but it has {len(query)}. Shorten it.")
    return list(dict.fromkeys(query.lower().split()))[:MAX_WORDS]


def scan_words(content: MapContent, words: list[str]) -> NDArray[np.bool_]:
    """Rows (n,) in which every word occurs in some text column."""
    found = np.ones(content.n_rows, dtype=bool)
    for word in words:
        found &= _scan(content, lambda values, word=word: pc.match_substring(values, word, ignore_case=True))
    return found


def scan_pattern(content: MapContent, pattern: str) -> NDArray[np.bool_]:
    """Rows (n,) in which a regular expression matches in some text column.

    Raises
    ------
    SettingError
        Where the pattern is too long or not one that RE2 knows.
    """
    if len(pattern) > MAX_QUERY:
        raise SettingError(
            f"A pattern must have at most {MAX_QUERY} characters, but it has {len(pattern)}. Shorten it."
        )
    try:
        return _scan(content, lambda values: pc.match_substring_regex(values, pattern, ignore_case=True))
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")[:200]
        raise SettingError(f"The pattern must be a regular expression (RE2), but: {reason}. Correct it.") from error


def _scan(content: MapContent, matches: Any) -> NDArray[np.bool_]:
    """Rows where `matches(values)` holds in any text column; each distinct word of a category is looked at once."""
    found = np.zeros(content.n_rows, dtype=bool)
    for name in searched_columns(content):
        start = 0
        for chunk in content.rows[name].chunks:
            hit = _match_words(chunk, matches) if isinstance(chunk, pa.DictionaryArray) else _flags(matches(chunk))
            found[start : start + len(chunk)] |= hit
            start += len(chunk)
    return found


def _match_words(chunk: pa.DictionaryArray, matches: Any) -> NDArray[np.bool_]:
    words = np.append(_flags(matches(chunk.dictionary)), False)
    codes = chunk.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(words[codes])


def _flags(hits: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(hits.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
