"""Promises about a layout shared out among workers: the map of one process, also where workers are lost."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from belvedere.errors import EngineError, WorkerLostError
from belvedere.layout import sharded
from belvedere.layout.affinities import build_affinities
from belvedere.layout.descend import Layout, Schedule, descend, starting_places
from belvedere.layout.lay_out import LayoutSettings, kept_by, lay_out
from belvedere.layout.neighbors import find_neighbors
from belvedere.layout.overview import find_groups
from belvedere.layout.sharded import Here, Member, ShardedDescent, find_neighbors_by_shard
from belvedere.types import Floats

SHORT = Schedule(global_weight=0.005, gather=15, loosen=8, spread=25, settle=7)


class Mortal(Here):
    """Workers of which one is lost now and then: at these calls, counted from the first."""

    def __init__(self, n: int, *, lost_at: Sequence[int]) -> None:
        super().__init__(n)
        self.lost_at, self.n_calls = set(lost_at), 0

    def call(self, name: str, parts: Sequence[tuple[Any, ...]], *shared: Any) -> list[Any]:
        self.n_calls += 1
        if self.n_calls in self.lost_at:
            self.members[self.n_calls % len(self)] = Member()
            raise WorkerLostError("lost")
        return super().call(name, parts, *shared)


def islands(n: int, dims: int = 6) -> Floats:
    random = np.random.default_rng(0)
    middles = 6 * random.standard_normal((5, dims))
    return np.float32(middles[np.arange(n) % 5] + random.standard_normal((n, dims)))


def laid(rows: Floats, crew: sharded.Crew | None) -> Layout:
    links = build_affinities(find_neighbors(rows, 10).neighbors)
    engine = None if crew is None else partial(ShardedDescent, crew)
    return descend(starting_places(rows[:, :2]), links, SHORT, overview=find_groups(rows), engine=engine)


@pytest.mark.parametrize("n_workers", [1, 2, 3, 4])
def test_up_to_four_workers_draw_the_map_of_one_process_bit_for_bit(n_workers: int) -> None:
    rows = islands(403)
    assert np.array_equal(laid(rows, Here(n_workers)).places, laid(rows, None).places)


def test_more_workers_draw_as_good_a_map_and_always_the_same() -> None:
    rows = islands(900)
    near = find_neighbors(rows, 15).neighbors
    one, many = laid(rows, None).places, laid(rows, Here(7)).places
    assert abs(kept_by(near, many) - kept_by(near, one)) < 0.02  # of 900 rows: half a neighbor of 15 is 0.03
    assert np.array_equal(many, laid(rows, Here(7)).places)


@pytest.mark.parametrize("lost_at", [[1], [2], [3], [40, 41, 42], [22, 23, 60, 90]])
def test_a_lost_worker_changes_no_bit(lost_at: list[int]) -> None:
    rows = islands(300)
    found = laid(rows, Mortal(2, lost_at=lost_at))
    assert np.array_equal(found.places, laid(rows, None).places)
    assert found.n_steps == laid(rows, None).n_steps


def test_workers_that_are_always_lost_end_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded, "MOST_LOSSES", 3)
    with pytest.raises(EngineError, match="must outlive a layout, but 4 of them were lost"):
        laid(islands(100), Mortal(2, lost_at=range(1000)))
    with pytest.raises(EngineError, match="must outlive a search, but 3 of them were lost"):
        find_neighbors_by_shard(Mortal(2, lost_at=range(1000)), islands(100), 5)


def test_neighbors_merged_from_shards_are_the_exact_ones() -> None:
    rows = islands(500)
    exact, found = find_neighbors(rows, 10), find_neighbors_by_shard(Mortal(3, lost_at=[1, 3]), rows, 10)
    assert np.array_equal(found.neighbors, exact.neighbors)
    assert np.array_equal(found.distances, exact.distances)
    assert found.recall == 1


def test_shards_too_large_for_exact_search_still_find_nineteen_of_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded, "EXACT_ROWS", 500)
    found = find_neighbors_by_shard(Here(2), islands(6000), 10)
    assert found.recall >= 0.94
    assert "2 shards" in found.how


def test_a_member_that_holds_nothing_says_so() -> None:
    with pytest.raises(WorkerLostError, match="holds none"):
        Member().shard.state()
    with pytest.raises(WorkerLostError, match="holds none"):
        Member().block.nearest(islands(3), 1)


def test_a_whole_layout_by_a_crew_keeps_as_many_neighbors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded, "FEWEST_SHARED", 100)
    rows = islands(1200)
    settings = LayoutSettings(max_fitted_rows=2000)
    one, two = lay_out(rows, settings), lay_out(rows, LayoutSettings(max_fitted_rows=2000, crew=Here(2)))
    assert "2 shards" in two.graph.how
    assert np.array_equal(one.places, two.places)
