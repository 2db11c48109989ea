"""A static folder carries the whole map, page and all, and works on a plain web server below a path."""

import gzip
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from belvedere.cli.main import app
from belvedere.errors import SettingError
from belvedere.export import folder, write_folder
from belvedere.export.folder import answers_of
from belvedere.mapfolder import save
from belvedere.maps import Map
from belvedere.page import Page, preview_rows
from make_fake_map import make_fake_content
from test_browser import CHROMIUM, VIEWER, missing_tool

N = 2_300


@pytest.fixture(scope="module")
def content():
    return make_fake_content(N)


@pytest.fixture(scope="module")
def site(content, tmp_path_factory):
    return write_folder(content, tmp_path_factory.mktemp("site") / "museum")


def unpacked(site: Path, name: str) -> bytes:
    return gzip.decompress((site / "data" / f"{name}.bin").read_bytes())


def test_every_answer_stands_in_a_file_of_its_own(site, content):
    page = Page(content)
    info = json.loads(unpacked(site, "map"))
    assert (info["nRows"], len(info["columns"]), info["format"]) == (N, len(page.shown), 1)
    assert unpacked(site, "places") == page.places().tobytes()
    for column in info["columns"]:
        file = site / "data/column" / f"{column['index']}.bin"
        assert file.exists() == (column["dtype"] is not None)
        if file.exists():
            assert gzip.decompress(file.read_bytes()) == page.column(column["index"]).values.tobytes()


def test_rows_neighbors_and_pictures_lie_in_parts(site, content):
    columns = json.loads(unpacked(site, "rows/2"))["columns"]
    assert len(columns["object"]) == N - 2000
    assert {name: values[7] for name, values in columns.items()} == preview_rows(content, [2007])[0]
    near = np.frombuffer(unpacked(site, "neighbors/1"), "<i4").reshape(1000, -1)
    assert (near == content.neighbors[1000:2000]).all()
    pictures = (site / "data/pictures/0.bin").read_bytes()
    (n,) = struct.unpack_from("<I", pictures)
    ends = np.frombuffer(pictures, "<u4", n, 4)
    start = 4 + 4 * n
    assert n == 1000
    assert pictures[start + ends[4] : start + ends[5]] == content.thumbnails[5].as_py()


def test_only_what_files_can_do_is_offered(site, content):
    can = json.loads(unpacked(site, "map"))["can"]
    assert {name for name, is_there in can.items() if is_there} == {
        "search",
        "export",
        "contrast",
        "image",
        "neighbors",
    }


def test_maps_too_large_to_read_whole_offer_no_search(content, monkeypatch):
    monkeypatch.setattr(folder, "MAX_WHOLE", N - 1)
    can = json.loads(next(body for name, body in answers_of(content, 1000) if name == "map"))["can"]
    assert (can["search"], can["export"], can["contrast"]) == (False, False, True)


def test_the_page_asks_for_nothing_elsewhere(site):
    page = unescape((site / "index.html").read_text())
    assert "default-src 'none'" in page
    assert not re.search(r"unsafe|<script(?![^>]*\bsrc=)|style=|https?://|(?:src|href)=\"/", page)
    assert "<title>Museum objects</title>" in page
    for name in re.findall(r'(?:src|href)="\./([^"]+)"', page):
        assert (site / name).is_file(), name


def test_a_name_cannot_break_out_of_the_page(tmp_path):
    from dataclasses import replace

    content = replace(make_fake_content(20, images=False), name='</title><script>alert(1)</script>"')
    assert "<script>alert" not in (write_folder(content, tmp_path / "bad") / "index.html").read_text()


def test_an_export_is_replaced_and_nothing_else_is_written_over(tmp_path):
    content = make_fake_content(30, images=False)
    path = write_folder(content, tmp_path / "site")
    (path / "data/rows/9.bin").write_bytes(b"old")
    write_folder(content, path)
    assert not (path / "data/rows/9.bin").exists()
    home = tmp_path / "home"
    home.mkdir()
    write_folder(content, home)  # empty
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    for taken in (tmp_path / "mine", tmp_path / "mine" / "thesis.txt"):
        with pytest.raises(SettingError, match="holds other files"):
            write_folder(content, taken)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "dear"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "mine", "site"]


@pytest.mark.parametrize("n_rows", [0, 1])
def test_tiny_maps_are_written_too(n_rows, tmp_path):
    from belvedere.page import take_rows

    content = take_rows(make_fake_content(5, images=False), np.arange(n_rows))
    names = [name for name, _ in answers_of(content, 1000)]
    assert ("rows/0" in names) == (n_rows == 1)
    assert write_folder(content, tmp_path / "tiny").is_dir()


def test_the_command_writes_it_and_says_how_to_try_it(tmp_path):
    path = save(make_fake_content(40, images=False), tmp_path / "objects.map")
    done = CliRunner().invoke(app, ["export", str(path), "--folder", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "python -m http.server --directory" in done.output
    assert (Map(make_fake_content(40, images=False)).export_folder(tmp_path / "out") / "index.html").is_file()


@pytest.mark.browser
@pytest.mark.timeout(200)
@pytest.mark.skipif(missing_tool() is not None, reason=str(missing_tool()))
def test_a_person_explores_a_folder_on_a_plain_web_server(tmp_path):
    """Below a path, with Python's own file server: picture, card, lasso, search, CSV, pictures; no error, no API."""
    write_folder(make_fake_content(20_000), tmp_path / "maps" / "museum")
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        env = os.environ | {"CHROMIUM": str(CHROMIUM)}
        walk = ["node", "tests/e2e/folder.mjs", f"http://127.0.0.1:{port}/maps/museum/"]
        done = subprocess.run(walk, cwd=VIEWER, env=env, capture_output=True, text=True, timeout=180)
    finally:
        server.terminate()
        server.wait(10)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
