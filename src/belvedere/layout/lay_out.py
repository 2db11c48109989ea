"""From rows to places: all rows together where there are few enough, landmarks first where there are more."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.spatial import cKDTree

from belvedere.layout.affinities import build_affinities
from belvedere.layout.descend import Engine, Schedule, descend, starting_places
from belvedere.layout.landmarks import Landmarks, choose_landmarks
from belvedere.layout.large import SETTLE, SPREAD, can_search, link, n_fitted, place_among, recover_neighbors, refine
from belvedere.layout.neighbors import (
    N_PROBED,
    THOROUGH,
    Effort,
    Graph,
    Search,
    exact_neighbors,
    find_neighbors,
    rerank_in,
    share_found,
)
from belvedere.layout.on_gpu import TorchDescent, find_neighbors_on, graphics_card
from belvedere.layout.overview import find_groups
from belvedere.layout.project import fit_projection, project
from belvedere.layout.sharded import Crew, ShardedDescent, crew_for, find_neighbors_by_shard
from belvedere.progress import Progress, Silent
from belvedere.types import Floats, Ints

KEPT = 15  # neighbors that every map reports
CANDIDATES = 60  # neighbors on principal axes among which the true ones are looked for
FEWEST = 32  # fewer rows are drawn by their principal axes
MOST_ON_CARD = 1_000_000  # rows that a graphics card compares all with all
MEMORY = 6_000_000_000  # bytes
# Of all rows, which only move once more: time must grow as rows do.
AMONG_LANDMARKS = Effort(recall=0.85, most_cells=32)


@dataclass(frozen=True)
class LayoutSettings:
    """How rows are laid out; see `belvedere.draw.DrawSettings`. A crew, where there is one, shares the work.

    `folder` is where neighbors and links of very many rows lie; None: in memory.
    """

    attraction: float = 1.0
    global_weight: float = 0.005
    n_neighbors: int = KEPT
    seed: int = 0
    max_fitted_rows: int = 200_000
    memory: int = MEMORY
    folder: str | None = None
    crew: Crew | None = None


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
    most = n_fitted(rows.shape[1], settings.max_fitted_rows, settings.memory)
    if len(rows) > most:
        return _lay_out_landmarks(rows, most, settings, tell)
    graph = graph_of(rows, full, settings, tell)
    places, note = _descend(rows, graph, settings, tell)
    return Laid(places, graph, None, (how_found(graph), note))


def graph_of(rows: Floats, full: Floats | None, settings: LayoutSettings, tell: Progress) -> Graph:
    """Find neighbors on few axes, then the nearest of them by distance in all columns."""
    k = max(KEPT, settings.n_neighbors)
    tell.start("Finding neighbors")
    search = shared_search(len(rows), settings)
    if (card := graphics_card()) is not None and len(rows) <= MOST_ON_CARD:
        graph = find_neighbors(rows if full is None else full, k, search=partial(find_neighbors_on, card))
    elif full is None or len(rows) <= k:
        graph = find_neighbors(rows, k, seed=settings.seed, search=search)
    else:
        wide = find_neighbors(rows, max(CANDIDATES, 3 * k), seed=settings.seed, search=search)
        own = np.arange(len(rows))
        near, far = rerank_in(full, full, wide.neighbors, min(k, len(rows) - 1), own=own)
        probed = _probed(len(rows), settings.seed)
        recall = share_found(near[probed], exact_neighbors(full, probed, near.shape[1]))
        graph = Graph(near, far, recall, f"{wide.how}, then by distance in all columns")
    tell.finish(f"recall {graph.recall:.3f}")
    return graph


def shared_search(n_rows: int, settings: LayoutSettings, effort: Effort = THOROUGH) -> Search | None:
    """The search of a crew, where there is one and it is worth the messages."""
    crew = crew_for(n_rows, settings.crew)
    return None if crew is None else partial(find_neighbors_by_shard, crew, seed=settings.seed, effort=effort)


def shared_steps(n_rows: int, settings: LayoutSettings) -> Engine | None:
    """What does the steps of a descent: a graphics card, a crew where there is one, else (None) the compiled loops."""
    if graphics_card() is not None:
        return TorchDescent
    crew = crew_for(n_rows, settings.crew)
    return None if crew is None else partial(ShardedDescent, crew)


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
        engine=shared_steps(len(rows), settings),
    )  # fmt: skip
    return found.places, f"The layout ended {found.end} after {found.n_steps} steps."


def _by_axes(components: Floats) -> Floats:
    places = np.zeros((len(components), 2), np.float32)
    places[:, : components.shape[1]] = components[:, :2]
    scale = float(np.abs(places).max()) or 1.0
    return places / scale


def _lay_out_landmarks(rows: Floats, n_first: int, settings: LayoutSettings, tell: Progress) -> Laid:
    tell.start("Choosing landmarks")
    landmarks = choose_landmarks(rows, n_first)
    tell.finish(f"{n_first:,} of {len(rows):,} rows")
    first = lay_out(rows[landmarks.rows], replace(settings, max_fitted_rows=n_first), progress=tell)
    places = place_among(rows, landmarks, first.places, settings.n_neighbors, tell)
    graph = _graph_of_all(rows, places, landmarks, settings, tell)
    schedule = Schedule(settings.attraction, settings.global_weight, gather=0, loosen=0, spread=SPREAD, settle=SETTLE)
    room = np.float32(np.sqrt(len(rows) / n_first))
    links = link(graph.neighbors[:, : settings.n_neighbors], settings.memory, settings.folder)
    engine = None if graphics_card() is not None else shared_steps(len(rows), settings)
    places = refine(rows, places * room, links, schedule, settings.seed, tell, engine).places
    return Laid(places, graph, landmarks, (*first.notes, _cost(rows, n_first, first, places, graph), how_found(graph)))


def _graph_of_all(
    rows: Floats, places: Floats, landmarks: Landmarks, settings: LayoutSettings, tell: Progress
) -> Graph:
    k = max(KEPT, settings.n_neighbors)
    tell.start("Finding neighbors of all rows")
    if can_search(len(rows), rows.shape[1], 0 if settings.folder else k, settings.memory):
        search = shared_search(len(rows), settings, AMONG_LANDMARKS)
        graph = find_neighbors(
            rows, k, seed=settings.seed, effort=AMONG_LANDMARKS, search=search, folder=settings.folder
        )
    else:
        graph = recover_neighbors(rows, places, landmarks, k, settings.folder)
        graph = replace(graph, recall=_recall_of(graph, rows, settings.seed))
    tell.finish(f"recall {graph.recall:.3f}")
    return graph


def _recall_of(graph: Graph, rows: Floats, seed: int) -> float:
    probed = _probed(len(rows), seed)
    return share_found(graph.neighbors[probed], exact_neighbors(rows, probed, graph.neighbors.shape[1]))


def _cost(rows: Floats, n_first: int, first: Laid, places: Floats, graph: Graph) -> str:
    """What landmarks cost: neighbors kept among themselves on a map of their own, and by all rows on the whole map."""
    own, whole = kept_by(first.graph.neighbors, first.places), kept_by(graph.neighbors, places)
    return (
        f"{n_first:,} landmarks were laid out and the other {len(rows) - n_first:,} rows placed among them, then all moved "
        f"once more. On the map {whole:.1%} of the {KEPT} neighbors are kept; on the landmarks' own map {own:.1%} were."
    )


def kept_by(neighbors: Ints, places: Floats) -> float:
    """Share of neighbors that are neighbors on the map too, on a sample of rows."""
    probed, k = _probed(len(places), 0), min(KEPT, neighbors.shape[1])
    tree = cKDTree(places, compact_nodes=False, balanced_tree=False)  # built faster; few rows ask
    found = np.asarray(tree.query(places[probed], k + 1, workers=2)[1], np.int32)
    return share_found(found, neighbors[probed, :k])
