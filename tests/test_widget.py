"""The explorer in a notebook's cell: what Python sees of it, and a walk through it in a real browser."""

import base64
import json
import os
import subprocess
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest

from belvedere.errors import MissingExtraError, SettingError
from belvedere.mapfolder import save
from belvedere.maps import Map, in_notebook
from make_fake_map import make_fake_content
from test_browser import CHROMIUM, VIEWER, missing_tool

needs_widget = pytest.mark.skipif(find_spec("anywidget") is None, reason="the extra 'notebook' is not installed")
N = 400


@pytest.fixture(scope="module")
def content():
    return make_fake_content(N)


@pytest.fixture
def cell(content):
    """A widget, and what it sent so far."""
    from cell_bridge import open_cell

    sent = []
    widget, line = open_cell(Map(content), sent.append)
    return widget, line, sent


@needs_widget
def test_a_selection_is_set_by_numbers_or_bools_and_read_as_numbers(content):
    widget = Map(content).widget(height=500)
    assert widget.height == 500
    assert widget.selected.tolist() == []
    widget.selected = [5, 3, 3]
    assert widget.selected.tolist() == [3, 5]
    widget.selected = np.arange(N) % 100 == 7
    assert widget.selected.tolist() == [7, 107, 207, 307]
    for wrong in ([N], [-1], np.zeros(N + 1, bool), ["a"], 3):
        with pytest.raises(SettingError, match="row numbers"):
            widget.selected = wrong
    assert widget.selected.tolist() == [7, 107, 207, 307]


@needs_widget
def test_a_selection_made_in_the_page_arrives_and_is_told(cell):

    widget, line, _ = cell
    told = []
    widget.observe(lambda change: told.append(change["new"].tolist()), names="selected")
    mask = np.packbits(np.isin(np.arange(N), [0, 9, N - 1]), bitorder="little").tobytes()
    update = {"method": "update", "state": {}, "buffer_paths": [["_mask"]]}
    line.bring(update, [base64.b64encode(mask).decode()])
    line.bring(update, [""])
    assert told == [[0, 9, N - 1], []]


@needs_widget
def test_the_cell_is_told_a_selection_of_python_as_bits(cell):

    widget, _, sent = cell
    widget.selected = [1, 8]
    update = sent[-1]
    assert base64.b64decode(update["buffers"][0])[:2] == b"\x02\x01"


@needs_widget
def test_questions_of_the_page_are_answered_as_the_server_would(cell, content):

    from belvedere.page import Page

    _, line, sent = cell

    def ask(path, body=None):
        line.bring({"method": "custom", "content": {"ask": "v/1", "path": path, "body": body}}, [])
        answer = sent[-1]
        return answer["data"]["content"], base64.b64decode(answer["buffers"][0])

    told, body = ask("/api/map")
    assert told == {"answer": "v/1", "status": 200}
    assert json.loads(body)["nRows"] == N
    assert ask("/api/places")[1] == Page(content).places().tobytes()
    assert [row["object"] for row in json.loads(ask("/api/rows", '{"rows": [2]}')[1])] == ["A-0000002"]
    assert ask("/api/image/3")[1].startswith(b"\x89PNG")
    assert ask("/api/export", '{"format": "csv"}')[1].count(b"A-0000") == N
    assert ask("/api/rows", '{"rows": [99999]}')[0]["status"] == 400
    assert [ask(path)[0]["status"] for path in ("/", "/assets/app.js", "/api/none")] == [404, 404, 404]


@needs_widget
def test_the_module_and_the_page_are_whole(content):
    widget = Map(content).widget()
    assert "srcdoc" in widget._esm
    assert "export" in widget._esm
    assert 'name="belvedere-host"' in widget._page
    assert "http://" not in widget._page.replace("http://www.w3.org", "")


def test_viewing_in_a_kernel_gives_the_cell_and_elsewhere_serves(content, monkeypatch):
    monkeypatch.delitem(sys.modules, "marimo", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert not in_notebook()
    kernel = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: kernel))
    assert in_notebook()
    monkeypatch.setattr(Map, "widget", lambda self: "the cell")
    assert Map(content).view() == "the cell"
    monkeypatch.delitem(sys.modules, "IPython")
    monkeypatch.setitem(sys.modules, "marimo", types.SimpleNamespace(running_in_notebook=lambda: True))
    assert in_notebook()


def test_without_the_extra_one_sentence_says_what_to_install(content, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "belvedere.widget", raising=False)
    with pytest.raises(MissingExtraError, match=r"belvedere\[notebook\]"):
        Map(content).widget()


@needs_widget
def test_a_cell_needs_no_torch(content, tmp_path):
    folder = save(content, tmp_path / "objects.map")
    code = f"import sys, belvedere; belvedere.open({str(folder)!r}).widget(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@needs_widget
@pytest.mark.browser
@pytest.mark.timeout(200)
@pytest.mark.skipif(missing_tool() is not None, reason=str(missing_tool()))
def test_a_person_explores_a_map_in_a_cell(tmp_path):
    """The real module in a real browser, spoken to by the real widget: the picture, and the selection both ways."""
    folder = save(make_fake_content(20_000), tmp_path / "objects.map")
    env = os.environ | {"PYTHON": sys.executable, "CHROMIUM": str(CHROMIUM)}
    command = ["node", "tests/e2e/cell.mjs", str(folder)]
    done = subprocess.run(command, cwd=VIEWER, env=env, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
