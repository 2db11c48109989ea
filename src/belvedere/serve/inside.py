"""The routes of one map, answered inside this process: no port, no guard, for a page that talks to Python by itself."""

import asyncio
import threading
from typing import Any

from belvedere.serve.app import open_app
from belvedere.serve.served import Served


class Inside:
    """A map that answers what its page asks.

    Parameters
    ----------
    served : Served
        The map and where its edits are kept.
    """

    def __init__(self, served: Served) -> None:
        self._app = open_app(served)

    def answer(self, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Answer `/api/…`: a POST of JSON where there is a body, else a GET; gives the status and the bytes."""
        if not path.startswith("/api/"):
            return 404, b"There is no such answer.\n"
        answers: list[tuple[int, bytes]] = []
        # A notebook runs an event loop of its own in this thread, and loops do not nest.
        work = threading.Thread(target=lambda: answers.append(asyncio.run(self._ask(path, body))))
        work.start()
        work.join()
        return answers[0] if answers else (500, b"The answer failed; the notebook's log says why.\n")

    async def _ask(self, path: str, body: str | None) -> tuple[int, bytes]:
        status, parts, asked = 500, [], [(body or "").encode()]

        async def receive() -> dict[str, Any]:
            if asked:
                return {"type": "http.request", "body": asked.pop(), "more_body": False}
            await asyncio.Event().wait()  # nobody hangs up
            raise AssertionError

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await self._app(scope_of(path, body), receive, send)
        return status, b"".join(parts)


def scope_of(path: str, body: str | None) -> dict[str, Any]:
    """The request as an ASGI server would describe it."""
    route, _, query = path.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": "GET" if body is None else "POST", "path": route, "raw_path": route.encode(),
        "query_string": query.encode(), "client": None, "server": None,
        "headers": [] if body is None else [(b"content-type", b"application/json")],
    }  # fmt: skip
