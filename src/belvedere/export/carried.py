"""What one file carries of a map: every answer of the server, made lighter where it would weigh too much."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page import Page, preview_column, take_rows, write_json
from belvedere.types import MapContent

ROWS_PER_PART = 20_000
MAX_IMAGE_BYTES = 3_000_000
MAX_NEIGHBOR_BYTES = 750_000  # packed, 2.7 bytes each
MAX_PARTS = 600_000  # numbers of all sequences and vectors together
MIN_PARTS = 8  # a sequence of fewer steps says nothing
COARSE_STEPS = 256
MISSING = 65_535


def lighten(content: MapContent, max_rows: int) -> MapContent:
    """Sample the rows where there are too many; `provenance['carried']` says in sentences what the file lacks."""
    if max_rows < 1:
        raise SettingError(f"A page must carry at least one row, but max_rows is {max_rows}.")
    notes = []
    if content.n_rows > max_rows:
        rows = np.sort(np.random.default_rng(0).choice(content.n_rows, max_rows, replace=False))
        sentence = f"a sample of {max_rows:,} of {content.n_rows:,} rows"
        content = replace(take_rows(content, rows), name=f"{content.name} ({sentence})")
        notes.append(f"This file carries {sentence}.")
    parts = parts_of_sequences(content)
    if parts is not None:
        notes.append(
            f"Sequences and vectors are carried with {parts} values per row." if parts else "It carries no sequences."
        )
    pictures = rows_with_pictures(content)
    if content.thumbnails is not None and len(pictures) < content.n_rows - content.thumbnails.null_count:
        notes.append(f"It carries the pictures of {len(pictures):,} rows.")
    return replace(content, provenance=content.provenance | {"carried": notes}) if notes else content


def answers_of(content: MapContent) -> Iterator[tuple[str, bytes]]:
    """Name and body of every answer that the page may ask for."""
    page, near, pictures = Page(content), nearest(content), rows_with_pictures(content)
    can = {"search": True, "image": len(pictures) > 0, "neighbors": near is not None}
    can |= {"export": True, "edit": False, "contrast": True, "place": False, "explain": False}
    yield "api/map", write_json(page.info(can), indent=None)
    yield "api/places", page.places().astype("<u2").tobytes()
    for index in range(len(page.shown)):
        made = page.column(index)
        if made.values is not None:
            is_fine = page.shown[index].group == "data" or made.info["dtype"] != "u16q"
            packed = made.values if is_fine else coarsen(made.values)
            yield f"api/column/{index}", packed.astype(packed.dtype.newbyteorder("<")).tobytes()
    yield "api/rows", all_previews(content)
    if near is not None:
        yield "api/neighbors", np.ascontiguousarray(near, dtype="<i4").tobytes()
    if content.thumbnails is not None:
        yield from ((f"api/image/{row}", content.thumbnails[int(row)].as_py()) for row in pictures)


def all_previews(content: MapContent) -> bytes:
    """Previews of all rows, one list per column: a quarter smaller when packed than one dict per row."""
    parts, n = parts_of_sequences(content), content.n_rows
    columns: dict[str, list[Any]] = {}
    for column in content.schema:
        limit = parts if column.kind in ("sequence", "vector") else None
        values: list[Any] = []
        for start in range(0, n, ROWS_PER_PART):
            values += preview_column(content, column, range(start, min(start + ROWS_PER_PART, n)), max_parts=limit)
        columns[column.name] = values
    return json.dumps({"columns": columns}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def parts_of_sequences(content: MapContent) -> int | None:
    """How many values of each sequence or vector are carried; None where all are, or there is none; 0 for none."""
    long = [column for column in content.schema if column.kind in ("sequence", "vector")]
    if not long or not content.n_rows:
        return None
    share = MAX_PARTS // (content.n_rows * len(long))
    if share >= 512:
        return None
    return share if share >= MIN_PARTS else 0


def coarsen(steps: NDArray[Any]) -> NDArray[Any]:
    """Keep 256 of the 65,535 steps of what the map says about rows; missing values stay missing."""
    if len(np.unique(steps)) <= COARSE_STEPS:
        return steps
    coarse = np.minimum(np.rint(steps / 256), COARSE_STEPS - 1) * 256  # the low byte is always 0 and packs to nothing
    return np.where(steps == MISSING, MISSING, coarse).astype(np.uint16)


def nearest(content: MapContent) -> NDArray[Any] | None:
    """As many true neighbors as three quarters of a megabyte hold, if these are at least three."""
    if content.neighbors is None:
        return None
    k = min(content.neighbors.shape[1], int(MAX_NEIGHBOR_BYTES / 2.7 / max(content.n_rows, 1)))
    return content.neighbors[:, :k] if k >= 3 else None


def rows_with_pictures(content: MapContent) -> NDArray[np.int64]:
    """A fair sample of the rows with a picture, as many as three megabytes hold."""
    if content.thumbnails is None:
        return np.zeros(0, dtype=np.int64)
    sizes = pc.fill_null(pc.binary_length(content.thumbnails), 0).to_numpy(zero_copy_only=False)
    order = np.random.default_rng(0).permutation(np.flatnonzero(sizes))
    return np.sort(order[: int(np.searchsorted(np.cumsum(sizes[order]), MAX_IMAGE_BYTES, side="right"))])
