"""Two hundred hostile strings as names, values and labels: a real browser shows them and runs none."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from belvedere.export import html, write_html
from belvedere.serve.app import VIEWER
from belvedere.serve.run import start_server
from belvedere.serve.served import Served
from belvedere.types import Column, Finding, MapContent, Schema, Score
from make_fake_map import make_fake_content

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium was not found, so no browser test ran"),
    pytest.mark.skipif(not (VIEWER / "index.html").is_file(), reason="the explorer was not built"),
]

MARK = "document.documentElement.dataset.pwned=1"
SHAPES = (
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    '"><script>{}</script>',
    "'><img src=x onerror={}>",
    "javascript:{}",
    "<iframe srcdoc='<script>parent.{}</script>'>",
    "</title><script>{}</script>",
    "</script><script>{}</script>",
    "<body onload={}>",
    "{{{{constructor.constructor('{}')()}}}}",
    "${{{}}}",
    "<a href=javascript:{}>x</a>",
    "`);{};(`",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "<style>@import 'javascript:{}'</style>",
    "<details open ontoggle={}>x</details>",
    "<math><mtext><img src=x onerror={}>",
    "<!--<script>{}</script>-->",
    "<object data=javascript:{}>",
)
STRINGS = [("\u202e" * (i % 2)) + shape.format(MARK) + f" {i}" for i in range(10) for shape in SHAPES]


def hostile_content() -> MapContent:
    """A map in which every name, value and sentence is hostile."""
    assert len(STRINGS) == 200
    n = 400
    content = make_fake_content(n, images=False, name=STRINGS[0])
    values = pa.array([STRINGS[i % 200] for i in range(n)])
    rows = pa.table(
        {STRINGS[1]: values, STRINGS[2]: values.dictionary_encode(), STRINGS[3]: pa.array(np.arange(n) * 1.0)}
    )
    kinds = ("text", "category", "number")
    columns = tuple(
        Column(name, kind, "input", STRINGS[4]) for name, kind in zip(rows.column_names, kinds, strict=True)
    )
    regions = tuple(replace(r, name=STRINGS[5 + i], why=(STRINGS[i],)) for i, r in enumerate(content.regions))
    return replace(
        content, rows=rows, schema=Schema(columns), regions=regions, predicted=np.array(STRINGS * 2, dtype=object),
        scores=(Score(STRINGS[160], 0.5, STRINGS[161], "learning", 0.4, STRINGS[162]),),
        findings=(Finding(STRINGS[163], "serious", STRINGS[164], STRINGS[165], STRINGS[1], (1, 2), 2),),
        provenance={STRINGS[166]: STRINGS[167]}, curves={STRINGS[168]: {STRINGS[169]: [1.0, 0.5]}},
        evaluation={"classes": STRINGS[:3], "confusion": [[1, 2, 3]] * 3, "roc": [], "calibration": []},
    )  # fmt: skip


def dump(address: str, folder: Path) -> str:
    """The page as the browser holds it after some seconds."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--no-first-run",
               "--disable-background-networking", "--virtual-time-budget=6000", "--dump-dom", address]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=90).stdout


def check(page: str) -> None:
    """Our own script ran and shows the hostile text; nothing else ran."""
    head = re.search(r"<html[^>]*>", page)
    assert head is not None
    assert "400" in page
    assert f"&lt;script&gt;{MARK}" in page  # as text: the strings are there, escaped
    assert "data-pwned" not in head[0]
    assert "<img src=x" not in page
    assert "<iframe" not in page


def test_the_served_page_runs_no_hostile_string(tmp_path):
    running = start_server(Served(hostile_content()))
    page = dump(running.link, tmp_path)
    running.stop()

    check(page)


def test_the_file_runs_no_hostile_string(tmp_path):
    assert html.VIEWER == VIEWER
    check(dump(write_html(hostile_content(), tmp_path / "a.html").as_uri(), tmp_path / "profile"))
