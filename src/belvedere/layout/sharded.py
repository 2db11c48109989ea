"""The layout shared out among workers: each holds a block of rows, its links, speeds and gains.

A step is that of `belvedere.layout.descend`: every worker spreads its rows over grids of its own, these are summed in a fixed
order, the field is computed once from the sum, and every worker moves its rows in it. So all rows still repel all rows. Of
other workers' rows a worker gets only the places of those that its links lead to. Up to four workers, the grids are the
private ones of `kernels.spread`, and the map is that of one process bit for bit; from five on sums are cut elsewhere.

Neighbors are searched block by block: every worker gives its nearest candidates of all rows, which are merged by distance.

A worker that is lost is replaced, all workers go back to what was kept ten steps ago at most, and the same steps are done
again. What workers are is not known here: `Crew` is all that is asked of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import EngineError, WorkerLostError
from belvedere.layout.affinities import Affinities
from belvedere.layout.cells import Cells, search_cells, sort_into_cells
from belvedere.layout.descend import LOOK, REACH, Phase, Schedule, has_come_to_rest, rates_of, sorted_along_map
from belvedere.layout.field import Field, Frame, frame_of
from belvedere.layout.kernels import N_GRIDS, move, spread
from belvedere.layout.neighbors import (
    EXACT_ROWS,
    FEWEST_CELLS,
    N_PROBED,
    THOROUGH,
    Effort,
    Graph,
    exact_neighbors,
    fill_short,
    nearest_rows,
    rerank_in,
    share_found,
)
from belvedere.layout.overview import Overview, group_forces
from belvedere.types import Floats, Ints

FEWEST_SHARED = 50_000  # rows from which messages cost less than what they save
QUERIES = 65_536  # rows asked for at once
MOST_LOSSES = 50  # workers lost in one stage; more is no accident


class Crew(Protocol):
    """Workers that each hold a `Member`."""

    def __len__(self) -> int: ...

    def call(self, name: str, parts: Sequence[tuple[Any, ...]], *shared: Any) -> list[Any]:
        """Call a method of every member, 'shard.move', with its part and what all share; answers in their order.

        Raises
        ------
        WorkerLostError
            If one does not answer any more, or no longer holds what it was given.
        """

    def revive(self) -> None:
        """Replace the members that were lost by new ones, which hold nothing."""


def crew_for(n_rows: int, crew: Crew | None) -> Crew | None:
    """The crew, where there is one of several workers, and rows enough for them."""
    return crew if crew is not None and len(crew) > 1 and n_rows >= FEWEST_SHARED else None


class Here:
    """Workers that are no processes: the members are called one after the other."""

    def __init__(self, n: int) -> None:
        self.members = [Member() for _ in range(n)]

    def __len__(self) -> int:
        return len(self.members)

    def call(self, name: str, parts: Sequence[tuple[Any, ...]], *shared: Any) -> list[Any]:
        """See `Crew`."""
        return [attrgetter(name)(m)(*part, *shared) for m, part in zip(self.members, parts, strict=True)]

    def revive(self) -> None:
        """Nobody is lost here."""


class Member:
    """What one worker holds: a block of rows to search in, and a block of rows to move."""

    def __init__(self) -> None:
        self.block, self.shard = Block(), Shard()


@dataclass(frozen=True)
class Part:
    """A worker's rows: places, speed and gain (rows, 2), links to own rows and, behind them, to `n_halo` others.

    `cuts` are the first rows of its grids and the end of the last one.
    """

    places: Floats
    speed: Floats
    gain: Floats
    links: Affinities
    group_of: Ints
    cuts: tuple[int, ...]
    n_halo: int


class Shard:
    """One worker's rows while they move."""

    def __init__(self) -> None:
        self.part: Part | None = None

    def begin(self, part: Part) -> None:
        """Take rows over."""
        held = part.links  # arrays that came in a message are read-only
        links = Affinities(np.array(held.starts), np.array(held.others), np.array(held.weights))
        self.part = replace(
            part, links=links, speed=np.array(part.speed), gain=np.array(part.gain), group_of=np.array(part.group_of)
        )
        self.places = np.concatenate([part.places, np.zeros((part.n_halo, 2), np.float32)])
        self.there = np.empty_like(part.places)

    def charges(self, frame: Frame) -> Floats:
        """Spread own rows over own grids: float32 (grids, nodes, nodes)."""
        cuts = self._held().cuts
        grids = np.zeros((len(cuts) - 1, frame.nodes, frame.nodes), np.float32)
        for g in range(len(cuts) - 1):
            spread(self.places[cuts[g] : cuts[g + 1]], *frame.corner, grids[g : g + 1])
        return grids

    def move(self, halo: Floats, field: Floats, frame: Frame, how: tuple[Any, ...]) -> Floats:
        """Do one step; gives back the new places of own rows."""
        part, n = self._held(), len(self.there)
        groups, rates, pace = how
        self.places[n:] = halo
        graph = (part.links.starts, part.links.others, part.links.weights)
        move(
            self.places, self.there, part.speed, part.gain, graph, np.array(field), frame.corner, part.group_of,
            np.array(groups), rates, pace,
        )  # fmt: skip
        self.places[:n] = self.there
        return self.there.copy()

    def state(self) -> tuple[Floats, Floats]:
        """Speed and gain of own rows."""
        part = self._held()
        return part.speed.copy(), part.gain.copy()

    def _held(self) -> Part:
        if self.part is None:
            raise WorkerLostError("A worker must hold its rows, but was replaced and holds none. They are sent again.")
        return self.part


@dataclass(frozen=True)
class Kept:
    """What a descent goes on from when a worker is lost; arrays in the order of the rows along the map."""

    n_steps: int
    places: Floats
    speed: Floats
    gain: Floats
    groups: Floats
    per_reach: float


class ShardedDescent:
    """The state of a descent whose rows are moved by a crew; it does what `belvedere.layout.descend.Descent` does."""

    def __init__(
        self, crew: Crew, start: Floats, affinities: Affinities, schedule: Schedule, overview: Overview | None = None
    ) -> None:
        n = len(start)
        self.crew, self.schedule, self.n_steps, self.field = crew, schedule, 0, Field()
        self.order, self.places, self.graph = np.arange(n), start.copy(), affinities
        self.overview = overview if schedule.global_weight > 0 else None
        self.group_of = np.zeros(n, np.int32) if overview is None else overview.group_of
        self.groups, self.per_reach = np.zeros((int(self.group_of.max()) + 1, 4), np.float32), 0.0
        self.rows, self.cuts = share_out(n, len(crew))
        self.n_lost, self.is_dealt = 0, False

    def begin(self, phase: Phase) -> None:
        """Begin a phase from standing, rows sorted along the map and dealt out anew."""
        if phase.steps == 0:
            return
        self.order, self.places, self.group_of, self.graph, self.overview = sorted_along_map(
            self.order, self.places, self.group_of, self.graph, self.overview
        )
        self._keep(np.zeros_like(self.places), np.ones_like(self.places))
        self.is_dealt = False

    def step(self, phase: Phase) -> None:
        """Do one step; where a worker is lost, do those again that were done since the state was kept."""
        wanted = self.n_steps + 1
        while True:
            try:
                self._go_to(wanted, phase)
            except WorkerLostError as error:
                self.n_lost += 1
                if self.n_lost > MOST_LOSSES:
                    raise EngineError(
                        f"The workers must outlive a layout, but {self.n_lost} of them were lost in one. "
                        "See what kills them (often memory), and start again with fewer."
                    ) from error
                self.crew.revive()
                self.is_dealt = False
            else:
                return

    def _go_to(self, wanted: int, phase: Phase) -> None:
        if not self.is_dealt:
            self._deal()
        while self.n_steps < wanted:
            self._step(phase)
        if self.n_steps % LOOK == 0:
            states = self.crew.call("shard.state", [()] * len(self.crew))
            speed, gain = (np.concatenate(values) for values in zip(*states, strict=True))
            self._keep(speed, gain)

    def _keep(self, speed: Floats, gain: Floats) -> None:
        self.kept = Kept(self.n_steps, self.places, speed, gain, self.groups, self.per_reach)

    def _deal(self) -> None:
        """Give every worker its rows, as they were kept."""
        kept = self.kept
        self.n_steps, self.places, self.groups, self.per_reach = kept.n_steps, kept.places, kept.groups, kept.per_reach
        self.halos, parts = [], []
        for (first, last), cuts in zip(self.rows, self.cuts, strict=True):
            links, halo = cut_links(self.graph, first, last)
            own = slice(first, last)
            part = Part(
                kept.places[own], kept.speed[own], kept.gain[own], links, self.group_of[own], cuts, len(halo)
            )  # fmt: skip
            parts.append((part,))
            self.halos.append(halo)
        self.crew.call("shard.begin", parts)
        self.is_dealt = True

    def _step(self, phase: Phase) -> None:
        if self.n_steps % LOOK == 0 and self.overview is not None:
            self.groups = group_forces(self.overview, self.places)
            self.per_reach = REACH**-2 / max(float(self.places.var()), 1e-30)
        frame, nobody = frame_of(self.places, phase.cell), [()] * len(self.crew)
        grids = np.concatenate(self.crew.call("shard.charges", nobody, frame))
        forces, total = self.field.of_grids(grids, frame, len(self.places))
        how = (self.groups, *rates_of(self.schedule, phase, len(self.places), total, self.per_reach))
        halos = [(self.places[halo],) for halo in self.halos]
        self.places = np.concatenate(self.crew.call("shard.move", halos, forces, frame, how))
        self.n_steps += 1

    def is_at_rest(self) -> bool:
        """Say, every ten steps, whether rows move less than `still` of the map's radius on average."""
        return self.n_steps % LOOK == 0 and has_come_to_rest(self.kept.speed, self.places, self.schedule)

    def result(self) -> Floats:
        """Places in the order of the rows, round the origin."""
        out = np.empty_like(self.places)
        out[self.order] = self.places
        return np.asarray(out - out.mean(axis=0), np.float32)


def share_out(n_rows: int, n_workers: int) -> tuple[list[tuple[int, int]], list[tuple[int, ...]]]:
    """First and last row of every worker, and within them the first rows of its grids and the end of the last.

    Examples
    --------
    >>> share_out(100, 2)
    ([(0, 50), (50, 100)], [(0, 25, 50), (0, 25, 50)])
    """
    n_grids = max(N_GRIDS, n_workers)
    ends = [g * n_rows // n_grids for g in range(n_grids + 1)]
    grids = [w * n_grids // n_workers for w in range(n_workers + 1)]
    rows, cuts = [], []
    for first, last in pairwise(grids):
        rows.append((ends[first], ends[last]))
        cuts.append(tuple(end - ends[first] for end in ends[first : last + 1]))
    return rows, cuts


def cut_links(links: Affinities, first: int, last: int) -> tuple[Affinities, NDArray[np.int64]]:
    """The links of rows `first` to `last`, and the rows elsewhere that they lead to, which come behind the own ones.

    Examples
    --------
    >>> from belvedere.layout.affinities import build_affinities
    >>> own, halo = cut_links(build_affinities(np.int32([[1], [0], [1]])), 1, 3)
    >>> own.others.tolist(), halo.tolist()
    ([2, 1, 0], [0])
    """
    part = slice(int(links.starts[first]), int(links.starts[last]))
    others = links.others[part]
    is_own = (others >= first) & (others < last)
    halo = np.unique(others[~is_own])
    own = np.where(is_own, others - first, last - first + np.searchsorted(halo, others)).astype(np.int32)
    starts = links.starts[first : last + 1] - links.starts[first]
    return Affinities(starts, own, links.weights[part]), halo.astype(np.int64)


class Block:
    """One worker's rows while neighbors are searched among them."""

    def __init__(self) -> None:
        self.rows: Floats | None = None
        self.cells: Cells | None = None
        self.first, self.n_looked = 0, FEWEST_CELLS

    def hold(self, rows: Floats, first: int, probe: Floats, k: int, how: tuple[int, Effort]) -> None:
        """Take rows over, numbered from `first` on; make cells by `how` (seed, effort), look into as many as `probe` needs."""
        seed, effort = how
        self.rows, self.first, self.cells = np.array(rows, np.float32), first, None
        if len(rows) <= EXACT_ROWS:
            return
        self.cells, self.n_looked = sort_into_cells(self.rows, seed=seed), FEWEST_CELLS
        truth = nearest_rows(self.rows, probe, k)[0]
        while True:
            recall = share_found(search_cells(self.cells, probe, k, self.n_looked), truth)
            if effort.is_enough(recall, self.n_looked, self.cells.n_cells):
                break
            self.n_looked = effort.more(self.n_looked)

    def nearest(self, queries: Floats, k: int) -> Ints:
        """The nearest own rows of some rows: int32 (queries, k), -1 where there are too few."""
        if self.rows is None:
            raise WorkerLostError("A worker must hold its rows, but was replaced and holds none. They are sent again.")
        queries = np.array(queries, np.float32)
        if self.cells is not None:
            found = search_cells(self.cells, queries, k, self.n_looked)
        else:
            found = nearest_rows(self.rows, queries, k)[0]
        return np.where(found < 0, -1, found + self.first).astype(np.int32)

    def release(self) -> None:
        """Hold nothing any more."""
        self.rows = self.cells = None


def find_neighbors_by_shard(crew: Crew, rows: Floats, k: int, *, seed: int = 0, effort: Effort = THOROUGH) -> Graph:
    """Find the k nearest neighbors of every row, none equal to another: candidates of every worker, merged by distance.

    Parameters
    ----------
    crew : Crew
    rows : float32 (rows, dims)
    k : int
    seed : int
        For cells, and for the rows on which recall is measured.
    effort : Effort
        Of every worker among its own rows.
    """
    probed = np.sort(np.random.default_rng(seed).choice(len(rows), min(N_PROBED, len(rows)), replace=False))
    bounds = np.linspace(0, len(rows), len(crew) + 1).astype(int)
    blocks = [(rows[a:b], int(a)) for a, b in pairwise(bounds)]

    def ask(part: slice) -> Ints:
        return np.concatenate(crew.call("block.nearest", [()] * len(crew), rows[part], k + 1), axis=1)

    def deal() -> None:
        crew.call("block.hold", blocks, rows[probed], k + 1, (seed, effort))

    _surely(crew, deal, deal)
    near, far = np.empty((len(rows), k), np.int32), np.empty((len(rows), k), np.float32)
    for at in range(0, len(rows), QUERIES):
        part = slice(at, min(at + QUERIES, len(rows)))
        found = _surely(crew, partial(ask, part), deal)
        near[part], far[part] = rerank_in(rows[part], rows, found, k, own=np.arange(part.start, part.stop))
    crew.call("block.release", [()] * len(crew))
    graph = fill_short(rows, Graph(near, far, how=f"searched in {len(crew)} shards, candidates merged"))
    return replace(graph, recall=share_found(near[probed], exact_neighbors(rows, probed, k)))


def _surely(crew: Crew, do: Callable[[], Any], deal: Callable[[], None]) -> Any:
    """Do something, again where a worker is lost meanwhile, after its rows were dealt out again."""
    for _ in range(MOST_LOSSES):
        try:
            return do()
        except WorkerLostError:
            crew.revive()
            if do is not deal:
                _surely(crew, deal, deal)
    raise EngineError(
        f"The workers must outlive a search, but {MOST_LOSSES} of them were lost in one. "
        "See what kills them (often memory), and start again with fewer."
    )
