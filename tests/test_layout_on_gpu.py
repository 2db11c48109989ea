"""The layout in torch does what the compiled loops do; tested on torch's processor, and on a graphics card where there is one."""

import numpy as np
import pytest
import torch

from belvedere.layout.affinities import build_affinities
from belvedere.layout.descend import Descent, Phase, Schedule, descend, starting_places
from belvedere.layout.field import exact_repulsion
from belvedere.layout.neighbors import find_neighbors, share_found
from belvedere.layout.on_gpu import TorchDescent, find_neighbors_on
from belvedere.layout.overview import find_groups

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")),
]


@pytest.fixture(params=DEVICES)
def engine(request: pytest.FixtureRequest) -> type[TorchDescent]:
    class OnDevice(TorchDescent):
        device = torch.device(request.param)

    return OnDevice


def some_rows() -> np.ndarray:
    random = np.random.default_rng(0)
    return (6 * random.standard_normal((8, 6))[np.arange(400) % 8] + random.standard_normal((400, 6))).astype(
        np.float32
    )


def test_neighbors_in_torch_are_the_same(engine: type[TorchDescent]) -> None:
    """Exactly, nearest first, ties by row number; equal rows too."""
    rows = np.concatenate([some_rows(), some_rows()[:30]])

    found = find_neighbors(rows, 9, search=lambda part, k: find_neighbors_on(engine.device, part, k))

    assert np.array_equal(found.neighbors, find_neighbors(rows, 9).neighbors)


def test_each_step_in_torch_is_that_of_the_loops(engine: type[TorchDescent]) -> None:
    """From the same places one step of every phase goes the same way, as far as float32 allows."""
    rows = some_rows()
    schedule, overview = Schedule(global_weight=0.02), find_groups(rows)
    links = build_affinities(find_neighbors(rows, 12).neighbors)
    start = (9 * np.random.default_rng(1).standard_normal((400, 2))).astype(np.float32)
    for phase in schedule.phases:
        there, here = engine(start, links, schedule, overview), Descent(start, links, schedule, overview)
        for run in (there, here):
            run.begin(phase)
            run.step(phase)

        gap = np.abs(there.result() - here.result())
        assert np.quantile(gap, 0.99) < 1e-3 * np.abs(here.result() - (start - start.mean(axis=0))).max()


def test_repulsion_in_torch_is_that_of_all_pairs(engine: type[TorchDescent]) -> None:
    places = (20 * np.random.default_rng(0).standard_normal((400, 2))).astype(np.float32)
    none = build_affinities(np.zeros((400, 1), np.int32))

    push, total = engine(places, none, Schedule())._repulsion(1.0)

    true, true_total = exact_repulsion(places.astype(np.float64))
    assert total == pytest.approx(true_total, rel=0.02)
    assert np.abs(push.cpu().numpy() - true).mean() < 0.06 * np.abs(true).mean()


def test_a_whole_map_in_torch_keeps_as_many_neighbors(engine: type[TorchDescent]) -> None:
    rows = some_rows()
    near = find_neighbors(rows, 15).neighbors
    start, short = starting_places(rows), Schedule(gather=20, loosen=10, spread=25, settle=5)

    maps = [descend(start, build_affinities(near), short, engine=kind).places for kind in (engine, None)]

    there, here = (share_found(find_neighbors(places, 15).neighbors, near) for places in maps)
    assert there == pytest.approx(here, abs=0.03)


def test_a_phase_without_steps_leaves_the_places(engine: type[TorchDescent]) -> None:
    rows = some_rows()
    run = engine(starting_places(rows), build_affinities(find_neighbors(rows, 5).neighbors), Schedule())

    run.begin(Phase(0, 1.0, 0.8, 1.0))

    assert np.allclose(run.result(), starting_places(rows) - starting_places(rows).mean(axis=0), atol=1e-9)
