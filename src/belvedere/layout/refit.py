"""Laying out more rows on an old map, so that a person finds again what was there.

Rows of the old map start where they lay, on a map with room for the new ones; new rows start where their neighbors agree.
Then all move, in rounds; after each round old rows are drawn back toward their old places, less each time, and at the end
the map is registered onto the old one (Umeyama). Drift is what is left: how far old rows lie from where they were.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.layout.affinities import Affinities, build_affinities
from belvedere.layout.align import Drift, fit_alignment, measure_drift
from belvedere.layout.descend import Schedule, descend
from belvedere.layout.lay_out import Laid, LayoutSettings, graph_of, how_found, lay_out
from belvedere.layout.memory import find_cells, read_memory, remember
from belvedere.progress import Progress, Silent
from belvedere.types import Floats

DRAWN_BACK = (1.0, 0.0)  # share of the way back to its old place that an old row is moved after each round
STEPS, RATE = 30, 0.3  # of a round; full steps moved old rows twice as far for 0.001 more recall (Fashion-MNIST)
FEWEST_KNOWN = 3


def lay_out_like(
    rows: Floats,
    old_places: Floats,
    settings: LayoutSettings,
    *,
    unit: float = 1.0,
    full: Floats | None = None,
    progress: Progress | None = None,
) -> tuple[Laid, Drift]:
    """Lay rows out as an old map was.

    Parameters
    ----------
    rows : float32 (rows, dims)
        On few axes.
    old_places : float32 (rows, 2)
        Where rows lay on the old map; NaN where a row is new, or changed.
    unit : float
        The old map's natural unit in its own units (`Laid.unit`).

    Returns
    -------
    laid : Laid
        In the old map's frame.
    drift : Drift

    Raises
    ------
    SettingError
        If fewer than three rows lay on the old map.
    """
    tell, known = progress or Silent(), _is_known(old_places)
    if known.sum() < FEWEST_KNOWN:
        raise SettingError(
            f"At least {FEWEST_KNOWN} rows must lie on the old map already, but {known.sum()} of {len(rows):,} do. "
            "Name the column by which rows are known (key), or map the data by themselves."
        )
    is_other = 2 * known.sum() < len(rows) or len(rows) > settings.max_fitted_rows
    laid = (
        lay_out(rows, settings, full=full, progress=tell)
        if is_other
        else _from_old(rows, old_places / np.float32(unit), settings, full, tell)
    )
    alignment = fit_alignment(laid.places[known], old_places[known], may_mirror=is_other)
    places = alignment.apply(laid.places)
    drift = measure_drift(places[known], old_places[known])
    return replace(laid, places=places, unit=alignment.scale, notes=(*laid.notes, _account(known, drift))), drift


def _is_known(old_places: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(old_places).all(axis=1))


def _account(known: NDArray[np.bool_], drift: Drift) -> str:
    return (
        f"Laid out like the old map: of {known.sum():,} rows that lay on it, half moved less than {drift.median:.2%} of its "
        f"diameter and 95 % less than {drift.most:.2%}; {(~known).sum():,} rows are new or changed."
    )


def _from_old(rows: Floats, old: Floats, settings: LayoutSettings, full: Floats | None, tell: Progress) -> Laid:
    """Lay out from old places, float32 (rows, 2) in natural units, NaN where a row is new."""
    graph = graph_of(rows, full, settings, tell)
    known = _is_known(old)
    start = old * np.float32(np.sqrt(len(rows) / known.sum()))
    if not known.all():
        memory = remember(rows[known], start[known], find_cells(rows[known], seed=settings.seed))
        start[~known] = read_memory(memory, rows[~known]).places
    k = max(2, min(settings.n_neighbors, (len(rows) - 1) // 4))
    places = _in_rounds(start, known, build_affinities(graph.neighbors[:, :k]), settings, tell)
    return Laid(places, graph, None, (how_found(graph),))


def _in_rounds(
    start: Floats, known: NDArray[np.bool_], affinities: Affinities, settings: LayoutSettings, tell: Progress
) -> Floats:
    anchors, places = start[known], start
    schedule = Schedule(settings.attraction, 0.0, gather=0, loosen=0, spread=0, settle=STEPS, rate=RATE)
    tell.start("Laying out like the old map", len(DRAWN_BACK))
    for position, share in enumerate(DRAWN_BACK):
        found = descend(places, affinities, schedule)
        places = fit_alignment(found.places[known], anchors, may_mirror=False).apply(found.places)
        places[known] += np.float32(share) * (anchors - places[known])
        tell.advance(position + 1)
        if found.end == "interrupted":
            break
    tell.finish()
    return np.ascontiguousarray(places)
