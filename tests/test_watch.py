"""A map can be watched while it is made; the same link then shows it, and what was shown can be looked through again."""

import http.client
import json
import os
import subprocess
import sys
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import numpy as np
import pytest
from typer.testing import CliRunner

from belvedere.cli.main import app
from belvedere.layout.lay_out import LayoutSettings, lay_out
from belvedere.maps import Map
from belvedere.serve import start_watching
from belvedere.serve.watch import MOST_PICTURES, MOST_POINTS, Watch
from make_fake_map import make_fake_content
from test_browser import CHROMIUM, VIEWER, missing_tool


class Browser:
    """The smallest browser: follows the link once and keeps the cookie."""

    def __init__(self, link: str) -> None:
        self.at = urlsplit(link)
        found = SimpleCookie(self.ask(f"/?{self.at.query}")[2]["set-cookie"])
        self.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in found.items())

    def ask(self, path: str, cookie: str = ""):
        line = http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=10)
        line.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = line.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}

    def get(self, path: str):
        return self.ask(path, self.cookie)[:2]


@pytest.fixture
def watching():
    running = start_watching(open_browser=False)
    yield running
    running.stop()


def test_stages_losses_and_sentences_are_kept_and_told_on():
    told = []

    class Inner:
        def __getattr__(self, name):
            return lambda *words: told.append((name, *words))

    watch = Watch(Inner())
    watch.say("Reads age.")
    watch.start("Learning", 3)
    watch.advance(1, "loss 0.5000, on held-out rows 0.6000, 4 s left")
    watch.advance(2, "loss 0.2500, on held-out rows nan, 2 s left")
    watch.finish("all epochs")
    state = watch.state()
    (stage,) = state["stages"]
    assert (stage["name"], stage["total"], stage["done"], stage["is_done"]) == ("Learning", 3, 2, True)
    assert state["losses"]["train"] == [0.5, 0.25]
    assert state["losses"]["valid"][0] == 0.6
    assert np.isnan(state["losses"]["valid"][1])
    assert state["sentences"] == ["Reads age."]
    assert [name for name, *_ in told] == ["say", "start", "advance", "advance", "finish"]


def test_pictures_are_fair_samples_in_the_maps_proportions():
    watch, rng = Watch(), np.random.default_rng(0)
    places = (rng.random((MOST_POINTS + 7_000, 2)) * [4, 2]).astype(np.float32)
    watch.take_picture(places)
    seen = np.frombuffer(watch.picture(0), "<u2").reshape(-1, 2)
    assert len(seen) == MOST_POINTS
    assert np.ptp(seen[:, 0].astype(float)) > 65_000
    assert abs(np.ptp(seen[:, 1].astype(float)) / 65_535 - 0.5) < 0.01
    assert watch.picture(1) is None


def test_many_pictures_are_thinned_evenly_and_the_last_is_kept():
    watch = Watch()
    for step in range(3 * MOST_PICTURES):
        watch.take_picture(np.full((2, 2), step, np.float32))
    kept = watch.state()["pictures"]
    assert len(kept) <= MOST_PICTURES
    assert kept == sorted(kept)
    assert kept[0] == 0
    assert max(kept) >= 3 * MOST_PICTURES - 2


def test_a_layout_shows_its_places_and_is_not_changed_by_being_watched():
    rows = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    watch = Watch()
    watch._pause = 0.0
    watched = lay_out(rows, LayoutSettings(), progress=watch).places
    assert len(watch.state()["pictures"]) > 10
    assert (watched == lay_out(rows, LayoutSettings()).places).all()


def test_the_link_shows_the_work_and_then_the_map(watching):
    browser = Browser(watching.link)
    watching.watch.start("Laying out", 10)
    watching.watch.take_picture(np.eye(2, dtype=np.float32))
    status, body = browser.get("/api/watch")
    state = json.loads(body)
    assert (status, state["outcome"], state["pictures"], state["stages"][0]["name"]) == (
        200,
        "making",
        [0],
        "Laying out",
    )
    assert len(browser.get("/api/watch/0")[1]) == 8
    assert browser.get("/api/watch/7")[0] == 404
    assert browser.get("/api/map")[0] == 404
    Map(make_fake_content(50, images=False)).show_in(watching)
    assert json.loads(browser.get("/api/watch")[1])["outcome"] == "made"
    assert json.loads(browser.get("/api/map")[1])["nRows"] == 50
    assert [len(browser.get(f"/api/watch/{number}")[1]) for number in (0, 1)] == [8, 200]


def test_without_the_link_nothing_is_shown(watching):
    browser = Browser(watching.link)
    assert [browser.ask(path)[0] for path in ("/", "/api/watch", "/api/watch/0")] == [401, 401, 401]
    assert browser.ask("/api/watch", browser.cookie)[2]["content-security-policy"].startswith("default-src 'none'")


def test_watching_and_wanting_no_page_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["map", "sklearn:iris", "--watch", "--no-view", "--out", str(tmp_path / "a.map")])
    assert "--watch shows a page" in str(done.exception)


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.skipif(missing_tool() is not None, reason=str(missing_tool()))
def test_a_person_watches_a_map_being_made(tmp_path):
    """`belvedere map --watch`: stages, losses and places; then the explorer without a new link; Ctrl-C ends it well."""
    env = os.environ | {"PYTHON": sys.executable, "CHROMIUM": str(CHROMIUM)}
    command = ["node", "tests/e2e/watch.mjs", str(tmp_path / "digits.map")]
    done = subprocess.run(command, cwd=VIEWER, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
