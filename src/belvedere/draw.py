"""Drawing: from latent vectors to a map with everything that lets a person trust it.

::

    prepare -> find_neighbors -> build_affinities -> descend -> distill -> measure_reliability -> find_regions -> judge
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import faiss
import numba
import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.engines import Engine
from belvedere.errors import SettingError
from belvedere.judge.distances import spearman, triplets
from belvedere.judge.labels import label_accuracy
from belvedere.judge.neighborhoods import rank_sample
from belvedere.judge.recall import recall
from belvedere.judge.reliability import dubious, measure_reliability
from belvedere.judge.trustworthiness import continuity, trustworthiness
from belvedere.layout.lay_out import Laid, LayoutSettings, lay_out
from belvedere.layout.neighbors import exact_neighbors, squared_to_nth, unit_rows
from belvedere.layout.packing import Prepared, pack
from belvedere.layout.place_network import distill
from belvedere.layout.placement import FittedMap, jitter, noise_like
from belvedere.layout.placer import Placer, place_rows
from belvedere.layout.project import Projection, fit_projection, project
from belvedere.layout.refit import lay_out_like
from belvedere.layout.regions import find_regions
from belvedere.layout.sharded import FEWEST_SHARED, Crew, Member
from belvedere.progress import Progress, Silent
from belvedere.types import Floats, Ints, Region, Score

__all__ = ["DrawSettings", "Drawn", "OldMap", "Placer", "draw", "place_rows"]

MAX_DIMS, N_AXES = 64, 50  # wider latents are projected on so many principal axes first
N_NOISE = 2000  # most rows of a map of noise
FEWEST_JUDGED = 100
CHECKED = 262_144  # rows looked at together
LARGEST = 1e12  # squares of larger numbers leave float32 once many are summed


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
    memory : int
        Bytes that laying out may take, about, beside the rows themselves: fewer rows are laid out together where there
        is less, and where not even all rows can be searched, neighbors are looked for among landmarks.
    folder : str, optional
        Where very many rows on few axes, neighbors and links lie meanwhile, in files without a name; None: in memory.
    n_threads : int
        For this map; 0: as many as numba, faiss and torch have been told, by default all processors.
    engine : belvedere.engines.Engine
        Where neighbors are searched and rows are moved: in this process, or by several workers on Ray.
    """

    attraction: float = 1.0
    global_weight: float = 0.005
    n_neighbors: int = 15
    metric: Literal["euclidean", "cosine"] = "euclidean"
    seed: int = 0
    max_fitted_rows: int = 200_000
    memory: int = 6_000_000_000
    folder: str | None = None
    n_threads: int = 0
    engine: Engine = field(default_factory=Engine)


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


@dataclass(frozen=True)
class OldMap:
    """Where rows lay on an old map: float32 (rows, 2), NaN where a row is new or changed; and that map's `unit`."""

    places: Floats
    unit: float = 1.0


def draw(  # noqa: PLR0913 - what the rows are called, judged by and laid over; keyword-only
    latent: Floats,
    settings: DrawSettings | None = None,
    progress: Progress | None = None,
    *,
    raw: Floats | None = None,
    labels: NDArray[Any] | None = None,
    space: str = "latent space",
    old: OldMap | None = None,
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
    space : str
        What `latent` is called beside the scores measured against it.
    old : OldMap, optional
        Lay the rows out as they lay there; drift is then among the scores.

    Raises
    ------
    SettingError
        If a setting is out of range, or the latent vectors are not finite.
    """
    settings, tell = settings or DrawSettings(), progress or Silent()
    _check(latent, settings)
    with _threads(settings.n_threads):
        drawn = _draw(latent, settings, tell, old)
        scores = judge(np.asarray(latent), drawn.places, raw, labels, space=space)
    return replace(drawn, scores=scores + drawn.scores)


def _draw(latent: Floats, settings: DrawSettings, tell: Progress, old: OldMap | None = None) -> Drawn:
    """Everything but the scores of the fixed protocol."""
    rows, projection, full = prepare(latent, settings)
    laid, drift = _lay_out(rows, settings, full, tell, old)
    network = distill(rows, laid.places, seed=settings.seed, progress=tell)
    near, far = laid.graph.neighbors[:, :15], laid.graph.distances[:, :15]
    found = find_regions(near, far, laid.places)
    channels, dubious_rows = _reliability(rows, laid, settings)
    return Drawn(
        laid.places,
        channels,
        near,
        found.regions,
        found.region_of,
        (*drift, *dubious_rows),
        *pack(Prepared(rows, full), projection, network, laid, _placing(settings)),
        notes=(*_axes_note(projection), *laid.notes),
    )


def _lay_out(
    rows: Floats, settings: DrawSettings, full: Floats | None, tell: Progress, old: OldMap | None
) -> tuple[Laid, tuple[Score, ...]]:
    """Lay rows out, like an old map where there is one; then with the drift, as scores."""
    if old is None:
        with _crew(settings, len(rows)) as crew:
            return lay_out(rows, _layout_settings(settings, crew), full=full, progress=tell), ()
    laid, drift = lay_out_like(
        rows, old.places, _layout_settings(settings), unit=old.unit, full=full, progress=tell
    )  # fmt: skip
    about = f"how far {int(np.isfinite(old.places[:, 0]).sum()):,} rows of the old map moved, as share of its diameter"
    return laid, (
        Score("median drift", drift.median, about, "map", higher_is_better=False),
        Score("95 % drift", drift.most, about, "map", higher_is_better=False),
    )


def _check(latent: Floats, settings: DrawSettings) -> None:
    if latent.ndim != 2 or len(latent) == 0 or latent.shape[1] == 0:
        raise SettingError(f"Latent vectors must be a table of rows and columns, but have shape {latent.shape}.")
    parts = [latent[at : at + CHECKED] for at in range(0, len(latent), CHECKED)]
    bad = sum(int((~np.isfinite(part).all(axis=1)).sum()) for part in parts)
    if bad:
        raise SettingError(
            f"Latent vectors must be finite, but {bad:,} of {len(latent):,} rows hold NaN or infinity. "
            "Fill or drop missing values before drawing."
        )
    largest = max(float(np.abs(part).max()) for part in parts)
    if largest > LARGEST:
        raise SettingError(
            f"Latent vectors must hold numbers up to {LARGEST:.0e}, but one is {largest:.1e}. "
            "Scale the columns before drawing."
        )
    if not 1 <= settings.attraction <= 12:
        raise SettingError(f"attraction must be 1 to 12, but is {settings.attraction}. Use 1 to keep most neighbors.")
    if not 0 <= settings.global_weight <= 0.1:
        raise SettingError(f"global_weight must be 0 to 0.1, but is {settings.global_weight}.")
    if settings.n_neighbors < 1:
        raise SettingError(f"n_neighbors must be at least 1, but is {settings.n_neighbors}.")
    if settings.metric not in ("euclidean", "cosine"):
        raise SettingError(f"metric must be 'euclidean' or 'cosine', but is {settings.metric!r}.")


@contextmanager
def _threads(n_threads: int) -> Iterator[None]:
    """Compute with so many threads while open; afterwards all libraries have as many as before."""
    before = numba.get_num_threads(), faiss.omp_get_max_threads(), torch.get_num_threads()
    try:
        if n_threads:
            _set_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS), n_threads, n_threads)
        yield
    finally:
        _set_threads(*before)


def _set_threads(for_numba: int, for_faiss: int, for_torch: int) -> None:
    numba.set_num_threads(for_numba)
    faiss.omp_set_num_threads(for_faiss)
    torch.set_num_threads(for_torch)


def prepare(latent: Floats, settings: DrawSettings) -> tuple[Floats, Projection | None, Floats | None]:
    """Make rows ready for the layout: on few axes, the projection, and the rows before it (None where none was needed)."""
    rows = np.ascontiguousarray(latent, np.float32)
    rows = unit_rows(rows) if settings.metric == "cosine" else rows
    if rows.shape[1] <= MAX_DIMS:
        return rows, None, None
    projection = fit_projection(rows, N_AXES, seed=settings.seed)
    return project(rows, projection, settings.folder), projection, rows


def _crew(settings: DrawSettings, n_rows: int) -> AbstractContextManager[Crew | None]:
    """Workers of the engine, where it has any and there are rows enough for them."""
    return settings.engine.crew(Member) if n_rows >= FEWEST_SHARED else nullcontext()


def _layout_settings(settings: DrawSettings, crew: Crew | None = None) -> LayoutSettings:
    shared = ("attraction", "global_weight", "n_neighbors", "seed", "max_fitted_rows", "memory", "folder")
    return LayoutSettings(**{name: getattr(settings, name) for name in shared}, crew=crew)


def _reliability(rows: Floats, laid: Laid, settings: DrawSettings) -> tuple[dict[str, Floats], tuple[Score, ...]]:
    """Channels of every row, and how many rows keep no more neighbors than noise does."""
    near, far = laid.graph.neighbors[:, :15], laid.graph.distances[:, :15]
    channels = dict(measure_reliability(rows, near, far, laid.places, squared_to_nth).channels)
    if near.shape[1] == 0:
        return channels | {"jitter": np.zeros(len(rows), np.float32)}, ()
    natural = laid.places / np.float32(laid.unit)
    fitted = FittedMap(rows, natural, np.zeros(1, np.float32), settings.attraction, near.shape[1])
    channels["jitter"] = jitter(fitted, near, seed=settings.seed)
    return channels, () if len(rows) < FEWEST_JUDGED else (_dubious_rows(rows, channels["kept"], settings),)


def _dubious_rows(rows: Floats, kept: Floats, settings: DrawSettings) -> Score:
    """How many rows keep no more neighbors than nineteen of twenty rows without structure would on a map of as many."""
    limit = kept_by_noise(rows, settings)
    about = f"keep no more neighbors ({limit:.0%}) than 95 % of the rows on a map of noise do (columns shuffled)"
    return Score("dubious rows", float(dubious(kept, limit).mean()), about, "map", higher_is_better=False)


def kept_by_noise(rows: Floats, settings: DrawSettings) -> float:
    """The share of neighbors kept that 95 % of structureless rows do not exceed on a map of as many rows, 0 to 1.

    The more rows, the fewer neighbors are kept by chance, so noise is a fair judge only on a map of as many. Such maps are
    drawn up to `N_NOISE` rows; beyond, the share is that of a quarter and of `N_NOISE` rows, carried on as a power.
    """
    limit = _limit_of_noise(rows, settings, N_NOISE)
    if len(rows) <= N_NOISE:
        return limit
    falls = np.log(_limit_of_noise(rows, settings, N_NOISE // 4) / limit) / np.log(4)
    return limit * float((len(rows) / N_NOISE) ** -max(falls, 0.0))


def _limit_of_noise(rows: Floats, settings: DrawSettings, n_rows: int) -> float:
    """The share kept that 95 % of so many structureless rows do not exceed, above 0."""
    kept = _kept_of_noise(rows, settings, n_rows)
    return max(float(np.quantile(kept + _within_a_step(len(kept)), 0.95)), 1e-6)


def _within_a_step(n: int) -> Floats:
    """Shares of 15 neighbors come in steps; spread evenly within them, so that a quantile moves as rows do and does not jump."""
    return np.random.default_rng(0).uniform(-0.5 / 15, 0.5 / 15, n).astype(np.float32)


def _kept_of_noise(rows: Floats, settings: DrawSettings, n_rows: int) -> Floats:
    """The share of neighbors that a map of rows without structure keeps, row by row."""
    noise = noise_like(rows, n_rows, seed=settings.seed)
    laid = lay_out(noise, replace(_layout_settings(settings), global_weight=0.0))
    near, far = laid.graph.neighbors[:, :15], laid.graph.distances[:, :15]
    return measure_reliability(noise, near, far, laid.places, squared_to_nth).channels["kept"]


def judge(
    latent: Floats,
    places: Floats,
    raw: Floats | None = None,
    labels: NDArray[Any] | None = None,
    *,
    space: str = "latent space",
) -> tuple[Score, ...]:
    """Score a map by the fixed protocol of `belvedere.judge`, against the space mapped, and against `raw` where given."""
    if len(latent) < 4:
        return ()
    ranks = rank_sample(latent, places)
    scores = [
        recall(latent, places, space=space, nearest=exact_neighbors),
        trustworthiness(ranks, space=space),
        continuity(ranks, space=space),
        spearman(latent, places, space=space),
        triplets(latent, places, space=space),
    ]
    if raw is not None:
        scores.append(recall(raw, places, space="input space", nearest=exact_neighbors))
    if labels is not None:
        scores.append(label_accuracy(places, labels))
    return tuple(scores)


def _placing(settings: DrawSettings) -> dict[str, Any]:
    names = ("metric", "attraction", "n_neighbors", "seed")
    return {name: getattr(settings, name) for name in names}


def _axes_note(projection: Projection | None) -> tuple[str, ...]:
    if projection is None:
        return ()
    return (
        f"Drawn from {projection.axes.shape[1]} principal axes of {len(projection.mean)} columns, "
        f"which keep {projection.share:.1%} of the variance.",
    )
