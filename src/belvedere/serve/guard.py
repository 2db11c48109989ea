"""The lock on the door: no web page but our own can talk to the server, and no one without the link can either.

What is checked, in this order, before a request reaches a route: the Host header (against DNS rebinding, CVE-2025-14279
in MLflow), the method, what the browser says about where the request came from (Sec-Fetch-Site and Origin, on reads
too), the secret, the type and the length of the body. Each of the link's tokens opens the door once and is exchanged
for a cookie that scripts cannot read and other sites cannot send.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from belvedere.serve.hosts import LOCAL_HOSTS
from belvedere.serve.locked import SHUT, stay_out

_log = logging.getLogger(__name__)

MAX_BODY_BYTES = 16_000_000  # two selections of ten million rows, as base64 of bitmasks, are 3.4 MB
MAX_QUERY_BYTES = 2_000
TOO_LONG = f"A request must be at most {MAX_BODY_BYTES} bytes long."
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
# An answer may keep itself, or allow less than the page does.
OWN = ("Cache-Control", "Content-Security-Policy")
LOCAL_HEADERS = {"Cross-Origin-Opener-Policy": "same-origin"}
# Where the link was clicked on another site (a web terminal), a redirect would not carry a strict cookie: the page
# that was just opened has to go on by itself.
GO_ON = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Belvedere</title>'


class Keys:
    """The secrets of one server: a token for each link, used up at the first visit, and the value of the cookie."""

    def __init__(self, token: str, say: Callable[[str], None] | None = None) -> None:
        self._token = token
        self._say = say
        self._cookie = secrets.token_urlsafe(32)
        self.cookie_name = "belvedere-" + hashlib.sha256(self._cookie.encode()).hexdigest()[:8]

    def spend(self, token: str) -> bool:
        """Exchange a link's token; it is worthless afterwards, and the next link's token is announced."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return False
        self._token = secrets.token_urlsafe(32)
        if self._say is not None:
            self._say(self._token)
        return True

    def fits(self, cookie_header: str) -> bool:
        """Whether a Cookie header holds our secret."""
        try:
            found = SimpleCookie(cookie_header).get(self.cookie_name)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._cookie.encode())

    def give_cookie(self, response: Response) -> Response:
        """Set the cookie; it ends with the browser's session."""
        response.set_cookie(self.cookie_name, self._cookie, httponly=True, samesite="strict", path="/")
        return response


class Guard:
    """Middleware around the whole application; see the module's first lines.

    Parameters
    ----------
    app : ASGI application
    keys : Keys
    hosts : iterable of str
        Host names that may be asked for, without port; IPv6 addresses in brackets.
    """

    def __init__(self, app: ASGIApp, *, keys: Keys, hosts: Iterable[str]) -> None:
        self.app, self.keys = app, keys
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":  # there is none; refusing needs no look at who asks
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            name = _split_host(Headers(scope=scope).get("host", ""))[0].lower()
            await self._answer(scope, receive, Dressed(send, is_local=name in LOCAL_HOSTS))

    async def _answer(self, scope: Scope, receive: Receive, send: "Dressed") -> None:
        headers = Headers(scope=scope)
        refused = self._refuse(scope, headers)
        if refused is not None:
            await refused(scope, receive, send)
            return
        scope["headers"] = [(k, v) for k, v in scope["headers"] if k not in (b"range", b"if-range")]
        try:
            await self.app(scope, _limited(receive), send)
        except Exception:
            _log.exception("An answer failed: %s %s", scope["method"], scope["path"][:200])
            if not send.has_begun:
                await _no(500, "The answer failed; the terminal says why.")(scope, receive, send)

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._is_our_host(headers) or not scope["path"].startswith("/"):
            return _no(400, "This address is not one that the server answers to. Use the link from the terminal.")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _no(405, "Only GET and POST are answered.")
        is_start = scope["path"] == "/" and scope["method"] in ("GET", "HEAD")
        if not _is_same_site(scope, headers, is_start=is_start):
            return _no(403, "Another site must not use this server.")
        if is_start:
            return self._at_the_door(scope, headers)
        if not self.keys.fits(headers.get("cookie", "")):
            return _no(401, SHUT)
        return _check_body(headers) if scope["method"] == "POST" else _check_range(headers)

    def _is_our_host(self, headers: Headers) -> bool:
        """Exactly one Host header, a known name, and a port that is a number."""
        found = headers.getlist("host")
        if len(found) != 1:
            return False
        name, port = _split_host(found[0].lower())
        return name in self.hosts and (port == "" or (port.isascii() and port.isdigit() and len(port) <= 5))

    def _at_the_door(self, scope: Scope, headers: Headers) -> Response | None:
        """The page itself: with a fresh token set the cookie, with the cookie go in, else stay out."""
        tokens = parse_qs(scope["query_string"][:MAX_QUERY_BYTES].decode("latin-1")).get("token", [])
        has_cookie = self.keys.fits(headers.get("cookie", ""))
        if tokens and scope["method"] == "GET":
            if len(tokens) == 1 and self.keys.spend(tokens[0]):
                is_foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
                return self.keys.give_cookie(HTMLResponse(GO_ON) if is_foreign else RedirectResponse("/", 303))
            return RedirectResponse("/", 303) if has_cookie else stay_out(headers)
        return None if has_cookie else stay_out(headers)


def _split_host(host: str) -> tuple[str, str]:
    """Name and port of a Host header.

    Examples
    --------
    >>> _split_host("localhost:8000"), _split_host("[::1]:80"), _split_host("localhost")
    (('localhost', '8000'), ('[::1]', '80'), ('localhost', ''))
    """
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return name + bracket, rest.removeprefix(":") if rest[:1] in ("", ":") else "bad"
    name, _, port = host.partition(":")
    return name, port


def _is_same_site(scope: Scope, headers: Headers, *, is_start: bool) -> bool:
    """Whether the browser says that our own page, or the person, sent this.

    Programs that are no browsers send neither header; they still need the secret.
    """
    site = headers.get("sec-fetch-site")
    is_visit = is_start and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if site not in (None, "same-origin", "none") and not is_visit:
        return False
    if site == "none" and not (is_start or headers.get("sec-fetch-mode") in (None, "navigate")):
        return False
    origin = headers.get("origin")
    ours = f"{scope.get('scheme', 'http')}://{headers['host'].lower()}"
    return origin is None or origin.lower() == ours


def _check_body(headers: Headers) -> Response | None:
    """Only JSON that says it is JSON: a form or plain text could be sent by any page without asking first."""
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return _no(415, "A request must be JSON.")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length[:12]) > MAX_BODY_BYTES:
        return _no(413, TOO_LONG)
    return None


def _check_range(headers: Headers) -> Response | None:
    """Refuse many ranges at once: merging them was quadratic (CVE-2025-62727). A single one is answered whole."""
    return _no(416, "Only whole answers are given.") if "," in headers.get("range", "") else None


def _no(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence + "\n", status)


def _limited(receive: Receive) -> Receive:
    """Stop reading a body that is longer than allowed, whatever its header said."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY_BYTES:
            raise HTTPException(413, TOO_LONG)
        return message

    return counted


class Dressed:
    """Puts the protecting headers on every answer, refusals and errors included."""

    def __init__(self, send: Send, *, is_local: bool) -> None:
        self._send = send
        # A browser heeds LOCAL_HEADERS from local addresses or over TLS only, and complains about them elsewhere.
        self._headers = HEADERS | LOCAL_HEADERS if is_local else HEADERS
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        """Send a part of an answer."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                if name not in OWN or name not in headers:
                    headers[name] = value
        await self._send(message)
