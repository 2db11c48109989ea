"""One function per answer. Bodies are typed; whatever does not fit is answered 400 with one sentence."""

import gzip
import re
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from belvedere.errors import SettingError
from belvedere.page import make_table, preview_rows, write_csv, write_json, write_parquet
from belvedere.serve import images, search
from belvedere.serve.contrast import contrast
from belvedere.serve.selection import read_selection
from belvedere.serve.served import Served

MIN_GZIP_BYTES = 2_000
COARSE = "/api/coarse/"  # before the answers about the sample


async def get_served(request: Request) -> Served:
    """Hand the map to an answer: all of it, or the sample that a page shows while it reads all."""
    served: Served = request.app.state.served
    return (request.url.path.startswith(COARSE) and served.coarse) or served


Map = Annotated[Served, Depends(get_served)]
Row = Annotated[int, Field(ge=0, le=2**40)]
Bits = Annotated[str, Field(max_length=8_000_000)]


class Body(BaseModel):
    """What all bodies share: unknown keys are refused, numbers are not guessed from text."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RowsWanted(Body):
    """Rows to look at."""

    rows: Annotated[list[Row], Field(max_length=500)]


class AtlasWanted(Body):
    """Rows whose thumbnails shall be on one sheet, and the side of a cell in pixels."""

    rows: Annotated[list[Row], Field(max_length=1024)]
    cell: Annotated[int, Field(ge=8, le=256)] = 48


class Query(Body):
    """Words or a pattern to look for."""

    query: Annotated[str, Field(max_length=search.MAX_QUERY)]
    mode: Literal["text", "regex"] = "text"
    limit: Annotated[int, Field(ge=0, le=10_000)] = 500


class RowWanted(Body):
    """One row."""

    row: Row


class Groups(Body):
    """Two groups of rows; without the second, everything else."""

    selection: Bits
    against: Bits | None = None


class ExportWanted(Body):
    """Rows to take away, and how."""

    selection: Bits | None = None
    format: Literal["csv", "parquet"] = "csv"


class NewName(Body):
    """A region's new name."""

    id: Annotated[int, Field(ge=0, le=10**9)]
    name: Annotated[str, Field(max_length=1_000)]


class NewTag(Body):
    """A tag, and the rows that carry it."""

    name: Annotated[str, Field(max_length=1_000)]
    selection: Bits


class NewRows(Body):
    """New rows to be placed, as they are written in JSON."""

    rows: Annotated[list[dict[str, Any]], Field(max_length=1_000)]


class Asked(Body):
    """A row to be explained, and what of it."""

    row: int
    what: Literal["place", "prediction", "change"] = "place"


def answer_map(request: Request, served: Map) -> Response:
    """`MapInfo`: everything but the bytes."""
    info = served.page.info(served.can)
    return send_json(request, info if served.of_rows is None else info | {"ofRows": served.of_rows})


def answer_none() -> Response:
    """Nothing: this map was not watched, or is small enough to be read at once."""
    return Response(status_code=204)


def answer_places(served: Map) -> Response:
    """Places of all rows, uint16 x, y."""
    return send_bytes(served.page.places().astype("<u2", copy=False).tobytes())


def answer_column(index: int, served: Map) -> Response:
    """Values of one column, or nothing where it is not sent."""
    made = served.page.column(index)
    if made.values is None:
        return say_missing("This column is not sent as numbers. Ask for rows.")
    return send_bytes(made.values.astype(made.values.dtype.newbyteorder("<"), copy=False).tobytes())


def answer_rows(request: Request, wanted: RowsWanted, served: Map) -> Response:
    """Previews of rows."""
    rows = served.check_rows(wanted.rows)
    return send_json(request, preview_rows(served.content, rows.tolist()))


def answer_image(row: int, served: Map, size: Literal["thumbnail", "full"] = "thumbnail") -> Response:
    """One row's picture."""
    served.check_rows([row])
    draw = images.full_picture if size == "full" else images.thumbnail
    png = draw(served.content, row)
    return say_missing("This row has no picture.") if png is None else send_bytes(png, "image/png", keep=True)


def answer_atlas(wanted: AtlasWanted, served: Map) -> Response:
    """Thumbnails of many rows on one sheet."""
    rows = served.check_rows(wanted.rows)
    return send_bytes(images.atlas(served.content, rows.tolist(), wanted.cell), "image/png")


def answer_search(request: Request, query: Query, served: Map) -> Response:
    """Rows that hold the words or match the pattern."""
    if query.mode == "regex":
        found = search.scan_pattern(served.content, query.query)
    else:
        words = search.split_words(query.query)
        found = served.index.find(words) if words else np.zeros(0, dtype=bool)
    rows = np.flatnonzero(found)
    return send_json(request, {"rows": rows[: query.limit].tolist(), "n_found": len(rows)})


def answer_neighbors(request: Request, wanted: RowWanted, served: Map) -> Response:
    """The true neighbors of a row, nearest first, with their distances in the latent space."""
    row, content = int(served.check_rows([wanted.row])[0]), served.content
    if content.neighbors is None:
        return say_missing("This map keeps no neighbors.")
    near = content.neighbors[row]
    near = near[(near >= 0) & (near < content.n_rows)]
    space = content.places if content.latent is None else content.latent
    steps = space[near].astype(np.float32) - space[row].astype(np.float32)
    return send_json(request, {"rows": near.tolist(), "distances": np.linalg.norm(steps, axis=1).tolist()})


def answer_contrast(request: Request, groups: Groups, served: Map) -> Response:
    """What sets a group apart."""
    n = served.content.n_rows
    inside = read_selection(groups.selection, n)
    outside = ~inside if groups.against is None else read_selection(groups.against, n)
    return send_json(request, contrast(served.content, inside, outside))


def answer_export(wanted: ExportWanted, served: Map) -> Response:
    """The selected rows as a file, in the order of the map."""
    rows = None if wanted.selection is None else np.flatnonzero(read_selection(wanted.selection, served.content.n_rows))
    table = make_table(served.content, rows)
    with tempfile.NamedTemporaryFile(prefix="belvedere-", suffix=f".{wanted.format}", delete=False) as file:
        (write_csv if wanted.format == "csv" else write_parquet)(table, file)
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", served.content.name).strip("-")[:60] or "map"
    media = "text/csv; charset=utf-8" if wanted.format == "csv" else "application/vnd.apache.parquet"
    forget = BackgroundTask(Path(file.name).unlink, missing_ok=True)
    return FileResponse(file.name, media_type=media, filename=f"{plain}.{wanted.format}", background=forget)


def answer_regions(request: Request, new: NewName, served: Map) -> Response:
    """Rename a region."""
    if new.id >= len(served.content.regions):
        raise SettingError(f"There must be a region {new.id}, but there are {len(served.content.regions)}.")
    served.rename_region(new.id, new.name)
    return send_json(request, {"saved": True})


def answer_tags(request: Request, new: NewTag, served: Map) -> Response:
    """Keep a tag."""
    served.add_tag(new.name, read_selection(new.selection, served.content.n_rows))
    return send_json(request, {"saved": True})


def answer_place(request: Request, new: NewRows, served: Map) -> Response:
    """Places for new rows, by the network."""
    if served.place is None:
        return say_missing("This map cannot place new rows.")
    places, channels = served.place(_table_of(new.rows))
    return send_json(request, {"places": places, "channels": channels})


def answer_explain(request: Request, asked: Asked, served: Map) -> Response:
    """Why a row lies where it lies, or was predicted so."""
    if served.explain is None:
        return say_missing("This map cannot explain its rows.")
    return send_json(request, served.explain(int(served.check_rows([asked.row])[0]), asked.what))


def _table_of(rows: list[dict[str, Any]]) -> pa.Table:
    try:
        return pa.Table.from_pylist(rows)
    except pa.ArrowException as error:
        raise SettingError(
            "New rows must have one kind of value per column, but they mix them. Correct them."
        ) from error


def send_json(request: Request, value: Any) -> Response:
    """Send JSON, packed where it is long and the browser can unpack it."""
    body = write_json(value, indent=None)
    if len(body) < MIN_GZIP_BYTES or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(body, media_type="application/json")
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(gzip.compress(body, 1), media_type="application/json", headers=headers)


def send_bytes(body: bytes, media: str = "application/octet-stream", *, keep: bool = False) -> Response:
    """Send bytes; `keep` lets the browser keep them for an hour."""
    return Response(body, media_type=media, headers={"Cache-Control": "private, max-age=3600"} if keep else None)


def say_missing(sentence: str) -> Response:
    """Nothing there: 404 with a sentence."""
    return Response(write_json({"detail": sentence}, indent=None), 404, media_type="application/json")
