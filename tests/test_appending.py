"""Promises about rows appended to a map: where they go, what is said of them, and that the map is whole at any moment."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

import belvedere as bv
from belvedere import mapfolder
from belvedere.appending import Fit, advise
from belvedere.cli.main import app
from belvedere.errors import ColumnError, MapFolderError, SettingError
from belvedere.learn import LearnSettings
from belvedere.maps import Map


def table_of(n_rows: int, seed: int = 0, *, shift: float = 0.0) -> pa.Table:
    """Rows in three islands, with their island as a word."""
    random = np.random.default_rng(seed)
    island = np.arange(n_rows) % 3
    columns = {f"c{i}": random.standard_normal(n_rows) + 5 * (island == i) + shift for i in range(5)}
    return pa.table(columns | {"kind": np.array(["a", "b", "c"])[island], "name": [f"row {i}" for i in range(n_rows)]})


@pytest.fixture(scope="module")
def learned() -> Map:
    return bv.map(table_of(900), target="kind", ignore=["name"], learning=LearnSettings(epochs=2))


@pytest.fixture
def saved(learned: Map, tmp_path: Path) -> Map:
    return learned.save(tmp_path / "old.map")


def test_appended_rows_lie_where_they_are_placed_and_old_rows_stay(saved: Map) -> None:
    new = table_of(300, 1)

    grown, fit = saved.append(new)

    placed = saved.place(new)
    assert grown.path == saved.path
    assert np.array_equal(grown.places[:900], saved.places)
    assert np.array_equal(grown.places[900:], placed.places)
    assert grown.content.predicted is not None
    assert grown.content.predicted[900:].tolist() == placed.table["map_predicted"].to_pylist()
    assert grown.content.rows.slice(900).equals(
        new.select(grown.content.rows.column_names).cast(grown.content.rows.schema)
    )
    assert fit.n_far_off == placed.n_far_off
    assert grown.content.channels["appended"].tolist() == [0] * 900 + [1] * 300
    assert set(np.asarray(grown.content.split[900:])) == {"appended"}  # type: ignore[index]
    mapfolder.verify(grown.path)  # type: ignore[arg-type]


def test_their_neighbors_are_true_ones_and_their_regions_those_of_their_kind(saved: Map) -> None:
    grown, _ = saved.append(table_of(300, 1))

    content = grown.content
    assert content.latent is not None and content.neighbors is not None and content.region_of is not None  # noqa: PT018
    latent = np.asarray(content.latent, np.float32)
    far = np.linalg.norm(latent[900:, None] - latent[None, :900], axis=2)
    true = np.argsort(far, axis=1)[:, :15]
    found = [len(set(a) & set(b)) / 15 for a, b in zip(true, content.neighbors[900:], strict=True)]
    assert np.mean(found) > 0.95
    assert content.neighbors.max() < 900
    agree = content.region_of[900:, 0] == content.region_of[content.neighbors[900:, 0], 0]
    assert agree.mean() > 0.9
    for region in content.regions:
        assert region.n_rows == int((content.region_of[:, region.level] == region.id).sum())


def test_later_rows_are_placed_as_if_nothing_had_been_appended(saved: Map) -> None:
    later = table_of(200, 2)
    before = saved.place(later), saved.place(later, mode="exact")

    grown, _ = saved.append(table_of(300, 1))
    again, _ = grown.append(table_of(100, 3))

    for mode, old in zip(("fast", "exact"), before, strict=True):
        assert np.array_equal(again.place(later, mode=mode).places, old.places)  # type: ignore[arg-type]
    assert len(again) == 1300
    assert np.unique(again.content.channels["appended"]).tolist() == [0, 1, 2]


def test_rows_like_the_old_ones_need_no_learning_and_strange_ones_do(saved: Map, tmp_path: Path) -> None:
    _, alike = saved.append(table_of(300, 1), out=tmp_path / "alike.map")
    _, strange = saved.append(table_of(300, 1, shift=4), out=tmp_path / "strange.map")

    assert alike.advice == ""
    assert alike.region_drift < 0.15
    assert strange.far_off > 0.5
    assert min(strange.column_drift[f"c{i}"] for i in range(5)) > 0.5
    assert "unlike what was learned" in strange.advice
    assert "c1" in strange.advice
    assert len(bv.open(tmp_path / "old.map")) == 900, "the old map is untouched where another folder is named"


def test_advice_waits_for_more_rows_than_chance_explains() -> None:
    assert advise(Fit(10, 2, 0.0, {})) == ""
    assert "20%" in advise(Fit(1000, 200, 0.0, {}))


def test_tags_stay_and_new_rows_carry_none(saved: Map) -> None:
    assert saved.path is not None
    mapfolder.add_tag(saved.path, "odd", [3, 5])

    grown, _ = bv.open(saved.path).append(table_of(50, 1))

    marks = grown.content.rows["odd"].to_numpy()
    assert np.flatnonzero(marks).tolist() == [3, 5]
    assert len(marks) == 950
    mapfolder.add_tag(saved.path, "odd", [7])  # still a tag, so it may be given anew


def test_columns_are_compared(saved: Map) -> None:
    new = table_of(50, 1).drop_columns(["name"]).append_column("more", pa.array(range(50)))

    grown, fit = saved.append(new)

    assert grown.content.rows["name"].null_count == 50
    assert "more" not in grown.content.rows.column_names
    assert sorted(sentence.split(" are ")[1].split(":")[0] for sentence in fit.account) == ["left empty", "left out"]
    with pytest.raises(SettingError, match="'c2'"):
        grown.append(new.drop_columns(["c2"]))
    wrong = new.set_column(new.column_names.index("kind"), "kind", pa.array([[1.0]] * 50))
    with pytest.raises(ColumnError, match="'kind'"):
        grown.append(wrong)
    assert len(bv.open(grown.path)) == 950  # type: ignore[arg-type]


def test_what_was_hashed_is_not_appended_in_the_clear(tmp_path: Path) -> None:
    made = bv.map(
        table_of(300), sensitive={"name": "hash"}, learning=LearnSettings(network="none"), ignore=["name"]
    ).save(tmp_path / "x.map")

    grown, fit = made.append(table_of(40, 1))

    assert grown.content.rows["name"].slice(300).null_count == 40
    assert any("'name' is left empty" in sentence for sentence in fit.account)


def test_pictures_of_another_folder_are_found_there(tmp_path: Path) -> None:
    for folder, n_pictures, light in (("old", 40, 40), ("new", 5, 200)):
        (tmp_path / folder).mkdir()
        for i in range(n_pictures):
            gray = np.random.default_rng(i).integers(0, 40, (12, 12), dtype=np.uint8) + np.uint8(light - 40 + i)
            Image.fromarray(gray).save(tmp_path / folder / f"{i:02}.png")
    made = bv.map(tmp_path / "old", learning=LearnSettings(network="none")).save(tmp_path / "x.map")

    grown, _ = made.append(tmp_path / "new")

    thumbnails = grown.content.thumbnails
    assert thumbnails is not None
    assert len(thumbnails) == 45
    light = [np.asarray(Image.open(io.BytesIO(png.as_py()))).mean() for png in (thumbnails[0], thumbnails[40])]
    assert light[0] < 60 < 150 < light[1]


def test_a_map_that_is_not_saved_says_so(learned: Map) -> None:
    with pytest.raises(MapFolderError, match="Save it first"):
        learned.append(table_of(10))


def test_a_map_killed_while_rows_are_appended_is_the_old_one_and_grows_the_next_time(
    saved: Map, tmp_path: Path
) -> None:
    pq.write_table(table_of(2000, 1), tmp_path / "new.parquet")
    code = (
        "import os, signal, belvedere as bv\n"
        "from belvedere.mapfolder import grow\n"
        "grow.write_manifest = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"bv.open({str(saved.path)!r}).append({str(tmp_path / 'new.parquet')!r})\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ})
    assert ended.returncode == -signal.SIGKILL

    assert len(bv.open(saved.path)) == 900  # type: ignore[arg-type]
    grown, _ = saved.append(tmp_path / "new.parquet")
    assert len(grown) == 2900
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert left == []


def test_the_page_of_a_grown_map_can_be_written(saved: Map, tmp_path: Path) -> None:
    """What only laid-out rows have is missing, not wrong."""
    grown, _ = saved.append(table_of(50, 1))

    out = grown.export(tmp_path / "out.parquet")

    table = pq.read_table(out)
    assert table.num_rows == 950
    assert np.isnan(table["map_jitter"].to_numpy()[900:]).all()
    assert np.isfinite(table["map_kept"].to_numpy()).all()
    assert grown.export(tmp_path / "out.html").stat().st_size > 10_000


def test_the_command_appends_and_says_how_the_rows_fit(saved: Map, tmp_path: Path) -> None:
    pq.write_table(table_of(100, 1, shift=4), tmp_path / "new.parquet")

    told = CliRunner().invoke(app, ["place", str(saved.path), str(tmp_path / "new.parquet"), "--append"])

    assert told.exit_code == 0, told.output
    assert "Appended 100 rows" in told.output
    assert "Learn the map anew" in " ".join(told.output.split())
    assert len(bv.open(tmp_path / "old.map")) == 1000

    asked = [
        "place",
        str(saved.path),
        str(tmp_path / "new.parquet"),
        "--append",
        "--json",
        "--out",
        str(tmp_path / "b.map"),
    ]
    said = json.loads(CliRunner().invoke(app, asked).output)
    assert (said["map_rows"], said["n_rows"]) == (1100, 100)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No key of a person is used here."""
    old = os.environ.pop("BELVEDERE_KEY", None)
    yield
    if old is not None:
        os.environ["BELVEDERE_KEY"] = old
