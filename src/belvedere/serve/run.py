"""Start the server, show the link, wait until the person stops it."""

import contextlib
import secrets
import socket
import sys
import threading
import time
import webbrowser
from asyncio import TimerHandle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from belvedere.errors import SettingError
from belvedere.serve.app import open_app
from belvedere.serve.beside import Beside, SecondMap
from belvedere.serve.guard import Guard, Keys
from belvedere.serve.hosts import allowed_hosts, is_loopback, shown_host
from belvedere.serve.served import Edits, ExplainRow, PlaceRows, Served
from belvedere.types import MapContent

HEADER_TIMEOUT_S = 10
MAX_HEADER_BYTES = 16_384


class PatientProtocol(H11Protocol):
    """HTTP that hangs up on whoever takes longer than ten seconds to say what it wants."""

    _waiting: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start the clock."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(HEADER_TIMEOUT_S, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


class Running:
    """A server in a thread of its own.

    Attributes
    ----------
    url : str
        The address without a token.
    link : str
        The link that opens the map, once.
    """

    def __init__(self, server: uvicorn.Server, door: socket.socket, address: str, token: str) -> None:
        self.url, self.link = address, f"{address}/?token={token}"
        self._server = server
        self._thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        self._thread.start()
        while not server.started and self._thread.is_alive():
            time.sleep(0.01)

    def wait(self) -> None:
        """Wait until the server ends."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def stop(self) -> None:
        """Stop the server; open requests get two seconds."""
        self._server.should_exit = True
        self._thread.join(5)


def start_server(
    served: Served, *, host: str = "127.0.0.1", port: int = 0, say: Callable[[str], None] | None = None
) -> Running:
    """Start serving in the background.

    Parameters
    ----------
    served : Served
        The map and where its edits are kept.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    say : callable, optional
        Told each new link after one was used.
    """
    running = start_app(open_app(served), host=host, port=port, say=say)
    # Columns are encoded while the browser starts, so that the first answer is ready when it is asked for.
    threading.Thread(target=_encode, args=(served,), daemon=True).start()
    return running


def start_app(app: ASGIApp, *, host: str, port: int, say: Callable[[str], None] | None = None) -> Running:
    """Serve any application behind the guard, in the background."""
    door = open_door(host, port)
    address = f"http://{shown_host(host)}:{door.getsockname()[1]}"
    token = secrets.token_urlsafe(32)
    tell = None if say is None else lambda new: say(f"To open it in another browser: {address}/?token={new}")
    config = uvicorn.Config(
        Guard(app, keys=Keys(token, tell), hosts=allowed_hosts(host)),
        http=PatientProtocol, ws="none", lifespan="off", log_level="warning", access_log=False,
        server_header=False, proxy_headers=False, h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=2, limit_concurrency=200,
    )  # fmt: skip
    return Running(uvicorn.Server(config), door, address, token)


def _encode(served: Served) -> None:
    """Make the answers that every page asks for, the sample's first."""
    for one in (served.coarse, served):
        if one is not None:
            one.page.info(one.can)


def serve_map(  # noqa: PLR0913 - each option is one word of the command line
    content: MapContent,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    path: Path | None = None,
    edits: Edits | None = None,
    place: PlaceRows | None = None,
    explain: ExplainRow | None = None,
    beside: SecondMap | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Serve a map until the person stops it with Ctrl-C.

    Parameters
    ----------
    content : MapContent
        The map.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    open_browser : bool
        Whether to open the link in the person's browser.
    path, edits :
        The map folder, and what keeps edits in it (`belvedere.mapfolder`).
    place, explain : callable, optional
        Place new rows; explain a row.
    beside : SecondMap, optional
        A second map of the same rows, to be looked at side by side (`explaining.lay_beside`).
    say : callable
        Told the sentences that a person should read; they are written to the terminal where none is given.

    Raises
    ------
    SettingError
        Where the port is taken or the host is not one of this machine.
    """
    say = say or _tell
    other = None if beside is None else Beside(beside)
    served = Served(content, place=place, explain=explain, path=path, edits=edits, beside=other)
    running = start_server(served, host=host, port=port, say=say)
    try:
        say(f"{content.name}: {running.link}")
        if not is_loopback(host):
            say("Anyone who has the link can read this map over the network; the connection is not encrypted.")
        say("Press Ctrl-C to stop.")
        if open_browser:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(running.link)
        running.wait()
    except KeyboardInterrupt:
        running.stop()


def _tell(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def open_door(host: str, port: int) -> socket.socket:
    """Listen; the port is held from here on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host.strip("[]"), port))
    except (OSError, OverflowError) as error:
        door.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingError(
            f"The server must listen at {host} port {port}, but: {reason}. Choose another port."
        ) from error
    return door
