"""No other web page, and no one without the link, gets through: sixty attacks over raw sockets, sixty refused.

The classes and their numbers are those of the project's security gate. Beside them: what is allowed works, every answer
carries the protecting headers, and nothing was changed by the attacks.
"""

import base64
import contextlib
import hashlib
import json
import re
import socket
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

import belvedere.mapfolder as mapfolder
from belvedere.serve import app as app_module
from belvedere.serve import run
from belvedere.serve.guard import HEADERS, LOCAL_HEADERS, Guard, Keys
from belvedere.serve.hosts import allowed_hosts, own_addresses
from belvedere.serve.run import start_server
from belvedere.serve.served import Served
from belvedere.types import Column, MapContent, Region, Schema

CANARY = "canary-7319"


def make_content(folder: Path) -> MapContent:
    """Eight rows whose image paths try to leave their folder; a secret lies beside it."""
    root = folder / "images"
    for name in ("images", "images-secret"):
        (folder / name).mkdir()
    for file in (root / "fine.png", folder / "secret.png", folder / "images-secret" / "x.png"):
        Image.new("RGB", (4, 4), "red").save(file)
    (root / "link.png").symlink_to(folder / "secret.png")
    (root / "text.png").write_text("no picture")
    names = ["fine.png", "../secret.png", str(folder / "secret.png"), "link.png", "../images-secret/x.png",
             "..\\secret.png", "fine.png\x00.jpg", "text.png"]  # fmt: skip
    field = pa.field("picture", pa.string(), metadata={"belvedere.root": str(root)})
    schema = pa.schema([field, pa.field("words", pa.string())])
    rows = pa.table([pa.array(names), pa.array([f"{CANARY} {i}" for i in range(8)])], schema=schema)
    places = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    columns = Schema((Column("picture", "image"), Column("words", "text")))
    return MapContent("Guarded", columns, rows, places, regions=(Region(0, -1, 0, 0, 0, 8, "untouched"),))


class Door:
    """A running server, and raw requests to it."""

    def __init__(self, running, path: Path, said: list[str]) -> None:
        self.port, self.path, self.said, self.cookie = int(running.url.rsplit(":", 1)[1]), path, said, ""
        self.token = running.link.split("token=")[1]

    def fill(self, text: str) -> bytes:
        """Put port, cookie and token into a request."""
        known = {"port": str(self.port), "cookie": self.cookie, "token": self.token, "host": f"localhost:{self.port}"}
        known["short"] = self.said[-1].split("token=")[1][:-1] if self.said else ""
        return re.sub(r"<(port|cookie|token|host|short)>", lambda m: known[m[1]], text).encode("latin-1")

    def send(self, raw: bytes, timeout: float = 20) -> bytes:
        """Send bytes as they are; all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as line:
            parts = []
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before everything was sent
                line.sendall(raw)
            with contextlib.suppress(ConnectionResetError):
                while part := line.recv(65536):
                    parts.append(part)
            return b"".join(parts)


def status_of(answer: bytes) -> int:
    """Status of an answer; 0 where the line was closed without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    content = make_content(folder)
    path = mapfolder.save(content, folder / "guarded.map")
    said: list[str] = []
    running = start_server(Served(mapfolder.open_folder(path), path=path, edits=mapfolder), say=said.append)
    opened = Door(running, path, said)
    answer = opened.send(opened.fill("GET /?token=<token> HTTP/1.1\r\nHost: <host>\r\nConnection: close\r\n\r\n"))
    opened.cookie = re.search(rb"set-cookie: ([^;]+)", answer)[1].decode()
    yield opened
    running.stop()


def get(target: str, *more: str, cookie: str = "<cookie>", host: str = "<host>") -> str:
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *more]
    lines += [f"Cookie: {cookie}"] if cookie else []
    return "\r\n".join(lines) + "\r\n\r\n"


def post(target: str, body: str, *more: str, kind: str = "application/json", cookie: str = "<cookie>") -> str:
    lines = [f"POST {target} HTTP/1.1", "Host: <host>", "Connection: close", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {len(body.encode())}", f"Cookie: {cookie}", *more]
    return "\r\n".join(lines) + "\r\n\r\n" + body


RENAME = json.dumps({"id": 0, "name": "changed by another site"})
UPGRADE = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==")
MULTIPART = "--b\r\nContent-Disposition: form-data; name=f; filename=../../evil.py\r\n\r\nx\r\n--b--\r\n"
STALE = Keys("x").cookie_name + "=" + "A" * 43

ATTACKS: list[tuple[str, str]] = [
    ("host", get("/api/map", host="evil.example")),
    ("host", get("/api/map", host="127.0.0.1.evil.example:<port>")),
    ("host", get("/api/map", host="")),
    ("host", "GET /api/map HTTP/1.0\r\nCookie: <cookie>\r\n\r\n"),
    ("host", get("/api/map", "Host: evil.example")),
    ("host", get("http://evil.example/api/map")),
    ("host", get("/api/map", host="localhost@evil.example")),
    ("host", get("/api/map", host="localhost:<port>:80")),
    ("token", get("/api/map", cookie="")),
    ("token", get("/?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", cookie="")),
    ("token", get("/?token=<short>", cookie="")),
    ("token", get("/?token=<token>", cookie="")),
    ("token", get("/api/map?token=<token>", "Authorization: Bearer <token>", cookie="")),
    ("token", get("/api/map", cookie=STALE)),
    ("unsafe", post("/api/regions", RENAME, "Sec-Fetch-Site: cross-site")),
    ("unsafe", post("/api/regions", RENAME, "Sec-Fetch-Site: same-site")),
    ("unsafe", post("/api/regions", RENAME, "Origin: null")),
    ("unsafe", post("/api/regions", RENAME, "Origin: http://localhost:1")),
    ("unsafe", post("/api/regions", RENAME, kind="text/plain")),
    ("unsafe", post("/api/regions", "id=0&name=changed", kind="application/x-www-form-urlencoded")),
    ("unsafe", post("/api/regions", RENAME, "Origin: https://<host>")),
    ("unsafe", post("/api/regions", RENAME).replace("POST", "DELETE", 1)),
    ("read", get("/api/map", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script")),
    ("read", get("/api/image/0", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")),
    ("read", get("/api/places", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty")),
    ("read", get("/api/map", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")),
    ("websocket", get("/api/live", *UPGRADE, "Connection: Upgrade", "Origin: http://evil.example")),
    ("websocket", get("/api/live", *UPGRADE, "Connection: Upgrade")),
    ("websocket", get("/api/live", *UPGRADE, "Connection: Upgrade", cookie="")),
    ("websocket", get("/api/live?token=AAAA", *UPGRADE, "Connection: Upgrade", cookie="")),
    ("path", get("/assets/../../types.py")),
    ("path", get("/assets/%2e%2e/%2e%2e/types.py")),
    ("path", get("/assets/%252e%252e/%252e%252e/types.py")),
    ("path", get("/assets/..\\..\\types.py")),
    ("path", get("/api/image/3?size=full")),
    ("path", get("/api/image/4?size=full")),
    ("path", get("/assets/%5c%5cserver%5cshare%5cx.js")),
    ("path", get("/assets/app.js%00.txt")),
    ("path", get("/assets//etc/passwd")),
    ("path", get("/api/image/999999999999")),
    ("filter", post("/api/neighbors", '{"row": "0 OR 1=1"}')),
    ("filter", get("/api/column/words;DROP%20TABLE%20rows")),
    ("filter", get("/api/column/77")),
    ("filter", post("/api/search", '{"query": "a", "mode": "sql"}')),
    ("filter", post("/api/rows", '{"rows": ' + "[" * 50 + "0" + "]" * 50 + "}")),
    ("filter", post("/api/rows", json.dumps({"rows": list(range(8)) * 100}))),
    ("filter", post("/api/search", '{"query": "a", "limit": 5, "sql": "SELECT 1; DROP TABLE rows"}')),
    ("filter", get("/api/column/read_csv('/etc/passwd')")),
    ("resources", post("/api/rows", "{}", "X: y").replace("Content-Length: 2", "Content-Length: 900000000")),
    ("resources", get("/api/places", "Range: bytes=" + ",".join(f"{i}-{i + 1}" for i in range(0, 2000, 2)))),
    ("resources", "GET /api/map HTTP/1.1\r\nHost: <host>\r\nCookie: <coo"),
    ("resources", post("/api/rows", '{"rows":' + "[" * 200_000)),
    ("resources", post("/api/contrast", json.dumps({"selection": "/" * 4_000_000, "against": None}))),
    ("resources", post("/api/search", json.dumps({"query": "(((a{99}){99}){99}){99}", "mode": "regex"}))),
    ("upload", post("/api/upload", MULTIPART, kind="multipart/form-data; boundary=b")),
    ("upload", post("/api/tags", MULTIPART, kind="multipart/form-data; boundary=b")),
    ("upload", post("/api/rows", "PK\x03\x04../../evil", kind="application/zip")),
    ("upload", post("/api/rows", "{}", "Content-Encoding: gzip").replace('{}', '\x1f\x8b')),
    ("framing", "OPTIONS /api/regions HTTP/1.1\r\nHost: <host>\r\nConnection: close\r\nOrigin: http://evil.example\r\n"
                "Access-Control-Request-Method: POST\r\n\r\n"),
    ("framing", get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")),
]  # fmt: skip

MATRIX = {"host": 8, "token": 6, "unsafe": 8, "read": 4, "websocket": 4, "path": 10, "filter": 8, "resources": 6,
          "upload": 4, "framing": 2}  # fmt: skip


def test_the_matrix_is_complete():
    assert Counter(kind for kind, _ in ATTACKS) == MATRIX
    assert sum(MATRIX.values()) == 60


@pytest.mark.parametrize("number", range(60), ids=lambda i: f"{ATTACKS[i][0]}-{i}")
def test_every_attack_is_refused(number, door, monkeypatch):
    monkeypatch.setattr(run, "HEADER_TIMEOUT_S", 0.5)

    answer = door.send(door.fill(ATTACKS[number][1]))

    assert status_of(answer) == 0 or 400 <= status_of(answer) < 500, answer[:300]
    assert CANARY.encode() not in answer
    assert b"PNG" not in answer
    assert b"access-control-allow" not in answer.lower()
    assert b"Traceback" not in answer


def test_nothing_was_changed_and_the_door_still_opens(door):
    """Runs after the attacks: the owner's request works, and the region has its name."""
    answer = door.send(door.fill(get("/api/map", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors")))
    rows = door.send(door.fill(post("/api/rows", '{"rows": [0]}', "Origin: http://<host>")))

    assert status_of(answer) == 200
    assert b"untouched" in answer
    assert CANARY.encode() in rows
    assert mapfolder.open_folder(door.path).regions[0].name == "untouched"


def test_the_owner_may_rename_through_the_same_door(door):
    name = json.dumps({"id": 0, "name": "untouched"})
    answer = door.send(door.fill(post("/api/regions", name, "Origin: http://<host>", "Sec-Fetch-Site: same-origin")))

    assert status_of(answer) == 200


def test_pictures_inside_their_folder_are_shown_and_broken_ones_are_not(door):
    assert status_of(door.send(door.fill(get("/api/image/0?size=full")))) == 200
    assert [status_of(door.send(door.fill(get(f"/api/image/{i}")))) for i in range(1, 8)] == [404] * 7


@pytest.mark.parametrize(
    "request_text", [get("/api/map"), get("/", cookie=""), get("/nowhere"), post("/api/rows", "{")]
)
def test_every_answer_carries_the_headers(request_text, door):
    head = door.send(door.fill(request_text)).split(b"\r\n\r\n")[0].decode().lower()

    for name, value in (HEADERS | LOCAL_HEADERS).items():
        assert f"{name}: {value}".lower() in head, name
    assert "server:" not in head
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_body_longer_than_it_says_is_cut_off(door):
    """Chunked bodies have no length to look at beforehand."""
    head = "POST /api/rows HTTP/1.1\r\nHost: <host>\r\nCookie: <cookie>\r\nContent-Type: application/json\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    answer = door.send(door.fill(head + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n") + chunk * 300)

    assert status_of(answer) == 413


def test_the_link_works_once_and_the_next_one_is_announced():
    said = []
    keys = Keys("first", said.append)

    assert [keys.spend("first"), keys.spend("first"), keys.spend(said[0])] == [True, False, True]
    assert len(set(said)) == 2
    assert len(base64.urlsafe_b64decode(said[0] + "=")) == 32


def test_a_link_clicked_on_another_page_goes_on_by_itself(door):
    """A redirect would lose the strict cookie there; the page that was opened moves on instead."""
    keys = Keys("fresh")
    guard = Guard(None, keys=keys, hosts=("localhost",))
    scope = {"query_string": b"token=fresh", "method": "GET", "path": "/"}
    headers = app_module.Request({"type": "http", "headers": [(b"sec-fetch-site", b"cross-site")]}).headers

    answer = guard._at_the_door(scope, headers)

    assert answer.status_code == 200
    assert b'http-equiv="refresh"' in answer.body
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


def test_slow_patterns_do_not_exist(door):
    """A pattern that takes ages elsewhere takes no time in RE2, whatever the text."""
    body = json.dumps({"query": "(c+c+)+(a|a?)+$x", "mode": "regex"})

    assert status_of(door.send(door.fill(post("/api/search", body)))) == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1", "192.0.2.7", "localhost"])
def test_hosts_follow_the_address_listened_at(host):
    hosts = allowed_hosts(host)

    assert {"localhost", "127.0.0.1", "[::1]"} <= set(hosts)
    assert ("192.0.2.7" in hosts) == (host == "192.0.2.7")
    assert "*" not in hosts


def test_listening_everywhere_answers_to_every_address_of_this_machine():
    running = start_server(Served(make_content_without_images()), host="0.0.0.0")
    port = int(running.url.rsplit(":", 1)[1])
    statuses = []
    for address in [a for a in own_addresses() if ":" not in a]:
        with socket.create_connection((address, port), timeout=5) as line:
            line.sendall(f"GET /api/map HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = line.recv(65536)
            statuses.append(status_of(answer))
            assert (b"opener-policy" in answer.lower()) == (address == "127.0.0.1")
    running.stop()

    assert statuses
    assert set(statuses) == {401}  # known by name, but without the link


def make_content_without_images() -> MapContent:
    """The least map."""
    return MapContent("m", Schema((Column("a", "number"),)), pa.table({"a": [1.0]}), np.zeros((1, 2), np.float32))


def test_people_without_the_link_see_a_page_in_both_languages_and_programs_a_sentence(tmp_path):
    app = app_module.build_app(make_content(tmp_path), token="T" * 43)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient
    client = TestClient(app, base_url="http://localhost:8000", follow_redirects=False)

    page = client.get("/", headers={"accept": "text/html,*/*"})
    policy = page.headers["content-security-policy"]

    assert (page.status_code, client.get("/").status_code, client.get("/api/map").status_code) == (401, 401, 401)
    assert "by its link only" in page.text
    assert "请用链接打开" in page.text
    assert "by its link only" in client.get("/").text
    assert "<html" not in client.get("/").text
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src" not in policy
    assert page.headers["x-frame-options"] == "DENY"
