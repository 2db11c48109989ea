"""What is left out of an export is nowhere in it: not as values, not as names, not through predictions or regions."""

import json

import pytest
from typer.testing import CliRunner

from belvedere.cli.main import app
from belvedere.errors import SettingError
from belvedere.export.folder import answers_of
from belvedere.mapfolder import save
from belvedere.maps import Map
from make_fake_map import make_fake_content


@pytest.fixture(scope="module")
def made():
    return Map(make_fake_content(1_200))


def test_a_column_left_out_is_nowhere_in_the_files(made):
    slim = made.with_columns(["city", "year", "price"])
    written = b"\n".join(body for _, body in answers_of(slim.content, 1000))
    for word in (
        b"collection",
        b"Ceramics",
        b"Textiles",
        b"description",
        b"varnish",
        b"A-0000001",
        b"labels look wrong",
    ):
        assert word not in written, word
    assert b"Delft" in written
    info = json.loads(next(body for name, body in answers_of(slim.content, 1000) if name == "map"))
    names = [column["name"] for column in info["columns"]]
    assert {"city", "year", "price", "kept"} <= set(names)
    assert not {"predicted", "confidence", "error", "collection", "picture"} & set(names)
    assert info["evaluation"] == {}
    assert not info["can"]["image"]
    assert {score["group"] for score in info["scores"]} == {"map"}


def test_places_stay_and_the_target_brings_its_predictions(made):
    slim = made.with_columns(["collection", "picture"])
    assert (slim.places == made.places).all()
    assert slim.content.predicted is not None
    assert slim.content.thumbnails is not None
    assert slim.network is None


def test_an_unknown_column_is_named(made):
    with pytest.raises(SettingError, match=r"'yaer'.*year"):
        made.with_columns(["yaer"])


def test_the_command_takes_a_list(tmp_path):
    path = save(make_fake_content(60, images=False), tmp_path / "objects.map")
    out = tmp_path / "rows.csv"
    done = CliRunner().invoke(app, ["export", str(path), "--csv", str(out), "--columns", "city, year"])
    assert done.exit_code == 0, done.output
    header = out.read_text(encoding="utf-8-sig").splitlines()[0]
    assert "city" in header
    assert "collection" not in header
