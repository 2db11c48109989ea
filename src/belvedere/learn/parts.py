"""Cut rows into a part that is shown and a part that is hidden, to ask which space foresees the hidden one better.

Tables of several columns: half of the columns are hidden. One column alone: half of the words, the right end of the
pictures, the end of the sequences. What is hidden becomes a yardstick that belongs to neither space.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from belvedere import kinds, training
from belvedere.types import Floats, Input
from belvedere.values import to_matrix, to_texts

N_FOLDS, N_LOOKS = 4, 2
N_PLACES = 2048  # of the words of a hidden text
SHOWN_SHARE = 0.6  # of a picture's side, of a sequence's length
RICH = ("text", "image", "sequence", "vector")


@dataclass(frozen=True)
class Parts:
    """Rows of which only a part is shown, and the hidden part as numbers: (rows, dims), scaled so that distances count."""

    shown: pa.Table
    hidden: Floats


def cut_rows(table: pa.Table, inputs: tuple[Input, ...], *, seed: int) -> Iterator[Parts]:
    """Cut the same rows in four ways; none where there is nothing that could be hidden."""
    rng = np.random.default_rng(seed)
    if len(inputs) > 1:
        return (_hide_columns(table, inputs, rng) for _ in range(N_FOLDS))
    cut = {"text": _hide_words, "image": _hide_side, "sequence": _hide_end, "vector": _hide_numbers}
    item = inputs[0]
    if item.kind not in cut:
        return iter(())
    return (cut[item.kind](table, item, fold, rng) for fold in range(N_FOLDS))


def _hide_columns(table: pa.Table, inputs: tuple[Input, ...], rng: np.random.Generator) -> Parts:
    order = rng.permutation(len(inputs))
    lost = [inputs[i] for i in order[: len(inputs) // 2]]
    shown = table
    for item in lost:
        at = shown.column_names.index(item.name)
        field = shown.schema.field(at)
        shown = shown.set_column(at, field, pa.nulls(len(shown), field.type))
    return Parts(shown, kinds.plain_space(table, tuple(lost)))


def _hide_words(table: pa.Table, item: Input, _fold: int, rng: np.random.Generator) -> Parts:
    """Half of the words (of the letters, where words are not spaced) is shown."""
    shown, hidden = [], []
    for text in to_texts(table.column(item.name)):
        words = text.split()
        gap = " " if len(words) > len(text) / 20 else ""
        words = words if gap else list(text)
        first = rng.random(len(words)) < 0.5
        shown.append(gap.join(word for word, is_first in zip(words, first, strict=True) if is_first))
        hidden.append(gap.join(word for word, is_first in zip(words, first, strict=True) if not is_first))
    return Parts(_with(table, item.name, pa.array(shown)), _told_words(pa.table({item.name: hidden}), item))


def _told_words(table: pa.Table, item: Input) -> Floats:
    """Words weighed by rarity, each with a place and a sign of its own, rows of length 1: no learned directions."""
    grams = kinds.make_arrays(table, (item,))["0.grams"].astype(np.int64)
    weight = np.asarray(item.tensors["idf"])[grams] * (grams != 0)
    told = np.zeros((len(grams), N_PLACES), np.float32)
    sign = np.where(grams // N_PLACES % 2, 1.0, -1.0)
    np.add.at(told, (np.arange(len(grams))[:, None], grams % N_PLACES), weight * sign)
    return np.asarray(told / np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def _hide_side(table: pa.Table, item: Input, fold: int, _rng: np.random.Generator) -> Parts:
    """Three fifths of every picture are shown, stretched to its size; the rest is hidden, free of light and contrast."""
    pixels = kinds.make_arrays(table, (item,))["0.pixels"]
    turned = [lambda x: x, lambda x: x[:, :, ::-1], lambda x: x.swapaxes(1, 2), lambda x: x.swapaxes(1, 2)[:, :, ::-1]]
    seen = turned[fold](pixels)  # the side to be hidden now lies at the right
    width = seen.shape[2]
    cut = max(1, round(width * SHOWN_SHARE))
    stretched = seen[:, :, (np.arange(width) * cut) // width]
    back = stretched if fold == 0 else stretched[:, :, ::-1] if fold == 1 else stretched.swapaxes(1, 2)
    back = back[:, ::-1] if fold == 3 else back
    hidden = own_scale(seen[:, :, cut:].astype(np.float32).mean(axis=3))
    return Parts(pa.table([_pictures(back)], schema=pa.schema([_picture_field(item, back.shape)])), hidden)


def _pictures(pixels: NDArray[Any]) -> pa.Array:
    flat = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), flat.shape[1])


def _picture_field(item: Input, shape: tuple[int, ...]) -> pa.Field:
    size = int(np.prod(shape[1:]))
    note = {"belvedere.kind": "image", "belvedere.shape": ",".join(str(side) for side in shape[1:])}
    return pa.field(item.name, pa.list_(pa.uint8(), size), metadata=note)


def other_looks(table: pa.Table, item: Input, *, mirror: bool, seed: int) -> list[pa.Table]:
    """The same pictures in other crops, angles and lights, twice."""
    pixels = torch.from_numpy(np.array(kinds.make_arrays(table, (item,))["0.pixels"]))
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(N_LOOKS):
            look = training.varied_pictures(pixels, mirror=mirror).round().to(torch.uint8).numpy()
            found.append(pa.table([_pictures(look)], schema=pa.schema([_picture_field(item, look.shape)])))
    return found


def _hide_end(table: pa.Table, item: Input, fold: int, _rng: np.random.Generator) -> Parts:
    """The first (or, in every other fold, the last) three fifths of each sequence are shown.

    The hidden rest is told by its shape and by its spectrum, since what goes in cycles may stand anywhere in its cycle.
    """
    values = table.column(item.name).combine_chunks()
    shown, rest = [], []
    for value in values:
        n = len(value.as_py() or ()) if not value.is_valid else len(value.values)
        cut, steps = max(1, round(n * SHOWN_SHARE)), value.values if value.is_valid else pa.array([])
        first, last = (steps[:cut], steps[cut:]) if fold % 2 == 0 else (steps[n - cut :], steps[: n - cut])
        shown.append(first)
        rest.append(last)
    hidden = kinds.plain_space(_with(table, item.name, _lists(rest, values.type)), (item,))
    steps = hidden.reshape(len(hidden), -1, int(item.info["d"]))
    spectrum = np.log(np.abs(np.fft.rfft(steps - steps.mean(axis=1, keepdims=True), axis=1)) + 1e-2)
    both = [own_scale(hidden), own_scale(spectrum.astype(np.float32))]
    return Parts(_with(table, item.name, _lists(shown, values.type)), np.hstack(both))


def _lists(parts: list[Any], kind: pa.DataType) -> pa.Array:
    """Arrow lists from one array of steps per row."""
    ends = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int32)
    return pa.ListArray.from_arrays(ends, pa.concat_arrays([part.cast(kind.value_type) for part in parts]))


def _hide_numbers(table: pa.Table, item: Input, _fold: int, rng: np.random.Generator) -> Parts:
    """Half of the numbers of a vector are shown, the others set to their mean over the rows."""
    field = table.schema.field(item.name)
    values = np.nan_to_num(to_matrix(table.column(item.name)))
    lost = rng.random(values.shape[1]) < 0.5
    plain = kinds.plain_space(table, (item,))
    hidden = plain[:, lost] if plain.shape[1] == values.shape[1] else plain
    shown = np.where(lost, values.mean(axis=0, keepdims=True), values).astype(values.dtype)
    column = pa.FixedSizeListArray.from_arrays(pa.array(shown.reshape(-1)), shown.shape[1]).cast(field.type)
    return Parts(table.set_column(table.column_names.index(item.name), field, column), hidden)


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    """The table with other values in a column, its metadata kept."""
    at = table.column_names.index(name)
    field = table.schema.field(at).with_type(column.type)
    return table.set_column(at, field, column)


def own_scale(values: NDArray[Any]) -> Floats:
    """Center and scale each row by itself: (rows, …) -> float32 (rows, dims) of length 1.

    Examples
    --------
    >>> own_scale(np.array([[1.0, 3.0], [10.0, 30.0]])).astype(float).round(3).tolist()
    [[-0.707, 0.707], [-0.707, 0.707]]
    """
    flat = np.asarray(values, np.float32).reshape(len(values), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), dtype=np.float32)
