"""What pictures, sequences and vectors look like, as plain numbers with names that a person knows.

A region of pictures cannot be named by their pixels, but it can by their brightness or their tilt; a region of cells by the
genes that vary most. These numbers stand beside the data as columns when regions are named; nothing is learned from them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere import kinds
from belvedere.explain.features import Feature, More, spoken
from belvedere.explaining.rows import vector_names
from belvedere.types import Input, Schema

Array = NDArray[Any]
Columns = dict[str, Array]
WEIGHT = 0.8  # classes and columns come first in a name
MOST_PARTS = 200  # numbers of a vector that may name regions: those that vary most
FEW_ROWS = 4_000  # where pictures must be decoded
CHUNK = 1_000
WORDS = {
    "brightness": ("bright", "dark"),
    "contrast": ("strong contrast", "pale"),
    "detail": ("detailed", "smooth"),
    "lopsidedness": ("lopsided", "symmetric"),
    "size": ("large", "small"),
    "width": ("wide", "narrow"),
    "height": ("tall", "flat"),
    "tilt": ("leaning right", "leaning left"),
    "top": ("top-heavy", "bottom-heavy"),
    "middle": ("full in the middle", "hollow"),
    "red": ("reddish", "greenish blue"),
    "green": ("greenish", "purplish"),
    "blue": ("bluish", "yellowish"),
    "color": ("colorful", "gray"),
    "length": ("long", "short"),
    "level": ("high", "low"),
    "swing": ("lively", "quiet"),
    "trend": ("rising", "falling"),
    "roughness": ("rough", "smooth"),
    "peak": ("late peak", "early peak"),
}
SURENESS = Feature("|sureness", "sure", "unsure", 0.6)


def describe(table: pa.Table, inputs: tuple[Input, ...], *, confidence: Array | None = None) -> More:
    """Make the function from row numbers to what else can be said of those rows.

    Parameters
    ----------
    table : pyarrow.Table
        All rows.
    inputs : tuple of Input
        As they were fitted.
    confidence : (rows,) array, optional
        How sure a network is of what it predicts.
    """
    rich = tuple(item for item in inputs if item.kind in LOOKS)

    def more(rows: NDArray[np.int64]) -> list[tuple[Feature, Array]]:
        found = [] if confidence is None else [(SURENESS, np.asarray(confidence)[rows])]
        for item in rich:
            of = "" if len(rich) == 1 else f" {spoken(item.name)}"
            found += [(_feature(item.name, look, of), values) for look, values in _looks_of(table, item, rows).items()]
        return found

    return more


def _feature(column: str, look: str, of: str) -> Feature:
    """How a look is said: 'dark', or 'dark cover' where several columns have looks; numbers of vectors by their names."""
    look, _, part = look.partition("|")
    much, little = WORDS.get(look, (f"high {look}", f"low {look}"))
    return Feature(f"{column}|{look}{part}", f"{much}{part}{of}", f"{little}{part}{of}", WEIGHT)


def fits(schema: Schema, table: pa.Table, most: int) -> int:
    """How many rows may be looked at: fewer where pictures are files or bytes that must be decoded."""
    coded = [c for c in schema.inputs if c.kind == "image" and not pa.types.is_fixed_size_list(table[c.name].type)]
    return min(most, FEW_ROWS) if coded else most


def _looks_of(table: pa.Table, item: Input, rows: NDArray[np.int64]) -> Columns:
    """Chunk by chunk, so that very large pictures are not all held at once."""
    parts: list[Columns] = []
    part_table = table.select([item.name])
    keep = _telling_parts(part_table, item, rows) if item.kind == "vector" else np.zeros(0, np.int64)
    for at in range(0, len(rows), CHUNK):
        some = part_table.take(pa.array(rows[at : at + CHUNK]))
        arrays = {name[2:]: values for name, values in kinds.make_arrays(some, (item,)).items()}
        parts.append(LOOKS[item.kind](some, item, arrays, keep))
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def _of_pictures(table: pa.Table, item: Input, arrays: Columns, keep: Array) -> Columns:
    """Brightness, contrast, detail, and how what stands out from the border lies: (rows, height, width, channels)."""
    pixels = arrays["pixels"].astype(np.float32) / 255
    gray = pixels.mean(axis=3)
    border = np.concatenate([gray[:, 0], gray[:, -1], gray[:, :, 0], gray[:, :, -1]], axis=1)
    ink = np.abs(gray - np.median(border, axis=1)[:, None, None])
    found = {
        "brightness": gray.mean(axis=(1, 2)),
        "contrast": gray.std(axis=(1, 2)),
        "detail": np.abs(np.diff(gray, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(gray, axis=2)).mean(axis=(1, 2)),
        "lopsidedness": np.abs(gray - gray[:, :, ::-1]).mean(axis=(1, 2)),
        **_shape_of(ink),
    }
    if pixels.shape[3] == 3:
        tint = pixels.mean(axis=(1, 2)) - pixels.mean(axis=(1, 2, 3))[:, None]
        found |= {name: tint[:, i] for i, name in enumerate(("red", "green", "blue"))}
        found["color"] = pixels.std(axis=3).mean(axis=(1, 2))
    return found


def _shape_of(ink: Array) -> Columns:
    """Size, width, height, tilt and hollowness of what stands out: ink (rows, height, width)."""
    total = ink.sum(axis=(1, 2)) + 1e-9
    y, x = (np.arange(n, dtype=np.float32) for n in ink.shape[1:])
    across, down = ink.sum(axis=1), ink.sum(axis=2)
    center = [(across * x).sum(axis=1) / total, (down * y).sum(axis=1) / total]
    dx, dy = x - center[0][:, None], y - center[1][:, None]
    spread_x = np.sqrt((across * dx**2).sum(axis=1) / total)
    spread_y = np.sqrt((down * dy**2).sum(axis=1) / total)
    tilt = -np.einsum("nhw,nh,nw->n", ink, dy, dx) / total / (spread_x * spread_y + 1e-9)
    top = ink[:, : ink.shape[1] // 2].sum(axis=(1, 2)) / total
    middle = ink[:, ink.shape[1] // 3 : -(ink.shape[1] // 3) or None, ink.shape[2] // 3 : -(ink.shape[2] // 3) or None]
    return {
        "size": (ink > 0.1).mean(axis=(1, 2)), "width": spread_x, "height": spread_y, "tilt": tilt,
        "top": top, "middle": middle.sum(axis=(1, 2)) / total,
    }  # fmt: skip


def _of_sequences(table: pa.Table, item: Input, arrays: Columns, keep: Array) -> Columns:
    """Level, swing, trend, roughness, place of the peak and length of the first channels: steps (rows, T, d)."""
    steps, length = arrays["steps"].astype(np.float32), arrays["length"]
    real = np.arange(steps.shape[1])[None] < length[:, None]
    n = np.maximum(length, 1).astype(np.float32)
    when = np.where(real, (np.arange(steps.shape[1])[None] + 0.5) / n[:, None] - 0.5, 0)
    found: Columns = {"length": length.astype(np.float32)}
    for channel in range(min(steps.shape[2], 8)):
        x = np.where(real, steps[:, :, channel], 0)
        level = x.sum(axis=1) / n
        away = np.where(real, x - level[:, None], 0)
        swing = np.sqrt(np.square(away).sum(axis=1) / n)
        jumps = np.abs(np.diff(x, axis=1) * real[:, 1:]).sum(axis=1) / n
        part = f"| in channel {channel}" if steps.shape[2] > 1 else ""
        found |= {
            f"level{part}": level, f"swing{part}": swing, f"trend{part}": (away * when).sum(axis=1) / n,
            f"roughness{part}": jumps / (swing + 1e-6),
            f"peak{part}": np.where(real, x, -np.inf).argmax(axis=1) / n,
        }  # fmt: skip
    return found


def _of_vectors(table: pa.Table, item: Input, arrays: Columns, keep: Array) -> Columns:
    """The numbers that vary most, by their names."""
    names = vector_names(table, item)
    return {names[i]: arrays["value"][:, i].astype(np.float32) for i in keep}


def _telling_parts(table: pa.Table, item: Input, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which numbers of a vector vary most over some rows; none where they have no names."""
    if b"belvedere.names" not in (table.schema.field(item.name).metadata or {}):
        return np.zeros(0, np.int64)
    some = table.take(pa.array(rows[:: max(1, len(rows) // CHUNK)]))
    values = kinds.make_arrays(some, (item,))["0.value"]
    return np.sort(np.argsort(-values.var(axis=0), kind="stable")[:MOST_PARTS])


LOOKS: dict[str, Callable[[pa.Table, Input, Columns, Array], Columns]] = {
    "image": _of_pictures,
    "sequence": _of_sequences,
    "vector": _of_vectors,
}
