"""Drawing: from latent vectors to a map with everything that lets a person trust it.

::

    prepare -> find_neighbors -> build_affinities -> descend -> distill -> measure_reliability -> find_regions -> judge
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import faiss
import numba
import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.judge.distances import spearman, triplets
from belvedere.judge.labels import label_accuracy
from belvedere.judge.neighborhoods import rank_sample
from belvedere.judge.recall import recall
from belvedere.judge.reliability import measure_reliability
from belvedere.judge.trustworthiness import continuity, trustworthiness
from belvedere.layout.affinities import build_affinities
from belvedere.layout.descend import Layout, Schedule, descend, starting_places
from belvedere.layout.neighbors import Graph, find_neighbors, unit_rows
from belvedere.layout.overview import find_groups
from belvedere.layout.place_network import PlaceNetwork, apply_network, distill
from belvedere.layout.placement import FittedMap, outlying, place_exactly, typical_distances
from belvedere.layout.project import Projection, fit_projection, project
from belvedere.layout.regions import find_regions
from belvedere.progress import Progress, Silent
from belvedere.types import Floats, Ints, Region, Score

MAX_DIMS = 50  # wider latents are projected on principal axes first


@dataclass(frozen=True)
class DrawSettings:
    """How a map is drawn.

    Attributes
    ----------
    attraction : float
        1 keeps most neighbors (the look of t-SNE), 4 draws tight islands (the look of UMAP).
    global_weight : float
        How strongly groups of rows are drawn toward their true distances, 0 to 0.1; keeps far things far.
    n_neighbors : int
        Neighbors per row that attract it.
    metric : str
        'euclidean' or 'cosine'.
    seed : int
        The same seed and data give the same map, bit for bit on one machine.
    max_fitted_rows : int
        Rows laid out together; where there are more, that many landmarks are, and the rest is placed among them.
    n_threads : int
        0: all processors.
    """

    attraction: float = 1.0
    global_weight: float = 0.01
    n_neighbors: int = 15
    metric: Literal["euclidean", "cosine"] = "euclidean"
    seed: int = 0
    max_fitted_rows: int = 200_000
    n_threads: int = 0


@dataclass(frozen=True)
class Drawn:
    """A drawn map.

    Attributes
    ----------
    places : float32 (rows, 2)
    channels : dict of float32 (rows,)
        'kept', 'false', 'stretch', 'outlying', 'jitter'.
    neighbors : int32 (rows, k)
        True neighbors in the latent space, nearest first; k = 15 or `rows - 1`.
    regions, region_of :
        The hierarchy, names empty; int32 (rows, levels), -1 for none.
    scores : tuple of Score
        Group 'map'.
    place_config, place_tensors :
        The place network and what exact placement needs, as JSON-able dict and named arrays.
    notes : tuple of str
        What a person should know: how neighbors were found, why the layout ended, what was left out.
    """

    places: Floats
    channels: dict[str, Floats]
    neighbors: Ints
    regions: tuple[Region, ...]
    region_of: Ints
    scores: tuple[Score, ...] = ()
    place_config: dict[str, Any] = field(default_factory=dict)
    place_tensors: dict[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def draw(
    latent: Floats,
    settings: DrawSettings | None = None,
    progress: Progress | None = None,
    *,
    raw: Floats | None = None,
    labels: NDArray[Any] | None = None,
) -> Drawn:
    """Draw a map of latent vectors.

    Parameters
    ----------
    latent : float32 (rows, dims)
        One vector per row.
    settings : DrawSettings
    progress : Progress
    raw : float32 (rows, columns), optional
        The input space; recall is then reported against it too.
    labels : (rows,) array, optional
        Classes; their accuracy on the map is then reported.

    Raises
    ------
    SettingError
        If a setting is out of range, or the latent vectors are not finite.
    """
    settings, tell = settings or DrawSettings(), progress or Silent()
    _check(latent, settings)
    _use_threads(settings.n_threads)
    rows, projection = _prepare(latent, settings)
    graph = find_neighbors(rows, max(15, settings.n_neighbors), seed=settings.seed)
    layout = _lay_out(rows, graph, settings, tell)
    network = distill(rows, layout.places, seed=settings.seed, progress=tell)
    near = graph.neighbors[:, :15]
    reliability = measure_reliability(rows, near, graph.distances[:, :15], layout.places)
    found = find_regions(near, graph.distances[:, :15], layout.places)
    return Drawn(
        layout.places,
        reliability.channels,
        near,
        found.regions,
        found.region_of,
        _judge(np.asarray(latent), layout.places, raw, labels),
        *_packed(settings, projection, network, graph),
        notes=_notes(graph, layout, projection),
    )


def place_rows(
    config: Mapping[str, Any],
    tensors: Mapping[str, NDArray[Any]],
    latent: Floats,
    places: Floats,
    new_latent: Floats,
    *,
    mode: Literal["fast", "exact"] = "exact",
) -> tuple[Floats, dict[str, Floats]]:
    """Place new rows onto a drawn map.

    Parameters
    ----------
    config, tensors :
        `place_config` and `place_tensors` of the map.
    latent, places : float (rows, dims) and float32 (rows, 2)
        Of the fitted rows.
    new_latent : float32 (new rows, dims)
    mode : str
        'fast': the network alone; 'exact': neighbors and steps in the frozen field.

    Returns
    -------
    places : float32 (new rows, 2)
    channels : dict of float32 (new rows,)
        'outlying', and 'kept' in exact mode.
    """
    if mode not in ("fast", "exact"):
        raise SettingError(f"mode must be 'fast' or 'exact', but is {mode!r}.")
    _check_new(config, new_latent)
    new = _as_prepared(config, tensors, new_latent)
    network = PlaceNetwork({name: value for name, value in tensors.items() if name not in ("mean", "axes", "typical")})
    if mode == "fast":
        return apply_network(network, new), {}
    fitted = FittedMap(
        _as_prepared(config, tensors, latent), np.ascontiguousarray(places, np.float32), tensors["typical"],
        config["attraction"], config["n_neighbors"],
    )  # fmt: skip
    placed = place_exactly(fitted, new)
    return placed.places, placed.channels


def _check(latent: Floats, settings: DrawSettings) -> None:
    if latent.ndim != 2 or len(latent) == 0 or latent.shape[1] == 0:
        raise SettingError(f"Latent vectors must be a table of rows and columns, but have shape {latent.shape}.")
    bad = int((~np.isfinite(latent).all(axis=1)).sum())
    if bad:
        raise SettingError(
            f"Latent vectors must be finite, but {bad:,} of {len(latent):,} rows hold NaN or infinity. "
            "Fill or drop missing values before drawing."
        )
    if not 1 <= settings.attraction <= 12:
        raise SettingError(f"attraction must be 1 to 12, but is {settings.attraction}. Use 1 to keep most neighbors.")
    if not 0 <= settings.global_weight <= 0.1:
        raise SettingError(f"global_weight must be 0 to 0.1, but is {settings.global_weight}.")
    if settings.n_neighbors < 1:
        raise SettingError(f"n_neighbors must be at least 1, but is {settings.n_neighbors}.")
    if settings.metric not in ("euclidean", "cosine"):
        raise SettingError(f"metric must be 'euclidean' or 'cosine', but is {settings.metric!r}.")


def _check_new(config: Mapping[str, Any], new: Floats) -> None:
    if new.ndim != 2 or new.shape[1] != config["n_columns"]:
        raise SettingError(
            f"New rows must have {config['n_columns']} columns as the map's rows do, but have shape {new.shape}."
        )
    if not np.isfinite(new).all():
        raise SettingError("New rows must be finite, but some hold NaN or infinity. Fill missing values first.")


def _use_threads(n_threads: int) -> None:
    if n_threads:
        numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
        faiss.omp_set_num_threads(n_threads)
        torch.set_num_threads(n_threads)


def _prepare(latent: Floats, settings: DrawSettings) -> tuple[Floats, Projection | None]:
    rows = np.ascontiguousarray(latent, np.float32)
    rows = unit_rows(rows) if settings.metric == "cosine" else rows
    if rows.shape[1] <= MAX_DIMS:
        return rows, None
    projection = fit_projection(rows, MAX_DIMS, seed=settings.seed)
    return project(rows, projection), projection


def _as_prepared(config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], latent: Floats) -> Floats:
    rows = np.ascontiguousarray(latent, np.float32)
    rows = unit_rows(rows) if config["metric"] == "cosine" else rows
    return project(rows, Projection(tensors["mean"], tensors["axes"])) if "axes" in tensors else rows


def _lay_out(rows: Floats, graph: Graph, settings: DrawSettings, tell: Progress) -> Layout:
    components = rows if len(rows) < 2 else project(rows, fit_projection(rows, 2))
    start = starting_places(components, seed=settings.seed)
    affinities = build_affinities(graph.neighbors[:, : settings.n_neighbors])
    schedule = Schedule(settings.attraction, settings.global_weight)
    return descend(start, affinities, schedule, overview=find_groups(rows, seed=settings.seed), progress=tell)


def _judge(latent: Floats, places: Floats, raw: Floats | None, labels: NDArray[Any] | None) -> tuple[Score, ...]:
    if len(latent) < 4:
        return ()
    space = "latent space"
    ranks = rank_sample(latent, places)
    scores = [
        recall(latent, places, space=space),
        trustworthiness(ranks, space=space),
        continuity(ranks, space=space),
        spearman(latent, places, space=space),
        triplets(latent, places, space=space),
    ]
    if raw is not None:
        scores.append(recall(raw, places, space="input space"))
    if labels is not None:
        scores.append(label_accuracy(places, labels))
    return tuple(scores)


def _packed(
    settings: DrawSettings, projection: Projection | None, network: PlaceNetwork, graph: Graph
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    tensors = dict(network.tensors)
    tensors["typical"] = typical_distances(graph.distances[:, : settings.n_neighbors])
    n_columns = len(network.tensors["center"])
    if projection is not None:
        tensors |= {"mean": projection.mean, "axes": projection.axes}
        n_columns = len(projection.mean)
    config = {
        "metric": settings.metric,
        "attraction": settings.attraction,
        "n_neighbors": settings.n_neighbors,
        "n_columns": n_columns,
    }
    return config, tensors


def _notes(graph: Graph, layout: Layout, projection: Projection | None) -> tuple[str, ...]:
    notes = [f"Neighbors: {graph.how}; recall {graph.recall:.3f} measured on a sample."]
    if projection is not None:
        notes.append(
            f"Drawn from {projection.axes.shape[1]} principal axes of {len(projection.mean)} columns, "
            f"which keep {projection.share:.1%} of the variance."
        )
    notes.append(f"The layout ended {layout.end} after {layout.n_steps} steps.")
    return tuple(notes)
