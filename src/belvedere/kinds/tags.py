"""One label per word: which columns hold the words, and the labels as codes."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from belvedere.errors import ColumnError
from belvedere.kinds.facts import facts_of
from belvedere.kinds.position import is_position
from belvedere.kinds.words import LONGEST, cut, is_word_list
from belvedere.types import Column, Target
from belvedere.values import Array

MOST_TAGS = 400


def read_aligned(table: pa.Table, columns: Sequence[Column], target: str, fixed: Sequence[str]) -> list[Column]:
    """Give columns their kinds beside a target of one label per word.

    Columns with as many words as the target has labels become 'words'; a whole number named like a predicate's place
    becomes a 'position'; other texts are left out. `fixed` are the columns whose kind a person gave.
    """
    some = table.slice(0, 2000)
    lengths = np.array([len(row) for row in cut(some.column(target))])
    found = []
    for column in columns:
        facts = facts_of(some, column.name)
        if column.name == target:
            found.append(Column(target, "tags", "target", "to be predicted; one label per word"))
        elif column.name in fixed or column.role in ("split", "left out"):
            found.append(column)
        elif facts.is_text or is_word_list(facts.type):
            same = np.array([len(row) for row in cut(facts.column)]) == lengths
            found.append(
                Column(column.name, "words", "input", f"as many words as {target!r} has labels")
                if same.mean() > 0.99 and lengths.max() > 1
                else Column(column.name, column.kind, "left out", f"not as many words as {target!r} has labels")
            )
        elif is_position(facts):
            found.append(Column(column.name, "position", "input", "named like the place of a word"))
        else:
            found.append(column)
    return found


def fit_tags(column: pa.ChunkedArray, name: str) -> Target:
    """Learn the labels; 'O' (outside) comes first where there is one.

    Examples
    --------
    >>> fit_tags(pa.chunked_array([["O B-city I-city", "O"]]), "tags").classes
    ('O', 'B-city', 'I-city')
    """
    tags = {tag for row in cut(column) for tag in row}
    if not 2 <= len(tags) <= MOST_TAGS:
        raise ColumnError(
            f"The target {name!r} must hold one of 2 to {MOST_TAGS} labels per word, but holds {len(tags):,} labels. "
            "Write one label per word, parted by blanks, 'O' for none; or choose another task."
        )
    return Target(name, "tokens", tuple(sorted(tags, key=lambda tag: (tag != "O", tag[2:], tag))))


def make_tags(column: pa.ChunkedArray, target: Target) -> Array:
    """Codes of all labels: int64 (rows, most), -1 beyond the end of a row and where a label is unknown."""
    rows = [row[:LONGEST] for row in cut(column)]
    code = {tag: number for number, tag in enumerate(target.classes)}
    labels = np.full((len(rows), max([1, *(len(row) for row in rows)])), -1, dtype=np.int64)
    for number, row in enumerate(rows):
        labels[number, : len(row)] = [code.get(tag, -1) for tag in row]
    return labels
