"""Pictures show what they should where they should; one HTML file carries a whole map; tables are complete."""

import base64
import gzip
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from belvedere.errors import SettingError
from belvedere.export import carried as carried_module
from belvedere.export import html, write_html, write_picture, write_table
from belvedere.export.carried import answers_of, coarsen
from belvedere.export.coloring import color_rows
from belvedere.export.fonts import Face, runs
from belvedere.export.html import block
from belvedere.export.labels import break_lines, place_labels
from belvedere.export.palette import TOKENS, rgb
from belvedere.export.points import paint_points
from belvedere.export.sheet import lay_out_sheet
from belvedere.page import Page
from belvedere.types import Column, MapContent, Region, Schema
from make_fake_map import make_fake_content

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def content() -> MapContent:
    return make_fake_content(3000, images=False)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def hex_rgb(color: str) -> np.ndarray:
    return np.rint(rgb(color) * 255).astype(int)


def two_islands(n=2000) -> MapContent:
    """Two discs, 'left' and 'right', with a name each."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.random(n))
    places = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    is_right = np.arange(n) % 2 == 1
    places[:, 0] += np.where(is_right, 3.0, -3.0)
    side = pa.array(np.where(is_right, "right", "left"))
    regions = (Region(0, -1, 0, -3, 0, n // 2, "Westland"), Region(1, -1, 0, 3, 0, n // 2, "Eastland"))
    schema = Schema((Column("side", "category", "target"), Column("size", "number")))
    rows = pa.table({"side": side, "size": pa.array(places[:, 0])})
    region_of = is_right.astype(np.int32)[:, None]
    return MapContent("Two islands", schema, rows, places.astype(np.float32), regions=regions, region_of=region_of)


def blue_and_orange(image: np.ndarray) -> tuple[float, float]:
    """Shares of pixels in the first and in the second color of the categories."""
    lean = image[..., 2] - image[..., 0]
    return float((lean > 50).mean()), float((lean < -50).mean())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_island_has_its_color_on_its_side(tmp_path, theme):
    image = pixels(write_picture(two_islands(), tmp_path / "a.png", theme=theme, width=900, height=600, title=False))
    east, west = blue_and_orange(image[:, 600:]), blue_and_orange(image[:450, :450])

    assert image.shape == (600, 900, 3)
    assert east[1] > 0.02
    assert east[0] < 0.001
    assert west[0] > 0.02
    assert west[1] < 0.001
    np.testing.assert_array_equal(image[0, -1], hex_rgb(TOKENS[theme].sea))


def test_up_on_the_map_is_up_on_paper(tmp_path):
    content = two_islands()
    turned = replace(content, places=content.places[:, ::-1].copy())  # 'right' lies above

    image = pixels(write_picture(turned, tmp_path / "a.png", width=900, height=900, title=False))

    above = blue_and_orange(image[:400])
    assert above[1] > 0.02
    assert above[0] < 0.001


def test_the_same_map_gives_the_same_picture(content, tmp_path):
    one = write_picture(content, tmp_path / "a.png", width=600, height=400).read_bytes()

    assert write_picture(content, tmp_path / "b.png", width=600, height=400).read_bytes() == one


@pytest.mark.parametrize(
    "color", ["price", "added", "city", "region.2", "kept", "predicted", "split", "restored", None]
)
def test_every_kind_of_column_colors_a_map(content, tmp_path, color):
    image = pixels(write_picture(content, tmp_path / "a.png", color=color, width=400, height=300))

    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 500


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"color": "colection"}, "Did you mean 'collection'"),
        ({"color": "description"}, "colored by numbers, times or categories"),
        ({"theme": "blue"}, "must be 'light' or 'dark'"),
        ({"width": 10}, "200 to 12000 pixels"),
        ({"height": 20_000}, "200 to 12000 pixels"),
    ],
)
def test_bad_choices_are_one_sentence(content, tmp_path, options, sentence):
    with pytest.raises(SettingError, match=sentence):
        write_picture(content, tmp_path / "a.png", **options)
    with pytest.raises(SettingError, match="must end in"):
        write_picture(content, tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_rows_are_a_picture_too(n, tmp_path):
    schema = Schema((Column("a", "number"),))
    least = MapContent(
        "least", schema, pa.table({"a": pa.array([1.0] * n, pa.float64())}), np.zeros((n, 2), np.float32)
    )

    assert pixels(write_picture(least, tmp_path / "a.png", color="a", width=300, height=200)).shape == (200, 300, 3)


def test_places_that_are_not_numbers_are_left_out(tmp_path):
    content = two_islands()
    places = content.places.copy()
    places[:5] = np.nan

    assert write_picture(replace(content, places=places), tmp_path / "a.png", width=300, height=200).exists()


def test_points_cover_their_disc_and_nothing_else():
    image = np.zeros((40, 40, 3), dtype=np.float32)
    one = np.ones(1, np.float32)
    paint_points(image, 20 * one, 20 * one, np.ones((1, 3), np.float32), radius=6.0, opacity=one)

    assert image[..., 0].sum() == pytest.approx(np.pi * 36, rel=0.02)
    assert image[0].sum() == 0
    assert image[20, 20, 0] == 1


def test_points_beyond_the_edge_do_no_harm():
    image = np.zeros((10, 10, 3), dtype=np.float32)
    far = np.array([-50, -1, 9.5, 60], np.float32)
    paint_points(image, far, far, np.ones((4, 3), np.float32), radius=3.0, opacity=np.ones(4, np.float32))

    assert image[0, 0, 0] > 0
    assert image[5, 0, 0] == 0


def test_no_class_lies_on_top():
    """Half the points of each of two classes in one place: both remain visible, whichever came last in the rows."""
    rng, n = np.random.default_rng(0), 4000
    x, y = rng.uniform(0, 60, n).astype(np.float32), rng.uniform(0, 60, n).astype(np.float32)
    colors = np.zeros((n, 3), np.float32)
    colors[: n // 2, 0] = 1
    colors[n // 2 :, 2] = 1
    image = np.zeros((60, 60, 3), dtype=np.float32)
    paint_points(image, x, y, colors, radius=2.0, opacity=np.ones(n, np.float32))

    assert 0.4 < image[..., 0].mean() / (image[..., 0].mean() + image[..., 2].mean()) < 0.6


def test_labels_never_overlap_and_stay_on_the_sheet(content):
    sheet_size = (1600, 1000)
    page = Page(content)
    sheet = lay_out_sheet(content, color_rows(page, None, "light"), TOKENS["light"], size=sheet_size, title=True)
    rng = np.random.default_rng(1)
    regions = [Region(i, -1, i % 3, 0, 0, int(rng.integers(1, 999)), f"name {i} of a region") for i in range(200)]
    places = [tuple(p) for p in rng.uniform(0, 1000, (200, 2))]
    labels = place_labels(regions, places, unit=1.2, taken=[(0, 0, 300, 200)], within=(0, 0, 1000, 1000), max_level=2)

    assert {"Paintings", "Ceramics", "Maps"} <= {text.text for text in sheet.texts}
    assert len(labels) > 30
    boxes = [label.box for label in labels] + [(0, 0, 300, 200)]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert all(a[0] >= 0 and a[1] >= 0 and a[2] <= 1000 and a[3] <= 1000 for a in boxes)


def test_beyond_twelve_the_largest_eleven_have_colors_and_the_rest_is_grey():
    words = np.repeat([f"w{i:02d}" for i in range(20)], np.arange(20, 0, -1))
    schema = Schema((Column("w", "category"),))
    content = MapContent("w", schema, pa.table({"w": words}), np.zeros((len(words), 2), np.float32))
    coloring = color_rows(Page(content), "w", "light")

    assert [key.name for key in coloring.keys] == [*(f"w{i:02d}" for i in range(11)), "9 others"]
    assert sum(key.n_rows for key in coloring.keys) == len(words)
    np.testing.assert_allclose(coloring.colors[-1], rgb(TOKENS["light"].grey))


def test_numbers_on_both_sides_of_zero_diverge_around_zero():
    coloring = color_rows(Page(two_islands()), "size", "light")

    assert len(coloring.scale.stops) == 9
    assert float(coloring.scale.texts[1]) == 0
    assert coloring.scale.texts[0].lstrip("≤ ").replace("−", "") == coloring.scale.texts[2].lstrip("≥ ")


def test_svg_keeps_letters_as_text_and_points_as_one_image(content, tmp_path):
    hostile = replace(content, name='<script>alert(1)</script> & "x"')
    path = write_picture(hostile, tmp_path / "a.svg", width=800, height=500)
    root = ET.parse(path).getroot()
    images = root.findall(f"{SVG}image")
    texts = [t.text for t in root.findall(f"{SVG}text")]

    assert (root.get("width"), root.get("height")) == ("800", "500")
    assert len(images) == 1
    assert root.find(f".//{SVG}script") is None
    assert hostile.name in texts
    assert {"Paintings", "collection"} <= set(texts)
    assert len(root.findall(f"{SVG}circle")) == 5
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", path.read_text())


def test_letters_that_one_font_lacks_are_asked_of_another():
    parts = runs("Tea 茶", Face("serif", 20))

    assert "".join(text for text, _ in parts) == "Tea 茶"


def test_tables_hold_the_given_columns_and_what_the_map_says(content, tmp_path):
    table = pq.read_table(write_table(content, tmp_path / "a.parquet", rows=np.array([7, 3])))

    assert table["object"].to_pylist() == ["A-0000007", "A-0000003"]
    assert table["map_x"].to_pylist() == content.places[[7, 3], 0].tolist()
    assert table["map_region_1"][0].as_py() == content.regions[content.region_of[7, 0]].name
    assert table["map_predicted"][1].as_py() == content.predicted[3]
    assert write_table(content, tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(SettingError):
        write_table(content, tmp_path / "a.xlsx")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.parquet"]


@pytest.fixture
def viewer(tmp_path, monkeypatch) -> Path:
    """A built front end in miniature."""
    folder = tmp_path / "viewer"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(
        '<!doctype html><html><head><title>Belvedere</title><script type="module" crossorigin src="./assets/app.js"></script>'
        '<link rel="stylesheet" crossorigin href="./assets/style.css"></head><body><div id="app"></div></body></html>'
    )
    (folder / "assets" / "app.js").write_text('const a = "</script><!-- $& \\1";')
    (folder / "assets" / "style.css").write_text("@font-face{src:url(./f.woff2)} b{color:red}")
    (folder / "assets" / "f.woff2").write_bytes(b"font")
    monkeypatch.setattr(html, "VIEWER", folder)
    return folder


BLOCK = r'<script type="application/octet-stream;base64" data-name="([^"]+)"( data-encoding="gzip")?>([^<]*)</script>'


def carried(text: str) -> dict[str, bytes]:
    """All answers that a page carries."""
    return {
        name: gzip.decompress(base64.b64decode(body)) if packed else base64.b64decode(body)
        for name, packed, body in re.findall(BLOCK, text)
    }


def test_one_file_carries_what_the_server_would_answer(viewer, tmp_path):
    content = make_fake_content(200)
    text = write_html(content, tmp_path / "a.html").read_text()
    parts, page = carried(text), Page(content)
    info = json.loads(parts["api/map"])
    rows = json.loads(parts["api/rows"])["columns"]

    assert info["nRows"] == 200
    assert info["can"]["edit"] is False
    assert parts["api/places"] == page.places().tobytes()
    for column in info["columns"]:
        name = f"api/column/{column['index']}"
        assert (name in parts) == (column["dtype"] is not None)
        if column["group"] == "data" and column["dtype"]:
            assert parts[name] == page.column(column["index"]).values.tobytes()
    assert rows["object"] == content.rows["object"].to_pylist()
    near = np.frombuffer(parts["api/neighbors"], "<i4").reshape(200, -1)
    np.testing.assert_array_equal(near, content.neighbors)
    assert parts["api/image/7"] == content.thumbnails[7].as_py()


def test_the_file_asks_for_nothing_and_runs_only_its_own_script(viewer, tmp_path):
    content = replace(make_fake_content(50, images=False), name="</title><script>alert(1)</script>")
    text = write_html(content, tmp_path / "a.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#x27;", "'")
    script = re.search(r'<script type="module">(.*?)</script>', text, re.S)[1]
    digest = base64.b64encode(__import__("hashlib").sha256(script.encode()).digest()).decode()

    assert "src=" not in text
    assert "href=" not in text
    assert "http" not in re.sub(r"http-equiv", "", re.sub(BLOCK, "", text))
    assert "alert(1)</script>" not in text
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert script == 'const a = "\\x3c/script>\\x3c!-- $& \\1";'
    assert "url(data:font/woff2;base64,Zm9udA==)" in text


def test_a_map_of_too_many_rows_is_carried_as_a_sample_that_says_so(viewer, tmp_path):
    content = make_fake_content(500, images=False)
    parts = carried(write_html(content, tmp_path / "a.html", max_rows=100).read_text())
    info = json.loads(parts["api/map"])

    assert info["nRows"] == 100
    assert info["name"] == "Museum objects (a sample of 100 of 500 rows)"
    assert len(json.loads(parts["api/rows"])["columns"]["object"]) == 100


def test_what_would_weigh_too_much_is_left_out_and_said(viewer, tmp_path, monkeypatch):
    content = make_fake_content(300)
    monkeypatch.setattr(carried_module, "MAX_PARTS", 300 * 10)
    monkeypatch.setattr(carried_module, "MAX_IMAGE_BYTES", 20_000)

    parts = carried(write_html(content, tmp_path / "a.html").read_text())
    pictures = [name for name in parts if name.startswith("api/image/")]
    notes = json.loads(parts["api/map"])["provenance"]["carried"]

    assert {len(v) for v in json.loads(parts["api/rows"])["columns"]["visits by hour"]} == {10}
    assert 20 < len(pictures) < 300
    assert sum(len(parts[name]) for name in pictures) <= 20_000
    assert notes == [
        "Sequences and vectors are carried with 10 values per row.",
        f"It carries the pictures of {len(pictures)} rows.",
    ]


def test_a_copy_without_the_explorer_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(html, "VIEWER", tmp_path)

    with pytest.raises(SettingError, match="built explorer"):
        write_html(make_fake_content(5), tmp_path / "a.html")


def test_coarse_steps_stay_near_and_missing_stays_missing():
    steps = np.arange(65536, dtype=np.uint16)
    coarse = coarsen(steps)

    assert coarse[-1] == 65535
    assert coarse[:-1].max() < 65535
    assert np.abs(coarse[:-1].astype(int) - steps[:-1]).max() <= 256
    assert len(np.unique(coarse)) <= 257


@pytest.mark.slow
def test_a_hundred_thousand_rows_of_eight_columns_fit_six_megabytes():
    """Invented rows are near the worst case: what the map says about them is noise. The page itself adds about 0.6 MB."""
    content = make_fake_content(100_000, images=False)
    kept = [c for c in content.schema if c.kind != "sequence"]
    content = replace(content, schema=Schema(tuple(kept)), rows=content.rows.select([c.name for c in kept]))

    size = sum(len(block(name, body)) for name, body in answers_of(content))

    assert len(kept) == 8
    assert size < 5_400_000


def test_a_name_with_a_very_long_word_is_broken_too():
    name = "low nonflavanoid phenols, low alcalinity of ash, high od280/od315 of diluted wines"

    lines = break_lines(name, 22)

    assert 1 <= len(lines) <= 3
