"""Near-duplicates: texts that share most of their letters, rows that differ in one cell, pictures that look the same."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.checks import shingles
from belvedere.checks.hashing import Hashes, hash_column
from belvedere.checks.look import Look, agree, find, is_text, share, without
from belvedere.checks.thumbs import Thumbs, thumbs_of
from belvedere.types import Column, Finding
from belvedere.values import counted, spread, to_codes, to_floats

ALIKE = 0.7  # of the letter sequences of two texts
MOST_TEXTS = 200_000
LEAST_LETTERS = 24  # shorter texts are alike too easily
MOST_CELLS = 20_000_000  # of a table compared cell by cell
LEAST_COLUMNS = 4
SURE_BITS = 7.0  # beyond what chance needs to make one pair of rows agree
BITS_APART = 12  # of the 256 that a picture's outline has
PIXELS_APART = 0.15  # root mean square difference of two thumbnails over their contrast
COMMON = 0.1  # of the rows: where so many are alike, that is how the data are made


def check_near(look: Look) -> list[Finding]:
    """Find rows that nearly repeat an earlier one."""
    texts = [column for column in look.of_kind("text") if is_text(look.column(column.name))]
    findings = [finding for column in texts for finding in _texts(look, column)]
    findings += [finding for column in look.of_kind("image") for finding in _images(look, column)]
    return findings + _rows(look)


def _texts(look: Look, column: Column) -> list[Finding]:
    places = spread(look.n_rows, MOST_TEXTS)
    raw = look.column(column.name)
    raw = raw if len(places) == look.n_rows else raw.take(pa.array(places))
    texts = shingles.normalize(raw).to_pylist()
    long = np.flatnonzero(np.array([len(text) >= LEAST_LETTERS for text in texts], bool))
    if len(long) < 2:
        return []
    near = long[_near_texts([texts[i] for i in long], to_codes(raw)[0][long])]
    if not len(near):
        return []
    rows, sampled = look.row_numbers(places[near]), _sampled(look, len(places))
    sentence = (
        f"'{column.name}' holds {counted(len(rows), 'text')} ({share(len(rows), len(places))}) that "
        f"{agree(len(rows), 'is', 'are')} nearly the same as an earlier one{sampled}."
    )
    return [find("near-duplicates", "note", sentence, column=column.name, rows=rows, cure=without("near-duplicates"))]


def _near_texts(texts: list[str], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the texts that are like an earlier one but are not its exact copy."""
    near = np.zeros(len(texts), bool)
    judged: set[tuple[int, int]] = set()
    for first, later in shingles.candidates(shingles.signatures(texts)):
        new = (codes[first] != codes[later]) & ~near[later]
        for one, other in zip(first[new].tolist(), later[new].tolist(), strict=True):
            if (one, other) not in judged:
                judged.add((one, other))
                near[other] = shingles.jaccard(texts[one], texts[other]) >= ALIKE
    return np.flatnonzero(near)


def _images(look: Look, column: Column) -> list[Finding]:
    thumbs = thumbs_of(look, column)
    near = _near_images(thumbs)
    if not len(near):
        return []
    rows, sampled = look.row_numbers(thumbs.rows[near]), _sampled(look, len(thumbs.rows))
    sentence = (
        f"'{column.name}' holds {counted(len(rows), 'image')} that {agree(len(rows), 'looks', 'look')} nearly the same "
        f"as an earlier one{sampled}."
    )
    return [find("near-duplicates", "note", sentence, column=column.name, rows=rows, cure=without("near-duplicates"))]


def _near_images(thumbs: Thumbs) -> NDArray[np.int64]:
    """Numbers of images whose outline and pixels are those of an earlier one (exact copies are told elsewhere)."""
    good = np.flatnonzero(thumbs.is_whole & (thumbs.gray.std(axis=(1, 2)) > 1))
    if not len(good):
        return good
    flat = thumbs.gray[good].reshape(len(good), -1).astype(np.float32)
    outline = _outlines(thumbs.gray[good])
    near = np.zeros(len(good), bool)
    for first, later in _bands(outline):
        apart = np.bitwise_count(outline[first] ^ outline[later]).sum(axis=1)
        close = apart <= BITS_APART
        first, later = first[close], later[close]
        gap = np.sqrt(((flat[first] - flat[later]) ** 2).mean(axis=1)) / flat[first].std(axis=1)
        same = thumbs.digests[good[first]] == thumbs.digests[good[later]]
        near[later[(gap <= PIXELS_APART) & ~same]] = True
    return good[near]


def _outlines(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Whether each pixel of a 16-by-17 thumbnail is brighter than its right neighbor: 256 bits (difference hash)."""
    brighter = gray[:, :, 1:].astype(np.int16) > gray[:, :, :-1]
    return np.packbits(brighter.reshape(len(gray), -1), axis=1)


def _bands(outline: NDArray[np.uint8]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs that agree in 16 neighboring bits: each image beside the first one of its bucket."""
    pairs = []
    for band in range(0, outline.shape[1], 2):
        key = outline[:, band].astype(np.int64) << 8 | outline[:, band + 1]
        order = np.lexsort((np.arange(len(key)), key))
        for step in range(1, 9):  # the eight before it in its bucket
            first, later = order[:-step], order[step:]
            together = key[first] == key[later]
            pairs.append((first[together], later[together]))
    return pairs


def _rows(look: Look) -> list[Finding]:
    """Rows that agree with an earlier one in all plain columns but one, where chance cannot explain it."""
    columns = [c for c in look.schema.inputs if c.kind in ("number", "category", "boolean", "time")]
    if look.n_rows < 20 or not LEAST_COLUMNS <= len(columns) <= 200 or len(columns) < len(look.schema.inputs) / 2:
        return []
    places = spread(look.n_rows, MOST_CELLS // len(columns))
    hashes, bits = _hash_cells(look, columns, places)
    near = _nearly_equal(hashes, bits)
    if not near.any() or near.mean() > COMMON:
        return []
    rows = look.row_numbers(places[near])
    sentence = (
        f"{counted(len(rows), 'row')} ({share(len(rows), len(places))}) {agree(len(rows), 'equals', 'equal')} an earlier "
        f"row in all columns but one{_sampled(look, len(places))}."
    )
    return [find("near-duplicates", "note", sentence, rows=rows, cure=without("near-duplicates"))]


def _hash_cells(
    look: Look, columns: list[Column], places: NDArray[np.int64]
) -> tuple[list[Hashes], NDArray[np.float64]]:
    """Hash each column's cells (numbers to four digits), and how many bits an equal cell is worth."""
    hashes, bits = [], []
    for number, column in enumerate(columns):
        values = look.column(column.name)
        values = values if len(places) == look.n_rows else values.take(pa.array(places))
        if pa.types.is_floating(values.type):
            values = pa.chunked_array([pa.array(_four_digits(to_floats(values)))])
        cell = hash_column(look.table.schema.field(column.name), values)
        _, counts = np.unique(cell, return_counts=True)
        bits.append(-np.log2(float(((counts / len(cell)) ** 2).sum())))  # of two random rows agreeing
        hashes.append(cell * np.uint64(2 * number + 3))
    return hashes, np.array(bits)


def _four_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        size = 10.0 ** (3 - np.floor(np.log10(np.abs(values))))
        return np.where(np.isfinite(size) & np.isfinite(values), np.round(values * size) / size, values)


def _nearly_equal(hashes: list[Hashes], bits: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark rows that equal an earlier one when one column is left out; rare agreement only.

    Where still more rows agree when a second column is left out, closeness is how the data are made: none is marked.
    """
    total = np.add.reduce(hashes)
    near = np.zeros(len(total), bool)
    needed = 2 * np.log2(len(total)) + SURE_BITS
    for number, (cell, bit) in enumerate(zip(hashes, bits, strict=True)):
        if bits.sum() - bit < needed:
            continue
        found = _agreeing(total - cell, cell)
        if found.any() and not _is_natural(hashes, number, total - cell, int(found.sum())):
            near |= found
    return near


def _agreeing(rest: Hashes, left_out: Hashes) -> NDArray[np.bool_]:
    """Rows that equal an earlier one in the rest and differ in what is left out."""
    order = np.argsort(rest, kind="stable")
    alike = (rest[order][1:] == rest[order][:-1]) & (left_out[order][1:] != left_out[order][:-1])
    near = np.zeros(len(rest), bool)
    near[order[1:][alike]] = True
    return near


def _is_natural(hashes: list[Hashes], number: int, rest: Hashes, n_found: int) -> bool:
    """Whether at least as many rows agree with a second column left out, estimated from up to eight such columns."""
    others = [i for i in range(len(hashes)) if i != number]
    tried = others[:: max(1, len(others) // 8)]
    more = 0
    for other in tried:
        agreeing = _agreeing(rest - hashes[other], hashes[number])
        more += int((agreeing & _agreeing(rest - hashes[other], hashes[other])).sum())
    return more * len(others) / len(tried) >= n_found


def _sampled(look: Look, n: int) -> str:
    return "" if n == look.n_rows and look.rows is None else f" (looked at a sample of {n:,})"
