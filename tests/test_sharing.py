"""What may leave the house: copies in which nobody can be told apart, and pictures that say how noisy they are."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from belvedere.cli.main import app
from belvedere.errors import SettingError
from belvedere.mapfolder import open_folder, save
from belvedere.page import Page
from belvedere.sharing import make_copy, measure_leaks, noisy_counts, share
from belvedere.types import Column, Finding, MapContent, Region, Schema, Score
from make_fake_map import make_fake_content
from random_people import CANARIES, random_content, smallest_group


@pytest.mark.parametrize("seed", range(40))
def test_every_row_of_a_copy_equals_k_less_one_others(seed) -> None:
    content = random_content(seed)
    k = int(np.random.default_rng(seed).choice([2, 5, 10]))

    copy = make_copy(content, k=k, random=np.random.default_rng(seed))

    assert smallest_group(copy.content) >= k
    assert copy.content.n_rows == content.n_rows


@pytest.mark.parametrize("noise", [False, True])
def test_canaries_are_in_no_byte_of_the_copy(tmp_path, noise) -> None:
    content = random_content(7, n_rows=300)
    save(content, tmp_path / "whole.map")
    assert hits(tmp_path / "whole.map") > 300  # they are there to be found

    share(content, noise=noise).save(tmp_path / "copy.map")

    assert hits(tmp_path / "copy.map") == 0


def hits(folder) -> int:
    """How many canaries stand in any file, as bytes; Parquet and Arrow files are also read and searched as text."""
    found = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    opened = open_folder(folder)
    found += json.dumps([opened.rows.to_pylist(), str(opened)], default=str, ensure_ascii=False).encode()
    return sum(canary.encode() in found for canary in CANARIES(300))


def test_noise_says_nothing_of_where_a_row_lay() -> None:
    """Rows of one group are spread without regard to their places: the same draw, whichever row it is."""
    content = random_content(3, n_rows=800)
    content = replace(content, places=np.random.default_rng(0).normal(size=(800, 2)).astype(np.float32))
    plain = make_copy(content, random=np.random.default_rng(1))
    noisy = make_copy(content, noise=True, random=np.random.default_rng(1))

    offset = noisy.content.places - plain.content.places
    true_offset = content.places[plain.rows] - plain.content.places

    assert abs(np.corrcoef(offset[:, 0], true_offset[:, 0])[0, 1]) < 0.2
    assert smallest_group(replace(noisy.content, places=plain.content.places)) >= 10


def test_a_copy_holds_no_network_no_vectors_no_order(tmp_path) -> None:
    content = make_fake_content(600)

    copy = make_copy(content)
    path = save(copy.content, tmp_path / "copy.map")

    assert {file.name for file in path.iterdir()} == {"manifest.json", "rows.arrow", "places.parquet", "regions.json"}
    assert (
        copy.content.neighbors is copy.content.latent is copy.content.network_tensors is copy.content.predicted is None
    )
    assert (copy.rows != np.arange(600)).mean() > 0.9
    assert not np.array_equal(copy.rows, make_copy(content).rows)  # nobody can repeat the order


def test_a_copy_opens_in_the_explorer(tmp_path) -> None:
    shared = share(make_fake_content(600))
    info = Page(open_folder(shared.save(tmp_path / "copy.map"))).info({})

    assert info["nRows"] == 600
    names = [column["name"] for column in info["columns"]]
    assert "city" in names
    assert "kept" in names
    assert all(region.n_rows >= 10 for region in shared.content.regions)
    assert any(region.name for region in shared.content.regions)


def test_regions_of_a_copy_are_whole_and_in_order() -> None:
    content = make_copy(make_fake_content(900)).content

    for region in content.regions:
        assert content.regions[region.id] is region
        assert region.parent < region.id
        assert (content.region_of[:, region.level] == region.id).sum() == region.n_rows
        if region.parent >= 0:
            inside = content.region_of[:, region.level] == region.id
            assert (content.region_of[inside, region.level - 1] == region.parent).all()


def test_k_must_be_possible() -> None:
    with pytest.raises(SettingError, match="at least 2"):
        make_copy(random_content(0), k=1)
    with pytest.raises(SettingError, match="at least k = 10 rows"):
        make_copy(random_content(0, n_rows=9))


def test_the_leak_meter_tells_what_places_give_away_and_what_not() -> None:
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], 2000, p=[0.4, 0.6])
    places = rng.normal(0, 1, (2000, 2)) + 6 * (sex == "f")[:, None]
    coin = rng.choice(["heads", "tails"], 2000)
    table = pa.table({"sex": sex, "coin": coin, "height": places[:, 0], "same": ["x"] * 2000})
    schema = Schema(
        (Column("sex", "category"), Column("coin", "category"), Column("height", "number"), Column("same", "category"))
    )
    content = MapContent("people", schema, table, places.astype(np.float32))
    copy = make_copy(content, random=rng)

    leaks = {
        leak.column: leak
        for leak in measure_leaks(
            copy.content.places, table.take(pa.array(copy.rows)), schema, copy.cells, marked=["sex"]
        )
    }

    assert leaks["sex"].accuracy > 0.95
    assert leaks["sex"].majority == pytest.approx(0.6, abs=0.05)
    assert leaks["sex"].is_much
    assert leaks["sex"].telling > 0.9
    assert not leaks["coin"].is_much
    assert leaks["height"].quarters
    assert leaks["height"].majority < 0.35
    assert "same" not in leaks
    assert next(iter(leaks)) == "sex"
    assert "gives it away" in leaks["sex"].sentence


def test_noise_of_a_density_picture_is_as_large_as_it_says() -> None:
    places = np.random.default_rng(0).normal(size=(5000, 2))
    exact = noisy_counts(places, epsilon=60.0, random=np.random.default_rng(1))
    noisy = noisy_counts(places, epsilon=0.5, random=np.random.default_rng(1))

    assert exact.sum() == 5000
    q = np.exp(-0.5)
    assert (noisy - exact).std() == pytest.approx(np.sqrt(2 * q) / (1 - q), rel=0.05)
    with pytest.raises(SettingError, match="above 0"):
        noisy_counts(places, epsilon=0)


def test_the_command_shows_the_meter_before_it_writes(tmp_path) -> None:
    path = save(make_fake_content(400, images=False), tmp_path / "objects.map")
    out, picture = tmp_path / "copy.map", tmp_path / "rows.png"

    done = CliRunner().invoke(
        app, ["export", str(path), "--share", str(out), "--k", "12", "--density", str(picture), "--epsilon", "2"]
    )

    assert done.exit_code == 0, done.output
    assert "places alone" in done.output
    assert "epsilon = 2" in done.output
    assert done.output.index("places alone") < done.output.index("Wrote")
    assert smallest_group(open_folder(out)) >= 12
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_findings_and_scores_that_speak_of_rows_stay_behind() -> None:
    content = random_content(1)
    content = replace(
        content,
        findings=(Finding("x", "note", "row 3 is Ann", rows=(3,), n_rows=1),),
        scores=(Score("recall@15", 0.5, group="map"),),
        regions=(Region(0, -1, 0, 0.0, 0.0, content.n_rows, "Ann", ("Ann",)),),
        region_of=np.zeros((content.n_rows, 1), np.int32),
    )

    made = make_copy(content).content

    assert made.findings == ()
    assert made.scores == content.scores
    assert "Ann" not in made.regions[0].name
