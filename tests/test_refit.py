"""Promises about more rows on an old map: old rows stay, new ones find their neighbors, changed ones move."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import belvedere as bv
from belvedere.cli.main import app
from belvedere.draw import DrawSettings, OldMap, draw, place_rows
from belvedere.errors import ColumnError, SettingError
from belvedere.matching import match_rows

PLAIN = bv.LearnSettings(network="none")


def islands(n_rows: int, n_islands: int = 6, n_dims: int = 8, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    island = np.arange(n_rows) % n_islands
    centers = 6 * np.random.default_rng(99).standard_normal((n_islands, n_dims))
    return (centers[island] + random.standard_normal((n_rows, n_dims))).astype(np.float32), island


ROWS, ISLAND = islands(1200)


def table_of(rows: np.ndarray) -> pa.Table:
    return pa.table({f"x{i}": rows[:, i] for i in range(rows.shape[1])} | {"name": np.arange(len(rows)).astype(str)})


def test_old_rows_hardly_move_when_a_fifth_is_added_and_no_neighbors_are_lost() -> None:
    old = draw(ROWS[:1000])
    known = np.concatenate([old.places, np.full((200, 2), np.nan, np.float32)])

    more, fresh = draw(ROWS, old=OldMap(known)), draw(ROWS)

    scores = {score.name: score.value for score in more.scores}
    assert scores["median drift"] < 0.01
    assert scores["95 % drift"] < 0.05
    assert scores["recall@15"] > {score.name: score.value for score in fresh.scores}["recall@15"] - 0.03
    assert any("half moved less than" in note for note in more.notes)


def test_new_rows_of_a_refit_lie_in_their_island() -> None:
    old = draw(ROWS[:1000])
    known = np.concatenate([old.places, np.full((200, 2), np.nan, np.float32)])

    places = draw(ROWS, old=OldMap(known)).places

    nearest = np.square(places[1000:, None] - places[:1000]).sum(axis=2).argmin(axis=1)
    assert (ISLAND[:1000][nearest] == ISLAND[1000:]).mean() > 0.98


def test_placing_on_a_refitted_map_knows_its_unit() -> None:
    """A map laid over an old one is a little narrower than free ones are; placing allows for it, and so does a refit."""
    old = draw(ROWS[:800])
    known = np.concatenate([old.places, np.full((400, 2), np.nan, np.float32)])

    more = draw(ROWS, old=OldMap(known))

    assert more.place_config["unit"] < 0.95
    places, _ = place_rows(more.place_config, more.place_tensors, ROWS, more.places, ROWS[:50], mode="exact")
    assert np.median(np.linalg.norm(places - more.places[:50], axis=1)) < 0.05 * np.ptp(more.places)


def test_a_map_of_other_rows_is_refused() -> None:
    with pytest.raises(SettingError, match="At least 3 rows must lie on the old map already, but 0 of 40 do"):
        draw(ROWS[:40], old=OldMap(np.full((40, 2), np.nan, np.float32)))


def test_where_most_rows_are_new_the_map_is_drawn_freely_and_registered() -> None:
    old = draw(ROWS[:300])
    known = np.concatenate([old.places, np.full((900, 2), np.nan, np.float32)])

    more = draw(ROWS, DrawSettings(global_weight=0), old=OldMap(known))

    assert np.isfinite(more.places).all()
    assert {"median drift", "95 % drift"} <= {score.name for score in more.scores}


def test_rows_are_known_by_their_values_in_any_order_and_equal_ones_once() -> None:
    old = pa.table({"a": [1.0, 2.0, 2.0, None], "b": ["x", "y", "y", "z"]})
    new = pa.table({"a": [2.0, None, 5.0, 2.0, 2.0], "b": ["y", "z", "x", "y", "y"]})

    assert match_rows(old, new, columns=["a", "b"]).old_row.tolist() == [1, 3, -1, 2, -1]


def test_pictures_and_lists_are_known_by_their_values() -> None:
    pictures = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(12, dtype=np.uint8)), 4)
    old = pa.table({"picture": pictures, "steps": [[1.0], [2.0, 3.0], []]})

    assert match_rows(old, old.take([2, 0]), columns=["picture", "steps"]).old_row.tolist() == [2, 0]


def test_a_key_must_be_there() -> None:
    with pytest.raises(ColumnError, match="key must be a column of both tables"):
        match_rows(pa.table({"a": [1]}), pa.table({"a": [1]}), columns=["a"], key="id")


def test_a_changed_row_moves_and_the_others_stay() -> None:
    """Known by its name, a row that has changed its island is found there; drift is measured on the others."""
    old = bv.map(table_of(ROWS[:600]), learning=PLAIN, ignore=["name"])
    rows = ROWS[:600].copy()
    rows[0] = ROWS[1]

    new = bv.map(table_of(rows), learning=PLAIN, ignore=["name"], like=old, key="name")

    width = np.ptp(old.places)
    assert np.linalg.norm(new.places[0] - old.places[1]) < 0.1 * width < np.linalg.norm(new.places[0] - old.places[0])
    assert new.score("median drift").value < 0.01
    assert "599 rows" in new.score("median drift").about


def test_the_command_line_refits(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table_of(ROWS[:200]), tmp_path / "old.parquet")
    pq.write_table(table_of(ROWS[:240]), tmp_path / "new.parquet")
    call = ["map", "--network", "none", "--ignore", "name", "--no-view", "--quiet"]
    runner = CliRunner()

    first = runner.invoke(app, [*call, str(tmp_path / "old.parquet"), "--out", str(tmp_path / "old.map")])
    second = runner.invoke(
        app, [*call, str(tmp_path / "new.parquet"), "--out", str(tmp_path / "new.map"), "--like", str(tmp_path / "old.map")]
    )  # fmt: skip

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert bv.open(tmp_path / "new.map").score("95 % drift").value < 0.05
