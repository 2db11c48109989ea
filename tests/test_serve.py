"""Every route answers what the architecture says, in the bytes it says."""

import base64
import io
import json
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import belvedere.mapfolder as mapfolder
from belvedere.errors import SettingError
from belvedere.serve import build_app
from belvedere.serve.contrast import adjust, contrast, rank_difference
from belvedere.serve.index import TextIndex, build_index
from belvedere.serve.run import open_door, start_server
from belvedere.serve.search import scan_pattern, scan_words
from belvedere.serve.selection import read_selection
from belvedere.serve.served import Served
from belvedere.types import Column, MapContent, Schema
from make_fake_map import make_fake_content

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # which HTTP client the test client would rather have is not our concern
    from starlette.testclient import TestClient

N = 300


@pytest.fixture(scope="module")
def content() -> MapContent:
    return make_fake_content(N)


@pytest.fixture
def client(content, tmp_path):
    path = mapfolder.save(content, tmp_path / "objects.map")
    app = build_app(mapfolder.open_folder(path), token="T" * 43, path=path, edits=mapfolder)
    client = TestClient(app, base_url="http://localhost:8000", follow_redirects=False)
    assert client.get("/?token=" + "T" * 43).status_code == 303
    return client


def bits(mask) -> str:
    """A selection as the page sends it."""
    return base64.b64encode(np.packbits(np.asarray(mask, dtype=bool), bitorder="little").tobytes()).decode()


def column_of(info, name):
    return next(c for c in info["columns"] if c["name"] == name)


def test_the_description_of_the_map_is_complete(client, content):
    info = client.get("/api/map").json()

    assert (info["format"], info["name"], info["nRows"]) == (1, "Museum objects", N)
    assert info["can"] == {"search": True, "image": True, "neighbors": True, "export": True, "edit": True,
                           "contrast": True, "place": False, "explain": False,
                           "beside": False, "sound": False}  # fmt: skip
    assert [c["index"] for c in info["columns"]] == list(range(len(info["columns"])))
    assert [c["name"] for c in info["columns"]][: len(content.schema.names)] == list(content.schema.names)
    assert info["regions"][7]["nRows"] == content.regions[7].n_rows
    assert info["scores"][0]["baseline"] == 0.871
    assert info["findings"][0]["n_rows"] == content.findings[0].n_rows
    assert set(info["curves"]) == {"loss", "accuracy"}


def test_places_lie_where_they_were(client, content):
    info = client.get("/api/map").json()
    steps = np.frombuffer(client.get("/api/places").content, dtype="<u2").reshape(N, 2)

    x0, y0, x1, y1 = info["extent"]
    back = np.array([x0, y0]) + steps / 65535 * np.array([x1 - x0, y1 - y0])
    np.testing.assert_allclose(back, content.places, atol=(x1 - x0) / 65535)


def test_numbers_come_back_within_half_a_step(client, content):
    info = column_of(client.get("/api/map").json(), "price")
    steps = np.frombuffer(client.get(f"/api/column/{info['index']}").content, dtype="<u2")
    truth = content.rows["price"].to_numpy()

    assert info["dtype"] == "u16q"
    assert ((steps == 65535) == np.isnan(truth)).all()
    assert info["nMissing"] == int(np.isnan(truth).sum())
    back = info["min"] + steps / 65534 * (info["max"] - info["min"])
    there = ~np.isnan(truth)
    assert np.abs(back - truth)[there].max() <= (info["max"] - info["min"]) / 65534 * 0.51


def test_categories_come_back_equal(client, content):
    info = column_of(client.get("/api/map").json(), "city")
    codes = np.frombuffer(client.get(f"/api/column/{info['index']}").content, dtype="u1")

    assert [info["categories"][c] for c in codes] == content.rows["city"].to_pylist()
    assert info["counts"] == [int((codes == i).sum()) for i in range(len(info["categories"]))]


def test_predictions_share_the_codes_of_their_target(client, content):
    info = client.get("/api/map").json()

    assert column_of(info, "predicted")["categories"] == column_of(info, "collection")["categories"]


def test_regions_are_columns_in_the_order_of_their_ids(client, content):
    info = client.get("/api/map").json()
    column = column_of(info, "region.1")
    codes = np.frombuffer(client.get(f"/api/column/{column['index']}").content, dtype="u1")
    ids = [r["id"] for r in info["regions"] if r["level"] == 1]

    assert [ids[c] for c in codes] == content.region_of[:, 1].tolist()


def test_columns_without_one_number_per_row_are_not_sent(client):
    info = client.get("/api/map").json()
    text = column_of(info, "description")

    assert text["dtype"] is None
    assert client.get(f"/api/column/{text['index']}").status_code == 404


def test_rows_are_previews_in_the_order_asked(client, content):
    rows = client.post("/api/rows", json={"rows": [5, 2]}).json()

    assert [r["object"] for r in rows] == ["A-0000005", "A-0000002"]
    assert rows[0]["description"] == content.rows["description"][5].as_py()
    assert len(rows[0]["visits by hour"]) == 24
    assert rows[0]["picture"] is None


@pytest.mark.parametrize("size", ["thumbnail", "full"])
def test_pictures_are_png(client, content, size):
    answer = client.get(f"/api/image/4?size={size}")
    picture = np.asarray(Image.open(io.BytesIO(answer.content)))

    assert answer.headers["content-type"] == "image/png"
    np.testing.assert_array_equal(picture.reshape(-1), content.rows["picture"][4].as_py())


def test_an_atlas_holds_rows_left_to_right_32_per_line(client):
    sheet = Image.open(io.BytesIO(client.post("/api/atlas", json={"rows": [*range(40)], "cell": 20}).content))
    one = Image.open(io.BytesIO(client.get("/api/image/33").content))

    assert sheet.size == (640, 40)
    np.testing.assert_array_equal(np.asarray(sheet)[20:40, 20:40, 0], np.asarray(one))


def test_search_finds_every_word_in_any_case_and_script(client, content):
    texts = content.rows["description"].to_pylist()
    found = client.post("/api/search", json={"query": "GLAZE restored", "limit": 1000}).json()
    chinese = client.post("/api/search", json={"query": "收藏", "limit": 3}).json()

    assert found["rows"] == [i for i, t in enumerate(texts) if "glaze" in t and "restored" in t]
    assert chinese["n_found"] == sum("收藏" in t for t in texts)
    assert len(chinese["rows"]) == 3


def test_search_by_pattern_and_a_broken_pattern(client, content):
    texts = content.rows["description"].to_pylist()
    found = client.post("/api/search", json={"query": "^(bowl|vase)", "mode": "regex", "limit": 1000}).json()
    broken = client.post("/api/search", json={"query": "(bowl", "mode": "regex"})

    assert found["rows"] == [i for i, t in enumerate(texts) if t.startswith(("bowl", "vase"))]
    assert broken.status_code == 400
    assert "regular expression" in broken.json()["detail"]


def test_search_looks_into_categories_with_missing_values():
    words = pa.chunked_array(
        [pa.array(["red", None, "blue"]).dictionary_encode(), pa.array(["red"]).dictionary_encode()]
    )
    content = MapContent("w", Schema((Column("w", "category"),)), pa.table({"w": words}), np.zeros((4, 2), np.float32))

    assert scan_words(content, ["red"]).tolist() == [True, False, False, True]
    assert scan_pattern(content, "^b").tolist() == [False, False, True, False]


def test_neighbors_are_those_kept_with_their_distances(client, content):
    found = client.post("/api/neighbors", json={"row": 9}).json()
    steps = content.latent[content.neighbors[9]].astype(np.float32) - content.latent[9].astype(np.float32)

    assert found["rows"] == content.neighbors[9].tolist()
    np.testing.assert_allclose(found["distances"], np.linalg.norm(steps, axis=1), rtol=1e-5)


def test_export_of_a_selection_is_disarmed_and_complete(client, content):
    mask = np.arange(N) % 3 == 0
    answer = client.post("/api/export", json={"selection": bits(mask), "format": "csv"})
    text = answer.content.decode("utf-8-sig")
    table = pq.read_table(
        io.BytesIO(client.post("/api/export", json={"selection": bits(mask), "format": "parquet"}).content)
    )

    assert "attachment" in answer.headers["content-disposition"]
    assert len(text.strip().split("\n")) == 101
    assert table["object"].to_pylist() == [f"A-{i:07d}" for i in range(0, N, 3)]
    assert {"map_x", "map_region_1", "map_predicted", "map_kept"} <= set(table.column_names)


def test_export_leaves_no_file_behind(client, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())

    client.post("/api/export", json={"format": "csv"})

    assert set(tmp_path.iterdir()) == before


def test_edits_are_kept_in_the_folder_and_shown_at_once(client, tmp_path):
    mask = np.arange(N) < 7
    columns = len(client.get("/api/map").json()["columns"])

    assert client.post("/api/regions", json={"id": 2, "name": "Silk roads"}).status_code == 200
    assert client.post("/api/tags", json={"name": "look again", "selection": bits(mask)}).status_code == 200

    info = client.get("/api/map").json()
    assert info["regions"][2]["name"] == "Silk roads"
    assert column_of(info, "region.0")["categories"][2] == "Silk roads"
    assert [c["name"] for c in info["columns"]][columns:] == ["look again"]
    assert info["columns"][columns]["counts"] == [N - 7, 7]
    back = mapfolder.open_folder(tmp_path / "objects.map")
    assert back.regions[2].name == "Silk roads"
    assert np.flatnonzero(back.rows["look again"].to_numpy()).tolist() == list(range(7))


def test_a_tag_given_anew_shows_its_new_rows(client):
    client.post("/api/tags", json={"name": "again", "selection": bits(np.arange(N) < 7)})
    client.post("/api/tags", json={"name": "again", "selection": bits(np.arange(N) < 9)})

    info = client.get("/api/map").json()
    assert [c["counts"] for c in info["columns"] if c["name"] == "again"] == [[N - 9, 9]]


def test_edits_without_a_folder_are_one_sentence(content):
    app = build_app(content, token="T" * 43)
    client = TestClient(app, base_url="http://localhost")
    client.get("/?token=" + "T" * 43)

    answer = client.post("/api/regions", json={"id": 2, "name": "x"})

    assert answer.status_code == 400
    assert "map folder" in answer.json()["detail"]
    assert client.get("/api/map").json()["can"]["edit"] is False


def test_new_rows_are_placed_by_the_function_given(content):
    def place(table):
        return np.stack([table["a"].to_numpy(), table["a"].to_numpy() * 2], 1), {"outlying": np.zeros(len(table))}

    client = TestClient(build_app(content, token="T" * 43, place=place), base_url="http://localhost")
    client.get("/?token=" + "T" * 43)

    answer = client.post("/api/place", json={"rows": [{"a": 1.5}, {"a": 2.0}]})

    assert answer.json() == {"places": [[1.5, 3.0], [2.0, 4.0]], "channels": {"outlying": [0, 0]}}


def test_json_is_gzipped_where_the_browser_takes_it_and_bytes_are_not(client):
    assert client.get("/api/map").headers.get("content-encoding") == "gzip"
    assert client.get("/api/map", headers={"accept-encoding": "identity"}).headers.get("content-encoding") is None
    assert client.get("/api/places").headers.get("content-encoding") is None


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_least_maps_answer_every_route(n):
    rows = pa.table({"a": pa.array(np.arange(n, dtype=np.float64)), "t": pa.array(["x"] * n, pa.string())})
    schema = Schema((Column("a", "number"), Column("t", "text")))
    content = MapContent("least", schema, rows, np.zeros((n, 2), np.float32))
    client = TestClient(build_app(content, token="T" * 43), base_url="http://localhost")
    client.get("/?token=" + "T" * 43)

    assert client.get("/api/map").json()["nRows"] == n
    assert len(client.get("/api/places").content) == 4 * n
    assert len(client.get("/api/column/0").content) == 2 * n
    assert client.post("/api/search", json={"query": "x"}).json()["n_found"] == n
    assert client.post("/api/export", json={"format": "csv"}).status_code == 200
    assert client.post("/api/contrast", json={"selection": bits([1] * n)}).status_code == 400
    assert client.post("/api/neighbors", json={"row": 0}).status_code in (400, 404)


def test_not_numbers_in_what_was_measured_become_null(content):
    import dataclasses

    from belvedere.types import Score

    odd = dataclasses.replace(content, scores=(Score("AUC", float("nan")),), curves={"loss": {"train": [float("inf")]}})
    client = TestClient(build_app(odd, token="T" * 43), base_url="http://localhost")
    client.get("/?token=" + "T" * 43)

    info = json.loads(client.get("/api/map").content)
    assert info["scores"][0]["value"] is None
    assert info["curves"] == {"loss": {"train": [None]}}


@pytest.mark.parametrize("text", ["", "A", "!!!!", "AAAA" * 100])
def test_selections_of_another_length_are_refused(text):
    with pytest.raises(SettingError):
        read_selection(text, 100)


def test_a_selection_padded_to_whole_words_is_read():
    padded = base64.b64encode(np.packbits([1, 0, 1, 0, 0, 0, 0, 0], bitorder="little").tobytes() + bytes(3)).decode()

    assert np.flatnonzero(read_selection(padded, 5)).tolist() == [0, 2]


def planted(rng, n=4000):
    """Two groups that differ in two of twenty columns: a number and a category."""
    inside = np.arange(n) < n // 4
    columns = {f"noise {i}": rng.normal(size=n) for i in range(16)} | {
        "far": rng.normal(size=n) + 0.8 * inside,
        "kind": np.where(rng.random(n) < 0.2 + 0.4 * inside, "rare", rng.choice(["a", "b", "c"], n)),
        "plain": rng.choice(["x", "y"], n),
        "yes": rng.random(n) < 0.5,
    }
    kinds = ["number"] * 17 + ["category", "category", "boolean"]
    schema = Schema(tuple(Column(name, kind) for name, kind in zip(columns, kinds, strict=True)))
    return MapContent("planted", schema, pa.table(columns), np.zeros((n, 2), np.float32)), inside


def test_contrast_finds_what_was_planted_and_little_else():
    """Over 20 seeds the planted columns lead, and false differences at q < 0.05 stay near the 5 % that are allowed."""
    n_false = n_claimed = 0
    for seed in range(20):
        content, inside = planted(np.random.default_rng(seed))
        found = contrast(content, inside, ~inside)["differences"]
        assert {d["column"] for d in found[:2]} == {"far", "kind"}
        claimed = [d["column"] for d in found if d["q"] < 0.05]
        n_false += len(set(claimed) - {"far", "kind"})
        n_claimed += len(claimed)
    assert n_false / n_claimed <= 0.1


def test_contrast_tells_sizes_and_shares(content):
    content, inside = planted(np.random.default_rng(0))
    by_name = {d["column"]: d for d in contrast(content, inside, ~inside)["differences"]}

    far, kind = by_name["far"], by_name["kind"]
    values = content.rows["far"].to_numpy()
    assert far["inside"] == pytest.approx(np.median(values[inside]), abs=0.02)
    assert 0.35 < far["effect"] < 0.5  # 2Φ(0.8/√2) − 1 = 0.43
    assert (kind["value"], round(kind["inside"], 1), round(kind["outside"], 1)) == ("rare", 0.6, 0.2)


def test_contrast_of_texts_names_the_words():
    texts = ["a blue glaze bowl", "blue glaze vase", "glaze on a bowl", "my blue glaze"] * 10 + [
        "a brass horn",
        "a reed",
    ] * 30
    content = MapContent("t", Schema((Column("t", "text"),)), pa.table({"t": texts}), np.zeros((100, 2), np.float32))
    inside = np.arange(100) < 40

    difference = contrast(content, inside, ~inside)["differences"][0]

    assert set(difference["words"][:2]) == {"glaze", "blue"}
    assert "brass" not in difference["words"]


def test_rank_difference_agrees_with_scipy():
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.integers(0, 9, 40), rng.integers(1, 10, 60)
        effect, p = rank_difference(a, b)
        other = mannwhitneyu(a, b, method="asymptotic")
        assert p == pytest.approx(other.pvalue, rel=1e-9)
        assert effect == pytest.approx(2 * other.statistic / (40 * 60) - 1)


def test_adjusted_values_agree_with_scipy():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(0).random(50) ** 3

    np.testing.assert_allclose(adjust(p.tolist()), false_discovery_control(p))
    assert adjust([]) == []


def test_a_taken_port_is_one_sentence():
    door = open_door("127.0.0.1", 0)
    door.listen()
    with pytest.raises(SettingError, match="Choose another port"):
        open_door("127.0.0.1", door.getsockname()[1])
    door.close()


def test_a_server_starts_and_stops(content):
    import urllib.error
    import urllib.request

    running = start_server(Served(content))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(running.url + "/api/map", timeout=5)
    running.stop()

    refused.value.close()
    assert refused.value.code == 401
    time.sleep(0.05)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(running.url + "/api/map", timeout=5)


def with_texts(texts) -> MapContent:
    rows = pa.table({"t": pa.array(texts), "c": pa.array(["red", None] * (len(texts) // 2)).dictionary_encode()})
    schema = Schema((Column("t", "text"), Column("c", "category")))
    return MapContent("t", schema, rows, np.zeros((len(texts), 2), np.float32), provenance={"fingerprint": "f"})


@pytest.mark.parametrize(
    "query", ["glaze", "GLAZE bowl", "收藏", "私人收", 'say "ah', "a", "OR", "red", "red glaze", "%", "x*"]
)
def test_the_index_finds_what_reading_through_finds(query, tmp_path):
    texts = [
        f"{w} {i}" for i, w in enumerate(["blue glaze bowl", "来自私人收藏", 'say "ah"', "x* AND OR 5 %", "Glaze"] * 40)
    ]
    content = with_texts(texts)
    index = TextIndex(content, tmp_path, min_bytes=0)
    words = query.lower().split()

    before = index.find(words)
    index.wait()

    assert (tmp_path / "search.sqlite").is_file()
    np.testing.assert_array_equal(index.find(words), before)
    np.testing.assert_array_equal(before, scan_words(content, words))


def test_an_index_is_used_again_and_one_of_other_rows_is_not(tmp_path):
    content = with_texts(["blue glaze", "red bowl"])
    build_index(content, tmp_path)
    made = (tmp_path / "search.sqlite").stat().st_mtime_ns

    again = TextIndex(content, tmp_path, min_bytes=0)
    assert again.find(["glaze"]).tolist() == [True, False]
    assert (tmp_path / "search.sqlite").stat().st_mtime_ns == made

    other = TextIndex(with_texts(["a", "b", "glaze", "d"]), tmp_path, min_bytes=0)
    other.find(["glaze"])
    other.wait()
    assert other.find(["glaze"]).tolist() == [False, False, True, False]
    assert (tmp_path / "search.sqlite").stat().st_mtime_ns != made


@pytest.mark.parametrize("kind", ["garbage", "link", "readonly"])
def test_a_bad_index_never_stops_a_search(kind, tmp_path, monkeypatch):
    content = with_texts(["blue glaze", "red bowl"])
    if kind == "garbage":
        (tmp_path / "search.sqlite").write_bytes(b"SQLite format 3\x00" + bytes(5000))
    elif kind == "link":
        (tmp_path / "search.sqlite").symlink_to("/etc/passwd")
    else:
        monkeypatch.setattr("os.access", lambda *args: False)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "else"))
        (tmp_path / "else").mkdir()
    index = TextIndex(content, tmp_path, min_bytes=0)

    index.find(["glaze"])
    index.wait()

    assert index.find(["glaze"]).tolist() == [True, False]
    assert kind != "readonly" or not (tmp_path / "search.sqlite").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_quietly_when_the_person_stops_it(number, tmp_path):
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import belvedere.mapfolder as mapfolder\nfrom belvedere.serve import serve_map\n"
        "serve_map(mapfolder.open_folder(sys.argv[1]), open_browser=False)\nprint('ended')\n"
    )
    path = mapfolder.save(make_fake_content(20), tmp_path / "a.map")
    server = subprocess.Popen(
        [sys.executable, "-c", code, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = [server.stdout.readline() for _ in range(2)]
    server.send_signal(number)
    out, err = server.communicate(timeout=20)

    assert "/?token=" in said[0]
    assert "Ctrl-C" in said[1]
    assert "Traceback" not in err
    assert (server.returncode, out) == ((0, "ended\n") if number == signal.SIGINT else (-signal.SIGTERM, ""))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_of_too_many_pixels_is_not_unpacked():
    bomb = io.BytesIO()
    Image.new("1", (9_500, 9_500)).save(bomb, "PNG")  # 90 million pixels in some kilobytes
    fine = io.BytesIO()
    Image.new("RGB", (3_000, 10), "red").save(fine, "JPEG", exif=b"Exif\x00\x00secret place")
    rows = pa.table({"p": pa.array([bomb.getvalue(), fine.getvalue(), b"", None], pa.binary())})
    content = MapContent("p", Schema((Column("p", "image"),)), rows, np.zeros((4, 2), np.float32))
    client = TestClient(build_app(content, token="T" * 43), base_url="http://localhost")
    client.get("/?token=" + "T" * 43)

    answers = [client.get(f"/api/image/{row}?size=full") for row in range(4)]

    assert len(bomb.getvalue()) < 100_000
    assert [a.status_code for a in answers] == [404, 200, 404, 404]
    assert Image.open(io.BytesIO(answers[1].content)).size == (2_048, 7)
    assert b"secret place" not in answers[1].content


def test_rows_are_explained_by_what_was_handed_in(content):
    app = build_app(content, token="t" * 43, explain=lambda row, what: {"row": row, "what": what})
    client = TestClient(app, base_url="http://localhost")
    client.get(f"/?token={'t' * 43}")

    told = client.post("/api/explain", json={"row": 3, "what": "prediction"}).json()
    refused = client.post("/api/explain", json={"row": 3, "what": "everything"})

    assert told == {"row": 3, "what": "prediction"}
    assert refused.status_code == 400


def test_a_map_that_cannot_explain_says_so(client):
    assert client.post("/api/explain", json={"row": 0}).status_code == 404


def test_whether_a_prediction_is_right_is_a_column_of_its_own(client, content):
    info = client.get("/api/map").json()
    right = column_of(info, "right")
    codes = np.frombuffer(client.get(f"/api/column/{right['index']}").content, dtype=np.uint8)
    truth = content.rows[next(c.name for c in content.schema if c.role == "target")].to_pylist()

    expected = [255 if t in (None, "") else int(t != p) for t, p in zip(truth, content.predicted, strict=True)]

    assert right["categories"] == ["right", "wrong"]
    assert codes.tolist() == expected
    assert {0, 1} <= set(expected)
