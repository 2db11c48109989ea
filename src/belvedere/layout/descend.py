"""The layout itself: places move until neighbors are near and strangers are far.

The loss is that of t-SNE with an attraction knob rho, and a term for the large picture (`belvedere.layout.overview`):

    L = -rho sum_ij p_ij log q_ij + log sum_ij q_ij + lambda stress(groups),   q_ij = 1 / (1 + |y_i - y_j|^2)

The gradient of the first two for one row is `4 rho sum_j p_ij q_ij (y_i - y_j) - (4 / Z) sum_j q_ij^2 (y_i - y_j)`.
rho = 1 is the look of t-SNE, about 4 that of UMAP (Böhm, Berens and Kobak 2022); rho = 12 early lets clusters gather
(van der Maaten and Hinton 2008).
"""

import time
from dataclasses import dataclass

import numpy as np

from belvedere.layout.affinities import Affinities
from belvedere.layout.field import Field
from belvedere.layout.kernels import attract, move
from belvedere.layout.overview import Overview, group_forces
from belvedere.progress import Progress, Silent
from belvedere.types import Floats

EARLY_ATTRACTION = 12.0
REACH = 0.5  # of the map's radius: how far from a group's center its force reaches
EARLY_OVERVIEW = 10.0  # the large picture counts so many times more while clusters gather


@dataclass(frozen=True)
class Schedule:
    """How the descent runs.

    Attributes
    ----------
    attraction : float
        rho above, 1 to 4.
    global_weight : float
        lambda above.
    early, late : int
        Steps with early and with plain attraction, at most.
    still : float
        The map has come to rest when rows move less than this share of its radius in a step, on average.
    """

    attraction: float = 1.0
    global_weight: float = 0.0
    early: int = 250
    late: int = 500
    still: float = 2e-4


@dataclass(frozen=True)
class Layout:
    """Places as far as they came: float32 (rows, 2), the steps done, and how it ended."""

    places: Floats
    n_steps: int
    end: str  # 'at rest', 'all steps done' or 'interrupted'


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
) -> Layout:
    """Move places down the gradient until the map is at rest.

    Ctrl-C ends the descent and keeps the map so far.
    """
    tell = progress or Silent()
    run = _Descent(start, affinities, schedule, overview)
    tell.start("Laying out", schedule.early + schedule.late)
    end = "all steps done"
    began = time.monotonic()
    try:
        for step in range(schedule.early + schedule.late):
            run.step(step)
            tell.advance(step + 1, _time_left(began, step + 1, schedule.early + schedule.late))
            if run.is_at_rest(step):
                end = "at rest"
                break
    except KeyboardInterrupt:
        end = "interrupted"
    tell.finish(f"{end} after {run.n_steps} steps")
    return Layout(run.places - run.places.mean(axis=0), run.n_steps, end)


def _time_left(began: float, done: int, total: int) -> str:
    left = (time.monotonic() - began) / done * (total - done)
    return f"about {left:.0f} s left"


class _Descent:
    """The state of a descent: places, speeds and gains."""

    def __init__(
        self, start: Floats, affinities: Affinities, schedule: Schedule, overview: Overview | None = None
    ) -> None:
        self.places = start.copy()
        self.graph, self.schedule, self.n_steps = affinities, schedule, 0
        self.speed, self.gain = np.zeros_like(start), np.ones_like(start)
        self.pull, self.push = np.zeros_like(start), np.zeros_like(start)
        self.mass = np.empty(len(start), np.float32)
        self.field = Field()
        self.overview = overview if schedule.global_weight > 0 else None
        self.group_of = np.zeros(len(start), np.int32) if overview is None else overview.group_of
        self.groups = np.zeros((int(self.group_of.max()) + 1, 4), np.float32)
        self.per_reach = 0.0
        self.moved: list[float] = []

    def step(self, number: int) -> None:
        """Do one step."""
        plan, n = self.schedule, len(self.places)
        early = number < plan.early
        if number == plan.early:
            self.speed[:], self.gain[:] = 0, 1
        if number % 10 == 0 and self.overview is not None:
            self.groups = group_forces(self.overview, self.places)
            self.per_reach = REACH**-2 / max(float(self.places.var()), 1e-30)
        attract(self.places, self.graph.starts, self.graph.others, self.graph.weights, self.pull)
        total = self.field.read(self.places, self.push, self.mass)
        attraction = EARLY_ATTRACTION if early else plan.attraction
        rate, momentum = n / attraction, 0.5 if early else 0.8
        weight = 2 * plan.global_weight * (EARLY_OVERVIEW if early else 1.0) / n
        numbers = (4 * attraction, 4 / max(total, 1e-12), weight, self.per_reach, rate, momentum, 5.0)
        rates = tuple(map(np.float32, numbers))
        move(self.places, self.speed, self.gain, self.pull, self.push, self.group_of, self.groups, rates)
        self.n_steps += 1

    def is_at_rest(self, number: int) -> bool:
        """Say, every ten late steps, whether rows move less than `still` of the map's radius on average."""
        if number < self.schedule.early + 50 or number % 10:
            return False
        moved = float(np.sqrt((self.speed**2).sum(axis=1)).mean())
        self.moved.append(moved / max(float(self.places.std()), 1e-30))
        return self.moved[-1] < self.schedule.still
