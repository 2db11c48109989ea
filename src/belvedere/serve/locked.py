"""The face for whoever comes without the link: a sentence to programs, a page to people."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response

FACE = Path(__file__).parent.parent / "viewer" / "locked.html"
SHUT = "This map opens by its link only. Copy the newest link from the terminal, or run `belvedere view` again."


def stay_out(headers: Headers) -> Response:
    """Answer 401, with the page where a browser asks for one and it was built."""
    page, policy = _face()
    if not page or "text/html" not in headers.get("accept", ""):
        return PlainTextResponse(SHUT + "\n", 401)
    return HTMLResponse(page, 401, headers={"Content-Security-Policy": policy})


@cache
def _face() -> tuple[str, str]:
    """The page, and the policy that allows its one style sheet and nothing else; empty where it was not built."""
    if not FACE.is_file():
        return "", ""
    page = FACE.read_text("utf-8")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    return page, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
