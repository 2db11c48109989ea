"""Promises about new rows on an old map: where they go, what is said of them, and what is built for it only once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from sklearn.neighbors import NearestNeighbors

import belvedere as bv
from belvedere.draw import Drawn, DrawSettings, Placer, draw, kept_by_noise
from belvedere.layout import place_network
from belvedere.layout import placer as placer_module
from belvedere.layout.memory import N_READ, find_cells, read_memory, remember
from belvedere.layout.placement import unusual
from belvedere.layout.tiles import agree


def islands(n_rows: int, n_islands: int = 5, n_dims: int = 8, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows in separate Gaussian islands, and the island of each; the centers are the same for every seed."""
    random = np.random.default_rng(seed)
    island = np.arange(n_rows) % n_islands
    centers = 6 * np.random.default_rng(99).standard_normal((n_islands, n_dims))
    return (centers[island] + random.standard_normal((n_rows, n_dims))).astype(np.float32), island


ROWS, ISLAND = islands(900)
NEW, NEW_ISLAND = islands(600, seed=1)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(ROWS)


@pytest.fixture(scope="module")
def placer(drawn: Drawn) -> Placer:
    return Placer(drawn.place_config, drawn.place_tensors, ROWS, drawn.places)


def test_the_memory_finds_the_true_neighbors_where_it_has_few_cells() -> None:
    """With two cells both are read, so nothing is missed; the distances are sklearn's."""
    rows, new = islands(500)[0], islands(70, seed=1)[0]
    assert len(find_cells(rows)) <= 2

    read = read_memory(remember(rows, rows[:, :2], find_cells(rows)), new)

    far, near = NearestNeighbors(n_neighbors=N_READ).fit(rows).kneighbors(new)
    away = np.linalg.norm(new[:, None] - rows[read.near], axis=2)  # two rows may lie equally far in float32
    assert np.allclose(away, far, atol=1e-4)
    assert (read.near == near).mean() > 0.99
    np.testing.assert_allclose(read.distances, far, atol=2e-3)


def test_the_memory_misses_few_neighbors_where_it_has_many_cells() -> None:
    rows, new = islands(6000, 40)[0], islands(300, 40, seed=1)[0]

    read = read_memory(remember(rows, rows[:, :2], find_cells(rows)), new)

    near = NearestNeighbors(n_neighbors=N_READ).fit(rows).kneighbors(new, return_distance=False)
    assert len(find_cells(rows)) > 20
    assert np.mean([len(set(a) & set(b)) for a, b in zip(read.near, near, strict=True)]) > 0.85 * N_READ


def test_a_row_goes_where_most_of_its_neighbors_agree_not_to_their_mean() -> None:
    places = np.float32([[0, 0], [0.1, 0], [0, 0.1], [100, 100], [90, 0]])
    out, agreed = np.empty((1, 2), np.float32), np.empty(1, np.float32)

    agree(places, np.int32([[3, 0, 1, 2, 4]]), out, agreed)

    assert np.abs(out).max() < 0.2
    assert agreed[0] == pytest.approx(3 / 5, abs=0.02)


def test_rows_without_enough_neighbors_go_by_those_there_are() -> None:
    out, agreed = np.empty((1, 2), np.float32), np.empty(1, np.float32)

    agree(np.float32([[3, 4]]), np.int32([[0, -1, -1]]), out, agreed)

    assert out.tolist() == [[3, 4]]


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_place_does_not_depend_on_the_batch_by_a_single_bit(placer: Placer, mode: str) -> None:
    together, channels = placer.place(NEW, mode=mode)

    for at in (0, 7, 599):
        alone, said = placer.place(NEW[at : at + 1], mode=mode)
        assert np.array_equal(alone[0], together[at])
        assert all(said[name][0] == channels[name][at] for name in channels)


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_far_rows_are_flagged_and_ordinary_ones_hardly_ever(placer: Placer, mode: str) -> None:
    """Rows of an island that the map has never seen are flagged; of held-out ordinary rows about one in 25."""
    strange = (NEW[:100] + np.float32([9, -9] * 4)).astype(np.float32)

    assert placer.place(strange, mode=mode)[1]["far_off"].mean() > 0.95
    assert placer.place(NEW, mode=mode)[1]["far_off"].mean() < 0.08


def test_a_row_just_outside_a_dense_island_is_more_unusual_than_one_inside_a_wide_island() -> None:
    """Both lie as far from their neighbors; it is the neighbors' own distances that tell them apart."""
    near, radius = np.int32([[0, 1], [2, 3]]), np.float32([0.1, 0.1, 2, 2])

    dense, wide = unusual(near, np.full((2, 2), 2, np.float32), radius)

    assert dense > 10 * wide


@pytest.mark.parametrize(("mode", "error"), [("fast", 0.05), ("exact", 0.02)])
def test_the_share_of_neighbors_kept_is_foretold(placer: Placer, drawn: Drawn, mode: str, error: float) -> None:
    """Over all new rows, and over the tenth said to keep most and the tenth said to keep least."""
    places, channels = placer.place(NEW, mode=mode)
    near = NearestNeighbors(n_neighbors=15).fit(ROWS).kneighbors(NEW, return_distance=False)
    on_map = NearestNeighbors(n_neighbors=15).fit(drawn.places).kneighbors(places, return_distance=False)
    true = np.array([len(set(a) & set(b)) / 15 for a, b in zip(near, on_map, strict=True)])

    said, order = channels["kept"], np.argsort(channels["kept"], kind="stable")

    assert said.mean() == pytest.approx(true.mean(), abs=error)
    for part in (order[:120], order[-120:]):
        assert said[part].mean() == pytest.approx(true[part].mean(), abs=2 * error)


def test_what_placing_needs_is_built_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four threads place at once on one map, twice: the memory is sorted once and places are the same."""
    table = pa.table({f"x{i}": ROWS[:300, i] for i in range(8)})
    made = bv.map(table, learning=bv.LearnSettings(network="none"))
    calls, build = [], placer_module.remember
    monkeypatch.setattr(placer_module, "remember", lambda *given: calls.append(1) or build(*given))

    with ThreadPoolExecutor(4) as pool:
        placed = list(pool.map(lambda _: made.place(table).places, range(8)))

    assert len(calls) == 1
    assert all(np.array_equal(placed[0], other) for other in placed)


def test_a_placed_table_says_which_rows_are_far_off() -> None:
    table = pa.table({f"x{i}": ROWS[:300, i] for i in range(8)})
    made = bv.map(table, learning=bv.LearnSettings(network="none"))
    odd = pa.table({f"x{i}": [ROWS[0, i], 500.0 * (-1) ** i] for i in range(8)})

    placed = made.place(odd, mode="exact")

    assert placed.table["map_far_off"].to_pylist()[1] is True
    assert placed.n_far_off == placed.far_off.sum() >= 1


def test_what_noise_keeps_is_foretold_for_maps_of_more_rows_than_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Carried on from maps of 250 and 1,000 rows to 2,000, the limit is near that of a map of 2,000."""
    noise = np.random.default_rng(0).standard_normal((2000, 20)).astype(np.float32)
    true = kept_by_noise(noise, DrawSettings())

    monkeypatch.setattr("belvedere.draw.N_NOISE", 1000)

    assert kept_by_noise(noise, DrawSettings()) == pytest.approx(true, abs=0.05)


def test_places_of_very_many_rows_are_learned_from_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were never drawn lie where they should, too."""
    rows = np.random.default_rng(0).standard_normal((4000, 5), dtype=np.float32)
    monkeypatch.setattr(place_network, "MOST_LEARNED", 1000)

    network = place_network.distill(rows, rows[:, :2].copy())

    missed = np.abs(place_network.apply_network(network, rows) - rows[:, :2])
    assert np.median(missed) < 0.05
