"""Promises of the layout engine's parts."""

from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.spatial.distance import pdist
from sklearn.neighbors import NearestNeighbors

from belvedere.draw import draw
from belvedere.errors import SettingError
from belvedere.layout import neighbors
from belvedere.layout.affinities import build_affinities, reorder
from belvedere.layout.align import fit_alignment, measure_drift
from belvedere.layout.cells import search_cells, sort_into_cells
from belvedere.layout.descend import Schedule, along_map, descend, starting_places
from belvedere.layout.field import exact_repulsion, repulsion
from belvedere.layout.kernels import rerank
from belvedere.layout.landmarks import choose_landmarks, hash_order
from belvedere.layout.large import can_search, link, n_fitted
from belvedere.layout.lay_out import LayoutSettings, lay_out
from belvedere.layout.neighbors import Effort, exact_neighbors, find_neighbors, share_found
from belvedere.layout.overview import find_groups, group_forces
from belvedere.layout.project import fit_projection, project
from belvedere.layout.regions import _links, find_regions
from belvedere.progress import Silent


def islands(n_rows: int = 300, n_islands: int = 3, n_dims: int = 6, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows in well separated Gaussian islands, and the island of each."""
    random = np.random.default_rng(seed)
    island = np.arange(n_rows) % n_islands
    centers = 8 * random.standard_normal((n_islands, n_dims))
    return (centers[island] + random.standard_normal((n_rows, n_dims))).astype(np.float32), island


def test_repulsion_on_the_grid_is_that_of_all_pairs() -> None:
    """The grid's forces and Z agree with sums over all pairs to a few percent."""
    places = (20 * np.random.default_rng(0).standard_normal((400, 2))).astype(np.float32)

    push, total = repulsion(places)

    true, true_total = exact_repulsion(places.astype(np.float64))
    assert total == pytest.approx(true_total, rel=0.02)
    assert np.abs(push - true).mean() < 0.06 * np.abs(true).mean()


def test_a_finer_grid_repels_more_truly() -> None:
    """Half the cell leaves less than a third of the error."""
    places = (20 * np.random.default_rng(0).standard_normal((400, 2))).astype(np.float32)
    true, _ = exact_repulsion(places.astype(np.float64))

    error = [np.abs(repulsion(places, cell)[0] - true).mean() for cell in (1.0, 0.5)]

    assert error[1] < error[0] / 3


def test_the_order_of_rows_in_memory_does_not_show() -> None:
    """Links of reordered rows join the same pairs with the same weights."""
    links = build_affinities(find_neighbors(islands(60)[0], 4).neighbors)
    order = along_map(np.random.default_rng(0).standard_normal((60, 2)).astype(np.float32))

    turned = reorder(links, order)

    dense = [sp.csr_matrix((a.weights, a.others, a.starts), (60, 60)).toarray() for a in (links, turned)]
    assert sorted(order) == list(range(60))
    assert np.array_equal(dense[0][order][:, order], dense[1])


def test_projection_keeps_distances_when_all_axes_are_kept() -> None:
    """As many axes as columns only turn the data."""
    rows = np.random.default_rng(0).standard_normal((50, 5)).astype(np.float32)

    turned = project(rows, fit_projection(rows, 5))

    assert np.allclose(pdist(rows), pdist(turned), atol=1e-4)


def test_a_projected_row_does_not_depend_on_the_rows_beside_it() -> None:
    """One row alone and the same row in a crowd get equal bits."""
    rows = np.random.default_rng(0).standard_normal((3000, 70)).astype(np.float32)
    axes = fit_projection(rows, 20)

    assert np.array_equal(project(rows, axes)[2999], project(rows[2999:], axes)[0])


def test_wide_rows_get_nearly_the_exact_axes() -> None:
    """Above 2,000 columns the randomized axes span what the exact ones do."""
    random = np.random.default_rng(0)
    rows = (random.standard_normal((60, 3)) @ (10 * random.standard_normal((3, 2100)))).astype(np.float32)
    rows += 0.1 * random.standard_normal(rows.shape).astype(np.float32)

    found = fit_projection(rows, 3)

    exact = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:3]
    assert np.linalg.svd(exact @ found.axes)[1].min() > 0.999
    assert found.share > 0.99


def test_neighbors_are_those_of_sklearn() -> None:
    rows, _ = islands(200)

    found = find_neighbors(rows, 7)

    true = NearestNeighbors(n_neighbors=8).fit(rows).kneighbors(rows)
    assert np.array_equal(found.neighbors, true[1][:, 1:])
    assert np.allclose(found.distances, true[0][:, 1:], atol=1e-4)


def test_the_search_by_cells_finds_what_was_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit of exact search, at least 95 % of the true neighbors are found, and the recall told is true."""
    monkeypatch.setattr("belvedere.layout.neighbors.EXACT_ROWS", 1000)
    rows = np.random.default_rng(0).standard_normal((4000, 8)).astype(np.float32)

    found = find_neighbors(rows, 10)

    true = NearestNeighbors(n_neighbors=11).fit(rows).kneighbors(rows)[1][:, 1:].astype(np.int32)
    assert "cells" in found.how
    assert share_found(found.neighbors, true) > 0.95
    assert share_found(found.neighbors, true) == pytest.approx(found.recall, abs=0.02)


def test_an_effort_bounds_the_search_and_what_it_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("belvedere.layout.neighbors.EXACT_ROWS", 1000)
    rows = np.random.default_rng(0).standard_normal((9000, 20)).astype(np.float32)

    found = find_neighbors(rows, 10, effort=Effort(most_cells=7))

    true = NearestNeighbors(n_neighbors=11).fit(rows).kneighbors(rows)[1][:, 1:].astype(np.int32)
    assert found.how == "7 of 46 cells searched"
    assert found.recall < 0.9
    assert share_found(found.neighbors, true) == pytest.approx(found.recall, abs=0.03)


def test_rows_spread_over_many_orders_of_magnitude_all_find_a_cell() -> None:
    """K-means spends its groups on the far ones, so that many groups hold a handful of rows."""
    random = np.random.default_rng(0)
    spread = np.exp(6 * random.standard_normal((250_000, 1))) * random.standard_normal((250_000, 8))
    rows = spread.astype(np.float32)

    cells = sort_into_cells(rows)

    assert np.array_equal(np.sort(cells.order()), np.arange(len(rows)))
    assert (search_cells(cells, rows[::50], 1, 1) >= 0).all()


def test_all_cells_together_are_an_exact_search() -> None:
    """Looking into every cell finds the very neighbors that a comparison with all rows finds."""
    rows, _ = islands(900, 4, 7)
    cells = sort_into_cells(rows)

    found = search_cells(cells, rows, 6, cells.n_cells)

    true = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(rows)[1]
    assert np.array_equal(found, true)


def test_a_row_is_searched_alone() -> None:
    """One row alone finds what it finds in a crowd."""
    rows, _ = islands(900, 4, 7)
    cells = sort_into_cells(rows)

    assert np.array_equal(search_cells(cells, rows[7:8], 5, 2)[0], search_cells(cells, rows, 5, 2)[7])


def test_very_many_rows_are_held_in_half_the_bytes_and_found_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(3).normal(size=(4000, 9)).astype(np.float32)
    rows[7] *= 1e4  # one row far off must not cost the others their digits
    full = search_cells(sort_into_cells(rows), rows, 6, 99)
    monkeypatch.setattr("belvedere.layout.cells.MOST_IN_FULL", 1000)

    cells = sort_into_cells(rows)

    assert cells.rows.keys.dtype == np.uint16
    assert share_found(search_cells(cells, rows, 6, 99), full) > 0.98


def test_centers_in_groups_find_cells_and_all_of_them_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grouped centers lead nearly every row to its own cell; asked for all cells, the search is exact."""
    monkeypatch.setattr("belvedere.layout.cells.ROWS_PER_CELL", 16)
    monkeypatch.setattr("belvedere.layout.cells.MANY_CELLS", 100)
    rows, _ = islands(2400, 4, 7)
    cells = sort_into_cells(rows)

    few, all_cells = search_cells(cells, rows, 2, 6), search_cells(cells, rows, 6, cells.n_cells)

    true = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(rows)[1]
    assert len(cells.centers.cells.first) - 1 > 1
    assert (few[:, 0] == np.arange(len(rows))).mean() > 0.95
    assert np.array_equal(all_cells, true)


def test_a_search_part_by_part_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact neighbors are the same where rows are too many to be compared at once."""
    rows, _ = islands(900, 4, 7)
    asked = np.arange(0, 900, 45)
    at_once = exact_neighbors(rows, asked, 6)
    monkeypatch.setattr("belvedere.layout.cells.BATCH", 128)
    monkeypatch.setattr("belvedere.layout.neighbors.BATCH", 128)

    assert np.array_equal(exact_neighbors(rows, asked, 6), at_once)


def test_equal_rows_make_no_hub() -> None:
    """Of 500 equal rows none is the neighbor of more than 20 others, and nobody is its own neighbor."""
    rows = np.repeat(np.float32([[0, 0], [5, 5]]), [500, 20], axis=0)

    found = find_neighbors(rows, 15)

    assert np.bincount(found.neighbors.ravel(), minlength=520).max() <= 20
    assert not (found.neighbors == np.arange(520)[:, None]).any()
    assert found.distances[:500].max() == 0


def test_rows_with_one_twin_keep_their_other_neighbors() -> None:
    """With every row there twice, neighbors are as near as sklearn's."""
    rows = np.repeat(np.random.default_rng(0).standard_normal((60, 3)).astype(np.float32), 2, axis=0)

    found = find_neighbors(rows, 6)

    true = NearestNeighbors(n_neighbors=7).fit(rows).kneighbors(rows)[0][:, 1:]
    assert np.allclose(found.distances, true, atol=1e-3)
    assert all(len(set(line)) == 6 for line in found.neighbors.tolist())


def test_reranking_finds_the_nearest_candidates() -> None:
    rows = np.float32([[0], [1], [2], [4]])
    near, squared = np.empty((1, 2), np.int32), np.empty((1, 2), np.float32)

    rerank(rows[:1], rows, np.int32([[3, 2, 1, 0, -1]]), np.int64([0]), near, squared)

    assert near.tolist() == [[1, 2]]
    assert squared.tolist() == [[1, 4]]


def test_affinities_are_symmetric_and_sum_to_one() -> None:
    neighbors = find_neighbors(islands(100)[0], 5).neighbors

    links = build_affinities(neighbors)

    dense = np.zeros((100, 100))
    for row in range(100):
        part = slice(links.starts[row], links.starts[row + 1])
        dense[row, links.others[part]] = links.weights[part]
    assert np.array_equal(dense, dense.T)
    assert dense.sum() == pytest.approx(1)


def test_neighbors_find_each_other_by_the_descent() -> None:
    """Before the descent few neighbors are neighbors on the map; afterwards most are."""
    rows, _ = islands(400, 20, 10)
    neighbors = find_neighbors(rows, 15).neighbors
    start = starting_places(project(rows, fit_projection(rows, 2)))

    layout = descend(start, build_affinities(neighbors), Schedule())

    before = share_found(find_neighbors(start, 15).neighbors, neighbors)
    assert share_found(find_neighbors(layout.places, 15).neighbors, neighbors) > before + 0.2


def test_a_stopped_descent_keeps_the_map_so_far() -> None:
    """Ctrl-C in step 30 leaves finite places of 30 steps."""

    class Stop:
        def start(self, stage: str, total: int | None = None) -> None: ...
        def advance(self, done: int, note: str = "") -> None:
            if done == 30:
                raise KeyboardInterrupt

        def finish(self, note: str = "") -> None: ...
        def say(self, sentence: str) -> None: ...

    rows, _ = islands(120)

    layout = descend(
        starting_places(rows), build_affinities(find_neighbors(rows, 10).neighbors), Schedule(), progress=Stop()
    )

    assert (layout.end, layout.n_steps) == ("interrupted", 30)
    assert np.isfinite(layout.places).all()


def test_the_overview_neither_shifts_nor_widens_the_map() -> None:
    """Forces on groups sum to nothing, and do no work on the map's size."""
    rows, _ = islands(400, 8)
    groups = find_groups(rows, n_groups=8)
    places = np.random.default_rng(1).standard_normal((400, 2)).astype(np.float32)

    force = group_forces(groups, places)[groups.group_of, :2]

    centers = np.stack([places[groups.group_of == g].mean(axis=0) for g in range(8)])[groups.group_of]
    assert np.abs(force.mean(axis=0)).max() < 1e-5
    assert abs((force * (centers - centers.mean(axis=0))).sum()) < 1e-2 * np.abs(force).sum()


def test_a_true_picture_of_two_dimensions_needs_no_overview() -> None:
    """Where distances on the map are right already, no group is drawn anywhere."""
    rows = np.random.default_rng(0).standard_normal((500, 2)).astype(np.float32)

    assert np.abs(group_forces(find_groups(rows, n_groups=20), 3 * rows)[:, :2]).max() < 1e-4


def test_one_odd_row_does_not_leave_the_others_a_dot() -> None:
    """One text of a thousand equal words lay 20 mean distances off, and the map was drawn ten times as wide as all others."""
    rows = np.random.default_rng(0).normal(size=(1000, 8)).astype(np.float32)
    rows[7] = 100

    places = lay_out(rows, LayoutSettings()).places

    others = np.delete(places, 7, axis=0)
    assert np.ptp(places, axis=0).max() < 2.5 * np.ptp(others, axis=0).max()


def test_landmarks_stay_when_rows_are_added() -> None:
    """Nine of ten hashed landmarks are chosen again after 20 % more rows."""
    rows = np.random.default_rng(0).standard_normal((1200, 4)).astype(np.float32)
    before, after = choose_landmarks(rows[:1000], 300), choose_landmarks(rows, 360)

    kept = np.isin(before.rows, after.rows).mean()

    assert kept > 0.85
    assert np.array_equal(hash_order(rows)[:10], hash_order(rows[:10]))


def test_a_rare_far_island_gets_landmarks() -> None:
    rows = np.random.default_rng(0).standard_normal((2000, 3)).astype(np.float32)
    rows[7:10] += 50

    assert np.isin([7, 8, 9], choose_landmarks(rows, 100).rows).any()


def test_alignment_undoes_a_turn_a_mirror_and_a_scale() -> None:
    old = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
    new = 3 * old @ np.float32([[0, 1], [1, 0]]) + np.float32([5, -2])

    back = fit_alignment(new, old).apply(new)

    assert np.allclose(back, old, atol=1e-5)
    assert measure_drift(back, old).most < 1e-5


def test_maps_without_shared_rows_are_not_aligned() -> None:
    with pytest.raises(SettingError, match="must share rows"):
        fit_alignment(np.zeros((2, 2), np.float32), np.zeros((3, 2), np.float32))


def test_regions_are_the_islands_and_nest() -> None:
    """Eight islands give eight regions at the coarsest level, and every region lies inside its parent."""
    rows, island = islands(1600, 8, 10)
    graph = find_neighbors(rows, 15)

    found = find_regions(graph.neighbors, graph.distances, rows[:, :2].copy())

    coarse = found.region_of[:, 0]
    assert len(np.unique(coarse)) == 8
    assert all(len(np.unique(coarse[island == i])) == 1 for i in range(8))
    assert found.region_of.shape[1] >= 4
    for region in found.regions:
        members = found.region_of[:, region.level] == region.id
        assert members.sum() == region.n_rows
        assert region.level == 0 or (found.region_of[members, region.level - 1] == region.parent).all()


def test_a_large_even_group_is_not_split_before_small_ones_are_told_apart() -> None:
    """One group of 2,000 rows and six of 60: seven regions at the coarsest level, each one group."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(7), [2000, *[60] * 6])
    rows = (rng.normal(size=(len(group), 5)) + 14 * np.eye(7)[group][:, :5] * (group > 0)[:, None]).astype(np.float32)
    rows[group == 6] -= 14
    rows[group == 5, 0] += 14
    graph = find_neighbors(rows, 15)

    coarse = find_regions(graph.neighbors, graph.distances, rows[:, :2].copy()).region_of[:, 0]

    assert sorted(np.unique(coarse, return_counts=True)[1].tolist()) == [60] * 6 + [2000]


def test_exact_neighbors_leave_the_row_itself_out() -> None:
    rows = np.float32([[0], [1], [1], [5]])

    assert exact_neighbors(rows, np.int64([1]), 1).tolist() == [[2]]


def test_large_data_are_placed_among_landmarks() -> None:
    """All rows get places, neighbors of islands stay on their island, and the map says what landmarks cost."""
    rows, island = islands(1500, 3, 6)

    laid = lay_out(rows, LayoutSettings(max_fitted_rows=300))

    assert laid.landmarks is not None
    assert len(laid.landmarks.rows) == 300
    assert np.isfinite(laid.places).all()
    on_map = find_neighbors(laid.places, 5).neighbors
    assert (island[on_map] == island[:, None]).mean() > 0.97
    assert any("300 landmarks" in note and "kept" in note for note in laid.notes)


def test_little_memory_means_fewer_landmarks_and_candidates_instead_of_a_search() -> None:
    """The bound in bytes decides how many rows are laid out together and whether all rows are searched."""
    assert n_fitted(50, 200_000, 6_000_000_000) == 200_000
    assert n_fitted(50, 200_000, 50_000_000) < 30_000
    assert can_search(10_000_000, 50, 15, 6_000_000_000)
    assert not can_search(10_000_000, 50, 15, 1_000_000_000)
    rows, _ = islands(2200, 3, 6)

    laid = lay_out(rows, LayoutSettings(memory=100_000))

    assert laid.landmarks is not None
    assert laid.graph.how == "looked for among landmarks and places"
    true = find_neighbors(rows, 15).neighbors
    assert laid.graph.recall == pytest.approx(share_found(laid.graph.neighbors, true), abs=0.03)


def test_where_memory_is_short_rows_are_linked_to_their_own_neighbors() -> None:
    neighbors = np.int32([[1], [0], [1]])

    assert np.diff(link(neighbors, memory=0).starts).tolist() == [1, 1, 1]
    assert np.diff(link(neighbors, memory=10**6).starts).tolist() == [1, 2, 1]


@pytest.mark.parametrize("memory", [100_000, 5_000_000], ids=["neighbors recovered", "neighbors searched"])
@pytest.mark.parametrize("each", [1, 2], ids=["different rows", "pairs of equal rows"])
def test_neighbors_and_links_in_files_make_the_map_they_make_in_memory(
    memory: int, each: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "EXACT_ROWS", 1000)
    rows = np.repeat(np.random.default_rng(0).standard_normal((6000 // each, 8)).astype(np.float32), each, axis=0)
    settings = LayoutSettings(memory=memory, max_fitted_rows=2000)

    held, mapped = lay_out(rows, settings), lay_out(rows, replace(settings, folder=str(tmp_path)))

    assert isinstance(mapped.graph.neighbors.base, np.memmap)
    assert np.array_equal(held.places, mapped.places)
    assert np.array_equal(held.graph.distances, mapped.graph.distances)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((1, 4), np.float32),
        np.float32([[0, 1], [2, 3]]),
        np.float32([[0], [1], [1]]),
        np.ones((50, 3), np.float32),
        np.arange(40, dtype=np.float32)[:, None],
        np.repeat(np.float32([[0, 0], [1, 5]]), [40, 1], axis=0),
    ],
    ids=["one", "two", "three", "all equal", "one column", "one stranger"],
)
def test_odd_rows_get_finite_places(rows: np.ndarray) -> None:
    """More neighbors are asked for than there are rows, too."""
    laid = lay_out(rows, LayoutSettings(n_neighbors=60))

    assert laid.places.shape == (len(rows), 2)
    assert np.isfinite(laid.places).all()


def test_ten_thousand_equal_rows_make_a_map_like_any_other() -> None:
    """10,000 of 12,000 rows are the same: they do not blow up the map."""
    rows, _ = islands(2000, 5, 4)
    rows = np.concatenate([rows, np.ones((10_000, 4), np.float32)])

    places = lay_out(rows, LayoutSettings()).places

    assert np.isfinite(places).all()
    radius = np.abs(places - places.mean(axis=0)).max()
    assert radius < 30 * places.std()


def test_the_same_rows_give_the_same_bits_with_any_number_of_threads() -> None:
    rows, _ = islands(1000, 6, 5)
    before = numba.get_num_threads()
    try:
        maps = []
        for n_threads in (1, before):
            numba.set_num_threads(n_threads)
            maps.append(lay_out(rows, LayoutSettings(max_fitted_rows=700)).places)
    finally:
        numba.set_num_threads(before)

    assert np.array_equal(*maps)


def test_a_stopped_drawing_is_a_whole_map() -> None:
    """Ctrl-C while laying out ends the layout only: every row has a place, its values and its neighbors."""

    class Stop(Silent):
        stage = ""

        def start(self, stage: str, total: int | None = None) -> None:
            self.stage = stage

        def advance(self, done: int, note: str = "") -> None:
            if self.stage == "Laying out" and done == 25:
                raise KeyboardInterrupt

    rows, _ = islands(200)

    drawn = draw(rows, progress=Stop())

    assert np.isfinite(drawn.places).all()
    assert any("interrupted after 25 steps" in note for note in drawn.notes)
    assert all(len(values) == 200 for values in drawn.channels.values())


def test_numbers_whose_squares_overflow_are_refused() -> None:
    rows, _ = islands(50)
    rows[3, 1] = 1e30

    with pytest.raises(SettingError, match="Scale the columns"):
        draw(rows)


@pytest.mark.parametrize("n_rows", [40, 60, 80])
def test_a_map_of_few_rows_does_not_grow_beyond_all_measure(n_rows: int) -> None:
    """Where each row is a neighbor of many of all, nothing in the loss holds the map together."""
    laid = lay_out(np.random.default_rng(0).normal(size=(n_rows, 5)).astype(np.float32), LayoutSettings())

    assert np.ptp(laid.places) < 20 * np.sqrt(n_rows)


def test_regions_do_not_depend_on_how_many_rows_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows looked at in small parts make the very same regions."""
    rows, _ = islands(600, 4, 5)
    found = find_neighbors(rows, 15)
    at_once = find_regions(found.neighbors, found.distances, rows[:, :2])
    monkeypatch.setattr("belvedere.layout.regions.BATCH", 77)

    in_parts = find_regions(found.neighbors, found.distances, rows[:, :2])

    assert np.array_equal(in_parts.region_of, at_once.region_of)
    assert in_parts.regions == at_once.regions


def test_weights_between_basins_are_those_of_all_links() -> None:
    """Summed part by part, weights between groups of rows are what the symmetric links of all rows add up to."""
    rows, _ = islands(300, 3, 5)
    neighbors, basins = find_neighbors(rows, 6).neighbors, np.arange(300) % 7
    links = build_affinities(neighbors)

    summed = _links(neighbors, basins).toarray()

    true = np.zeros((7, 7))
    np.add.at(true, (np.repeat(basins, np.diff(links.starts)), basins[links.others]), links.weights)
    assert np.allclose(summed, true, atol=1e-6)


def test_the_distance_to_the_nth_of_some_rows_is_that_of_all_distances_sorted() -> None:
    rows = np.random.default_rng(0).standard_normal((500, 7), dtype=np.float32) + 20
    among = rows[::5].copy()

    truth = np.sort(np.square(rows[:, None] - among).sum(axis=2), axis=1)[:, 3]
    np.testing.assert_allclose(neighbors.squared_to_nth(rows, among, 4), truth, atol=1e-3)


def test_links_of_one_weight_are_reordered_without_a_copy_of_it() -> None:
    """Of ten million rows the copy would take 600 MB."""
    links = link(np.int32([[1], [2], [0]]), memory=0)

    turned = reorder(links, np.array([2, 1, 0]))

    assert np.shares_memory(turned.weights, links.weights)
    assert turned.others.tolist() == [2, 0, 1]
    assert links.weights.tolist() == pytest.approx([1 / 3] * 3)
