"""The visible list of routes, and the application made of it."""

import mimetypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import FileResponse, JSONResponse, Response

from belvedere.errors import BelvedereError
from belvedere.serve import answers, audio, beside
from belvedere.serve.guard import Guard, Keys
from belvedere.serve.hosts import LOCAL_HOSTS
from belvedere.serve.served import Edits, ExplainRow, PlaceRows, Served
from belvedere.types import MapContent

VIEWER = Path(__file__).parent.parent / "viewer"


async def send_page(request: Request) -> Response:
    """The page; the guard has already looked at the link."""
    page = request.app.state.files.get("index.html")
    if page is None:
        return Response("The explorer was not built into this copy of Belvedere. Install it from a wheel.\n", 503)
    return FileResponse(page)


async def send_asset(name: str, request: Request) -> Response:
    """A file of the built front end, from the list made at the start; no path is ever made from what is asked for."""
    file = request.app.state.files.get(f"assets/{name}")
    if file is None:
        return Response("There is no such file.\n", 404)
    kind = KINDS.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    return FileResponse(file, media_type=kind, headers={"Cache-Control": "private, no-cache"})


KINDS = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}

ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/", send_page),
    ("GET", "/assets/{name:path}", send_asset),
    ("GET", "/api/watch", answers.answer_none),
    ("GET", "/api/map", answers.answer_map),
    ("GET", "/api/places", answers.answer_places),
    ("GET", "/api/column/{index}", answers.answer_column),
    ("POST", "/api/rows", answers.answer_rows),
    ("GET", "/api/image/{row}", answers.answer_image),
    ("POST", "/api/atlas", answers.answer_atlas),
    ("POST", "/api/search", answers.answer_search),
    ("POST", "/api/neighbors", answers.answer_neighbors),
    ("POST", "/api/contrast", answers.answer_contrast),
    ("POST", "/api/export", answers.answer_export),
    ("POST", "/api/regions", answers.answer_regions),
    ("POST", "/api/tags", answers.answer_tags),
    ("POST", "/api/place", answers.answer_place),
    ("POST", "/api/explain", answers.answer_explain),
    ("GET", "/api/audio/{row}", audio.answer_audio),
    ("GET", "/api/sequence/{row}", audio.answer_sequence),
    ("GET", "/api/beside", beside.answer_beside),
    ("GET", "/api/beside/rows", beside.answer_beside_rows),
    ("GET", "/api/beside/places", beside.answer_beside_places),
    ("GET", "/api/beside/movers", beside.answer_movers),
)


def build_app(  # noqa: PLR0913 - each option is a skill that the page may have
    content: MapContent,
    *,
    token: str,
    hosts: Sequence[str] = LOCAL_HOSTS,
    place: PlaceRows | None = None,
    explain: ExplainRow | None = None,
    path: Path | None = None,
    edits: Edits | None = None,
) -> FastAPI:
    """Make the application that serves one map.

    Parameters
    ----------
    content : MapContent
        The map.
    token : str
        The secret of the first link, `/?token=…`; it opens the door once.
    hosts : sequence of str
        Host names that the server answers to, without port.
    place : callable, optional
        Places new rows (`POST /api/place`).
    explain : callable, optional
        Explains a row (`POST /api/explain`).
    path : pathlib.Path, optional
        The map folder, where edits are kept.
    edits : module or object, optional
        What keeps them: `belvedere.mapfolder`.

    Returns
    -------
    fastapi.FastAPI
    """
    return guarded_app(Served(content, place=place, explain=explain, path=path, edits=edits), Keys(token), hosts)


def guarded_app(served: Served, keys: Keys, hosts: Sequence[str]) -> FastAPI:
    """The routes behind the guard."""
    app = open_app(served)
    app.add_middleware(Guard, keys=keys, hosts=hosts)
    return app


def open_app(served: Served) -> FastAPI:
    """The routes alone, for callers in this process; pages that describe the interface are off."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.served = served
    app.state.files = list_files(VIEWER)
    for method, route, answer in (*ROUTES, *coarse_routes(served)):
        app.add_api_route(route, answer, methods=[method], response_model=None)
    app.add_exception_handler(BelvedereError, _refuse)
    app.add_exception_handler(RequestValidationError, _explain)
    return app


def coarse_routes(served: Served) -> list[tuple[str, str, Callable[..., Any]]]:
    """The same answers about the sample of a very large map; what edits or explains is left to the whole."""
    if served.coarse is None:
        return [("GET", answers.COARSE + "map", answers.answer_none)]
    kept = ("map", "places", "column", "rows", "image", "atlas", "search", "neighbors", "contrast", "export")
    there = [(method, route.removeprefix("/api/"), answer) for method, route, answer in ROUTES]
    return [(method, answers.COARSE + rest, answer) for method, rest, answer in there if rest.split("/")[0] in kept]


def list_files(folder: Path) -> dict[str, Path]:
    """All regular files of the built front end by their name in the address; links are left out."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink())
    return {file.relative_to(folder).as_posix(): file for file in files}


async def _refuse(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 400)


async def _explain(_: Request, error: Exception) -> Response:
    """Say which part of a request does not fit, without sending its values back."""
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    where = [f"{'.'.join(str(part)[:40] for part in p['loc'][1:4]) or 'body'}: {p['msg']}" for p in problems[:3]]
    return JSONResponse({"detail": "The request does not fit. " + "; ".join(where)}, 400)
