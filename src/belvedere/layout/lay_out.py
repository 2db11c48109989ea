"""From rows to places: all rows together where there are few enough, landmarks first where there are more."""

from dataclasses import dataclass, replace

import numpy as np

from belvedere.layout.affinities import build_affinities
from belvedere.layout.descend import Schedule, descend, starting_places
from belvedere.layout.field import frozen_field
from belvedere.layout.landmarks import Landmarks, choose_landmarks, nearest_landmarks, recover_neighbors
from belvedere.layout.neighbors import (
    N_PROBED,
    Graph,
    exact_neighbors,
    fill_short,
    find_neighbors,
    rerank_in,
    share_found,
)
from belvedere.layout.overview import find_groups
from belvedere.layout.placement import FittedMap, central_places, settle_rows
from belvedere.layout.project import fit_projection, project
from belvedere.progress import Progress, Silent
from belvedere.types import Floats, Ints

KEPT = 15  # neighbors that every map reports
CANDIDATES = 60  # neighbors on principal axes among which the true ones are looked for
FEWEST = 32  # fewer rows are drawn by their principal axes
REFINING_STEPS = 40


@dataclass(frozen=True)
class LayoutSettings:
    """How rows are laid out; see `belvedere.draw.DrawSettings`."""

    attraction: float = 1.0
    global_weight: float = 0.005
    n_neighbors: int = KEPT
    seed: int = 0
    max_fitted_rows: int = 200_000


@dataclass(frozen=True)
class Laid:
    """A layout.

    Attributes
    ----------
    places : float32 (rows, 2)
    graph : Graph
        True neighbors of all rows.
    landmarks : Landmarks or None
        The rows laid out first, where not all rows were.
    notes : tuple of str
        How it was done and what it cost.
    unit : float
        Width of the map's kernel in the units of the places; other than 1 where the map was laid over an old one.
    """

    places: Floats
    graph: Graph
    landmarks: Landmarks | None = None
    notes: tuple[str, ...] = ()
    unit: float = 1.0


def lay_out(
    rows: Floats, settings: LayoutSettings, *, full: Floats | None = None, progress: Progress | None = None
) -> Laid:
    """Lay rows out.

    Parameters
    ----------
    rows : float32 (rows, dims)
        On few axes.
    full : float32 (rows, columns), optional
        The same rows before they were projected; neighbors are then judged by distances in it.
    """
    tell = progress or Silent()
    if len(rows) > settings.max_fitted_rows:
        return _lay_out_landmarks(rows, settings, tell)
    graph = graph_of(rows, full, settings, tell)
    places, note = _descend(rows, graph, settings, tell)
    return Laid(places, graph, None, (how_found(graph), note))


def graph_of(rows: Floats, full: Floats | None, settings: LayoutSettings, tell: Progress) -> Graph:
    """Find neighbors on few axes, then the nearest of them by distance in all columns."""
    k = max(KEPT, settings.n_neighbors)
    tell.start("Finding neighbors")
    if full is None or len(rows) <= k:
        graph = find_neighbors(rows, k, seed=settings.seed)
    else:
        wide = find_neighbors(rows, max(CANDIDATES, 3 * k), seed=settings.seed)
        own = np.arange(len(rows))
        near, far = rerank_in(full, full, wide.neighbors, min(k, len(rows) - 1), own=own)
        probed = _probed(len(rows), settings.seed)
        recall = share_found(near[probed], exact_neighbors(full, probed, near.shape[1]))
        graph = Graph(near, far, recall, f"{wide.how}, then by distance in all columns")
    tell.finish(f"recall {graph.recall:.3f}")
    return graph


def _probed(n_rows: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.sort(np.random.default_rng(seed).choice(n_rows, min(N_PROBED, n_rows), replace=False))


def how_found(graph: Graph) -> str:
    """Say how neighbors were found."""
    return f"Neighbors: {graph.how}; {graph.recall:.1%} of the true ones found, measured on a sample of rows."


def _descend(rows: Floats, graph: Graph, settings: LayoutSettings, tell: Progress) -> tuple[Floats, str]:
    components = project(rows, fit_projection(rows, 2))
    if len(rows) < FEWEST:
        return _by_axes(components), "So few rows are drawn by their principal axes."
    k = max(2, min(settings.n_neighbors, (len(rows) - 1) // 4))  # in small data, all would be neighbors of all
    schedule = Schedule(settings.attraction, settings.global_weight)
    found = descend(
        starting_places(components, seed=settings.seed), build_affinities(graph.neighbors[:, :k]), schedule,
        overview=find_groups(rows, seed=settings.seed), progress=tell,
    )  # fmt: skip
    return found.places, f"The layout ended {found.end} after {found.n_steps} steps."


def _by_axes(components: Floats) -> Floats:
    places = np.zeros((len(components), 2), np.float32)
    places[:, : components.shape[1]] = components[:, :2]
    scale = float(np.abs(places).max()) or 1.0
    return places / scale


def _lay_out_landmarks(rows: Floats, settings: LayoutSettings, tell: Progress) -> Laid:
    tell.start("Choosing landmarks")
    landmarks = choose_landmarks(rows, settings.max_fitted_rows)
    tell.finish(f"{len(landmarks.rows):,} of {len(rows):,} rows")
    first = lay_out(rows[landmarks.rows], settings, progress=tell)
    near = nearest_landmarks(rows, landmarks, settings.n_neighbors, tell)
    places = _settle_rest(rows, first, landmarks, near, settings)
    graph = _recovered(rows, places, landmarks.rows[near].astype(np.int32), settings)
    places = _refine(rows, places, graph, settings, tell)
    note = (
        f"{len(landmarks.rows):,} landmarks were laid out and the other {len(rows) - len(landmarks.rows):,} rows placed "
        "among them; maps of all rows together keep more neighbors."
    )
    return Laid(places, graph, landmarks, (*first.notes, note, how_found(graph)))


def _settle_rest(rows: Floats, first: Laid, landmarks: Landmarks, near: Ints, settings: LayoutSettings) -> Floats:
    fitted = FittedMap(rows[:0], first.places, np.zeros(1, np.float32), settings.attraction, settings.n_neighbors)
    frozen = frozen_field(first.places)
    places = np.empty((len(rows), 2), np.float32)
    for at in range(0, len(rows), 65_536):
        part = near[at : at + 65_536]
        places[at : at + 65_536] = settle_rows(fitted, frozen, part, central_places(first.places, part))
    places[landmarks.rows] = first.places
    return places


def _recovered(rows: Floats, places: Floats, near: Ints, settings: LayoutSettings) -> Graph:
    k = max(KEPT, settings.n_neighbors)
    graph = fill_short(rows, recover_neighbors(rows, places, near, k))
    probed = _probed(len(rows), settings.seed)
    return replace(graph, recall=share_found(graph.neighbors[probed], exact_neighbors(rows, probed, k)))


def _refine(rows: Floats, places: Floats, graph: Graph, settings: LayoutSettings, tell: Progress) -> Floats:
    """Let all rows move a little, on a map with room for all of them."""
    room = np.float32(np.sqrt(len(rows) / settings.max_fitted_rows))
    schedule = Schedule(settings.attraction, settings.global_weight, gather=0, loosen=0, spread=REFINING_STEPS, settle=20)
    graph_of_all = build_affinities(graph.neighbors[:, : settings.n_neighbors])
    overview = find_groups(rows, seed=settings.seed)
    return descend(places * room, graph_of_all, schedule, overview=overview, progress=tell).places
