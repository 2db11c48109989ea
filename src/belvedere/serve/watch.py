"""Watching a map being made: a page that shows the stages, the losses and the places as they form, and then the map.

A `Watch` is a `Progress` to hand to `belvedere.map`. Its server runs in a thread behind the same guard as every map's; when
the map is made, the same link shows the explorer, and the pictures of how it formed can still be looked through.
"""

import contextlib
import re
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, FastAPI, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from belvedere.page.page import extent_of, quantize_places
from belvedere.progress import Progress, Silent
from belvedere.serve.answers import send_bytes, send_json
from belvedere.serve.app import VIEWER, list_files, open_app, send_asset, send_page
from belvedere.serve.run import Running, start_app
from belvedere.serve.served import Served
from belvedere.types import Floats

EVERY_S = 0.5  # between two pictures
MOST_PICTURES = 240  # when there are more, every second one is let go, and pictures come half as often
MOST_POINTS = 20_000  # of a picture; of more rows a fair sample is shown, always the same
MOST_SENTENCES = 200
LOSSES = {"train": re.compile(r"\bloss (-?[\d.]+)"), "valid": re.compile(r"held-out rows (-?[\d.]+)")}


@dataclass
class Stage:
    """A stage of the work, as far as it is."""

    name: str
    total: int | None
    done: int = 0
    note: str = ""
    seconds: float = 0.0
    is_done: bool = False


class Watch:
    """A `Progress` that can be watched in a browser; whatever it is told goes on to `inner` too.

    Parameters
    ----------
    inner : Progress, optional
        Where progress is told besides, such as the terminal.
    """

    def __init__(self, inner: Progress | None = None) -> None:
        self._inner = inner or Silent()
        self._lock = threading.Lock()
        self._began, self._shown_at, self._pause = 0.0, -np.inf, EVERY_S
        self._stages: list[Stage] = []
        self._sentences: list[str] = []
        self._losses: dict[str, list[float]] = {"train": [], "valid": []}
        self._pictures: dict[int, bytes] = {}
        self._n_pictures = 0
        self.outcome = "making"  # then 'made' or 'failed'

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage."""
        self._inner.start(stage, total)
        with self._lock:
            self._began = time.monotonic()
            self._stages.append(Stage(stage, total))

    def advance(self, done: int, note: str = "") -> None:
        """Tell how far the stage is; losses in the note are kept as a curve."""
        self._inner.advance(done, note)
        with self._lock:
            if self._stages:
                now = self._stages[-1]
                now.done, now.note, now.seconds = done, note, time.monotonic() - self._began
            found = {name: pattern.search(note) for name, pattern in LOSSES.items()}
            if found["train"]:
                for name, match in found.items():
                    self._losses[name].append(float(match[1].rstrip(".")) if match else float("nan"))

    def finish(self, note: str = "") -> None:
        """End the stage."""
        self._inner.finish(note)
        with self._lock:
            if self._stages:
                now = self._stages[-1]
                now.note, now.seconds, now.is_done = note, time.monotonic() - self._began, True

    def say(self, sentence: str) -> None:
        """Keep a sentence for the page."""
        self._inner.say(sentence)
        with self._lock:
            self._sentences = [*self._sentences, sentence][-MOST_SENTENCES:]

    def show_places(self, places: Callable[[], Floats]) -> None:
        """Take a picture of the places (rows, 2) so far, if the last one is long enough ago."""
        if time.monotonic() - self._shown_at >= self._pause:
            self.take_picture(places())
            self._shown_at = time.monotonic()

    def take_picture(self, places: Floats) -> None:
        """Keep the places of a fair sample of the rows, in the box around them all."""
        n = len(places)
        if n > MOST_POINTS:
            places = places[np.sort(np.random.default_rng(0).choice(n, MOST_POINTS, replace=False))]
        steps = quantize_places(places, square_of(extent_of(places)))
        with self._lock:
            self._pictures[self._n_pictures] = steps.astype("<u2").tobytes()
            self._n_pictures += 1
            if len(self._pictures) > MOST_PICTURES:
                self._pictures = dict(list(self._pictures.items())[::2])
                self._pause *= 2

    def picture(self, number: int) -> bytes | None:
        """One picture: uint16 x0, y0, x1, y1, …; None where it was let go."""
        with self._lock:
            return self._pictures.get(number)

    def state(self) -> dict[str, Any]:
        """Everything the page shows but the pictures themselves."""
        with self._lock:
            return {
                "stages": [asdict(stage) for stage in self._stages],
                "sentences": list(self._sentences),
                "losses": {name: list(values) for name, values in self._losses.items()},
                "pictures": list(self._pictures),
                "outcome": self.outcome,
            }


def square_of(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The smallest square around a box, so that a picture has the map's proportions.

    Examples
    --------
    >>> square_of((0, 0, 4, 2))
    (0.0, -1.0, 4.0, 3.0)
    """
    x0, y0, x1, y1 = extent
    x, y, half = (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) / 2
    return x - half, y - half, x + half, y + half


class Turning:
    """An application that is the watching page until it turns into the explorer."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on to whichever it is now."""
        await self.app(scope, receive, send)


class Watching:
    """A server that shows a `Watch`, and then the map.

    Attributes
    ----------
    link : str
        The link that opens the page, once.
    """

    def __init__(self, watch: Watch, turning: Turning, running: Running) -> None:
        self.watch, self._turning, self._running = watch, turning, running
        self.link = running.link

    def show(self, served: Served) -> None:
        """Turn into the explorer of the finished map; pages that are open turn by themselves."""
        app = open_app(served)
        add_routes(app, self.watch)
        for one in (served.coarse, served):
            if one is not None:
                one.page.info(one.can)
        self.watch.take_picture(served.content.places)  # the end of the film
        self._turning.app = app
        self.watch.outcome = "made"

    def fail(self) -> None:
        """Tell open pages that there will be no map."""
        self.watch.outcome = "failed"

    def wait(self) -> None:
        """Wait until the person stops it with Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            self._running.wait()
        self._running.stop()

    def stop(self) -> None:
        """Stop the server."""
        self._running.stop()


def start_watching(
    inner: Progress | None = None, *, host: str = "127.0.0.1", port: int = 0, open_browser: bool = True,
    say: Callable[[str], None] | None = None,
) -> Watching:  # fmt: skip
    """Serve the page that shows a map being made; hand its `watch` to `belvedere.map` as `progress`.

    Parameters
    ----------
    inner : Progress, optional
        Where progress is told besides.
    host, port, open_browser :
        As for `serve_map`.
    say : callable, optional
        Told the link.
    """
    watch = Watch(inner)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.files = list_files(VIEWER)
    app.add_api_route("/", send_page, methods=["GET"], response_model=None)
    app.add_api_route("/assets/{name:path}", send_asset, methods=["GET"], response_model=None)
    add_routes(app, watch)
    turning = Turning(app)
    running = start_app(turning, host=host, port=port, say=say)
    if say is not None:
        say(f"Watch it being made: {running.link}")
    if open_browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(running.link)
    return Watching(watch, turning, running)


async def get_watch(request: Request) -> Watch:
    """Hand the watch to an answer."""
    watch: Watch = request.app.state.watch
    return watch


def answer_watch(request: Request, watch: Annotated[Watch, Depends(get_watch)]) -> Response:
    """How far the work is."""
    return send_json(request, watch.state())


def answer_picture(number: int, watch: Annotated[Watch, Depends(get_watch)]) -> Response:
    """One picture of the places as they formed."""
    picture = watch.picture(number)
    return Response(status_code=404) if picture is None else send_bytes(picture)


def add_routes(app: FastAPI, watch: Watch) -> None:
    """The answers about how a map is made; they come before those of a map that was not watched."""
    app.state.watch = watch
    for route, answer in (("/api/watch", answer_watch), ("/api/watch/{number}", answer_picture)):
        app.router.routes = [one for one in app.router.routes if getattr(one, "path", "") != route]
        app.add_api_route(route, answer, methods=["GET"], response_model=None)
