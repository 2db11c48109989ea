"""KINDS: the visible table of kinds, in the order in which they are asked whether a column is theirs."""

from collections.abc import Mapping

from belvedere.kinds import category, image, number, position, sequence, text, time, vector, words
from belvedere.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        image.KIND,
        words.KIND,
        sequence.KIND,
        vector.KIND,
        category.BOOLEAN,
        time.KIND,
        number.KIND,
        text.KIND,
        category.KIND,
        position.KIND,
    )
}
