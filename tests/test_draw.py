"""Promises of draw() and place_rows()."""

import numpy as np
import pytest

from belvedere.draw import Drawn, DrawSettings, draw, place_rows
from belvedere.errors import SettingError


def islands(n_rows: int, n_islands: int = 5, n_dims: int = 8, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    island = np.arange(n_rows) % n_islands
    centers = 6 * np.random.default_rng(99).standard_normal((n_islands, n_dims))
    return (centers[island] + random.standard_normal((n_rows, n_dims))).astype(np.float32), island


ROWS, ISLAND = islands(600)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(ROWS, labels=ISLAND)


def test_a_map_has_a_place_and_every_channel_for_every_row(drawn: Drawn) -> None:
    assert drawn.places.shape == (600, 2)
    assert drawn.places.dtype == np.float32
    assert drawn.neighbors.shape == (600, 15)
    assert set(drawn.channels) == {"kept", "false", "stretch", "outlying", "jitter"}
    assert all(values.shape == (600,) and np.isfinite(values).all() for values in drawn.channels.values())


def test_islands_stay_apart(drawn: Drawn) -> None:
    scores = {score.name: score.value for score in drawn.scores}

    assert scores["10-NN accuracy"] > 0.98
    assert scores["recall@15"] > 0.4
    assert all(score.group == "map" for score in drawn.scores)


def test_the_same_seed_gives_the_same_map_bit_for_bit(drawn: Drawn) -> None:
    again = draw(ROWS)

    assert np.array_equal(again.places, drawn.places)
    assert all(np.array_equal(again.place_tensors[name], drawn.place_tensors[name]) for name in drawn.place_tensors)


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_placed_row_does_not_depend_on_the_batch(drawn: Drawn, mode: str) -> None:
    new, _ = islands(40, seed=1)

    together, channels = place_rows(drawn.place_config, drawn.place_tensors, ROWS, drawn.places, new, mode=mode)
    alone, _ = place_rows(drawn.place_config, drawn.place_tensors, ROWS, drawn.places, new[3:4], mode=mode)

    assert np.allclose(together[3], alone[0], atol=1e-5)
    assert channels["outlying"].shape == (40,)


@pytest.mark.parametrize(("mode", "wanted"), [("fast", 0.9), ("exact", 0.95)])
def test_new_rows_land_in_their_island(drawn: Drawn, mode: str, wanted: float) -> None:
    new, island = islands(200, seed=1)

    places, _ = place_rows(drawn.place_config, drawn.place_tensors, ROWS, drawn.places, new, mode=mode)

    nearest = np.square(places[:, None] - drawn.places).sum(axis=2).argmin(axis=1)
    assert (ISLAND[nearest] == island).mean() > wanted


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_row_far_from_all_is_flagged(drawn: Drawn, mode: str) -> None:
    strange = np.full((1, 8), 60, np.float32)

    _, channels = place_rows(drawn.place_config, drawn.place_tensors, ROWS, drawn.places, strange, mode=mode)

    assert channels["outlying"][0] > 0.99


def test_wide_rows_are_projected_and_new_ones_with_them() -> None:
    """A direction that the map's axes leave out still makes a row outlying."""
    random = np.random.default_rng(0)
    rows = np.concatenate([ROWS[:300], 0.01 * random.standard_normal((300, 92))], axis=1).astype(np.float32)
    drawn = draw(rows)
    odd = rows[:1].copy()
    odd[0, 50:] = 3

    _, channels = place_rows(drawn.place_config, drawn.place_tensors, rows, drawn.places, odd, mode="exact")

    assert drawn.place_tensors["axes"].shape == (100, 50)
    assert channels["outlying"][0] > 0.99


def test_many_rows_go_by_landmarks() -> None:
    """With room for a third of the rows, islands still stay apart and the notes say what was done."""
    drawn = draw(ROWS, DrawSettings(max_fitted_rows=200), labels=ISLAND)

    scores = {score.name: score.value for score in drawn.scores}
    assert scores["10-NN accuracy"] > 0.95
    assert any("landmarks" in note for note in drawn.notes)


def test_cosine_looks_at_directions_only() -> None:
    lengths = np.random.default_rng(0).uniform(1, 9, (300, 1)).astype(np.float32)
    settings = DrawSettings(metric="cosine")

    same = draw(ROWS[:300], settings).neighbors == draw(ROWS[:300] * lengths, settings).neighbors

    assert same.mean() > 0.99


@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 6, 16, 17])
def test_few_rows_make_a_map(n_rows: int) -> None:
    drawn = draw(ROWS[:n_rows])

    assert drawn.places.shape == (n_rows, 2)
    assert np.isfinite(drawn.places).all()
    assert drawn.neighbors.shape == (n_rows, min(15, n_rows - 1))


@pytest.mark.parametrize(
    "rows",
    [np.zeros((200, 3)), np.ones((200, 1)), np.arange(200.0)[:, None], np.repeat([[0.0, 1], [2, 3]], [300, 2], axis=0)],
    ids=["all zero", "all one", "one column", "two values"],
)
def test_dull_rows_make_a_map(rows: np.ndarray) -> None:
    drawn = draw(rows.astype(np.float32))

    assert np.isfinite(drawn.places).all()
    assert drawn.places.std() > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused(bad: float) -> None:
    rows = ROWS.copy()
    rows[5, 2] = bad

    with pytest.raises(SettingError, match=r"must be finite, but 1 of 600 rows"):
        draw(rows)


@pytest.mark.parametrize(
    "settings",
    [{"attraction": 0.5}, {"global_weight": 2}, {"n_neighbors": 0}, {"metric": "manhattan"}],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="must be"):
        draw(ROWS, DrawSettings(**settings))


def test_new_rows_of_another_width_are_refused(drawn: Drawn) -> None:
    with pytest.raises(SettingError, match="must have 8 columns"):
        place_rows(drawn.place_config, drawn.place_tensors, ROWS, drawn.places, ROWS[:2, :3])
