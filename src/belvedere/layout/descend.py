"""The layout itself: places move until neighbors are near and strangers are far.

The loss is that of t-SNE with an attraction knob rho, and a term for the large picture (`belvedere.layout.overview`):

    L = -rho sum_ij p_ij log q_ij + log sum_ij q_ij + lambda stress(groups),   q_ij = 1 / (1 + |y_i - y_j|^2)

The gradient of the first two for one row is `4 rho sum_j p_ij q_ij (y_i - y_j) - (4 / Z) sum_j q_ij^2 (y_i - y_j)`.
rho = 1 is the look of t-SNE, about 4 that of UMAP (Böhm, Berens and Kobak 2022); rho = 12 early lets clusters gather
(van der Maaten and Hinton 2008).
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from belvedere.layout.affinities import Affinities, reorder
from belvedere.layout.field import CELL, Field, frame_of
from belvedere.layout.kernels import move
from belvedere.layout.overview import Overview, group_forces
from belvedere.progress import Progress, Silent, show_places
from belvedere.types import Floats, Ints

EARLY_ATTRACTION = 12.0
REACH = 0.5  # of the map's radius: how far from a group's center its force reaches
LOOK = 10  # steps between two looks at the large picture and at whether the map has come to rest
LONGEST = 5.0  # map units that a row may move in one step
WIDEST = 2.0  # times the root of the rows: the map's radius at most


class Phase(NamedTuple):
    """A number of steps with the same attraction, momentum, weight of the overview (times), and cell of the grid.

    With `until_rest` the phase ends as soon as the map has come to rest.
    """

    steps: int
    attraction: float
    momentum: float
    overview: float
    cell: float = CELL
    until_rest: bool = False


@dataclass(frozen=True)
class Schedule:
    """How the descent runs: rows gather in clusters, which loosen and spread out; then neighbors settle on a finer grid.

    Attributes
    ----------
    attraction : float
        rho above, 1 to 4.
    global_weight : float
        lambda above.
    gather, loosen, spread, settle : int
        Steps of each phase, at most; attraction falls in two stages while clusters loosen, so that they do not tear.
    still : float
        The map has spread out when rows move less than this share of its radius in a step, on average.
    rate : float
        Share of the usual step length.
    """

    attraction: float = 1.0
    global_weight: float = 0.0
    gather: int = 80
    loosen: int = 60
    spread: int = 250
    settle: int = 50
    still: float = 4.5e-3
    rate: float = 1.0

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in their order."""
        fall = self.attraction / EARLY_ATTRACTION
        return (
            Phase(self.gather, EARLY_ATTRACTION, 0.8, 10.0),
            Phase(self.loosen // 2, EARLY_ATTRACTION * fall ** (1 / 3), 0.8, 4.0),
            Phase(self.loosen // 2, EARLY_ATTRACTION * fall ** (2 / 3), 0.8, 2.5),
            Phase(self.spread, self.attraction, 0.9, 1.5, until_rest=True),
            Phase(self.settle, self.attraction, 0.8, 1.0, CELL / 2),
        )


@dataclass(frozen=True)
class Layout:
    """Places as far as they came: float32 (rows, 2), the steps done, and how it ended."""

    places: Floats
    n_steps: int
    end: str  # 'at rest', 'all steps done' or 'interrupted'


class Steps(Protocol):
    """What does the steps of a descent."""

    n_steps: int

    def begin(self, phase: Phase) -> None:
        """Begin a phase from standing."""

    def step(self, phase: Phase) -> None:
        """Do one step."""

    def is_at_rest(self) -> bool:
        """Say whether the map has come to rest."""

    def result(self) -> Floats:
        """Places in the order of the rows, round the origin."""


Engine = Callable[[Floats, Affinities, Schedule, Overview | None], Steps]


def starting_places(components: Floats, *, seed: int = 0) -> Floats:
    """Start from the first two principal components, tiny; equal rows are moved apart by a hair.

    Parameters
    ----------
    components : float32 (rows, n_axes)
        Rows projected on principal axes, largest variance first.
    """
    first = np.zeros((len(components), 2), np.float32)
    first[:, : min(2, components.shape[1])] = components[:, :2]
    scale = float(first[:, 0].std()) or 1.0
    noise = np.random.default_rng(seed).standard_normal(first.shape, np.float32)
    return np.ascontiguousarray((first / scale + 1e-2 * noise) * 1e-4, np.float32)


def descend(
    start: Floats,
    affinities: Affinities,
    schedule: Schedule,
    *,
    overview: Overview | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Layout:
    """Move places down the gradient until the map is at rest.

    Ctrl-C ends the descent and keeps the map so far. `engine` does the steps: the compiled loops where none is given.
    """
    tell = progress or Silent()
    run = (engine or Descent)(start, affinities, schedule, overview)
    total = sum(phase.steps for phase in schedule.phases)
    tell.start("Laying out", total)
    end, began = "all steps done", time.monotonic()
    try:
        for phase in schedule.phases:
            run.begin(phase)
            for _ in range(phase.steps):
                run.step(phase)
                tell.advance(run.n_steps, _time_left(began, run.n_steps, total))
                show_places(tell, run.result)
                if phase.until_rest and run.is_at_rest():
                    end = "at rest"
                    break
    except KeyboardInterrupt:
        end = "interrupted"
    tell.finish(f"{end} after {run.n_steps} steps")
    return Layout(run.result(), run.n_steps, end)


def _time_left(began: float, done: int, total: int) -> str:
    left = (time.monotonic() - began) / done * (total - done)
    return f"about {left:.0f} s left"


class Descent:
    """The state of a descent: places, speeds and gains, in an order in which near rows lie near in memory."""

    def __init__(
        self, start: Floats, affinities: Affinities, schedule: Schedule, overview: Overview | None = None
    ) -> None:
        n = len(start)
        self.schedule, self.n_steps, self.field = schedule, 0, Field()
        self.order = np.arange(n)
        self.places, self.there, self.graph = start.copy(), np.empty_like(start), affinities
        self.speed, self.gain = np.zeros_like(start), np.ones_like(start)
        self.overview = overview if schedule.global_weight > 0 else None
        self.group_of = np.zeros(n, np.int32) if overview is None else overview.group_of
        self.groups = np.zeros((int(self.group_of.max()) + 1, 4), np.float32)
        self.per_reach = 0.0

    def begin(self, phase: Phase) -> None:
        """Begin a phase from standing, rows sorted along the map."""
        if phase.steps == 0:
            return
        self.order, self.places, self.group_of, self.graph, self.overview = sorted_along_map(
            self.order, self.places, self.group_of, self.graph, self.overview
        )
        self.speed, self.gain = np.zeros_like(self.places), np.ones_like(self.places)

    def step(self, phase: Phase) -> None:
        """Do one step."""
        n = len(self.places)
        if self.n_steps % LOOK == 0 and (share := share_to_keep(float(self.places.std()), n)) < 1:
            self.places *= np.float32(share)
            self.speed *= np.float32(share)
        if self.n_steps % LOOK == 0 and self.overview is not None:
            self.groups = group_forces(self.overview, self.places)
            self.per_reach = REACH**-2 / max(float(self.places.var()), 1e-30)
        frame = frame_of(self.places, phase.cell)
        forces, total = self.field.at(self.places, frame)
        rates, pace = rates_of(self.schedule, phase, n, total, self.per_reach)
        graph = (self.graph.starts, self.graph.others, self.graph.weights)
        move(
            self.places, self.there, self.speed, self.gain, graph, forces, frame.corner, self.group_of, self.groups,
            rates, pace,
        )  # fmt: skip
        self.places, self.there = self.there, self.places
        self.n_steps += 1

    def is_at_rest(self) -> bool:
        """Say, every ten steps, whether rows move less than `still` of the map's radius on average."""
        return self.n_steps % LOOK == 0 and has_come_to_rest(self.speed, self.places, self.schedule)

    def result(self) -> Floats:
        """Places in the order of the rows, round the origin."""
        out = np.empty_like(self.places)
        out[self.order] = self.places
        return np.asarray(out - out.mean(axis=0), np.float32)


def rates_of(
    schedule: Schedule, phase: Phase, n_rows: int, total: float, per_reach: float
) -> tuple[tuple[np.float32, ...], tuple[np.float32, ...]]:
    """What `kernels.move` calls rates and pace, for so many rows; `total` is Z."""
    weight = 2 * schedule.global_weight * phase.overview / n_rows
    rates = (4 * phase.attraction, 4 / max(total, 1e-12), weight, per_reach)
    pace = (schedule.rate * n_rows / phase.attraction, phase.momentum, LONGEST)
    return tuple(map(np.float32, rates)), tuple(map(np.float32, pace))


def share_to_keep(radius: float, n_rows: int) -> float:
    """To what share a map that has grown beyond all measure is shrunk; 1 for any other.

    Where every row is a neighbor of a good part of all, places far apart are as good at any scale (q / Z of distances far above
    1 does not depend on it), and a map of forty rows grew by thousands of units; larger maps never come near the bound.

    Examples
    --------
    >>> share_to_keep(10.0, 100), share_to_keep(40.0, 100)
    (1.0, 0.5)
    """
    return min(1.0, WIDEST * math.sqrt(n_rows) / max(radius, 1e-30))


def has_come_to_rest(speed: Floats, places: Floats, schedule: Schedule) -> bool:
    """Whether rows move less than `still` of the map's radius in a step, on average."""
    moved = float(np.sqrt(np.square(speed).sum(axis=1)).mean())
    return moved < schedule.still * max(float(places.std()), 1e-30)


def sorted_along_map(
    order: NDArray[np.int64], places: Floats, group_of: Ints, graph: Affinities, overview: Overview | None
) -> tuple[NDArray[np.int64], Floats, Ints, Affinities, Overview | None]:
    """Everything that has a line per row, sorted along the map; `order` (rows,) keeps whose line is whose."""
    along = along_map(places)
    group_of = group_of[along]
    if overview is not None:
        overview = replace(overview, group_of=group_of)
    return order[along], places[along], group_of, reorder(graph, along), overview


def along_map(places: Floats) -> NDArray[np.int64]:
    """Order rows along a Z-shaped curve through the map (Morton 1966), so that near rows follow each other."""
    low, wide = places.min(axis=0), max(float(np.ptp(places)), 1e-30)
    x, y = ((places - low) * np.float32(65535 / wide)).astype(np.uint32).T
    code = np.zeros(len(places), np.uint32)
    for bit in range(16):
        code |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return np.argsort(code, kind="stable")
