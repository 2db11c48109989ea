"""A very large map answers with a fair sample first, so that a page shows something while it reads all rows."""

import warnings

import numpy as np
import pytest

from belvedere.serve import build_app, served
from belvedere.serve.served import Served
from make_fake_map import make_fake_content

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # which HTTP client the test client would rather have is not our concern
    from starlette.testclient import TestClient

N, SAMPLE = 5_000, 800


@pytest.fixture
def large(monkeypatch):
    """A map that counts as very large here."""
    monkeypatch.setattr(served, "COARSE_FROM", N - 1)
    monkeypatch.setattr(served, "COARSE_ROWS", SAMPLE)
    return make_fake_content(N, images=False)


def client_of(content):
    client = TestClient(build_app(content, token="T" * 43), base_url="http://localhost:8000", follow_redirects=False)
    client.get("/?token=" + "T" * 43)
    return client


def test_the_sample_answers_like_a_map_of_its_own_on_the_same_ground(large):
    client = client_of(large)
    coarse, whole = client.get("/api/coarse/map").json(), client.get("/api/map").json()
    assert (coarse["nRows"], coarse["ofRows"], whole["nRows"]) == (SAMPLE, N, N)
    assert "ofRows" not in whole
    assert coarse["extent"] == whole["extent"]
    assert [c["name"] for c in coarse["columns"]] == [c["name"] for c in whole["columns"]]
    few = np.frombuffer(client.get("/api/coarse/places").content, "<u2").reshape(-1, 2)
    all_places = {tuple(place) for place in np.frombuffer(client.get("/api/places").content, "<u2").reshape(-1, 2)}
    assert len(few) == SAMPLE
    assert {tuple(place) for place in few} <= all_places
    index = next(c["index"] for c in coarse["columns"] if c["dtype"] == "u8")
    assert len(client.get(f"/api/coarse/column/{index}").content) == SAMPLE
    assert client.post("/api/coarse/rows", json={"rows": [SAMPLE]}).status_code == 400


def test_the_sample_is_the_same_each_time_and_fair(large):
    one, two = Served(large).coarse, Served(large).coarse
    assert (one.content.places == two.content.places).all()
    share = np.mean([c == "Maps" for c in one.content.rows["collection"].to_pylist()])
    truth = np.mean([c == "Maps" for c in large.rows["collection"].to_pylist()])
    assert abs(share - truth) < 4 * np.sqrt(truth * (1 - truth) / SAMPLE)


def test_the_sample_offers_no_edits_and_no_explanations(large):
    client = client_of(large)
    can = client.get("/api/coarse/map").json()["can"]
    assert [can[what] for what in ("edit", "explain", "place")] == [False] * 3
    for path in ("tags", "regions", "explain", "place"):
        assert client.post(f"/api/coarse/{path}", json={}).status_code in (404, 405)


def test_a_map_of_usual_size_has_no_sample():
    answer = client_of(make_fake_content(50, images=False)).get("/api/coarse/map")
    assert (answer.status_code, answer.content) == (204, b"")
